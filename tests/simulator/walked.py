"""What a walk sends where a contract does not tell: ids of things that have to be made first, bodies that mean
something, and parameters that operations want although they call them optional.
"""

import io
import json
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kibana.simulator.inventory import BY_NAME

if TYPE_CHECKING:
    from tests.simulator.walking import Walk

Json = Any
HEADERS = {"kbn-xsrf": "true", "x-elastic-internal-origin": "walk"}


def seek(value: Json, name: str) -> Json:
    """Return the first value under a name, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get(name), str | int):
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        return next((found for inner in value if (found := seek(inner, name)) is not None), None)
    return None


def text(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value)
    return value


def dig(value: Json, path: str) -> Json:
    for step in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _made(name: str) -> Callable[["Walk"], str]:
    return lambda walk: str(walk.make(BY_NAME[name], []))


def _then(name: str, key: str) -> Callable[["Walk"], str]:
    def find(walk: "Walk") -> str:
        walk.make(BY_NAME[name], [])
        return str(seek(walk.answer, key))

    return find


def _tag(walk: "Walk") -> str:
    return str(walk.make(BY_NAME["saved_object"], ["tag"]))


def _commented(walk: "Walk") -> str:
    case = str(walk.make(BY_NAME["case"], []))
    walk.make(BY_NAME["case_comment"], [case])
    return case


def _engine(walk: "Walk") -> str:
    label = "POST /api/entity_store/engines/{}/init"
    walk.send(walk.by_label[label], label, ["user"], {})
    return "user"


def archive() -> bytes:
    """Return a package, as small as one can be."""
    manifest = (
        "{format_version: 3.0.0, name: tiny, version: 1.0.0, title: t, description: d, owner: {github: o}}"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("tiny-1.0.0/manifest.yml", manifest)
    return target.getvalue()


def _file(field: str) -> Callable[["Walk"], str]:
    """Let an agent send its diagnostics, and return this field of the last file."""

    def find(walk: "Walk") -> str:
        ask, uploads = "POST /api/fleet/agents/{}/request_diagnostics", "GET /api/fleet/agents/{}/uploads"
        if field == "id":
            walk.send(walk.by_label[ask], ask, ["stand-in-agent"], {})
        answer = walk.send(walk.by_label[uploads], uploads, ["stand-in-agent"], {})
        return str(answer.json()["items"][-1][field])

    return find


def _remote_output(walk: "Walk") -> str:
    """Make an output that leads to another cluster, where what is installed is kept alike."""
    path = "/api/fleet/outputs"
    body = {
        "name": "remote",
        "type": "remote_elasticsearch",
        "hosts": ["https://remote.example.com:9200"],
        "sync_integrations": True,
    }
    return str(walk.client.post(path, json=body, headers=HEADERS).json()["item"]["id"])


def _task(verb: str) -> Callable[["Walk"], str]:
    """Let a task do something to packages, and return its id."""

    def start(walk: "Walk") -> str:
        version = {} if verb == "rollback" else {"version": "2.1.1"}
        body = {"packages": [{"name": "nginx", **version}]}
        answer = walk.client.post(f"/api/fleet/epm/packages/_bulk_{verb}", json=body, headers=HEADERS)
        return str(answer.json()["taskId"])

    return start


def _package_policy(walk: "Walk") -> Json:
    walk.made += 1
    return {
        "name": f"package-policy-{walk.made}",
        "package": {"name": "nginx", "version": "2.1.1"},
        "inputs": {},
    }


def _upgraded(walk: "Walk") -> str:
    """Install a package in an old version and then in a new one."""
    for version in ("2.0.0", "2.1.0"):
        walk.client.post(f"/api/fleet/epm/packages/tcp/{version}", json={}, headers=HEADERS)
    return "tcp"


def _installed(walk: "Walk") -> str:
    walk.client.post("/api/fleet/epm/packages/nginx/2.1.1", json={}, headers=HEADERS)
    return "nginx"


def _grouped(walk: "Walk") -> str:
    """Make a group of streams."""
    walk.made += 1
    group = {"members": [], "metadata": {}, "tags": []}
    for body in ({"group": group}, {"group": {"members": []}}):  # of newer contracts, and of older ones
        walk.client.request("PUT", f"/api/streams/group-{walk.made}/_group", json=body, headers=HEADERS)
    return f"group-{walk.made}"


def _own_integration(walk: "Walk") -> str:
    """Make an integration of one's own."""
    walk.made += 1
    body = {
        "integrationName": f"mine{walk.made}",
        "datasets": [{"name": f"mine{walk.made}.log", "type": "logs"}],
    }
    walk.client.request("POST", "/api/fleet/epm/custom_integrations", json=body, headers=HEADERS)
    return f"mine{walk.made}"


def _reindexed(walk: "Walk") -> str:
    """Begin to reindex."""
    walk.client.request("POST", "/api/upgrade_assistant/reindex/old", headers=HEADERS)
    return "old"


