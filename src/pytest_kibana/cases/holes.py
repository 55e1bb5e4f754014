"""Placeholders (``${case.id}``) seen from the side of those who make cases: stood in for, never filled.

What fills them is the run's business. To prove a case valid something has to stand in their place: values of the
form that the run will use.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_kibana.contract.model import Json

HOLE: Final = re.compile(r"\$\{([a-z][a-z0-9_]*)(?:([.:+-])[^}]*)?\}")
UNIQUE: Final = "${unique}"
UNIQUE_UUID: Final = "${uuid}"
_NAME: Final = "kbn-test-0000000aaaa-1zz"
_UUID: Final = "0b8c3c1e-5f0a-4c7e-9d51-000000000000"
_OWN: Final = {"unique": _NAME, "uuid": _UUID, "now": "2026-01-01T00:00:00.000Z", "space": "default"}
StandIn = tuple[Any, Any]
STAND_INS: Final[tuple[StandIn, ...]] = (
    (_UUID, _UUID),
    (_UUID, 1),
    (_UUID, "2026-01-01T00:00:00.000Z"),
    (_UUID, True),
    (_UUID, [_UUID]),
    (_UUID, {}),
    (_UUID, "WzEsMV0="),
    ("a", "a"),
    (1, 1),
)
"""What an id of an object, and a value out of its answer, may look like; the first is by far the most usual."""


def has_holes(value: Json) -> bool:
    """Tell whether a placeholder stands anywhere in the value."""
    if isinstance(value, str):
        return "${" in value and HOLE.search(value) is not None
    if isinstance(value, Mapping):
        return any(has_holes(v) for v in value.values())
    return isinstance(value, list | tuple) and any(has_holes(v) for v in value)


def stood_in(value: Json, stand_in: StandIn = STAND_INS[0]) -> Json:
    """Return the value with every placeholder replaced.

    One that is the whole text becomes the stand-in itself with its JSON type: the second for a value out of an
    answer (``${case:/version}``), the first for an id and the like.
    """
    if isinstance(value, str):
        if "${" not in value:
            return value
        whole = HOLE.fullmatch(value)
        if whole and whole[1] not in _OWN:
            return stand_in[whole[2] == ":"]
        return HOLE.sub(lambda m: _OWN.get(m[1], str(stand_in[m[2] == ":"])), value)
    if isinstance(value, Mapping):
        return {k: stood_in(v, stand_in) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [stood_in(v, stand_in) for v in value]
    return value


def laid_over(value: Json, pattern: Json) -> Json:
    """Return the value with the placeholders of a recipe wherever the value has something at the same place."""
    if isinstance(pattern, str) and has_holes(pattern):
        return pattern
    if isinstance(value, Mapping) and isinstance(pattern, Mapping):
        return {k: laid_over(v, pattern[k]) if k in pattern else v for k, v in value.items()}
    if isinstance(value, list) and isinstance(pattern, list):
        return [laid_over(v, pattern[i]) if i < len(pattern) else v for i, v in enumerate(value)]
    return value
