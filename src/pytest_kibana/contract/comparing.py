"""Two schemas set against each other, place by place: what was lost, what was gained.

The result is neutral; which difference hurts whom depends on the direction of the value (see
:mod:`pytest_kibana.contract.diff`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, islice
from typing import Any

from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.shapes import ALL_TYPES, TYPE_OF_BOUND, Shape, Shapes

ITEMS, EXTRA = "[]", "{*}"
_DEEPEST = 24
_MOST = 1000
_LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """A step of a path that changes no place: from a union into one of its arms, on either side."""

    old: JsonSchema = field(repr=False)
    new: JsonSchema = field(repr=False)


Path = tuple[str | Arm, ...]


class Kind(StrEnum):
    """What became of one place. "Lost" and "gained" are said of what may come there."""

    FIELD_REMOVED = "field-removed"
    FIELD_ADDED = "field-added"
    FIELD_REQUIRED = "field-became-required"
    FIELD_OPTIONAL = "field-became-optional"
    TYPE_CHANGED = "type-changed"
    TYPE_NARROWED = "type-narrowed"
    TYPE_WIDENED = "type-widened"
    NULL_REMOVED = "null-removed"
    NULL_ADDED = "null-added"
    ENUM_INTRODUCED = "enum-introduced"
    ENUM_DROPPED = "enum-dropped"
    VALUE_REMOVED = "enum-value-removed"
    VALUE_ADDED = "enum-value-added"
    CLOSED = "object-closed"
    OPENED = "object-opened"
    TIGHTENED = "limit-tightened"
    LOOSENED = "limit-loosened"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at one place.

    ``path`` leads to the place: property names, ``[]`` for items, ``{*}`` for undeclared names, and the arm of a
    union where it matters. For a field it ends with the field's name. ``required`` and ``closed`` say of a field
    whether it must be there and whether its object takes no undeclared names, on the side that has (or had) no such
    field. ``detail`` is a value, a keyword or types. ``old`` and ``new`` are the schemas of the place; of the object
    that has it, for a field. ``in_arm`` says that the difference is one of a single arm of a union, and that the union
    as a whole says the same at this place.
    """

    kind: Kind
    path: Path
    required: bool = False
    closed: bool = False
    detail: Any = None
    sentence: str = ""
    old: JsonSchema = field(default=True, repr=False, compare=False)
    new: JsonSchema = field(default=True, repr=False, compare=False)
    in_arm: bool = False

    @property
    def local(self) -> "Difference":
        """The same difference, with a path that begins at the schemas ``old`` and ``new``."""
        return replace(self, path=self.path[-1:] if self.kind in FIELDS else ())


FIELDS = frozenset({Kind.FIELD_REMOVED, Kind.FIELD_ADDED, Kind.FIELD_REQUIRED, Kind.FIELD_OPTIONAL})


