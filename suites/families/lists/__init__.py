"""Value lists, and their items."""
