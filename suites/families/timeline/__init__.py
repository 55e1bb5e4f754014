"""Timelines: versions, favourites, drafts, copies, files, and the notes and pinned events that hang on them."""
