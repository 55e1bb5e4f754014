"""Rules: their types and licences, enabling, muting and snoozing. Nothing ever fires."""

import re
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("alerting")
_RULE = BY_NAME["alerting_rule"]
_ONE = "/api/alerting/rule/{}"
_STACK = (
    "alerts",
    "stackAlerts",
    "logs",
    "infrastructure",
    "observability",
    "siem",
    "discover",
    "ml",
    "slo",
    "uptime",
)

TYPES: dict[str, tuple[str, str, str, str]] = {
    ".es-query": ("Elasticsearch query", "stackAlerts", "management", "basic"),
    ".index-threshold": ("Index threshold", "stackAlerts", "management", "basic"),
    ".geo-containment": ("Tracking containment", "stackAlerts", "management", "gold"),
    "transform_health": ("Transform health", "stackAlerts", "management", "basic"),
    "monitoring_alert_cluster_health": ("Cluster health", "monitoring", "management", "basic"),
    "xpack.ml.anomaly_detection_alert": ("Anomaly detection", "ml", "management", "platinum"),
    "xpack.ml.anomaly_detection_jobs_health": (
        "Anomaly detection jobs health",
        "ml",
        "management",
        "platinum",
    ),
    "slo.rules.burnRate": ("SLO burn rate", "slo", "observability", "platinum"),
    "observability.rules.custom_threshold": ("Custom threshold", "observability", "observability", "basic"),
    "logs.alert.document.count": ("Log threshold", "logs", "observability", "basic"),
    "metrics.alert.threshold": ("Metric threshold", "infrastructure", "observability", "basic"),
    "metrics.alert.inventory.threshold": ("Inventory", "infrastructure", "observability", "basic"),
    "apm.error_rate": ("Error count threshold", "apm", "observability", "basic"),
    "apm.transaction_duration": ("Latency threshold", "apm", "observability", "basic"),
    "apm.transaction_error_rate": ("Failed transaction rate threshold", "apm", "observability", "basic"),
    "apm.anomaly": ("APM anomaly", "apm", "observability", "platinum"),
    "xpack.uptime.alerts.monitorStatus": ("Uptime monitor status", "uptime", "observability", "basic"),
    "xpack.uptime.alerts.tls": ("Uptime TLS", "uptime", "observability", "basic"),
    "xpack.synthetics.alerts.monitorStatus": ("Monitor status", "uptime", "observability", "basic"),
    "xpack.synthetics.alerts.tls": ("Synthetics TLS", "uptime", "observability", "basic"),
    "siem.queryRule": ("Custom query rule", "siem", "securitySolution", "basic"),
    "siem.savedQueryRule": ("Saved query rule", "siem", "securitySolution", "basic"),
    "siem.eqlRule": ("Event correlation rule", "siem", "securitySolution", "basic"),
    "siem.esqlRule": ("ES|QL rule", "siem", "securitySolution", "basic"),
    "siem.indicatorRule": ("Indicator match rule", "siem", "securitySolution", "basic"),
    "siem.mlRule": ("Machine learning rule", "siem", "securitySolution", "platinum"),
    "siem.newTermsRule": ("New terms rule", "siem", "securitySolution", "basic"),
    "siem.thresholdRule": ("Threshold rule", "siem", "securitySolution", "basic"),
    "siem.notifications": ("Security rule notification", "siem", "securitySolution", "basic"),
    "attack-discovery": ("Attack discovery schedule", "siem", "securitySolution", "enterprise"),
}
"""Name, producer, category and licence of each rule type."""
_SNOOZES = "snooze_schedule"
_MILLISECONDS = {"": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@family.on("GET /api/alerting/rule_types")
def types(call: Call) -> Reply:
    """Show the rule types with what they offer to actions."""
    rows = []
    for kind, (name, producer, category, tier) in TYPES.items():
        consumers = {name: {"read": True, "all": call.identity.superuser} for name in (producer, *_STACK)}
        rows.append(
            {
                "id": kind,
                "name": name,
                "producer": producer,
                "category": category,
                "minimum_license_required": tier,
                "enabled_in_license": call.world.licensed(tier),
                "is_exportable": True,
                "does_set_recovery_context": True,
                "has_alerts_mappings": True,
                "has_fields_for_a_a_d": False,
                "default_action_group_id": "default",
                "action_groups": [
                    {"id": "default", "name": "Default"},
                    {"id": "recovered", "name": "Recovered"},
                ],
                "recovery_action_group": {"id": "recovered", "name": "Recovered"},
                "action_variables": {"context": [], "params": [], "state": []},
                "authorized_consumers": consumers,
                "rule_task_timeout": "5m",
                "auto_recover_alerts": True,
            }
        )
    return Reply(rows)


@family.on("GET /api/alerting/_health")
def health(call: Call) -> Reply:
    """All is well, and the encryption key stays."""
    fine = {"status": "ok", "timestamp": call.world.clock.now()}
    parts = ("decryption_health", "execution_health", "read_health")
    return Reply(
        {
            "is_sufficiently_secure": True,
            "has_permanent_encryption_key": True,
            "alerting_framework_health": {part: dict(fine) for part in parts},
            "alerting_framework_heath": {
                "_deprecated": "This state property has a typo, use 'alerting_framework_health' instead.",
                **{part: dict(fine) for part in parts},
            },
        }
    )


def _demand_type(call: Call, kind: str) -> None:
    if kind not in TYPES:
        raise Refusal(400, f'Rule type "{kind}" is not registered.', family="platform")
    tier = TYPES[kind][3]
    if not call.world.licensed(tier):
        have = call.world.config.license
        text = f"Rule type {kind} is disabled because your {have} license does not support it."
        raise Refusal(403, f"{text} Please upgrade your license.", family="platform")


def _demand_schedule(body: Json) -> None:
    interval = (body.get("schedule") or {}).get("interval")
    if interval is not None and not re.fullmatch(r"\d+[smhd]", str(interval)):
        text = f"[request body.schedule.interval]: string is not a valid duration: {interval}"
        raise Refusal(400, text, family="platform")


def _actions(call: Call, body: Json) -> list[Json]:
    """Return the actions as they are kept: each with an id of its own and its connector's type."""
    kept = []
    for action in body.get("actions") or ():
        connector = call.table("connector").get(str(action.get("id")))
        if connector is None:
            key = action.get("id")
            raise Refusal(400, f"Failed to load connector {key}: Saved object [action/{key}] not found")
        kind = connector.value["connector_type_id"]
        kept.append({"uuid": call.world.clock.uuid(), "connector_type_id": kind, **action})
    return kept


def _params(kind: str, params: Json) -> Json:
    if kind == ".es-query" and isinstance(params, dict):
        return {"aggType": "count", "groupBy": "all", **params}
    return params or {}


@family.on(f"POST {_ONE}")
def create(call: Call) -> Reply:
    """Make a rule; enabled unless it says otherwise."""
    body = dict(call.body or {})
    kind = str(body.get("rule_type_id"))
    _demand_type(call, kind)
    _demand_schedule(body)
    now = call.world.clock.now()
    key = call.ids[0] if call.ids else call.world.clock.uuid()
    enabled = bool(body.get("enabled", True))
    call.body = {
        "tags": [],
        "enabled": enabled,
        "throttle": None,
        "notify_when": None,
        **body,
        "id": key,
        "params": _params(kind, body.get("params")),
        "actions": _actions(call, body),
        "api_key_owner": call.user,
        "api_key_created_by_user": call.identity.kind == "apikey",
        "mute_all": False,
        "muted_alert_ids": [],
        "scheduled_task_id": key if enabled else None,
        "execution_status": {"status": "pending", "last_execution_date": now},
        "running": False,
        "revision": 0,
    }
    if not enabled:
        del call.body["scheduled_task_id"]
    return generic.create(call, _RULE)


@family.on(f"PUT {_ONE}")
def update(call: Call) -> Reply:
    """Replace what can be edited. Type, consumer and state stay."""
    record = generic.find(call, _RULE)
    body = dict(call.body or {})
    _demand_schedule(body)
    editable: dict[str, Json] = {"tags": [], "throttle": None, "notify_when": None}
    kind = str(record.value.get("rule_type_id"))
    body = {**editable, **body, "actions": _actions(call, body), "params": _params(kind, body.get("params"))}
    return generic.change(call, _RULE, record, body)


@family.on("GET /api/alerting/rules/_find")
def find(call: Call) -> Reply:
    """Show rules, page by page; an order without a field is 406 (seen on 9.4.3)."""
    if "sort_order" in call.query and "sort_field" not in call.query:
        raise Refusal(406, "sort_field is required when sort_order is used")
    rows = [record.value for record in call.table("alerting_rule").values()]
    consumers = call.query.get("filter_consumers")
    if isinstance(consumers, list):
        rows = [row for row in rows if row.get("consumer") in consumers]
    reference = call.query.get("has_reference")
    if isinstance(reference, dict):
        rows = [
            row for row in rows if any(a.get("id") == reference.get("id") for a in row.get("actions") or ())
        ]
    body = page_of(call, _RULE, rows)
    if isinstance(call.query.get("fields"), list) and isinstance(body, dict):
        keep = {"id", "rule_type_id", *call.query["fields"]}
        body["data"] = [{k: v for k, v in row.items() if k in keep} for row in body.get("data", ())]
    return Reply(body)


def _one(call: Call) -> Record:
    record = call.table("alerting_rule").get(call.ids[0])
    if record is None:
        raise generic.missing(_RULE, "id", call.ids[0])
    return record


def _set(call: Call, **change: Json) -> Reply:
    """Change state of the rule that the path begins with."""
    record = _one(call)
    record.value = {**record.value, **change}
    call.world.store.touch(record, call.user)
    for name in ("updated_at", "updated_by"):
        if name in record.value:
            record.value[name] = getattr(record, name)
    return Reply(NOTHING, status=204)


@family.on(f"POST {_ONE}/_enable")
def enable(call: Call) -> Reply:
    """Let the rule run."""
    return _set(call, enabled=True, scheduled_task_id=call.ids[0])


@family.on(f"POST {_ONE}/_disable")
def disable(call: Call) -> Reply:
    """Stop the rule."""
    return _set(call, enabled=False)


@family.on(f"POST {_ONE}/_mute_all")
def mute_all(call: Call) -> Reply:
    """Silence every alert of the rule."""
    return _set(call, mute_all=True, muted_alert_ids=[])


@family.on(f"POST {_ONE}/_unmute_all")
def unmute_all(call: Call) -> Reply:
    """Let every alert of the rule speak."""
    return _set(call, mute_all=False, muted_alert_ids=[])


@family.on(f"POST {_ONE}/_update_api_key")
def update_api_key(call: Call) -> Reply:
    """Let the rule run with a key of the caller."""
    return _set(call, api_key_owner=call.user)


@family.on("POST /api/alerting/rule/{}/alert/{}/_mute")
def mute(call: Call) -> Reply:
    """Silence an alert. Where a release checks that it fired once, none here ever did."""
    known = {p.name for p in call.operation.parameters_in("query")} if call.operation is not None else set()
    muted = _one(call).value.get("muted_alert_ids") or []
    if "validate_alerts_existence" in known and call.query.get("validate_alerts_existence") not in (
        False,
        "false",
    ):
        rule, alert = call.ids
        raise Refusal(404, f'Alert instance with id "{alert}" does not exist for rule with id "{rule}"')
    return _set(call, muted_alert_ids=[*(m for m in muted if m != call.ids[1]), call.ids[1]])


@family.on("POST /api/alerting/rule/{}/alert/{}/_unmute")
def unmute(call: Call) -> Reply:
    """Let an alert speak; 204 for any."""
    muted = _one(call).value.get("muted_alert_ids") or []
    return _set(call, muted_alert_ids=[m for m in muted if m != call.ids[1]])


def _snoozed(schedule: Json) -> Json:
    """Return a schedule of silence as its rule shows it: a length in milliseconds, and a rule of recurrence."""
    custom = schedule.get("custom") or {}
    length = re.fullmatch(r"(\d+)([smhdw]?)", str(custom.get("duration", "")))
    recurring = custom.get("recurring") or {}
    ends = {
        new: recurring[old] for old, new in (("end", "until"), ("occurrences", "count")) if old in recurring
    }
    start = {"dtstart": custom.get("start", ""), "tzid": custom.get("timezone", "UTC")}
    return {
        "id": schedule["id"],
        "duration": int(length[1]) * _MILLISECONDS[length[2]] if length else -1,
        "rRule": {**start, **(ends if recurring else {"count": 1})},
    }


@family.on(f"POST {_ONE}/snooze_schedule")
def snooze(call: Call) -> Reply:
    """Silence the rule at times to come."""
    record = _one(call)
    schedule = {"id": call.world.clock.uuid(), **((call.body or {}).get("schedule") or {})}
    kept = {**record.value, _SNOOZES: [*record.value.get(_SNOOZES, ()), _snoozed(schedule)]}
    record.value = kept
    answer: Json = {"schedule": schedule}
    if "body" in generic.declared(call.world, generic.success_schema(call)):
        answer = {"body": answer}
    return Reply(answer)


@family.on(f"DELETE {_ONE}/snooze_schedule/{{}}")
def unsnooze(call: Call) -> Reply:
    """Take a schedule away."""
    record = _one(call)
    snoozes = record.value.get(_SNOOZES, [])
    kept = [s for s in snoozes if s["id"] != call.ids[1]]
    if len(kept) == len(snoozes):
        raise Refusal(404, f"Rule has no snooze schedule with id {call.ids[1]}.")
    record.value = {**record.value, _SNOOZES: kept}
    return Reply(NOTHING, status=204)
