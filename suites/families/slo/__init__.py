"""Service level objectives: made, measured, switched, and deleted in bulk."""
