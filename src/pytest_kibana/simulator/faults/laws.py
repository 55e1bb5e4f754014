"""Faults of memory: what create, read, update and delete owe one another, and do not pay."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.faults.applying import (
    at,
    chosen,
    does,
    listed,
    names_itself,
    of_several,
    scoped,
    shown_by,
    unchosen,
    versioned,
)
from pytest_kibana.simulator.faults.model import Around, Fault, Proceed, kind_of
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
_VOLATILE = (
    "id",
    "created",
    "updated",
    "version",
    "revision",
    "type",
    "namespace",
    "space",
    "rule_id",
    "immutable",
)

_ABSENT = re.compile(r"not (found|installed)|does not exist", re.IGNORECASE)
_TAKEN = re.compile(r"already (exists|in use|taken)|duplicate", re.IGNORECASE)

_TEXTS = ("name", "title", "description", "label", "message", "value", "list_id", "slug", "pipeline")


# -- nothing happens, or too much --------------------------------------------------------------------------


def _forgets(call: Call, proceed: Proceed) -> Reply:
    """Do it, say so, and undo it."""
    before = call.world.store.snapshot()
    reply = proceed()
    call.world.store.restore(before)
    return reply


def _instead_of(status: int, said: re.Pattern[str]) -> Around:
    """Succeed where the status would have been this one; a few families say the same with a 400."""

    def around(call: Call, proceed: Proceed) -> Reply:
        try:
            return proceed()
        except Refusal as refusal:
            if refusal.status != status and not (refusal.status == 400 and said.search(refusal.message)):
                raise
            return generic.canned(call)

    return around


def _changed(before: dict[tuple[str, str], Table], call: Call) -> Iterator[tuple[Record, Record]]:
    """Yield each record that differs from before, with what it was."""
    for kind, space, table in call.world.store.tables():
        earlier = before.get((kind, space), {})
        for key, record in table.items():
            if key in earlier and earlier[key] != record:
                yield record, earlier[key]


def _named(body: Json) -> set[str]:
    """Return the members that a body names, at its top and in what may be a wrapper."""
    if not isinstance(body, dict):
        return set()
    wrapped = [part for part in body.values() if isinstance(part, dict)]
    if len(body) == 1:
        wrapped += [
            one for part in body.values() if isinstance(part, list) for one in part if isinstance(one, dict)
        ]
    return {*body, *(name for part in wrapped for name in part)}


def _resets(call: Call, proceed: Proceed) -> Reply:
    """Change what was asked for, and one thing more: of what the answer shows, where it shows any."""
    before = call.world.store.snapshot()
    reply = proceed()
    sent, shown = _named(call.body), _named(reply.body)
    for record, _ in _changed(before, call):
        holder = record.value
        if isinstance(holder, dict) and isinstance(holder.get("attributes"), dict):
            holder = holder["attributes"]
        if not isinstance(holder, dict):
            continue
        others = {
            name: other for name, value in holder.items() if (other := _another(name, value)) is not None
        }
        free = [name for name in others if name not in sent]
        for name in sorted(free, key=lambda name: name not in shown)[:1]:
            holder[name] = others[name]
            return reply
    return reply


def _another(name: str, value: Json) -> Json:
    """Return another value for a member, None where it moves anyway or has none to lose."""
    if name.lower().startswith(_VOLATILE):
        return None
    if isinstance(value, bool):
        return not value
    return f"{value}?" if isinstance(value, str) else [] if isinstance(value, list) and value else None


def _same_version(call: Call, proceed: Proceed) -> Reply:
    before = call.world.store.snapshot()
    reply = proceed()
    for record, earlier in _changed(before, call):
        for name in ("version", "_version"):
            if isinstance(reply.body, dict) and reply.body.get(name) == record.version:
                reply.body = {**reply.body, name: earlier.version}
            if isinstance(record.value, dict) and name in record.value:
                record.value[name] = earlier.version
        record.version = earlier.version
    return reply


def _same_time(call: Call, proceed: Proceed) -> Reply:
    before = call.world.store.snapshot()
    reply = proceed()
    for record, earlier in _changed(before, call):
        for name in ("updated_at", "updatedAt", "updated_by"):
            if isinstance(record.value, dict) and name in record.value and name in earlier.value:
                record.value = {**record.value, name: earlier.value[name]}
                if isinstance(reply.body, dict) and name in reply.body:
                    reply.body = {**reply.body, name: earlier.value[name]}
        record.updated_at = earlier.updated_at
    return reply


def _twice(call: Call, proceed: Proceed) -> Reply:
    proceed()
    return proceed()


def _takes_another(call: Call, proceed: Proceed) -> Reply:
    """Delete what was asked for, and its neighbour of the same type."""
    before = call.world.store.snapshot()
    reply = proceed()
    for (kind, space), table in before.items():
        now = call.world.store.table(kind, space)
        for gone in table.keys() - now.keys():
            family = gone.rpartition("/")[0]
            row = [k for k in table if k == gone or (k in now and k.rpartition("/")[0] == family)]
            row = [k for k in row if k == gone or k != "default"]
            at = row.index(gone)
            beside = row[at - 1 : at] or row[at + 1 : at + 2]
            if beside:
                del now[beside[0]]
                return reply
    _revokes_another(before, call)
    return reply


def _revokes_another(before: dict[tuple[str, str], Table], call: Call) -> None:
    """Where a delete leaves the thing and says that it is not active, let another say so too."""
    for record, earlier in _changed(before, call):
        if not isinstance(record.value, dict):
            continue
        said = {k: v for k, v in record.value.items() if isinstance(v, bool) and earlier.value.get(k) != v}
        table = next((t for _, _, t in call.world.store.tables() if record in t.values()), {})
        for other in table.values():
            if isinstance(other.value, dict) and said and not said.items() <= other.value.items():
                other.value = {**other.value, **said}
                return


def _elsewhere(call: Call, proceed: Proceed) -> Reply:
    home, call.space = call.space, "default"
    try:
        return proceed()
    finally:
        call.space = home


def _leaves_objects(call: Call, proceed: Proceed) -> Reply:
    before = call.world.store.snapshot()
    reply = proceed()
    for (kind, space), table in before.items():
        if space == call.ids[0]:
            call.world.store.table(kind, space).update(table)
    return reply


# -- what comes back ---------------------------------------------------------------------------------------


def _strings(body: Json, names: tuple[str, ...], change: Callable[[str], str], depth: int = 0) -> Json:
    """Change the first text under one of the names, looking into wrappers."""
    if not isinstance(body, dict) or depth > 3:
        return body
    for name in names:
        if isinstance(body.get(name), str):
            return {**body, name: change(body[name])}
    for key, value in body.items():
        if isinstance(value, dict):
            changed = _strings(value, names, change, depth + 1)
            if changed is not value:
                return {**body, key: changed}
    return body


def _another_id(call: Call, reply: Reply) -> Reply:
    """Show another id than the one that was asked for, where the thing shows its own."""
    resource = kind_of(call.label)
    if resource is not None and reply.status < 300:
        reply.body = _strings(reply.body, (resource.field,), lambda t: t[::-1] + "0")
    return reply


def _success(change: Callable[[Json], Json]) -> Callable[[Call, Reply], Reply]:
    def after(_: Call, reply: Reply) -> Reply:
        if reply.status < 300:
            reply.body = change(reply.body)
        return reply

    return after


_KEEPS = ("create then read",)
FAULTS = (
    Fault("laws.create_lost", "What was made is not there.", _KEEPS, does("create"), around=_forgets),
    Fault(
        "laws.created_twice",
        "One request makes two things.",
        ("list after create",),
        lambda o, b: unchosen(o, b) and listed(o, b),
        around=_twice,
    ),
    Fault(
        "laws.created_elsewhere",
        "A thing is made in the default space instead.",
        ("space isolation", *_KEEPS),
        scoped,
        around=_elsewhere,
    ),
    Fault(
        "laws.duplicate_accepted",
        "An id that is taken is accepted.",
        ("create twice",),
        chosen,
        around=_instead_of(409, _TAKEN),
    ),
    Fault(
        "laws.create_echo_differs",
        "The answer to a create is not what was sent.",
        ("create echoes",),
        shown_by("create", _TEXTS),
        after=_success(lambda b: _strings(b, _TEXTS, lambda t: f"{t} (changed)")),
    ),
    Fault(
        "laws.read_differs",
        "A read shows another text than was kept.",
        _KEEPS,
        shown_by("read", _TEXTS),
        after=_success(lambda b: _strings(b, _TEXTS, lambda t: f"{t} (changed)")),
    ),
    Fault(
        "laws.read_other_id",
        "A read shows another id than was asked for.",
        _KEEPS,
        names_itself,
        after=_another_id,
    ),
    Fault(
        "laws.unknown_readable",
        "What was never made can be read.",
        ("unknown id",),
        of_several("read"),
        around=_instead_of(404, _ABSENT),
    ),
    Fault(
        "laws.update_lost",
        "An update changes nothing.",
        ("update then read",),
        does("update"),
        around=_forgets,
    ),
    Fault(
        "laws.update_resets",
        "An update changes what it was not asked to.",
        ("update changes only what is sent",),
        does("update"),
        around=_resets,
    ),
    Fault(
        "laws.unknown_updatable",
        "What was never made can be updated.",
        ("unknown id",),
        of_several("update"),
        around=_instead_of(404, _ABSENT),
    ),
    Fault(
        "laws.version_unchecked",
        "An update with a version that is not the last is accepted.",
        ("stale version",),
        versioned,
        slack=frozenset({"version"}),
    ),
    Fault(
        "laws.version_frozen",
        "An update does not change the version.",
        ("version moves",),
        versioned,
        around=_same_version,
    ),
    Fault(
        "laws.time_frozen",
        "An update does not change the time of the update.",
        ("timestamps",),
        shown_by("update", ("updated_at", "updatedAt")),
        around=_same_time,
    ),
    Fault(
        "laws.delete_keeps",
        "What was deleted is still there.",
        ("delete then read",),
        does("delete"),
        around=_forgets,
    ),
    Fault(
        "laws.delete_unknown",
        "What is not there can be deleted.",
        ("delete twice", "unknown id"),
        of_several("delete"),
        around=_instead_of(404, _ABSENT),
    ),
    Fault(
        "laws.delete_takes_another",
        "A delete takes another thing with it.",
        ("delete removes one",),
        does("delete"),
        around=_takes_another,
    ),
    Fault(
        "laws.space_delete_leaves",
        "A deleted space leaves its objects behind.",
        ("space deletion",),
        at("DELETE /api/spaces/space/{}"),
        around=_leaves_objects,
    ),
)