class Comparison:
    """Compares schemas of two contracts."""

    def __init__(self, old: Shapes, new: Shapes) -> None:
        self.old = old
        self.new = new
        self._known: dict[tuple[str, str], tuple[Difference, ...]] = {}

    def same(self, old: JsonSchema, new: JsonSchema) -> bool:
        """Tell whether two schemas are the same but for order, names and annotations."""
        return self.old.digest(old) == self.new.digest(new)

    def differences(self, old: JsonSchema, new: JsonSchema, depth: int = 0) -> tuple[Difference, ...]:
        """Return the differences between two schemas, at any depth: all of them, up to more than anyone would read."""
        key = (self.old.digest(old), self.new.digest(new))
        if key[0] == key[1] or depth > _DEEPEST:
            return ()
        if key not in self._known:
            self._known[key] = ()  # what it is while it is being made: a schema may contain itself
            shapes = self.old.shape(old), self.new.shape(new)
            here = (replace(difference, old=old, new=new) for difference in _here(*shapes))
            found = tuple(islice(chain(here, self._deeper(*shapes, depth)), _MOST))
            self._known[key] = found or tuple(islice(self._in_arms(old, new, shapes, depth), _MOST))
        return self._known[key]

    def _in_arms(
        self, old: JsonSchema, new: JsonSchema, unions: tuple[Shape, Shape], depth: int
    ) -> Iterator[Difference]:
        """Compare arm with arm, where the unions as wholes say the same at every place."""
        before, after = self.old.arms(old), self.new.arms(new)
        common = before.keys() & after.keys()
        left = {key: arm for key, arm in before.items() if key not in common}
        right = {key: arm for key, arm in after.items() if key not in common}
        if len(before) < 2 and len(after) < 2:
            return
        for one, two in _paired(left, right, self.old, self.new):
            for found in self.differences(one, two, depth + 1):
                declared = unions[1].properties if found.kind is Kind.FIELD_REMOVED else ()
                if not (len(found.path) == 1 and found.path[0] in declared):
                    yield replace(found, in_arm=True, path=(Arm(one, two), *found.path))

    def _deeper(self, old: Shape, new: Shape, depth: int) -> Iterator[Difference]:
        """Compare what stands inside objects and arrays."""
        if "array" in old.free & new.free:
            yield from self._inside(old.items, new.items, ITEMS, depth)
        if "object" not in old.free & new.free:
            return
        for name, inner in old.properties.items():
            if name in new.properties or new.extra is not None:
                yield from self._inside(inner, new.properties.get(name, new.extra), name, depth)
        if not (old.closed or new.closed or old.extra is new.extra is None):
            yield from self._inside(old.extra, new.extra, EXTRA, depth)

    def _inside(
        self, old: JsonSchema | None, new: JsonSchema | None, step: str, depth: int
    ) -> Iterator[Difference]:
        old = True if old is None else old
        new = True if new is None else new
        for inner in self.differences(old, new, depth + 1):
            yield replace(inner, path=(step, *inner.path))


def _paired(
    left: dict[str, JsonSchema], right: dict[str, JsonSchema], old: Shapes, new: Shapes
) -> Iterator[tuple[JsonSchema, JsonSchema]]:
    """Pair the arms that changed: by component name, by values that tell arms apart, or because they are the last."""
    before, after = list(left.values()), list(right.values())
    for tag_old, tag_new in ((_name, _name), (old.tag, new.tag)):
        for one in list(before):
            tag = tag_old(one)
            twins = [two for two in after if tag and tag_new(two) == tag]
            if len(twins) == 1:
                yield one, twins[0]
                before.remove(one)
                after.remove(twins[0])
    if len(before) == len(after) == 1:
        yield before[0], after[0]


def _name(arm: JsonSchema) -> str:
    return str(arm.get("$ref", "")) if isinstance(arm, dict) else ""


def _here(old: Shape, new: Shape) -> Iterator[Difference]:
    """Compare what two shapes say of their own place."""
    yield from _types(old, new)
    yield from _values(old, new)
    yield from _bounds(old, new)
    if "object" in old.free & new.free:
        yield from _fields(old, new)
    yield from _reshaped(old, new)


def _fields(old: Shape, new: Shape) -> Iterator[Difference]:
    if old.closed != new.closed:
        kind = Kind.CLOSED if new.closed else Kind.OPENED
        words = "no longer takes undeclared properties" if new.closed else "now takes undeclared properties"
        yield Difference(kind, (), sentence=words)
    for name in old.properties:
        if name not in new.properties and new.extra is None:
            required = name in old.required
            words = f"no longer has the property `{name}`" + (", which was required" if required else "")
            yield Difference(Kind.FIELD_REMOVED, (name,), required, new.closed, sentence=words)
    for name in new.properties:
        if name not in old.properties:
            required = name in new.required
            words = f"has the new property `{name}`" + (", which is required" if required else "")
            yield Difference(Kind.FIELD_ADDED, (name,), required, old.closed, sentence=words)
    for name in sorted(new.required - old.required):
        if name in old.properties or name not in new.properties:
            yield Difference(Kind.FIELD_REQUIRED, (name,), sentence=f"now requires `{name}`")
    for name in sorted(old.required - new.required):
        if name in new.properties:
            yield Difference(Kind.FIELD_OPTIONAL, (name,), sentence=f"no longer requires `{name}`")


