"""Osquery: packs, saved queries, and what hosts answered."""
