"""Laws of one object: made, read, changed, removed."""

import copy
import uuid
from typing import Any

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Kind, Resource
from pytest_kibana.resources.likeness import covered, same
from pytest_kibana.resources.mark import trace
from pytest_kibana.resources.template import value_at
from pytest_kibana.suites.laws.bench import Bench, NotHere
from pytest_kibana.suites.laws.comparing import differences, missing, short
from pytest_kibana.suites.laws.statutes import (
    Broken,
    changes,
    has_id,
    in_space,
    own_id,
    statute,
    upserts,
    vanishes,
)

# -- create and read ---------------------------------------------------------------------------------------


@statute(1, "round trip", "sight", kinds=(Kind.OBJECT, Kind.SETTING), tier="smoke")
def read_is_what_was_sent(bench: Bench) -> Broken:
    """What was sent is what is read, under the same id."""
    handle = bench.make() if bench.kind.kind is Kind.SETTING else bench.rich()
    sent = _sent(bench, handle)
    got = bench.see(handle)
    yield from bench.lost(sent, got)
    yield from _other_id(bench, handle, got)


@statute(2, "create echoes", level="SHOULD")
def answer_is_what_was_sent(bench: Bench) -> Broken:
    """Where the answer to a create shows the object, it shows what was sent."""
    handle = bench.rich()
    sent = _sent(bench, handle)
    if isinstance(sent, dict) and isinstance(handle.body, dict):
        shown = {k: v for k, v in sent.items() if k in handle.body and k not in bench.kind.shown_at}
        yield from missing(shown, handle.body, ignored=bench.kind.volatile)


@statute(3, "own id", when=own_id)
def ids_differ(bench: Bench) -> Broken:
    """Two objects have two ids."""
    first = bench.make()
    second = bench.sibling(first)
    if first.keys == second.keys:
        yield f"two were made, and both have the id {first.id}"


def _refuses(kind: Resource) -> bool:
    return kind.refuses_again is not None or any(call.refuses_again is not None for call in kind.create)


@statute(4, "same id again", when=_refuses)
def taken_is_refused(bench: Bench) -> Broken:
    """Making what is there already is refused, and what is there stays as it is."""
    wanted = bench.call("create").refuses_again or bench.kind.refuses_again
    if wanted is None:
        raise NotHere("needs an operation that makes one and replaces none, and the contract has no such one")
    handle = bench.make()
    before = bench.here.read(handle) if bench.has("read") else None
    status = _make_again(bench, handle)
    if status not in (wanted, 409):  # 409 is what a conflict is called, whatever a family does
        yield f"the same again was answered {status}, where {wanted} is promised"
    if before is not None:
        yield from differences(before, bench.here.read(handle), ignored=bench.kind.volatile)


def _takes_id(kind: Resource) -> bool:
    return not kind.chooses_id and kind.kind is Kind.OBJECT and any(call.has_body for call in kind.create)


@statute(40, "given id again", when=_takes_id)
def given_id_is_unique(bench: Bench) -> Broken:
    """Where whoever makes an object may say its id, the same id is not taken twice."""
    call, wanted = bench.call("create"), str(uuid.uuid4())
    contract = bench.here.contract
    operation = contract.find(call.label) if contract is not None else None
    media = operation.body.media(call.media) if operation is not None and operation.body else None
    schema = contract.resolve(media.schema.json) if contract is not None and media and media.schema else None
    if call.root or not isinstance(schema, dict) or "id" not in schema.get("properties", {}):
        raise NotHere("needs a create that may say the id, and the contract knows none")
    first = bench.make(id=wanted)
    if first.id != wanted:
        raise NotHere("needs an id that is taken as it is given, and another one came")
    try:
        bench.here.make(bench.kind, id=wanted)
    except ResourceTrouble as trouble:
        if trouble.status is not None and trouble.status >= 500:
            yield f"the same id again was answered {trouble.status}"
        return
    yield "the same id was given to two"


@statute(5, "reads agree", "read", level="SHOULD", source="RFC 9110, 9.2.1")
def reads_agree(bench: Bench) -> Broken:
    """Two reads with nothing between them say the same."""
    handle = bench.make()
    first = copy.deepcopy(bench.here.read(handle))
    yield from differences(first, bench.here.read(handle), ignored=bench.kind.volatile)


