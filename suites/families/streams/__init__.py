"""Streams: data streams with a root, forks, and what hangs on them. They are of the whole deployment."""
