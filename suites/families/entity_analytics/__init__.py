"""Entity analytics: how much assets matter, who is watched, and what is known of entities."""
