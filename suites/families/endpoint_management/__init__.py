"""Endpoint management: hosts, what may be done to them, notes on their policies, and scripts."""
