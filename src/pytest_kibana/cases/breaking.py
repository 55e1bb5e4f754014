"""Breaking one rule at one place, on purpose, and saying which.

Every rule that a shape states is broken in one way that the servers at the other end cannot mend: Kibana's
validators turn ``"1"`` into a number, ``"true"`` into a boolean and JSON text into objects and arrays, so none of
these serves as a wrong type. Whether the broken request is invalid is for :mod:`pytest_kibana.cases.proof`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pytest_kibana.cases import texts
from pytest_kibana.cases.choosers import Simplest
from pytest_kibana.cases.model import Case, Upload
from pytest_kibana.cases.rules import broken
from pytest_kibana.cases.shapes import Shape
from pytest_kibana.cases.sites import MISSING, Site
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.cases.variations import LONGEST, Candidate, counted, place
from pytest_kibana.contract.model import Json
from pytest_kibana.wire.exchange import Rule

STRANGER: Final = "kbnTestUnknownKey"
MOST_ITEMS: Final = 1_100
_WORDS: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
}

BREAKS: Final = (
    "required",
    "type",
    "enum",
    "additionalProperties",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "null",
    "multipleOf",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "malformed",
    "media type",
    "version",
    "unknown key",
    "engine",
)
"""In the order in which they take turns."""


def breaks(values: Values, site: Site) -> Iterator[Candidate]:
    """Yield requests that break one rule at the place."""
    if site.required and site.without is not None and site.chosen in (None, 0) and site.value is not MISSING:
        yield _left_out(site)
    if isinstance(site.value, Upload):
        return
    for scenario, keyword, make, sentence in _ways(values, site):
        yield Candidate(
            scenario,
            site.location,
            site.at,
            site.depth,
            f"{place(site)} {sentence}",
            _wrapped(site, make),
            Rule(site.location, site.at, keyword, f"{place(site)} {sentence}"),
            site.choice_above,
        )
    if "object" in site.shape.types and site.shape.additional is False and site.shape.enum is None:
        yield _unknown_member(values, site)


Way = tuple[str, str, Callable[[], Json], str]


def _wrapped(site: Site, make: Callable[[], Json]) -> Callable[[], Case]:
    return lambda: site.wrap(make())


def _left_out(site: Site) -> Candidate:
    assert site.without is not None
    sentence = f"{place(site)} is required and left out"
    rule = Rule(site.location, site.at, "required", sentence)
    return Candidate(
        "required", site.location, site.at, site.depth, sentence, site.without, rule, site.choice_above
    )


def _unknown_member(values: Values, site: Site) -> Candidate:
    def make() -> Case:
        present = site.present(values)
        if not isinstance(present, Mapping):
            raise Unsatisfiable(f"nothing stands at {site.at} that could have a member")
        return site.wrap({**present, STRANGER: "kbn-test"})

    sentence = f"{place(site)} has a member that is not declared, and others are forbidden"
    rule = Rule(site.location, f"{site.at}/{STRANGER}", "additionalProperties", sentence)
    return Candidate(
        "additionalProperties", site.location, site.at, site.depth, sentence, make, rule, site.choice_above
    )


def _ways(values: Values, site: Site) -> Iterator[Way]:
    shape = site.shape
    if shape.enum is not None:
        yield from _unlisted(shape)
        return
    yield from _wrong_types(shape, site)
    if "string" in shape.types:
        yield from _wrong_texts(shape)
    if shape.types & {"integer", "number"}:
        yield from _wrong_numbers(shape)
    if "array" in shape.types:
        yield from _wrong_arrays(values, shape)
    if "object" in shape.types and shape.max_properties is not None and shape.additional is not False:
        count = shape.max_properties + 1
        many = {f"key{n}": "a" for n in range(count)}
        yield "maxProperties", "maxProperties", lambda: many, f"has {count} members, one more than allowed"


def _always(value: Json) -> Callable[[], Json]:
    return lambda: value


def _unlisted(shape: Shape) -> Iterator[Way]:
    kind = next((k for k in ("string", "integer", "number") if k in shape.types), None)
    options: list[Json] = ["kbn-test-not-listed"] if kind == "string" else [987_654_321, 0.123]
    for value in options if kind else ():
        if broken(shape, value) == ("enum",):
            yield "enum", "enum", _always(value), "has a value that is not among the enumerated ones"
            return


def _wrong_types(shape: Shape, site: Site) -> Iterator[Way]:
    if shape.open:
        return
    allowed = " or ".join(_WORDS[k] for k in _WORDS if k in shape.types and not _implied(k, shape))
    for value, name in _strangers(shape, site):
        if broken(shape, value) == ("type",):
            yield "type", "type", _always(value), f"is {name}, and {allowed} is what the contract says"
            break
    if "null" not in shape.types and site.location == "body" and site.at:
        yield "null", "type", lambda: None, f"is null, and {allowed} is what the contract says"


def _implied(kind: str, shape: Shape) -> bool:
    return kind == "integer" and "number" in shape.types


def _strangers(shape: Shape, site: Site) -> Iterator[tuple[Json, str]]:
    """Yield values of types that the shape does not allow, those that nothing could take for another first."""
    if shape.types & {"object", "array"}:
        yield True, "a boolean"
    yield "kbn-test: neither number nor boolean", "text"
    if "string" in shape.types and site.location == "body":
        yield 12_345, "a number"
    yield {STRANGER: True}, "an object"
    if "integer" in shape.types:
        yield 1.5, "a fraction"
    yield [{STRANGER: True}], "an array"


def _wrong_texts(shape: Shape) -> Iterator[Way]:
    if shape.min_length > 0 and not shape.patterns:
        length = shape.min_length - 1
        way = f"is {length} characters long, at least {shape.min_length} are needed"
        yield "minLength", "minLength", lambda: "a" * length, way
    if shape.max_length is not None and shape.max_length < LONGEST and not shape.patterns:
        longer = shape.max_length + 1
        way = f"is {longer} characters long, at most {shape.max_length} are allowed"
        yield "maxLength", "maxLength", lambda: "a" * longer, way
    for pattern in shape.patterns:
        for text in ("!", "kbn test !", "", "0", "a" * max(1, shape.min_length) + " !"):
            if not texts.keeps(pattern, text) and broken(shape, text) == ("pattern",):
                yield "pattern", "pattern", _always(text), f"does not match the pattern {pattern}"
                break
    if shape.format in texts.UNFORMATTED:
        text = texts.UNFORMATTED[shape.format]
        if broken(shape, text) == ("format",):
            yield "format", "format", lambda: text, f"is not a {shape.format}"


def _wrong_numbers(shape: Shape) -> Iterator[Way]:
    edges: tuple[tuple[str, float | None, float, str], ...] = (
        ("minimum", shape.minimum, -1, "the least allowed is"),
        ("maximum", shape.maximum, 1, "the greatest allowed is"),
        ("exclusiveMinimum", shape.above, 0, "it must be greater than"),
        ("exclusiveMaximum", shape.below, 0, "it must be less than"),
    )
    for keyword, bound, step, words in edges:
        if bound is not None and broken(shape, bound + step) == (keyword,):
            value = bound + step
            yield keyword, keyword, _always(value), f"is {value}, and {words} {bound}"
    if shape.multiple_of:
        low = shape.minimum if shape.minimum is not None else 0
        value = low + shape.multiple_of / 2
        if broken(shape, value) == ("multipleOf",):
            yield "multipleOf", "multipleOf", lambda: value, f"is not a multiple of {shape.multiple_of}"


def _wrong_arrays(values: Values, shape: Shape) -> Iterator[Way]:
    plain = Simplest()
    if shape.min_items > 0:
        fewer = shape.min_items - 1
        sentence = f"has {fewer} items, at least {shape.min_items} are needed"

        def short() -> Json:
            whole = values.fill(counted(shape, shape.min_items), plain)
            return list(whole)[:fewer]

        yield "minItems", "minItems", short, sentence
    if shape.max_items is not None and shape.max_items < MOST_ITEMS:
        more = shape.max_items + 1

        def long() -> Json:
            return values.fill(replace(counted(shape, more), max_items=more), plain)

        yield "maxItems", "maxItems", long, f"has {more} items, at most {shape.max_items} are allowed"
    if shape.unique and (shape.max_items is None or shape.max_items > 1):

        def twice() -> Json:
            items: list[Any] = list(values.fill(counted(shape, max(1, shape.min_items - 1)), plain))
            return [*items, items[0]]

        yield "uniqueItems", "uniqueItems", twice, "has the same item twice"
