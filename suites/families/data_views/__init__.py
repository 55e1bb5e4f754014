"""Data views: their fields, which is the default, and what refers to them."""
