"""What Kibana says of itself: status, features, tasks, and whether it may be upgraded."""
