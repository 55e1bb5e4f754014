"""Fleet package policies: integrations in agent policies."""
