"""AI: assistants with canned answers, prompts in bulk, agents and tools, discoveries of no attack."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME, Resource
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("assistants")
_AI, _BUILDER, _ATTACK = "/api/security_ai_assistant", "/api/agent_builder", "/api/attack_discovery"
_CANNED = "This is a stand-in, and it has nothing to say."
_BULK = {
    f"{_AI}/prompts/_bulk_action": "assistant_prompt",
    f"{_AI}/anonymization_fields/_bulk_action": "assistant_anonymization_field",
    f"{_AI}/knowledge_base/entries/_bulk_action": "assistant_kb_entry",
}


@family.before(f"* {_AI}/*", f"* {_ATTACK}/*", f"* {_BUILDER}/*")
def licensed(call: Call) -> None:
    """Enterprise."""
    if not call.world.licensed("enterprise"):
        raise Refusal(403, "Your license does not support AI features. Please upgrade your license.")


# -- in bulk -----------------------------------------------------------------------------------------------


@family.on(*(f"POST {path}" for path in _BULK))
def bulk(call: Call) -> Reply:
    """Make, change and remove; each failure is named, the rest is done."""
    resource = BY_NAME[_BULK[call.path]]
    body = call.body or {}
    results: dict[str, list[Json]] = {"created": [], "updated": [], "deleted": [], "skipped": []}
    errors = []
    for given in body.get("create") or ():
        key = call.world.clock.uuid()
        made = call.world.store.put(resource.name, call.space, key, {}, by=call.user)
        made.value = _row(call, resource, {**given, "id": key}, made.created_at)
        results["created"].append(made.value)
    for given in body.get("update") or ():
        record = call.table(resource.name).get(str(given.get("id")))
        if record is None:
            errors.append(_error(given.get("id"), resource))
            continue
        call.world.store.touch(record, call.user)
        record.value = {**record.value, **given, "updatedAt": record.updated_at}
        results["updated"].append(record.value)
    for key in (body.get("delete") or {}).get("ids") or ():
        if call.table(resource.name).pop(str(key), None) is None:
            errors.append(_error(key, resource))
        else:
            results["deleted"].append(key)
    done = sum(len(rows) for rows in results.values())
    summary = {"failed": len(errors), "succeeded": done, "skipped": 0, "total": done + len(errors)}
    attributes: dict[str, Json] = {"results": results, "summary": summary}
    if errors:
        attributes["errors"] = errors
    count = "anonymization_fields_count" if "anonymization" in call.path else "prompts_count"
    return Reply({"success": not errors, count: summary["total"], "attributes": attributes})


def _row(call: Call, resource: Resource, value: dict[str, Json], now: str) -> dict[str, Json]:
    return {
        **value,
        "timestamp": now,
        "createdAt": now,
        "updatedAt": now,
        "createdBy": call.user,
        "updatedBy": call.user,
        "namespace": call.space,
        "users": [{"name": call.user}],
        **({"global": False} if resource.name == "assistant_kb_entry" else {}),
    }


def _error(key: Json, resource: Resource) -> Json:
    name = "anonymization_fields" if "anonymization" in resource.name else "prompts"
    return {"message": f'id: "{key}" not found', "status_code": 404, name: [{"id": str(key)}]}


# -- knowledge -------------------------------------------------------------------------------------------------------


@family.on(f"GET {_AI}/knowledge_base/{{}}", f"GET {_AI}/knowledge_base")
def knowledge(call: Call) -> Reply:
    """Say that the model is deployed, and that nobody has taught it anything."""
    there, not_there = ("elser_exists", "is_setup_available", "user_data_exists"), ("is_setup_in_progress",
                        "security_labs_exists", "defend_insights_exists")  # fmt: skip
    flags = {**dict.fromkeys(there, True), **dict.fromkeys(not_there, False)}
    return Reply({**flags, "product_documentation_status": "uninstalled"})


@family.on(f"POST {_AI}/knowledge_base/{{}}", f"POST {_AI}/knowledge_base")
def learn(call: Call) -> Reply:
    """Set the knowledge base up, which it is already."""
    return Reply({"success": True})


# -- conversations -----------------------------------------------------------------------------------------


@family.before(f"POST {_AI}/current_user/conversations")
def begin(call: Call) -> None:
    """A conversation begins without words."""
    call.body = {"category": "assistant", "messages": [], "replacements": {}, "users": [{"name": call.user}],
                 **(call.body or {})}  # fmt: skip


@family.before(*(f"{method} {_AI}/current_user/conversations/{{}}" for method in ("GET", "PUT", "DELETE")))
def own_conversation(call: Call) -> None:
    """A conversation is its user's alone."""
    record = call.table("assistant_conversation").get(call.ids[0])
    if record is not None and record.created_by != call.user:
        raise generic.missing(BY_NAME["assistant_conversation"], "id", call.ids[0])


