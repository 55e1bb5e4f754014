"""Valid variations of one place: the edges of what a schema allows, each with a sentence."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pytest_kibana.cases.choosers import Fullest, Simplest
from pytest_kibana.cases.holes import HOLE, UNIQUE, UNIQUE_UUID, has_holes, laid_over
from pytest_kibana.cases.model import Case, Upload
from pytest_kibana.cases.rules import broken
from pytest_kibana.cases.shapes import Shape
from pytest_kibana.cases.sites import MISSING, Site
from pytest_kibana.cases.values import Values
from pytest_kibana.contract.model import Json
from pytest_kibana.wire.exchange import Rule

UNICODE: Final = "Zażółć ünïcødé 日本語 🚀"
LONGEST: Final = 10_000
LONG: Final = 300
"""Characters of a text of which no longest is stated: more than the 255 at which much software ends."""

MOST_ITEMS: Final = 60
NAME_LENGTH: Final = 32
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
IDENTITY: Final = frozenset(
    {
        "name",
        "id",
        "title",
        "list_id",
        "item_id",
        "rule_id",
        "slug",
        "displayName",
        "display_name",
        "username",
    }
)
"""Members that name a thing. Where a case invents one, it carries the mark of the run."""

WRAPPERS: Final = frozenset({"attributes", "data_view", "item", "rule", "dashboard", "list"})
"""Members that hold the thing itself; names elsewhere below the top are references to other things."""

SCENARIOS: Final = (
    "all members",
    "optional member",
    "alternative",
    "longest text",
    "non-ASCII text",
    "empty array",
    "shortest text",
    "zero",
    "name of nothing",
    "null",
    "enumerated value",
    "least number",
    "greatest number",
    "fullest array",
    "fewest items",
    "other boolean",
    "no members",
    "left out",
    "one item",
    "several items",
    "other media type",
    "engine",
)
"""In the order in which they take turns."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that could be made. ``make`` may raise :class:`pytest_kibana.cases.values.Unsatisfiable`.

    ``rule`` is what it breaks, if anything. ``loose`` is True where alternatives were chosen from on the way to
    the place, so that the rule has to be named by what the contract says of the whole.
    """

    scenario: str
    location: str
    at: str
    depth: int
    sentence: str
    make: Callable[[], Case]
    rule: Rule | None = None
    loose: bool = False


def place(site: Site) -> str:
    """Say where a site is, for people."""
    if site.location == "body":
        return f"body member {site.at}" if site.at else "the body"
    return f"{site.location} parameter {site.at.removeprefix('/')}"


def is_identity(site: Site) -> bool:
    """Tell whether the place names the thing that is made or changed, and can hold a name of this run."""
    shape = site.shape
    steps = site.at.split("/")[1:]
    return (
        site.location == "body"
        and site.name in IDENTITY
        and all(step in WRAPPERS for step in steps[:-1])
        and "string" in shape.types
        and shape.enum is None
        and not shape.format
        and (shape.max_length is None or shape.max_length >= NAME_LENGTH)
    )


def variations(values: Values, site: Site) -> Iterator[Candidate]:
    """Yield the valid variations of a place."""
    if isinstance(site.value, str) and HOLE.search(site.value):
        yield from _named(site)
    elif not _fixed(site):
        yield from _presence(values, site)
        yield from _listed(site) if site.shape.enum is not None else _shaped(values, site)


def _fixed(site: Site) -> bool:
    """Tell whether only the run can know what stands here: ids in paths; and of files no schema tells."""
    ids = site.location == "path" and site.shape.enum is None and "string" in site.shape.types
    return ids or isinstance(site.value, Upload)


def _listed(site: Site) -> Iterator[Candidate]:
    for value in site.shape.enum or ():
        if value != site.value and not broken(site.shape, value):
            yield _candidate(site, "enumerated value", value, "has one of its enumerated values")


def _candidate(site: Site, scenario: str, value: Json, sentence: str) -> Candidate:
    words = f"{place(site)} {sentence}"
    return Candidate(scenario, site.location, site.at, site.depth, words, lambda: site.wrap(value))


def _shaped(values: Values, site: Site) -> Iterator[Candidate]:
    if is_identity(site):
        return
    shape = site.shape
    if shape.nullable and len(shape.types) > 1 and not (site.location == "query" and site.depth == 1):
        yield _candidate(site, "null", None, "is null, which is allowed")
    for scenario, value, sentence in _edges(shape, site):
        yield _candidate(site, scenario, value, sentence)
    if "array" in shape.types:
        yield from _arrays(values, site)
    if "object" in shape.types:
        yield from _objects(values, site)


def _named(site: Site) -> Iterator[Candidate]:
    """Vary a name of this run without losing its mark. In place of a reference stands what names nothing, so that
    nobody promised that the request succeeds.
    """
    shape = site.shape
    roomy = shape.max_length is None and not shape.patterns and not shape.format and shape.enum is None
    if site.location != "body" or not roomy or "string" not in shape.types:
        return
    if site.value == UNIQUE:
        yield _candidate(site, "non-ASCII text", f"{UNIQUE} {UNICODE}", "has letters of several scripts")
        sentence = f"has more than {LONG} characters, and no most is stated"
        yield _candidate(site, "longest text", f"{UNIQUE} {'a' * LONG}", sentence)
    elif site.value != UNIQUE_UUID:
        yield _of_nothing(site, f"{UNIQUE} {UNICODE}", "names nothing, in letters of several scripts")
        yield _of_nothing(site, f"{UNIQUE} {'a' * LONG}", f"names nothing, in more than {LONG} characters")


def _of_nothing(site: Site, value: Json, sentence: str) -> Candidate:
    found = _candidate(site, "name of nothing", value, sentence)
    return replace(found, make=lambda: replace(site.wrap(value), invented=True))


def _presence(values: Values, site: Site) -> Iterator[Candidate]:
    without = site.without
    if site.value is MISSING:
        scenario = "optional member" if site.chosen in (None, 0) else "alternative"
        what = "is there" if site.chosen is None else f"takes the form of alternative {site.chosen + 1}"

        def make() -> Case:
            return site.wrap(UNIQUE if is_identity(site) else site.present(values))

        yield Candidate(scenario, site.location, site.at, site.depth, f"{place(site)} {what}", make)
    elif not site.required and without is not None and site.chosen in (None, 0) and not has_holes(site.value):
        yield Candidate(
            "left out",
            site.location,
            site.at,
            site.depth,
            f"{place(site)} is left out, which is allowed",
            without,
        )


def _edges(shape: Shape, site: Site) -> Iterator[tuple[str, Json, str]]:
    if "boolean" in shape.types:
        yield "other boolean", site.value is not True, "is the other boolean"
    if "string" in shape.types and not shape.patterns and not shape.format:
        yield from _text_edges(shape, site)
    if shape.types & {"integer", "number"}:
        yield from _number_edges(shape)


def _text_edges(shape: Shape, site: Site) -> Iterator[tuple[str, Json, str]]:
    if shape.min_length > 0 or site.location == "body":
        length = shape.min_length
        yield "shortest text", "a" * length, f"is {length} characters long, the fewest allowed"
    if shape.max_length is None and site.location == "body":
        yield "longest text", "a" * LONG, f"is {LONG} characters long, and no most is stated"
    elif shape.max_length is not None and shape.max_length <= LONGEST:
        yield (
            "longest text",
            "a" * shape.max_length,
            f"is {shape.max_length} characters long, the most allowed",
        )
    if shape.max_length is None or len(UNICODE) <= shape.max_length:
        yield "non-ASCII text", UNICODE, "has letters of several scripts"


def _number_edges(shape: Shape) -> Iterator[tuple[str, Json, str]]:
    step = 1 if "integer" in shape.types else 0.5
    least = (
        shape.minimum if shape.minimum is not None else None if shape.above is None else shape.above + step
    )
    most = shape.maximum if shape.maximum is not None else None if shape.below is None else shape.below - step
    if least is not None:
        yield "least number", least, f"is {least}, the least allowed"
    if most is not None:
        yield "greatest number", most, f"is {most}, the greatest allowed"
    if not broken(shape, 0):
        yield "zero", 0, "is zero"


def _arrays(values: Values, site: Site) -> Iterator[Candidate]:
    shape = site.shape
    where = place(site)

    def candidate(scenario: str, count: int, sentence: str) -> Candidate:
        def make() -> Case:
            kept = list(site.value)[:count] if isinstance(site.value, list) else []
            more = [values.fill(counted(shape, count), Simplest())][0] if len(kept) < count else []
            return site.wrap([*kept, *more[len(kept) :]])

        return Candidate(scenario, site.location, site.at, site.depth, f"{where} {sentence}", make)

    if shape.min_items == 0:
        yield candidate("empty array", 0, "is an empty array, which is allowed")
    else:
        yield candidate("fewest items", shape.min_items, f"has {shape.min_items} items, the fewest allowed")
    if shape.max_items is not None and 1 < shape.max_items <= MOST_ITEMS:
        yield candidate("fullest array", shape.max_items, f"has {shape.max_items} items, the most allowed")
    if shape.max_items is None or shape.max_items > 2:
        yield candidate("several items", 2, "has two items")
    if site.location == "query" and shape.min_items <= 1:
        yield candidate("one item", 1, "has one item, which looks like no array where it is written")


def counted(shape: Shape, count: int) -> Shape:
    """Return the shape of the array only, with at least so many items."""
    return replace(
        shape,
        types=frozenset({"array"}),
        min_items=count,
        hints=(),
        max_items=max(count, shape.max_items or count),
    )


def _objects(values: Values, site: Site) -> Iterator[Candidate]:
    shape = site.shape
    if shape.properties:

        def fullest() -> Case:
            made = values.fill(replace(shape, types=frozenset({"object"}), hints=()), Fullest())
            present = site.present(values)
            kept = present if isinstance(present, Mapping) else {}
            whole = {**laid_over(made, kept), **kept}
            return site.wrap(marked(whole) if site.location == "body" and not site.at else whole)

        sentence = f"{place(site)} has every member that it may have"
        yield Candidate("all members", site.location, site.at, site.depth, sentence, fullest)
    if not shape.required and shape.min_properties == 0 and site.depth > 0:
        sentence = f"{place(site)} has no members, which is allowed"
        yield Candidate("no members", site.location, site.at, site.depth, sentence, lambda: site.wrap({}))


def marked(body: Json) -> Json:
    """Return a body in which members that name the thing itself hold a name of this run.

    Only plain text that could be a name is replaced; whether the schema allows it is for the proof to tell.
    """
    if not isinstance(body, Mapping):
        return body
    made = dict(body)
    for name, value in body.items():
        if name in IDENTITY and isinstance(value, str) and not has_holes(value):
            made[name] = UNIQUE_UUID if _UUID.fullmatch(value) else UNIQUE
        elif name in WRAPPERS:
            made[name] = marked(value)
    return made
