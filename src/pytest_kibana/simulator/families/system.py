"""Status, features, statistics: what Kibana says of itself."""

from typing import Any

from pytest_kibana.simulator.authorization import granted
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.features import FEATURES, hidden
from pytest_kibana.simulator.identities import ANONYMOUS
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.routing import Route
from pytest_kibana.simulator.store import stamp
from pytest_kibana.simulator.world import NAME, Call, World

Json = Any
family = Family("system")

CLUSTER = "c3RhbmQtaW4tY2x1c3Rlcg"
"""The id of the Elasticsearch cluster that is not there."""
PLUGINS = (
    "actions", "agentBuilder", "alerting", "apm", "cases", "cloud", "dashboard", "data", "dataViews", "discover",
    "elasticAssistant", "encryptedSavedObjects", "entityManager", "eventLog", "features", "fleet", "infra",
    "licensing", "lists", "logstash", "maintenanceWindows", "ml", "observability", "observabilityAIAssistant",
    "osquery", "savedObjectsManagement", "savedObjectsTagging", "security", "securitySolution", "share", "slo",
    "spaces", "streams", "synthetics", "taskManager", "timelines", "triggersActionsUi", "upgradeAssistant", "uptime",
    "visualizations", "workflowsManagement",
)  # fmt: skip
"""Plugins that the status document lists."""


@family.route("GET /api/status", open=True)
def status(call: Call) -> Reply:
    """The status document; without credentials, or with wrong ones, only the level."""
    v7, v8 = (_flag(call.query.get(name)) for name in ("v7format", "v8format"))
    if v7 and v8:
        raise Refusal(
            400, "[request query]: provide only one format option: v7format or v8format", family="platform"
        )
    level = {"overall": {"level": "available"}}
    if call.identity is ANONYMOUS and not call.world.options["status.allowAnonymous"]:
        return Reply({"status": level})
    document = _document(call.world)
    if v7:
        document["status"] = {
            "overall": {"state": "green", "title": "Green", "nickname": "Looking good", "icon": "success"},
            "statuses": [
                {
                    "id": f"core:{name}@{call.world.version}",
                    "state": "green",
                    "message": f"{name} is available",
                }
                for name in ("elasticsearch", "savedObjects")
            ],
        }
    return Reply(document)


def _flag(value: Json) -> bool:
    return value in (True, "true", "")


def _document(world: World) -> dict[str, Json]:
    now = world.clock.now()
    available = {"level": "available", "summary": "All services and plugins are available"}
    return {
        "name": NAME,
        "uuid": "5b2de169-2785-441b-ae8c-186a1936b17d",
        "version": {
            "number": world.version.partition("-")[0],
            "build_hash": world.contract.sha256[:40].ljust(40, "0"),
            "build_number": 90000,
            "build_snapshot": world.version.endswith("-SNAPSHOT"),
            "build_flavor": world.config.flavor,
            "build_date": stamp(1_750_000_000_000),
        },
        "status": {
            "overall": available,
            "core": {
                "elasticsearch": {
                    "level": "available",
                    "summary": "Elasticsearch is available",
                    "meta": {"warningNodes": [], "incompatibleNodes": []},
                },
                "http": {"level": "available", "summary": "Core is running normally"},
                "savedObjects": {
                    "level": "available",
                    "summary": "SavedObjects service has completed migrations and is available",
                    "meta": {"migratedIndices": {"migrated": 0, "skipped": 0, "patched": 0}},
                },
            },
            "plugins": {name: dict(available) for name in PLUGINS},
        },
        "metrics": _metrics(now),
    }


def _metrics(now: str) -> dict[str, Json]:
    process = {
        "pid": 1,
        "uptime_in_millis": 1000,
        "memory": {
            "heap": {"total_in_bytes": 1, "used_in_bytes": 1, "size_limit": 1},
            "resident_set_size_in_bytes": 1,
            "array_buffers_in_bytes": 1,
            "external_in_bytes": 1,
        },
        "event_loop_delay": 1.0,
        "event_loop_utilization": {"active": 1.0, "idle": 1.0, "utilization": 0.1},
    }
    return {
        "last_updated": now,
        "collection_interval_in_millis": 5000,
        "os": {
            "platform": "linux",
            "platformRelease": "linux-6",
            "load": {"1m": 0.1, "5m": 0.1, "15m": 0.1},
            "memory": {"total_in_bytes": 1, "free_in_bytes": 1, "used_in_bytes": 1},
            "uptime_in_millis": 1000,
        },
        "process": process,
        "processes": [process],
        "response_times": {"avg_in_millis": 1, "max_in_millis": 1},
        "concurrent_connections": 1,
        "requests": {"disconnects": 0, "total": 1, "statusCodes": {"200": 1}, "status_codes": {"200": 1}},
        "elasticsearch_client": {"totalActiveSockets": 0, "totalIdleSockets": 1, "totalQueuedRequests": 0},
    }


@family.route("GET /api/features")
def features(call: Call) -> Reply:
    """The features that roles can be given privileges of."""
    listed = []
    for order, (key, name, category, tier) in enumerate(FEATURES):
        entry: dict[str, Json] = {
            "id": key,
            "name": name,
            "category": {"id": category, "label": category.capitalize(), "order": 1000},
            "order": order,
            "app": [key, "kibana"],
            "catalogue": [key],
            "privileges": {
                level: {
                    "app": [key, "kibana"],
                    "savedObject": {"all": [], "read": []},
                    "ui": ["show"],
                    "api": [],
                }
                for level in ("all", "read")
            },
        }
        if tier is not None:
            entry["minimumLicense"] = tier
        listed.append(entry)
    return Reply(listed)


