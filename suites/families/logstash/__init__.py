"""Logstash pipelines that Kibana keeps."""
