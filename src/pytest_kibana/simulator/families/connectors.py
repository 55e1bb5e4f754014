"""Connectors: their types and licences, secrets that never come back, and execution without a network."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("connectors")
_ITEM = "GET /api/actions/connector/{}"
_RESOURCE = BY_NAME["connector"]

TYPES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    ".server-log": ("Server log", "basic", ("alerting", "uptime")),
    ".index": ("Index", "basic", ("alerting", "uptime", "siem")),
    ".email": ("Email", "gold", ("alerting", "uptime", "siem")),
    ".slack": ("Slack", "gold", ("alerting", "uptime", "siem")),
    ".slack_api": ("Slack API", "gold", ("alerting", "uptime", "siem")),
    ".webhook": ("Webhook", "gold", ("alerting", "uptime", "siem")),
    ".cases-webhook": ("Webhook - Case Management", "gold", ("alerting", "uptime", "siem", "cases")),
    ".pagerduty": ("PagerDuty", "gold", ("alerting", "uptime", "siem")),
    ".opsgenie": ("Opsgenie", "platinum", ("alerting", "uptime", "siem")),
    ".teams": ("Microsoft Teams", "gold", ("alerting", "uptime", "siem")),
    ".jira": ("Jira", "platinum", ("alerting", "uptime", "siem", "cases")),
    ".servicenow": ("ServiceNow ITSM", "platinum", ("alerting", "uptime", "siem", "cases")),
    ".servicenow-sir": ("ServiceNow SecOps", "platinum", ("alerting", "siem", "cases")),
    ".servicenow-itom": ("ServiceNow ITOM", "platinum", ("alerting", "uptime", "siem")),
    ".swimlane": ("Swimlane", "platinum", ("alerting", "siem", "cases")),
    ".resilient": ("IBM Resilient", "platinum", ("alerting", "siem", "cases")),
    ".xmatters": ("xMatters", "gold", ("alerting", "uptime", "siem")),
    ".tines": ("Tines", "gold", ("alerting", "uptime", "siem")),
    ".torq": ("Torq", "gold", ("alerting", "uptime", "siem")),
    ".thehive": ("TheHive", "platinum", ("alerting", "siem", "cases")),
    ".d3security": ("D3 Security", "gold", ("alerting", "siem")),
    ".gen-ai": ("OpenAI", "enterprise", ("generativeAIForSecurity", "generativeAIForObservability")),
    ".bedrock": ("Amazon Bedrock", "enterprise", ("generativeAIForSecurity", "generativeAIForObservability")),
    ".gemini": ("Google Gemini", "enterprise", ("generativeAIForSecurity", "generativeAIForObservability")),
    ".inference": ("AI Connector", "enterprise", ("generativeAIForSecurity", "generativeAIForObservability")),
    ".sentinelone": ("Sentinel One", "enterprise", ("siem",)),
    ".crowdstrike": ("CrowdStrike", "enterprise", ("siem",)),
}
"""Name, licence and features of each type."""

_DEMANDED = {
    ".index": ("index",),
    ".webhook": ("url",),
    ".cases-webhook": ("createIncidentUrl",),
    ".jira": ("apiUrl",),
    ".servicenow": ("apiUrl",),
    ".gen-ai": ("apiProvider",),
}
"""What the config of a type cannot do without."""


def describe(call: Call, kind: str) -> dict[str, Json]:
    """Return a type as the API shows it."""
    name, tier, features = TYPES[kind]
    return {
        "id": kind,
        "name": name,
        "enabled": True,
        "enabled_in_config": True,
        "enabled_in_license": call.world.licensed(tier),
        "minimum_license_required": tier,
        "supported_feature_ids": list(features),
        "is_system_action_type": False,
        "is_deprecated": False,
        "sub_feature": None,
    }


@family.on("GET /api/actions/connector_types", "GET /api/actions/list_action_types")
def types(call: Call) -> Reply:
    """Show the types, those of a feature when asked."""
    wanted = call.query.get("feature_id")
    listed = [describe(call, kind) for kind, row in TYPES.items() if not wanted or wanted in row[2]]
    return Reply([{k: v for k, v in row.items() if v is not None} for row in listed])


def _demand_type(call: Call, kind: str) -> None:
    if kind not in TYPES:
        raise Refusal(400, f'Action type "{kind}" is not registered.', family="platform")
    tier = TYPES[kind][1]
    if not call.world.licensed(tier):
        have = call.world.config.license
        text = f"Action type {kind} is disabled because your {have} license does not support it."
        raise Refusal(403, f"{text} Please upgrade your license.", family="platform")


def _demand_config(kind: str, config: Json) -> None:
    for name in _DEMANDED.get(kind, ()):
        if not (config or {}).get(name):
            text = f"error validating action type config: [{name}]: expected value of type [string] but got [undefined]"
            raise Refusal(400, text, family="platform")


def _made(call: Call, key: str, body: Json, kind: str) -> dict[str, Json]:
    config = body.get("config") or {}
    if kind == ".index":
        config = {"executionTimeField": None, "refresh": False, **config}
    return {
        "id": key,
        "name": body.get("name"),
        "connector_type_id": kind,
        "config": config,
        "is_preconfigured": False,
        "is_deprecated": False,
        "is_missing_secrets": False,
        "is_system_action": False,
    }


@family.on("POST /api/actions/connector/{}", "POST /api/actions/action")
def create(call: Call) -> Reply:
    """Make a connector; its id is the caller's or a fresh one."""
    body = call.body or {}
    kind = str(body.get("connector_type_id") or body.get("actionTypeId"))
    _demand_type(call, kind)
    _demand_config(kind, body.get("config"))
    key = call.ids[0] if call.ids else call.world.clock.uuid()
    if len(key) > 36:
        text = (
            f"[request params.id]: value has length [{len(key)}] but it must have a maximum length of [36]."
        )
        raise Refusal(400, text, family="platform")
    if key in call.table("connector"):
        raise Refusal(409, f"Saved object [action/{key}] conflict")
    record = call.world.store.put("connector", call.space, key, _made(call, key, body, kind), by=call.user)
    return Reply(_shown(call, record))


