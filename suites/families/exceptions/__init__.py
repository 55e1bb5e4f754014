"""Exceptions of detection rules: lists of them, and their items."""
