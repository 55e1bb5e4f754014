"""Deployments that are unusual and legal: none of them may be told a finding that is not one."""
