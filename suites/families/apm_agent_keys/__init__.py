"""APM agent keys: API keys for agents."""
