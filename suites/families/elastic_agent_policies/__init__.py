"""Elastic Agent policies: what agents are told to be."""
