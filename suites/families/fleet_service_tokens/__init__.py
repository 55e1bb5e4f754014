"""Fleet service tokens: with which Fleet Servers come."""
