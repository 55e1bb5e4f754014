"""APM server schema: what the APM server of Fleet may be told."""
