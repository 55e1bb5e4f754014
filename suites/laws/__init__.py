"""Every resource: what create, read, list, update and delete owe one another."""
