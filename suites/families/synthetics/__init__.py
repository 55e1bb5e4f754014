"""Synthetics: parameters, private locations and monitors."""
