"""Watchlists of 9.4: named, weighed, and of one space."""

from functools import partial
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("watchlists")
_BASE = "/api/entity_analytics/watchlists"
_route = partial(family.route, beside="POST /api/asset_criticality", since="9.4")
_HEAVIEST = 2


def _lists(call: Call) -> Table:
    return call.world.store.table("watchlist", call.space)


def _sent(call: Call) -> dict[str, Json]:
    body = call.body if isinstance(call.body, dict) else {}
    weight = body.get("riskModifier")
    if not isinstance(body.get("name"), str) or not isinstance(weight, int | float):
        lacking = "riskModifier" if isinstance(body.get("name"), str) else "name"
        raise Refusal(400, f"[request body]: {lacking}: Required", family="platform")
    if not 0 <= weight <= _HEAVIEST:
        text = f"[request body]: riskModifier: Number must be less than or equal to {_HEAVIEST}"
        raise Refusal(400, text, family="platform")
    return {"description": "", "managed": False, **body}


def _one(call: Call) -> Record:
    record = _lists(call).get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Watchlist {call.ids[0]} not found", family="platform")
    return record


@_route(f"POST {_BASE}")
def create(call: Call) -> Reply:
    """Make a watchlist."""
    sent, key = _sent(call), call.world.clock.uuid()
    record = call.world.store.put("watchlist", call.space, key, {}, by=call.user)
    stamps = {"createdAt": record.created_at, "updatedAt": record.updated_at}
    record.value = {"entitySources": [], **sent, "id": key, **stamps}
    return Reply(record.value)


@_route(f"GET {_BASE}/list")
def list_(call: Call) -> Reply:
    """Show all watchlists."""
    return Reply([record.value for record in _lists(call).values()])


@_route(f"GET {_BASE}/{{}}")
def read(call: Call) -> Reply:
    """Show a watchlist."""
    return Reply(_one(call).value)


@_route(f"PUT {_BASE}/{{}}")
def update(call: Call) -> Reply:
    """Replace a watchlist."""
    sent, record = _sent(call), _one(call)
    call.world.store.touch(record, call.user)
    record.value = {**record.value, **sent, "id": record.id, "updatedAt": record.updated_at}
    return Reply(record.value)


@_route(f"DELETE {_BASE}/{{}}")
def delete(call: Call) -> Reply:
    """Remove a watchlist; served, and in no contract."""
    del _lists(call)[_one(call).id]
    return Reply({"deleted": True})


@_route(f"POST {_BASE}/{{}}/csv_upload", media="multipart/form-data")
@_route(f"POST {_BASE}/{{}}/entities/assign", f"POST {_BASE}/{{}}/entities/unassign")
def fill(call: Call) -> Reply:
    """Put entities in, or take them out."""
    _one(call)
    named = call.body.get("euids") if isinstance(call.body, dict) else None
    count = len(named) if isinstance(named, list) else 0
    return Reply({"successful": count, "failed": 0, "total": count, "items": []})
