"""What the agent builder has since 9.4: attachments of conversations in versions, who may use an agent, what talking
has cost, and plugins.
"""

from functools import partial
from pathlib import PurePosixPath
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("agent builder parts")
_BASE = "/api/agent_builder"
_ALL = f"{_BASE}/conversations/{{}}/attachments"
_ONE = f"{_ALL}/{{}}"
_since_9_4 = partial(family.route, beside=f"GET {_BASE}/conversations", since="9.4")
_since_9_5 = partial(family.route, beside=f"GET {_BASE}/conversations", since="9.5")
_TALK, _AGENT = BY_NAME["agent_builder_conversation"], BY_NAME["agent_builder_agent"]


def _body(call: Call) -> dict[str, Json]:
    return call.body if isinstance(call.body, dict) else {}


def _conversation(call: Call) -> Record:
    record = call.table(_TALK.name).get(call.ids[0])
    if record is None:
        raise generic.missing(_TALK, "id", call.ids[0])
    return record


def _attachment(call: Call) -> Record:
    _conversation(call)
    record = call.table("agent_builder_attachment").get("/".join(call.ids[:2]))
    if record is None:
        raise Refusal(404, f"Attachment with ID '{call.ids[1]}' not found", family="platform")
    return record


# -- attachments -----------------------------------------------------------------------------------------------


def _version(call: Call, number: int, data: Json) -> dict[str, Json]:
    return {"version": number, "data": data, "created_at": call.world.clock.now()}


@_since_9_4(f"GET {_ALL}")
def list_(call: Call) -> Reply:
    """Show what is attached to a conversation; what was deleted, where that is asked for."""
    _conversation(call)
    every = call.query.get("include_deleted") in (True, "true")
    rows = [r.value for r in call.table("agent_builder_attachment").values() if r.parent == call.ids[0]]
    kept = [row for row in rows if every or row["active"]]
    return Reply({"results": kept, "total_token_estimate": 0})


@_since_9_4(f"GET {_ALL}/stale")
def stale(call: Call) -> Reply:
    """Show which differ from where they came from: none, since nothing else changes them."""
    _conversation(call)
    return Reply({"attachments": []})


@_since_9_4(f"POST {_ALL}")
def attach(call: Call) -> Reply:
    """Attach something, under an id of the caller's or a fresh one."""
    body = _body(call)
    if not isinstance(body.get("type"), str) or ("data" not in body and "origin" not in body):
        missing = "type" if not isinstance(body.get("type"), str) else "data"
        raise Refusal(
            400, f"[request body.{missing}]: expected at least one defined value", family="platform"
        )
    _conversation(call)
    key = str(body.get("id") or call.world.clock.uuid())
    if f"{call.ids[0]}/{key}" in call.table("agent_builder_attachment"):
        raise Refusal(409, f"Attachment with ID '{key}' already exists", family="platform")
    value = {
        "id": key,
        "type": body["type"],
        "description": body.get("description", ""),
        "hidden": bool(body.get("hidden", False)),
        "active": True,
        "current_version": 1,
        "versions": [_version(call, 1, body.get("data"))],
        **({"origin": body["origin"]} if "origin" in body else {}),
    }
    place = f"{call.ids[0]}/{key}"
    call.world.store.put(
        "agent_builder_attachment", call.space, place, value, by=call.user, parent=call.ids[0]
    )
    return Reply({"attachment": value})


@_since_9_4(f"PUT {_ONE}")
def renew(call: Call) -> Reply:
    """Keep new contents, which are another version; the same contents are none."""
    body = _body(call)
    if "data" not in body:
        raise Refusal(400, "[request body.data]: expected at least one defined value", family="platform")
    record = _attachment(call)
    last = record.value["current_version"]
    value = dict(record.value)
    if value["versions"][-1]["data"] != body["data"]:
        last += 1
        value |= {
            "versions": [*value["versions"], _version(call, last, body["data"])],
            "current_version": last,
        }
    value |= {"description": body["description"]} if "description" in body else {}
    return _changed(call, record, value, new_version=last)


def _changed(call: Call, record: Record, value: dict[str, Json], **more: Json) -> Reply:
    record.value = value
    call.world.store.touch(record, call.user)
    return Reply({"attachment": value, **more})


@_since_9_4(f"PATCH {_ONE}")
def rename(call: Call) -> Reply:
    """Describe it otherwise."""
    text = _body(call).get("description")
    if not isinstance(text, str):
        raise Refusal(400, "[request body.description]: expected value of type [string]", family="platform")
    record = _attachment(call)
    return _changed(call, record, {**record.value, "description": text})


@_since_9_4(f"PUT {_ONE}/origin")
def tie(call: Call) -> Reply:
    """Say where it came from."""
    origin = _body(call).get("origin")
    if not isinstance(origin, str):
        raise Refusal(400, "[request body.origin]: expected value of type [string]", family="platform")
    record = _attachment(call)
    return _changed(call, record, {**record.value, "origin": origin})


@_since_9_4(f"DELETE {_ONE}")
def detach(call: Call) -> Reply:
    """Put it out of sight, or forget it for good."""
    record = _attachment(call)
    permanent = call.query.get("permanent") in (True, "true")
    if permanent:
        del call.table("agent_builder_attachment")[record.id]
    else:
        record.value = {**record.value, "active": False}
    return Reply({"success": True, "permanent": permanent})


@_since_9_4(f"POST {_ONE}/_restore")
def restore(call: Call) -> Reply:
    """Bring back what was put out of sight."""
    record = _attachment(call)
    return _changed(call, record, {**record.value, "active": True}, success=True)


# -- agents ------------------------------------------------------------------------------------------------------


