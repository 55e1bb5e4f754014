"""Fleet proxies: between agents and where they send."""
