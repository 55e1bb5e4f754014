"""The places of a request at which one thing can be varied while the rest stays as it is.

Starting from a valid request, :func:`walk` visits what the schema of a parameter or of the body knows: members that are
there, members that could be there, each alternative, the first item of each array. Every :class:`Site` can put a value
in its place and return the whole request around it; what has to exist on the way there is made as small as possible.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pytest_kibana.cases.choosers import Simplest
from pytest_kibana.cases.holes import STAND_INS, has_holes, stood_in
from pytest_kibana.cases.model import Case
from pytest_kibana.cases.rules import admits
from pytest_kibana.cases.shapes import Shape
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.contract.model import Json, JsonSchema


class _Missing:
    """Tells "nothing is there" from ``null``."""

    def __repr__(self) -> str:
        return "MISSING"


Location = Literal["path", "query", "header", "body"]
MISSING: Final = _Missing()
_DEEPEST: Final = 7
_SIMPLEST: Final = Simplest()


@dataclass(frozen=True, slots=True)
class Site:
    """One place, with one alternative chosen.

    Attributes:
        location: ``body``, ``query``, ``path`` or ``header``.
        at: JSON pointer; ``""`` is the whole body. The first step is the parameter's name where it is one.
        shape: what may stand here.
        value: what stands here in the base, or ``MISSING``.
        wrap: given a value for this place, returns the whole request.
        without: returns the request without this place; None where it cannot be left out by itself (an array's item).
        required: the parent requires it.
        chosen: which alternative this is, as a number counted from 0; None where there was no choice.
        choice_above: an alternative was chosen on the way here, so another one might allow what this one forbids.
        depth: number of steps from the whole.
        other: what stands here in the base where that is of another alternative, or ``MISSING``.
    """

    location: Location
    at: str
    shape: Shape
    value: Any
    wrap: Callable[[Json], Case]
    without: Callable[[], Case] | None
    required: bool
    chosen: int | None
    choice_above: bool
    depth: int
    other: Any = MISSING

    @property
    def name(self) -> str:
        """The last step of the pointer, unescaped."""
        return self.at.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")

    def present(self, values: Values) -> Json:
        """Return what stands here, or the smallest that may, with what only the run can know of the other alternative.

        Raises:
            Unsatisfiable: nothing may.
        """
        if self.value is not MISSING:
            return self.value
        made = values.fill(self.shape, _SIMPLEST, at=self.at)
        if not isinstance(made, Mapping) or not isinstance(self.other, Mapping):
            return made
        known = {
            name: v for name, v in self.other.items() if has_holes(v) and _takes(values, self.shape, name, v)
        }
        return {**made, **known}


def _takes(values: Values, shape: Shape, name: str, value: Json) -> bool:
    """Tell whether a shape declares a member that may have the value."""
    schema = shape.properties.get(name, False)
    return schema is not False and any(
        _fits(values, variant, value) for variant in values.shapes.variants(values.shapes.of(schema))
    )


def _fits(values: Values, shape: Shape, value: Json) -> bool:
    """Tell whether a shape admits a value, whatever its placeholders may turn out to be."""
    if not has_holes(value):
        return admits(values.shapes, shape, value)
    return any(admits(values.shapes, shape, stood_in(value, stand_in)) for stand_in in STAND_INS)


def walk(values: Values, root: "Root", *, most: int) -> Iterator[Site]:
    """Yield the places below a root, the shallow ones first, at most so many."""
    waiting = deque(_entries(values, root.schema, root.value, root))
    count = 0
    while waiting and count < most:
        site = waiting.popleft()
        count += 1
        yield site
        if site.depth < _DEEPEST and count + len(waiting) < most * 2:
            waiting.extend(_children(values, site))


@dataclass(frozen=True, slots=True)
class Root:
    """Where a walk begins: a parameter or the body. The fields are those of :class:`Site`."""

    location: Location
    at: str
    schema: JsonSchema
    value: Any
    wrap: Callable[[Json], Case]
    without: Callable[[], Case] | None
    required: bool
    choice_above: bool = False
    depth: int = 0


def _entries(values: Values, schema: JsonSchema, value: Any, place: Root) -> Iterator[Site]:
    variants = values.shapes.variants(values.shapes.of(schema))
    several = len(variants) > 1
    for number, variant in enumerate(variants):
        here, other = value, MISSING
        if several and value is not MISSING and not _fits(values, variant, value):
            here, other = MISSING, value
        yield Site(
            place.location,
            place.at,
            variant,
            here,
            place.wrap,
            place.without,
            place.required,
            number if several else None,
            place.choice_above or several,
            place.depth,
            other,
        )


def _children(values: Values, site: Site) -> Iterator[Site]:
    shape = site.shape
    if shape.enum is not None:
        return
    if "object" in shape.types and (shape.properties or isinstance(shape.additional, dict)):
        yield from _members(values, site)
    if "array" in shape.types and shape.items is not False and not (shape.items is True and not shape.prefix):
        yield from _items(values, site)


def _members(values: Values, site: Site) -> Iterator[Site]:
    shape = site.shape
    try:
        present = site.present(values)
    except Unsatisfiable:
        return
    if not isinstance(present, Mapping):
        present = {}
    names = dict(shape.properties)
    if isinstance(shape.additional, dict) and shape.additional:
        names.setdefault("key1", shape.additional)
    for name, schema in names.items():
        if schema is False:
            continue
        rest = {k: v for k, v in present.items() if k != name}

        def wrap(v: Json, name: str = name, present: Mapping[str, Json] = present) -> Case:
            return site.wrap({**present, name: v})

        def without(rest: Mapping[str, Json] = rest) -> Case:
            return site.wrap(dict(rest))

        at = f"{site.at}/{name.replace('~', '~0').replace('/', '~1')}"
        value = present.get(name, MISSING)
        required = name in shape.required
        place = Root(
            site.location, at, schema, value, wrap, without, required, site.choice_above, site.depth + 1
        )
        yield from _entries(values, schema, value, place)


def _items(values: Values, site: Site) -> Iterator[Site]:
    try:
        present = site.present(values)
    except Unsatisfiable:
        return
    items = list(present) if isinstance(present, list) else []
    schema = site.shape.prefix[0] if site.shape.prefix else site.shape.items
    value = items[0] if items else MISSING

    def wrap(v: Json) -> Case:
        return site.wrap([v, *items[1:]])

    at = f"{site.at}/0"
    place = Root(site.location, at, schema, value, wrap, None, False, site.choice_above, site.depth + 1)
    yield from _entries(values, schema, value, place)
