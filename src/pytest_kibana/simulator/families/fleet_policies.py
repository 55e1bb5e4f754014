"""Fleet's policies: agent policies with revisions and copies, package policies, enrollment keys, uninstall tokens."""

import json
import re
import secrets
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.packages import CATALOGUE
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet policies")
_POLICY, _PACKAGE, _KEY = (
    BY_NAME["fleet_agent_policy"],
    BY_NAME["fleet_package_policy"],
    BY_NAME["fleet_enrollment_api_key"],
)
_TOKEN = BY_NAME["fleet_uninstall_token"]
_POLICIES, _PACKAGES = "/api/fleet/agent_policies", "/api/fleet/package_policies"
_KEYS, _TOKENS = "/api/fleet/enrollment_api_keys", "/api/fleet/uninstall_tokens"
_NOT_IN_INDEX = re.compile(r'[*\\/?"<>|\s,#:-]')
_FORBIDDEN = ("__proto__", "constructor", "prototype")


def _demand_id(key: Json) -> None:
    """Refuse ids that Fleet refuses (validated since 9.3.6)."""
    if key is None:
        return
    text = str(key)
    if not 1 <= len(text) <= 255 or "/" in text or ".." in text or text in _FORBIDDEN:
        raise Refusal(400, "[request body.id]: invalid id", family="platform")


def _demand_name(call: Call, kind: str, name: Json, what: str, but: str = "") -> None:
    for record in call.table(kind).values():
        if record.value.get("name") == name and record.id != but:
            raise Refusal(409, f"{what} '{name}' already exists. Please choose a different name.")


def _demand_namespace(call: Call, namespace: Json) -> None:
    """Refuse a namespace that no index can have, and one that the space does not allow (Kibana source,
    is_valid_namespace.ts and policy_namespaces.ts).
    """
    if isinstance(namespace, str) and (namespace != namespace.lower() or _NOT_IN_INDEX.search(namespace)):
        text = "[request body.namespace]: Namespace must be lowercase and without invalid characters"
        raise Refusal(400, text, family="platform")
    settings = call.table("fleet_space_settings").get(generic.SINGLE)
    prefixes = settings.value.get("allowed_namespace_prefixes") if settings is not None else None
    if namespace and prefixes and not str(namespace).startswith(tuple(prefixes)):
        text = f"Invalid namespace, supported namespace prefixes: {', '.join(prefixes)}"
        raise Refusal(400, text, family="platform")


def _found(call: Call, kind: str, key: str) -> Record:
    record = call.table(kind).get(key)
    if record is None:
        raise generic.missing(BY_NAME[kind], "id", key)
    return record


# -- agent policies ----------------------------------------------------------------------------------------


def _make_policy(call: Call, body: dict[str, Json]) -> Reply:
    key = str(body.get("id") or call.world.clock.uuid())
    call.body = {
        "is_managed": False,
        "monitoring_enabled": [],
        "inactivity_timeout": 1209600,
        "is_protected": False,
        "status": "active",
        "schema_version": "1.1.1",
        "agents": 0,
        "package_policies": [],
        **body,
        "id": key,
        "revision": 1,
        "updated_by": call.user,
        "space_ids": [call.space],
    }
    reply = generic.create(call, _POLICY)
    _enroll(call, key, None)
    token = call.world.clock.uuid()
    value = {
        "id": token,
        "policy_id": key,
        "policy_name": body.get("name"),
        "created_at": call.world.clock.now(),
        "namespaces": [call.space],
        "token": secrets.token_hex(16),
    }
    call.world.store.put("fleet_uninstall_token", call.space, token, value, by=call.user, parent=key)
    return reply


@family.on(f"POST {_POLICIES}")
def create_policy(call: Call) -> Reply:
    """Make an agent policy, and with it an enrollment key and an uninstall token."""
    body = dict(call.body or {})
    _demand_id(body.get("id"))
    if str(body.get("id")) in call.table("fleet_agent_policy"):
        raise Refusal(409, f"Agent policy with id {body['id']} already exists")
    _demand_namespace(call, body.get("namespace"))
    _demand_name(call, "fleet_agent_policy", body.get("name"), "An agent policy with the name")
    return _make_policy(call, body)


