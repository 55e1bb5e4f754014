"""More of what released Kibana does otherwise than its contract says: how lenient it is, and what it really answers.

Each was seen on 9.4.3 through a client library whose calls were all tried there. ``--quirks`` switches them on.
"""

from dataclasses import replace
from typing import Any

from pytest_kibana.simulator.faults.deviating import answers, deviation, exactly, optional, refuses, takes
from pytest_kibana.simulator.faults.model import Proceed
from pytest_kibana.simulator.hosts import HOST
from pytest_kibana.simulator.intake import parse_query, read_payload
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any


def _as_is(call: Call, proceed: Proceed) -> Reply:
    """Send what the family answers, whatever the contract documents."""
    reply = proceed()
    reply.exact = True
    return reply


def _seventh(call: Call, proceed: Proceed) -> Reply:
    reply = proceed()
    reply.exact = "v7format=true" in call.raw_query
    return reply


def _unwrapped(_: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, dict) and isinstance(reply.body.get("body"), dict):
        reply.body = reply.body["body"]
    return reply


def _single(_: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, list) and len(reply.body) == 1:
        reply.body = reply.body[0]
    return reply


def _flattened(_: Call, reply: Reply) -> Reply:
    data = reply.body.get("data") if isinstance(reply.body, dict) else None
    if isinstance(data, dict) and isinstance(data.get("attributes"), dict):
        inner = {k: v for k, v in data.items() if k not in ("attributes", "type", "namespaces", "references")}
        reply.body = {"data": {**inner, **data["attributes"]}}
    return reply


def _no_engine_yet(call: Call, proceed: Proceed) -> Reply:
    known = call.table("monitoring_engine")
    return proceed() if known else Reply({"status": "not_installed"}, exact=True)


def _of_any_status(call: Call, proceed: Proceed) -> Reply:
    if "hostStatuses=" not in call.raw_query:
        every = "&".join(f"hostStatuses={status}" for status in _STATUSES)
        call.raw_query = f"{call.raw_query}&{every}" if call.raw_query else every
    return proceed()


def _not_enrolled(call: Call) -> bool:
    """Tell whether a call is about a host that no agent speaks for."""
    text = repr(call.body)
    return not any(known in text for known in (HOST, *call.table("fleet_agent")))


_STATUSES = ("healthy", "offline", "updating", "inactive", "unenrolled")


_STATED = {"name": "a", "uuid": "a", "version": {}}
"""What both forms of the status say."""


def _nowhere(call: Call) -> bool:
    body = call.body if isinstance(call.body, dict) else {}
    return not (body.get("locations") or body.get("private_locations"))


def _on_premises(call: Call) -> bool:
    return not call.world.serverless


def _lone_consumer(call: Call) -> bool:
    given = parse_query(call.raw_query).get("filter_consumers", [])
    return len(given) == 1 and not given[0].startswith("[")


def _gone_already(call: Call, proceed: Proceed) -> Reply:
    try:
        return proceed()
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return Reply({"id": call.ids[0]})


def _form_too(call: Call, _: Proceed) -> None:
    """Read a form where the contract knows of JSON only."""
    route = replace(call.route, media=call.route.media | {"multipart/form-data"})
    call.body, call.present = read_payload(call.raw, call.headers, route)


_ACTIONS = ("isolate", "unisolate", "execute", "get_file", "kill_process", "running_procs", "runscript", "scan",
            "suspend_process", "upload", "cancel")  # fmt: skip


def _nothing_nowhere(call: Call, reply: Reply) -> Reply:
    if call.space not in call.world.store.table("space"):
        reply.body = ""
    return reply


FAULTS = (
    deviation(
        "default_view_nowhere",
        "The default data view of a space that is not there is an empty text (D-22).",
        "GET /api/data_views/default",
        after=exactly(_nothing_nowhere),
    ),
    deviation(
        "status_seventh",
        "The old form of the status, when asked for, is none that is documented.",
        "GET /api/status",
        told=answers({**_STATED, "status": {"overall": {"state": "green"}, "statuses": []}}),
        around=_seventh,
    ),
    deviation(
        "features_array",
        "Features are an array.",
        "GET /api/features",
        told=answers([]),
        around=_as_is,
    ),
    deviation(
        "roles_by_name",
        "Roles in bulk are keyed by their names.",
        "POST /api/security/roles",
        unchecked=True,
    ),
    deviation(
        "consumers_are_json",
        "A single consumer is refused unless it is an array of JSON; several may be repeated.",
        "GET /api/alerting/rules/_find",
        around=refuses(
            400,
            "[request query.filter_consumers]: could not parse array value from json input",
            _lone_consumer,
        ),
    ),
    deviation(
        "agentless_needs_cloud",
        "Agentless policies are made in the cloud only.",
        "POST /api/fleet/agentless_policies",
        around=refuses(400, "Agentless is only available in serverless and cloud environments", _on_premises),
    ),
    deviation(
        "execution_outcome",
        "Executing a connector answers an outcome, not a connector.",
        "POST /api/actions/connector/{}/_execute",
        told=answers({"status": "ok", "connector_id": "a"}),
        around=_as_is,
    ),
    deviation(
        "snooze_unwrapped",
        "A schedule of silence is answered without a wrapper.",
        "POST /api/alerting/rule/{}/snooze_schedule",
        told=answers({"schedule": {"id": "a"}}),
        after=exactly(_unwrapped),
    ),
    deviation(
        "endpoint_item_single",
        "An item of the list of endpoints is read as itself, not as an array of one.",
        "GET /api/endpoint_list/items",
        after=exactly(_single),
    ),
    deviation(
        "saved_query_flat",
        "A saved query is read flat, not as a saved object.",
        "GET /api/osquery/saved_queries/{}",
        told=answers({"data": {"id": "a", "saved_object_id": "a", "query": "select 1"}}),
        after=exactly(_flattened),
    ),
    deviation(
        "monitoring_not_installed",
        "The health of an engine that was never installed is 200 and says so.",
        "GET /api/entity_analytics/monitoring/privileges/health",
        unlike={"status": "not_installed"},
        around=_no_engine_yet,
    ),
    deviation(
        "dashboard_of_a_title",
        "A dashboard is made of a title alone.",
        ("POST /api/dashboards", "PUT /api/dashboards/{}"),
        around=optional("options", "query", "refresh_interval", "time_range"),
        unchecked=True,
    ),
    deviation(
        "timelines_by_form",
        "Timelines are imported as a file of a form (D-4).",
        "POST /api/timeline/_import",
        told=takes("multipart/form-data"),
        stages={"payload": _form_too},
        unchecked=True,
    ),
    deviation(
        "agentless_gone_already",
        "An agentless policy that is not there is deleted all the same.",
        "DELETE /api/fleet/agentless_policies/{}",
        around=_gone_already,
    ),
    deviation(
        "hosts_of_any_status",
        "Hosts are listed without hostStatuses (D-25).",
        "GET /api/endpoint/metadata",
        around=_of_any_status,
    ),
    deviation(
        "action_on_unknown_host",
        "Acting on hosts that nobody enrolled is a 400.",
        tuple(f"POST /api/endpoint/action/{verb}" for verb in _ACTIONS),
        around=refuses(400, "The host does not have Elastic Defend integration installed", _not_enrolled),
    ),
    deviation(
        "monitor_needs_place",
        "A monitor without a location is refused.",
        "POST /api/synthetics/monitors",
        around=refuses(
            400,
            "At least one location is required, either elastic managed or private e.g locations: []",
            _nowhere,
        ),
    ),
)
