"""Packages whose names are loaded when they are first used, because loading them costs more than many runs need."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def loader(package: str, homes: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """Return what a package defines as ``__getattr__`` (PEP 562).

    Args:
        package: its ``__name__``.
        homes: the names that each of its modules gives.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home_of[name]}"), name)

    return load
