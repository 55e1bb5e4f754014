"""Download sources: where agents fetch their binaries."""
