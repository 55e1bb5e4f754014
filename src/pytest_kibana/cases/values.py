"""Making a value for a schema. One generator; a chooser decides wherever the schema leaves a choice."""

import math
from typing import Any, Final

from pytest_kibana.cases import texts
from pytest_kibana.cases.choosers import Chooser
from pytest_kibana.cases.rules import admits, broken
from pytest_kibana.cases.shapes import Shape, Shapes, key_of
from pytest_kibana.contract.model import Json, JsonSchema

PLAIN_ORDER: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
FAR: Final = 1_000_000
LONG: Final = 256
_DEEPEST: Final = 40
_TRIES: Final = 12
_TIRED: Final = 7


class Unsatisfiable(Exception):
    """No value was found. The message says where the search ended, as a JSON pointer, and why."""


class Values:
    """Makes values for the schemas of one contract."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def make(self, schema: JsonSchema, chooser: Chooser, depth: int = 0, at: str = "") -> Json:
        """Return a value for the schema.

        Raises:
            Unsatisfiable: none was found.
        """
        return self.fill(self.shapes.of(schema), chooser, depth, at)

    def fill(self, shape: Shape, chooser: Chooser, depth: int = 0, at: str = "") -> Json:
        """Return a value for a shape.

        Raises:
            Unsatisfiable: none was found.
        """
        if depth > _DEEPEST:
            raise Unsatisfiable(f"{at or 'the whole'} contains itself without end")
        if shape.hints and chooser.hint():
            hint = chooser.pick(shape.hints)
            if hint is not None and admits(self.shapes, shape, hint):
                return hint
        variants = list(self.shapes.variants(shape))
        if not variants:
            raise Unsatisfiable(f"nothing is allowed at {at or 'the top'}")
        if len(variants) > 1:
            # Null proves little and comes last; deep down it comes first, so that what contains itself ends.
            variants.sort(key=_weight if depth > _TIRED else lambda v: v.types == {"null"})
            first = variants[0] if depth > _TIRED else chooser.pick(variants)
            variants.remove(first)
            variants.insert(0, first)
        trouble: Unsatisfiable | None = None
        for variant in variants:
            try:
                return self._one(variant, chooser, depth, at)
            except Unsatisfiable as why:
                trouble = trouble or why
        raise trouble or Unsatisfiable(f"nothing is allowed at {at or 'the top'}")

    def _one(self, shape: Shape, chooser: Chooser, depth: int, at: str) -> Json:
        for _ in range(_TRIES if shape.nots else 1):
            value = self._bare(shape, chooser, depth, at)
            if not any(admits(self.shapes, self.shapes.of(n), value) for n in shape.nots):
                return value
        raise Unsatisfiable(f"what is allowed at {at or 'the top'} is also forbidden there")

    def _bare(self, shape: Shape, chooser: Chooser, depth: int, at: str) -> Json:
        if shape.enum is not None:
            fitting = [v for v in shape.enum if not broken(shape, v)]
            if not fitting:
                raise Unsatisfiable(f"no value of the enumeration at {at or 'the top'} fits its other rules")
            return chooser.pick([v for v in fitting if v is not None] or fitting)
        kind = chooser.pick([k for k in PLAIN_ORDER if k in shape.types])
        match kind:
            case "string":
                return self._string(shape, chooser, at)
            case "integer" | "number":
                return self._numeric(shape, kind, chooser, at)
            case "boolean":
                return chooser.pick((False, True))
            case "object":
                return self._object(shape, chooser, depth, at)
            case "array":
                return self._array(shape, chooser, depth, at)
        return None

    # scalars

    def _string(self, shape: Shape, chooser: Chooser, at: str) -> str:
        low, high = shape.min_length, shape.max_length
        top = max(low, LONG) if high is None else high
        if top < low:
            raise Unsatisfiable(f"the text at {at or 'the top'} must be longer than it may be")
        usual = texts.usual(at)
        if usual is not None and chooser.hint() and not broken(shape, usual):
            return usual
        for _ in range(_TRIES):
            if shape.format and not shape.patterns:
                made = texts.formatted(shape.format, chooser)
                text = chooser.text(low, top) if made is None else made
            elif shape.patterns:
                text = self._stretched(shape, texts.matching(shape.patterns[0], chooser))
            else:
                text = chooser.text(low, top)
            if not broken(shape, text):
                return text
        raise Unsatisfiable(f"no text was found that keeps the pattern or format at {at or 'the top'}")

    def _stretched(self, shape: Shape, text: str) -> str:
        """Lengthen text up to the least length, where its pattern is open at the start."""
        missing = shape.min_length - len(text)
        return "1" * missing + text if missing > 0 else text

    def _numeric(self, shape: Shape, kind: str, chooser: Chooser, at: str) -> float:
        if kind == "number":
            return self._number(shape, chooser, at)
        try:
            return self._integer(shape, chooser, at)
        except Unsatisfiable:
            if "number" not in shape.types:
                raise
            return self._number(shape, chooser, at)

    def _integer(self, shape: Shape, chooser: Chooser, at: str) -> int:
        low, high = bounds(shape)
        step = shape.multiple_of or 1
        if step != int(step):
            step = 1
        first, last = math.ceil(low / step), math.floor(high / step)
        if first > last:
            raise Unsatisfiable(f"no whole number is allowed at {at or 'the top'}")
        simplest = min(max(1, first), last)
        return int(chooser.integer(first, last, simplest) * step)

    def _number(self, shape: Shape, chooser: Chooser, at: str) -> float:
        low, high = bounds(shape, whole=False)
        if low > high:
            raise Unsatisfiable(f"no number is allowed at {at or 'the top'}")
        part = chooser.integer(0, 1000, 500) / 1000
        for value in (low + (high - low) * part, (low + high) / 2, low, high):
            rounded = round(value, 3)
            for candidate in (rounded, value):
                if not broken(shape, candidate):
                    return candidate
        raise Unsatisfiable(f"no number was found between the bounds at {at or 'the top'}")

    # structures

    def _object(self, shape: Shape, chooser: Chooser, depth: int, at: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name in shape.required:
            made[name] = self._member(shape, name, chooser, depth, at)
        for name, schema in shape.properties.items():
            if name in made or schema is False or not chooser.include(depth):
                continue
            try:
                made[name] = self.make(schema, chooser, depth + 1, f"{at}/{name}")
            except Unsatisfiable:
                continue  # an optional member that nothing fits may be left out
        if shape.additional is not False and not shape.properties and chooser.include(depth):
            name, schema = self._invented(shape, 0, chooser)
            made[name] = self.make(schema, chooser, depth + 1, f"{at}/{name}")
        if len(made) < shape.min_properties:
            self._enough(shape, made, chooser, depth, at)
        if shape.max_properties is not None and len(made) > shape.max_properties:
            optional = [n for n in made if n not in shape.required]
            for name in optional[: len(made) - shape.max_properties]:
                del made[name]
        return made

    def _member(self, shape: Shape, name: str, chooser: Chooser, depth: int, at: str) -> Json:
        schema = shape.property(name)
        for expression, inner in shape.pattern_properties.items():
            if name not in shape.properties and texts.keeps(expression, name):
                schema = inner
        if schema is False:
            raise Unsatisfiable(f"{at}/{name} is required and forbidden")
        return self.make(schema, chooser, depth + 1, f"{at}/{name}")

    def _enough(self, shape: Shape, made: dict[str, Any], chooser: Chooser, depth: int, at: str) -> None:
        """Add optional members, then invented ones, until there are as many as there must be."""
        for name, schema in shape.properties.items():
            if len(made) >= shape.min_properties:
                return
            if name not in made and schema is not False:
                made[name] = self.make(schema, chooser, depth + 1, f"{at}/{name}")
        for number in range(shape.min_properties + 1):
            if len(made) < shape.min_properties:
                name, schema = self._invented(shape, number, chooser)
                made[name] = self.make(schema, chooser, depth + 1, f"{at}/{name}")

    def _invented(self, shape: Shape, number: int, chooser: Chooser) -> tuple[str, JsonSchema]:
        """Return a name that is not declared, and what may stand under it."""
        for expression, schema in shape.pattern_properties.items():
            return texts.matching(expression, chooser), schema
        return f"key{number + 1}", shape.additional

    def _array(self, shape: Shape, chooser: Chooser, depth: int, at: str) -> list[Any]:
        low = max(shape.min_items, 1 if shape.contains is not None else 0)
        top = shape.max_items if shape.max_items is not None else max(low, 3)
        if shape.prefix and shape.items is False:
            top = min(top, len(shape.prefix))
        if top < low:
            raise Unsatisfiable(f"the array at {at or 'the top'} must be longer than it may be")
        wanted = low
        if chooser.include(depth):
            wanted = chooser.integer(low, min(top, low + 3), min(max(low, 1), top))
        made: list[Any] = []
        seen: set[str] = set()
        for _ in range(wanted * _TRIES):
            if len(made) >= wanted:
                break
            item = self._item(shape, len(made), chooser, depth, at)
            if shape.unique and key_of(item) in seen:
                item = self._other(shape, item, seen)
            if shape.unique and key_of(item) in seen:
                continue
            seen.add(key_of(item))
            made.append(item)
        if len(made) < low:
            raise Unsatisfiable(f"not enough different items were found for {at or 'the top'}")
        return made

    def _item(self, shape: Shape, index: int, chooser: Chooser, depth: int, at: str) -> Json:
        schema = shape.prefix[index] if index < len(shape.prefix) else shape.items
        if index == 0 and shape.contains is not None:
            schema = shape.contains
        return self.make(schema, chooser, depth + 1, f"{at}/{index}")

    def _other(self, shape: Shape, item: Json, seen: set[str]) -> Json:
        """Return an item that is not there yet, for choosers that always choose the same."""
        inner = self.shapes.of(shape.items)
        options: list[Json] = [v for variant in self.shapes.variants(inner) for v in variant.enum or ()]
        if isinstance(item, str) and inner.enum is None:
            options += [item + "a" * (len(seen) + 1), f"{item}{len(seen)}"]
        elif isinstance(item, int) and not isinstance(item, bool) and inner.enum is None:
            options += [item + len(seen), item - len(seen)]
        return next((o for o in options if key_of(o) not in seen and admits(self.shapes, inner, o)), item)


def bounds(shape: Shape, *, whole: bool = True) -> tuple[float, float]:
    """Return the least and greatest number allowed; open ends become a million.

    With ``whole`` exclusive bounds are moved to the next whole number, else by a thousandth.
    """
    step = 1.0 if whole else 0.001
    lows: list[float] = [b for b in (shape.minimum,) if b is not None]
    highs: list[float] = [b for b in (shape.maximum,) if b is not None]
    if shape.above is not None:
        lows.append(math.floor(shape.above) + 1 if whole else shape.above + step)
    if shape.below is not None:
        highs.append(math.ceil(shape.below) - 1 if whole else shape.below - step)
    low = max(lows) if lows else min(-FAR, highs[0] - FAR if highs else -FAR)
    high = min(highs) if highs else max(FAR, low + FAR)
    return (math.ceil(low), math.floor(high)) if whole else (low, high)


def _weight(shape: Shape) -> int:
    """Order alternatives by how much they can hold."""
    if shape.types == {"null"}:
        return 0
    return 1 if not shape.types & {"object", "array"} else 2 + len(shape.required)
