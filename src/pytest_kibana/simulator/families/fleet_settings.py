"""Fleet's settings: set-up, outputs, hosts, proxies, download sources, cloud connectors, tokens, and health."""

import secrets
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("fleet settings")
_OUTPUT = BY_NAME["fleet_output"]
_KINDS = {
    "/api/fleet/outputs": "fleet_output",
    "/api/fleet/fleet_server_hosts": "fleet_server_host",
    "/api/fleet/proxies": "fleet_proxy",
    "/api/fleet/agent_download_sources": "fleet_download_source",
    "/api/fleet/cloud_connectors": "fleet_cloud_connector",
}
_BUILT_IN: dict[str, dict[str, Json]] = {
    "fleet_output": {
        "id": "fleet-default-output",
        "name": "default",
        "type": "elasticsearch",
        "is_default": True,
        "is_default_monitoring": True,
        "hosts": ["http://localhost:9200"],
        "preset": "balanced",
    },
    "fleet_download_source": {
        "id": "fleet-default-download-source",
        "name": "Elastic Artifacts",
        "is_default": True,
        "host": "https://artifacts.elastic.co/downloads/",
    },
}
_DEFAULTS: dict[str, dict[str, Json]] = {
    "fleet_output": {"is_default": False, "is_default_monitoring": False},
    "fleet_server_host": {"is_default": False, "is_preconfigured": False},
    "fleet_proxy": {"is_preconfigured": False},
    "fleet_download_source": {"is_default": False},
    "fleet_cloud_connector": {"packagePolicyCount": 0},
}
_KAFKA = {"compression": "gzip", "required_acks": 1, "version": "1.0.0", "client_id": "Elastic", "timeout": 30,
          "broker_timeout": 30, "partition": "hash", "hash": {"hash": "", "random": False}}  # fmt: skip


@family.start
def built_in(world: World) -> None:
    """There is a default output and a default place to download agents from."""
    for kind, value in _BUILT_IN.items():
        if value["id"] not in world.store.table(kind):
            world.store.put(kind, "*", value["id"], dict(value))


def _kind(call: Call) -> str:
    return next(kind for path, kind in _KINDS.items() if call.path.startswith(path))


@family.on(*(f"POST {path}" for path in _KINDS))
def create(call: Call) -> Reply:
    """Make one; names are unique among download sources, proxies and hosts."""
    kind = _kind(call)
    body = {**_DEFAULTS[kind], **(call.body or {})}
    if (
        kind == "fleet_output"
        and body.get("type") == "remote_elasticsearch"
        and not call.world.licensed("enterprise")
    ):
        raise Refusal(
            400, "Remote elasticsearch output is not allowed with your current license", family="platform"
        )
    if body.get("type") == "kafka":
        body = {**_KAFKA, **body}
    call.body = body
    _demote_others(call, kind, body)
    return generic.create(call, BY_NAME[kind])


def _demote_others(call: Call, kind: str, body: dict[str, Json], but: str = "") -> None:
    """There is one default at a time."""
    for flag in ("is_default", "is_default_monitoring"):
        for record in call.table(kind).values() if body.get(flag) else ():
            if record.id != but and record.value.get(flag):
                record.value = {**record.value, flag: False}


@family.on(*(f"PUT {path}/{{}}" for path in _KINDS))
def update(call: Call) -> Reply:
    """Change what is sent."""
    kind = _kind(call)
    record = _found(call, kind)
    body = dict(call.body or {})
    for flag in ("is_default", "is_default_monitoring"):
        if record.value.get(flag) and body.get(flag) is False:
            what = kind.removeprefix("fleet_").replace("_", " ")
            raise Refusal(400, f"Default {what} {record.id} cannot be set to not default", family="platform")
    _demote_others(call, kind, body, record.id)
    return generic.change(call, BY_NAME[kind], record, body)


def _found(call: Call, kind: str) -> Any:
    record = call.table(kind).get(call.ids[0])
    if record is None:
        raise generic.missing(BY_NAME[kind], "id", call.ids[0])
    return record


