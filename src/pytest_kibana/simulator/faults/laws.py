"""Faults of memory: what create, read, list, update and delete owe one another, and do not pay."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator import generic, listing
from pytest_kibana.simulator.faults.model import Applies, Around, Bench, Fault, Proceed, role_of, shows
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.routing import anonymous
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

_TEXTS = ("name", "title", "description", "label", "message", "value", "list_id", "slug", "pipeline")
_IDS = ("id", "saved_object_id", "savedObjectId", "noteId")


def _does(*roles: str) -> Applies:
    def applies(operation: Operation, bench: Bench) -> bool:
        return role_of(operation)[0] in roles

    return applies


def _shows(role: str, names: tuple[str, ...]) -> Applies:
    """Apply where an operation of this role is documented to show one of these properties."""
    return lambda operation, bench: role_of(operation)[0] == role and shows(bench, operation, names)


def _of_makeable(*roles: str) -> Applies:
    """Apply where the thing can be made, so that somebody knows that it must be there."""

    def applies(operation: Operation, bench: Bench) -> bool:
        role, resource = role_of(operation)
        return role in roles and resource is not None and bool(resource.create)

    return applies


def _asks(names: tuple[str, ...]) -> Applies:
    def applies(operation: Operation, bench: Bench) -> bool:
        asked = {p.name for p in operation.parameters_in("query")}
        return _of_makeable("list")(operation, bench) and bool(asked & set(names))

    return applies


def _chosen(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    return (
        role == "create"
        and resource is not None
        and (resource.chosen or bool(resource.aliases))
        and not resource.upsert
    )


def _unchosen(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    return (
        role == "create"
        and resource is not None
        and not (resource.chosen or resource.aliases or resource.upsert or resource.single)
    )


def _listed(operation: Operation, bench: Bench) -> bool:
    resource = role_of(operation)[1]
    return resource is not None and any(bench.contract.find(label) is not None for label in resource.list)


def _of_several(role: str) -> Applies:
    """Apply where there may be several things, each with its id."""

    def applies(operation: Operation, bench: Bench) -> bool:
        found, resource = role_of(operation)
        return found == role and resource is not None and bool(resource.create) and not resource.single

    return applies


def _scoped(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    return role == "create" and resource is not None and not resource.everywhere


def _versioned(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    takes = resource is not None and (bool(resource.version) or resource.name == "saved_object")
    return role == "update" and takes


def _bulk(operation: Operation, bench: Bench) -> bool:
    """Requests in bulk that are answered one by one: the answer has an array at its top."""
    if not (operation.unsafe and "_bulk" in operation.path):
        return False
    success = operation.success
    media = success.media("application/json") if success is not None else None
    flat = (
        bench.synthesiser.flat(media.schema.json) if media is not None and media.schema is not None else None
    )
    if not isinstance(flat, dict):
        return False
    parts = [bench.synthesiser.flat(part) for part in flat.get("properties", {}).values()]
    return flat.get("type") == "array" or any(isinstance(p, dict) and p.get("type") == "array" for p in parts)


def _totals(operation: Operation, bench: Bench) -> bool:
    success = operation.success
    media = success.media("application/json") if success is not None else None
    flat = (
        bench.synthesiser.flat(media.schema.json) if media is not None and media.schema is not None else None
    )
    known = set(flat.get("properties", {})) if isinstance(flat, dict) else set()
    return role_of(operation)[0] == "list" and bool(known & set(listing.TOTALS))


# -- nothing happens, or too much --------------------------------------------------------------------------


def _forgets(call: Call, proceed: Proceed) -> Reply:
    """Do it, say so, and undo it."""
    before = call.world.store.snapshot()
    reply = proceed()
    call.world.store.restore(before)
    return reply


def _instead_of(status: int) -> Around:
    """Succeed where the status would have been this one."""

    def around(call: Call, proceed: Proceed) -> Reply:
        try:
            return proceed()
        except Refusal as refusal:
            if refusal.status != status:
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


def _resets(call: Call, proceed: Proceed) -> Reply:
    """Change what was asked for, and one thing more."""
    before = call.world.store.snapshot()
    reply = proceed()
    sent = json.dumps(call.body)
    for record, _ in _changed(before, call):
        holder = record.value
        if isinstance(holder, dict) and isinstance(holder.get("attributes"), dict):
            holder = holder["attributes"]
        for name, value in list(holder.items()) if isinstance(holder, dict) else ():
            if (
                f'"{name}"' not in sent
                and not name.lower().startswith(_VOLATILE)
                and isinstance(value, str | list | bool)
            ):
                holder[name] = (
                    [] if isinstance(value, list) else (not value) if isinstance(value, bool) else f"{value}?"
                )
                return reply
    return reply


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
            other = next((k for k in now if k.rpartition("/")[0] == family and k != "default"), None)
            if other is not None:
                del now[other]
                return reply
    return reply


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


# -- lists -------------------------------------------------------------------------------------------------


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


def _success(change: Callable[[Json], Json]) -> Callable[[Call, Reply], Reply]:
    def after(_: Call, reply: Reply) -> Reply:
        if reply.status < 300:
            reply.body = change(reply.body)
        return reply

    return after


def _loses_a_line(_: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, bytes):
        lines = reply.body.split(b"\n")
        reply.body = b"\n".join(lines[1:]) if len(lines) > 1 else reply.body
    return reply


def _is(*labels: str) -> Applies:
    def applies(operation: Operation, bench: Bench) -> bool:
        return f"{operation.method} {anonymous(operation.path)}" in labels

    return applies


_KEEPS = ("create then read",)
FAULTS = (
    Fault("laws.create_lost", "What was made is not there.", _KEEPS, _does("create"), around=_forgets),
    Fault(
        "laws.created_twice",
        "One request makes two things.",
        ("list after create",),
        lambda o, b: _unchosen(o, b) and _listed(o, b),
        around=_twice,
    ),
    Fault(
        "laws.created_elsewhere",
        "A thing is made in the default space instead.",
        ("space isolation", *_KEEPS),
        _scoped,
        around=_elsewhere,
    ),
    Fault(
        "laws.duplicate_accepted",
        "An id that is taken is accepted.",
        ("create twice",),
        _chosen,
        around=_instead_of(409),
    ),
    Fault(
        "laws.create_echo_differs",
        "The answer to a create is not what was sent.",
        ("create echoes",),
        _shows("create", _TEXTS),
        after=_success(lambda b: _strings(b, _TEXTS, lambda t: f"{t} (changed)")),
    ),
    Fault(
        "laws.read_differs",
        "A read shows another text than was kept.",
        _KEEPS,
        _shows("read", _TEXTS),
        after=_success(lambda b: _strings(b, _TEXTS, lambda t: f"{t} (changed)")),
    ),
    Fault(
        "laws.read_other_id",
        "A read shows another id than was asked for.",
        _KEEPS,
        _shows("read", _IDS),
        after=_success(lambda b: _strings(b, _IDS, lambda t: t[::-1] + "0")),
    ),
    Fault(
        "laws.unknown_readable",
        "What was never made can be read.",
        ("unknown id",),
        _of_several("read"),
        around=_instead_of(404),
    ),
    Fault(
        "laws.update_lost",
        "An update changes nothing.",
        ("update then read",),
        _does("update"),
        around=_forgets,
    ),
    Fault(
        "laws.update_resets",
        "An update changes what it was not asked to.",
        ("update changes only what is sent",),
        _does("update"),
        around=_resets,
    ),
    Fault(
        "laws.unknown_updatable",
        "What was never made can be updated.",
        ("unknown id",),
        _of_several("update"),
        around=_instead_of(404),
    ),
    Fault(
        "laws.version_unchecked",
        "An update with a version that is not the last is accepted.",
        ("stale version",),
        _versioned,
        slack=frozenset({"version"}),
    ),
    Fault(
        "laws.version_frozen",
        "An update does not change the version.",
        ("version moves",),
        _versioned,
        around=_same_version,
    ),
    Fault(
        "laws.time_frozen",
        "An update does not change the time of the update.",
        ("timestamps",),
        _shows("update", ("updated_at", "updatedAt")),
        around=_same_time,
    ),
    Fault(
        "laws.delete_keeps",
        "What was deleted is still there.",
        ("delete then read",),
        _does("delete"),
        around=_forgets,
    ),
    Fault(
        "laws.delete_unknown",
        "What is not there can be deleted.",
        ("delete twice", "unknown id"),
        _of_several("delete"),
        around=_instead_of(404),
    ),
    Fault(
        "laws.delete_takes_another",
        "A delete takes another thing with it.",
        ("delete removes one",),
        _does("delete"),
        around=_takes_another,
    ),
    Fault(
        "laws.list_forgets",
        "A list leaves out its last row.",
        ("list after create",),
        _of_makeable("list"),
        after=_rows(lambda rows: rows[:-1]),
    ),
    Fault(
        "laws.list_repeats",
        "A list shows a row twice.",
        ("pages are disjoint", "list after create"),
        _does("list"),
        after=_rows(lambda rows: [*rows[:1], *rows]),
    ),
    Fault("laws.total_wrong", "The total is not the number of things.", ("total",), _totals, after=_more),
    Fault(
        "laws.page_ignored",
        "Every page is the first.",
        ("pages are disjoint",),
        _asks(listing.PAGES),
        around=_deaf_to((*listing.PAGES, "from")),
    ),
    Fault(
        "laws.size_ignored",
        "A page is as long as it likes.",
        ("page size",),
        _asks(listing.SIZES),
        around=_deaf_to(listing.SIZES),
    ),
    Fault(
        "laws.sort_ignored",
        "A list comes in no order.",
        ("sort",),
        _asks(listing.SORTS),
        around=_deaf_to((*listing.SORTS, *listing.ORDERS)),
    ),
    Fault(
        "laws.sort_backwards",
        "A list comes in the opposite order.",
        ("sort",),
        _asks(listing.SORTS),
        after=_rows(lambda rows: rows[::-1]),
    ),
    Fault(
        "laws.search_ignored",
        "A search finds everything.",
        ("search",),
        _asks(listing.SEARCHES),
        around=_deaf_to(listing.SEARCHES),
    ),
    Fault(
        "laws.space_delete_leaves",
        "A deleted space leaves its objects behind.",
        ("space deletion",),
        _is("DELETE /api/spaces/space/{}"),
        around=_leaves_objects,
    ),
    Fault(
        "laws.bulk_out_of_order",
        "The results of a bulk request come in another order.",
        ("bulk order",),
        _bulk,
        after=_rows(lambda rows: rows[::-1]),
    ),
    Fault(
        "laws.bulk_forgets",
        "A bulk request answers for all but one.",
        ("bulk completeness",),
        _bulk,
        after=_rows(lambda rows: rows[:-1]),
    ),
    Fault(
        "laws.export_loses",
        "An export loses an object.",
        ("export then import",),
        _is(
            "POST /api/saved_objects/_export",
            "POST /api/detection_engine/rules/_export",
            "POST /api/exception_lists/_export",
            "POST /api/timeline/_export",
        ),
        after=_loses_a_line,
    ),
)
