"""Fleet's agents. Some are enrolled, which are no real hosts, so that what acts on agents can be tried."""

from collections.abc import Iterable
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import filtered, page_of
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.routing import numbers
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("fleet agents")
_AGENT, _POLICY, _FILE = BY_NAME["fleet_agent"], BY_NAME["fleet_agent_policy"], BY_NAME["fleet_agent_file"]
ENROLLED = ("stand-in-agent", *(f"stand-in-agent-{number}" for number in range(2, 7)))
POLICY = "stand-in-policy"
TAGS = ("pytest-kibana", "stand-in")
"""By the first one an agent is known that its owner gave to tests; the second says what it is."""
_AGENTS = "/api/fleet/agents"
_TYPES = {
    "reassign": "POLICY_REASSIGN",
    "unenroll": "UNENROLL",
    "upgrade": "UPGRADE",
    "request_diagnostics": "REQUEST_DIAGNOSTICS",
    "migrate": "MIGRATE",
}
"""What the actions are called that verbs on agents leave behind."""


_STATUSES = ("offline", "error", "online", "inactive", "enrolling", "unenrolling", "unenrolled", "updating",
             "degraded", "uninstalled", "orphaned")  # fmt: skip
"""What agents may be, as the summary of their list counts it."""


@family.start
def enroll(world: World) -> None:
    """Enroll the agents, where the contract knows agents at all."""
    table = world.store.table("fleet_agent")
    if f"GET {_AGENTS}/{{}}" not in world.router.routes or table:
        return
    policy = {
        "id": POLICY,
        "name": "Stand-in agents",
        "namespace": "default",
        "description": "Has the agents of the stand-in.",
        "status": "active",
        "is_managed": False,
        "is_protected": False,
        "revision": 1,
        "agents": len(ENROLLED),
        "monitoring_enabled": [],
        "inactivity_timeout": 1209600,
        "schema_version": "1.1.1",
        "space_ids": ["default"],
        "updated_at": world.clock.now(),
        "updated_by": "system",
    }
    world.store.put("fleet_agent_policy", "default", POLICY, policy)
    for key in ENROLLED:
        value = {
            "id": key,
            "type": "PERMANENT",
            "active": True,
            "status": "offline",
            "enrolled_at": world.clock.now(),
            "policy_id": POLICY,
            "policy_revision": 1,
            "packages": [],
            "tags": list(TAGS),
            "local_metadata": {"host": {"hostname": key}, "elastic": {"agent": {"version": world.version}}},
            "agent": {"id": key, "version": world.version},
        }
        world.store.put("fleet_agent", "*", key, value)


def _one(call: Call) -> Record:
    record = call.table("fleet_agent").get(call.ids[0])
    if record is None:
        raise generic.missing(_AGENT, "id", call.ids[0])
    return record


def _meant(call: Call, agents: Json) -> list[Record]:
    """Return the agents that a body names: by a list of ids, or by a filter."""
    records = call.table("fleet_agent").values()
    if isinstance(agents, str):
        return filtered([r for r in records if r.value.get("active")], agents, lambda record: record.value)
    return [r for r in records if r.id in (agents or ())]


# -- looking -----------------------------------------------------------------------------------------------


@family.on(f"GET {_AGENTS}")
def list_(call: Call) -> Reply:
    """Show agents; those that have left only where that is asked for."""
    every = call.query.get("showInactive") in (True, "true")
    rows = [r.value for r in call.table("fleet_agent").values() if every or r.value.get("active")]
    body = page_of(call, _AGENT, rows)
    if call.query.get("getStatusSummary") in (True, "true"):
        counts = dict.fromkeys(_STATUSES, 0)
        for row in rows:
            counts[row["status"]] += 1
        body["statusSummary"] = counts
    return Reply(body)


@family.on(f"POST {_AGENTS}")
def agents_of_actions(call: Call) -> Reply:
    """Show which agents actions were for."""
    wanted = set((call.body or {}).get("actionIds") or ())
    found = {
        agent
        for r in call.table("fleet_agent_action").values()
        if r.id in wanted
        for agent in r.value["agents"]
    }
    return Reply({"items": sorted(found)})


@family.on(f"GET {_AGENTS}/tags")
def tags(call: Call) -> Reply:
    """Show the tags that agents have."""
    return Reply(
        {"items": sorted({t for r in call.table("fleet_agent").values() for t in r.value.get("tags") or ()})}
    )


@family.on(f"GET {_AGENTS}/available_versions")
def versions(call: Call) -> Reply:
    """Show which releases agents could be brought to: this one."""
    return Reply({"items": [call.world.version]})


