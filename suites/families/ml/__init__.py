"""Machine learning: jobs and models, and the spaces in which they are seen."""
