"""The entity store of 9.4: installed per space, running at once, with the entities that are written to it."""

from functools import partial
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("entity store")
_BASE = "/api/security/entity_store"
_TYPES = ("user", "host", "service", "generic")
_route = partial(family.route, beside="POST /api/asset_criticality", since="9.4")
_KEY = "-"
_LARGEST = 10_000


def _engines(call: Call) -> Table:
    return call.world.store.table("entity_store", call.space)


def _entities(call: Call) -> Table:
    return call.world.store.table("entity", call.space)


def _body(call: Call) -> dict[str, Json]:
    return call.body if isinstance(call.body, dict) else {}


def _demand(call: Call, name: str, kind: type) -> Json:
    value = _body(call).get(name)
    if not isinstance(value, kind):
        raise Refusal(400, f"[request body]: {name}: Required", family="platform")
    return value


def _asked_types(call: Call) -> list[str]:
    asked = _body(call).get("entityTypes") or list(_TYPES)
    if not isinstance(asked, list):
        raise Refusal(400, "[request body]: entityTypes: Expected array", family="platform")
    unknown = [name for name in asked if name not in _TYPES]
    if unknown:
        text = f"[request body]: entityTypes: Invalid enum value. Received '{unknown[0]}'"
        raise Refusal(400, text, family="platform")
    return asked


@_route(f"POST {_BASE}/install")
def install(call: Call) -> Reply:
    """Install engines for types of entities: 201 where one is new, else 200 (seen on 9.4.3)."""
    types, engines = _asked_types(call), _engines(call)
    record = engines.get(_KEY) or call.world.store.put("entity_store", call.space, _KEY, {}, by=call.user)
    fresh = [name for name in types if name not in record.value]
    record.value = {**record.value, **dict.fromkeys(fresh, "started")}
    return Reply({"ok": True}, status=201 if fresh else 200)


@_route(f"POST {_BASE}/uninstall")
def uninstall(call: Call) -> Reply:
    """Take engines away; the store is gone with the last."""
    types, record = _asked_types(call), _installed(call)
    for name in types:
        record.value.pop(name, None)
    if not record.value:
        del _engines(call)[_KEY]
    return Reply({"ok": True})


def _installed(call: Call) -> Record:
    record = _engines(call).get(_KEY)
    if record is None:
        raise Refusal(404, "Entity store is not installed", family="platform")
    return record


@_route(f"GET {_BASE}/status")
def status(call: Call) -> Reply:
    """Say which engines there are and whether they run."""
    record = _engines(call).get(_KEY)
    if record is None:
        return Reply({"status": "not_installed", "engines": []})
    rows = [{"type": name, "status": state} for name, state in record.value.items()]
    running = any(row["status"] == "started" for row in rows)
    return Reply({"status": "running" if running else "stopped", "engines": rows})


@_route(f"PUT {_BASE}/start", f"PUT {_BASE}/stop")
def switch(call: Call) -> Reply:
    """Let engines run, or stop them."""
    types, record = _asked_types(call), _installed(call)
    state = "started" if call.path.endswith("/start") else "stopped"
    record.value |= {name: state for name in types if name in record.value}
    return Reply({"ok": True})


@_route(f"PUT {_BASE}")
def configure(call: Call) -> Reply:
    """Say how logs are read, which nothing does here."""
    _demand(call, "logExtraction", dict)
    _installed(call)
    return Reply({"ok": True})


@_route(f"GET {_BASE}/entities")
def entities(call: Call) -> Reply:
    """Show what was written. Kibana shows it only after a while; here it is there at once."""
    if whole(call.query.get("per_page"), 10) > _LARGEST:
        text = f"[request query]: per_page: Number must be less than or equal to {_LARGEST}"
        raise Refusal(400, text, family="platform")
    _installed(call)
    rows = [record.value for record in _entities(call).values()]
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("per_page"), 10)
    part = rows[(page - 1) * size : page * size]
    return Reply({"records": part, "total": len(rows), "page": page, "per_page": size})