@family.on(f"GET {_AI}/current_user/conversations/_find")
def find_conversations(call: Call) -> Reply:
    """Show the caller's conversations, page by page."""
    mine = [r.value for r in call.table("assistant_conversation").values() if r.created_by == call.user]
    return Reply(page_of(call, BY_NAME["assistant_conversation"], mine))


@family.on(f"DELETE {_AI}/current_user/conversations")
def forget_all(call: Call) -> Reply:
    """Remove the caller's conversations but for those that are excluded."""
    table = call.table("assistant_conversation")
    spared = set((call.body or {}).get("excludedIds") or ())
    gone = [k for k, r in table.items() if r.created_by == call.user and k not in spared]
    for key in gone:
        del table[key]
    return Reply({"success": True, "totalDeleted": len(gone), "failures": []})


@family.on(f"POST {_AI}/chat/complete", "POST /api/observability_ai_assistant/chat/complete")
def chat(call: Call) -> Reply:
    """Say the one thing that the stand-in says, as a stream of events."""
    connector = (call.body or {}).get("connectorId")
    known = call.table("connector")
    wants = "POST /api/actions/connector/{}" in call.world.router.routes and call.path.startswith(
        "/api/observability"
    )
    if wants and connector not in known and connector != "stand-in":
        raise Refusal(404, f"Saved object [action/{connector}] not found")
    response = call.operation.success if call.operation is not None else None
    if response is not None and response.media("application/json") is not None:
        return generic.canned(call)
    event = {"type": "chatCompletionChunk", "message": {"content": _CANNED}}
    content = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()
    return Reply(content, media="application/octet-stream")


# -- agents and tools --------------------------------------------------------------------------------------


_SEARCH = "platform.core.search"
_BUILT_IN: dict[str, dict[str, Json]] = {
    "agent_builder_agent": {
        "id": "elastic-ai-agent",
        "name": "Elastic AI Agent",
        "type": "chat",
        "readonly": True,
        "description": "Elastic AI Agent",
        "configuration": {"tools": [{"tool_ids": [_SEARCH]}]},
    },
    "agent_builder_tool": {
        "id": _SEARCH,
        "type": "builtin",
        "readonly": True,
        "tags": [],
        "description": "Searches.",
        "configuration": {},
        "schema": {},
    },
}


@family.start
def built_in(world: World) -> None:
    """An agent and a tool are there from the start, and cannot be changed."""
    for kind, value in _BUILT_IN.items():
        if value["id"] not in world.store.table(kind, "default"):
            world.store.put(kind, "default", value["id"], dict(value))


def _kind(call: Call) -> Resource:
    return BY_NAME["agent_builder_agent" if "/agents" in call.path else "agent_builder_tool"]


@family.before(f"POST {_BUILDER}/agents", f"POST {_BUILDER}/tools")
def describe(call: Call) -> None:
    """What was built may be changed."""
    resource = _kind(call)
    body = call.body or {}
    if body.get("id") in call.table(resource.name):
        what = "Agent" if resource.name.endswith("agent") else "Tool"
        raise Refusal(
            400 if what == "Tool" else 409, f"{what} with id {body['id']} already exists", family="platform"
        )
    call.body = {"description": "", "tags": [], **body, "readonly": False}


