"""Laws of lists: what stands in them, once, in order, page by page."""

import json
import uuid
from itertools import pairwise
from typing import Any

from pytest_kibana.resources import Call, Handle, Resource
from pytest_kibana.resources.likeness import same
from pytest_kibana.resources.template import subjects, value_at
from pytest_kibana.suites.laws.bench import Bench, NotHere
from pytest_kibana.suites.laws.comparing import short
from pytest_kibana.suites.laws.statutes import Broken, in_space, own_id, statute

# -- lists -------------------------------------------------------------------------------------------------


@statute(9, "list has it", "listing", tier="smoke", when=own_id)
def made_is_listed(bench: Bench) -> Broken:
    """What was made is in the list, once, and nothing else was made with it."""
    handle = bench.make()
    listed: list[str] = []

    def shown(wanted: str) -> bool:
        listed[:] = bench.ids(handle)
        return wanted in listed

    if not bench.until(lambda: shown(handle.id), bench.kind.listed_within):
        yield f"the list of {len(listed)} lacks what was made"
    before = set(listed)
    other = bench.sibling(handle)
    if not _together(bench, handle, other):
        return
    if not bench.until(lambda: shown(other.id), bench.kind.listed_within):
        yield f"the list of {len(listed)} lacks what was made"
    for one in (handle, other):
        if listed.count(one.id) > 1:
            yield f"the list shows {one.id} more than once"
    beside = set(listed) - before - {other.id}
    # Others may make what lives outside of our space meanwhile, and a parent that came with it brings its own.
    alone = in_space(bench.kind) and set(bench.kind.parents) <= {
        *subjects(bench.kind.keys),
        *bench.kind.requires,
    }
    if beside and alone:
        yield f"with one, {len(beside)} more were made"
    # What was there before may mention it: the root of streams routes to each of its forks.
    there, at = before - {other.id}, bench.listing().id_at
    new = [item for item in bench.items(handle) if str(value_at(item, at)) not in there]
    named = [item for item in new if other.unique in json.dumps(item, default=str)]
    if not (beside and alone) and len(named) > listed.count(other.id) > 0:
        yield f"one was made, and {len(named)} have its name"


def _paged(kind: Resource) -> bool:
    return any(page.page and page.per_page for page in kind.listing)


@statute(10, "pages", "listing", when=lambda kind: _paged(kind) and own_id(kind))
def pages_add_up(bench: Bench) -> Broken:
    """Pages are disjoint and add up to the total; each is echoed and as long as asked; none comes after the end."""
    listing = bench.listing()
    if listing.page is None:
        raise NotHere("needs pages, and the list of the contract has none")
    first = bench.make()
    made = {first.id, bench.sibling(first).id, bench.sibling(first).id}
    bench.until(lambda: made <= set(bench.ids(first)), bench.kind.listed_within)
    alone = in_space(bench.kind)  # others may make and remove what lives outside of our space meanwhile
    seen: list[str] = []
    for number in range(listing.first, listing.first + 60):
        page = bench.page(first, number, 2)
        rows = value_at(page, listing.items) or []
        if len(rows) > 2:
            yield f"page {number} of 2 has {len(rows)}"
        yield from _echo(page, listing.page_at, number, "page")
        yield from _echo(page, listing.per_page_at, 2, "size of the page")
        seen += [str(value_at(row, listing.id_at)) for row in rows]
        total = value_at(page, listing.total) if listing.total else None
        if len(rows) < 2 or len(seen) >= (total if isinstance(total, int) else len(seen) + 1):
            if alone and isinstance(total, int) and total != len(seen):
                yield f"the total is {total}, and {len(seen)} are on the pages"
            break
    if alone and len(set(seen)) != len(seen):
        yield f"{len(seen) - len(set(seen))} stand on more than one page"
    if alone and not made <= set(seen):
        yield f"{len(made - set(seen))} of 3 that were made are on no page"
    beyond = value_at(bench.page(first, listing.first + len(seen) + 5, 2), listing.items)
    if beyond:
        yield f"a page after the end has {len(beyond)}"


def _echo(page: Any, pointer: str | None, asked: int, what: str) -> Broken:
    said = value_at(page, pointer) if pointer else None
    if said is not None and not same(said, asked):
        yield f"{asked} was asked for, and the answer says {short(said)}: the {what}"


