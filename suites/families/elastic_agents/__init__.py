"""Elastic Agents: programs on machines of people."""
