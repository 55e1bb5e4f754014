"""The laws, each once: what create, read, list, update and delete owe one another, whatever the resource.

A law is a function that takes a :class:`~pytest_kibana.suites.laws.bench.Bench`, tries, and yields a sentence for each
way in which it was broken. It raises :class:`~pytest_kibana.suites.laws.bench.NotHere` where it cannot be tried. Laws
know no family: what a family does otherwise is data of its declaration (``exceptions``, keyed by the law's name), with
the reason.
"""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Kind, Resource, Scope
from pytest_kibana.resources.template import subjects, value_at
from pytest_kibana.suites.laws.bench import Bench, NotHere, calls_of
from pytest_kibana.suites.laws.comparing import SECRET, covered, differences, missing, moment, same, short

Broken = Iterator[str]
Law = Callable[[Bench], Broken]
_TIMES = (("created_at", "updated_at"), ("createdAt", "updatedAt"))
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_INTEGRITY = "Elastic's own API tests assert it"
_SPACES = "Kibana docs, spaces; Elastic's spaces_api_integration suite asserts it"


@dataclass(frozen=True, slots=True)
class Statute:
    """A law with what is known of it.

    Attributes:
        name: short, unique; the key of ``exceptions`` in declarations.
        id: of its requirement.
        law: the function.
        needs: roles that the contract must have an operation for.
        applies: tells of which resources it speaks at all.
        level: MUST or SHOULD.
        source: where it is known from.
        tier: in which runs it is tried.
    """

    name: str
    id: str
    law: Law
    needs: tuple[str, ...]
    applies: Callable[[Resource], bool]
    level: str = "MUST"
    source: str = _INTEGRITY
    tier: str = "standard"

    @property
    def sentence(self) -> str:
        """What the law says, in one sentence."""
        return (self.law.__doc__ or "").strip().split("\n")[0]


STATUTES: dict[str, Statute] = {}


def statute(
    number: int,
    name: str,
    *needs: str,
    when: Callable[[Resource], bool] = lambda _kind: True,
    kinds: tuple[Kind, ...] = (Kind.OBJECT,),
    **more: Any,
) -> Callable[[Law], Law]:
    """Enter a law."""

    def enter(law: Law) -> Law:
        STATUTES[name] = Statute(
            name,
            f"KBN-REQ-LAW-{number:03}",
            law,
            ("create", *needs),
            lambda kind: kind.kind in kinds and when(kind),
            **more,
        )
        return law

    return enter


def _has_id(kind: Resource) -> bool:
    return kind.id_at is not None or kind.chooses_id


def _own_id(kind: Resource) -> bool:
    """Tell whether its id is not that of its parent."""
    return _has_id(kind) and not subjects(kind.keys.get("id", ""))


def _in_space(kind: Resource) -> bool:
    return kind.scope is Scope.SPACE


def _upserts(kind: Resource) -> bool:
    """Tell whether updating what is not there makes it."""
    return bool({c.label for c in kind.update} & {c.label for c in kind.create})


# -- create and read ---------------------------------------------------------------------------------------


@statute(1, "round trip", "read", kinds=(Kind.OBJECT, Kind.SETTING), tier="smoke")
def read_is_what_was_sent(bench: Bench) -> Broken:
    """What was sent is what is read, under the same id."""
    handle = bench.make() if bench.kind.kind is Kind.SETTING else bench.rich()
    sent = _sent(bench, handle)
    got = bench.here.read(handle)
    yield from bench.lost(sent, got)
    yield from _other_id(bench, handle, got)


@statute(2, "create echoes", level="SHOULD")
def answer_is_what_was_sent(bench: Bench) -> Broken:
    """Where the answer to a create shows the object, it shows what was sent."""
    handle = bench.make()
    sent = _sent(bench, handle)
    if isinstance(sent, dict) and isinstance(handle.body, dict):
        shown = {k: v for k, v in sent.items() if k in handle.body}
        yield from missing(shown, handle.body, ignored=bench.kind.volatile)


@statute(3, "own id", when=_own_id)
def ids_differ(bench: Bench) -> Broken:
    """Two objects have two ids."""
    first = bench.make()
    second = bench.sibling(first)
    if first.keys == second.keys:
        yield f"two were made, and both have the id {first.id}"


