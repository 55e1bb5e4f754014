"""Before and after an upgrade: prepare a population, verify what became of it."""
