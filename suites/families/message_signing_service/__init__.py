"""Message Signing Service: by which agents know their Fleet."""
