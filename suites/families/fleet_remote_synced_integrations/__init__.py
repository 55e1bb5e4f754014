"""Fleet remote synced integrations: what another cluster has of this one."""
