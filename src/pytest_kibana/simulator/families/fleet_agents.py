"""Fleet's agents. One is enrolled, which is no real host, so that what acts on agents can be tried."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("fleet agents")
_AGENT = BY_NAME["fleet_agent"]
ENROLLED = "stand-in-agent"
_AGENTS = "/api/fleet/agents"


@family.start
def enroll(world: World) -> None:
    """Enroll the one agent, where the contract knows agents at all."""
    if f"GET {_AGENTS}/{{}}" not in world.router.routes or ENROLLED in world.store.table("fleet_agent"):
        return
    value = {
        "id": ENROLLED,
        "type": "PERMANENT",
        "active": True,
        "status": "offline",
        "enrolled_at": world.clock.now(),
        "policy_id": "stand-in-policy",
        "policy_revision": 1,
        "packages": [],
        "tags": ["stand-in"],
        "local_metadata": {
            "host": {"hostname": "stand-in"},
            "elastic": {"agent": {"version": world.version}},
        },
        "agent": {"id": ENROLLED, "version": world.version},
    }
    world.store.put("fleet_agent", "*", ENROLLED, value)


def _one(call: Call) -> Any:
    record = call.table("fleet_agent").get(call.ids[0])
    if record is None:
        raise generic.missing(_AGENT, "id", call.ids[0])
    return record


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
    """Count agents by status."""
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
    agents = len(call.table("fleet_agent"))
    return Reply({"results": {**counts, "all": agents, "active": agents, "offline": agents}})


@family.on(f"POST {_AGENTS}/actions/{{}}/cancel")
def cancel(call: Call) -> Reply:
    """Call an action off."""
    table = call.table("fleet_agent_action")
    record = next((r for r in table.values() if r.id.rpartition("/")[2] == call.ids[0]), None)
    if record is None:
        raise Refusal(404, f"Agent action {call.ids[0]} not found")
    key = call.world.clock.uuid()
    return Reply({"item": {**record.value, "id": key, "type": "CANCEL", "data": {"target_id": call.ids[0]}}})


@family.on(*(f"POST {_AGENTS}/bulk_{verb}" for verb in
             ("reassign", "unenroll", "upgrade", "request_diagnostics", "update_agent_tags", "migrate")))  # fmt: skip
def bulk(call: Call) -> Reply:
    """Act on many agents; 200 for agents that do not exist, too (seen on 9.4.3)."""
    body = call.body or {}
    if call.path.endswith("bulk_reassign"):
        policy = str(body.get("policy_id"))
        if policy not in call.table("fleet_agent_policy"):
            raise generic.missing(BY_NAME["fleet_agent_policy"], "id", policy)
    return Reply({"actionId": call.world.clock.uuid()})
