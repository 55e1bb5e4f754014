"""Endpoint management: actions that reach no host are kept, and are done at once."""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.intake import Upload
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("endpoint management")
_ACTION = "/api/endpoint/action"
_VERBS = ("isolate", "unisolate", "execute", "get_file", "kill_process", "running_procs", "runscript", "scan",
          "suspend_process", "upload", "cancel", "memory_dump")  # fmt: skip


@family.on(
    *(f"POST {_ACTION}/{verb}" for verb in _VERBS),
    "POST /api/endpoint/isolate",
    "POST /api/endpoint/unisolate",
)
def act(call: Call) -> Reply:
    """Keep an action."""
    body = dict(call.body or {})
    ids = body.get("endpoint_ids") or []
    if isinstance(ids, Upload):  # a field of a multipart body that was sent as a file
        ids = ids.content.decode("utf-8", "replace")
    agents = list(ids) if isinstance(ids, list) else [str(ids)]
    key, now = call.world.clock.uuid(), call.world.clock.now()
    value = {
        "id": key,
        "agents": agents,
        "agentType": body.get("agent_type") or "endpoint",
        "command": call.path.rpartition("/")[2].replace("_", "-"),
        "startedAt": now,
        "completedAt": now,
        "isCompleted": True,
        "wasSuccessful": True,
        "isExpired": False,
        "status": "successful",
        "createdBy": call.user,
        "comment": body.get("comment") or "",
        "parameters": body.get("parameters") if isinstance(body.get("parameters"), dict) else {},
        "hosts": {agent: {"name": agent} for agent in agents},
        "agentState": {agent: {"isCompleted": True, "wasSuccessful": True} for agent in agents},
        "outputs": {},
        "errors": [],
    }
    call.world.store.put("endpoint_response_action", call.space, key, value, by=call.user)
    return Reply({"action": key, "data": value})


@family.on("GET /api/endpoint/metadata")
def hosts(call: Call) -> Reply:
    """Show no hosts: none is there."""
    page, size = whole(call.query.get("page"), 0), whole(call.query.get("pageSize"), 10)
    order = {"sortField": "enrolled_at", "sortDirection": "desc"}
    return Reply({"data": [], "total": 0, "page": page, "pageSize": size, **order})


@family.on(f"GET {_ACTION}/state")
def state(call: Call) -> Reply:
    """Actions could be encrypted."""
    return Reply({"data": {"canEncrypt": True}})


@family.on(f"GET {_ACTION}")
def list_(call: Call) -> Reply:
    """Show actions, page by page."""
    rows = [r.value for r in call.table("endpoint_response_action").values()]
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("pageSize"), 10)
    part = rows[(page - 1) * size : page * size]
    return Reply({"data": part, "total": len(rows), "page": page, "pageSize": size, "elasticAgentIds": []})


@family.on(f"GET {_ACTION}/{{}}")
def read(call: Call) -> Reply:
    """Show an action."""
    record = call.table("endpoint_response_action").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Action with id '{call.ids[0]}' not found.")
    return Reply({"data": record.value})
