"""Values that show a difference: valid by one schema, invalid by another, and alike but for the place in question.

A candidate is the smallest value that leads to the place, with something at the place that only one side allows. It
counts only when the two contracts' own validators say so; this module proposes, it never decides.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from pytest_kibana.contract.comparing import EXTRA, ITEMS, Arm, Difference, Kind, Path
from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.shapes import Shape, Shapes

_ALTERNATIVES = 48
_CANDIDATES = 160
_DEEPEST = 28
_ONE_OF_EACH: Sequence[Any] = ("text", 7, 0.5, True, None, [], {})
_FORMATS = {
    "date-time": "2026-01-01T00:00:00.000Z",
    "date": "2026-01-01",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://kibana.example/",
    "uri-reference": "/path",
    "email": "someone@kibana.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
# Texts that fit the patterns which published contracts use, and plain ones.
_TEXTS = ("text", "5m", "1d", "A", "a", "1", "10s", "abc-1", "2026-01-01", "")

Action = Callable[[JsonSchema], Iterator[Any]]


class Smith:
    """Makes small values of the schemas of one contract.

    Args:
        shapes: of the contract.
        is_valid: tells whether a value keeps a schema of the contract.
        old: whether it is the old one of two.
    """

    def __init__(self, shapes: Shapes, is_valid: Callable[[JsonSchema, Any], bool], *, old: bool) -> None:
        self._old = old
        self._shapes = shapes
        self._is_valid = is_valid
        self._smallest: dict[str, tuple[bool, Any]] = {}
        self._plain: dict[str, tuple[Shape, ...]] = {}

    def alternatives(self, schema: JsonSchema, depth: int = 0) -> tuple[Shape, ...]:
        """Return the arms of a schema, each written out as one shape without arms."""
        schema = self._shapes.resolve(schema)
        if isinstance(schema, bool) or depth > _DEEPEST:
            return (self._shapes.shape(schema),)
        key = self._shapes.digest(schema)
        if key not in self._plain:
            self._plain[key] = tuple(islice(self._written_out(schema, depth), _ALTERNATIVES))
        return self._plain[key]

    def _written_out(self, schema: dict[str, Any], depth: int) -> Iterator[Shape]:
        own = {key: value for key, value in schema.items() if key not in ("anyOf", "allOf")}
        sides = [[self._shapes.shape(own)]]
        sides += [list(self.alternatives(part, depth + 1)) for part in schema.get("allOf", ())]
        if schema.get("anyOf"):
            sides.append([alt for arm in schema["anyOf"] for alt in self.alternatives(arm, depth + 1)])
        yield from self._products(sides)

    def _products(self, sides: list[list[Shape]]) -> Iterator[Shape]:
        if len(sides) == 1:
            yield from sides[0]
            return
        for rest in self._products(sides[1:]):
            for one in sides[0]:
                both = self._shapes.both(one, rest)
                if both.free or both.values:
                    yield both

    def values(self, schema: JsonSchema) -> Iterator[Any]:
        """Yield a small value of each arm of a schema."""
        for alternative in self.alternatives(schema):
            yield from self.of_shape(alternative, 0)

    def smallest(self, schema: JsonSchema, depth: int = 0) -> Any:
        """Return a small value of a schema; the first that the validator accepts, else a guess."""
        key = self._shapes.digest(schema)
        if key not in self._smallest:
            self._smallest[key] = (
                False,
                None,
            )  # what it is while it is being made: a schema may contain itself
            self._smallest[key] = (True, self._smallest_of(schema, depth))
        return self._smallest[key][1]

    def _smallest_of(self, schema: JsonSchema, depth: int) -> Any:
        guess = None
        if depth > _DEEPEST:
            return guess
        for alternative in self.alternatives(schema):
            for guess in self.of_shape(alternative, depth):
                if self._is_valid(schema, guess):
                    return guess
        return guess

    def of_shape(self, shape: Shape, depth: int) -> Iterator[Any]:
        """Yield a few small values of one arm."""
        yield from (json.loads(value) for value in sorted(shape.values)[:3])
        if "object" in shape.free:
            yield self.small_object(shape, depth)
        if "array" in shape.free:
            least = int(shape.bounds.get("minItems", 0))
            inner = True if shape.items is None else shape.items
            yield [self.smallest(inner, depth + 1)] * least
        if "string" in shape.free:
            yield from _texts(shape.bounds)
        if "integer" in shape.free:
            yield from _numbers(shape.bounds)
        if "number" in shape.free:
            yield 0.5
        yield from (value for kind, value in (("boolean", True), ("null", None)) if kind in shape.free)

    def small_object(self, shape: Shape, depth: int = 0) -> dict[str, Any]:
        """Return an object with the required properties only."""
        value = {
            name: self.smallest(
                shape.properties.get(name, shape.extra if shape.extra is not None else True), depth + 1
            )
            for name in sorted(shape.required)
        }
        while len(value) < int(shape.bounds.get("minProperties", 0)):
            free = [name for name in shape.properties if name not in value]
            name = free[0] if free else f"extra{len(value)}"
            value[name] = self.smallest(shape.properties.get(name, True), depth + 1)
        return value

    def leading_to(self, schema: JsonSchema, path: Path, action: Action, depth: int = 0) -> Iterator[Any]:
        """Yield values of a schema that hold, at the path, what the action makes of the schema there."""
        if not path:
            yield from action(schema)
            return
        step, rest = path[0], path[1:]
        if isinstance(step, Arm):
            yield from self.leading_to(step.old if self._old else step.new, rest, action, depth + 1)
            return
        for alternative in self.alternatives(schema):
            if step == ITEMS:
                if "array" in alternative.free:
                    inner = True if alternative.items is None else alternative.items
                    least = max(1, int(alternative.bounds.get("minItems", 1)))
                    yield from ([value] * least for value in self.leading_to(inner, rest, action, depth + 1))
            elif "object" in alternative.free:
                place = self._member(alternative, step)
                if place is not None:
                    name, inner = place
                    base = self.small_object(alternative, depth)
                    for value in self.leading_to(inner, rest, action, depth + 1):
                        yield {**base, name: value}

    def _member(self, shape: Shape, step: str) -> tuple[str, JsonSchema] | None:
        if step == EXTRA:
            return None if shape.closed else ("extra", True if shape.extra is None else shape.extra)
        if step in shape.properties:
            return step, shape.properties[step]
        return None if shape.closed else (step, True if shape.extra is None else shape.extra)


def _texts(bounds: Any) -> Iterator[str]:
    least, most = int(bounds.get("minLength", 0)), int(bounds.get("maxLength", 1 << 16))
    if bounds.get("format") in _FORMATS:
        yield _FORMATS[bounds["format"]]
    for text in _TEXTS:
        yield (
            text
            if len(text) >= least
            else (text * least or "a" * least)[: max(least, 1)]
            if least <= most
            else text
        )


def _numbers(bounds: Any) -> Iterator[int]:
    low = bounds.get("minimum", bounds.get("exclusiveMinimum"))
    high = bounds.get("maximum", bounds.get("exclusiveMaximum"))
    yield 1
    if low is not None:
        yield from (int(low), int(low) + 1)
    if high is not None:
        yield from (int(high), int(high) - 1)
    if bounds.get("multipleOf"):
        yield int(bounds["multipleOf"]) or 1
    yield 0


def candidates(smith: Smith, schema: JsonSchema, difference: Difference) -> Iterator[Any]:
    """Yield values of the schema in which the difference shows.

    Args:
        smith: of the contract whose schema it is: the side that allows more.
        schema: of the whole value.
        difference: between the two sides.
    """
    parent, name = difference.path[:-1], difference.path[-1] if difference.path else ""
    kind = difference.kind

    def without(inner: JsonSchema) -> Iterator[Any]:
        for shape in smith.alternatives(inner):
            for value in [smith.small_object(shape)] if "object" in shape.free else smith.of_shape(shape, 0):
                yield (
                    {key: member for key, member in value.items() if key != name}
                    if isinstance(value, dict)
                    else value
                )

    def extra(inner: JsonSchema) -> Iterator[Any]:
        for shape in smith.alternatives(inner):
            if "object" in shape.free:
                yield {**smith.small_object(shape), "undeclared_property": 1}

    def here(inner: JsonSchema) -> Iterator[Any]:
        yield from _telling(smith, inner, difference)

    found: Iterator[Any]
    if kind in (Kind.FIELD_REQUIRED, Kind.FIELD_OPTIONAL):
        found = smith.leading_to(schema, parent, without)
    elif kind is Kind.FIELD_ADDED:
        lacking = islice(smith.leading_to(schema, parent, without), _CANDIDATES // 2)
        found = chain(lacking, smith.leading_to(schema, difference.path, here))
    elif kind in (Kind.CLOSED, Kind.OPENED):
        found = smith.leading_to(schema, difference.path, extra)
    else:
        found = smith.leading_to(schema, difference.path, here)
    yield from islice(found, _CANDIDATES)


def _telling(smith: Smith, schema: JsonSchema, difference: Difference) -> Iterator[Any]:
    """Yield values of a place that one side allows and the other does not."""
    kind, detail = difference.kind, difference.detail
    if kind in (Kind.VALUE_REMOVED, Kind.VALUE_ADDED):
        yield json.loads(detail)
    elif kind in (Kind.NULL_REMOVED, Kind.NULL_ADDED):
        yield None
    elif kind in (Kind.ENUM_DROPPED, Kind.ENUM_INTRODUCED):
        yield from ("something else", 424242)
    elif kind in (Kind.TIGHTENED, Kind.LOOSENED):
        yield from _beyond(smith, schema)
    yield from smith.values(schema)
    if not smith.alternatives(schema)[0].bounds:
        yield from _ONE_OF_EACH


def _beyond(smith: Smith, schema: JsonSchema) -> Iterator[Any]:
    """Yield values at and beyond limits: short and long texts, small and large numbers, few and many items."""
    for count in (0, 1, 2, 5, 11, 51, 101, 257, 513, 1025, 10001):
        yield "a" * count
    yield from ("A" * 3, " ", "!", "é", "not-a-format", "text\n")
    yield from (0, -1, 1, 2, 11, 101, 1001, 10001, 10**6, -(10**6), 10**12, 0.5, 1.5)
    for shape in smith.alternatives(schema):
        if "array" in shape.free:
            one = smith.smallest(True if shape.items is None else shape.items)
            yield from ([one] * count for count in (0, 1, 2, 3, 11, 51, 101, 501, 1001, 10001))


def find(
    schema: JsonSchema,
    given: Iterator[Any],
    *,
    allows: Callable[[JsonSchema, Any], bool],
    refuses: Callable[[Any], bool],
) -> tuple[Any] | None:
    """Return the first candidate (in a tuple, since it may be null) that one side allows and the other refuses."""
    seen: set[str] = set()
    for value in given:
        text = json.dumps(value, sort_keys=True)
        if text not in seen and allows(schema, value) and refuses(value):
            return (value,)
        seen.add(text)
    return None


def sweep(smith: Smith, schema: JsonSchema) -> Iterator[Any]:
    """Yield many small values of a schema: each arm, and each arm with each declared property, three levels deep."""
    yield from islice(_swept(smith, schema, 3), 600)


def _swept(smith: Smith, schema: JsonSchema, levels: int) -> Iterator[Any]:
    yield from smith.values(schema)
    if not levels:
        return
    for shape in smith.alternatives(schema):
        if "object" in shape.free:
            base = smith.small_object(shape)
            for name, inner in shape.properties.items():
                for value in islice(_swept(smith, inner, levels - 1), 24):
                    yield {**base, name: value}
        if "array" in shape.free:
            for value in islice(_swept(smith, True if shape.items is None else shape.items, levels - 1), 24):
                yield [value]
