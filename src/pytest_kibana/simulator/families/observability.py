"""Observability: SLOs, synthetic monitors with their parameters and places, uptime's settings. No data ever comes."""

import re
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("observability")
_SLO, _MONITOR = BY_NAME["slo"], BY_NAME["synthetics_monitor"]
_PARAM, _PLACE = BY_NAME["synthetics_param"], BY_NAME["synthetics_private_location"]
_SLOS, _MONITORS = "/api/observability/slos", "/api/synthetics/monitors"
_PARAMS, _PLACES = "/api/synthetics/params", "/api/synthetics/private_locations"
_DURATIONS = {"rolling": ("7d", "30d", "90d"), "calendarAligned": ("1w", "1M")}


# -- SLOs --------------------------------------------------------------------------------------------------


@family.before(f"* {_SLOS}*")
def licensed(call: Call) -> None:
    """Platinum and above."""
    if not call.world.licensed("platinum"):
        raise Refusal(
            403, "Platinum license or higher is needed to make use of this feature.", family="platform"
        )


def _demand_window(body: Json) -> None:
    window = body.get("timeWindow") or {}
    allowed = _DURATIONS.get(str(window.get("type")), ())
    if (
        window
        and allowed
        and window.get("duration") not in allowed
        and re.fullmatch(r"\d+[a-zA-Z]", str(window.get("duration")))
    ):
        raise Refusal(400, f"Invalid time window duration: {window.get('duration')}", family="platform")


@family.on(f"POST {_SLOS}")
def create_slo(call: Call) -> Reply:
    """Make an SLO; the answer is its id."""
    body = dict(call.body or {})
    _demand_window(body)
    key = body.get("id")
    if key and not re.fullmatch(r"[a-zA-Z0-9_\-]{8,48}", str(key)):
        raise Refusal(
            400, "Invalid id: it must have 8 to 48 letters, digits, hyphens or underscores", family="platform"
        )
    if key in call.table("slo"):
        raise Refusal(409, f"SLO [{key}] already exists")
    call.body = {
        "groupBy": "*",
        "tags": [],
        "settings": {"syncDelay": "1m", "frequency": "1m", "preventInitialBackfill": False},
        **body,
        "enabled": True,
        "version": 2,
        "revision": 1,
        "instanceId": "*",
        "summary": {
            "status": "NO_DATA",
            "sliValue": -1,
            "errorBudget": {"initial": 0.01, "consumed": 0, "remaining": 1, "isEstimated": False},
        },
    }
    if not call.body["groupBy"]:
        call.body["groupBy"] = "*"
    generic.create(call, _SLO)
    return Reply({"id": key or next(reversed(call.table("slo")))})


def _slo(call: Call) -> Record:
    record = call.table("slo").get(call.ids[0])
    if record is None:
        raise generic.missing(_SLO, "id", call.ids[0])
    return record


@family.on(f"PUT {_SLOS}/{{}}")
def update_slo(call: Call) -> Reply:
    """Change what is sent."""
    _demand_window(call.body or {})
    return generic.change(call, _SLO, _slo(call), dict(call.body or {}))


@family.on(f"POST {_SLOS}/{{}}/enable", f"POST {_SLOS}/{{}}/disable")
def switch_slo(call: Call) -> Reply:
    """Let an SLO be measured, or not."""
    record = _slo(call)
    generic.change(call, _SLO, record, {"enabled": call.path.endswith("/enable")})
    return Reply(NOTHING, status=204)


@family.on(f"POST {_SLOS}/{{}}/_reset")
def reset_slo(call: Call) -> Reply:
    """Begin to measure anew."""
    return Reply(_slo(call).value)


@family.on(f"POST {_SLOS}/_bulk_delete")
def delete_slos(call: Call) -> Reply:
    """Remove SLOs in a task, which is over at once."""
    task = call.world.clock.uuid()
    results = []
    for key in (call.body or {}).get("list") or ():
        gone = call.table("slo").pop(key, None) is not None
        results.append({"id": key, "success": gone, **({} if gone else {"error": f"SLO [{key}] not found"})})
    call.world.store.put("slo_task", call.space, task, {"isDone": True, "results": results}, by=call.user)
    return Reply({"taskId": task})


@family.on(f"GET {_SLOS}/_bulk_delete/{{}}")
def deletion(call: Call) -> Reply:
    """Say how far a task is."""
    record = call.world.store.table("slo_task", call.space).get(call.ids[0])
    return Reply(record.value if record is not None else {"isDone": True, "results": []})


@family.on(f"POST {_SLOS}/_bulk_purge_rollup")
def purge(call: Call) -> Reply:
    """Forget what was rolled up, which is nothing, in a task."""
    return Reply({"taskId": call.world.clock.uuid()})


@family.route(f"GET {_SLOS}/_definitions", beside=f"GET {_SLOS}/{{}}")
@family.on("GET /internal/observability/slos/_definitions")
def definitions(call: Call) -> Reply:
    """Show what SLOs are, without how they are doing."""
    rows = [{k: v for k, v in r.value.items() if k != "summary"} for r in call.table("slo").values()]
    return Reply(page_of(call, _SLO, rows))