def _agent(call: Call) -> Record:
    known = {**call.table(_AGENT.name, "default"), **call.table(_AGENT.name)}
    if call.ids[0] not in known:
        raise generic.missing(_AGENT, "id", call.ids[0])
    return known[call.ids[0]]


@_since_9_5(f"GET {_BASE}/agents/{{}}/access_control")
def access(call: Call) -> Reply:
    """Show who may use an agent: everybody, until somebody says otherwise."""
    return Reply(_agent(call).facts.get("access") or {"access_mode": "default"})


@_since_9_5(f"PUT {_BASE}/agents/{{}}/access_control")
def grant(call: Call) -> Reply:
    """Say who may use an agent."""
    record = _agent(call)
    record.facts["access"] = dict(_body(call))
    return Reply(record.facts["access"])


@_since_9_4(f"POST {_BASE}/agents/{{}}/consumption")
def consumption(call: Call) -> Reply:
    """Show what each conversation with an agent has cost, which is nothing here."""
    body = _body(call)
    if "size" in body and not isinstance(body["size"], int):
        raise Refusal(400, "[request body.size]: expected value of type [number]", family="platform")
    agent = _agent(call).id
    names = body.get("usernames") or []
    rows = [
        {
            "conversation_id": record.id,
            "title": record.value.get("title"),
            "created_at": record.created_at,
            "updated_at": record.updated_at,
            "user": record.value.get("user"),
            "token_usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
            "round_count": len(record.value.get("rounds") or ()),
            "llm_calls": 0,
            "warnings": [],
        }
        for record in call.table(_TALK.name).values()
        if record.value.get("agent_id") == agent and (not names or record.created_by in names)
    ]
    return Reply({"results": rows[: whole(body.get("size"), 25)], "total": len(rows)})


# -- skills ------------------------------------------------------------------------------------------------------

_SKILL = BY_NAME["agent_builder_skill"]
_SKILLS = f"{_BASE}/skills"


@_since_9_4(f"POST {_SKILLS}")
def make_skill(call: Call) -> Reply:
    """Make a skill under the caller's id."""
    body = _body(call)
    for name in ("id", "name", "description", "content"):
        if not isinstance(body.get(name), str):
            text = f"[request body.{name}]: expected value of type [string] but got [undefined]"
            raise Refusal(400, text, family="platform")
    call.body = {"tool_ids": [], "referenced_content": [], **body, "readonly": False}
    return generic.create(call, _SKILL)


@_since_9_4(f"GET {_SKILLS}")
def skills(call: Call) -> Reply:
    """Show the skills, all at once."""
    return Reply({"results": [record.value for record in call.table(_SKILL.name).values()]})


@_since_9_4(f"GET {_SKILLS}/{{}}")
def skill(call: Call) -> Reply:
    """Show a skill."""
    return generic.read(call, _SKILL)


@_since_9_4(f"PUT {_SKILLS}/{{}}")
def change_skill(call: Call) -> Reply:
    """Change what is sent of a skill."""
    return generic.update(call, _SKILL)


@_since_9_4(f"DELETE {_SKILLS}/{{}}")
def forget_skill(call: Call) -> Reply:
    """Remove a skill; one that an agent has is let go by force alone."""
    record = generic.find(call, _SKILL)
    users = [
        agent.id
        for agent in call.table(_AGENT.name).values()
        if record.id in ((agent.value.get("configuration") or {}).get("skill_ids") or ())
    ]
    if users and call.query.get("force") not in (True, "true"):
        text = (
            f"Skill {record.id} is used by agents: {', '.join(users)}. Use force to remove it all the same."
        )
        raise Refusal(409, text, family="platform")
    generic.remove(call, _SKILL, record)
    return Reply({"success": True})


# -- plugins, where a contract has them, and what needs a model ----------------------------------------------------

_PLUGIN = f"{_BASE}/plugins/{{}}"


@family.on(f"GET {_BASE}/plugins")
def plugins(call: Call) -> Reply:
    """Show the bundles of skills that are installed."""
    return Reply({"results": [record.value for record in call.table("agent_builder_plugin").values()]})


@family.on(f"POST {_BASE}/plugins/install")
def install(call: Call) -> Reply:
    """Install a bundle from an address, which nobody asks here; its name is the last part of that."""
    url = str(_body(call).get("url"))
    key = call.world.clock.uuid()
    name = _body(call).get("plugin_name") or PurePosixPath(url).stem or "plugin"
    value: dict[str, Json] = {
        "id": key,
        "name": name,
        "version": "1.0.0",
        "description": "",
        "source_url": url,
        "skill_ids": [],
    }
    stamps = {"created_at": call.world.clock.now(), "updated_at": call.world.clock.now()}
    return Reply(
        call.world.store.put("agent_builder_plugin", call.space, key, {**value, **stamps}, by=call.user).value
    )


@family.on(f"GET {_PLUGIN}", f"DELETE {_PLUGIN}")
def plugin(call: Call) -> Reply:
    """Show a bundle, or remove it."""
    record = call.table("agent_builder_plugin").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Plugin with id {call.ids[0]} not found", family="platform")
    if call.method == "GET":
        return Reply(record.value)
    del call.table("agent_builder_plugin")[record.id]
    return Reply({"success": True})


@_since_9_4(f"POST {_BASE}/nl_to_esql", f"POST {_BASE}/nl_to_visualization")
def made_up(call: Call) -> Reply:
    """Have a model write something; what it writes is always the same."""
    if not isinstance(_body(call).get("query"), str):
        raise Refusal(400, "[request body.query]: expected value of type [string]", family="platform")
    if call.path.endswith("_esql"):
        return Reply({"answer": "", "query": "FROM * | LIMIT 10"})
    return Reply({"visualization": {"type": "metric"}, "chart_type": "metric", "esql": "FROM * | LIMIT 10"})
