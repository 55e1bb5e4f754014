"""Agent builder: tools, agents and what they say to one another."""
