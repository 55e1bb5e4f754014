"""Osquery: packs and saved queries, which are told apart by name; live queries that nobody answers."""

from functools import partial
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME, Resource
from pytest_kibana.simulator.listing import sort_rows, whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("osquery")
_PACK, _QUERY = BY_NAME["osquery_pack"], BY_NAME["osquery_saved_query"]
_PACKS, _QUERIES, _LIVE = "/api/osquery/packs", "/api/osquery/saved_queries", "/api/osquery/live_queries"


def _page(call: Call, rows: list[Json]) -> Reply:
    if by := call.query.get("sort"):
        rows = sort_rows(rows, str(by), str(call.query.get("sortOrder", "desc")))
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("pageSize"), 20)
    part = rows[(page - 1) * size : page * size]
    return Reply({"data": part, "page": page, "per_page": size, "total": len(rows)})


def _stamps(record: Record) -> dict[str, Json]:
    return {
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by,
    }


def _flat(record: Record) -> dict[str, Json]:
    return {**record.value, "saved_object_id": record.id, **_stamps(record)}


def _demand_unique(call: Call, resource: Resource, field: str, name: str, but: str = "") -> None:
    for record in call.table(resource.name).values():
        if record.value.get(field) == name and record.id != but:
            what = "Pack" if resource is _PACK else "Saved query"
            raise Refusal(409, f'{what} with {field} "{name}" already exists.', family="platform")


@family.on(f"POST {_PACKS}")
def make_pack(call: Call) -> Reply:
    """Make a pack."""
    body = {
        "description": "",
        "enabled": True,
        "policy_ids": [],
        "queries": {},
        "shards": {},
        **(call.body or {}),
    }
    _demand_unique(call, _PACK, "name", str(body.get("name")))
    record = call.world.store.put("osquery_pack", call.space, call.world.clock.uuid(), body, by=call.user)
    return Reply({"data": _flat(record)})


@family.on(f"GET {_PACKS}/{{}}")
def read_pack(call: Call) -> Reply:
    """Show a pack."""
    record = generic.find(call, _PACK)
    shown = {
        **_flat(record),
        "id": record.id,
        "type": "osquery-pack",
        "namespaces": [call.space],
        "read_only": False,
    }
    return Reply({"data": shown})


@family.on(f"GET {_PACKS}")
def list_packs(call: Call) -> Reply:
    """Show packs, page by page."""
    return _page(call, [_flat(r) for r in call.table("osquery_pack").values()])


@family.on(f"PUT {_PACKS}/{{}}")
def update_pack(call: Call) -> Reply:
    """Change a pack; what is left out of a pack is reset (seen on 9.4.3)."""
    record = generic.find(call, _PACK)
    body = call.body or {}
    if body.get("name"):
        _demand_unique(call, _PACK, "name", str(body["name"]), record.id)
    kept = {"name": record.value.get("name"), "enabled": record.value.get("enabled", True)}
    record.value = {"description": "", "policy_ids": [], "queries": {}, "shards": {}, **kept, **body}
    call.world.store.touch(record, call.user)
    return Reply({"data": _flat(record)})


@family.on(f"DELETE {_PACKS}/{{}}")
def delete_pack(call: Call) -> Reply:
    """Remove a pack."""
    generic.remove(call, _PACK, generic.find(call, _PACK))
    return Reply({})


_copied = partial(family.route, beside=f"POST {_PACKS}", since="9.4")


@_copied(f"POST {_PACKS}/{{}}/copy")
def copy_pack(call: Call) -> Reply:
    """Make a pack like another one, under another name, and asleep."""
    value = generic.find(call, _PACK).value
    return _copy(call, _PACK, {**value, "name": f"{value.get('name')}_copy", "enabled": False})


@_copied(f"POST {_QUERIES}/{{}}/copy")
def copy_query(call: Call) -> Reply:
    """Make a saved query like another one, under another name."""
    value = generic.find(call, _QUERY).value
    return _copy(call, _QUERY, {**value, "id": f"{value.get('id')}_copy"})


