"""Entity analytics: how critical assets are, and engines that are running as soon as they are asked for."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("entity analytics")
_ASSET, _ENGINE = BY_NAME["asset_criticality"], BY_NAME["entity_engine"]
_ENGINES = "/api/entity_store/engines"
_KINDS = ("user", "host", "service", "generic")


def _asset(call: Call) -> Record:
    key = f"{call.query.get('id_field')}|{call.query.get('id_value')}"
    record = call.table("asset_criticality").get(key)
    if record is None:
        raise Refusal(404)
    return record


def _keep(call: Call, body: dict[str, Json]) -> Record:
    key = f"{body.get('id_field')}|{body.get('id_value')}"
    now = call.world.clock.now()
    value = {
        "id_field": body.get("id_field"),
        "id_value": body.get("id_value"),
        "criticality_level": body.get("criticality_level"),
        "@timestamp": now,
        "asset": {"criticality": body.get("criticality_level")},
    }
    field = str(body.get("id_field", ".")).partition(".")
    if field[0] and field[2]:
        value[field[0]] = {
            field[2]: body.get("id_value"),
            "asset": {"criticality": body.get("criticality_level")},
        }
    return call.world.store.put("asset_criticality", call.space, key, value, by=call.user)


@family.on("POST /api/asset_criticality")
def upsert(call: Call) -> Reply:
    """Say how critical an asset is."""
    return Reply(_keep(call, call.body or {}).value)


@family.on("GET /api/asset_criticality")
def read(call: Call) -> Reply:
    """Show how critical an asset is."""
    return Reply(_asset(call).value)


@family.on("DELETE /api/asset_criticality")
def delete(call: Call) -> Reply:
    """Forget it; what is not there was not deleted."""
    key = f"{call.query.get('id_field')}|{call.query.get('id_value')}"
    record = call.table("asset_criticality").pop(key, None)
    return Reply({"deleted": record is not None, **({"record": record.value} if record is not None else {})})


@family.on("POST /api/asset_criticality/bulk")
def bulk(call: Call) -> Reply:
    """Say it of many assets."""
    records = (call.body or {}).get("records") or []
    for record in records:
        if record.get("criticality_level") == "unassigned":
            call.table("asset_criticality").pop(f"{record.get('id_field')}|{record.get('id_value')}", None)
        else:
            _keep(call, record)
    return Reply({"errors": [], "stats": {"successful": len(records), "failed": 0, "total": len(records)}})


@family.on("GET /api/asset_criticality/list")
def list_(call: Call) -> Reply:
    """Show all of them, page by page."""
    rows = [r.value for r in call.table("asset_criticality").values()]
    body = page_of(call, _ASSET, rows)
    return Reply({"records": [], "page": 1, "per_page": 10, **body, "total": len(rows)})


@family.on("POST /api/entity_store/enable")
def enable(call: Call) -> Reply:
    """Start engines of some types of entities, or of all; those that run already are left alone."""
    body = dict(call.body or {})
    kinds = body.pop("entityTypes", None) or _KINDS
    fresh = [_started(call, str(kind), body) for kind in kinds if kind not in call.table("entity_engine")]
    return Reply({"succeeded": True, "engines": fresh})


@family.route("DELETE /api/entity_store/engines", beside="POST /api/entity_store/enable")
def remove_many(call: Call) -> Reply:
    """Remove engines of some types of entities, or all."""
    asked = call.query.get("entityTypes") or call.query.get("entityTypes[]")
    kinds = asked if isinstance(asked, list) else asked.split(",") if isinstance(asked, str) else list(_KINDS)
    gone = [kind for kind in kinds if call.table("entity_engine").pop(kind, None) is not None]
    return Reply({"deleted": gone, "still_running": list(call.table("entity_engine"))})


@family.on(f"POST {_ENGINES}/{{}}/init")
def init(call: Call) -> Reply:
    """Start an engine of a type of entity."""
    return Reply(_started(call, call.ids[0], call.body or {}))


def _started(call: Call, kind: str, given: dict[str, Json]) -> Json:
    body = {k: v for k, v in given.items() if v is not None}
    value = {
        "type": kind,
        "indexPattern": "",
        "status": "started",
        "filter": "",
        "fieldHistoryLength": 10,
        "lookbackPeriod": "24h",
        "timeout": "180s",
        "frequency": "1m",
        "delay": "1m",
        "docsPerSecond": -1,
        **{k: v for k, v in body.items() if k != "type"},
    }
    record = call.world.store.put("entity_engine", call.space, kind, {"type": kind}, by=call.user)
    return generic.settle(call, _ENGINE, record, value, fresh=False).value


@family.on(f"POST {_ENGINES}/{{}}/start", f"POST {_ENGINES}/{{}}/stop")
def switch(call: Call) -> Reply:
    """Start or stop an engine."""
    record = call.table("entity_engine").get(call.ids[0])
    if record is None and call.operation is None:
        raise Refusal(404)
    started = call.path.endswith("/start")
    if record is not None:
        record.value = {**record.value, "status": "started" if started else "stopped"}
    return Reply({"started" if started else "stopped": True})


@family.on(f"POST {_ENGINES}/apply_dataview_indices")
def apply(call: Call) -> Reply:
    """Tell engines which indices to read: those that they read already."""
    rows = [{"type": key, "changes": {"indexPatterns": []}} for key in call.table("entity_engine")]
    return Reply({"success": True, "result": rows})


@family.on(f"DELETE {_ENGINES}/{{}}")
def remove(call: Call) -> Reply:
    """Remove an engine."""
    if call.table("entity_engine").pop(call.ids[0], None) is None:
        raise Refusal(404, f"Engine for {call.ids[0]} not found")
    return Reply({"deleted": True})


@family.on(f"GET {_ENGINES}")
def engines(call: Call) -> Reply:
    """Show the engines."""
    rows = [r.value for r in call.table("entity_engine").values()]
    return Reply({"count": len(rows), "engines": rows})


@family.on("GET /api/entity_store/status")
def status(call: Call) -> Reply:
    """Say how the store is."""
    rows = [r.value for r in call.table("entity_engine").values()]
    return Reply({"status": "running" if rows else "not_installed", "engines": rows})


# -- entities ----------------------------------------------------------------------------------------------

_ENTITIES = "/api/entity_store/entities"


def _put(call: Call, kind: str, document: Json) -> Json:
    entity = document.get("entity") or {}
    key = str(entity.get("id") or document.get("id") or call.world.clock.uuid())
    value = {**document, "entity": {**entity, "id": key}} if "entity" in document else {**document, "id": key}
    record = call.world.store.put("entity", call.space, f"{kind}/{key}", value, by=call.user)
    record.facts["type"] = kind
    return value


@family.on(f"PUT {_ENTITIES}/{{}}", f"POST {_ENTITIES}/{{}}")
def put_entity(call: Call) -> Reply:
    """Keep an entity."""
    return Reply(_put(call, call.ids[0], call.body or {}))


@family.on(f"PUT {_ENTITIES}/bulk")
def put_entities(call: Call) -> Reply:
    """Keep many entities."""
    for row in (call.body or {}).get("entities") or ():
        _put(call, str(row.get("type")), row.get("record") or row.get("doc") or {})
    return Reply({"ok": True, "errors": []})


@family.on(f"DELETE {_ENTITIES}/{{}}")
def drop_entity(call: Call) -> Reply:
    """Forget an entity."""
    key = str((call.body or {}).get("id"))
    if call.table("entity").pop(f"{call.ids[0]}/{key}", None) is None:
        raise Refusal(404, f"Entity ID '{key}' not found")
    return Reply({"deleted": True})


@family.on(f"GET {_ENTITIES}/list")
def entities(call: Call) -> Reply:
    """Show entities of some types, page by page."""
    kinds = call.query.get("entity_types") or []
    rows = [r.value for r in call.table("entity").values() if not kinds or r.facts.get("type") in kinds]
    return Reply({**page_of(call, BY_NAME["entity"], rows), "total": len(rows)})
