"""Fleet uninstall tokens: without which protected agents stay."""
