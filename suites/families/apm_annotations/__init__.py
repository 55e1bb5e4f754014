"""APM annotations: deployments marked on the time line of a service."""
