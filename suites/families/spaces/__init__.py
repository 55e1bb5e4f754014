"""Spaces: who they are, what moves between them, and what goes with them."""
