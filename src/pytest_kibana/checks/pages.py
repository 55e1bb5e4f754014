"""R4xx: what an answer owes its own question, and itself: the page, the order, the count that was asked for."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from pytest_kibana.checks import seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import Level, Severity

SIZES = ("per_page", "perPage", "page_size", "pageSize", "size", "limit")
PAGES = ("page", "page_index", "pageIndex")
TOTALS = ("total", "totalCount", "total_count")
SORTS = ("sort_field", "sortField", "sort", "sortBy", "sort_by")
ORDERS = ("sort_order", "sortOrder", "order", "sortDirection", "sort_direction")
"""What the lists of Kibana call their parameters, and the members of their answers."""

_ELSEWHERE = frozenset({"from", "searchAfter", "search_after", "cursor", "next_key", "offset"})
"""Parameters that begin a page somewhere else than its number says."""

_NAMES = ("id", "name", "rule_id", "item_id", "list_id", "field", "key")
_MOST_ROWS = 1000
_PLAIN = re.compile(r"[A-Za-z0-9 ._:\-]*")
_UNEQUAL = re.compile(
    r"secret|password|token|key|passphrase|certificate|auth|version|revision", re.IGNORECASE
)
"""What is never shown as it was sent: secrets, and versions, which a change moves."""


def _listing(look: Look) -> bool:
    """Tell whether the answer is to a question for many: a GET, or a POST that only finds."""
    if not seen.succeeded(look) or seen.head(look) or not seen.answer(look).is_json or look.operation is None:
        return False
    return look.operation.method == "GET" or look.operation.path.endswith(("_find", "/search", "/_search"))


def rows_of(body: Any) -> list[Any] | None:
    """Return the one array of objects that an answer is about: the answer, or a member at its top or in a wrapper."""
    if isinstance(body, list):
        return body if all(isinstance(row, dict) for row in body) else None
    if not isinstance(body, dict):
        return None
    arrays = [v for v in body.values() if isinstance(v, list) and all(isinstance(row, dict) for row in v)]
    if len(arrays) == 1:
        return arrays[0]
    inner = body.get("data")
    return rows_of(inner) if not arrays and isinstance(inner, dict) else None


def _asked(look: Look, names: tuple[str, ...]) -> dict[str, str]:
    """Return those parameters of the query that have one of the names; of one that is repeated, nothing."""
    found: dict[str, str] = {}
    for name, value in look.exchange.request.query:
        if name in names:
            found[name] = "" if name in found else value
    return {name: value for name, value in found.items() if value}


def _number(values: Mapping[str, str]) -> int | None:
    if len(values) != 1:
        return None
    text = next(iter(values.values()))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _whole(body: Any, names: tuple[str, ...]) -> int | None:
    found = {v for n in names if isinstance(body, dict) and type(v := body.get(n)) is int}
    return found.pop() if len(found) == 1 else None


def _holds_list(look: Look) -> bool:
    """Tell whether an answer has a list, whatever is in it: what there is this time makes no other verdict."""
    body = seen.answer(look).json
    return isinstance(body, list) or (
        isinstance(body, dict) and any(isinstance(value, list) for value in body.values())
    )


def _rows(look: Look) -> list[Any]:
    return rows_of(seen.answer(look).json) or []


@check(
    "KBN-R401",
    "one thing twice in a list",
    applies=lambda look: _listing(look) and _holds_list(look) and len(_rows(look)) <= _MOST_ROWS,
    severity=Severity.NORMAL,
    why="Who counts, exports or deletes by the list does it twice.",
    example="A list of three shows the same case, with the same id, at the first and the second place.",
    source="Elastic's own API tests assert it",
)
def each_once(look: Look) -> Iterator[Problem]:
    """No two rows that have an id are alike in every member."""
    rows = [
        json.dumps(row, sort_keys=True)
        for row in _rows(look)
        if any(isinstance(row.get(name), str) and row[name] for name in ("id", "_id", *_NAMES))
    ]
    if len(set(rows)) < len(rows):
        yield Problem(
            f"{len(rows) - len(set(rows))} of {len(rows)} rows are there twice", keyword="uniqueItems"
        )


@check(
    "KBN-R402",
    "a page longer than asked",
    applies=lambda look: _listing(look) and _number(_asked(look, SIZES)) is not None and _counts(look),
    severity=Severity.NORMAL,
    why="A client that makes room for so many is handed more, and one that walks the pages sees some twice.",
    example="per_page is 2 and five objects come.",
    source="Elastic's own API tests assert it",
)
def page_is_as_long(look: Look) -> Iterator[Problem]:
    """A page holds no more rows than were asked for."""
    size, rows = _number(_asked(look, SIZES)), len(_rows(look))
    if size is not None and size > 0 and rows > size:
        yield Problem(f"{rows} rows on a page of {size}", keyword="maxItems")


def _counts(look: Look) -> bool:
    """Tell whether the answer says what its page is: then the size is one of its rows, not of something else."""
    body = seen.answer(look).json
    return isinstance(body, dict) and any(name in body for name in (*TOTALS, *SIZES, *PAGES))


@check(
    "KBN-R403",
    "the total contradicts the rows",
    applies=lambda look: _listing(look) and _whole(seen.answer(look).json, TOTALS) is not None,
    severity=Severity.NORMAL,
    why="A client that stops at the total stops too early.",
    example="total is 2 and three objects are on the page.",
    source="Elastic's own API tests assert it",
)
def total_is_enough(look: Look) -> Iterator[Problem]:
    """The total is not below the number of rows, nor below 0."""
    total, rows = _whole(seen.answer(look).json, TOTALS), len(_rows(look))
    if total is not None and total < rows:
        yield Problem(f"the total is {total}, and {rows} rows are shown", keyword="total")


@check(
    "KBN-R404",
    "another page than asked",
    applies=lambda look: _listing(look) and bool(_asked(look, (*SIZES, *PAGES))),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client that reads where it is from the answer walks in circles.",
    example="page is 2, and the answer says page 1.",
    source="Elastic's own API tests assert it",
)
def page_is_echoed(look: Look) -> Iterator[Problem]:
    """Where the answer says which page it is and how long pages are, it says what was asked for."""
    body = seen.answer(look).json
    for names, what in ((PAGES, "page"), (SIZES, "size of the page")):
        asked, said = _number(_asked(look, names)), _whole(body, names)
        if asked is not None and said is not None and asked != said:
            yield Problem(f"the {what} is {asked} in the question and {said} in the answer", keyword=what)


@check(
    "KBN-R405",
    "not in the order that was asked for",
    applies=lambda look: _listing(look) and len(_asked(look, SORTS)) == 1 and len(_asked(look, ORDERS)) == 1,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="The newest first is how people find what just went wrong.",
    example="sort_field is name and sort_order is asc, and b comes before a.",
    source="the contract documents the parameters",
)
def in_order(look: Look) -> Iterator[Problem]:
    """Rows that show the member by which they are sorted ascend or descend in it, as asked: numbers by size, plain
    texts byte by byte or without regard to case.
    """
    field = next(iter(_asked(look, SORTS).values()))
    way = next(iter(_asked(look, ORDERS).values()))
    values = [row.get(field) for row in _rows(look)]
    kinds = {type(value) for value in values}
    if way not in ("asc", "desc") or len(values) < 2 or kinds not in ({str}, {int}, {float}):
        return
    if kinds == {str} and not all(_PLAIN.fullmatch(value) for value in values):
        return
    if way == "desc":
        values.reverse()
    folded = [value.lower() for value in values] if kinds == {str} else values
    if not any(all(a <= b for a, b in pairwise(v)) for v in (values, folded)):
        yield Problem(f"{len(values)} rows do not come by {field} {way}", keyword="sort")


@check(
    "KBN-R406",
    "a page shorter than it must be",
    applies=lambda look: (
        _listing(look)
        and _whole(seen.answer(look).json, TOTALS) is not None
        and _whole(seen.answer(look).json, SIZES) is not None
    ),
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="What the first page leaves out, many clients never see.",
    example="total is 3, per_page is 20, and two objects are on the first page.",
    source="Elastic's own API tests assert it",
)
def first_page_is_full(look: Look) -> Iterator[Problem]:
    """The first page has as many rows as its size and the total allow."""
    body = seen.answer(look).json
    rows = rows_of(body)
    total, size, page = _whole(body, TOTALS), _whole(body, SIZES), _whole(body, PAGES)
    asked = {name for name, _ in look.exchange.request.query}
    if rows is None or total is None or size is None or page not in (0, 1) or asked & _ELSEWHERE:
        return
    first = 0 if "page_index" in asked else 1
    if page == first and len(rows) < min(total, size):
        yield Problem(
            f"{len(rows)} rows on the first page of {size}, where the total is {total}", keyword="minItems"
        )


# -- many at once ------------------------------------------------------------------------------------------


_SHORT = 6
"""Characters; names of fewer are found in many a word."""


@lru_cache(maxsize=64)
def _sent(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


def _many(look: Look) -> tuple[str, ...]:
    """Return the names of what a request in bulk is about, in its order; empty where it is none."""
    body = _sent(look.exchange.request.body)
    if isinstance(body, dict):
        lists = [v for v in body.values() if isinstance(v, list) and len(v) > 1]
        body = lists[0] if len(lists) == 1 else None
    if not isinstance(body, list) or len(body) < 2:
        return ()
    names = [one if isinstance(one, str) else _name(one) for one in body]
    distinct = len(set(names)) == len(names)
    return tuple(name for name in names if name) if distinct and all(names) else ()


def _name(one: Any) -> str | None:
    if not isinstance(one, dict):
        return None
    return next((one[n] for n in _NAMES if isinstance(one.get(n), str) and one[n]), None)


def _bulk(look: Look) -> bool:
    return (
        look.operation is not None
        and look.operation.unsafe
        and seen.succeeded(look)
        and seen.answer(look).is_json
        and "_bulk" in look.operation.path
        and len(_many(look)) > 1
    )


def _results(look: Look) -> list[str]:
    """Return which of the names that were sent the one array of results shows, in its order."""
    wanted = set(_many(look))
    best: list[str] = []
    waiting: list[Any] = [seen.answer(look).json]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            rows = [row if isinstance(row, str) else _name(row) for row in here]
            found = [name for name in rows if name in wanted]
            best = max(best, found, key=len)
        waiting += here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
    return best


@check(
    "KBN-R407",
    "a bulk request is answered in part",
    applies=lambda look: _bulk(look) and bool(_results(look)),
    severity=Severity.NORMAL,
    why="What became of the one that is not answered for, nobody knows.",
    example="Three objects are made in bulk, and two results come.",
    source="Elastic's own API tests assert it",
)
def all_answered(look: Look) -> Iterator[Problem]:
    """Every one that was sent is in the answer, done or refused. Who asks to pass over what is missing is not told."""
    body = _sent(look.exchange.request.body)
    if isinstance(body, dict) and any("ignore" in name.lower() for name in body):
        return
    text = _said(seen.answer(look).json)
    lost = [name for name in _many(look) if not _spoken_of(name, text)]
    if lost:
        yield Problem(f"{len(lost)} of {len(_many(look))} have no result", keyword="bulk")


def _said(value: Any) -> str:
    """Return all texts of an answer, names of members included, as they are meant: JSON spells one in several ways."""
    texts: list[str] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            texts.append(here)
        elif isinstance(here, dict):
            waiting += [*here, *here.values()]
        elif isinstance(here, list):
            waiting += here
    return "\n".join(texts)


def _spoken_of(name: str, text: str) -> bool:
    """Tell whether a text has a name; a short one, which may be part of any word, as a word of its own."""
    if len(name) < _SHORT:
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
    return name in text


@check(
    "KBN-R408",
    "bulk results in another order",
    applies=lambda look: _bulk(look) and len(_results(look)) > 1,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="Clients match results to requests by their place.",
    example="The results of a, b, c come as c, b, a.",
    source="Elastic's own API tests assert it of saved objects",
)
def in_order_of_request(look: Look) -> Iterator[Problem]:
    """Results come in the order of what was sent."""
    place = {name: number for number, name in enumerate(_many(look))}
    places = [place[name] for name in _results(look)]
    if places != sorted(places):
        yield Problem("the results come in another order than what was sent", keyword="bulk order")


def _exported(look: Look) -> list[Any] | None:
    """Return the lines of an export, None where this is none."""
    if look.operation is None or not seen.succeeded(look) or "export" not in look.exchange.request.path:
        return None
    answer = seen.answer(look)
    if answer.truncated:
        return None
    lines = []
    for line in answer.body.split(b"\n"):
        if line.strip():
            try:
                lines.append(json.loads(line))
            except ValueError:
                return None
    return lines if all(isinstance(line, dict) for line in lines) else None


@check(
    "KBN-R409",
    "an export lacks what was asked for",
    applies=lambda look: _exported(look) is not None,
    severity=Severity.CRITICAL,
    why="An export is what people restore from.",
    example="The last line says exportedCount 3, and two objects stand before it.",
    source="Kibana source, export_details; Elastic's own API tests assert it",
)
def export_is_complete(look: Look) -> Iterator[Problem]:
    """The last line of an export counts the lines before it, and every id that was asked for is in it."""
    lines = _exported(look)
    assert lines is not None
    last, before = (lines[-1], lines[:-1]) if lines else ({}, [])
    counts = [
        v for k, v in last.items() if re.fullmatch(r"exported_?[cC]ount", k) and isinstance(v, int)
    ] or [sum(v for k, v in last.items() if re.fullmatch(r"exported_\w+_count", k) and isinstance(v, int))]
    if any(k.startswith("exported") for k in last) and counts[0] != len(before):
        yield Problem(f"the export counts {counts[0]}, and has {len(before)}", keyword="count")
    body = _sent(look.exchange.request.body)
    ids = body.get("ids") if isinstance(body, dict) else None
    if isinstance(ids, list) and all(isinstance(one, str) for one in ids):
        text = _said(lines)
        lost = [one for one in ids if one not in text]
        ours = look.exchange.request.intent.kind == "smallest"  # what others ask for may not be there
        if lost and (ours or len(lost) < len(ids)):
            yield Problem(f"{len(lost)} of {len(ids)} that were asked for are not in it", keyword="ids")


# -- one object --------------------------------------------------------------------------------------------


def _shown(body: Any) -> Mapping[str, Any] | None:
    """Return the object that an answer shows: the answer, or what its one member wraps."""
    if isinstance(body, dict) and len(body) == 1:
        inner = next(iter(body.values()))
        return inner if isinstance(inner, dict) else body
    return body if isinstance(body, dict) else None


def _texts(shown: Mapping[str, Any]) -> Iterator[str]:
    return (value for value in shown.values() if isinstance(value, str))


def _addressed(look: Look) -> str | None:
    """Return the id in which the path of the request ends, None where it ends otherwise."""
    operation = look.operation
    if operation is None or not operation.path.endswith("}") or "resolve" in operation.path:
        return None
    name = operation.path.rpartition("{")[2].rstrip("}?*")
    return look.exchange.request.path_parameters.get(name) if name.lower().endswith("id") else None


@check(
    "KBN-R410",
    "another id than the one in the request",
    applies=lambda look: seen.succeeded(look) and not seen.head(look) and _addressed(look) is not None,
    severity=Severity.CRITICAL,
    why="A client that follows the answer works on somebody else's object.",
    example="GET of the object a answers an object with the id b.",
    source="Elastic's own API tests assert it",
)
def id_is_the_one(look: Look) -> Iterator[Problem]:
    """Where the answer shows one object with an ``id``, it is that of the path."""
    asked, shown = _addressed(look), _shown(seen.answer(look).json)
    said = shown.get("id") if shown is not None else None
    # Some objects have an id and a saved object's id, and are addressed by either.
    if asked and shown and isinstance(said, str) and not {asked, unquote(asked)} & set(_texts(shown)):
        yield Problem("is another id than the one in the path", pointer="/id", keyword="const")


def _echoes(look: Look) -> bool:
    request = look.exchange.request
    return (
        look.operation is not None
        and look.operation.method in ("POST", "PUT", "PATCH")
        and request.intent.expect == "accepted"
        and seen.succeeded(look)
        and seen.answer(look).is_json
        and isinstance(_sent(request.body), dict)
    )


@check(
    "KBN-R411",
    "the answer shows another value than was sent",
    applies=_echoes,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="A client keeps what the answer shows, and so another thing than it wrote.",
    example="A case is made with the title A, and the answer shows it with the title B.",
    source="Elastic's own API tests assert it",
)
def echo_is_true(look: Look) -> Iterator[Problem]:
    """Plain values that were sent at the top of a body, or of its one member, and that the answer shows under the same
    name, are the same there, and no text of a list is lost. Blanks and order do not count, and secrets are left alone.

    It is the same thing that is shown only where it has all that was said in words of what was sent: the answer to a
    new comment is its case, and both have an owner.
    """
    sent, shown = _shown(_sent(look.exchange.request.body)), _shown(seen.answer(look).json)
    if sent is None or shown is None:
        return
    there = _same_thing(shown, {n for n, v in sent.items() if isinstance(v, str | dict)})
    for name, value in sent.items():
        said = there.get(name)
        if type(said) is type(value) and not _UNEQUAL.search(name) and not _echoed(_bare(value), _bare(said)):
            yield Problem("is not what was sent", pointer=f"/{seen.escape(name)}", keyword="const")


def _same_thing(shown: Mapping[str, Any], names: set[str]) -> Mapping[str, Any]:
    """Return the object, or the one part of it, that has members of all these names; nothing where none has."""
    wanted = {name for name in names if not _UNEQUAL.search(name)}
    parts = [shown, *(part for part in shown.values() if isinstance(part, dict))]
    return next((part for part in parts if wanted <= part.keys()), {})


def _echoed(sent: Any, said: Any) -> bool:
    """Tell whether a value shows: a list may have gained texts, as the features that a solution hides."""
    return bool(sent <= said) if isinstance(sent, set) and isinstance(said, set) else bool(sent == said)


def _bare(value: Any) -> Any:
    """Return what counts of a value: texts without blanks around them, lists without order; None of what is nested."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return {one.strip() for one in value}
    return value if isinstance(value, bool | int) else None
