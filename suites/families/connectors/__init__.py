"""Connectors: their types, what a change replaces, and what running one says."""
