"""Integrations that Elastic runs itself: agentless policies, and the managed integrations that follow them in 9.5.

They are for serverless projects and Elastic Cloud: elsewhere whatever would make one is refused (seen on 9.4.3).
"""

from functools import partial
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import filtered, whole
from pytest_kibana.simulator.packages import CATALOGUE
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet managed")
_NEW, _OLD = "/api/fleet/managed_integrations", "/api/fleet/agentless_policies"
_since_9_5 = partial(family.route, beside="POST /api/fleet/agent_policies", since="9.5")
_BOTH = (_NEW, _OLD)


def _table(call: Call) -> Table:
    return call.table("fleet_agentless_policy")


def _demand_cloud(call: Call) -> None:
    if not call.world.serverless:
        text = "is only available in serverless and cloud environments"
        raise Refusal(400, f"Managed integrations: this {text}", family="platform")


def _found(call: Call) -> Record:
    record = _table(call).get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Package policy {call.ids[0]} not found", family="platform")
    return record


def _checked(call: Call) -> dict[str, Json]:
    body = call.body if isinstance(call.body, dict) else {}
    package = body.get("package")
    if not isinstance(body.get("name"), str) or not isinstance(package, dict):
        lacking = "name" if not isinstance(body.get("name"), str) else "package"
        raise Refusal(
            400, f"[request body.{lacking}]: expected at least one defined value", family="platform"
        )
    name = package.get("name")
    if name not in CATALOGUE and name not in call.table("epm_package"):
        raise Refusal(404, f"[{name}] package not installed or found in registry")
    return body


@_since_9_5(*(f"GET {base}" for base in _BOTH))
def list_(call: Call) -> Reply:
    """Show them, page by page."""
    rows = [record.value for record in _table(call).values()]
    if kuery := call.query.get("kuery"):
        rows = filtered(rows, str(kuery))
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("perPage"), 20)
    part = rows[(page - 1) * size : page * size]
    return Reply({"items": part, "total": len(rows), "page": page, "perPage": size})


@_since_9_5(f"POST {_NEW}")
def create(call: Call) -> Reply:
    """Make one, under an id of the caller's or a fresh one."""
    _demand_cloud(call)
    body = _checked(call)
    key = str(body.get("id") or call.world.clock.uuid())
    if key in _table(call) or any(r.value["name"] == body["name"] for r in _table(call).values()):
        text = f"An integration policy with the name {body['name']} already exists."
        raise Refusal(409, f"{text} Please choose a different name.", family="platform")
    record = call.world.store.put("fleet_agentless_policy", call.space, key, {}, by=call.user)
    record.value = _described(call, record, body, 1)
    return Reply({"item": record.value})


def _described(call: Call, record: Record, body: dict[str, Json], revision: int) -> dict[str, Json]:
    steering = ("id", "force", "create_dataset_templates")
    return {
        "namespace": "default",
        "inputs": {},
        **{name: value for name, value in body.items() if name not in steering},
        "id": record.id,
        "enabled": True,
        "revision": revision,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by,
    }


@_since_9_5(*(f"GET {base}/{{}}" for base in _BOTH))
def read(call: Call) -> Reply:
    """Show one."""
    return Reply({"item": _found(call).value})


@_since_9_5(*(f"PUT {base}/{{}}" for base in _BOTH))
def replace(call: Call) -> Reply:
    """Replace one whole; its package stays what it is."""
    _demand_cloud(call)
    record, body = _found(call), _checked(call)
    if body["package"].get("name") != (record.value.get("package") or {}).get("name"):
        raise Refusal(
            400, "[request body.package.name]: the package of a policy cannot change", family="platform"
        )
    call.world.store.touch(record, call.user)
    record.value = _described(call, record, body, int(record.value.get("revision", 1)) + 1)
    return Reply({"item": record.value})


@_since_9_5(f"DELETE {_NEW}/{{}}")
def remove(call: Call) -> Reply:
    """Remove one."""
    record = _found(call)
    del _table(call)[record.id]
    return Reply({"id": record.id})


@_since_9_5(*(f"POST {base}/upgrade{tail}" for base in _BOTH for tail in ("", "/dryrun")))
def upgrade(call: Call) -> Reply:
    """Take some to the newest version of their package, which they have; each answers for itself."""
    body = call.body if isinstance(call.body, dict) else {}
    rows = []
    for key in body.get("policyIds") or ():
        record = _table(call).get(str(key))
        if record is None:
            missing = {"statusCode": 404, "body": {"message": f"Package policy {key} not found"}}
            rows.append({"id": key, "name": key, "success": False, "hasErrors": True, **missing})
        else:
            rows.append({"id": key, "name": record.value["name"], "success": True, "hasErrors": False})
    return Reply(rows)
