"""Streams: a root, what is forked off it, and what hangs on each. Writes say whether they made or changed it."""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("streams")
_ONE = "/api/streams/{}"
_LINKS = {"queries": "stream_query", "dashboards": "stream_dashboard_link", "rules": "stream_rule_link"}


def _root(world: World) -> str:
    """Return the name of the root: it is another one since 9.4 (elastic/kibana#251618)."""
    return "logs.otel" if world.at_least("9.4") else "logs"


def _ingest(world: World) -> dict[str, Json]:
    """Return how a new stream takes data in: until 9.1 its steps were a bare list, and it had no settings."""
    wired: Json = {"fields": {}, "routing": []}
    if not world.at_least("9.2"):
        return {"lifecycle": {"inherit": {}}, "processing": [], "wired": wired}
    return {"lifecycle": {"inherit": {}}, "processing": {"steps": []}, "settings": {}, "wired": wired}


@family.start
def root(world: World) -> None:
    """The root is always there."""
    name = _root(world)
    table = world.store.table("stream")
    if name not in table:
        world.store.put("stream", "*", name, {"name": name, "description": "", "ingest": _ingest(world)})


def _found(call: Call, name: str | None = None) -> Record:
    record = call.table("stream").get(name or call.ids[0])
    if record is None:
        raise Refusal(404, f"Cannot find stream {name or call.ids[0]}")
    return record


def _done(result: str) -> Reply:
    return Reply({"acknowledged": True, "result": result})


def _shown(call: Call, record: Record) -> dict[str, Json]:
    links = {
        n: [r.id.rpartition("/")[2] for r in call.table(k).values() if r.parent == record.id]
        for n, k in _LINKS.items()
    }
    return {
        "stream": record.value,
        "dashboards": links["dashboards"],
        **({"rules": links["rules"]} if call.world.at_least("9.2") else {}),
        "queries": [r.value for r in call.table("stream_query").values() if r.parent == record.id],
        "privileges": {
            "manage": True,
            "monitor": True,
            "view_index_metadata": True,
            "lifecycle": True,
            "simulate": True,
        },
        "effective_lifecycle": {"dsl": {}, "from": record.id},
        "effective_settings": {},
        "inherited_fields": {},
    }


@family.on("GET /api/streams")
def list_(call: Call) -> Reply:
    """Show all streams."""
    return Reply({"streams": [r.value for r in call.table("stream").values()]})


@family.on(f"GET {_ONE}")
def read(call: Call) -> Reply:
    """Show a stream."""
    return Reply(_shown(call, _found(call)))


@family.on(f"PUT {_ONE}")
def put(call: Call) -> Reply:
    """Make or replace a stream."""
    body = call.body if isinstance(call.body, dict) else {}
    stream = body.get("stream")
    given: dict[str, Json] = stream if isinstance(stream, dict) else {}
    intake = {} if given.keys() & {"group", "query"} else {"ingest": _ingest(call.world)}
    value = {"description": "", **intake, **given, "name": call.ids[0]}
    record = call.table("stream").get(call.ids[0])
    if record is None:
        call.world.store.put("stream", "*", call.ids[0], value, by=call.user)
        return _done("created")
    same = record.value == value
    record.value = value
    call.world.store.touch(record, call.user)
    return _done("noop" if same else "updated")


@family.on(f"DELETE {_ONE}")
def delete(call: Call) -> Reply:
    """Remove a stream and what hangs on it; the root stays."""
    record = _found(call)
    if record.id == _root(call.world):
        raise Refusal(400, "Cannot delete root stream")
    del call.table("stream")[record.id]
    for other in call.table("stream").values():
        wired = (other.value.get("ingest") or {}).get("wired") or {}
        wired["routing"] = [one for one in wired.get("routing") or () if one.get("destination") != record.id]
    hanging = (*_LINKS.values(), "stream_attachment")
    for table in [table for kind, _, table in call.world.store.tables() if kind in hanging]:
        for key in [k for k, r in table.items() if r.parent == record.id]:
            del table[key]
    return _done("deleted")


