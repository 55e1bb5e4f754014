"""Fleet outputs: where agents send their data."""
