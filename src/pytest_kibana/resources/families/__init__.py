"""The declarations, one module for each API family of Kibana. Each names the source of its facts."""