def _copy(call: Call, resource: Resource, value: dict[str, Json]) -> Reply:
    record = call.world.store.put(resource.name, call.space, call.world.clock.uuid(), value, by=call.user)
    return Reply({"data": _flat(record)})


def _as_object(call: Call, record: Record) -> dict[str, Json]:
    return {
        "id": record.id,
        "saved_object_id": record.id,
        "type": "osquery-saved-query",
        "namespaces": [call.space],
        "references": [],
        "version": record.version,
        "updated_at": record.updated_at,
        "attributes": {**record.value, **_stamps(record), "prebuilt": False},
    }


@family.on(f"POST {_QUERIES}")
def make_query(call: Call) -> Reply:
    """Keep a query under a name of its own."""
    body = dict(call.body or {})
    _demand_unique(call, _QUERY, "id", str(body.get("id")))
    record = call.world.store.put(
        "osquery_saved_query", call.space, call.world.clock.uuid(), body, by=call.user
    )
    return Reply({"data": _flat(record)})


@family.on(f"GET {_QUERIES}/{{}}")
def read_query(call: Call) -> Reply:
    """Show a saved query: as the saved object that it is, and flat since 9.4 (seen on 9.4.3)."""
    record = generic.find(call, _QUERY)
    return Reply({"data": _flat(record) if call.world.at_least("9.4") else _as_object(call, record)})


@family.on(f"GET {_QUERIES}")
def list_queries(call: Call) -> Reply:
    """Show saved queries, page by page."""
    return _page(call, [_flat(r) for r in call.table("osquery_saved_query").values()])


@family.on(f"PUT {_QUERIES}/{{}}")
def update_query(call: Call) -> Reply:
    """Change a saved query."""
    record = generic.find(call, _QUERY)
    body = call.body or {}
    if body.get("id"):
        _demand_unique(call, _QUERY, "id", str(body["id"]), record.id)
    record.value = {**record.value, **body}
    call.world.store.touch(record, call.user)
    return Reply({"data": _flat(record)})


@family.on(f"DELETE {_QUERIES}/{{}}")
def delete_query(call: Call) -> Reply:
    """Remove a saved query."""
    generic.remove(call, _QUERY, generic.find(call, _QUERY))
    return Reply({})


@family.on(f"POST {_LIVE}")
def ask(call: Call) -> Reply:
    """Ask agents, of whom there are none."""
    body = dict(call.body or {})
    key, inner = call.world.clock.uuid(), call.world.clock.uuid()
    value: dict[str, Json] = {
        "action_id": key,
        "@timestamp": call.world.clock.now(),
        "expiration": call.world.clock.now(),
        "type": "INPUT_ACTION",
        "input_type": "osquery",
        "agents": body.get("agent_ids") or [],
        "user_id": call.user,
        "status": "completed",
        "queries": [
            {
                "action_id": inner,
                "id": inner,
                "query": body.get("query"),
                "agents": [],
                "status": "completed",
                "docs": 0,
            }
        ],
    }
    call.world.store.put("osquery_live_query", call.space, key, value, by=call.user)
    return Reply({"data": value})


@family.on(f"GET {_LIVE}")
def asked(call: Call) -> Reply:
    """Show what was asked."""
    rows = [
        {"_id": r.id, "_source": r.value, "fields": {}} for r in call.table("osquery_live_query").values()
    ]
    size = whole(call.query.get("pageSize"), 20)
    return Reply({"data": {"total": len(rows), "items": rows[:size]}})


@family.on(f"GET {_LIVE}/{{}}")
def answer(call: Call) -> Reply:
    """Show one live query."""
    record = call.table("osquery_live_query").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Live query [{call.ids[0]}] not found")
    return Reply({"data": record.value})


@family.on(f"GET {_LIVE}/{{}}/results/{{}}")
def results(call: Call) -> Reply:
    """Show no results."""
    if call.ids[0] not in call.table("osquery_live_query"):
        raise Refusal(404, f"Live query [{call.ids[0]}] not found")
    return Reply({"data": {"total": 0, "edges": []}})
