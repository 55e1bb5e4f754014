"""Data streams that agents write."""