@family.before(f"PUT {_BUILDER}/agents/{{}}", f"PUT {_BUILDER}/tools/{{}}", f"DELETE {_BUILDER}/agents/{{}}",
               f"DELETE {_BUILDER}/tools/{{}}")  # fmt: skip
def demand_own(call: Call) -> None:
    """What is there from the start stays as it is."""
    resource = _kind(call)
    record = call.table(resource.name).get(call.ids[0])
    if record is not None and record.value.get("readonly"):
        what = "Agent" if resource.name.endswith("agent") else "Tool"
        raise Refusal(400, f"{what} {call.ids[0]} is read-only and can't be changed", family="platform")


@family.on(
    f"DELETE {_BUILDER}/agents/{{}}", f"DELETE {_BUILDER}/tools/{{}}", f"DELETE {_BUILDER}/conversations/{{}}"
)
def remove(call: Call) -> Reply:
    """Remove what was built or said."""
    resource = BY_NAME["agent_builder_conversation"] if "/conversations" in call.path else _kind(call)
    generic.remove(call, resource, generic.find(call, resource))
    return Reply({"success": True})


@family.on(f"POST {_BUILDER}/converse")
def converse(call: Call) -> Reply:
    """Talk to an agent, which says what it always says."""
    body = call.body or {}
    key = str(body.get("conversation_id") or call.world.clock.uuid())
    agent = body.get("agent_id") or "elastic-ai-agent"
    value = {
        "id": key,
        "conversation_id": key,
        "agent_id": agent,
        "title": str(body.get("input", ""))[:40],
        "created_at": call.world.clock.now(),
        "user": {"username": call.user},
        "rounds": [{"input": {"message": body.get("input")}, "steps": [], "response": {"message": _CANNED}}],
    }
    call.world.store.put("agent_builder_conversation", call.space, key, value, by=call.user)
    return Reply({"conversation_id": key, "round_id": call.world.clock.uuid(), "status": "completed", "steps": [],
                  "response": {"message": _CANNED}})  # fmt: skip


@family.on(f"POST {_BUILDER}/converse/async")
def converse_slowly(call: Call) -> Reply:
    """Say the same as a stream of events."""
    said = converse(call).body
    events = (
        ("conversation_id_set", {"conversation_id": said["conversation_id"]}),
        ("message_complete", {"message_content": _CANNED}),
        ("round_complete", {"round": {"id": said["round_id"], "response": said["response"]}}),
    )
    text = "".join(f"event: {name}\ndata: {json.dumps({'data': data})}\n\n" for name, data in events)
    return Reply(text.encode(), media="text/event-stream")


@family.on(f"POST {_BUILDER}/tools/_execute")
def execute(call: Call) -> Reply:
    """Run a tool, which finds nothing."""
    key = str((call.body or {}).get("tool_id"))
    resource = BY_NAME["agent_builder_tool"]
    if key not in call.table(resource.name):
        raise generic.missing(resource, "id", key)
    found = {"type": "query", "data": {"esql": "", "columns": [], "values": []}, "tool_result_id": "result"}
    return Reply({"results": [found]})


@family.on(f"GET {_BUILDER}/a2a/{{}}.json")
def card(call: Call) -> Reply:
    """Show what another agent has to know of one."""
    agent = _agent(call)
    return Reply({
        "name": agent.get("name"),
        "description": agent.get("description", ""),
        "url": f"{_BUILDER}/a2a/{agent['id']}",
        "version": call.world.version,
        "protocolVersion": "0.3.0",
        "capabilities": {"streaming": False, "pushNotifications": False},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [],
    })  # fmt: skip


@family.on(f"POST {_BUILDER}/a2a/{{}}")
def between_agents(call: Call) -> Reply:
    """Speak JSON-RPC with other agents, and know no method that needs a model."""
    _agent(call)
    asked = call.body if isinstance(call.body, dict) else {}
    error = {"code": -32601, "message": f"Method not found: {asked.get('method')}"}
    return Reply({"jsonrpc": "2.0", "id": asked.get("id"), "error": error})


