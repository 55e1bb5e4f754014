"""Elastic Agent status: how many agents are how."""
