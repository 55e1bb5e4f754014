"""Fleet agentless policies, and the managed integrations that follow them."""
