"""Fleet Server hosts: where agents ask for their policies."""
