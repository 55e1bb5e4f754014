"""APM: agent configurations by service, source maps, annotations and keys. All of it is the same in every space."""

import hashlib
import json
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("apm")
_PATH = "/api/apm/settings/agent-configuration"


def _key(service: Json) -> str:
    service = service or {}
    return f"{service.get('name') or ''}|{service.get('environment') or ''}"


def _shown(record: Record) -> dict[str, Json]:
    etag = hashlib.sha1(json.dumps(record.value, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    stamp = record.facts.get("timestamp", 0)
    return {"@timestamp": stamp, "applied_by_agent": False, "etag": etag, **record.value}


def _configuration(call: Call, service: Json) -> Record:
    record = call.table("apm_agent_configuration").get(_key(service))
    if record is None:
        raise Refusal(404, "Agent configuration not found")
    return record


@family.on(f"PUT {_PATH}")
def put(call: Call) -> Reply:
    """Make a configuration; one that exists is replaced only by ``overwrite``."""
    body = dict(call.body or {})
    key = _key(body.get("service"))
    table = call.table("apm_agent_configuration")
    exists = key in table
    if exists and call.query.get("overwrite") not in (True, "true"):
        service = body.get("service") or {}
        name, environment = service.get("name"), service.get("environment")
        raise Refusal(
            400,
            f'Configuration already exists for "{name or "All"}" in "{environment or "All"}"',
            family="platform",
        )
    if exists:
        record = table[key]
        record.value = body
        call.world.store.touch(record, call.user)
    else:
        record = call.world.store.put("apm_agent_configuration", "*", key, body, by=call.user)
    record.facts["timestamp"] = call.world.clock.millis()
    return Reply({})


@family.on(f"GET {_PATH}")
def list_(call: Call) -> Reply:
    """Show all configurations."""
    return Reply({"configurations": [_shown(r) for r in call.table("apm_agent_configuration").values()]})


@family.on(f"GET {_PATH}/view")
def view(call: Call) -> Reply:
    """Show the configuration of a service."""
    record = _configuration(call, call.query)
    return Reply(
        {"id": hashlib.md5(record.id.encode(), usedforsecurity=False).hexdigest()[:20], **_shown(record)}
    )


@family.on(f"DELETE {_PATH}")
def delete(call: Call) -> Reply:
    """Remove the configuration of a service; the body may wrap it in ``service`` or not."""
    body = call.body or {}
    record = _configuration(call, body.get("service", body))
    del call.table("apm_agent_configuration")[record.id]
    return Reply({"result": "deleted"})


@family.on(f"POST {_PATH}/search")
def search(call: Call) -> Reply:
    """Find the configuration that an agent would get: of its service and environment, or of fewer of them."""
    service = (call.body or {}).get("service") or {}
    name, environment = service.get("name"), service.get("environment")
    ways: tuple[dict[str, Json], ...] = (
        {"name": name, "environment": environment},
        {"name": name},
        {"environment": environment},
        {},
    )
    table = call.table("apm_agent_configuration")
    for way in ways:
        record = table.get(_key(way))
        if record is not None:
            return Reply(
                {
                    "_index": ".apm-agent-configuration",
                    "_id": record.id,
                    "_score": 1,
                    "_source": _shown(record),
                }
            )
    raise Refusal(404, "Agent configuration not found")


@family.on(f"GET {_PATH}/environments")
def environments(call: Call) -> Reply:
    """Show the environments of a service; ALL_OPTION_VALUE stands for all of them."""
    configured = {
        (r.value.get("service") or {}).get("environment") or "ALL_OPTION_VALUE"
        for r in call.table("apm_agent_configuration").values()
        if (r.value.get("service") or {}).get("name") == call.query.get("serviceName")
    }
    names = sorted({"ALL_OPTION_VALUE", *configured})
    return Reply({"environments": [{"name": n, "alreadyConfigured": n in configured} for n in names]})


@family.on(f"GET {_PATH}/agent_name")
def agent_name(call: Call) -> Reply:
    """Say which kind of agent a service has, where a configuration says so; nothing else is known of services."""
    rows = [r.value for r in call.table("apm_agent_configuration").values()]
    named = [row for row in rows if (row.get("service") or {}).get("name") == call.query.get("serviceName")]
    known = [row["agent_name"] for row in named if row.get("agent_name")]
    return Reply({"agentName": known[0]} if known else {})


@family.on("POST /api/apm/fleet/apm_server_schema")
def server_schema(call: Call) -> Reply:
    """Keep the one object that tells how APM Server was set up; nothing reads it by way of the API."""
    schema = (call.body or {}).get("schema")
    call.world.store.put(
        "apm_server_schema", "*", "-", {"schemaJson": json.dumps(schema or {})}, by=call.user
    )
    return Reply({})


@family.on("POST /api/apm/agent_keys")
def agent_key(call: Call) -> Reply:
    """Make an API key for agents; an API key cannot make another one."""
    body = call.body or {}
    role = {
        "apm": {
            "cluster": [],
            "applications": [
                {"application": "apm", "privileges": body.get("privileges"), "resources": ["*"]}
            ],
        }
    }
    if call.identity.kind == "apikey":
        role = {}
    return Reply({"agentKey": call.world.identities.add_key(call.identity, str(body.get("name")), role)})


@family.on("POST /api/apm/sourcemaps")
def upload(call: Call) -> Reply:
    """Keep a source map."""
    form = call.body if isinstance(call.body, dict) else {}
    texts = {
        k: v.content.decode("utf-8", "replace") if isinstance(v, Upload) else str(v) for k, v in form.items()
    }
    digest = hashlib.sha256(texts.get("sourcemap", "").encode()).hexdigest()
    name, version = texts.get("service_name", ""), texts.get("service_version", "")
    key = f"apm:{name}-{version}-{digest}"
    value = {
        "type": "sourcemap",
        "identifier": f"{name}-{version}",
        "relative_url": f"/api/fleet/artifacts/{name}-{version}/{digest}",
        "created": call.world.clock.now(),
        "id": key,
        "compressionAlgorithm": "zlib",
        "decodedSha256": digest,
        "decodedSize": len(texts.get("sourcemap", "")),
        "encodedSha256": digest,
        "encodedSize": len(texts.get("sourcemap", "")),
        "encryptionAlgorithm": "none",
        "packageName": "apm",
    }
    record = call.world.store.put("apm_sourcemap", "*", key, value, by=call.user)
    record.facts = {
        "bundleFilepath": texts.get("bundle_filepath", ""),
        "serviceName": name,
        "serviceVersion": version,
    }
    return Reply({**value, "body": texts.get("sourcemap", "")})


@family.on("GET /api/apm/sourcemaps")
def sourcemaps(call: Call) -> Reply:
    """Show source maps, page by page."""
    rows = [{**r.value, "body": r.facts} for r in call.table("apm_sourcemap").values()]
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("perPage"), 20)
    return Reply({"artifacts": rows[(page - 1) * size : page * size], "total": len(rows)})


@family.on("DELETE /api/apm/sourcemaps/{}")
def remove(call: Call) -> Reply:
    """Remove a source map."""
    if call.table("apm_sourcemap").pop(call.ids[0], None) is None:
        raise Refusal(404, family="platform")
    return Reply({})


@family.on("POST /api/apm/services/{}/annotation")
def annotate(call: Call) -> Reply:
    """Keep an annotation; nothing removes it."""
    body = dict(call.body or {})
    key = call.world.clock.uuid()
    service = {"name": call.ids[0], **(body.get("service") or {})}
    source = {
        "@timestamp": body.get("@timestamp", call.world.clock.now()),
        "annotation": {"title": service.get("version", ""), "type": "deployment"},
        "event": {"created": call.world.clock.now()},
        "message": body.get("message") or service.get("version", ""),
        "service": service,
        "tags": body.get("tags") or ["apm"],
    }
    call.world.store.put("apm_annotation", "*", key, source, by=call.user)
    return Reply({"_id": key, "_index": "observability-annotations", "_source": source})


@family.on("GET /api/apm/services/{}/annotation/search")
def annotations(call: Call) -> Reply:
    """Show the annotations of a service between two times."""
    start, end = str(call.query.get("start") or ""), str(call.query.get("end") or "~")
    rows = []
    for key, record in call.table("apm_annotation").items():
        source = record.value
        if source["service"]["name"] == call.ids[0] and start <= source["@timestamp"] <= end:
            rows.append(
                {
                    "type": "version",
                    "id": key,
                    "@timestamp": call.world.clock.millis(),
                    "text": source["message"],
                }
            )
    return Reply({"annotations": rows})
