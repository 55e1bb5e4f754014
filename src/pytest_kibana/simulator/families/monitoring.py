"""Privileged user monitoring and the risk engine: on as soon as they are asked for, and never at work."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import matches
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("monitoring")
_BASE = "/api/entity_analytics/monitoring"
_USERS, _ENGINE = f"{_BASE}/users", f"{_BASE}/engine"
_USER = BY_NAME["monitored_user"]


def _status(call: Call) -> str:
    record = call.table("monitoring_engine").get(generic.SINGLE)
    return str(record.value["status"]) if record is not None else "not_installed"


def _set(call: Call, status: str) -> Reply:
    value = {"status": status}
    call.world.store.put("monitoring_engine", call.space, generic.SINGLE, value, by=call.user)
    return Reply(value)


@family.on(f"POST {_ENGINE}/init")
def init(call: Call) -> Reply:
    """Turn monitoring on."""
    return _set(call, "started")


@family.on(f"POST {_ENGINE}/disable")
def disable(call: Call) -> Reply:
    """Turn monitoring off, where it is on."""
    return Reply({"status": _status(call)}) if _status(call) == "not_installed" else _set(call, "disabled")


@family.on(f"POST {_ENGINE}/schedule_now")
def schedule(call: Call) -> Reply:
    """Let it look for users at once."""
    return Reply({"success": True})


@family.on(f"DELETE {_ENGINE}/delete")
def drop(call: Call) -> Reply:
    """Take monitoring away, and its users where that is said."""
    call.table("monitoring_engine").pop(generic.SINGLE, None)
    if call.query.get("data") in (True, "true"):
        call.table("monitored_user").clear()
    return Reply({"deleted": True})


@family.on(f"GET {_BASE}/privileges/health")
def health(call: Call) -> Reply:
    """Say whether it is on, and how many users it watches."""
    count = {"current_count": len(call.table("monitored_user")), "max_allowed": 10000}
    return Reply({"status": _status(call), "users": count})


@family.on(f"GET {_BASE}/privileges/privileges")
def privileges(call: Call) -> Reply:
    """Say that who got this far may do all that monitoring asks for."""
    held: dict[str, Json] = {"elasticsearch": {"cluster": {}, "index": {}}, "kibana": {}}
    may = dict.fromkeys(("has_all_required", "has_read_permissions", "has_write_permissions"), True)
    return Reply({**may, "privileges": held})


def _named(call: Call, name: str) -> Record | None:
    users = call.table("monitored_user").values()
    return next((r for r in users if (r.value.get("user") or {}).get("name") == name), None)


def _watch(call: Call, name: str, source: str) -> Record:
    """Watch a user; one that is watched already is told by one more source."""
    record = _named(call, name)
    if record is None:
        key, now = call.world.clock.uuid(), call.world.clock.now()
        record = call.world.store.put("monitored_user", call.space, key, {}, by=call.user)
        record.value = {"id": key, "@timestamp": now, "event": {"ingested": now}, "user": {"name": name},
                        "labels": {"sources": []}}  # fmt: skip
    sources = record.value["labels"]["sources"]
    record.value["labels"] = {"sources": [*sources, *({source} - set(sources))]}
    record.value["user"] = {**record.value["user"], "is_privileged": True}
    return record


@family.on(f"POST {_USERS}")
def watch(call: Call) -> Reply:
    """Watch a user by name."""
    name = ((call.body or {}).get("user") or {}).get("name")
    return Reply(_watch(call, str(name or call.world.clock.uuid()), "api").value)


@family.on(f"GET {_USERS}/list")
def users(call: Call) -> Reply:
    """Show whom it watches."""
    rows, wanted = [r.value for r in call.table("monitored_user").values()], call.query.get("kql")
    return Reply([row for row in rows if not wanted or matches(row, str(wanted))])


def _one(call: Call) -> Record:
    record = call.table("monitored_user").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"User {call.ids[0]} not found")
    return record


@family.on(f"GET {_USERS}/{{}}")
def show(call: Call) -> Reply:
    """Show a user."""
    return Reply(_one(call).value)


@family.on(f"PUT {_USERS}/{{}}")
def change(call: Call) -> Reply:
    """Change what is known of a user."""
    record = _one(call)
    body = {k: v for k, v in (call.body or {}).items() if k != "id"}
    user = {**record.value["user"], **(body.get("user") or {})}
    record.value = {**record.value, **body, "user": user}
    call.world.store.touch(record, call.user)
    return Reply(record.value)


@family.on(f"DELETE {_USERS}/{{}}")
def forget(call: Call) -> Reply:
    """Watch a user no longer. Contracts spell the member as Kibana did."""
    del call.table("monitored_user")[_one(call).id]
    return Reply({"acknowledged": True, "aknowledged": True, "message": "User deleted"})


@family.on(f"POST {_USERS}/_csv", f"POST {_USERS}/_json")
def many(call: Call) -> Reply:
    """Watch all users of a file, one a line."""
    names = [line.split(",")[0].strip() for line in _text(call).splitlines() if line.strip()]
    if isinstance(call.body, dict) and isinstance(call.body.get("users"), list):
        names = [str(one.get("user_name")) for one in call.body["users"]]
    for name in names:
        _watch(call, name, "csv")
    stats = {"successful": len(names), "failed": 0, "total": len(names)}
    return Reply({"stats": stats, "errors": [], "upserted_count": len(names)})


def _text(call: Call) -> str:
    file = call.body.get("file") if isinstance(call.body, dict) else call.body
    content = file.content if isinstance(file, Upload) else file
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content or "")


# -- privileged access detection, and risk -----------------------------------------------------------------


@family.on("GET /api/entity_analytics/privileged_user_monitoring/pad/status")
def detection(call: Call) -> Reply:
    """Say whether the package is there that detects misuse of privileges."""
    there = "complete" if "-" in call.world.store.table("pad", call.space) else "incomplete"
    return Reply({"package_installation_status": there, "ml_module_setup_status": there, "jobs": []})


@family.on("POST /api/entity_analytics/privileged_user_monitoring/pad/install")
def install(call: Call) -> Reply:
    """Install it."""
    call.world.store.put("pad", call.space, "-", {}, by=call.user)
    return Reply({"message": "Successfully installed privileged access detection package."})


@family.on("PATCH /api/risk_score/engine/saved_object/configure")
def configure(call: Call) -> Reply:
    """Say which alerts count."""
    return Reply({"risk_engine_saved_object_configured": True})


@family.on("POST /api/risk_score/engine/schedule_now")
def score(call: Call) -> Reply:
    """Let it score at once."""
    return Reply({"success": True})


@family.on("DELETE /api/risk_score/engine/dangerously_delete_data")
def wipe(call: Call) -> Reply:
    """Forget all scores."""
    return Reply({"cleanup_successful": True})
