"""Lists: which rows, in which order, which page, and in which of the many shapes that families use."""

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pytest_kibana.simulator import kql
from pytest_kibana.simulator.datemath import instant
from pytest_kibana.simulator.inventory import Resource
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.searching import searched, texts_of
from pytest_kibana.simulator.world import Call

Json = Any
Row = TypeVar("Row")

SIZES = ("per_page", "perPage", "page_size", "pageSize", "size", "limit")
PAGES = ("page", "page_index", "pageIndex")
SORTS = ("sort_field", "sortField", "sort", "sortBy", "sort_by")
ORDERS = ("sort_order", "sortOrder", "order", "sortDirection", "sort_direction")
SEARCHES = ("search", "query", "title", "name")
FILTERS = ("kuery", "filter", "kqlQuery")
_FIELDS = ("search_fields", "searchFields")
TOTALS = ("total", "totalCount", "absoluteTotal", "count", "total_count")
_DEFAULT_SIZE = 20
_ALL = 10_000
_OWNER = re.compile(r"^[\w-]+\.attributes\.")
_SUFFIX = re.compile(r"\.(keyword|raw|text)$")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_ALIASES = {"alertTypeId": "rule_type_id", "actionTypeId": "connector_type_id", "actionRef": "id"}
"""Properties that the API calls otherwise than saved objects do."""


def first(source: Json, names: tuple[str, ...]) -> Json:
    """Return the first of the names that the source has a value for, or None."""
    if isinstance(source, dict):
        for name in names:
            if source.get(name) is not None:
                return source[name]
    return None


def whole(value: Json, otherwise: int) -> int:
    """Return the value as a whole number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise


def dig(row: Json, path: str) -> Json:
    """Return what stands at a dotted path, also where names of saved objects lead it; None where nothing does."""
    return next(iter(values_at(row, path)), None)


def values_at(row: Json, path: str) -> list[Json]:
    """Return every value at a dotted path, through lists, by whichever of its names leads somewhere.

    Filters name properties as saved objects have them (``alert.attributes.params.riskScore``); rows have them as
    the API shows them (``risk_score``).
    """
    if "*" in path:
        return [
            value
            for name, value in _flat(row, "")
            if fnmatchcase(name, path) or fnmatchcase(name, f"*.{path}")
        ]
    for name in _names(path):
        found = list(_at(row, name.split(".")))
        if found:
            kind, _, last = path.partition(".")
            return [*found, *(f"{kind}:{key}" for key in found)] if last == "id" else found
    return []


def _names(path: str) -> Iterator[str]:
    """Yield the names that a property may go by, the likeliest first."""
    bare = _SUFFIX.sub("", path)
    owned = _OWNER.sub("", bare)
    short = owned.removeprefix("params.")
    for name in dict.fromkeys((path, bare, owned, short, bare.partition(".")[2], bare.rpartition(".")[2])):
        if name:
            yield from dict.fromkeys((name, _ALIASES.get(name, name), _HUMP.sub(r"_\1", name).lower()))


def _at(row: Json, steps: list[str]) -> Iterator[Json]:
    if isinstance(row, list):
        for item in row:
            yield from _at(item, steps)
    elif not steps:
        if row is not None:
            yield row
    elif isinstance(row, dict):
        if steps[0] in row:
            yield from _at(row[steps[0]], steps[1:])
        elif (whole := ".".join(steps)) in row:
            yield from _at(row[whole], [])


def _flat(row: Json, prefix: str) -> Iterator[tuple[str, Json]]:
    """Yield each value with its dotted path."""
    if isinstance(row, dict):
        for name, value in row.items():
            yield from _flat(value, f"{prefix}.{name}" if prefix else name)
    elif isinstance(row, list):
        for value in row:
            yield from _flat(value, prefix)
    else:
        yield prefix, row


def matches(row: Json, text: str) -> bool:
    """Tell whether a row has what somebody typed: a query of Kibana's language where it names a field, else words."""
    try:
        query = kql.read(text)
    except kql.BadQuery:
        query = None
    if query is not None and query.fields:
        return query.holds(row, values_at)
    words = [w.strip("*\"'()").lower() for w in text.split()]
    haystack = _words(row).lower()
    return all(word in haystack for word in words if word)


def filtered(rows: list[Row], text: str, shape: Callable[[Row], Json] = lambda row: row) -> list[Row]:
    """Return the rows that fit a query of Kibana's language; ``shape`` makes of a row what the query is asked of.

    Raises:
        Refusal: the text is no query, in the words of Kibana's parser.
    """
    try:
        query = kql.read(text)
    except kql.BadQuery as error:
        raise Refusal(400, f"KQLSyntaxError: {error}\n{text}\n{'-' * len(text)}^: Bad Request") from None
    return [row for row in rows if query.holds(shape(row), values_at)]


def _words(row: Json) -> str:
    return " ".join(texts_of(row))


