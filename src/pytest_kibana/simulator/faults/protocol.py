"""Faults of manners: xsrf, versions, internal routes, envelopes, headers."""

import json
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.faults.model import Bench, Fault, Proceed, changes, has_json_body, reads, unsafe
from pytest_kibana.simulator.intake import read_payload
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply, envelope
from pytest_kibana.simulator.routing import route_of
from pytest_kibana.simulator.wording import internal_text
from pytest_kibana.simulator.world import Call

Json = Any


def versioned(operation: Operation, bench: Bench) -> bool:
    """Operations whose route negotiates versions."""
    return route_of(operation).versioned


def _internal(operation: Operation, bench: Bench) -> bool:
    return route_of(operation).internal


def _public(operation: Operation, bench: Bench) -> bool:
    return not _internal(operation, bench) and not route_of(operation).open


def _guarded(operation: Operation, bench: Bench) -> bool:
    return not route_of(operation).open


def _without_xsrf(call: Call) -> bool:
    return call.method not in ("GET", "HEAD") and not {"kbn-xsrf", "kbn-version"} & call.headers.keys()


def _refuse_but_do(call: Call, proceed: Proceed) -> None:
    if _without_xsrf(call):
        proceed()
        raise Refusal(400, "Request must contain a kbn-xsrf header.", family="platform")


def _refuse_known_version(call: Call, _: Proceed) -> None:
    if "elastic-api-version" in call.headers:
        asked, where = call.headers["elastic-api-version"], f"[{call.method.lower()}] [{call.route.template}]"
        text = f'No version "{asked}" available for {where}. Available versions are: []'
        raise Refusal(400, text, family="platform")


def _became_internal(call: Call, _: Proceed) -> None:
    raise Refusal(400, internal_text(call.method, call.path), family="platform")


def _route_missing(call: Call, _: Proceed) -> None:
    raise Refusal(404, family="platform")


def _any_media(call: Call, _: Proceed) -> None:
    """Read every body as JSON whatever it calls itself."""
    if call.method not in ("GET", "HEAD"):
        headers = {k: v for k, v in call.headers.items() if k != "content-type" or v.startswith("multipart")}
        try:
            call.body, call.present = read_payload(call.raw, headers, call.route)
        except Refusal:
            call.body, call.present = {}, True


def _broken_json(call: Call, _: Proceed) -> None:
    if call.method in ("GET", "HEAD"):
        return
    try:
        call.body, call.present = read_payload(call.raw, call.headers, call.route)
    except Refusal as refusal:
        if "JSON" in refusal.message:
            text = "An internal server error occurred. Check Kibana server logs for details."
            raise Refusal(500, text, family="platform") from None
        raise


def _any_size(call: Call, _: Proceed) -> None:
    limit, call.route.limit = call.route.limit, 1 << 40
    try:
        if call.method not in ("GET", "HEAD"):
            call.body, call.present = read_payload(call.raw, call.headers, call.route)
    finally:
        call.route.limit = limit


def _on_errors(change: Any) -> Any:
    def after(call: Call, reply: Reply) -> Reply:
        if reply.status >= 400:
            change(call, reply)
        return reply

    return after


def _own_envelope(_: Call, reply: Reply) -> None:
    reply.body = {
        "ok": False,
        "reason": (reply.body or {}).get("message") if isinstance(reply.body, dict) else "",
    }


def _other_status(_: Call, reply: Reply) -> None:
    if isinstance(reply.body, dict):
        name = "statusCode" if "statusCode" in reply.body else "status_code"
        reply.body = {**reply.body, name: 418}


def _other_phrase(_: Call, reply: Reply) -> None:
    if isinstance(reply.body, dict):
        reply.body = {**reply.body, "error": "Whoops"}


def _page(_: Call, reply: Reply) -> None:
    reply.body, reply.media = b"<html><body>Something went wrong</body></html>", "text/html; charset=utf-8"


def _trace(_: Call, reply: Reply) -> None:
    trace = (
        "TypeError: Cannot read properties of undefined (reading 'id')\n"
        "    at handler (/usr/share/kibana/node_modules/@kbn/x.js:41:13)\n"
        "    at processTicksAndRejections (node:internal/process/task_queues:105:5)"
    )
    if isinstance(reply.body, dict):
        reply.body = {**reply.body, "message": trace}


def _raw_elasticsearch(_: Call, reply: Reply) -> None:
    cause = {"type": "search_phase_execution_exception", "reason": "all shards failed"}
    reply.body = {"error": {"root_cause": [cause], **cause}, "status": reply.status}


def _without(header: str) -> Any:
    def after(_: Call, reply: Reply) -> Reply:
        reply.headers[header] = ""
        return reply

    return after