def _reshaped(old: Shape, new: Shape) -> Iterator[Difference]:
    """Name what a place of another type has or lacks: properties that must be there now, items that may not."""
    if "object" in new.free - old.free and old.types:
        for name in sorted(new.required & new.properties.keys()):
            words = f"has the new property `{name}`, which is required"
            yield Difference(Kind.FIELD_ADDED, (name,), required=True, sentence=words)
    if "array" in old.free - new.free and old.items is not None and new.types:
        yield Difference(Kind.FIELD_REMOVED, (ITEMS,), closed=True, sentence="no longer has items")


def _types(old: Shape, new: Shape) -> Iterator[Difference]:
    before, after = old.types, new.types
    if not before or not after:
        if before != after:
            words = "allows nothing any more" if before else "now allows something"
            yield Difference(
                Kind.TYPE_NARROWED if before else Kind.TYPE_WIDENED,
                (),
                detail=(before, after),
                sentence=words,
            )
        return
    if ALL_TYPES not in (before, after):
        if "null" in before - after and before != {"null"}:
            yield Difference(Kind.NULL_REMOVED, (), detail="null", sentence="may no longer be null")
        if "null" in after - before and after != {"null"}:
            yield Difference(Kind.NULL_ADDED, (), detail="null", sentence="may now be null")
    lost, gained = _named(before - after - {"null"}, before), _named(after - before - {"null"}, after)
    if not lost and not gained:
        return
    words = f"was {_said(before)}, is {_said(after)}"
    kind = Kind.TYPE_CHANGED if lost and gained else Kind.TYPE_NARROWED if lost else Kind.TYPE_WIDENED
    yield Difference(kind, (), detail=(frozenset(lost), frozenset(gained)), sentence=words)


def _named(types: frozenset[str], whole: frozenset[str]) -> set[str]:
    """Leave out "integer" where "number", which includes it, is said as well."""
    return {name for name in types if name != "integer" or "number" not in whole}


def _said(types: frozenset[str]) -> str:
    named = sorted(_named(types, types) - {"null"}) or ["null"]
    return "anything" if len(named) == 5 else " or ".join(named)


def _values(old: Shape, new: Shape) -> Iterator[Difference]:
    if old.values and not new.values and any(t in new.free for t in old.types - {"null"}):
        yield Difference(Kind.ENUM_DROPPED, (), sentence="is no longer limited to listed values")
    elif new.values and not old.values and any(t in old.free for t in new.types - {"null"}):
        yield Difference(Kind.ENUM_INTRODUCED, (), sentence="is now limited to listed values")
    elif old.values and new.values:
        for value in sorted(old.values - new.values):
            if not new.admits(value) and value != "null":
                yield Difference(
                    Kind.VALUE_REMOVED, (), detail=value, sentence=f"no longer allows the value {value}"
                )
        for value in sorted(new.values - old.values):
            if not old.admits(value) and value != "null":
                yield Difference(Kind.VALUE_ADDED, (), detail=value, sentence=f"has the new value {value}")


def _bounds(old: Shape, new: Shape) -> Iterator[Difference]:
    for keyword, kind in TYPE_OF_BOUND.items():
        before, after = old.bounds.get(keyword), new.bounds.get(keyword)
        if before == after or kind not in old.free & new.free:
            continue
        if after is None:
            yield Difference(Kind.LOOSENED, (), detail=keyword, sentence=f"has lost its `{keyword}`")
        elif before is None:
            yield Difference(Kind.TIGHTENED, (), detail=keyword, sentence=f"has a new `{keyword}`")
        elif keyword in _LOWER or keyword in _UPPER:
            tighter = after > before if keyword in _LOWER else after < before
            words = f"has another `{keyword}`: {before} was, {after} is"
            yield Difference(Kind.TIGHTENED if tighter else Kind.LOOSENED, (), detail=keyword, sentence=words)
        else:
            yield Difference(Kind.TIGHTENED, (), detail=keyword, sentence=f"has another `{keyword}`")
            yield Difference(Kind.LOOSENED, (), detail=keyword, sentence=f"has another `{keyword}`")
