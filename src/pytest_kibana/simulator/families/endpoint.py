"""Endpoint management: one host that says that it is enrolled, and actions that are kept and done at once.

Any id is taken for that of an enrolled host, so that actions can be kept at all; ids that begin with eight zeros are
those that nothing has, and are refused as Kibana refuses a host that it does not know.
"""

import json
import uuid
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.hosts import HOST, HOST_NAME
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("endpoint management")
_ACTION = "/api/endpoint/action"
_VERBS = ("isolate", "unisolate", "execute", "get_file", "kill_process", "running_procs", "runscript", "scan",
          "suspend_process", "upload", "cancel", "memory_dump", "run_script")  # fmt: skip


_NOBODY = "00000000-"
_FILE = b"fetched from nowhere"


def _agent(key: str) -> str:
    """Return the id of a host's agent, which is always a UUID: made of the key where that is none."""
    try:
        return str(uuid.UUID(key))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, key))


def _demand_host(key: str) -> None:
    if key.startswith(_NOBODY):
        text = f"The host does not have Elastic Defend integration installed: [{key}]"
        raise Refusal(400, text, family="platform")


def _demand(key: str, what: str) -> None:
    if key.startswith(_NOBODY):
        raise Refusal(404, f"{what} {key} not found", family="platform")


def _host(call: Call, key: str) -> dict[str, Json]:
    """Return what is told of a host."""
    now = call.world.clock.now()
    agent = {"id": key, "version": call.world.version, "type": "endpoint"}
    named = {"name": HOST_NAME, "hostname": HOST_NAME, "os": {"name": "Linux", "family": "linux"}}
    metadata = {"@timestamp": now, "agent": agent, "elastic": {"agent": {"id": key}}, "host": named,
                "Endpoint": {"status": "enrolled", "state": {"isolation": False}}}  # fmt: skip
    return {"metadata": metadata, "host_status": "healthy", "last_checkin": now, "policy_info": {}}


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
    if isinstance(ids, str):
        ids = _listed(ids)
    asked = [str(one) for one in ids] if isinstance(ids, list) else [str(ids)]
    if not asked:
        text = "[request body.endpoint_ids]: array size is [0], but cannot be smaller than [1]"
        raise Refusal(400, text, family="platform")
    for agent in asked:
        _demand_host(agent)
    agents = [_agent(one) for one in asked]
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


def _listed(text: str) -> list[Json]:
    """Return a list that travelled as text, as it does in a multipart body."""
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return found if isinstance(found, list) else [found]


@family.on("GET /api/endpoint/metadata")
def hosts(call: Call) -> Reply:
    """Show the one host, which is healthy."""
    page, size = whole(call.query.get("page"), 0), whole(call.query.get("pageSize"), 10)
    order = {"sortField": "enrolled_at", "sortDirection": "desc"}
    wanted = call.query.get("hostStatuses") or ["healthy"]
    kuery = str(call.query.get("kuery") or "")
    there = "healthy" in wanted and (not kuery or HOST_NAME in kuery or HOST in kuery)
    rows = [_host(call, HOST)] if there else []
    part = rows[page * size : (page + 1) * size]
    return Reply({"data": part, "total": len(rows), "page": page, "pageSize": size, **order})


@family.on("GET /api/endpoint/metadata/{}")
def host(call: Call) -> Reply:
    """Show a host."""
    _demand(call.ids[0], "Endpoint")
    return Reply(_host(call, call.ids[0]))


@family.on("GET /api/endpoint/policy_response")
def policy_response(call: Call) -> Reply:
    """Say that a host took its policy well."""
    key = str(call.query.get("agentId") or "")
    _demand(key, "Policy response of")
    applied = {
        "status": "success",
        "name": "policy",
        "id": HOST,
        "version": "1",
        "endpoint_policy_version": 1,
    }
    endpoint = {"policy": {"applied": applied}}
    return Reply(
        {
            "policy_response": {
                "agent": {"id": key},
                "Endpoint": endpoint,
                "@timestamp": call.world.clock.now(),
            }
        }
    )


@family.on("GET /api/endpoint/action_status")
def pending(call: Call) -> Reply:
    """Say of each host that nothing waits for it: every action is done at once."""
    ids = call.query.get("agent_ids") or []
    rows = [{"agent_id": key, "pending_actions": {}} for key in (ids if isinstance(ids, list) else [ids])]
    return Reply({"data": rows})


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


@family.on(f"GET {_ACTION}/{{}}/file/{{}}")
def file(call: Call) -> Reply:
    """Show the file that an action fetched."""
    action, key = call.ids
    _demand(action, "Action with id")
    _demand(key, "File")
    known = {"id": key, "actionId": action, "agentId": key.partition(".")[2] or HOST, "agentType": "endpoint",
             "name": "file.zip", "mimeType": "application/zip", "size": len(_FILE), "status": "READY",
             "created": call.world.clock.now()}  # fmt: skip
    return Reply({"data": known})


@family.on(f"GET {_ACTION}/{{}}/file/{{}}/download")
def download(call: Call) -> Reply:
    """Hand the file out."""
    _demand(call.ids[0], "Action with id")
    _demand(call.ids[1], "File")
    return Reply(_FILE, media="application/octet-stream")
