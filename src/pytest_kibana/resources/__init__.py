"""Things that can be made and unmade: what they are, who makes them, and who takes them away again."""
