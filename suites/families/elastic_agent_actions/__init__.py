"""Elastic Agent actions: what agents are told to do."""
