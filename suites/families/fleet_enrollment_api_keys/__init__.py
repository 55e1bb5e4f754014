"""Fleet enrollment API keys: with which agents come."""
