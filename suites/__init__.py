"""The conformance suites: what every Kibana owes its clients. Nothing in here knows which Kibana it is."""
