"""Fleet cloud connectors: how integrations get into a cloud."""
