"""Every operation of the contract."""
