"""Detections: rules, what becomes of many at once, and the alerts that they raise."""
