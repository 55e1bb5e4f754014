"""What a schema says about one place in a value, whatever way it is spelt: the view that contracts are compared by.

A :class:`Shape` is the union of the arms and the intersection of the parts of a schema at one level: which types, which
values, which properties. :class:`Shapes` makes them for one contract and knows when two schemas are the same but for
order, names and annotations (:meth:`Shapes.digest`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from pytest_kibana.contract.mending import resolve
from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.pointers import COMPONENTS

ALL_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
BOUNDS: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
TYPE_OF_BOUND = {keyword: kind for kind, keywords in BOUNDS.items() for keyword in keywords}
_LOWER = frozenset({"minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"})
_UPPER = frozenset({"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"})
_COUNTS = frozenset({"minLength", "minItems", "minProperties"})
_ANNOTATIONS = frozenset({"default", "examples"})
_DEEPEST = 24


@dataclass(frozen=True, slots=True)
class Shape:
    """One level of a schema.

    ``free`` are the types of which any value may come, ``values`` the single values (as JSON text) of other types.
    ``required`` names what every object has; ``closed`` says that no undeclared name may come; ``extra`` is the
    schema of undeclared names where there is one.
    """

    free: frozenset[str] = ALL_TYPES
    values: frozenset[str] = frozenset()
    properties: Mapping[str, JsonSchema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    extra: JsonSchema | None = None
    items: JsonSchema | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict)

    @property
    def types(self) -> frozenset[str]:
        """Every type of which some value may come."""
        return self.free | {type_of(json.loads(value)) for value in self.values}

    def admits(self, value: str) -> bool:
        """Tell whether a single value (as JSON text) is among what may come, bounds aside."""
        return value in self.values or type_of(json.loads(value)) in self.free


ANYTHING = Shape()
NOTHING = Shape(free=frozenset())


def type_of(value: Any) -> str:
    """Return the JSON type of a value; ``integer`` for whole numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    kinds = ((float, "number"), (str, "string"), (list, "array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "object")


class Shapes:
    """Shapes and digests of the schemas of one contract.

    Args:
        components: every component, translated.
    """

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._components = components
        self._digests: dict[int, tuple[Any, str]] = {}
        self._named: dict[str, str] = {}
        self._shapes: dict[str, Shape] = {}
        self._sizes: dict[str, int] = {}

    def component(self, name: str) -> JsonSchema:
        """Return a component; one that is missing allows everything."""
        return self._components.get(name, True)

    def resolve(self, schema: JsonSchema) -> JsonSchema:
        """Follow references until the schema is no mere reference."""
        return resolve(schema, self.component)

    # digests

    def digest(self, schema: JsonSchema) -> str:
        """Return a text that is the same for schemas that differ in order, component names and annotations only."""
        if isinstance(schema, bool):
            return str(schema)
        kept = self._digests.get(id(schema))
        if kept is not None and kept[0] is schema:
            return kept[1]
        if "$ref" in schema:
            return self._digest_of_component(str(schema["$ref"])[len(COMPONENTS) :])
        made = _hash(
            {key: self._part(key, value) for key, value in schema.items() if key not in _ANNOTATIONS}
        )
        self._digests[id(schema)] = (schema, made)
        return made

    def _digest_of_component(self, name: str) -> str:
        if name not in self._named:
            self._named[name] = (
                f"<{name}>"  # what it is while it is being made: a component may contain itself
            )
            self._named[name] = self.digest(self.component(name))
        return self._named[name]

    def _part(self, key: str, value: Any) -> Any:
        if key in ("properties", "patternProperties"):
            return {name: self.digest(inner) for name, inner in value.items()}
        if key in ("anyOf", "allOf"):
            return sorted({self.digest(inner) for inner in value})
        if key in ("items", "additionalProperties", "not", "propertyNames", "contains", "additionalItems"):
            return [self.digest(inner) for inner in value] if isinstance(value, list) else self.digest(value)
        if key in ("required", "type", "enum") and isinstance(value, list):
            return sorted(json.dumps(item, sort_keys=True) for item in value)
        return value

    def size(self, schema: Any) -> int:
        """Return how many objects and lists a schema would be if its references were written out, each loop once."""
        if isinstance(schema, list):
            return 1 + sum(self.size(item) for item in schema)
        if not isinstance(schema, dict):
            return 0
        if "$ref" not in schema or not isinstance(schema["$ref"], str):
            return 1 + sum(self.size(value) for value in schema.values())
        name = schema["$ref"][len(COMPONENTS) :]
        if name not in self._sizes:
            self._sizes[name] = 1  # what it is while it is being counted: a component may contain itself
            self._sizes[name] = self.size(self.component(name))
        return self._sizes[name]

    # arms

    def arms(self, schema: JsonSchema, depth: int = 0) -> dict[str, JsonSchema]:
        """Return the arms of a union by digest, those of unions inside it too; any other schema is its own arm."""
        inner = self.resolve(schema)
        if not isinstance(inner, dict) or depth > _DEEPEST or set(inner) - _ANNOTATIONS != {"anyOf"}:
            return {self.digest(schema): schema}
        found: dict[str, JsonSchema] = {}
        for arm in inner["anyOf"]:
            found |= self.arms(arm, depth + 1)
        return found

    def tag(self, schema: JsonSchema) -> str:
        """Return what tells an arm from its sisters: its properties that allow one value only; ``""`` for none."""
        shape = self.shape(schema)
        inner = {name: self.shape(member) for name, member in shape.properties.items()}
        fixed = {
            name: sorted(member.values)
            for name, member in inner.items()
            if len(member.values) == 1 and not member.free
        }
        return json.dumps(fixed, sort_keys=True) if fixed else ""

    # shapes

    def shape(self, schema: JsonSchema, depth: int = 0) -> Shape:
        """Return what a schema says about its own level."""
        schema = self.resolve(schema)
        if isinstance(schema, bool) or depth > _DEEPEST:
            return NOTHING if schema is False else ANYTHING
        key = self.digest(schema)
        if key not in self._shapes:
            self._shapes[key] = self._made(schema, depth)
        return self._shapes[key]

    def _made(self, schema: dict[str, Any], depth: int) -> Shape:
        made = _own(schema)
        for part in schema.get("allOf", ()):
            made = self.both(made, self.shape(part, depth + 1))
        if schema.get("anyOf"):
            made = self.both(
                made, reduce(self.either, (self.shape(arm, depth + 1) for arm in schema["anyOf"]))
            )
        return made

    def both(self, one: Shape, two: Shape) -> Shape:
        """Return what must hold where both must hold."""
        if one is ANYTHING or two is ANYTHING:
            return two if one is ANYTHING else one
        names = [
            name
            for name in {**one.properties, **two.properties}
            if not (one.closed and name not in one.properties)
            and not (two.closed and name not in two.properties)
        ]
        return Shape(
            free=one.free & two.free,
            values=frozenset(v for v in one.values | two.values if one.admits(v) and two.admits(v)),
            properties={
                name: self._join("allOf", one.properties.get(name), two.properties.get(name))
                for name in names
            },
            required=one.required | two.required,
            closed=one.closed or two.closed,
            extra=None if one.extra is two.extra is None else self._join("allOf", one.extra, two.extra),
            items=None if one.items is two.items is None else self._join("allOf", one.items, two.items),
            bounds=_tightest(one.bounds, two.bounds),
        )

    def either(self, one: Shape, two: Shape) -> Shape:
        """Return what may come where one or the other may."""
        free = one.free | two.free
        free, values = _settled(free, one.values | two.values)
        merged = Shape(
            free=free,
            values=values,
            bounds=_loosest(one, two),
        )
        arrays = [side for side in (one, two) if "array" in side.free]
        if arrays and all(side.items is not None for side in arrays):
            merged = replace(merged, items=self._join("anyOf", *(side.items for side in arrays)))
        objects = [side for side in (one, two) if "object" in side.free]
        if len(objects) < 2:
            only = objects[0] if objects else NOTHING
            return replace(
                merged,
                properties=only.properties,
                required=only.required,
                closed=only.closed,
                extra=only.extra,
            )
        names = {**one.properties, **two.properties}
        return replace(
            merged,
            properties={n: self._join("anyOf", one.properties.get(n), two.properties.get(n)) for n in names},
            required=one.required & two.required,
            closed=one.closed and two.closed,
            extra=_extra(one, two, self),
        )

    def _join(self, keyword: str, *schemas: JsonSchema | None) -> JsonSchema:
        given = {self.digest(schema): schema for schema in schemas if schema is not None}
        return next(iter(given.values())) if len(given) == 1 else {keyword: list(given.values())}

    def join(self, keyword: str, one: JsonSchema | None, two: JsonSchema | None) -> JsonSchema:
        """Combine two schemas under ``allOf`` or ``anyOf``; equal ones are one."""
        return self._join(keyword, one, two)


def _extra(one: Shape, two: Shape, shapes: Shapes) -> JsonSchema | None:
    speaking = [side for side in (one, two) if not side.closed]
    if not speaking or any(side.extra is None for side in speaking):
        return None
    return shapes.join("anyOf", speaking[0].extra, speaking[-1].extra)


def _own(schema: dict[str, Any]) -> Shape:
    """Return the shape of the keywords of one schema object, its combining ones aside."""
    declared = schema.get("type")
    types = set(declared if isinstance(declared, list) else [declared] if declared else ALL_TYPES)
    if "number" in types:
        types.add("integer")
    listed = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    values: frozenset[str] = frozenset()
    if listed is not None:
        values = frozenset(json.dumps(value, sort_keys=True) for value in listed if type_of(value) in types)
        types = set()
    free, values = _settled(frozenset(types), values)
    extra = schema.get("additionalProperties")
    items = schema.get("items")
    return Shape(
        free=free,
        values=values,
        properties={
            name: inner for name, inner in schema.get("properties", {}).items() if inner is not False
        },
        required=frozenset(schema.get("required", ())),
        closed=extra is False and not schema.get("patternProperties"),
        extra=extra if isinstance(extra, dict) else None,
        items={"anyOf": items} if isinstance(items, list) else items if isinstance(items, dict) else None,
        bounds={k: schema[k] for k in TYPE_OF_BOUND if k in schema and (schema[k] or k not in _COUNTS)},
    )


def _settled(free: frozenset[str], values: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Say of null, and of both booleans, that the type is free, however they are listed."""
    for kind, all_of_it in (("null", {"null"}), ("boolean", {"true", "false"})):
        if values >= all_of_it:
            free |= {kind}
    return free, frozenset(value for value in values if type_of(json.loads(value)) not in free)


def _tightest(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    out = {**two, **one}
    for keyword in one.keys() & two.keys():
        if keyword in _LOWER:
            out[keyword] = max(one[keyword], two[keyword])
        elif keyword in _UPPER:
            out[keyword] = min(one[keyword], two[keyword])
    return out


def _loosest(one: Shape, two: Shape) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for keyword, kind in TYPE_OF_BOUND.items():
        sides = [side.bounds for side in (one, two) if kind in side.free]
        speaking: list[Any] = [bounds[keyword] for bounds in sides if keyword in bounds]
        if not speaking or len(speaking) < len(sides):
            continue
        if keyword in _LOWER:
            out[keyword] = min(speaking)
        elif keyword in _UPPER:
            out[keyword] = max(speaking)
        elif speaking[0] == speaking[-1]:
            out[keyword] = speaking[0]
    return out


def _hash(value: Any) -> str:
    return hashlib.blake2b(
        json.dumps(value, sort_keys=True, default=str).encode(), digest_size=16
    ).hexdigest()