def _shown(call: Call, record: Record) -> dict[str, Json]:
    """Return a connector; routes of 8.x call its type otherwise."""
    if "/connector" in call.route.template:
        return dict(record.value)
    return {**record.value, "actionTypeId": record.value["connector_type_id"], "isPreconfigured": False}


@family.on("GET /api/actions/connector/{}", "GET /api/actions/action/{}")
def read(call: Call) -> Reply:
    """Show a connector, without secrets."""
    return Reply(_shown(call, generic.find(call, _RESOURCE)))


@family.on("GET /api/actions/connectors", "GET /api/actions")
def list_(call: Call) -> Reply:
    """Show all connectors, by name, with how many objects use them."""
    rules = [record.value for record in call.table("alerting_rule").values()]
    rows = []
    for record in call.table("connector").values():
        used = sum(any(a.get("id") == record.id for a in rule.get("actions") or ()) for rule in rules)
        rows.append({**_shown(call, record), "referenced_by_count": used, "referencedByCount": used})
    return Reply(sorted(rows, key=lambda row: str(row["name"]).lower()))


@family.on("PUT /api/actions/connector/{}", "PUT /api/actions/action/{}")
def update(call: Call) -> Reply:
    """Replace name, config and secrets; what is left out of config is gone."""
    record = generic.find(call, _RESOURCE)
    body = call.body or {}
    kind = record.value["connector_type_id"]
    _demand_type(call, kind)
    _demand_config(kind, body.get("config"))
    record.value = _made(call, record.id, body, kind)
    call.world.store.touch(record, call.user)
    return Reply(_shown(call, record))


@family.on("DELETE /api/actions/connector/{}", "DELETE /api/actions/action/{}")
def delete(call: Call) -> Reply:
    """Remove a connector."""
    generic.remove(call, _RESOURCE, generic.find(call, _RESOURCE))
    return Reply(NOTHING, status=204)


@family.route("GET /api/actions/connector/_oauth_callback", beside=_ITEM, since="9.4")
def oauth_callback(call: Call) -> Reply:
    """Show a page, not JSON, to whoever comes back from an authorization (seen on 9.4.3)."""
    page = b"<!doctype html><title>Authorization</title><p>The authorization could not be completed.</p>"
    return Reply(page, media="text/html; charset=utf-8")


@family.route("GET /api/actions/connector/_oauth_callback_script", beside=_ITEM, since="9.4")
def oauth_script(call: Call) -> Reply:
    """Show the script of that page."""
    return Reply(b"window.close();\n", media="application/javascript; charset=utf-8")


@family.on("POST /api/actions/connector/{}/_execute", "POST /api/actions/action/{}/_execute")
def execute(call: Call) -> Reply:
    """Run a connector. The server log works; nothing here has a network for the others."""
    record = generic.find(call, _RESOURCE)
    kind = record.value["connector_type_id"]
    params = (call.body or {}).get("params") or {}
    outcome: dict[str, Json] = {"status": "ok", "connector_id": record.id, "actionId": record.id}
    if kind == ".server-log" and not params.get("message"):
        text = (
            "error validating action params: [message]: expected value of type [string] but got [undefined]"
        )
        outcome |= {"status": "error", "message": text, "retry": False}
    elif kind == ".index":
        outcome["data"] = {
            "errors": False,
            "took": 1,
            "items": [{"index": {"status": 201}} for _ in params.get("documents") or ()],
        }
    elif kind != ".server-log":
        outcome |= {
            "status": "error",
            "message": "error calling the service",
            "service_message": "no network",
            "retry": False,
        }
    return Reply(outcome)