def _entity_id(call: Call) -> str:
    """Return under which id a document is kept: its own, or its type and name."""
    document, kind = _body(call), call.ids[0]
    entity, named = document.get("entity"), document.get(kind)
    if isinstance(entity, dict) and entity.get("id"):
        return str(entity["id"])
    if isinstance(named, dict) and named.get("name"):
        return f"{kind}:{named['name']}"
    raise Refusal(400, "[request body]: entity.id: Required", family="platform")


@_route(f"POST {_BASE}/entities/{{}}")
def write(call: Call) -> Reply:
    """Write an entity that is not there."""
    _installed(call)
    key = _entity_id(call)
    if key in _entities(call):
        raise Refusal(409, f"Entity ID '{key}' already exists", family="platform")
    call.world.store.put("entity", call.space, key, dict(_body(call)), by=call.user)
    return Reply({"ok": True})


@_route(f"PUT {_BASE}/entities/{{}}")
def rewrite(call: Call) -> Reply:
    """Change an entity."""
    _installed(call)
    key = _entity_id(call)
    record = _entities(call).get(key)
    if record is None:
        raise Refusal(404, f"Entity ID '{key}' not found", family="platform")
    record.value = {**record.value, **_body(call)}
    call.world.store.touch(record, call.user)
    return Reply({"ok": True})


@_route(f"PUT {_BASE}/entities/bulk")
def rewrite_many(call: Call) -> Reply:
    """Change many entities; those that are not there are named, and not made (seen on 9.4.3)."""
    rows = _demand(call, "entities", list)
    _installed(call)
    errors = []
    for row in rows:
        document = row.get("doc") or {}
        key = str((document.get("entity") or {}).get("id") or "")
        record = _entities(call).get(key)
        if record is None:
            errors.append({"_id": key, "status": 404, "reason": f"Entity ID '{key}' not found"})
        else:
            record.value = {**record.value, **document}
    return Reply({"ok": True, "errors": errors})


@_route(f"DELETE {_BASE}/entities", f"DELETE {_BASE}/entities/")
def remove(call: Call) -> Reply:
    """Remove an entity."""
    key = call.query.get("entityId") or _demand(call, "entityId", str)
    _installed(call)
    if _entities(call).pop(str(key), None) is None:
        raise Refusal(404, f"Entity ID '{key}' not found", family="platform")
    return Reply({"deleted": True})


# -- who is the same -------------------------------------------------------------------------------------------------


@_route(f"POST {_BASE}/resolution/link")
def link(call: Call) -> Reply:
    """Declare entities to be the same as one of them."""
    keys, target = _demand(call, "entity_ids", list), _demand(call, "target_id", str)
    _installed(call)
    for key in keys:
        if key in _entities(call):
            _entities(call)[key].facts["same"] = target
    return Reply({"linked": keys, "skipped": [], "target_id": target})


@_route(f"POST {_BASE}/resolution/unlink")
def unlink(call: Call) -> Reply:
    """Take them apart."""
    keys = _demand(call, "entity_ids", list)
    _installed(call)
    for key in keys:
        if key in _entities(call):
            _entities(call)[key].facts.pop("same", None)
    return Reply({"unlinked": keys, "skipped": []})


@_route(f"GET {_BASE}/resolution/group")
def group(call: Call) -> Reply:
    """Show who is the same as an entity."""
    key = call.query.get("entity_id")
    if not key:
        raise Refusal(400, "[request query]: entity_id: Required", family="platform")
    _installed(call)
    if key not in _entities(call):
        raise Refusal(404, f"Entity ID '{key}' not found", family="platform")
    same = [{"entity": {"id": r.id}} for r in _entities(call).values() if r.facts.get("same") == key]
    return Reply({"target": {"entity": {"id": key}}, "aliases": same, "group_size": len(same) + 1})