def _together(bench: Bench, one: Handle, other: Handle) -> bool:
    """Tell whether two objects have the same parents, and so stand in one list."""
    own = bench.own_keys(one)
    return {k: v for k, v in one.keys.items() if k not in own and k != "id"} == {
        k: v for k, v in other.keys.items() if k not in own and k != "id"
    }


@statute(43, "read at once", when=lambda kind: kind.many is not None)
def many_are_read_in_order(bench: Bench) -> Broken:
    """Several that are read at once come all, each once, in the order in which they are asked for."""
    many = bench.kind.many
    contract = bench.here.contract
    if many is None or (contract is not None and contract.find(many.label) is None):
        raise NotHere("needs an operation that reads several, and the contract has none")
    first = bench.make()
    made = [bench.sibling(first), first, bench.sibling(first)]
    bench.until(lambda: all(one.exists() for one in made), bench.kind.read_within)
    each = [bench.here.filled(one, many.each) for one in made]
    reply = bench.here.ask(first, Call(many.label, body={many.under: each} if many.under else each))
    rows = value_at(reply.body, many.items)
    if not reply.ok or not isinstance(rows, list):
        raise NotHere(f"needs an answer with {many.items}, found: {reply}")
    shown = [str(value_at(row, many.id_at)) for row in rows]
    wanted = [one.id for one in made]
    if sorted(shown) != sorted(wanted):
        there = len(set(shown) & set(wanted))
        yield f"{len(wanted)} were asked for, {len(shown)} came, and {there} of those are what was asked for"
    elif shown != wanted:
        yield "they come in another order than they were asked for"


# -- order and choice

SORTS = ("sort_field", "sortField", "sort", "sortBy", "sort_by")
ORDERS = ("sort_order", "sortOrder", "order", "sortDirection", "sort_direction")
"""What Kibana's lists call the parameter that names a member to sort by, and the one that says which way."""

_MEMBERS = ("created_at", "createdAt", "updated_at", "updatedAt", "name", "title", "created", "id")


@statute(34, "sort", "listing", when=own_id, source="the contract documents the parameters; Kibana docs")
def sorted_as_asked(bench: Bench) -> Broken:
    """A list comes in the order that is asked for, and backwards when that is, on its second page too."""
    by, way, named = _sorting(bench)
    first = bench.make()
    made = {first.id, *(bench.sibling(first).id for _ in range(3))}
    bench.until(lambda: made <= set(bench.ids(first)), bench.kind.listed_within)
    tried = 0
    for member in named:
        rows = _in_order(bench, first, {by: member, **({way: "asc"} if way else {})}, made, member)
        if len(rows) < 2 or len({short(value) for _, value in rows}) < 2:
            continue
        tried += 1
        if not _ascending([value for _, value in rows]):
            yield f"sorted by {member}, it shows {', '.join(short(value) for _, value in rows)}"
        if way:
            back = _in_order(bench, first, {by: member, way: "desc"}, made, member)
            if not _ascending([value for _, value in reversed(back)]):
                yield f"sorted by {member} backwards, it shows {', '.join(short(value) for _, value in back)}"
        if tried == 1:
            paged = _over_pages(bench, first, {by: member, **({way: "asc"} if way else {})}, made, member)
            if not _ascending([value for _, value in paged]):
                shown = ", ".join(short(value) for _, value in paged)
                yield f"sorted by {member}, its pages of 2 show {shown} one after the other"
        if tried == 2:
            return
    if not tried:
        raise NotHere(
            f"needs a member to sort by in which objects differ, and none of {', '.join(named)} is one"
        )


def _sorting(bench: Bench) -> tuple[str, str | None, tuple[str, ...]]:
    """Return the parameter to sort by, the one for the way, and the members that may be sorted by."""
    contract, label = bench.here.contract, bench.call("listing").label
    operation = contract.find(label) if contract is not None else None
    query = {p.name: p for p in operation.parameters_in("query")} if operation is not None else {}
    by = next((name for name in SORTS if name in query), None)
    if by is None or contract is None:
        raise NotHere("needs a list that can be sorted, and the contract lets nobody choose a member")
    allowed = contract.resolve(query[by].schema.json)
    listed = allowed.get("enum") if isinstance(allowed, dict) else None
    named = tuple(m for m in _MEMBERS if not listed or m in listed) + tuple(listed or ())
    return by, next((name for name in ORDERS if name in query), None), tuple(dict.fromkeys(map(str, named)))