@family.on("GET /api/fleet/agent_status")
def status(call: Call) -> Reply:
    """Count agents by status: of one policy, of several, or of all."""
    names = (
        "all",
        "active",
        "online",
        "error",
        "offline",
        "inactive",
        "unenrolled",
        "updating",
        "other",
        "events",
    )
    counts = dict.fromkeys((*names, "orphaned", "uninstalled"), 0)
    policies = call.query.get("policyIds") or (
        [call.query["policyId"]] if call.query.get("policyId") else None
    )
    records = list(call.table("fleet_agent").values())
    if kuery := call.query.get("kuery"):
        records = filtered(records, str(kuery), lambda record: record.value)
    for record in records:
        if policies is None or record.value.get("policy_id") in policies:
            counts["all"] += 1
            counts["active"] += bool(record.value.get("active"))
            counts[record.value["status"]] += 1
    return Reply({"results": counts})


@family.on("GET /api/fleet/agent_status/data")
def data(call: Call) -> Reply:
    """Say of each agent whether its data has come in: no."""
    asked = call.query.get("agentsIds") or ()
    ids = [asked] if isinstance(asked, str) else asked
    return Reply({"items": [{key: {"data": False}} for key in ids], "dataPreview": []})


# -- acting on one -----------------------------------------------------------------------------------------


@family.on(f"PUT {_AGENTS}/{{}}")
def update(call: Call) -> Reply:
    """Change an agent's tags."""
    record = _one(call)
    body = call.body or {}
    record.value = {**record.value, **{k: body[k] for k in ("tags", "user_provided_metadata") if k in body}}
    call.world.store.touch(record, call.user)
    return Reply({"item": record.value})


@family.on(f"DELETE {_AGENTS}/{{}}")
def delete(call: Call) -> Reply:
    """Forget an agent."""
    generic.remove(call, _AGENT, _one(call))
    return Reply({"action": "deleted"})


@family.before(f"* {_AGENTS}/{{}}/*")
def demand_agent(call: Call) -> None:
    """Refuse what is asked of an agent that nobody knows."""
    if call.ids and "/actions/{}" not in call.label and "/files/" not in call.label:
        _one(call)


@family.before(f"POST {_AGENTS}/{{}}/upgrade", f"POST {_AGENTS}/bulk_upgrade")
def demand_release(call: Call) -> None:
    """Refuse to bring agents beyond this release (Kibana source, upgrade_handler.ts)."""
    asked = str((call.body or {}).get("version"))
    if asked[:1].isdigit() and numbers(asked) > numbers(call.world.version):
        ours = f"the installed kibana version {call.world.version}"
        text = f"Cannot upgrade agent to {asked} because it is higher than {ours}"
        raise Refusal(400, text, family="platform")


@family.on(f"POST {_AGENTS}/{{}}/upgrade", f"POST {_AGENTS}/{{}}/migrate")
def tell(call: Call) -> Reply:
    """Tell an agent something; it has not heard yet."""
    key = _act(call, call.path.rpartition("/")[2], [_one(call)])
    return Reply({"actionId": key})


@family.on(f"POST {_AGENTS}/{{}}/reassign")
def reassign(call: Call) -> Reply:
    """Give an agent another policy."""
    policy, record = _policy(call), _one(call)
    record.value = {**record.value, "policy_id": policy}
    _act(call, "reassign", [record])
    return Reply({})


def _policy(call: Call) -> str:
    policy = str((call.body or {}).get("policy_id"))
    if policy not in call.table("fleet_agent_policy"):
        raise generic.missing(_POLICY, "id", policy)
    return policy


@family.on(f"POST {_AGENTS}/{{}}/unenroll")
def unenroll(call: Call) -> Reply:
    """Let an agent go: at once where its keys are revoked, else when it hears of it."""
    record = _one(call)
    body = call.body or {}
    if body.get("revoke"):
        gone = {"active": False, "status": "unenrolled", "unenrolled_at": call.world.clock.now()}
        record.value = {**record.value, **gone}
    else:
        _act(call, "unenroll", [record])
    return Reply({})


# -- actions -----------------------------------------------------------------------------------------------


def _act(call: Call, verb: str, agents: Iterable[Record], **said: Json) -> str:
    """Write down what agents are told, and return the id of that."""
    key = call.world.clock.uuid()
    value = {
        "id": key,
        "type": _TYPES.get(verb, verb),
        "agents": [r.id for r in agents],
        "created_at": call.world.clock.now(),
        **said,
    }
    call.world.store.put("fleet_agent_action", "*", key, value, by=call.user)
    return key


