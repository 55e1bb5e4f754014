"""The assistant of Observability: answers as a stream."""
