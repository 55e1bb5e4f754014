"""The files that pages are made of."""

from importlib import resources


def asset(name: str) -> str:
    """Return the text of a file of this room."""
    return resources.files(__package__).joinpath(name).read_text("utf-8").strip()
