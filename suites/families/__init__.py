"""What only one family promises: its life cycles, bulk answers, imports, errors, and who may do what."""
