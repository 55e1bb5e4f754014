"""The entity store of 9.4: installed for a space, steered, and written to."""