def _pack(walk: "Walk") -> bytes:
    """Return contents of a stream, of which there are none."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as pack:
        pack.writestr("pack-1.0.0/contents.json", "{}")
    return target.getvalue()


NAMED = {"pkgName": "nginx", "pkgVersion": "2.1.1", "agentId": "stand-in-agent"}
"""Parameters that name what the stand-in brings along."""

LAST = ("DELETE /api/fleet/agents/{agentId}",)
"""Operations after which others would find nothing."""

IDS: dict[tuple[str, int], Callable[["Walk"], str]] = {
    ("GET /api/streams/{}/_group", 0): _grouped,
    ("PUT /api/streams/{}/_group", 0): _grouped,
    ("PUT /api/fleet/epm/custom_integrations/{}", 0): _own_integration,
    ("POST /api/upgrade_assistant/reindex/{}/cancel", 0): _reindexed,
    ("GET /api/short_url/_slug/{}", 0): _then("short_url", "slug"),
    ("GET /api/saved_objects/resolve/{}/{}", 0): lambda _: "tag",
    ("GET /api/saved_objects/resolve/{}/{}", 1): _tag,
    ("DELETE /api/cases/{}/comments", 0): _commented,
    ("POST /api/synthetics/monitor/test/{}", 0): _made("synthetics_monitor"),
    ("GET /api/agent_builder/a2a/{}.json", 0): lambda _: "elastic-ai-agent",
    ("POST /api/agent_builder/a2a/{}", 0): lambda _: "elastic-ai-agent",
    ("POST /api/detection_engine/rules/{}/exceptions", 0): _made("detection_rule"),
    ("POST /api/fleet/agents/actions/{}/cancel", 0): lambda walk: str(
        walk.make(BY_NAME["fleet_agent_action"], ["stand-in-agent"])
    ),
    **{
        (f"GET /api/fleet/epm/packages/_bulk_{verb}/{{}}", 0): _task(verb)
        for verb in ("upgrade", "uninstall", "rollback")
    },
    ("GET /api/fleet/epm/packages/{}/{}/{}", 2): lambda _: "manifest.yml",
    ("POST /api/fleet/epm/packages/{}/rollback", 0): _upgraded,
    ("PUT /api/fleet/epm/packages/{}/{}", 0): _installed,
    ("DELETE /api/fleet/epm/packages/{}/{}", 0): _installed,
    ("GET /api/fleet/remote_synced_integrations/{}/remote_status", 0): _remote_output,
    ("GET /api/fleet/agents/files/{}/{}", 0): _file("id"),
    ("GET /api/fleet/agents/files/{}/{}", 1): _file("name"),
    ("DELETE /api/fleet/agents/files/{}", 0): _file("id"),
    ("GET /api/entity_store/engines/{}", 0): _engine,
    ("DELETE /api/entity_store/engines/{}", 0): _engine,
    ("GET /api/endpoint/action/{}", 0): _then("endpoint_response_action", "id"),
    ("POST /api/cases/{}/connector/{}/_push", 1): _made("connector"),
}
"""Where a path holds something else than its shape says."""

_QUERY_RULE = {
    "searchType": "esQuery",
    "esQuery": '{"query":{"match_all":{}}}',
    "index": ["none"],
    "timeField": "@timestamp",
    "size": 1,
    "threshold": [0],
    "thresholdComparator": ">",
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
}
SENSIBLE: dict[str, Json] = {
    "POST /api/agent_builder/tools/_execute": {"tool_id": "platform.core.search", "tool_params": {}},
    "POST /api/actions/connector/{}": {
        "name": "x",
        "connector_type_id": ".server-log",
        "config": {},
        "secrets": {},
    },
    "POST /api/actions/action": {"name": "x", "actionTypeId": ".server-log", "config": {}, "secrets": {}},
    "POST /api/data_views/data_view/{}": {"data_view": {"name": "changed"}},
    "POST /api/alerting/rule/{}": {
        "name": "x",
        "rule_type_id": ".es-query",
        "consumer": "alerts",
        "enabled": False,
        "schedule": {"interval": "1h"},
        "actions": [],
        "params": _QUERY_RULE,
    },
    "PUT /api/alerting/rule/{}": {
        "name": "y",
        "schedule": {"interval": "2h"},
        "actions": [],
        "params": _QUERY_RULE,
    },
    "POST /api/maintenance_window": {
        "title": "x",
        "schedule": {"custom": {"start": "2040-01-01T00:00:00.000Z", "duration": "2h"}},
    },
    "PATCH /api/maintenance_window/{}": {"title": "y"},
    "PATCH /api/cases/{}/comments": lambda _, known: {
        "id": known.get("id"),
        "version": known.get("version"),
        "type": "user",
        "comment": "changed",
        "owner": "cases",
    },
    "POST /api/apm/settings/agent-configuration/search": lambda walk, _: {
        "service": (walk.make(BY_NAME["apm_agent_configuration"], []), walk.sent["service"])[1]
    },
    "POST /api/fleet/agent_policies": {"name": "policy", "namespace": "default"},
    "PUT /api/fleet/agent_policies/{}": lambda walk, _: {
        "name": f"policy-{walk.made}",
        "namespace": "default",
    },
    "POST /api/fleet/agent_policies/{}/copy": lambda walk, _: {"name": f"copy-{walk.made}"},
    "POST /api/fleet/agents/bulk_reassign": lambda walk, _: {
        "policy_id": walk.make(BY_NAME["fleet_agent_policy"], []),
        "agents": ["stand-in-agent"],
    },
    "POST /api/fleet/agents/{}/reassign": lambda walk, _: {
        "policy_id": walk.make(BY_NAME["fleet_agent_policy"], [])
    },
    "POST /api/fleet/package_policies": lambda walk, _: _package_policy(walk),
    "PUT /api/fleet/package_policies/{}": lambda walk, _: _package_policy(walk),
    "POST /api/fleet/enrollment_api_keys": lambda walk, _: {
        "policy_id": walk.make(BY_NAME["fleet_agent_policy"], [])
    },
    "POST /api/fleet/health_check": lambda walk, _: {"id": walk.make(BY_NAME["fleet_server_host"], [])},
    "DELETE /api/entity_store/entities/{}": lambda walk, _: {"id": walk.make(BY_NAME["entity"], ["user"])},
    "POST /api/synthetics/params": {"key": "k", "value": "v"},
    "POST /api/synthetics/private_locations": lambda walk, _: {
        "label": f"place-{walk.made}",
        "agentPolicyId": walk.make(BY_NAME["fleet_agent_policy"], []) or f"policy-{walk.made}",
    },
    "POST /api/lists/items": lambda walk, _: {"list_id": walk.make(BY_NAME["value_list"], []), "value": "x"},
    "POST /api/exception_lists/items": lambda walk, _: {
        "list_id": _exception_list(walk)["list_id"],
        "type": "simple",
        "name": "x",
        "description": "x",
        "entries": [{"field": "host.name", "operator": "included", "type": "match", "value": "x"}],
    },
    "PATCH /api/cases": lambda _, known: {
        "cases": [{"id": known.get("id"), "version": known.get("version"), "title": "changed"}]
    },
    "POST /api/saved_objects/_export": {"type": ["tag"]},
    "POST /api/cases/{}/comments": {"type": "user", "comment": "x", "owner": "cases"},
}
"""Bodies that are valid by the schema and mean something, where the smallest valid one does not."""


def _value_list(walk: "Walk") -> dict[str, Json]:
    return {"list_id": walk.make(BY_NAME["value_list"], [])}


def _value_item(walk: "Walk") -> dict[str, Json]:
    return {"id": walk.make(BY_NAME["value_list_item"], [])}


def _exception_list(walk: "Walk") -> dict[str, Json]:
    key = walk.make(BY_NAME["exception_list"], [])
    return {
        "id": key,
        "list_id": seek(walk.answer, "list_id"),
        "namespace_type": "single",
        "include_expired_exceptions": "true",
    }


FILES: dict[str, dict[str, Callable[["Walk"], bytes]]] = {
    "POST /api/streams/{}/content/import": {"content": _pack}
}
"""Files of forms that mean something."""

QUERIES: dict[str, Json] = {
    "POST /api/streams/{}/significant_events/_generate": lambda walk: {
        "connectorId": walk.make(BY_NAME["connector"], []),
        "from": "2026-01-01T00:00:00.000Z",
        "to": "2026-01-02T00:00:00.000Z",
    },
    "GET /api/lists/items": _value_item,
    "DELETE /api/lists/items": _value_item,
    "GET /api/lists/items/_find": _value_list,
    "POST /api/lists/items/_export": _value_list,
    "POST /api/lists/items/_import": {"type": "keyword"},
    "GET /api/exception_lists/summary": _exception_list,
    "GET /api/exception_lists/items/_find": _exception_list,
    "POST /api/exception_lists/_export": _exception_list,
    "POST /api/exception_lists/_duplicate": _exception_list,
    "GET /api/timeline": lambda walk: {"id": walk.make(BY_NAME["timeline"], [])},
    "GET /api/timeline/resolve": lambda walk: {"id": walk.make(BY_NAME["timeline"], [])},
    "POST /api/fleet/message_signing_service/rotate_key_pair": {"acknowledge": "true"},
    "DELETE /api/fleet/epm/packages/{}/{}/datastream_assets": lambda walk: {
        "packagePolicyId": walk.make(BY_NAME["fleet_package_policy"], [])
    },
}
"""Parameters of the query that an operation wants although it calls them optional."""

REFUSED = {}
"""Operations that cannot succeed on a stand-in as it comes, and why."""
