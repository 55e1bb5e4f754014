"""Maintenance windows: planned, put away, and taken out again."""