# -- synthetics --------------------------------------------------------------------------------------------


@family.on(f"POST {_MONITORS}")
def create_monitor(call: Call) -> Reply:
    """Make a monitor, which never runs."""
    body = dict(call.body or {})
    labels = body.get("private_locations") or []
    known = {r.value.get("label") for r in call.table("synthetics_private_location").values()}
    if not (body.get("locations") or labels):
        body["locations"] = ["us_central"] if not _demanding(call) else []
    for label in labels:
        if label not in known and label not in call.table("synthetics_private_location"):
            text = f'Invalid locations specified. Private Location(s) "{label}" not found.'
            raise Refusal(400, text, family="platform")
    key = call.world.clock.uuid()
    value = {
        "enabled": True,
        "schedule": {"number": "3", "unit": "m"},
        "tags": [],
        "timeout": "16",
        "namespace": call.space,
        "alert": {"status": {"enabled": True}, "tls": {"enabled": True}},
        "retest_on_failure": True,
        "origin": "ui",
        **body,
        "id": key,
        "config_id": key,
        "revision": 1,
    }
    record = call.world.store.put("synthetics_monitor", call.space, key, value, by=call.user)
    value |= {"created_at": record.created_at, "updated_at": record.updated_at}
    return Reply(_monitor(call, value))


def _monitor(call: Call, value: dict[str, Json]) -> dict[str, Json]:
    """Return a monitor as it is shown: its schedule in numbers and units, its places in full and in one list."""
    every = value.get("schedule")
    places = [_place(call, str(name)) for name in value.get("private_locations") or ()]
    managed = [
        one if isinstance(one, dict) else {"id": one, "label": one, "isServiceManaged": True}
        for one in value.get("locations") or ()
    ]
    return {
        **{name: held for name, held in value.items() if name != "private_locations"},
        "schedule": every if isinstance(every, dict) else {"number": str(every), "unit": "m"},
        "locations": [*managed, *places],
    }


def _place(call: Call, name: str) -> dict[str, Json]:
    table = call.table("synthetics_private_location")
    found = next(
        (r.value for r in table.values() if name in (r.id, r.value.get("label"))), {"id": name, "label": name}
    )
    kept = {key: found[key] for key in ("id", "label", "geo", "agentPolicyId") if key in found}
    return {**kept, "isServiceManaged": False, "isInvalid": False}


@family.on(f"GET {_MONITORS}/{{}}")
def read_monitor(call: Call) -> Reply:
    """Show a monitor."""
    return Reply(_monitor(call, generic.find(call, _MONITOR).value))


def _demanding(call: Call) -> bool:
    """A contract that documents the 400 knows that a monitor needs a place."""
    return call.operation is not None and any(r.status == "400" for r in call.operation.responses)


@family.on(f"PUT {_MONITORS}/{{}}")
def update_monitor(call: Call) -> Reply:
    """Change what is sent; its revision goes up."""
    record = generic.find(call, _MONITOR)
    call.world.store.touch(record, call.user)
    revision = record.value["revision"] + 1
    record.value = {**record.value, **(call.body or {}), "id": record.id, "config_id": record.id}
    record.value |= {"revision": revision, "updated_at": record.updated_at}
    return Reply(_monitor(call, record.value))


@family.on(f"GET {_MONITORS}")
def monitors(call: Call) -> Reply:
    """Show monitors, page by page."""
    every = [_monitor(call, r.value) for r in call.table("synthetics_monitor").values()]
    rows = [row for row in every if all(_chosen(row, call.query, *names) for names in _FILTERS)]
    body = page_of(call, _MONITOR, rows)
    size = body.pop("per_page", 20)
    return Reply({**body, "perPage": size, "absoluteTotal": len(every), "syncErrors": []})


_FILTERS = (("tags", "tags"), ("monitorTypes", "type"))
"""Parameters of the list, and the member of a monitor that each chooses by."""


def _chosen(row: Json, query: dict[str, Json], parameter: str, member: str) -> bool:
    """Tell whether a monitor has one of the values that are asked for."""
    wanted, value = query.get(parameter), row.get(member)
    asked = set(wanted if isinstance(wanted, list) else [wanted])
    return wanted is None or bool(asked & set(value if isinstance(value, list) else [value]))


@family.on(f"DELETE {_MONITORS}/{{}}")
def delete_monitor(call: Call) -> Reply:
    """Remove a monitor."""
    record = generic.find(call, _MONITOR)
    generic.remove(call, _MONITOR, record)
    return Reply([{"id": record.id, "deleted": True}])


@family.on(f"POST {_MONITORS}/_bulk_delete")
def delete_monitors(call: Call) -> Reply:
    """Remove monitors; each answers for itself."""
    return Reply({"result": _gone(call, "synthetics_monitor", "Monitor id {} not found!")})


