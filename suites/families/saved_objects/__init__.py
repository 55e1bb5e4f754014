"""Saved objects: by themselves, in bulk, found, exported and imported."""
