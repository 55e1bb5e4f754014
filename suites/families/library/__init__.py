"""The library: what is kept as a document with id, data and meta: dashboards, visualizations, tags, links, markdown."""
