"""The commands of ``pytest-kibana``, one module each; every module offers ``command``."""
