"""Lists: which rows, in which order, which page, and in which of the many shapes that families use."""

import re
from typing import Any

from pytest_kibana.simulator.inventory import Resource
from pytest_kibana.simulator.world import Call

Json = Any

SIZES = ("per_page", "perPage", "page_size", "pageSize", "size", "limit")
PAGES = ("page", "page_index", "pageIndex")
SORTS = ("sort_field", "sortField", "sort", "sortBy", "sort_by")
ORDERS = ("sort_order", "sortOrder", "order", "sortDirection", "sort_direction")
SEARCHES = ("search", "query", "kuery", "filter", "title", "name", "kqlQuery")
TOTALS = ("total", "totalCount", "absoluteTotal", "count", "total_count")
_DEFAULT_SIZE = 20
_ALL = 10_000
_TERM = re.compile(r'([\w.@-]+)\s*:\s*(?:"([^"]*)"|\(?([^()\s]+)\)?)')


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
    """Return what stands at a dotted path, also where saved-object prefixes lead it."""
    for prefix in ("", "alert.attributes.", "exception-list.attributes."):
        inner, found = row, True
        for step in path.removeprefix(prefix).split("."):
            if not isinstance(inner, dict) or step not in inner:
                found = False
                break
            inner = inner[step]
        if found:
            return inner
    tail = path.rpartition(".")[2]
    return row.get(tail) if isinstance(row, dict) else None


def matches(row: Json, text: str) -> bool:
    """Tell whether a row fits a filter: ``field: "value"`` terms joined by and/or, or plain words."""
    terms = _TERM.findall(text)
    if terms:
        judged = [_holds(row, path, quoted or bare) for path, quoted, bare in terms]
        return any(judged) if re.search(r"\bor\b", text, re.IGNORECASE) else all(judged)
    words = [w.strip("*\"'()").lower() for w in text.split()]
    haystack = _words(row).lower()
    return all(word in haystack for word in words if word)


def _holds(row: Json, path: str, wanted: str) -> bool:
    value = dig(row, path)
    values = value if isinstance(value, list) else [value]
    pattern = re.escape(wanted).replace(r"\*", ".*")
    return any(
        v is not None
        and re.fullmatch(pattern, str(v).lower() if isinstance(v, bool) else str(v), re.IGNORECASE)
        for v in values
    )


def _words(row: Json) -> str:
    if isinstance(row, dict):
        return " ".join(_words(v) for v in row.values())
    if isinstance(row, list):
        return " ".join(_words(v) for v in row)
    return str(row)


def sort_rows(rows: list[Json], path: str, order: str) -> list[Json]:
    """Return the rows in order of a property; rows without it come last."""

    def key(row: Json) -> tuple[int, float, str]:
        value = dig(row, path)
        if isinstance(value, bool | int | float):
            return (0, float(value), "")
        return (0, 0.0, str(value).lower()) if value is not None else (1, 0.0, "")

    return sorted(rows, key=key, reverse=str(order).lower() == "desc")


def page_of(call: Call, resource: Resource, rows: list[Json]) -> Json:
    """Return the answer of a list operation: filtered, sorted, cut to a page, in this operation's shape."""
    asked = {**call.query, **(call.body if isinstance(call.body, dict) else {})}
    for name in SEARCHES:
        texts = asked.get(name)
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, str) and text.strip() not in ("", "*"):
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
