"""What people read: made from a results document and from nothing else."""
