"""Workflows: kept as text, run step by step. Their addresses changed between the preview and 9.4."""
