"""Which rules of a shape a value breaks, without descending, and whether it fits altogether.

This serves the search for values and the naming of rules; the proof that a case is valid or invalid is the
contract's (:mod:`pytest_kibana.cases.proof`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID

from pytest_kibana.cases import texts
from pytest_kibana.cases.shapes import Shape, Shapes, key_of, kinds_of
from pytest_kibana.contract.model import Json

_DEEPEST: Final = 60


def broken(shape: Shape, value: Json) -> tuple[str, ...]:
    """Return the keywords that the value itself breaks (not its members), in no case those of alternatives."""
    kinds = kinds_of(value)
    if not kinds & shape.types:
        return ("type", "enum") if shape.enum is not None else ("type",)
    found: list[str] = []
    if shape.enum is not None and not any(_same(v, value) for v in shape.enum):
        found.append("enum")
    if isinstance(value, str):
        found += _text(shape, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found += _number(shape, value)
    elif isinstance(value, list | tuple):
        found += _array(shape, value)
    elif isinstance(value, Mapping):
        found += _object(shape, value)
    return tuple(found)


def _same(a: Json, b: Json) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    return kinds_of(a) == kinds_of(b) and (a == b or key_of(a) == key_of(b))


def _text(shape: Shape, value: str) -> list[str]:
    found = []
    if len(value) < shape.min_length:
        found.append("minLength")
    if shape.max_length is not None and len(value) > shape.max_length:
        found.append("maxLength")
    if not all(texts.keeps(p, value) for p in shape.patterns):
        found.append("pattern")
    if shape.format and not _formatted(shape.format, value):
        found.append("format")
    return found


_FORMS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": lambda v: "T" in v.upper() and datetime.fromisoformat(v).tzinfo is not None,
    "date": lambda v: len(v) == 10 and bool(datetime.fromisoformat(v)),
    "uuid": lambda v: len(v) == 36 and bool(UUID(v)),
    "ipv4": lambda v: bool(IPv4Address(v)),
    "ipv6": lambda v: bool(IPv6Address(v)),
    "uri": lambda v: ":" in v and " " not in v,
    "uri-reference": lambda v: " " not in v and "\\" not in v,
    "email": lambda v: "@" in v,
}


def _formatted(form: str, value: str) -> bool:
    try:
        return form not in _FORMS or _FORMS[form](value)
    except ValueError:
        return False


def _number(shape: Shape, value: float) -> list[str]:
    found = []
    if shape.minimum is not None and value < shape.minimum:
        found.append("minimum")
    if shape.maximum is not None and value > shape.maximum:
        found.append("maximum")
    if shape.above is not None and value <= shape.above:
        found.append("exclusiveMinimum")
    if shape.below is not None and value >= shape.below:
        found.append("exclusiveMaximum")
    if shape.multiple_of and value % shape.multiple_of:
        found.append("multipleOf")
    return found


def _array(shape: Shape, value: "list[Json] | tuple[Json, ...]") -> list[str]:
    found = []
    if len(value) < shape.min_items:
        found.append("minItems")
    if shape.max_items is not None and len(value) > shape.max_items:
        found.append("maxItems")
    if shape.unique and len({key_of(v) for v in value}) < len(value):
        found.append("uniqueItems")
    if len(value) > len(shape.prefix) > 0 and shape.items is False:
        found.append("additionalItems")
    return found


def _object(shape: Shape, value: Mapping[str, Json]) -> list[str]:
    found = []
    if any(name not in value for name in shape.required):
        found.append("required")
    if any(_forbidden(shape, name) for name in value):
        found.append("additionalProperties")
    if len(value) < shape.min_properties:
        found.append("minProperties")
    if shape.max_properties is not None and len(value) > shape.max_properties:
        found.append("maxProperties")
    return found


def _forbidden(shape: Shape, name: str) -> bool:
    if shape.property(name) is not False:
        return False
    return name in shape.properties or not any(texts.keeps(p, name) for p in shape.pattern_properties)


def admits(shapes: Shapes, shape: Shape, value: Json, depth: int = 0) -> bool:
    """Tell whether the value fits the shape with all its members and alternatives."""
    if broken(shape, value) or depth > _DEEPEST:
        return False
    for group in shape.groups:
        if not any(admits(shapes, shapes.of(arm), value, depth + 1) for arm in group):
            return False
    if any(admits(shapes, shapes.of(inner), value, depth + 1) for inner in shape.nots):
        return False
    if isinstance(value, Mapping):
        return _members_fit(shapes, shape, value, depth)
    if isinstance(value, list | tuple):
        first = len(shape.prefix)
        schemas = [shape.prefix[i] if i < first else shape.items for i in range(len(value))]
        inner = all(
            schema is True or admits(shapes, shapes.of(schema), item, depth + 1)
            for schema, item in zip(schemas, value, strict=True)
        )
        wanted = shape.contains
        return inner and (
            wanted is None or any(admits(shapes, shapes.of(wanted), item, depth + 1) for item in value)
        )
    return True


def _members_fit(shapes: Shapes, shape: Shape, value: Mapping[str, Json], depth: int) -> bool:
    for name, item in value.items():
        matching = [s for p, s in shape.pattern_properties.items() if texts.keeps(p, name)]
        if name in shape.properties or not matching:
            matching.append(shape.property(name))
        if not all(s is True or admits(shapes, shapes.of(s), item, depth + 1) for s in matching):
            return False
    return True