@family.on(f"PUT {_POLICIES}/{{}}")
def update_policy(call: Call) -> Reply:
    """Change an agent policy; its revision goes up."""
    record = _found(call, "fleet_agent_policy", call.ids[0])
    body = dict(call.body or {})
    _demand_namespace(call, body.get("namespace"))
    _demand_name(call, "fleet_agent_policy", body.get("name"), "An agent policy with the name", record.id)
    reply = generic.change(call, _POLICY, record, body)
    record.value["revision"] = 1 + record.facts["revision"]
    return reply


@family.on(f"POST {_POLICIES}/{{}}/copy")
def copy_policy(call: Call) -> Reply:
    """Make a policy like another one."""
    source = _found(call, "fleet_agent_policy", call.ids[0])
    body = dict(call.body or {})
    _demand_name(call, "fleet_agent_policy", body.get("name"), "An agent policy with the name")
    kept = {
        k: v
        for k, v in source.value.items()
        if k not in ("id", "name", "created_at", "updated_at", "package_policies")
    }
    call.ids = ()
    return _make_policy(call, {**kept, **body})


@family.on(f"GET {_POLICIES}/{{}}")
def read_policy(call: Call) -> Reply:
    """Show an agent policy with its package policies."""
    record = _found(call, "fleet_agent_policy", call.ids[0])
    return Reply({"item": {**record.value, "package_policies": _packages_of(call, record.id)}})


def _packages_of(call: Call, policy: str) -> list[Json]:
    rows = [r.value for r in call.table("fleet_package_policy").values()]
    return [row for row in rows if policy in (row.get("policy_ids") or [row.get("policy_id")])]


@family.on(f"POST {_POLICIES}/_bulk_get", f"POST {_PACKAGES}/_bulk_get")
def bulk_get(call: Call) -> Reply:
    """Show policies by id; an unknown one is a 404 unless it may be passed over."""
    body = call.body or {}
    kind = "fleet_agent_policy" if call.path.startswith(_POLICIES) else "fleet_package_policy"
    items = []
    for key in body.get("ids") or ():
        if key in call.table(kind):
            items.append(call.table(kind)[key].value)
        elif not body.get("ignoreMissing"):
            raise generic.missing(BY_NAME[kind], "id", key)
    return Reply({"items": items})


@family.on(f"POST {_POLICIES}/delete")
def delete_policy(call: Call) -> Reply:
    """Remove an agent policy and what belongs to it."""
    body = call.body or {}
    record = _found(call, "fleet_agent_policy", str(body.get("agentPolicyId")))
    if record.value.get("is_managed") and not body.get("force"):
        raise Refusal(400, f"Cannot delete hosted agent policy {record.id}", family="platform")
    if any(a.value.get("policy_id") == record.id for a in call.table("fleet_agent").values()):
        raise Refusal(
            400,
            "Cannot delete an agent policy that is assigned to any active or inactive agents",
            family="platform",
        )
    generic.remove(call, _POLICY, record)
    for kind in ("fleet_enrollment_api_key", "fleet_uninstall_token"):
        for key in [k for k, r in call.table(kind).items() if r.value.get("policy_id") == record.id]:
            del call.table(kind)[key]
    for row in _packages_of(call, record.id):
        call.table("fleet_package_policy").pop(row["id"], None)
    return Reply({"id": record.id, "name": record.value.get("name")})


@family.on(f"GET {_POLICIES}/{{}}/full")
def full(call: Call) -> Reply:
    """Show what agents would be given."""
    return Reply({"item": _given(call)})


@family.on(f"GET {_POLICIES}/{{}}/download")
def download(call: Call) -> Reply:
    """Hand out the same as a file of YAML, of which JSON is a kind."""
    return Reply(json.dumps(_given(call), indent=2))


