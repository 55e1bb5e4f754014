"""What released Kibana is known to do otherwise than its contract says, one fault each (observed on 9.4.3 where
nothing else is said). ``--quirks`` switches them all on.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_kibana.simulator.faults.deviating import (
    CRASH,
    answers_as,
    deviation,
    exactly,
    ignored,
    no_route,
    partial,
    plus,
    query_has,
    refuses,
    unknown_is,
)
from pytest_kibana.simulator.faults.model import Proceed
from pytest_kibana.simulator.replies import NDJSON, Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any


def _epoch_dates(call: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, dict):
        kept = {name: reply.body[name] for name in ("accessDate", "createDate") if name in reply.body}
        reply.body = {**reply.body, **{name: _epoch(call, value) for name, value in kept.items()}}
    return reply


def _epoch(call: Call, value: Json) -> int:
    """Return a date as a number; what a contract without dates put there in its stead is the present."""
    try:
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    except (TypeError, ValueError):
        return call.world.clock.millis()


def _null_body(_: Call, reply: Reply) -> Reply:
    return Reply(None, status=200, headers=reply.headers)


def _ndjson(_: Call, reply: Reply) -> Reply:
    if reply.media == NDJSON:
        return reply
    reply.body, reply.media = b'{"exported_count":0}\n', NDJSON
    return reply


_BY_QUERY = {
    "took": 0,
    "timed_out": False,
    "total": 0,
    "updated": 0,
    "deleted": 0,
    "batches": 0,
    "version_conflicts": 0,
    "noops": 0,
    "retries": {"bulk": 0, "search": 0},
    "throttled_millis": 0,
    "requests_per_second": -1,
    "throttled_until_millis": 0,
    "failures": [],
}
"""What Elasticsearch says of an update by query that found nothing."""


def _yaml(call: Call, reply: Reply) -> Reply:
    name = f"id: {call.ids[0]}\n" if call.ids else ""
    reply.body, reply.media = f"{name}outputs: {{}}\n".encode(), "text/x-yaml; charset=utf-8"
    return reply


def _finished_when_far(call: Call, reply: Reply) -> Reply:
    """Kibana looks ahead for a while only: what begins later seems over."""
    body = reply.body if isinstance(reply.body, dict) else {}
    start = str(((body.get("schedule") or {}).get("custom") or {}).get("start") or "9")
    horizon = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    return plus(status="finished")(call, reply) if start > horizon else reply


def _no_privileges(call: Call, proceed: Proceed) -> Reply:
    body = call.body if isinstance(call.body, dict) else {}
    if body.get("action") in ("enable", "disable", "run", "fill_gaps"):
        failure = {
            "message": "insufficient privileges",
            "status_code": 403,
            "err_code": "USER_INSUFFICIENT_RULE_PRIVILEGES",
        }
        raise Refusal(500, "Bulk edit failed", attributes={"errors": [failure]}, family="platform")
    return proceed()


def _partial_is_500(_: Call, reply: Reply) -> Reply:
    """Answer a bulk action that failed in part with a 500."""
    body = reply.body if isinstance(reply.body, dict) else {}
    attributes = body.get("attributes") or {}
    if attributes.get("errors"):
        error = {"statusCode": 500, "error": "Internal Server Error", "message": "Bulk edit partially failed"}
        return Reply({**error, "attributes": attributes}, status=500, exact=True)
    return reply


def _hyphenated(call: Call) -> bool:
    policy = call.body.get("purgePolicy") if isinstance(call.body, dict) else None
    kind = policy.get("purgeType") if isinstance(policy, dict) else None
    return kind not in ("fixed_age", "fixed_time")


_RULES = "/api/detection_engine/rules"
_FLEET = "/api/fleet"

FAULTS = (
    deviation(
        "bulk_update_unregistered",
        "The bulk update of saved objects by POST is read as a create (D-1).",
        "POST /api/saved_objects/_bulk_update",
        around=refuses(400, "[request body]: expected a plain object value, but found [Array] instead."),
    ),
    deviation(
        "timeline_read_without_id",
        "GET /api/timeline without an id ends in a 500 (D-5).",
        "GET /api/timeline",
        around=refuses(500, "please provide id or template_timeline_id", lambda c: "id=" not in c.raw_query),
    ),
    deviation(
        "bulk_action_privileges",
        "Enabling rules in bulk fails for lack of privileges, even for superusers (D-7).",
        f"POST {_RULES}/_bulk_action",
        around=_no_privileges,
    ),
    deviation(
        "bulk_action_partial_500",
        "A bulk action that fails for one rule is a 500.",
        f"POST {_RULES}/_bulk_action",
        after=exactly(_partial_is_500),
    ),
    deviation(
        "bulk_export_ndjson",
        "A bulk export of rules answers NDJSON (D-8).",
        f"POST {_RULES}/_bulk_action",
        told=answers_as("application/ndjson"),
        after=exactly(
            lambda c, r: _ndjson(c, r) if isinstance(c.body, dict) and c.body.get("action") == "export" else r
        ),
    ),
    deviation(
        "migration_status_404",
        "Nothing to migrate is a 404 (D-10).",
        "GET /api/detection_engine/signals/migration_status",
        around=refuses(404, "undefined: undefined"),
    ),
    deviation(
        "purge_type_spelling",
        "Only fixed_age and fixed_time are accepted (D-11).",
        "POST /api/observability/slos/_bulk_purge_rollup",
        around=refuses(400, "Invalid purgeType", _hyphenated),
        unchecked=True,
    ),
    deviation(
        "slo_artifacts",
        "An SLO is read with a property more (D-13).",
        "GET /api/observability/slos/{}",
        unlike={"artifacts": {"dashboards": []}},
        after=exactly(plus(artifacts={"dashboards": []})),
    ),
    deviation(
        "monitor_partial",
        "A monitor is updated without its type (D-16).",
        "PUT /api/synthetics/monitors/{}",
        around=partial,
        unchecked=True,
    ),
    deviation(
        "param_echo_previous",
        "Updating a parameter answers its former value (D-17).",
        "PUT /api/synthetics/params/{}",
        after=exactly(plus(value="previous")),
    ),
    deviation(
        "param_bulk_delete_method",
        "The bulk delete of parameters is a POST (D-19).",
        "DELETE /api/synthetics/params/_bulk_delete",
        stages={"internal": no_route},
    ),
    deviation(
        "short_url_epoch",
        "The dates of a short URL are numbers (D-20).",
        ("GET /api/short_url/{}", "POST /api/short_url", "GET /api/short_url/_slug/{}"),
        after=exactly(_epoch_dates),
    ),
    deviation(
        "short_url_delete_null",
        "Deleting a short URL answers null (D-20).",
        "DELETE /api/short_url/{}",
        after=exactly(_null_body),
    ),
    deviation(
        "annotation_query",
        "The search for annotations demands what is optional (D-23).",
        "GET /api/apm/services/{}/annotation/search",
        around=refuses(400, "Failed to validate", lambda c: "environment=" not in c.raw_query),
    ),
    deviation(
        "action_list_404",
        "Before the first action the list is a 404 (D-26).",
        "GET /api/endpoint/action",
        around=refuses(404, "index_not_found_exception", lambda c: not c.table("endpoint_response_action")),
    ),
    deviation(
        "action_read_500",
        "Details of an unknown action are a 500 (D-26).",
        "GET /api/endpoint/action/{}",
        around=unknown_is(500),
    ),
    deviation(
        "live_query_unknown_500",
        "An unknown live query is a 500 (D-31).",
        "GET /api/osquery/live_queries/{}",
        around=unknown_is(500, "no elements in sequence"),
    ),
    deviation(
        "osquery_unknown_500",
        "An unknown pack or saved query is a 500 (D-32, elastic/kibana#258883).",
        ("GET /api/osquery/packs/{}", "GET /api/osquery/saved_queries/{}"),
        around=unknown_is(500),
    ),
    deviation(
        "saved_query_interval",
        "The interval of a saved query must be text (D-29).",
        ("POST /api/osquery/saved_queries", "PUT /api/osquery/saved_queries/{}"),
        allowed={"interval": 3600},
        around=refuses(
            400,
            "[request body.interval]: expected value of type [string] but got [number]",
            lambda c: isinstance(c.body, dict) and isinstance(c.body.get("interval"), int),
        ),
    ),
    deviation(
        "partial_fleet_hosts",
        "Hosts and proxies are renamed without the rest (D-34).",
        (f"PUT {_FLEET}/fleet_server_hosts/{{}}", f"PUT {_FLEET}/proxies/{{}}"),
        around=partial,
        unchecked=True,
    ),
    deviation(
        "agent_file_500",
        "No file was ever uploaded: 500 (D-35).",
        f"GET {_FLEET}/agents/files/{{}}/{{}}",
        around=refuses(500, "index_not_found_exception", lambda c: not c.table("fleet_agent_file")),
    ),
    deviation(
        "cloud_connector_400",
        "An unknown cloud connector is a 400 (D-37).",
        (
            f"GET {_FLEET}/cloud_connectors/{{}}",
            f"PUT {_FLEET}/cloud_connectors/{{}}",
            f"DELETE {_FLEET}/cloud_connectors/{{}}",
        ),
        around=unknown_is(400, "Cloud connector not found"),
    ),
    deviation(
        "policy_yaml",
        "A downloaded policy is YAML (D-38).",
        (f"GET {_FLEET}/agent_policies/{{}}/download", f"GET {_FLEET}/kubernetes/download"),
        after=exactly(_yaml),
    ),
    deviation(
        "assets_delete_400",
        "Assets cannot be deleted from the space that installed them (D-40).",
        f"DELETE {_FLEET}/epm/packages/{{}}/{{}}/kibana_assets",
        around=refuses(
            400,
            "Impossible to delete kibana assets from the space where the package was installed",
            lambda c: c.space == "default",
        ),
    ),
    deviation(
        "rule_exceptions_500",
        "Exceptions of an unknown rule are a 500 (D-46).",
        f"POST {_RULES}/{{}}/exceptions",
        around=unknown_is(500),
    ),
    deviation(
        "endpoint_list_loses",
        "A list of type endpoint loses its operating systems (D-47).",
        "POST /api/exception_lists",
        after=exactly(
            lambda c, r: plus(os_types=[])(c, r) if isinstance(r.body, dict) and "os_types" in r.body else r
        ),
    ),
    deviation(
        "risk_score_gone",
        "The routes of the risk engine are unregistered (D-49).",
        (
            "DELETE /api/risk_score/engine/dangerously_delete_data",
            "POST /api/risk_score/engine/schedule_now",
            "PATCH /api/risk_score/engine/saved_object/configure",
        ),
        stages={"internal": no_route},
    ),
    deviation(
        "conversation_category",
        "A conversation's category is not updated (D-52).",
        "PUT /api/security_ai_assistant/current_user/conversations/{}",
        around=ignored("category"),
    ),
    deviation(
        "prompt_colon_500",
        "A prompt whose name has a colon ends in a 500 (D-53).",
        "POST /api/security_ai_assistant/prompts/_bulk_action",
        around=refuses(
            500,
            CRASH,
            lambda c: (
                isinstance(c.body, dict)
                and any(":" in str(p.get("name")) for p in c.body.get("create") or ())
            ),
        ),
    ),
    deviation(
        "plugins_404",
        "The plugins of the agent builder are behind a flag (D-56).",
        ("GET /api/agent_builder/plugins", "POST /api/agent_builder/plugins/install"),
        stages={"internal": no_route},
    ),
    deviation(
        "visualization_search_500",
        "Searching visualizations by field ends in a 500 (D-58).",
        "GET /api/visualizations",
        around=refuses(500, CRASH, lambda c: query_has("search_fields")(c) or query_has("fields")(c)),
    ),
    deviation(
        "dashboard_time_mode",
        "The mode of a dashboard's time range is dropped (D-59).",
        ("POST /api/dashboards", "PUT /api/dashboards/{}"),
        around=ignored("time_range"),
    ),
    deviation(
        "es_query_size",
        "A query rule without size is refused (D-64).",
        "POST /api/alerting/rule/{}",
        around=refuses(
            400,
            "params invalid: [size]: expected value of type [number] but got [undefined]",
            lambda c: (
                isinstance(c.body, dict)
                and c.body.get("rule_type_id") == ".es-query"
                and isinstance(c.body.get("params"), dict)
                and "size" not in c.body["params"]
            ),
        ),
    ),
    deviation(
        "window_finished",
        "A far window is finished after it was unarchived (D-67).",
        "POST /api/maintenance_window/{}/_unarchive",
        after=exactly(_finished_when_far),
    ),
    deviation(
        "memory_dump_off",
        "The memory dump is switched off (D-77).",
        "POST /api/endpoint/action/memory_dump",
        around=refuses(400, "[request body.agent_type]: feature is disabled"),
    ),
    deviation(
        "assignees_json",
        "Assigning alerts answers JSON, not NDJSON (D-79).",
        "POST /api/detection_engine/signals/assignees",
        told=answers_as("application/json"),
        after=exactly(
            lambda _, r: r if isinstance(r.body, dict) else Reply(dict(_BY_QUERY), headers=r.headers)
        ),
    ),
    deviation(
        "upload_json",
        "Uploading a package answers JSON, not an archive (D-80).",
        f"POST {_FLEET}/epm/packages",
        told=answers_as("application/json"),
        after=exactly(lambda _, r: Reply(r.body, headers=r.headers)),
    ),
)
