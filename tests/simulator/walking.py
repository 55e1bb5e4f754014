"""A smallest valid request for every operation of a contract, with real things in its path."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from pytest_kibana.contract import Contract, Operation
from pytest_kibana.simulator.inventory import BY_NAME, RESOURCES, Resource
from pytest_kibana.simulator.routing import anonymous
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import Clock
from pytest_kibana.simulator.synthesis import MISSING, Synthesiser

Json = Any
HOST = "8f0d1e2c-3b4a-4958-8676-a5b4c3d2e1f0"
HEADERS = {"kbn-xsrf": "true", "x-elastic-internal-origin": "walk"}


@dataclass
class Walk:
    """Makes requests for one contract and sends them to one stand-in."""

    contract: Contract
    client: httpx.Client
    made: int = 0
    answer: Json = None
    made_id: str | None = None
    sent: Json = None

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.contract)
        self.synthesiser = Synthesiser(self.schemas, Clock())
        self.by_label = {f"{o.method} {anonymous(o.path)}": o for o in self.contract.operations.values()}
        self.creators = {
            label: (resource, role) for resource in reversed(RESOURCES) for label, role in resource.roles()
        }

    def visit(self, operation: Operation) -> httpx.Response:
        return self.send(operation, *self.prepared(operation))

    def prepared(self, operation: Operation) -> tuple[str, list[str], dict[str, Json]]:
        """Make what an operation needs; return its label, the ids of its path, and what is known of its thing."""
        label = f"{operation.method} {anonymous(operation.path)}"
        if label == "POST /api/lists/index":
            self.send(self.by_label["DELETE /api/lists/index"], label, [], {})
        if label == "DELETE /api/fleet/epm/packages/{}/{}":
            self.send(self.by_label["POST /api/fleet/epm/packages/{}/{}"], label, ["nginx", "2.1.1"], {})
        resource, role = self.creators.get(label, (None, None))
        ids = self._ids(operation, label, role)
        known: dict[str, Json] = {}
        if resource is not None and role in ("read", "update", "delete"):
            known = self.facts(resource, self.made_id if label.endswith("}") else self.make(resource, ids))
        return label, ids, known

    def facts(self, resource: Resource, made: str | None) -> dict[str, Json]:
        """Return what a request may say of a thing that was made: its ids, and the version of its last answer."""
        if made is None:
            return {}
        known: dict[str, Json] = dict.fromkeys(resource.keys, made)
        for name in (*resource.keys, "version", "_version"):
            found = seek(self.answer, name)
            if found is not None:
                known[name] = found
        return known

    def _ids(self, operation: Operation, label: str, role: str | None) -> list[str]:
        """Return a value for each parameter of the path: ids of things made for it, or what the schema says."""
        segments = anonymous(operation.path).strip("/").split("/")
        parameters = {p.name: p for p in operation.parameters_in("path")}
        names = re.findall(r"\{([^{}?*]+)\??\*?\}", operation.path)
        ids: list[str] = []
        for at, segment in enumerate(segments):
            if "{}" not in segment:
                continue
            prefix = "/" + "/".join(segments[: at + 1])
            special = IDS.get((label, len(ids)))
            if special is not None:
                ids.append(special(self))
                continue
            if names[len(ids)] in NAMED and not (
                role == "create" and at == len(segments) - 1 and "pkg" not in names[len(ids)]
            ):
                ids.append(NAMED[names[len(ids)]])
                continue
            if names[len(ids)] == "type" and "saved_objects" in segments:
                ids.append("tag")
                continue
            resource = self._resource_at(prefix)
            last = at == len(segments) - 1
            value = None
            if resource is not None and not (last and role == "create"):
                value = self.made_id = self.make(resource, ids)
            if value is None:
                parameter = parameters.get(names[len(ids)])
                schema = parameter.schema.json if parameter else {"type": "string"}
                flat = self.synthesiser.flat(schema)
                made = self.synthesiser.fit(schema, MISSING)
                if role == "create" and resource is not None and isinstance(flat, dict) and flat.get("enum"):
                    made = flat["enum"][0]
                elif isinstance(made, str) and not (isinstance(flat, dict) and flat.get("enum")):
                    self.made += 1
                    made = f"id-{self.made}" if self.schemas.valid(schema, f"id-{self.made}") else made
                value = str(made) if not isinstance(made, dict | list) else "id"
            ids.append(value)
        return ids

    def _resource_at(self, prefix: str) -> Resource | None:
        for resource in RESOURCES:
            for label in (*resource.read, *resource.delete, *resource.update):
                if label.partition(" ")[2] == prefix and (resource.create or resource.list):
                    return resource
        return None

    def make(self, resource: Resource, ids: list[str]) -> str | None:
        for label in resource.create:
            operation = self.by_label.get(label)
            if operation is None:
                continue
            count = label.count("{}")
            own = ids[:count]
            while len(own) < count:
                self.made += 1
                own.append("tag" if "/saved_objects/" in label and not own else f"id-{self.made}")
            answer = self.send(operation, label, own, {})
            if answer.status_code >= 300:
                continue
            self.answer = answer.json() if answer.content else None
            found = dig(self.answer, resource.answer)
            if found is None:
                found = seek(self.answer, resource.field)
            if resource.name == "case_comment":
                self.answer = self.answer["comments"][-1]
                found = self.answer["id"]
            if found is None and isinstance(self.answer, dict) and resource.name == "entity":
                found = seek(self.answer, "id")
            if found is None and isinstance(self.sent, dict):
                found = seek(self.sent, resource.keys[0]) or seek(self.answer, "id")
            return str(found) if isinstance(found, str | int) else own[-1] if own else None
        for label in resource.list:
            operation = self.by_label.get(label)
            if operation is None or "{}" in label:
                continue
            answer = self.send(operation, label, [], {})
            rows = answer.json() if answer.status_code == 200 else []
            rows = rows.get(resource.items or "items") if isinstance(rows, dict) else rows
            if rows and resource.field in rows[0]:
                return str(rows[0][resource.field])
        return None

    def fresh(self, label: str, value: Json) -> Json:
        """Give what is about to be made an id of its own, where the body has one."""
        resource, role = self.creators.get(label, (None, None))
        if resource is None or role != "create" or not isinstance(value, dict) or resource.upsert:
            return value
        self.made += 1
        if resource.enter and isinstance(value.get(resource.enter), dict):
            inner = value[resource.enter]
            renamed = {n: f"id-{self.made}" for n in ("id", "title", "name") if isinstance(inner.get(n), str)}
            return {**value, resource.enter: {**inner, **renamed}}
        names = [
            n for n in (resource.keys[0], *resource.aliases, "title", "name") if isinstance(value.get(n), str)
        ]
        return {**value, **dict.fromkeys(names, f"id-{self.made}")}

    def body(self, label: str, schema: Json, known: dict[str, Json], hint: Json) -> Json:
        """Return a body: one that means something, or the smallest that the schema allows."""
        value = SENSIBLE.get(label)
        value = value(self, known) if callable(value) else value
        if value is None:
            value = self.synthesiser.fit(schema, MISSING) if schema is not None else {}
            if hint is not MISSING and schema is not None:
                value = laid_over(self, schema, value, hint)
            if label.startswith("POST /api/endpoint/action/") and isinstance(value, dict):
                value = {"endpoint_ids": [HOST], **value}  # which older contracts do not demand
        return value

    def send(
        self, operation: Operation, label: str, ids: list[str], known: dict[str, Json]
    ) -> httpx.Response:
        path = (
            re.sub(r"\{[^{}]*\}", lambda _: quote(next(values), safe=""), operation.path)
            if (values := iter(ids))
            else ""
        )
        query = {}
        wanted = QUERIES.get(label, {})
        wanted = wanted(self) if callable(wanted) else wanted
        for parameter in operation.parameters_in("query"):
            name = parameter.name
            if name in wanted:
                query[name] = wanted[name]
            elif (
                not wanted
                and name in known
                and any(self.schemas.valid(parameter.schema.json, v) for v in (known[name], [known[name]]))
            ):
                value = known[name]
                query[name] = f'["{value}"]' if name == "ids" else value
            elif parameter.required:
                value = self.synthesiser.fit(parameter.schema.json, MISSING)
                inner = self.synthesiser.flat(parameter.schema.json)
                if value == [] and isinstance(inner, dict):
                    value = [self.synthesiser.fit(inner.get("items", {"type": "string"}), MISSING)]
                query[name] = text(value)
        headers = dict(HEADERS)
        self.sent = None
        content: bytes | None = None
        files = None
        body = operation.body
        if body is not None and body.content:
            media = body.media("application/json") or body.content[0]
            hint: Json = {k: v for k, v in known.items() if k not in query} or MISSING
            value = self.body(label, media.schema.json if media.schema else None, known, hint)
            self.sent = value = self.fresh(label, value)
            if media.name == "multipart/form-data":
                texts = {"retries": "[]"} if "_resolve_import_errors" in label else {}
                files = {k: ("f.ndjson", b"{}") for k in ({**(value or {}), "file": 1}) if k not in texts}
                files |= {k: (None, v.encode()) for k, v in texts.items()}
            elif media.name == "application/json":
                import json

                content = json.dumps(value).encode()
                headers["content-type"] = "application/json"
            else:
                content, headers["content-type"] = (_archive() if "gzip" in media.name else b"x"), media.name
        url = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        return self.client.request(operation.method, url, headers=headers, content=content, files=files)


def laid_over(walk: Walk, schema: Json, value: Json, known: dict[str, Json]) -> Json:
    """Put ids of real things where a body has room for them."""
    from pytest_kibana.simulator.generic import declared

    class Holder:
        synthesiser = walk.synthesiser

    room = declared(Holder, schema)  # type: ignore[arg-type]
    result = dict(value) if isinstance(value, dict) else value
    if isinstance(result, dict):
        for name, wanted in known.items():
            if name in room:
                inner = walk.synthesiser.flat(room[name])
                result[name] = (
                    [wanted] if isinstance(inner, dict) and inner.get("type") == "array" else wanted
                )
            elif "version" in name:
                result.pop(name, None)
        if not walk.schemas.valid(schema, result):
            result = walk.synthesiser.fit(schema, result)
    return result


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
        import json

        return json.dumps(value)
    return value


def dig(value: Json, path: str) -> Json:
    for step in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _made(name: str) -> Callable[[Walk], str]:
    return lambda walk: str(walk.make(BY_NAME[name], []))


def _then(name: str, key: str) -> Callable[[Walk], str]:
    def find(walk: Walk) -> str:
        walk.make(BY_NAME[name], [])
        return str(seek(walk.answer, key))

    return find


def _tag(walk: Walk) -> str:
    return str(walk.make(BY_NAME["saved_object"], ["tag"]))


def _commented(walk: Walk) -> str:
    case = str(walk.make(BY_NAME["case"], []))
    walk.make(BY_NAME["case_comment"], [case])
    return case


def _engine(walk: Walk) -> str:
    label = "POST /api/entity_store/engines/{}/init"
    walk.send(walk.by_label[label], label, ["user"], {})
    return "user"


def _archive() -> bytes:
    """Return a package, as small as one can be."""
    manifest = (
        "{format_version: 3.0.0, name: tiny, version: 1.0.0, title: t, description: d, owner: {github: o}}"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("tiny-1.0.0/manifest.yml", manifest)
    return target.getvalue()


def _file(field: str) -> Callable[[Walk], str]:
    """Let an agent send its diagnostics, and return this field of the last file."""

    def find(walk: Walk) -> str:
        ask, uploads = "POST /api/fleet/agents/{}/request_diagnostics", "GET /api/fleet/agents/{}/uploads"
        if field == "id":
            walk.send(walk.by_label[ask], ask, ["stand-in-agent"], {})
        answer = walk.send(walk.by_label[uploads], uploads, ["stand-in-agent"], {})
        return str(answer.json()["items"][-1][field])

    return find


def _remote_output(walk: Walk) -> str:
    """Make an output that leads to another cluster, where what is installed is kept alike."""
    path = "/api/fleet/outputs"
    body = {
        "name": "remote",
        "type": "remote_elasticsearch",
        "hosts": ["https://remote.example.com:9200"],
        "sync_integrations": True,
    }
    return str(walk.client.post(path, json=body, headers=HEADERS).json()["item"]["id"])


def _task(verb: str) -> Callable[[Walk], str]:
    """Let a task do something to packages, and return its id."""

    def start(walk: Walk) -> str:
        version = {} if verb == "rollback" else {"version": "2.1.1"}
        body = {"packages": [{"name": "nginx", **version}]}
        answer = walk.client.post(f"/api/fleet/epm/packages/_bulk_{verb}", json=body, headers=HEADERS)
        return str(answer.json()["taskId"])

    return start


def _package_policy(walk: Walk) -> Json:
    walk.made += 1
    return {
        "name": f"package-policy-{walk.made}",
        "package": {"name": "nginx", "version": "2.1.1"},
        "inputs": {},
    }


def _upgraded(walk: Walk) -> str:
    """Install a package in an old version and then in a new one."""
    for version in ("2.0.0", "2.1.0"):
        walk.client.post(f"/api/fleet/epm/packages/tcp/{version}", json={}, headers=HEADERS)
    return "tcp"


def _installed(walk: Walk) -> str:
    walk.client.post("/api/fleet/epm/packages/nginx/2.1.1", json={}, headers=HEADERS)
    return "nginx"


NAMED = {"pkgName": "nginx", "pkgVersion": "2.1.1", "agentId": "stand-in-agent"}
"""Parameters that name what the stand-in brings along."""

LAST = ("DELETE /api/fleet/agents/{agentId}",)
"""Operations after which others would find nothing."""

IDS: dict[tuple[str, int], Callable[[Walk], str]] = {
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


def _value_list(walk: Walk) -> dict[str, Json]:
    return {"list_id": walk.make(BY_NAME["value_list"], [])}


def _value_item(walk: Walk) -> dict[str, Json]:
    return {"id": walk.make(BY_NAME["value_list_item"], [])}


def _exception_list(walk: Walk) -> dict[str, Json]:
    key = walk.make(BY_NAME["exception_list"], [])
    return {
        "id": key,
        "list_id": seek(walk.answer, "list_id"),
        "namespace_type": "single",
        "include_expired_exceptions": "true",
    }


QUERIES: dict[str, Json] = {
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
