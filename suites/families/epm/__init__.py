"""Elastic Package Manager: integration packages, the same for every space."""