@family.on(f"POST {_ONE}/_fork")
def fork(call: Call) -> Reply:
    """Make a stream off another one."""
    parent = _found(call)
    body = call.body if isinstance(call.body, dict) else {}
    name = str((body.get("stream") or {}).get("name"))
    if name in call.table("stream"):
        raise Refusal(409, f"Child stream {name} already exists")
    condition = body.get("where") or body.get("if") or {"never": {}}
    routing: Json = {"destination": name, "where": condition, "status": "enabled"}
    if not call.world.at_least("9.2"):
        routing = {"destination": name, "if": condition}
    parent.value.setdefault("ingest", _ingest(call.world)).setdefault("wired", {}).setdefault(
        "routing", []
    ).append(routing)
    call.world.store.put(
        "stream", "*", name, {"name": name, "description": "", "ingest": _ingest(call.world)}, by=call.user
    )
    return _done("created")


@family.on(f"GET {_ONE}/_ingest", f"PUT {_ONE}/_ingest")
def ingest(call: Call) -> Reply:
    """Show or replace how a stream takes data in."""
    record = _found(call)
    if "ingest" not in record.value:
        raise Refusal(400, "Stream is not an ingest stream", family="platform")
    if call.method == "GET":
        return Reply({"ingest": record.value.get("ingest", _ingest(call.world))})
    record.value = {
        **record.value,
        "ingest": (call.body if isinstance(call.body, dict) else {}).get("ingest") or _ingest(call.world),
    }
    call.world.store.touch(record, call.user)
    return _done("updated")


@family.on(f"GET {_ONE}/queries", f"GET {_ONE}/dashboards", f"GET {_ONE}/rules")
def linked(call: Call) -> Reply:
    """Show what hangs on a stream."""
    name = call.path.rpartition("/")[2]
    _found(call)
    rows = [r.value for r in call.table(_LINKS[name]).values() if r.parent == call.ids[0]]
    return Reply({name: rows})


@family.on(f"PUT {_ONE}/queries/{{}}", f"PUT {_ONE}/dashboards/{{}}", f"PUT {_ONE}/rules/{{}}")
def link(call: Call) -> Reply:
    """Hang something on a stream."""
    kind = _LINKS[call.path.split("/")[4]]
    if call.ids[0] not in call.table("stream") and call.operation is not None:
        raise Refusal(404, f"Cannot find stream {call.ids[0]}")
    sent = call.body if isinstance(call.body, dict) else {}
    value = {**sent, "id": call.ids[1]}
    call.world.store.put(kind, "*", "/".join(call.ids), value, by=call.user, parent=call.ids[0])
    return Reply({"acknowledged": True})


@family.on(f"POST {_ONE}/queries/_bulk", f"POST {_ONE}/dashboards/_bulk")
def link_many(call: Call) -> Reply:
    """Hang things on a stream and take others off, one after another."""
    stream, kind = _found(call).id, _LINKS[call.path.split("/")[4]]
    for step in (call.body or {}).get("operations") or ():
        (word, given) = next(iter(step.items()))
        key = f"{stream}/{given.get('id')}"
        if word == "delete":
            call.table(kind).pop(key, None)
        else:
            call.world.store.put(kind, "*", key, dict(given), by=call.user, parent=stream)
    return Reply({"acknowledged": True})


@family.on(f"DELETE {_ONE}/queries/{{}}", f"DELETE {_ONE}/dashboards/{{}}", f"DELETE {_ONE}/rules/{{}}")
def unlink(call: Call) -> Reply:
    """Take something off a stream."""
    kind = _LINKS[call.path.split("/")[4]]
    if call.table(kind).pop("/".join(call.ids), None) is None:
        what = {"stream_query": "Query", "stream_rule_link": "Rule"}.get(kind, "Dashboard")
        raise Refusal(404, f"{what} [{call.ids[1]}] not found in stream [{call.ids[0]}]")
    return Reply({"acknowledged": True})


@family.on("POST /api/streams/_enable", "POST /api/streams/_disable", "POST /api/streams/_resync")
def switch(call: Call) -> Reply:
    """Streams are on, and stay on."""
    return _done("noop")
