"""Fleet internals: set-up, settings, permissions and health."""
