"""Faults of lists, of requests in bulk and of exports: what stands in them, in what order, and how much of it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pytest_kibana.simulator import listing
from pytest_kibana.simulator.faults.applying import asks, at, bulk, does, of_makeable, sorts, totals
from pytest_kibana.simulator.faults.model import Around, Fault, Proceed
from pytest_kibana.simulator.replies import Reply
from pytest_kibana.simulator.world import Call

Json = Any


def _rows(change: Callable[[list[Json]], list[Json]]) -> Callable[[Call, Reply], Reply]:
    """Change the longest array at the top of a success."""

    def after(_: Call, reply: Reply) -> Reply:
        if reply.status >= 300:
            return reply
        if isinstance(reply.body, list):
            reply.body = change(list(reply.body))
        elif isinstance(reply.body, dict):
            arrays = [name for name, value in reply.body.items() if isinstance(value, list)]
            if arrays:
                name = max(arrays, key=lambda n: len(reply.body[n]))
                reply.body = {**reply.body, name: change(list(reply.body[name]))}
        return reply

    return after


def _more(_: Call, reply: Reply) -> Reply:
    if reply.status < 300 and isinstance(reply.body, dict):
        wrong = {n: reply.body[n] + 7 for n in listing.TOTALS if isinstance(reply.body.get(n), int)}
        reply.body = {**reply.body, **wrong}
    return reply


def _deaf_to(names: tuple[str, ...]) -> Around:
    """Answer as if the parameters had not been sent."""

    def around(call: Call, proceed: Proceed) -> Reply:
        pairs = [(k, v) for k, v in parse_qsl(call.raw_query, keep_blank_values=True) if k not in names]
        call.raw_query = urlencode(pairs)
        if isinstance(call.body, dict):
            call.body = {k: v for k, v in call.body.items() if k not in names}
        return proceed()

    return around


def _loses_a_line(_: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, bytes):
        lines = reply.body.split(b"\n")
        reply.body = b"\n".join(lines[1:]) if len(lines) > 1 else reply.body
    return reply


FAULTS = (
    Fault(
        "laws.list_forgets",
        "A list leaves out its last row.",
        ("list after create",),
        of_makeable("list"),
        after=_rows(lambda rows: rows[:-1]),
    ),
    Fault(
        "laws.list_repeats",
        "A list shows a row twice.",
        ("pages are disjoint", "list after create"),
        does("list"),
        after=_rows(lambda rows: [*rows[:1], *rows]),
    ),
    Fault("laws.total_wrong", "The total is not the number of things.", ("total",), totals, after=_more),
    Fault(
        "laws.page_ignored",
        "Every page is the first.",
        ("pages are disjoint",),
        asks(listing.PAGES),
        around=_deaf_to((*listing.PAGES, "from")),
    ),
    Fault(
        "laws.size_ignored",
        "A page is as long as it likes.",
        ("page size",),
        asks(listing.SIZES),
        around=_deaf_to(listing.SIZES),
    ),
    Fault(
        "laws.sort_ignored",
        "A list comes in no order.",
        ("sort",),
        sorts,
        around=_deaf_to((*listing.SORTS, *listing.ORDERS)),
    ),
    Fault(
        "laws.sort_backwards",
        "A list comes in the opposite order.",
        ("sort",),
        sorts,
        after=_rows(lambda rows: rows[::-1]),
    ),
    Fault(
        "laws.search_ignored",
        "A search finds everything.",
        ("search",),
        asks(listing.SEARCHES),
        around=_deaf_to(listing.SEARCHES),
    ),
    Fault(
        "laws.bulk_out_of_order",
        "The results of a bulk request come in another order.",
        ("bulk order",),
        bulk,
        after=_rows(lambda rows: rows[::-1]),
    ),
    Fault(
        "laws.bulk_forgets",
        "A bulk request answers for all but one.",
        ("bulk completeness",),
        bulk,
        after=_rows(lambda rows: rows[:-1]),
    ),
    Fault(
        "laws.export_loses",
        "An export loses an object.",
        ("export then import",),
        at(
            "POST /api/saved_objects/_export",
            "POST /api/detection_engine/rules/_export",
            "POST /api/exception_lists/_export",
            "POST /api/timeline/_export",
        ),
        after=_loses_a_line,
    ),
)