@family.on(f"POST {_AGENTS}/{{}}/actions")
def act(call: Call) -> Reply:
    """Tell an agent something by its own words."""
    action = (call.body or {})["action"]
    said = {k: action[k] for k in ("data", "ack_data") if k in action}
    key = _act(call, action["type"], [_one(call)], **said)
    return Reply({"item": call.table("fleet_agent_action")[key].value})


@family.on(f"POST {_AGENTS}/actions/{{}}/cancel")
def cancel(call: Call) -> Reply:
    """Call an action off."""
    record = call.table("fleet_agent_action").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Action {call.ids[0]} not found")
    record.facts["cancelled"] = True
    key = call.world.clock.uuid()
    return Reply({"item": {**record.value, "id": key, "type": "CANCEL", "data": {"target_id": call.ids[0]}}})


@family.on(f"GET {_AGENTS}/action_status")
def action_status(call: Call) -> Reply:
    """Show what agents were told, the last first, and that they have not heard it yet."""
    rows = []
    for record in call.table("fleet_agent_action").values():
        agents = len(record.value["agents"])
        off = (
            {"status": "CANCELLED", "cancellationTime": record.updated_at}
            if record.facts.get("cancelled")
            else {}
        )
        rows.append(
            {
                "actionId": record.id,
                "type": record.value["type"],
                "status": "IN_PROGRESS",
                "creationTime": record.value["created_at"],
                "nbAgentsActionCreated": agents,
                "nbAgentsActioned": agents,
                "nbAgentsAck": 0,
                "nbAgentsFailed": 0,
                "latestErrors": [],
                **off,
            }
        )
    return Reply(page_of(call, BY_NAME["fleet_agent_action"], rows[::-1]))


@family.on(*(f"POST {_AGENTS}/bulk_{verb}" for verb in _TYPES if verb != "request_diagnostics"))
def bulk(call: Call) -> Reply:
    """Tell many agents; 200 for agents that do not exist, too (seen on 9.4.3)."""
    body = call.body or {}
    verb = call.path.rpartition("bulk_")[2]
    agents = _meant(call, body.get("agents"))
    if verb == "reassign":
        policy = _policy(call)
        for record in agents:
            record.value = {**record.value, "policy_id": policy}
    return Reply({"actionId": _act(call, verb, agents)})


@family.on(f"POST {_AGENTS}/bulk_update_agent_tags")
def bulk_tags(call: Call) -> Reply:
    """Change the tags of many agents, which is no action of theirs."""
    body = call.body or {}
    for record in _meant(call, body.get("agents")):
        kept = [t for t in record.value.get("tags") or () if t not in (body.get("tagsToRemove") or ())]
        added = [t for t in body.get("tagsToAdd") or () if t not in kept]
        record.value = {**record.value, "tags": [*kept, *added]}
    return Reply({"actionId": call.world.clock.uuid()})


# -- files -------------------------------------------------------------------------------------------------


@family.on(f"POST {_AGENTS}/{{}}/request_diagnostics", f"POST {_AGENTS}/bulk_request_diagnostics")
def diagnose(call: Call) -> Reply:
    """Ask agents how they are; their answers are there at once."""
    agents = [_one(call)] if call.ids else _meant(call, (call.body or {}).get("agents"))
    action = _act(call, "request_diagnostics", agents)
    for agent in agents:
        key = call.world.clock.uuid()
        name = f"elastic-agent-diagnostics-{key}.zip"
        value = {
            "id": key,
            "name": name,
            "filePath": f"/api/fleet/agents/files/{key}/{name}",
            "createTime": call.world.clock.now(),
            "status": "READY",
            "actionId": action,
        }
        call.world.store.put("fleet_agent_file", "*", key, value, parent=agent.id)
    return Reply({"actionId": action})


@family.on(f"GET {_AGENTS}/{{}}/uploads")
def uploads(call: Call) -> Reply:
    """Show what an agent sent."""
    return Reply(
        {"items": [r.value for r in call.table("fleet_agent_file").values() if r.parent == call.ids[0]]}
    )


@family.before(f"* {_AGENTS}/files/*")
def demand_file(call: Call) -> None:
    """Refuse what is asked of a file that nobody sent."""
    record = call.table("fleet_agent_file").get(call.ids[0])
    if record is None or (len(call.ids) > 1 and record.value["name"] != call.ids[1]):
        raise generic.missing(_FILE, "id", call.ids[0])


@family.on(f"GET {_AGENTS}/files/{{}}/{{}}")
def file(call: Call) -> Reply:
    """Hand out what an agent sent, which is nothing here."""
    return Reply({})


@family.on(f"DELETE {_AGENTS}/files/{{}}")
def forget_file(call: Call) -> Reply:
    """Remove what an agent sent."""
    del call.table("fleet_agent_file")[call.ids[0]]
    return Reply({"id": call.ids[0], "deleted": True})
