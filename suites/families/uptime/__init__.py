"""Uptime: the settings of a space."""