def _gone(call: Call, kind: str, text: str) -> list[Json]:
    rows = []
    keys = (call.body or {}).get("ids") or []
    if not isinstance(keys, list):
        raise Refusal(400, "[request body.ids]: expected value of type [array]", family="platform")
    for key in keys:
        found = call.table(kind).pop(key, None) is not None
        rows.append({"id": key, "deleted": found, **({} if found else {"error": text.replace("{}", key)})})
    return rows


def _param(call: Call, given: Json) -> Json:
    key = call.world.clock.uuid()
    spaces = ["*"] if given.get("share_across_spaces") else [call.space]
    value = {"description": "", "tags": [], **{k: v for k, v in given.items() if k != "share_across_spaces"}}
    value |= {"id": key, "namespaces": spaces}
    call.world.store.put("synthetics_param", call.space, key, value, by=call.user)
    return value


def _without_value(value: Json) -> Json:
    return {k: v for k, v in value.items() if k != "value"}


@family.on(f"POST {_PARAMS}")
def create_params(call: Call) -> Reply:
    """Make a parameter, or several."""
    body = call.body
    return Reply([_param(call, row) for row in body] if isinstance(body, list) else _param(call, body or {}))


@family.on(f"GET {_PARAMS}")
def params(call: Call) -> Reply:
    """Show parameters; their values are written only."""
    return Reply([_without_value(r.value) for r in call.table("synthetics_param").values()])


@family.on(f"GET {_PARAMS}/{{}}")
def param(call: Call) -> Reply:
    """Show a parameter without its value."""
    return Reply(_without_value(generic.find(call, _PARAM).value))


@family.on(f"DELETE {_PARAMS}/{{}}")
def delete_param(call: Call) -> Reply:
    """Remove a parameter."""
    record = generic.find(call, _PARAM)
    generic.remove(call, _PARAM, record)
    return Reply([{"id": record.id, "deleted": True}])


@family.route(f"POST {_PARAMS}/_bulk_delete", beside=f"POST {_PARAMS}")
@family.on(f"DELETE {_PARAMS}/_bulk_delete", f"DELETE {_PARAMS}")
def delete_params(call: Call) -> Reply:
    """Remove parameters; each answers for itself."""
    return Reply(_gone(call, "synthetics_param", "Parameter {} not found"))


@family.on(f"POST {_PLACES}")
def create_place(call: Call) -> Reply:
    """Make a private place, on an agent policy of its own."""
    body = dict(call.body or {})
    policy = body.get("agentPolicyId")
    fleet = "POST /api/fleet/agent_policies" in call.world.router.routes
    if fleet and policy not in call.table("fleet_agent_policy"):
        raise Refusal(
            400,
            f"Unable to create private location. Agent policy with id {policy} does not exist",
            family="platform",
        )
    for record in call.table("synthetics_private_location").values():
        if policy in (record.value.get("agentPolicyId"),):
            raise Refusal(
                400, f"Private location with agentPolicyId {policy} already exists", family="platform"
            )
        if record.value.get("label") == body.get("label"):
            raise Refusal(
                400, f"Private location with label {body.get('label')} already exists", family="platform"
            )
    key = call.world.clock.uuid()
    value = {"tags": [], "spaces": ["*"], "geo": {"lat": 0, "lon": 0}, **body, "id": key, "isServiceManaged": False,
             "isInvalid": False, "namespace": call.space}  # fmt: skip
    call.world.store.put("synthetics_private_location", "*", key, value, by=call.user)
    return Reply(value)


@family.on(f"DELETE {_PLACES}/{{}}")
def delete_place(call: Call) -> Reply:
    """Remove a place that no monitor uses."""
    record = generic.find(call, _PLACE)
    used = [
        r
        for r in call.table("synthetics_monitor").values()
        if {record.id, record.value.get("label")} & set(r.value.get("private_locations") or ())
    ]
    if used:
        text = f"Private location with id {record.id} cannot be deleted because it is used by {len(used)} monitor(s)."
        raise Refusal(400, text, family="platform")
    generic.remove(call, _PLACE, record)
    return Reply({})


@family.on("POST /api/synthetics/monitor/test/{}")
def test(call: Call) -> Reply:
    """Run a monitor, or say so."""
    if call.ids[0] not in call.table("synthetics_monitor"):
        raise generic.missing(_MONITOR, "id", call.ids[0])
    return Reply({"testRunId": call.world.clock.uuid()})


# -- uptime ------------------------------------------------------------------------------------------------

_UPTIME = {
    "heartbeatIndices": "heartbeat-*",
    "certExpirationThreshold": 30,
    "certAgeThreshold": 730,
    "defaultConnectors": [],
    "defaultEmail": {"to": [], "cc": [], "bcc": []},
}


@family.on("GET /api/uptime/settings", "PUT /api/uptime/settings")
def uptime(call: Call) -> Reply:
    """Show the settings of the space, after what was sent was laid over them."""
    table = call.table("uptime_settings")
    record = table.get("-") or call.world.store.put(
        "uptime_settings", call.space_of("uptime_settings"), "-", dict(_UPTIME)
    )
    if call.method == "PUT":
        record.value = {**record.value, **(call.body or {})}
        call.world.store.touch(record, call.user)
    return Reply(record.value)