def _with(header: str, value: str) -> Any:
    def after(_: Call, reply: Reply) -> Reply:
        reply.headers[header] = value
        return reply

    return after


def _head_missing(call: Call, reply: Reply) -> Reply:
    if call.method == "HEAD":
        return Reply(envelope(404, "Not Found"), status=404, exact=True)
    return reply


def _bomb(_: Call, reply: Reply) -> Reply:
    """Put a byte order mark before the JSON."""
    if reply.body is not NOTHING and not isinstance(reply.body, bytes):
        reply.body = b"\xef\xbb\xbf" + json.dumps(reply.body).encode()
    return reply


FAULTS = (
    Fault(
        "protocol.xsrf_ignored",
        "An unsafe request without kbn-xsrf is let in.",
        ("xsrf",),
        unsafe,
        stages={"xsrf": None},
    ),
    Fault(
        "protocol.xsrf_refused_yet_done",
        "A request without kbn-xsrf is refused, and done.",
        ("xsrf", "no side effect"),
        changes,
        stages={"xsrf": _refuse_but_do},
    ),
    Fault(
        "protocol.version_ignored",
        "An API version that does not exist is accepted.",
        ("version negotiation",),
        versioned,
        stages={"version": None},
    ),
    Fault(
        "protocol.version_refused",
        "The published API version is refused.",
        ("version negotiation",),
        versioned,
        stages={"version": _refuse_known_version},
    ),
    Fault(
        "protocol.internal_exposed",
        "An internal route answers without the marker.",
        ("internal routes",),
        _internal,
        stages={"internal": None},
    ),
    Fault(
        "protocol.became_internal",
        "A documented operation is fenced off.",
        ("operation exists",),
        _public,
        stages={"internal": _became_internal},
    ),
    Fault(
        "protocol.route_missing",
        "A documented operation is an unknown route.",
        ("operation exists",),
        _guarded,
        stages={"internal": _route_missing},
    ),
    Fault(
        "protocol.media_type_ignored",
        "A body that is no JSON is read as if it were.",
        ("unsupported media type",),
        has_json_body,
        stages={"payload": _any_media},
    ),
    Fault(
        "protocol.malformed_json_500",
        "JSON that cannot be parsed ends in a 500.",
        ("malformed body", "no 5xx"),
        has_json_body,
        stages={"payload": _broken_json},
    ),
    Fault(
        "protocol.any_size",
        "A body of any size is read.",
        ("payload limit",),
        lambda o, b: o.method != "GET" and has_json_body(o, b),
        stages={"payload": _any_size},
    ),
    Fault(
        "protocol.own_envelope",
        "Errors come in an envelope of their own.",
        ("error envelope",),
        _guarded,
        after=_on_errors(_own_envelope),
    ),
    Fault(
        "protocol.other_status_in_body",
        "The status in an error's body is not the status.",
        ("error envelope",),
        _guarded,
        after=_on_errors(_other_status),
    ),
    Fault(
        "protocol.other_phrase",
        "The reason phrase in an error's body belongs to no status.",
        ("error envelope",),
        _guarded,
        after=_on_errors(_other_phrase),
    ),
    Fault(
        "protocol.error_page",
        "Errors are HTML pages.",
        ("error envelope", "media type"),
        _guarded,
        after=_on_errors(_page),
    ),
    Fault(
        "protocol.stack_trace",
        "Errors show a stack trace.",
        ("error envelope",),
        _guarded,
        after=_on_errors(_trace),
    ),
    Fault(
        "protocol.raw_elasticsearch_error",
        "Errors are Elasticsearch's own bodies.",
        ("error envelope",),
        _guarded,
        after=_on_errors(_raw_elasticsearch),
    ),
    Fault("protocol.no_name", "kbn-name is missing.", ("required headers",), after=_without("kbn-name")),
    Fault(
        "protocol.no_version_header",
        "elastic-api-version is missing.",
        ("required headers",),
        _public,
        after=_without("elastic-api-version"),
    ),
    Fault(
        "protocol.no_sniff_header",
        "x-content-type-options is missing.",
        ("required headers",),
        after=_without("x-content-type-options"),
    ),
    Fault(
        "protocol.cacheable",
        "Answers may be cached by anybody.",
        ("required headers",),
        after=_with("cache-control", "public, max-age=3600"),
    ),
    Fault(
        "protocol.head_missing",
        "HEAD is a 404 where GET is not.",
        ("HEAD",),
        reads,
        after=_head_missing,
        of_success=True,
    ),
    Fault(
        "protocol.byte_order_mark",
        "The JSON begins with a byte order mark.",
        ("readable body",),
        reads,
        after=_bomb,
    ),
)
