"""APM agent configuration: what agents of a service are told."""
