"""Roles: what they may hold, how many are changed at once, and who may look at them."""
