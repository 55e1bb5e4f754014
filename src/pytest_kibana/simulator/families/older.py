"""What releases before 9.0 answered and later ones do not: rules by their first name, counts of cases, reindexing."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("older releases")
_ALERT = "/api/alerts/alert/{}"
_RULE = next(resource for resource in BY_NAME.values() if f"GET {_ALERT}" in resource.read)
_REINDEX = "/api/upgrade_assistant/reindex"
_STATES = {
    "open": "count_open_cases",
    "in-progress": "count_in_progress_cases",
    "closed": "count_closed_cases",
}


# -- rules, when they were called alerts ---------------------------------------------------------------------


def _set(call: Call, **change: Json) -> Reply:
    record = call.table(_RULE.name).get(call.ids[0])
    if record is None:
        raise generic.missing(_RULE, "id", call.ids[0])
    record.value = {**record.value, **change}
    call.world.store.touch(record, call.user)
    return Reply(NOTHING, status=204)


@family.on(*(f"POST {_ALERT}/_{verb}" for verb in ("enable", "disable", "mute_all", "unmute_all")))
def switch(call: Call) -> Reply:
    """Let a rule run or speak, or not."""
    verb = call.path.rpartition("/_")[2]
    return _set(
        call, **({"enabled": verb == "enable"} if verb.endswith("able") else {"muteAll": verb == "mute_all"})
    )


@family.on(f"POST {_ALERT}/alert_instance/{{}}/_mute", f"POST {_ALERT}/alert_instance/{{}}/_unmute")
def mute(call: Call) -> Reply:
    """Silence one alert of a rule, or let it speak."""
    record = call.table(_RULE.name).get(call.ids[0])
    muted = list((record.value.get("mutedInstanceIds") or ()) if record is not None else ())
    kept = [one for one in muted if one != call.ids[1]]
    return _set(call, mutedInstanceIds=kept if call.path.endswith("/_unmute") else [*kept, call.ids[1]])


@family.on("GET /api/alerts/alerts/_health")
def health(call: Call) -> Reply:
    """All is well."""
    fine = {"status": "ok", "timestamp": call.world.clock.now()}
    parts = {part: dict(fine) for part in ("decryptionHealth", "executionHealth", "readHealth")}
    return Reply(
        {"isSufficientlySecure": True, "hasPermanentEncryptionKey": True, "alertingFrameworkHealth": parts}
    )


# -- cases -----------------------------------------------------------------------------------------------------


@family.on("GET /api/cases/status")
def counts(call: Call) -> Reply:
    """Count the cases of some owners by their status."""
    asked = call.query.get("owner")
    owners = asked if isinstance(asked, list) else [] if asked is None else [asked]
    cases = [r.value for r in call.table("case").values() if not owners or r.value.get("owner") in owners]
    return Reply(
        {name: sum(case.get("status") == state for case in cases) for state, name in _STATES.items()}
    )


@family.on("GET /api/cases/{}/user_actions")
def user_actions(call: Call) -> Reply:
    """Show everything that happened to a case, in one piece."""
    if call.ids[0] not in call.table("case"):
        raise generic.missing(BY_NAME["case"], "id", call.ids[0])
    rows = [r.value for r in call.table("case_user_action").values() if r.parent == call.ids[0]]
    return Reply([{**row, "action_id": row["id"], "case_id": call.ids[0]} for row in rows])


# -- reindexing ------------------------------------------------------------------------------------------------


def _operation(call: Call, index: str, status: int) -> Record:
    value = {
        "indexName": index,
        "newIndexName": f"reindexed-v{call.world.version.partition('.')[0]}-{index.lstrip('.')}",
        "status": status,
        "lastCompletedStep": 0,
        "locked": None,
        "reindexTaskId": None,
        "reindexTaskPercComplete": None,
        "errorMessage": None,
        "runningReindexCount": None,
    }
    return call.world.store.put("reindexing", "*", index, value, by=call.user)


_IN_PROGRESS, _PAUSED, _CANCELLED = 0, 3, 4


@family.on(f"POST {_REINDEX}/{{}}")
def reindex(call: Call) -> Reply:
    """Begin to reindex, or go on; here it takes for ever."""
    return Reply(_operation(call, call.ids[0], _IN_PROGRESS).value)


@family.on(f"GET {_REINDEX}/{{}}")
def reindexing(call: Call) -> Reply:
    """Show how far it has come; an index that nobody reindexes has no operation."""
    record = call.world.store.table("reindexing").get(call.ids[0])
    shown = {"reindexOp": record.value} if record is not None else {}
    return Reply({**shown, "warnings": [], "hasRequiredPrivileges": True})


@family.on(f"POST {_REINDEX}/{{}}/cancel")
def cancel(call: Call) -> Reply:
    """End it; what does not run cannot be ended."""
    record = call.world.store.table("reindexing").get(call.ids[0])
    if record is None or record.value["status"] != _IN_PROGRESS:
        raise Refusal(404, f"No reindex operation found for index {call.ids[0]}", family="platform")
    record.value = {**record.value, "status": _CANCELLED}
    return Reply({"acknowledged": True})


@family.on(f"POST {_REINDEX}/batch")
def enqueue(call: Call) -> Reply:
    """Put indices into the queue, in order."""
    names = [str(name) for name in (call.body or {}).get("indexNames") or ()]
    rows = [_operation(call, name, _PAUSED) for name in names]
    for record in rows:
        record.value["reindexOptions"] = {"queueSettings": {"queuedAt": call.world.clock.millis()}}
    return Reply({"enqueued": [record.value for record in rows], "errors": []})


@family.on(f"GET {_REINDEX}/batch/queue")
def queue(call: Call) -> Reply:
    """Show the queue."""
    rows = [record.value for record in call.world.store.table("reindexing").values()]
    return Reply({"queue": [row for row in rows if "reindexOptions" in row]})