@family.on(*(f"DELETE {path}/{{}}" for path in _KINDS))
def delete(call: Call) -> Reply:
    """Remove one that is not the default."""
    kind = _kind(call)
    record = _found(call, kind)
    if record.value.get("is_default") or record.value.get("is_default_monitoring"):
        what = kind.removeprefix("fleet_").replace("_", " ")
        raise Refusal(400, f"Default {what} {record.id} cannot be deleted.", family="platform")
    if kind == "fleet_proxy":
        for user in ("fleet_output", "fleet_server_host", "fleet_download_source"):
            for other in call.table(user).values():
                if other.value.get("proxy_id") == record.id:
                    other.value = {**other.value, "proxy_id": None}
    generic.remove(call, BY_NAME[kind], record)
    return Reply({"id": record.id})


@family.on("GET /api/fleet/outputs/{}/health")
def health(call: Call) -> Reply:
    """Nobody has reported on an output."""
    _found(call, "fleet_output")
    return Reply({"state": "UNKNOWN", "message": "", "timestamp": ""})


@family.on("GET /api/fleet/remote_synced_integrations/{}/remote_status")
def remote_status(call: Call) -> Reply:
    """Say what a remote cluster has: nothing. Only an output that synchronises leads to one."""
    value = _found(call, "fleet_output").value
    if value.get("type") != "remote_elasticsearch":
        raise Refusal(400, f"Output {call.ids[0]} is not a remote elasticsearch output", family="platform")
    if not value.get("sync_integrations"):
        raise Refusal(400, f"Synced integrations not enabled for {call.ids[0]}", family="platform")
    return Reply({"integrations": []})


@family.on("POST /api/fleet/health_check")
def health_check(call: Call) -> Reply:
    """Say how a host is; hosts here are offline."""
    key = str((call.body or {}).get("id"))
    record = call.table("fleet_server_host").get(key)
    if record is None:
        raise Refusal(404, f"The requested host id {key} does not exist.")
    return Reply({"host_id": key, "name": record.value.get("name"), "status": "OFFLINE"})


@family.on("POST /api/fleet/setup", "POST /api/fleet/agents/setup")
def setup(call: Call) -> Reply:
    """Set Fleet up; it always is."""
    return Reply({"isInitialized": True, "nonFatalErrors": []})


@family.on("GET /api/fleet/agents/setup")
def is_set_up(call: Call) -> Reply:
    """Say what Fleet lacks: a server."""
    return Reply(
        {
            "isReady": True,
            "is_secrets_storage_enabled": True,
            "is_space_awareness_enabled": True,
            "missing_requirements": [],
            "missing_optional_features": [],
        }
    )


@family.on("GET /api/fleet/check-permissions")
def permissions(call: Call) -> Reply:
    """Say whether the caller may manage Fleet."""
    manages = call.identity.superuser or any("all" in grant.base for grant in call.identity.grants)
    return Reply({"success": True} if manages else {"success": False, "error": "MISSING_PRIVILEGES"})


@family.on("POST /api/fleet/service_tokens")
def service_token(call: Call) -> Reply:
    """Make a token that nothing takes back."""
    name = f"token-{call.world.clock.millis()}"
    return Reply({"name": name, "value": secrets.token_urlsafe(32)})


@family.on("POST /api/fleet/logstash_api_keys")
def logstash_key(call: Call) -> Reply:
    """Make an API key for Logstash; an API key cannot make another one."""
    descriptors = {} if call.identity.kind == "apikey" else {"logstash": {"cluster": ["monitor"]}}
    made = call.world.identities.add_key(call.identity, "Fleet Logstash output", descriptors)
    return Reply({"api_key": f"{made['id']}:{made['api_key']}"})


@family.on("POST /api/fleet/message_signing_service/rotate_key_pair")
def rotate(call: Call) -> Reply:
    """Change the key pair, if the caller knows what that means."""
    if call.query.get("acknowledge") not in (True, "true"):
        text = "Warning: this API will cause a key pair to rotate and should not be necessary in normal operation."
        raise Refusal(
            400, f"{text} If you are sure, please retry with `acknowledge=true`.", family="platform"
        )
    return Reply({"message": "Key pair rotated successfully."})


@family.before("PUT /api/fleet/space_settings")
def demand_prefixes(call: Call) -> None:
    """Prefixes of namespaces have no hyphen."""
    for prefix in (call.body or {}).get("allowed_namespace_prefixes") or ():
        if "-" in prefix:
            raise Refusal(
                400, "[request body.allowed_namespace_prefixes]: Must not contain -", family="platform"
            )