@family.route("POST /api/core/capabilities", internal=True)
def capabilities(call: Call) -> Reply:
    """What the interface shows to somebody in a space: features that neither the space nor the roles hide.

    Hiding is all that a space does to a feature; its API answers as ever (Kibana source, spaces plugin).
    """
    space = call.world.store.table("space").get(call.space)
    gone = frozenset(hidden(space.value) if space is not None else ())
    answer: dict[str, Json] = {"navLinks": {}, "management": {}, "catalogue": {}}
    for key, *_ in FEATURES:
        shown = key not in gone and granted(call, "read", (key,))
        answer[key] = {"show": shown, "save": key not in gone and granted(call, "all", (key,))}
        answer["navLinks"][key] = answer["catalogue"][key] = shown
    return Reply(answer)


@family.route("GET /api/stats")
def stats(call: Call) -> Reply:
    """Numbers about the process; public and outside the contract."""
    document = _document(call.world)
    version = document["version"]
    legacy = _flag(call.query.get("legacy"))
    extended = {"clusterUuid" if legacy else "cluster_uuid": CLUSTER, "usage": {}}
    return Reply(
        {
            **(extended if _flag(call.query.get("extended")) else {}),
            "kibana": {
                "uuid": document["uuid"],
                "name": NAME,
                "index": ".kibana",
                "host": "localhost",
                "locale": "en",
                "transport_address": "127.0.0.1:5601",
                "version": version["number"],
                "snapshot": version["build_snapshot"],
                "status": "green",
            },
            "last_updated": document["metrics"]["last_updated"],
            "collection_interval_ms": 5000,
            "process": document["metrics"]["process"],
            "os": document["metrics"]["os"],
        }
    )


@family.route("GET /api/licensing/info", internal=True)
def license_info(call: Call) -> Reply:
    """The licence. Looks public, and is an internal route on 9.x."""
    kind = call.world.config.license
    return Reply(
        {
            "license": {
                "uid": "stand-in",
                "type": kind,
                "mode": kind,
                "status": "active",
                "expiryDateInMillis": call.world.clock.millis() + 30 * 86_400_000,
            },
            "features": {
                name: {"isAvailable": True, "isEnabled": True}
                for name in ("security", "spaces", "watcher", "graph", "ml")
            },
            "signature": call.world.license_signature,
        }
    )


@family.on("GET /api/task_manager/_health")
def health(call: Call) -> Reply:
    """The task manager is well, always."""
    now = call.world.clock.now()
    part = {"timestamp": now, "status": "OK", "value": {}}
    return Reply(
        {
            "id": "5b2de169-2785-441b-ae8c-186a1936b17d",
            "timestamp": now,
            "status": "OK",
            "last_update": now,
            "stats": {
                name: dict(part) for name in ("configuration", "workload", "runtime", "capacity_estimation")
            },
        }
    )


_SYNCED = ("savedObjectsCreated", "savedObjectsDeleted", "datafeedsAdded", "datafeedsRemoved")


@family.on("GET /api/ml/saved_objects/sync")
def synchronise(call: Call) -> Reply:
    """Jobs and their saved objects agree: there are neither."""
    return Reply({name: {} for name in _SYNCED})


@family.route(
    "POST /api/ml/saved_objects/update_jobs_spaces",
    "POST /api/ml/saved_objects/update_trained_models_spaces",
    beside="GET /api/ml/saved_objects/sync",
)
def move_jobs(call: Call) -> Reply:
    """No job is known; each says so for itself (seen on 9.4.3)."""
    body = call.body if isinstance(call.body, dict) else {}
    models = call.path.endswith("update_trained_models_spaces")
    kind = "trained-model" if models else str(body.get("jobType"))
    if kind not in ("trained-model", "anomaly-detector", "data-frame-analytics"):
        raise Refusal(400, "[request body.jobType]: types that failed validation", family="platform")
    name = "modelIds" if models else "jobIds"
    ids = body.get(name)
    if not isinstance(ids, list):
        raise Refusal(400, f"[request body.{name}]: expected value of type [array]", family="platform")
    failure = {"success": False, "type": kind, "error": {"statusCode": 404, "message": "not found"}}
    return Reply(dict.fromkeys(ids, failure))


@family.on("GET /api/upgrade_assistant/status")
def upgrade(call: Call) -> Reply:
    """Nothing stands in the way of an upgrade."""
    return Reply(
        {
            "readyForUpgrade": True,
            "details": "All deprecation warnings have been resolved.",
            "recentEsDeprecationLogs": {"count": 0, "logs": []},
            "kibanaApiDeprecations": [],
        }
    )


@family.start
def give_contract(world: World) -> None:
    """Add the route that gives the contract, where it was switched on."""
    if world.config.oas:
        world.router.add(Route("GET", "/api/oas", None, versioned=False, open=True))


@family.on("GET /api/oas")
def openapi(call: Call) -> Reply:
    """The contract itself, or a part of it, for anybody (Kibana source, ``http_service.ts``)."""
    access = call.query.get("access", "public")
    if access not in ("public", "internal"):
        raise Refusal(400, "[request query.access]: types that failed validation", family="platform")
    document = call.world.contract.document()
    prefix = str(call.query.get("pathStartsWith") or "")
    excluded = call.query.get("excludePathsMatching") or []
    excluded = excluded if isinstance(excluded, list) else [excluded]
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path.startswith(prefix)
        and not any(path.startswith(str(e)) for e in excluded)
        and (access == "internal" or not path.startswith("/internal/"))
    }
    return Reply(document)
