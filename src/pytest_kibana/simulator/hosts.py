"""The host that the stand-in has: it is there from the start, and an agent speaks for it."""

HOST = "8f0d1e2c-3b4a-4958-8676-a5b4c3d2e1f0"
"""Its id, and that of its agent."""
HOST_NAME = "kbn-test-host"