@statute(4, "same id again", when=lambda kind: kind.refuses_again is not None)
def taken_is_refused(bench: Bench) -> Broken:
    """Making what is there already is refused, and what is there stays as it is."""
    handle = bench.make()
    before = bench.here.read(handle) if bench.has("read") else None
    status = _make_again(bench, handle)
    if status not in (
        bench.kind.refuses_again,
        409,
    ):  # 409 is what a conflict is called, whatever a family does
        yield f"the same again was answered {status}, where {bench.kind.refuses_again} is promised"
    if before is not None:
        yield from differences(before, bench.here.read(handle), ignored=bench.kind.volatile)


@statute(5, "reads agree", "read", level="SHOULD", source="RFC 9110, 9.2.1")
def reads_agree(bench: Bench) -> Broken:
    """Two reads with nothing between them say the same."""
    handle = bench.make()
    first = copy.deepcopy(bench.here.read(handle))
    yield from differences(first, bench.here.read(handle), ignored=bench.kind.volatile)


@statute(6, "not found", "read", when=_has_id, tier="smoke")
def unknown_is_not_read(bench: Bench) -> Broken:
    """A read of an id that nothing has is answered 404."""
    handle = bench.make()
    status = bench.status(handle, "read", keys=bench.unknown(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a read of an id that nothing has was answered {status}"


@statute(
    7, "not changed", "update", when=lambda kind: _has_id(kind) and bool(kind.change) and not _upserts(kind)
)
def unknown_is_not_changed(bench: Bench) -> Broken:
    """A change of an id that nothing has is answered 404."""
    handle = bench.make()
    if bench.has("read"):
        bench.here.read(handle)
    status = bench.status(handle, "update", keys=bench.unknown(handle), change=bench.changing(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a change of an id that nothing has was answered {status}"


@statute(8, "not removed", "delete", when=lambda kind: _has_id(kind) and not kind.idempotent_delete)
def unknown_is_not_removed(bench: Bench) -> Broken:
    """A delete of an id that nothing has is answered 404."""
    handle = bench.make()
    status = bench.status(handle, "delete", keys=bench.unknown(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a delete of an id that nothing has was answered {status}"


# -- lists -------------------------------------------------------------------------------------------------


@statute(9, "list has it", "listing", tier="smoke", when=_own_id)
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
    alone = _in_space(bench.kind) and set(bench.kind.parents) <= {
        *subjects(bench.kind.keys),
        *bench.kind.requires,
    }
    if beside and alone:
        yield f"with one, {len(beside)} more were made"


def _paged(kind: Resource) -> bool:
    return any(page.page and page.per_page for page in kind.listing)


@statute(10, "pages", "listing", when=lambda kind: _paged(kind) and _own_id(kind))
def pages_add_up(bench: Bench) -> Broken:
    """Pages are disjoint and add up to the total; each is echoed and as long as asked; none comes after the end."""
    listing = bench.listing()
    if listing.page is None:
        raise NotHere("needs pages, and the list of the contract has none")
    first = bench.make()
    made = {first.id, bench.sibling(first).id, bench.sibling(first).id}
    bench.until(lambda: made <= set(bench.ids(first)), bench.kind.listed_within)
    alone = _in_space(bench.kind)  # others may make and remove what lives outside of our space meanwhile
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


# -- update ------------------------------------------------------------------------------------------------


def _changes(kind: Resource) -> bool:
    return bool(kind.change) and bool(kind.update)


@statute(11, "update changes what is meant", "read", "update", when=_changes)
def update_is_to_the_point(bench: Bench) -> Broken:
    """An update changes what it was asked to, and nothing else."""
    handle = bench.rich()
    before = copy.deepcopy(bench.here.read(handle))
    changes = bench.change(handle)
    after = bench.here.update(handle, changes)
    yield from bench.lost(changes, after)
    ignored = (*bench.kind.volatile, *_leaves(changes))
    yield from differences(before, after, ignored=ignored)


def _replaces(kind: Resource) -> bool:
    return _changes(kind) and bool(kind.full) and any(c.semantics == "full" for c in kind.update)


@statute(12, "update resets the rest", "read", "update", when=_replaces)
def left_out_is_reset(bench: Bench) -> Broken:
    """An update that replaces resets what it leaves out."""
    handle = bench.rich()
    call = bench.here.known([call for call in bench.kind.update if call.semantics == "full"])
    if call is None:
        raise NotHere("needs an update that replaces, and the contract has none")
    before = copy.deepcopy(bench.here.read(handle))
    kept = bench.here.filled(handle, call.body) if call.has_body else {}
    named = kept if not call.root else value_at(kept, call.root)
    held = [
        name for name in bench.kind.full if name not in (named or {}) and _holds(value_at(before, f"/{name}"))
    ]
    if not held:
        raise NotHere("needs an optional member that shows, and the declaration knows none")
    reply = bench.here.ask(handle, call)
    if not reply.ok:
        yield f"the smallest replacement: {reply}"
        return
    after = bench.here.read(handle)
    for name in held:
        if same(value_at(before, f"/{name}"), value_at(after, f"/{name}")):
            yield f"/{name} was left out, and is still {short(value_at(after, f'/{name}'))}"


def _holds(value: Any) -> bool:
    return value not in (None, "", [], {}, False)


@statute(13, "stale version", "read", "update", when=lambda kind: bool(kind.version_at) and _changes(kind))
def stale_is_refused(bench: Bench) -> Broken:
    """A change that names an old version is answered 409, and changes nothing."""
    handle = bench.make()
    old = copy.deepcopy(bench.here.read(handle))
    bench.here.update(handle, bench.change(handle))
    now = copy.deepcopy(bench.here.read(handle))
    handle.body = old
    status = bench.status(handle, "update", change=bench.changing(handle, again=True))
    if status != 409:
        yield f"a change of an old version was answered {status}, where 409 is promised"
    yield from differences(now, bench.here.read(handle))


@statute(14, "version moves", "read", "update", when=lambda kind: bool(kind.version_at) and _changes(kind))
def version_moves(bench: Bench) -> Broken:
    """A change changes the version."""
    handle = bench.make()
    pointer = bench.kind.version_at or ""
    before = value_at(bench.here.read(handle), pointer)
    bench.here.update(handle, bench.change(handle))
    after = value_at(bench.here.read(handle), pointer)
    if same(before, after):
        yield f"the version is {short(after)} before and after a change"


# -- delete ------------------------------------------------------------------------------------------------


@statute(15, "delete then read", "read", "delete", when=lambda kind: kind.gone != "unknown", tier="smoke")
def removed_is_not_read(bench: Bench) -> Broken:
    """What was removed can no longer be read."""
    handle = bench.make()
    handle.delete()
    if not bench.until(lambda: not handle.exists(), bench.kind.gone_within):
        yield "it can be read after it was removed"
    elif bench.kind.gone == "404":
        status = bench.status(handle, "read")
        if status not in bench.kind.gone_statuses:
            yield f"a read of what was removed is answered {status}"


@statute(
    16, "delete then list", "listing", "delete", when=lambda kind: _has_id(kind) and kind.gone != "inactive"
)
def removed_is_not_listed(bench: Bench) -> Broken:
    """What was removed is no longer listed."""
    handle = bench.make()
    handle.delete()
    if not bench.until(lambda: handle.id not in bench.ids(handle), bench.kind.gone_within):
        yield "it is listed after it was removed"


@statute(17, "second delete", "delete", when=_has_id)
def second_delete(bench: Bench) -> Broken:
    """A second delete is answered 404, or as the first where the family says so."""
    handle = bench.make()
    handle.delete()
    status = bench.status(handle, "delete")
    wanted = (*bench.kind.gone_statuses, *((200, 204) if bench.kind.idempotent_delete else ()))
    if status not in wanted:
        yield f"a second delete is answered {status}, where {' or '.join(map(str, wanted))} is promised"


@statute(
    18, "delete removes one", "read", "delete", when=lambda kind: _has_id(kind) and kind.gone != "unknown"
)
def others_stay(bench: Bench) -> Broken:
    """A delete removes what it names, and nothing beside it."""
    first = bench.make()
    second, third = bench.sibling(first), bench.sibling(first)
    second.delete()
    for other in (first, third):
        if not other.exists():
            yield "another one is gone too"


# -- spaces ------------------------------------------------------------------------------------------------


def _elsewhere(bench: Bench) -> tuple[str | None, ...]:
    """Return the other space, and the default space."""
    return (bench.there.space, None)


@statute(19, "space isolation", "read", when=lambda kind: _in_space(kind) and _has_id(kind), source=_SPACES)
def not_read_elsewhere(bench: Bench) -> Broken:
    """What was made in one space cannot be read through another, nor through the default space."""
    handle = bench.make()
    for space in _elsewhere(bench):
        status = bench.status(handle, "read", space=space)
        if status < 300:
            yield f"it is read through the space {space or 'default'}"
        elif status >= 500:
            yield f"a read through the space {space or 'default'} is answered {status}"
    if not bench.until(handle.exists, bench.kind.read_within):
        yield "it cannot be read in its own space"


@statute(
    20, "lists of spaces", "listing", when=lambda kind: _in_space(kind) and _has_id(kind), source=_SPACES
)
def not_listed_elsewhere(bench: Bench) -> Broken:
    """What was made in one space is listed neither in another nor in the default space."""
    handle = bench.make()
    bench.until(lambda: handle.id in bench.ids(handle), bench.kind.listed_within)
    for space in _elsewhere(bench):
        try:
            listed = bench.ids(handle, space=space)
        except NotHere:
            continue  # the list of a parent that is not there is no list at all
        if handle.id in listed:
            yield f"it is listed in the space {space or 'default'}"


@statute(
    21,
    "strangers",
    "read",
    "delete",
    when=lambda kind: _in_space(kind) and _has_id(kind) and kind.gone != "unknown",
    source=_SPACES,
)
def not_removed_from_elsewhere(bench: Bench) -> Broken:
    """An id of one space, used in another, removes and changes nothing."""
    handle = bench.make()
    before = copy.deepcopy(bench.here.read(handle))
    space = bench.there.space
    if bench.has("update") and bench.kind.change and not _upserts(bench.kind):
        status = bench.status(handle, "update", space=space, change=bench.changing(handle))
        if status < 300:
            yield f"a change through another space is answered {status}"
    status = bench.status(handle, "delete", space=space)
    if status < 300 and not bench.kind.idempotent_delete:
        yield f"a delete through another space is answered {status}"
    if not handle.exists():
        yield "it is gone after a delete through another space"
        return
    yield from differences(before, bench.here.read(handle), ignored=bench.kind.volatile)


@statute(
    22,
    "namesakes",
    "read",
    "delete",
    when=lambda kind: _in_space(kind) and _has_id(kind) and kind.gone != "unknown",
    source=_SPACES,
)
def namesakes_are_two(bench: Bench) -> Broken:
    """A namesake in another space is another object: when one is removed, the other stays.

    Several families give ids that are unique over all spaces, and refuse the second with 409: that is no breach.
    """
    handle = bench.make()
    chosen = bench.own_keys(handle) if bench.kind.chooses_id else {}
    try:
        other = bench.there.make(bench.kind.name, **chosen)
    except ResourceTrouble as trouble:
        if trouble.status != 409 or not chosen:
            yield f"the same id in another space: {trouble.message}"
            return
        other = bench.make(bench.there)
    other.delete()
    if not handle.exists():
        yield "it is gone after its namesake in another space was removed"
    if not bench.until(lambda: not other.exists(), bench.kind.gone_within):
        yield "its namesake is still there after it was removed"


# -- what stands in an object ------------------------------------------------------------------------------


@statute(23, "times", "read")
def times_are_in_order(bench: Bench) -> Broken:
    """Times are in UTC with milliseconds, none is before the creation, and a change moves that of the change."""
    handle = bench.make()
    before = bench.here.read(handle)
    pairs = [
        (made, changed)
        for made, changed in _TIMES
        if isinstance(before, dict) and before.get(made) is not None
    ]
    if not pairs:
        raise NotHere("needs the times of an object, and this kind shows none")
    for made, changed in pairs:
        for name in (made, changed):
            value = before.get(name)
            if value is not None and not (isinstance(value, str) and _UTC.fullmatch(value)):
                yield f"/{name} is {short(value)}, which is no time in UTC with milliseconds"
        yield from _in_order(before, made, changed)
        if bench.has("update") and bench.kind.change:
            first = moment(before.get(changed))
            after = bench.here.update(handle, bench.change(handle))
            then = moment(value_at(after, f"/{changed}"))
            if first is not None and then is not None and then <= first:
                yield f"/{changed} did not move with a change"
            yield from _in_order(after, made, changed)


def _in_order(body: Any, made: str, changed: str) -> Broken:
    first, then = moment(body.get(made)), moment(body.get(changed))
    if first is not None and then is not None and then < first:
        yield f"/{changed} is before /{made}"


@statute(24, "secrets stay", "read", source="Kibana docs; observed of connectors and rules")
def secrets_are_not_shown(bench: Bench) -> Broken:
    """What is secret is never shown: neither in the answer to the create, nor in a read, nor in a list."""
    handle = bench.rich()
    shown: list[tuple[str, Any]] = [("create", handle.body), ("read", bench.here.read(handle))]
    if bench.has("listing"):
        shown.append(("list", list(bench.items(handle))))
    for where, body in shown:
        for pointer in _secrets(body):
            yield f"{pointer} is shown by the {where}"


def _secrets(body: Any, at: str = "") -> Broken:
    if isinstance(body, dict):
        for name, value in body.items():
            if name in SECRET and _holds(value):
                yield f"{at}/{name}"
            yield from _secrets(value, f"{at}/{name}")
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from _secrets(value, f"{at}/{number}")


# -- settings ----------------------------------------------------------------------------------------------


@statute(25, "settings of spaces", "read", kinds=(Kind.SETTING,), when=_in_space, source=_SPACES)
def settings_are_of_one_space(bench: Bench) -> Broken:
    """A setting that is changed in one space stays as it was in another, and can be put back."""
    read = bench.call("read")
    first = bench.make()
    before = copy.deepcopy(first.entry.before) if first.entry else None
    other = bench.here.ask(first, read, space=bench.there.space)
    second = bench.make()
    yield from differences(other.body, bench.here.ask(second, read, space=bench.there.space).body)
    second.delete()
    first.delete()
    yield from differences(before, bench.here.read(first), ignored=bench.kind.volatile)


# -- common ------------------------------------------------------------------------------------------------


def applicable(kind: Resource, has: Callable[[str], bool]) -> Iterator[Statute]:
    """Yield the laws that speak of a resource, given which labels the contract has.

    Args:
        kind: the resource.
        has: tells whether the contract has an operation of that label.
    """
    for law in STATUTES.values():
        if law.applies(kind) and all(any(has(c.label) for c in calls_of(kind, role)) for role in law.needs):
            yield law


def operations_of(kind: Resource, law: Statute, has: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the labels of the operations that a law needs of a resource."""
    firsts = (next((c.label for c in calls_of(kind, role) if has(c.label)), None) for role in law.needs)
    return tuple(dict.fromkeys(label for label in firsts if label))


def _sent(bench: Bench, handle: Handle) -> Any:
    """Return what was sent of the object: the body below the root of the create call."""
    root = bench.call("create").root
    body = copy.deepcopy(handle.sent)
    return value_at(body, root) if root else body


def _other_id(bench: Bench, handle: Handle, got: Any) -> Broken:
    shown = got.get("id") if isinstance(got, dict) else None
    if covered("/id", bench.kind.volatile):
        return
    if isinstance(shown, str) and _has_id(bench.kind) and bench.kind.id_at is not None and shown != handle.id:
        yield f"/id is {short(shown)}, and {short(handle.id)} was asked for"


def _make_again(bench: Bench, handle: Handle) -> int | None:
    body = {"body": handle.sent} if handle.sent is not None else {}
    try:
        bench.here.make(bench.kind.name, **handle.keys, **body)
    except ResourceTrouble as trouble:
        return trouble.status
    return 200


def _leaves(changes: Any, at: str = "") -> list[str]:
    """Return the pointers of what a change names."""
    if isinstance(changes, dict) and changes:
        return [pointer for name, value in changes.items() for pointer in _leaves(value, f"{at}/{name}")]
    return [at]


def _together(bench: Bench, one: Handle, other: Handle) -> bool:
    """Tell whether two objects have the same parents, and so stand in one list."""
    own = bench.own_keys(one)
    return {k: v for k, v in one.keys.items() if k not in own and k != "id"} == {
        k: v for k, v in other.keys.items() if k not in own and k != "id"
    }
