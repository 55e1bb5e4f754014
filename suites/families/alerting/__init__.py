"""Rules: switched on and off, silenced, replaced, and found."""
