"""Monitors that are pushed as a project, as Elastic's own ``@elastic/synthetics`` does: outside every contract.

What travels is what that client sends and takes (its source, ``push/kibana_api``, and Kibana's synthetics plugin).
"""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("synthetics projects")
_PROJECT = "/api/synthetics/project/{}/monitors"
_MOST = 250
"""How many monitors one call may bring."""


def _pushed(call: Call) -> dict[str, Record]:
    """Return the monitors of the call's project, by the id that the project gives them."""
    found = call.table("synthetics_monitor").values()
    return {str(r.value["journey_id"]): r for r in found if r.value.get("project_id") == call.ids[0]}


@family.route(f"GET {_PROJECT}", beside="GET /api/synthetics/monitors")
def pushed(call: Call) -> Reply:
    """Tell ids and hashes of what was pushed, so that a client sends only what is different."""
    rows = sorted(_pushed(call).items())
    after, size = str(call.query.get("search_after") or ""), whole(call.query.get("per_page"), 500)
    part = [(key, record) for key, record in rows if key > after][:size]
    body: dict[str, Json] = {
        "total": len(rows),
        "monitors": [{"journey_id": key, "hash": record.value.get("hash") or ""} for key, record in part],
    }
    if part and len(part) == size:
        body["after_key"] = part[-1][0]
    return Reply(body)


@family.route(f"PUT {_PROJECT}/_bulk_update", beside="GET /api/synthetics/monitors")
def push(call: Call) -> Reply:
    """Make or replace monitors; each that cannot be says so for itself.

    Raises:
        Refusal: 400 where there are too many of them.
    """
    given = (call.body or {}).get("monitors") if isinstance(call.body, dict) else None
    if not isinstance(given, list):
        text = "[request body.monitors]: expected value of type [array] but got [undefined]"
        raise Refusal(400, text, family="platform")
    if len(given) > _MOST:
        text = f"[request body.monitors]: array size is [{len(given)}], but cannot be greater than [{_MOST}]"
        raise Refusal(400, text, family="platform")
    known = _pushed(call)
    answer: dict[str, list[Json]] = {"createdMonitors": [], "updatedMonitors": [], "failedMonitors": []}
    for monitor in given:
        key = str(monitor.get("id"))
        trouble = _misplaced(call, monitor)
        if trouble is not None:
            reason = "Couldn't save or update monitor because of an invalid configuration."
            failed = {"id": key, "reason": reason, "details": trouble, "payload": monitor}
            answer["failedMonitors"].append(failed)
            continue
        _keep(call, key, monitor, known.get(key))
        answer["updatedMonitors" if key in known else "createdMonitors"].append(key)
    return Reply(answer)


def _keep(call: Call, key: str, monitor: dict[str, Json], record: Record | None) -> None:
    project = call.ids[0]
    revision = 1 if record is None else record.value["revision"] + 1
    if record is None:
        made = call.world.clock.uuid()
        record = call.world.store.put("synthetics_monitor", call.space, made, {}, by=call.user)
    else:
        call.world.store.touch(record, call.user)
    every = monitor.get("schedule")
    record.value = {
        "enabled": True,
        "tags": [],
        **monitor,
        "id": record.id,
        "config_id": record.id,
        "custom_heartbeat_id": f"{key}-{project}-{call.space}",
        "journey_id": key,
        "project_id": project,
        "origin": "project",
        "namespace": call.space,
        "locations": list(monitor.get("locations") or ()),
        "private_locations": list(monitor.get("privateLocations") or ()),
        "schedule": {"number": str(every), "unit": "m"} if isinstance(every, int | str) else every,
        "revision": revision,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _misplaced(call: Call, monitor: dict[str, Json]) -> str | None:
    """Return what is wrong with a monitor's places; a deployment of one's own has none but private ones."""
    private = monitor.get("privateLocations") or []
    known = {r.value.get("label") for r in call.table("synthetics_private_location").values()}
    for label in private:
        if label not in known and label not in call.table("synthetics_private_location"):
            return (
                f'Invalid private location: "{label}". Remove it or replace it with a valid private location.'
            )
    for name in monitor.get("locations") or ():
        if not call.world.serverless:
            return f'Invalid location: "{name}". Remove it or replace it with a valid location.'
    if not private and not monitor.get("locations"):
        return "You must add at least one location or private location to this monitor."
    return None


@family.route(f"DELETE {_PROJECT}/_bulk_delete", beside="GET /api/synthetics/monitors")
def unpush(call: Call) -> Reply:
    """Remove monitors of the project; unknown ones are passed over."""
    wanted = (call.body or {}).get("monitors") if isinstance(call.body, dict) else None
    known = _pushed(call)
    gone = [str(key) for key in wanted or () if str(key) in known]
    for key in gone:
        call.table("synthetics_monitor").pop(known[key].id, None)
    return Reply({"deleted_monitors": gone})


@family.route("GET /internal/uptime/service/locations", beside="GET /api/synthetics/monitors", internal=True)
def locations(call: Call) -> Reply:
    """Tell where monitors may run: a deployment of one's own has its private places."""
    rows = [
        {"id": r.id, "label": r.value.get("label"), "isServiceManaged": False, "isInvalid": False}
        for r in call.table("synthetics_private_location").values()
    ]
    return Reply({"locations": rows})
