"""Dashboards: what only they promise, and how they were addressed in 9.1."""
