"""What Fleet answers beside its main things: manifests for Kubernetes, and what newer releases have added to agents,
enrollment keys, cloud connectors and packages.
"""

import secrets
from functools import partial
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import filtered, page_of
from pytest_kibana.simulator.packages import CATALOGUE
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet additions")
_FLEET = "/api/fleet"
_AGENTS, _PACKAGES = f"{_FLEET}/agents", f"{_FLEET}/epm/packages"
_since_9_4 = partial(family.route, beside=f"GET {_AGENTS}", since="9.4")
_since_9_5 = partial(family.route, beside=f"GET {_AGENTS}", since="9.5")


def _body(call: Call) -> dict[str, Json]:
    return call.body if isinstance(call.body, dict) else {}


def _found(call: Call, kind: str) -> Record:
    record = call.table(kind).get(call.ids[0])
    if record is None:
        raise generic.missing(BY_NAME[kind], "id", call.ids[0])
    return record


# -- manifests -----------------------------------------------------------------------------------------------

_MANIFEST = """apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: elastic-agent
  namespace: kube-system
spec:
  selector:
    matchLabels:
      app: elastic-agent
  template:
    metadata:
      labels:
        app: elastic-agent
    spec:
      containers:
        - name: elastic-agent
          image: docker.elastic.co/elastic-agent/elastic-agent:{version}
          env:
            - name: FLEET_ENROLL
              value: "1"
            - name: FLEET_URL
              value: "{server}"
            - name: FLEET_ENROLLMENT_TOKEN
              value: "{token}"
"""


def _manifest(call: Call) -> str:
    server = str(call.query.get("fleetServer") or "https://fleet-server:8220")
    return _MANIFEST.format(
        version=call.world.version, server=server, token=call.query.get("enrolToken") or "token-id"
    )


@family.on(f"GET {_FLEET}/kubernetes")
def kubernetes(call: Call) -> Reply:
    """Show how agents are run in Kubernetes, with the server and the token that were asked for."""
    return Reply({"item": _manifest(call)})


@family.on(f"GET {_FLEET}/kubernetes/download")
def kubernetes_file(call: Call) -> Reply:
    """Hand out the same as a file."""
    name = 'attachment; filename="elastic-agent-managed-kubernetes.yml"'
    return Reply(_manifest(call), headers={"content-disposition": name})


# -- counts ----------------------------------------------------------------------------------------------------


@family.on(f"GET {_FLEET}/agent_policies/{{}}/auto_upgrade_agents_status")
def automatic_upgrades(call: Call) -> Reply:
    """Count the agents of a policy by the version that they have."""
    _found(call, "fleet_agent_policy")
    agents = [r.value for r in call.table("fleet_agent").values() if r.value.get("policy_id") == call.ids[0]]
    versions = [str((agent.get("agent") or {}).get("version")) for agent in agents]
    rows = [
        {"version": v, "agents": versions.count(v), "failedUpgradeAgents": 0} for v in sorted(set(versions))
    ]
    return Reply({"currentVersions": rows, "totalAgents": len(agents)})


@family.on(f"GET {_FLEET}/data_streams")
def data_streams(call: Call) -> Reply:
    """No agent has ever written anything."""
    return Reply({"data_streams": []})


@family.on(f"GET {_FLEET}/remote_synced_integrations/status")
def synced(call: Call) -> Reply:
    """No integration comes from another cluster."""
    return Reply({"integrations": [], "custom_assets": {}})


# -- agents of newer releases ----------------------------------------------------------------------------------


def _agent(call: Call) -> Record:
    return _found(call, "fleet_agent")


def _tell(call: Call, kind: str, agents: list[Record], **said: Json) -> Reply:
    """Write down what agents are told, where their actions are listed."""
    key = call.world.clock.uuid()
    value = {
        "id": key,
        "type": kind,
        "agents": [r.id for r in agents],
        "created_at": call.world.clock.now(),
        **said,
    }
    call.world.store.put("fleet_agent_action", "*", key, value, by=call.user)
    return Reply({"actionId": key})


_ONE_BY_ONE = {"rollback": "UPGRADE", "privilege_level_change": "PRIVILEGE_LEVEL_CHANGE"}
_TOGETHER = {"bulk_rollback": "UPGRADE", "bulk_privilege_level_change": "PRIVILEGE_LEVEL_CHANGE"}


@_since_9_4(*(f"POST {_AGENTS}/{{}}/{verb}" for verb in _ONE_BY_ONE))
def tell(call: Call) -> Reply:
    """Tell an agent to go back to the version that it had, or to run as somebody else."""
    verb = call.path.rpartition("/")[2]
    return _tell(
        call, _ONE_BY_ONE[verb], [_agent(call)], data={k: v for k, v in _body(call).items() if k != "agents"}
    )


@_since_9_4(*(f"POST {_AGENTS}/{verb}" for verb in _TOGETHER))
def tell_many(call: Call) -> Reply:
    """Tell many agents; 200 for agents that do not exist, too, as with the other actions (seen on 9.4.3)."""
    return _tell(call, _TOGETHER[call.path.rpartition("/")[2]], _meant(call))


def _meant(call: Call) -> list[Record]:
    agents = _body(call).get("agents")
    if not isinstance(agents, str | list):
        raise Refusal(
            400,
            "[request body.agents]: expected at least one defined value but got [undefined]",
            family="platform",
        )
    records = call.table("fleet_agent").values()
    if isinstance(agents, str):
        return filtered([r for r in records if r.value.get("active")], agents, lambda record: record.value)
    return [r for r in records if r.id in agents]


