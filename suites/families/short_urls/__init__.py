"""Short URLs: found by id and by slug."""