def _in_order(
    bench: Bench, handle: Handle, asked: dict[str, Any], made: set[str], member: str
) -> list[tuple[str, Any]]:
    """Return id and sorted member of those objects that were made, as a sorted list shows them; none where the list
    refuses to be sorted so.
    """
    listing = bench.listing()
    try:
        page = bench.page(handle, listing.first, listing.size, **asked)
    except NotHere:
        return []
    return _own_rows(bench, page, made, member)


def _over_pages(
    bench: Bench, handle: Handle, asked: dict[str, Any], made: set[str], member: str
) -> list[tuple[str, Any]]:
    """Return the same as pages of two show it, one after the other; none where there are no pages. In a space of the
    run every row is its own, and those of the first pages say as much as those that were made last.
    """
    listing, alone = bench.listing(), in_space(bench.kind)
    found: list[tuple[str, Any]] = []
    for number in range(listing.first, listing.first + 60) if listing.page and listing.per_page else ():
        page = bench.page(handle, number, 2, **asked)
        found += _own_rows(bench, page, None if alone else made, member)
        if len(found) >= len(made) or not value_at(page, listing.items):
            break
    return found


def _own_rows(bench: Bench, page: Any, made: set[str] | None, member: str) -> list[tuple[str, Any]]:
    """Return id and sorted member of the rows about what was made; of all rows where ``made`` is None."""
    listing = bench.listing()
    rows = [
        (str(value_at(row, listing.id_at)), value_at(row, f"/{member}"))
        for row in value_at(page, listing.items) or ()
    ]
    return [
        (one, value)
        for one, value in rows
        if (made is None or one in made) and isinstance(value, str | int | float)
    ]


def _ascending(values: list[Any]) -> bool:
    def key(value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    try:
        return all(key(one) <= key(other) for one, other in pairwise(values))
    except TypeError:
        return True  # what cannot be compared has no order


@statute(
    35,
    "search",
    "listing",
    when=lambda kind: own_id(kind) and any(page.finds for page in kind.listing),
    source="Kibana docs, find APIs",
)
def search_finds_one(bench: Bench) -> Broken:
    """A search for a name finds what has it and nothing else, and one for a name that nothing has finds nothing."""
    listing = bench.listing()
    if not listing.finds:
        raise NotHere("needs a list that can be searched, and the declaration knows none")
    first = bench.make()
    other = bench.sibling(first)
    both = {first.id, other.id}
    bench.until(lambda: both <= set(bench.ids(first)), bench.kind.listed_within)
    found = _found(bench, first, bench.here.filled(first, listing.finds))
    if first.id not in found:
        yield "a search for its name does not find it"
    if other.id in found:
        yield "a search for its name finds another one too"
    nothing = bench.here.filled(first, listing.finds)
    strange = {
        k: v.replace(first.unique, f"{first.unique}-that-nothing-has")
        for k, v in nothing.items()
        if isinstance(v, str)
    }
    if both & set(_found(bench, first, {**nothing, **strange})):
        yield "a search for a name that nothing has finds something"


@statute(45, "search for nothing", "listing", when=own_id, source="Kibana docs, find APIs")
def nothing_is_found(bench: Bench) -> Broken:
    """A search for a word that nothing has finds nothing."""
    contract, label = bench.here.contract, bench.call("listing").label
    operation = contract.find(label) if contract is not None else None
    query = {p.name for p in operation.parameters_in("query")} if operation is not None else set()
    if "search" not in query:
        raise NotHere("needs a list that can be searched for words, and the contract has none")
    handle = bench.make()
    bench.until(lambda: handle.id in bench.ids(handle), bench.kind.listed_within)
    if handle.id in _found(bench, handle, {"search": uuid.uuid4().hex}):
        yield "a search for a word that nothing has finds what was made"


def _found(bench: Bench, handle: Handle, asked: dict[str, Any]) -> list[str]:
    listing = bench.listing()
    page = bench.page(handle, listing.first, listing.size, **asked)
    return [str(value_at(row, listing.id_at)) for row in value_at(page, listing.items)]
