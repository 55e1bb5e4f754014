"""Placeholders (``${case.id}``) seen from the side of those who make cases: stood in for, never filled.

What fills them is the run's business. To prove a case valid something has to stand in their place: values of the
form that the run will use.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_kibana.contract.model import Json

HOLE: Final = re.compile(r"\$\{([a-z][a-z0-9_]*)(?:[.:+-][^}]*)?\}")
UNIQUE: Final = "${unique}"
_NAME: Final = "kbn-test-0000000aaaa-1zz"
_UUID: Final = "0b8c3c1e-5f0a-4c7e-9d51-000000000000"
_OWN: Final = {"unique": _NAME, "uuid": _UUID, "now": "2026-01-01T00:00:00.000Z", "space": "default"}
STAND_INS: Final[tuple[Any, ...]] = (_UUID, "WzEsMV0=", 1, "2026-01-01T00:00:00.000Z", "a", True, [_UUID], {})
"""What an id or another value of an object may look like; the first is by far the most usual."""


def has_holes(value: Json) -> bool:
    """Tell whether a placeholder stands anywhere in the value."""
    if isinstance(value, str):
        return "${" in value and HOLE.search(value) is not None
    if isinstance(value, Mapping):
        return any(has_holes(v) for v in value.values())
    return isinstance(value, list | tuple) and any(has_holes(v) for v in value)


def stood_in(value: Json, stand_in: Any = _UUID) -> Json:
    """Return the value with every placeholder replaced; one that is the whole text becomes ``stand_in`` itself."""
    if isinstance(value, str):
        if "${" not in value:
            return value
        whole = HOLE.fullmatch(value)
        if whole and whole[1] not in _OWN:
            return stand_in
        return HOLE.sub(lambda m: _OWN.get(m[1], str(stand_in)), value)
    if isinstance(value, Mapping):
        return {k: stood_in(v, stand_in) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [stood_in(v, stand_in) for v in value]
    return value


def hole_places(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where in a value placeholders stand, and the text that holds each."""
    if isinstance(value, str):
        if has_holes(value):
            yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from hole_places(inner, (*at, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from hole_places(inner, (*at, index))


def laid_over(value: Json, pattern: Json) -> Json:
    """Return the value with the placeholders of a recipe wherever the value has something at the same place."""
    if isinstance(pattern, str) and has_holes(pattern):
        return pattern
    if isinstance(value, Mapping) and isinstance(pattern, Mapping):
        return {k: laid_over(v, pattern[k]) if k in pattern else v for k, v in value.items()}
    if isinstance(value, list) and isinstance(pattern, list):
        return [laid_over(v, pattern[i]) if i < len(pattern) else v for i, v in enumerate(value)]
    return value
