"""Faults of weather: connections, patience and load. None of them says anything about conformance."""

import asyncio
import itertools
import time
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.faults.model import Bench, Fault, Headers, Proceed
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.world import Call

Json = Any
_SLOW = 2.0
_AWAY = 1.0
_NOT_READY = b"Kibana server is not ready yet"


def _transport(send: Any) -> Any:
    """Return the connection under an ASGI ``send``: uvicorn's is a method of the request's cycle."""
    return send.__self__.transport


async def cut(send: Any, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """End the connection without an answer."""
    _transport(send).abort()
    return 0, [], b""


async def _half(send: Any, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    body = body or b" " * 64
    headers = [(k, v) for k, v in headers if k != b"content-length"] + [
        (b"content-length", str(len(body)).encode())
    ]
    await send(
        {"type": "http.response.start", "status": 200 if status == 204 else status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(send).close()
    return 0, [], b""


async def _slow(send: Any, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    await asyncio.sleep(_SLOW)
    return status, headers, body


async def _drip(send: Any, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for index in range(0, len(body), max(len(body) // 8, 1)):
        await send(
            {
                "type": "http.response.body",
                "body": body[index : index + max(len(body) // 8, 1)],
                "more_body": True,
            }
        )
        await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": b""})
    return 0, [], b""


def _overloaded(call: Call, proceed: Proceed) -> None:
    raise Refusal(429, "Server is overloaded", family="platform")


def _no_license(call: Call, proceed: Proceed) -> None:
    text = "License information could not be obtained from Elasticsearch. Please check the logs for further details."
    raise Refusal(503, text, family="platform", headers={"retry-after": "30"})


def _count(call: Call, name: str) -> int:
    counter = call.route.cache.setdefault(name, itertools.count())
    return int(next(counter))


def _overloaded_first(call: Call, proceed: Proceed) -> None:
    if _count(call, "429") % 2 == 0:
        raise Refusal(429, "Server is overloaded", family="platform", headers={"retry-after": "1"})


def _restart(call: Call, reply: Reply) -> Reply:
    if _count(call, "restart") % 3 == 0:
        call.world.ready_at = time.monotonic() + _AWAY
    return reply


def _unavailable(_: Call, reply: Reply) -> Reply:
    return Reply(
        _NOT_READY, status=503, media="text/html; charset=utf-8", headers={"retry-after": "30"}, public=False
    )


def _unavailable_first(call: Call, reply: Reply) -> Reply:
    if _count(call, "503") % 2 == 0:
        return Reply(
            _NOT_READY,
            status=503,
            media="text/html; charset=utf-8",
            headers={"retry-after": "1"},
            public=False,
        )
    return reply


def _proxy(_: Call, reply: Reply) -> Reply:
    title = b"502 Bad Gateway"
    page = b"<html><head><title>%s</title></head><body><h1>%s</h1></body></html>" % (title, title)
    gone = dict.fromkeys(("kbn-name", "kbn-license-sig", "elastic-api-version"), "")
    return Reply(page, status=502, media="text/html", headers=gone, public=False)


def _third_fails(call: Call, reply: Reply) -> Reply:
    if _count(call, "500") % 3 == 2:
        text = "An internal server error occurred. Check Kibana server logs for details."
        body = {"statusCode": 500, "error": "Internal Server Error", "message": text}
        return Reply(body, status=500, exact=True)
    return reply


def _unhealthy(_: Call, reply: Reply) -> Reply:
    if isinstance(reply.body, dict) and isinstance(reply.body.get("status"), dict):
        overall = {"level": "critical", "summary": "Elasticsearch is not available"}
        reply.body = {**reply.body, "status": {**reply.body["status"], "overall": overall}}
        reply.status = 503
    return reply


def _is_status(operation: Operation, bench: Bench) -> bool:
    return operation.label == "GET /api/status"


def _is_limited(operation: Operation, bench: Bench) -> bool:
    """Tell whether overload can refuse an operation: the status is told under any load (Kibana source)."""
    return not _is_status(operation, bench)


FAULTS = (
    Fault("weather.cut", "The connection ends without an answer.", ("outage is no finding",), wire=cut),
    Fault(
        "weather.half",
        "The connection ends in the middle of the answer.",
        ("outage is no finding",),
        wire=_half,
    ),
    Fault("weather.slow", "The answer takes two seconds.", ("patience", "duration is reported"), wire=_slow),
    Fault("weather.drip", "The answer comes in small pieces.", ("patience",), wire=_drip),
    Fault(
        "weather.overloaded",
        "429, always.",
        ("outage is no finding",),
        _is_limited,
        stages={"authentication": _overloaded},
    ),
    Fault(
        "weather.overloaded_first",
        "429 at every other try.",
        ("retry",),
        stages={"release": _overloaded_first},
    ),
    Fault(
        "weather.no_license",
        "503 as if Elasticsearch did not tell its licence, which nobody can be recognised without.",
        ("outage is no finding",),
        _is_limited,
        stages={"authentication": _no_license},
    ),
    Fault(
        "weather.unavailable",
        "503 as if Kibana were starting.",
        ("outage is no finding",),
        after=_unavailable,
    ),
    Fault(
        "weather.restart",
        "At every third try the whole server goes down for a second, and is starting when it comes back.",
        ("retry",),
        after=_restart,
    ),
    Fault("weather.unavailable_first", "503 at every other try.", ("retry",), after=_unavailable_first),
    Fault(
        "weather.proxy_error",
        "A proxy answers 502 with a page of its own.",
        ("outage is no finding",),
        after=_proxy,
    ),
    Fault(
        "weather.third_fails",
        "Every third answer is a 500.",
        ("no 5xx", "flakiness is named"),
        after=_third_fails,
    ),
    Fault(
        "weather.unhealthy",
        "The status document says critical, with 503.",
        ("target is not ready",),
        _is_status,
        after=_unhealthy,
    ),
)
