"""The declarations, one module for each API family of Kibana. Facts in them name their source where it is not obvious."""