def _given(call: Call) -> dict[str, Json]:
    record = _found(call, "fleet_agent_policy", call.ids[0])
    return {
        "id": record.id,
        "revision": record.value.get("revision", 1),
        "outputs": {"default": {"type": "elasticsearch", "hosts": ["http://localhost:9200"]}},
        "inputs": [],
        "fleet": {"hosts": ["http://localhost:8220"]},
        "output_permissions": {"default": {}},
        "agent": {"monitoring": {"enabled": False, "logs": False, "metrics": False}},
        "signed": {"data": "", "signature": ""},
        "secret_references": [],
        "namespaces": [call.space],
    }


@family.on(f"GET {_POLICIES}/{{}}/outputs")
def outputs(call: Call) -> Reply:
    """Show the outputs that a policy uses."""
    record = _found(call, "fleet_agent_policy", call.ids[0])
    output = {"id": "fleet-default-output", "name": "default"}
    return Reply(
        {"item": {"agentPolicyId": record.id, "data": {"output": output}, "monitoring": {"output": output}}}
    )


@family.on(f"POST {_POLICIES}/outputs")
def outputs_of(call: Call) -> Reply:
    """Show the outputs that policies use."""
    output = {"id": "fleet-default-output", "name": "default"}
    items = [
        {"agentPolicyId": key, "data": {"output": output}, "monitoring": {"output": output}}
        for key in (call.body or {}).get("ids") or ()
        if key in call.table("fleet_agent_policy")
    ]
    return Reply({"items": items})


# -- package policies --------------------------------------------------------------------------------------


def _checked_package(call: Call, body: dict[str, Json]) -> dict[str, Json]:
    policies = body.get("policy_ids") or ([body["policy_id"]] if body.get("policy_id") else [])
    for policy in policies:
        if policy not in call.table("fleet_agent_policy"):
            raise generic.missing(_POLICY, "id", policy)
    package = body.get("package") or {}
    name = package.get("name")
    if name is not None and name not in CATALOGUE and name not in call.table("epm_package"):
        raise Refusal(404, f"[{name}] package not installed or found in registry")
    title = CATALOGUE[name].title if name in CATALOGUE else name
    described = {"title": title, **package} if package else {}
    return {**body, "policy_ids": policies, **({"package": described} if described else {})}


def _moved(call: Call, row: dict[str, Json]) -> None:
    """Take the agent policies that a package policy is in to their next revision."""
    for key in row.get("policy_ids") or ():
        policy = call.table("fleet_agent_policy").get(key)
        if policy is not None:
            policy.facts["revision"] = policy.facts.get("revision", 0) + 1
            policy.value["revision"] = 1 + policy.facts["revision"]


@family.on(f"POST {_PACKAGES}")
def create_package_policy(call: Call) -> Reply:
    """Put a package into agent policies."""
    body = dict(call.body or {})
    _demand_id(body.get("id"))
    _demand_namespace(call, body.get("namespace"))
    body = _checked_package(call, body)
    _demand_name(call, "fleet_package_policy", body.get("name"), "An integration policy with the name")
    call.body = {
        "namespace": "",
        "enabled": True,
        "inputs": [],
        **body,
        "policy_id": next(iter(body["policy_ids"]), None),
        "revision": 1,
        "created_by": call.user,
        "updated_by": call.user,
    }
    reply = generic.create(call, _PACKAGE)
    _moved(call, body)
    return reply


@family.on(f"PUT {_PACKAGES}/{{}}")
def update_package_policy(call: Call) -> Reply:
    """Change a package policy; its revision goes up."""
    record = _found(call, "fleet_package_policy", call.ids[0])
    body = dict(call.body or {})
    given = body.pop("version", None)
    if (
        given is not None
        and given != record.version
        and given != record.value.get("version")
        and "version" not in call.slack
    ):
        raise Refusal(409, f"Saved object [ingest-package-policies/{record.id}] conflict")
    if body.get("name"):
        _demand_name(
            call, "fleet_package_policy", body["name"], "An integration policy with the name", record.id
        )
    reply = generic.change(call, _PACKAGE, record, body)
    record.value["revision"] = 1 + record.facts["revision"]
    record.value["version"] = record.version
    _moved(call, record.value)
    return reply


