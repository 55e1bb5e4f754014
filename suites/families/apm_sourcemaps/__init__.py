"""APM source maps: kept as artifacts of Fleet."""