@statute(6, "not found", "read", when=has_id, tier="smoke")
def unknown_is_not_read(bench: Bench) -> Broken:
    """A read of an id that nothing has is answered 404."""
    handle = bench.make()
    status = bench.status(handle, "read", keys=bench.unknown(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a read of an id that nothing has was answered {status}"


@statute(41, "ids keep their case", "read", when=has_id, level="SHOULD")
def other_case_is_unknown(bench: Bench) -> Broken:
    """An id written in other case is another id, and nothing has it."""
    handle = bench.make()
    other = handle.id.swapcase()
    if other == handle.id:
        raise NotHere("needs an id with letters, and this one has none")
    status = bench.status(handle, "read", keys={"id": other})
    if status < 300:
        yield f"a read of the id in other case was answered {status}"


@statute(
    7, "not changed", "update", when=lambda kind: has_id(kind) and bool(kind.change) and not upserts(kind)
)
def unknown_is_not_changed(bench: Bench) -> Broken:
    """A change of an id that nothing has is answered 404."""
    handle = bench.make()
    if bench.has("read"):
        bench.here.read(handle)
    status = bench.status(handle, "update", keys=bench.unknown(handle), change=bench.changing(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a change of an id that nothing has was answered {status}"


def _misses(kind: Resource) -> bool:
    """Tell whether a delete says that there is no such thing: where it revokes, a second one finds what it revoked."""
    return has_id(kind) and (not kind.idempotent_delete or kind.gone == "inactive")


@statute(8, "not removed", "delete", when=_misses)
def unknown_is_not_removed(bench: Bench) -> Broken:
    """A delete of an id that nothing has is answered 404."""
    handle = bench.make()
    status = bench.status(handle, "delete", keys=bench.unknown(handle))
    if status not in bench.kind.gone_statuses:
        yield f"a delete of an id that nothing has was answered {status}"


# -- update ------------------------------------------------------------------------------------------------


_STANDING = (Kind.OBJECT, Kind.SETTING, Kind.ENGINE)


@statute(11, "update changes what is meant", "sight", "update", when=changes, kinds=_STANDING)
def update_is_to_the_point(bench: Bench) -> Broken:
    """An update changes what it was asked to, and nothing else."""
    wrong = list(_changed_beside(bench))
    if wrong and bench.kind.kind is Kind.SETTING and not in_space(bench.kind):
        # Somebody else may change what the whole deployment has, but not the same in two such moments.
        again = {sentence.split()[0] for sentence in _changed_beside(bench)}
        wrong = [sentence for sentence in wrong if sentence.split()[0] in again]
    yield from wrong


def _changed_beside(bench: Bench) -> Broken:
    handle = _ours(bench)
    before = copy.deepcopy(bench.see(handle))
    changes = bench.change(handle)
    after = bench.update(handle, changes)
    yield from bench.lost(changes, after)
    meant = (*bench.kind.volatile, *_leaves(changes, bench.kind.members_in(after)))
    if bench.kind.kind is Kind.SETTING:  # its update may name another object each time, and means it
        meant += tuple(_leaves(bench.call("update").body))
    yield from differences(before, after, ignored=meant)
    if bench.kind.kind is Kind.SETTING and handle.entry is not None:  # to make one is to change it
        yield from differences(handle.entry.before, after, ignored=(*meant, *_leaves(handle.sent)))
    if bench.kind.kind is not Kind.OBJECT:
        handle.delete()
        bench.here.forget(bench.kind.name)


def _ours(bench: Bench) -> Handle:
    """Make one with its optional members; an engine that was there before stays alone."""
    handle = bench.rich()
    if bench.kind.kind is Kind.ENGINE and not handle.owned:
        raise NotHere(f"needs a {bench.kind.name} that was not there before, and it was")
    return handle


@statute(44, "a change shows", "sight", "update", when=changes)
def change_leaves_a_trace(bench: Bench) -> Broken:
    """A change that is accepted shows in the object, wherever its family puts it."""
    handle = bench.make()
    before = copy.deepcopy(bench.see(handle))
    reply = bench.here.ask(handle, bench.call("update"), change=bench.changing(handle, again=True))
    if not reply.ok:
        raise NotHere(f"needs a change that is accepted, found: {reply}")
    within = bench.kind.read_within if bench.has("read") else bench.kind.listed_within
    if not bench.until(lambda: bench.here.read(handle) != before, within):
        yield f"it was answered {reply.status}, and nothing of the object is other than before"


@statute(37, "update echoes", "update", when=changes, level="SHOULD")
def change_is_shown(bench: Bench) -> Broken:
    """Where the answer to a change shows the object, it shows what was changed."""
    handle = bench.make()
    changed = bench.change(handle, again=True)
    reply = bench.here.ask(handle, bench.call("update"), change=bench.changing(handle, again=True))
    shown = reply.body
    if isinstance(shown, dict) and len(shown) == 1:
        shown = next(iter(shown.values()))  # many families wrap it: item, data, response
    if not reply.ok or not isinstance(shown, dict):
        raise NotHere(f"needs an answer that shows the object, found: {reply}")
    # A wrapper may have the name of a member: {"note": {"note": "text"}}.
    alike = {
        k: v for k, v in changed.items() if k in shown and isinstance(v, dict) == isinstance(shown[k], dict)
    }
    yield from missing(alike, shown, ignored=bench.kind.volatile)


@statute(
    38,
    "same change twice",
    "read",
    "update",
    when=lambda kind: changes(kind) and not kind.version_at,
    level="SHOULD",
    source="RFC 9110, 9.2.2",
)
def change_is_idempotent(bench: Bench) -> Broken:
    """The same PUT twice leaves the same object."""
    handle = bench.make()
    call = bench.call("update")
    if call.method != "PUT":
        raise NotHere("needs a PUT, and the contract changes one otherwise")
    change = bench.changing(handle, again=True)
    if not bench.here.ask(handle, call, change=change).ok:
        raise NotHere("needs a change that is accepted")
    first = copy.deepcopy(bench.here.read(handle))
    reply = bench.here.ask(handle, call, change=change)
    if reply.status is not None and reply.status >= 500:
        yield f"the second time it is answered {reply.status}"
    yield from differences(first, bench.here.read(handle), ignored=bench.kind.volatile)


def _replaces(kind: Resource) -> bool:
    return changes(kind) and bool(kind.full) and any(c.semantics == "full" for c in kind.update)


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


@statute(13, "stale version", "sight", "update", when=lambda kind: bool(kind.version_at) and changes(kind))
def stale_is_refused(bench: Bench) -> Broken:
    """A change that names an old version is answered 409, and changes nothing."""
    handle = bench.make()
    old = copy.deepcopy(bench.see(handle))
    bench.update(handle, bench.change(handle))
    now = copy.deepcopy(bench.here.read(handle))
    handle.body = old
    status = bench.status(handle, "update", change=bench.changing(handle, again=True))
    if status != 409:
        yield f"a change of an old version was answered {status}, where 409 is promised"
    yield from differences(now, bench.here.read(handle))


@statute(14, "version moves", "sight", "update", when=lambda kind: bool(kind.version_at) and changes(kind))
def version_moves(bench: Bench) -> Broken:
    """A change changes the version."""
    handle = bench.make()
    pointer = bench.kind.version_at or ""
    before = value_at(bench.see(handle), pointer)
    bench.update(handle, bench.change(handle))
    after = value_at(bench.here.read(handle), pointer)
    if same(before, after):
        yield f"the version is {short(after)} before and after a change"


# -- what is on or off


@statute(42, "on and off", "read", "delete", kinds=(Kind.ENGINE,), when=lambda kind: kind.gone != "unknown")
def engine_obeys(bench: Bench) -> Broken:
    """What is switched on is there, and what is switched off is not."""
    handle = bench.make()
    if not handle.owned:
        raise NotHere(f"needs a {bench.kind.name} that was not there before, and it was")
    if not bench.until(handle.exists, bench.kind.read_within):
        yield "it is not there after it was switched on"
    handle.delete()
    if not bench.until(lambda: not handle.exists(), bench.kind.gone_within):
        yield "it is there after it was switched off"
    bench.here.forget(bench.kind.name)


# -- delete ------------------------------------------------------------------------------------------------


@statute(15, "delete then read", "read", "delete", when=lambda kind: kind.gone != "unknown", tier="smoke")
def removed_is_not_read(bench: Bench) -> Broken:
    """What was removed can no longer be read."""
    handle = bench.make()
    bench.here.read(handle)
    handle.delete()
    if not bench.until(lambda: not handle.exists(), bench.kind.gone_within):
        yield "it can be read after it was removed"
    elif bench.kind.gone == "404":
        status = bench.status(handle, "read")
        if status not in bench.kind.gone_statuses:
            yield f"a read of what was removed is answered {status}"


@statute(
    16, "delete then list", "listing", "delete", when=lambda kind: has_id(kind) and kind.gone != "inactive"
)
def removed_is_not_listed(bench: Bench) -> Broken:
    """What was removed is no longer listed."""
    handle = bench.make()
    handle.delete()
    if not bench.until(lambda: handle.id not in bench.ids(handle), bench.kind.gone_within):
        yield "it is listed after it was removed"


@statute(17, "second delete", "delete", when=has_id)
def second_delete(bench: Bench) -> Broken:
    """A second delete is answered 404, or as the first where the family says so."""
    handle = bench.make()
    handle.delete()
    status = bench.status(handle, "delete")
    wanted = (*bench.kind.gone_statuses, *((200, 204) if bench.kind.idempotent_delete else ()))
    if status not in wanted:
        yield f"a second delete is answered {status}, where {' or '.join(map(str, wanted))} is promised"


@statute(18, "delete removes one", "sight", "delete", when=lambda kind: own_id(kind) and vanishes(kind))
def others_stay(bench: Bench) -> Broken:
    """A delete removes what it names, and nothing beside it."""
    first = bench.make()
    second, third = bench.sibling(first), bench.sibling(first)
    lost = _lost_with(bench, second, beside=first)
    for other in (first, third):
        if not other.exists():
            yield "another one is gone too"
    if not lost:
        return
    # What lives outside of our space may be somebody else's to remove, but not in two such moments.
    if in_space(bench.kind) or _lost_with(bench, bench.sibling(first), beside=first):
        yield f"with it, {len(lost)} more went from the list"


def _lost_with(bench: Bench, handle: Handle, *, beside: Handle) -> set[str]:
    """Delete one; return which others went from the list meanwhile, those of other processes of a run aside."""
    if not bench.has("listing"):
        handle.delete()
        return set()
    before = _alive(bench, beside)
    handle.delete()
    gone = before - _alive(bench, beside) - {handle.id}
    if in_space(bench.kind):
        return gone
    ours = {bench.here.mark.run, bench.there.mark.run}
    return {one for one in gone if (maker := trace(one)) is None or maker.run in ours}


def _alive(bench: Bench, beside: Handle) -> set[str]:
    """Return the ids of a list, those aside that are listed as revoked."""
    pointer, revoked = bench.listing().id_at, bench.kind.inactive_at
    rows = bench.items(beside)
    return {str(value_at(row, pointer)) for row in rows if not (revoked and value_at(row, revoked) is False)}


# -- common


def _sent(bench: Bench, handle: Handle) -> Any:
    """Return what was sent of the object: the body below the root of the create call."""
    root = bench.call("create").root
    body = copy.deepcopy(handle.sent)
    return value_at(body, root) if root else body


def _other_id(bench: Bench, handle: Handle, got: Any) -> Broken:
    """Yield where an object shows another id than the one by which it was asked for."""
    listed = [page.id_at for page in bench.kind.listing if page.id_at.count("/") == 1]
    for pointer in dict.fromkeys(("/id", *listed)):
        shown = value_at(got, pointer)
        known = _has_id_at(bench.kind, pointer)
        if (
            known
            and isinstance(shown, str)
            and shown != handle.id
            and not covered(pointer, bench.kind.volatile)
        ):
            yield f"{pointer} is {short(shown)}, and {short(handle.id)} was asked for"


def _has_id_at(kind: Resource, pointer: str) -> bool:
    """Tell whether the id stands there: where lists show it, or the answer to a create does."""
    return has_id(kind) and (kind.id_at is not None if pointer == "/id" else kind.chooses_id)


def _make_again(bench: Bench, handle: Handle) -> int | None:
    body = {"body": handle.sent} if handle.sent is not None else {}
    try:
        bench.here.make(bench.kind, **handle.keys, **body)
    except ResourceTrouble as trouble:
        return trouble.status
    return 200


def _leaves(changes: Any, at: str = "") -> list[str]:
    """Return the pointers of what a change names, below a place."""
    if isinstance(changes, dict) and changes:
        return [pointer for name, value in changes.items() for pointer in _leaves(value, f"{at}/{name}")]
    return [at]