@family.on(f"DELETE {_PACKAGES}/{{}}")
def delete_package_policy(call: Call) -> Reply:
    """Take a package out of its policies."""
    record = _found(call, "fleet_package_policy", call.ids[0])
    generic.remove(call, _PACKAGE, record)
    _moved(call, record.value)
    return Reply({"id": record.id})


@family.on(f"POST {_PACKAGES}/delete")
def delete_package_policies(call: Call) -> Reply:
    """Take packages out of their policies; each answers for itself."""
    rows = []
    for key in (call.body or {}).get("packagePolicyIds") or ():
        record = call.table("fleet_package_policy").pop(key, None)
        if record is None:
            text = f"Package policy {key} not found"
            rows.append({"id": key, "success": False, "statusCode": 404, "body": {"message": text}})
        else:
            row = {
                "id": key,
                "success": True,
                "name": record.value.get("name"),
                "package": record.value.get("package"),
            }
            rows.append({**row, "policy_ids": record.value.get("policy_ids", [])})
    return Reply(rows)


@family.on(f"POST {_PACKAGES}/upgrade", f"POST {_PACKAGES}/upgrade/dryrun")
def upgrade(call: Call) -> Reply:
    """Nothing is newer than what there is."""
    rows = []
    for key in (call.body or {}).get("packagePolicyIds") or ():
        record = call.table("fleet_package_policy").get(key)
        if record is None:
            missing = {"statusCode": 404, "body": {"message": f"Package policy {key} not found"}}
            rows.append({"id": key, "name": key, "success": False, "hasErrors": True, **missing})
        else:
            rows.append({"id": key, "name": record.value.get("name"), "success": True, "hasErrors": False})
    return Reply(rows)


# -- enrollment keys and uninstall tokens ------------------------------------------------------------------


def _enroll(call: Call, policy: str, name: str | None) -> Record:
    key = call.world.clock.uuid()
    value = {
        "id": key,
        "active": True,
        "api_key": secrets.token_urlsafe(24),
        "api_key_id": secrets.token_urlsafe(12),
        "name": f"{name or 'Default'} ({key})",
        "policy_id": policy,
        "created_at": call.world.clock.now(),
    }
    return call.world.store.put("fleet_enrollment_api_key", call.space, key, value, by=call.user)


@family.on(f"POST {_KEYS}")
def enroll(call: Call) -> Reply:
    """Make an enrollment key; its name gets its id appended."""
    body = call.body or {}
    _found(call, "fleet_agent_policy", str(body.get("policy_id")))
    return Reply({"action": "created", "item": _enroll(call, str(body["policy_id"]), body.get("name")).value})


@family.on(f"GET {_KEYS}")
def enrollment_keys(call: Call) -> Reply:
    """Show enrollment keys; the deprecated ``list`` mirrors ``items``."""
    body = page_of(call, _KEY, [r.value for r in call.table("fleet_enrollment_api_key").values()])
    return Reply({**body, "list": body.get("items", [])})


@family.on(f"DELETE {_KEYS}/{{}}")
def revoke(call: Call) -> Reply:
    """Revoke an enrollment key; it can be read on, inactive."""
    record = _found(call, "fleet_enrollment_api_key", call.ids[0])
    record.value = {**record.value, "active": False}
    return Reply({"action": "deleted"})


@family.on(f"GET {_TOKENS}")
def tokens(call: Call) -> Reply:
    """Show uninstall tokens without what they say."""
    if call.query.get("policyId") and call.query.get("search"):
        raise Refusal(
            400,
            "Query parameters `policyId` and `search` cannot be used at the same time.",
            family="platform",
        )
    rows = [
        {k: v for k, v in r.value.items() if k != "token"}
        for r in call.table("fleet_uninstall_token").values()
    ]
    wanted = call.query.get("policyId")
    return Reply(page_of(call, _TOKEN, [row for row in rows if not wanted or wanted in row["policy_id"]]))
