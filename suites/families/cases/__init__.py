"""Cases: changed by version, commented on, counted, and set up."""
