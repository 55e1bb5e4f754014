"""Schemas made flat: what may stand at one place, with references followed and ``allOf`` joined.

A generator needs to know what is allowed *here*; a schema says it in pieces. A :class:`Shape` is the sum of the
pieces that must hold together; the alternatives (``anyOf``) stay apart in ``groups`` until one is chosen.
Nothing here validates: proofs are the contract's.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, TypeVar

from pytest_kibana.contract.model import Json, JsonSchema

COMPONENTS: Final = "#/components/schemas/"
KINDS: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
ANY_TYPE: Final = frozenset(KINDS)
MOST_VARIANTS: Final = 32

N = TypeVar("N", int, float)


def key_of(value: Json) -> str:
    """Return a text that is the same exactly for equal JSON values (``1`` and ``true`` differ)."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


@dataclass(frozen=True, slots=True)
class Shape:
    """What must hold at one place. ``types`` holds ``integer`` wherever it holds ``number``.

    ``groups`` are alternatives still to be chosen from, one of each group. ``properties`` maps to ``False`` where a
    name is forbidden. ``component`` is the last named schema on the way here.
    """

    types: frozenset[str] = ANY_TYPE
    enum: tuple[Json, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    min_length: int = 0
    max_length: int | None = None
    patterns: tuple[str, ...] = ()
    format: str | None = None
    items: JsonSchema = True
    prefix: tuple[JsonSchema, ...] = ()
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False
    contains: JsonSchema | None = None
    properties: Mapping[str, JsonSchema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    additional: JsonSchema = True
    pattern_properties: Mapping[str, JsonSchema] = field(default_factory=dict)
    property_names: JsonSchema = True
    min_properties: int = 0
    max_properties: int | None = None
    groups: tuple[tuple[JsonSchema, ...], ...] = ()
    nots: tuple[JsonSchema, ...] = ()
    hints: tuple[Json, ...] = ()
    component: str | None = None

    @property
    def impossible(self) -> bool:
        """True where plainly nothing fits. False does not promise that something does."""
        return not self.types or self.enum == ()

    @property
    def nullable(self) -> bool:
        """True where null may stand (as far as type and enum tell)."""
        return "null" in self.types and (self.enum is None or None in self.enum)

    @property
    def open(self) -> bool:
        """True where nothing is said at all."""
        return self.types == ANY_TYPE and self.enum is None and not self.groups and not self.properties

    def property(self, name: str) -> JsonSchema:
        """Return the schema of a property by name; ``False`` where it is forbidden."""
        return self.properties.get(name, self.additional)


NOTHING: Final = Shape(types=frozenset())


class Shapes:
    """Makes shapes out of the schemas of one contract, each once."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._components = components
        self._known: dict[int, tuple[JsonSchema, Shape]] = {}
        self._variants: dict[int, tuple[Shape, tuple[Shape, ...]]] = {}

    def of(self, schema: JsonSchema) -> Shape:
        """Return the shape of a schema."""
        if isinstance(schema, bool):
            return Shape() if schema else NOTHING
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = (schema, self._build(schema, ()))
        return known[1]

    def variants(self, shape: Shape) -> tuple[Shape, ...]:
        """Return the shape once for each choice among its alternatives, impossible ones left out.

        The first ``MOST_VARIANTS`` are returned; contracts with several large groups at one place have more.
        """
        if not shape.groups:
            return () if shape.impossible else (shape,)
        known = self._variants.get(id(shape))
        if known is None:
            found = tuple(islice(self._expand(shape), MOST_VARIANTS))
            known = self._variants[id(shape)] = (shape, found)
        return known[1]

    def _expand(self, shape: Shape) -> Iterator[Shape]:
        if shape.impossible:
            return
        if not shape.groups:
            yield shape
            return
        first, rest = shape.groups[0], shape.groups[1:]
        bare = replace(shape, groups=rest)
        for arm in first:
            yield from self._expand(join(bare, self.of(arm)))

    def _build(self, schema: Mapping[str, Any], trail: tuple[str, ...]) -> Shape:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.removeprefix(COMPONENTS)
            if name in trail:
                return Shape()  # a component that is nothing but itself says nothing
            target = self._components.get(name, True)
            if isinstance(target, bool):
                return self.of(target)
            shape = self._build(target, (*trail, name))
            return replace(shape, component=name)
        shape = _own(schema)
        for part in schema.get("allOf", ()):
            inner = self.of(part) if isinstance(part, bool) else self._build(part, trail)
            shape = join(shape, inner)
        return shape


def _own(schema: Mapping[str, Any]) -> Shape:
    """Read the keywords that stand in the schema itself."""
    declared = schema.get("type")
    names = ANY_TYPE if declared is None else frozenset([declared] if isinstance(declared, str) else declared)
    types = names | {"integer"} if "number" in names else names
    enum = tuple(schema["enum"]) if "enum" in schema else None
    if "const" in schema:
        enum = (schema["const"],)
    items = schema.get("items", True)
    prefix = tuple(items) if isinstance(items, list) else ()
    hints = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]
    return Shape(
        types=types,
        enum=None if enum is None else tuple(v for v in enum if kinds_of(v) & types),
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        above=schema.get("exclusiveMinimum"),
        below=schema.get("exclusiveMaximum"),
        multiple_of=schema.get("multipleOf"),
        min_length=schema.get("minLength", 0),
        max_length=schema.get("maxLength"),
        patterns=(schema["pattern"],) if "pattern" in schema else (),
        format=schema.get("format"),
        items=schema.get("additionalItems", True) if prefix else items,
        prefix=prefix,
        min_items=schema.get("minItems", 0),
        max_items=schema.get("maxItems"),
        unique=schema.get("uniqueItems", False),
        contains=schema.get("contains"),
        properties=schema.get("properties", {}),
        required=tuple(schema.get("required", ())),
        additional=schema.get("additionalProperties", True),
        pattern_properties=schema.get("patternProperties", {}),
        property_names=schema.get("propertyNames", True),
        min_properties=schema.get("minProperties", 0),
        max_properties=schema.get("maxProperties"),
        groups=tuple(tuple(schema[k]) for k in ("anyOf", "oneOf") if k in schema),
        nots=(schema["not"],) if "not" in schema else (),
        hints=tuple(hints),
    )


def kinds_of(value: Json) -> frozenset[str]:
    """Return the JSON Schema types of a value: a whole number is an integer and a number."""
    match value:
        case bool():
            return frozenset({"boolean"})
        case int():
            return frozenset({"integer", "number"})
        case float():
            return frozenset({"integer", "number"} if value.is_integer() else {"number"})
        case str():
            return frozenset({"string"})
        case None:
            return frozenset({"null"})
        case list() | tuple():
            return frozenset({"array"})
        case Mapping():
            return frozenset({"object"})
    return frozenset()


def join(a: Shape, b: Shape) -> Shape:
    """Return the shape of what fits both."""
    types = a.types & b.types
    return Shape(
        types=types,
        enum=_both_enums(a.enum, b.enum, types),
        minimum=_greater(a.minimum, b.minimum),
        maximum=_lesser(a.maximum, b.maximum),
        above=_greater(a.above, b.above),
        below=_lesser(a.below, b.below),
        multiple_of=a.multiple_of or b.multiple_of,
        min_length=max(a.min_length, b.min_length),
        max_length=_lesser(a.max_length, b.max_length),
        patterns=tuple(dict.fromkeys([*a.patterns, *b.patterns])),
        format=a.format or b.format,
        items=both(a.items, b.items),
        prefix=a.prefix or b.prefix,
        min_items=max(a.min_items, b.min_items),
        max_items=_lesser(a.max_items, b.max_items),
        unique=a.unique or b.unique,
        contains=a.contains if b.contains is None else b.contains,
        properties=_both_properties(a, b),
        required=tuple(dict.fromkeys([*a.required, *b.required])),
        additional=both(a.additional, b.additional),
        pattern_properties={**a.pattern_properties, **b.pattern_properties},
        property_names=both(a.property_names, b.property_names),
        min_properties=max(a.min_properties, b.min_properties),
        max_properties=_lesser(a.max_properties, b.max_properties),
        groups=a.groups + b.groups,
        nots=a.nots + b.nots,
        hints=a.hints + b.hints,
        component=b.component or a.component,
    )


def both(a: JsonSchema, b: JsonSchema) -> JsonSchema:
    """Return a schema for what fits both schemas."""
    if a is False or b is False:
        return False
    if a is True or a == {} or a is b or a == b:
        return b
    if b is True or b == {}:
        return a
    return {"allOf": [a, b]}


def _both_properties(a: Shape, b: Shape) -> Mapping[str, JsonSchema]:
    if not a.properties and a.additional is True:
        return b.properties
    if not b.properties and b.additional is True:
        return a.properties
    names = dict.fromkeys([*a.properties, *b.properties])
    return {name: both(a.property(name), b.property(name)) for name in names}


def _both_enums(
    a: tuple[Json, ...] | None, b: tuple[Json, ...] | None, types: frozenset[str]
) -> tuple[Json, ...] | None:
    if a is None and b is None:
        return None
    if a is None or b is None:
        allowed = (a if b is None else b) or ()
    else:
        wanted = {key_of(v) for v in b}
        allowed = tuple(v for v in a if key_of(v) in wanted)
    return tuple(v for v in allowed if kinds_of(v) & types)


def _greater(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else max(a, b)


def _lesser(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else min(a, b)
