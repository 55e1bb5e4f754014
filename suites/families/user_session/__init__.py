"""User sessions: which of them end, and who may end them."""