def _agent(call: Call) -> dict[str, Json]:
    resource = BY_NAME["agent_builder_agent"]
    known = {**call.table(resource.name, "default"), **call.table(resource.name)}
    if call.ids[0] not in known:
        raise generic.missing(resource, "id", call.ids[0])
    return dict(known[call.ids[0]].value)


# -- attack discovery --------------------------------------------------------------------------------------


@family.before(f"POST {_ATTACK}/schedules")
def disabled(call: Call) -> None:
    """Schedules are made disabled."""
    call.body = {"actions": [], **(call.body or {}), "enabled": False}


@family.on(f"POST {_ATTACK}/schedules/{{}}/_enable", f"POST {_ATTACK}/schedules/{{}}/_disable")
def switch(call: Call) -> Reply:
    """Let a schedule run, or not."""
    resource = BY_NAME["attack_discovery_schedule"]
    record = call.table(resource.name).get(call.ids[0])
    if record is None:
        raise generic.missing(resource, "id", call.ids[0])
    record.value = {**record.value, "enabled": call.path.endswith("/_enable")}
    return Reply({"id": record.id})


@family.on(f"DELETE {_ATTACK}/schedules/{{}}")
def drop(call: Call) -> Reply:
    """Remove a schedule."""
    resource = BY_NAME["attack_discovery_schedule"]
    record = generic.find(call, resource)
    generic.remove(call, resource, record)
    return Reply({"id": record.id})


@family.on(f"GET {_ATTACK}/_find")
def discoveries(call: Call) -> Reply:
    """Nothing was discovered."""
    body = page_of(call, BY_NAME["attack_discovery_generation"], [])
    return Reply({"connector_names": [], "data": [], "page": 1, "per_page": 10, "total": 0, "unique_alert_ids_count": 0,
                  **{k: v for k, v in body.items() if k in ("page", "per_page")}})  # fmt: skip


@family.on(f"POST {_ATTACK}/_bulk")
def change_discoveries(call: Call) -> Reply:
    """Change discoveries; those that are not there are passed over (seen on 9.4.3), and none is."""
    return Reply({"data": []})


@family.on(f"POST {_ATTACK}/generations/{{}}/_dismiss")
def dismiss(call: Call) -> Reply:
    """Put a generation out of sight; it stays listed, as dismissed (seen on 9.4.3)."""
    resource = BY_NAME["attack_discovery_generation"]
    record = call.table(resource.name).get(call.ids[0])
    if record is None:
        raise generic.missing(resource, "id", call.ids[0])
    record.value = {**record.value, "status": "dismissed"}
    return Reply({"connector_id": "stand-in", "discoveries": 0, "loading_message": "", "start": record.created_at,
                  **record.value, "execution_uuid": record.id, "status": "dismissed"})  # fmt: skip


@family.on("POST /api/agent_builder/mcp")
def mcp(call: Call) -> Reply:
    """Speak JSON-RPC with clients of the Model Context Protocol, and list the tools that were made.

    Raises:
        Refusal: 406 for a client that does not accept a stream of events (seen on 9.4.3).
    """
    accepted = call.headers.get("accept", "*/*")
    if "*/*" not in accepted and "text/event-stream" not in accepted:
        raise Refusal(406, "Not Acceptable: Client must accept both application/json and text/event-stream")
    asked = call.body if isinstance(call.body, dict) else {}
    answer: dict[str, Json] = {"jsonrpc": "2.0", "id": asked.get("id")}
    if asked.get("method") == "initialize":
        server = {"name": "elastic-mcp-server", "version": call.world.version}
        known = {"protocolVersion": "2025-03-26", "capabilities": {"tools": {}}, "serverInfo": server}
        return Reply({**answer, "result": known})
    if asked.get("method") == "tools/list":
        rows = [r.value for r in call.table("agent_builder_tool").values()]
        tools = [
            {"name": row.get("id"), "description": row.get("description"), "inputSchema": {"type": "object"}}
            for row in rows
        ]
        return Reply({**answer, "result": {"tools": tools}})
    return Reply({**answer, "error": {"code": -32601, "message": "Method not found"}})