def sort_rows(rows: list[Json], path: str, order: str) -> list[Json]:
    """Return the rows in order of a property; rows without it come last."""

    def key(row: Json) -> tuple[int, float, str]:
        value = dig(row, path)
        if isinstance(value, bool | int | float):
            return (0, float(value), "")
        return (0, 0.0, str(value).lower()) if value is not None else (1, 0.0, "")

    return sorted(rows, key=key, reverse=str(order).lower() == "desc")


def between(rows: list[Json], path: str, start: Json, end: Json) -> list[Json]:
    """Return the rows whose time is not before one date and not after another; what is no date limits nothing."""
    begin, last = instant(str(start or "")), instant(str(end or ""), up=True)

    def inside(row: Json) -> bool:
        time = instant(str(dig(row, path)))
        return time is not None and (begin is None or time >= begin) and (last is None or time <= last)

    return rows if begin is None and last is None else [row for row in rows if inside(row)]


def page_of(call: Call, resource: Resource, rows: list[Json]) -> Json:
    """Return the answer of a list operation: filtered, sorted, cut to a page, in this operation's shape."""
    asked = {**call.query, **(call.body if isinstance(call.body, dict) else {})}
    fields = first(asked, _FIELDS)
    for name in (*SEARCHES, *FILTERS):
        texts = asked.get(name)
        for text in texts if isinstance(texts, list) else [texts]:
            if not isinstance(text, str) or text.strip() in ("", "*"):
                continue
            if name in FILTERS:
                rows = filtered(rows, text)
            elif name == "search" and fields:
                places = fields if isinstance(fields, list) else [fields]
                operator = str(
                    asked.get("default_search_operator") or asked.get("defaultSearchOperator") or "OR"
                )
                rows = [r for r in rows if searched([values_at(r, str(p)) for p in places], text, operator)]
            else:
                rows = [row for row in rows if matches(row, text)]
    by = first(asked, SORTS)
    if isinstance(by, str):
        rows = sort_rows(rows, by, first(asked, ORDERS) or "asc")
    shape = _shape(call, resource)
    return in_shape(shape, rows, asked)


def in_shape(shape: "Shape", rows: list[Json], asked: dict[str, Json]) -> Json:
    """Cut a page out of rows and put it where the shape says."""
    size = whole(first(asked, SIZES), shape.size)
    start = whole(first(asked, PAGES), shape.first)
    offset = whole(asked.get("from"), max(start - shape.first, 0) * size)
    if shape.bare:
        if first(asked, SIZES) is not None:
            return rows[offset : offset + size]
        return rows
    body: dict[str, Json] = {name: len(rows) for name in shape.totals}
    body.update(dict.fromkeys(shape.pages, start))
    body.update(dict.fromkeys(shape.sizes, size))
    body[shape.items] = rows[offset : offset + size]
    return body


class Shape:
    """How one list operation answers: the names of its parts, and where its pages begin."""

    def __init__(self, items: str, properties: dict[str, Json], *, first_page: int, size: int) -> None:
        self.items = items
        self.bare = items == ""
        self.first = first_page
        self.size = size
        declared = properties or dict.fromkeys(("page", "per_page", "total"))
        self.totals = tuple(n for n in TOTALS if n in declared)
        self.pages = tuple(n for n in PAGES if n in declared)
        self.sizes = tuple(n for n in (*SIZES, "perPage") if n in declared)


def _shape(call: Call, resource: Resource) -> Shape:
    shape = call.route.cache.get("shape")
    if shape is None:
        shape = call.route.cache["shape"] = _find_shape(call, resource)
    found: Shape = shape
    return found


def _find_shape(call: Call, resource: Resource) -> Shape:
    from pytest_kibana.simulator.generic import declared, success_schema

    schema = success_schema(call)
    flat = call.world.synthesiser.flat(schema)
    properties = declared(call.world, schema)
    defaults: dict[str, Json] = {}
    for parameter in call.operation.parameters_in("query") if call.operation else ():
        inner = call.world.synthesiser.flat(parameter.schema.json)
        if isinstance(inner, dict) and "default" in inner:
            defaults[parameter.name] = inner["default"]
    # A list that nobody can ask for pages of comes whole, as those of Fleet's outputs and hosts do.
    paged = call.operation is None or any(p.name in SIZES for p in call.operation.parameters_in("query"))
    size = whole(first(defaults, SIZES), _DEFAULT_SIZE if paged or call.method != "GET" else _ALL)
    start = whole(first(defaults, PAGES), 0 if "page_index" in properties else 1)
    if isinstance(flat, dict) and flat.get("type") == "array":
        return Shape("", {}, first_page=start, size=size)
    arrays = [
        name
        for name, inner in properties.items()
        if isinstance(resolved := call.world.synthesiser.flat(inner), dict)
        and resolved.get("type") == "array"
    ]
    items = resource.items
    if items is None or (properties and items not in properties and arrays):
        items = arrays[0] if arrays else (items or "data")
    return Shape(items, properties, first_page=start, size=size)