@_since_9_4(f"GET {_AGENTS}/{{}}/effective_config")
def effective(call: Call) -> Reply:
    """Show what an agent has told of its configuration: nothing."""
    _agent(call)
    return Reply({"effective_config": {}})


@_since_9_5(f"POST {_AGENTS}/{{}}/remove_collector")
def remove_collector(call: Call) -> Reply:
    """Forget a collector."""
    record = _agent(call)
    del call.table("fleet_agent")[record.id]
    return Reply({})


@_since_9_5(f"POST {_AGENTS}/bulk_remove_collectors")
def remove_collectors(call: Call) -> Reply:
    """Forget several."""
    for record in _meant(call):
        del call.table("fleet_agent")[record.id]
    return Reply({"actionId": call.world.clock.uuid()})


# -- keys, tokens and connectors --------------------------------------------------------------------------------


@_since_9_5(f"POST {_FLEET}/enrollment_api_keys/_bulk_delete")
def revoke_many(call: Call) -> Reply:
    """Revoke enrollment keys; each can be read on, inactive."""
    keys, table = (
        [str(key) for key in _body(call).get("tokenIds") or ()],
        call.table("fleet_enrollment_api_key"),
    )
    known = [key for key in keys if key in table]
    for key in known:
        table[key].value = {**table[key].value, "active": False}
    return Reply(
        {
            "action": "deleted",
            "count": len(known),
            "successCount": len(known),
            "errorCount": len(keys) - len(known),
        }
    )


@_since_9_5(f"POST {_FLEET}/uninstall_tokens/{{}}/rotate")
def rotate(call: Call) -> Reply:
    """Make a new uninstall token for a policy; the old one is not read any more."""
    policy = _found(call, "fleet_agent_policy")
    table = call.table("fleet_uninstall_token")
    for key in [k for k, r in table.items() if r.value.get("policy_id") == policy.id]:
        del table[key]
    key = call.world.clock.uuid()
    value = {
        "id": key,
        "policy_id": policy.id,
        "policy_name": policy.value.get("name"),
        "created_at": call.world.clock.now(),
        "namespaces": [call.space],
        "token": secrets.token_hex(16),
    }
    call.world.store.put("fleet_uninstall_token", call.space, key, value, by=call.user, parent=policy.id)
    return Reply({"item": value})


@_since_9_4(f"GET {_FLEET}/cloud_connectors/{{}}/usage")
def usage(call: Call) -> Reply:
    """Show which package policies use a cloud connector; one that is not there is 400, as elsewhere (seen on 9.4.3)."""
    if call.ids[0] not in call.table("fleet_cloud_connector"):
        raise Refusal(400, f"Cloud connector {call.ids[0]} not found", family="platform")
    rows = [
        {k: r.value.get(k) for k in ("id", "name", "package", "policy_ids", "created_at", "updated_at")}
        for r in call.table("fleet_package_policy").values()
        if r.value.get("cloud_connector_id") == call.ids[0]
    ]
    return Reply(page_of(call, BY_NAME["fleet_package_policy"], rows))


# -- packages ----------------------------------------------------------------------------------------------------


def _package(call: Call) -> Record | None:
    record = call.table("epm_package").get(call.ids[0])
    if record is None and call.ids[0] not in CATALOGUE:
        raise Refusal(404, f"[{call.ids[0]}] package not installed or found in registry")
    return record


@family.on(f"PUT {_FLEET}/epm/custom_integrations/{{}}")
def describe(call: Call) -> Reply:
    """Say what an integration of one's own is for, which makes another version of it."""
    record = _package(call)
    if record is None or record.value.get("source") != "custom":
        raise Refusal(
            400, f"Integration with ID {call.ids[0]} is not a custom integration", family="platform"
        )
    first, second, last = record.value["version"].split(".")
    version = f"{first}.{second}.{int(last) + 1}"
    said = {"readme": _body(call).get("readMeData"), "categories": _body(call).get("categories") or []}
    record.value = {**record.value, **said, "version": version}
    call.world.store.touch(record, call.user)
    return Reply({"id": record.id, "result": {"version": version, "status": "installed"}})


@_since_9_4(f"GET {_PACKAGES}/{{}}/{{}}/dependencies")
def dependencies(call: Call) -> Reply:
    """Show which packages a package needs: none here."""
    _package(call)
    return Reply({"items": []})


@_since_9_4(f"POST {_PACKAGES}/{{}}/review_upgrade")
def review(call: Call) -> Reply:
    """Accept or decline an upgrade that removes something; kept with the package."""
    record = _package(call)
    if record is None:
        raise Refusal(400, f"{call.ids[0]} is not installed", family="platform")
    action, target = _body(call).get("action"), _body(call).get("target_version")
    if action not in ("accept", "decline", "pending") or not isinstance(target, str):
        raise Refusal(400, "[request body.action]: types that failed validation", family="platform")
    record.value = {**record.value, "review": {"action": action, "target_version": target}}
    return Reply({"success": True})


@_since_9_5(f"POST {_PACKAGES}/_bulk_namespace_customization")
def customize(call: Call) -> Reply:
    """Turn index templates per namespace on or off for packages; each answers for itself."""
    rows: list[Json] = []
    given = _body(call)
    for name in (str(one) for one in given.get("packages") or ()):
        record = call.table("epm_package").get(name)
        if record is None:
            rows.append({"name": name, "success": False, "error": {"message": f"{name} is not installed"}})
            continue
        before = set(record.value.get("namespaces") or ())
        after = (before | set(given.get("enable") or ())) - set(given.get("disable") or ())
        record.value = {**record.value, "namespaces": sorted(after)}
        rows.append({"name": name, "success": True, "namespace_customization_enabled_for": sorted(after)})
    return Reply({"items": rows})
