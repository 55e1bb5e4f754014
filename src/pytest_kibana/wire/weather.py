"""Telling weather from answers: what says something about the deployment's conformance, and what is an outage.

Kibana that is still starting answers every path with 503 and the plain text ``Kibana server is not ready
yet`` (Kibana source, http_service.ts). Overloaded Kibana answers 429 before any handler runs (rate limiter of
its HTTP service). A proxy in front of it answers 502, 503 or 504 without ``kbn-name``, the header that Kibana
puts on everything it says. A 503 or 429 that Kibana itself puts in JSON is an answer like any other.
"""

import ssl
from typing import Any

import httpcore

from pytest_kibana.wire.exchange import Weather

NOT_READY_TEXT = b"Kibana server is not ready yet"
OVERLOAD_MESSAGE = "Server is overloaded"
STATUS_PATH = "/api/status"
_STARTING = (
    "Kibana is shutting down",
    "License information could not be obtained",
    "License is not available",
    "Authentication sub-system is not fully initialized",
)
_GATEWAY = frozenset({502, 503, 504})
TROUBLE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)


def of_answer(status: int, *, kbn_name: bool, body: bytes, json: Any) -> Weather | None:
    """Return the weather that an answer tells of, or None where it is an answer.

    Args:
        status: HTTP status.
        kbn_name: whether the answer had the header ``kbn-name``.
        body: its body.
        json: its parsed body, or None.
    """
    if status not in _GATEWAY and status != 429:
        return None
    if not body and json is None and kbn_name and status in (429, 503):
        return Weather(
            "overloaded" if status == 429 else "not ready",
            f"HTTP {status} without a word of why, as to a HEAD",
        )
    message = json.get("message") if isinstance(json, dict) else None
    message = message if isinstance(message, str) else ""
    if status == 429:
        if message == OVERLOAD_MESSAGE:
            return Weather(
                "overloaded", "Kibana's event loop is overloaded, and it refused the request unread"
            )
        return (
            None
            if kbn_name
            else Weather("overloaded", "something in front of Kibana limits the rate of requests")
        )
    if status == 503 and NOT_READY_TEXT in body[:200]:
        return Weather("not ready", "Kibana answers that it is not ready yet")
    if status == 503 and message.startswith(_STARTING):
        return Weather("not ready", f"Kibana answers: {message}")
    if not kbn_name:
        return Weather("gateway", f"HTTP {status} without kbn-name: something in front of Kibana answered")
    return None


def of_trouble(trouble: BaseException) -> Weather:
    """Return the weather that a failed exchange tells of."""
    sentence = _sentence(trouble)
    if isinstance(
        trouble, httpcore.ConnectTimeout | httpcore.ConnectError | httpcore.ProxyError | ssl.SSLError
    ):
        return Weather("unreachable", f"no connection could be made: {sentence}")
    if isinstance(trouble, httpcore.TimeoutException | TimeoutError):
        return Weather("timeout", f"no complete answer in time: {sentence}")
    return Weather("broken", f"the connection broke before the answer was complete: {sentence}")


def _sentence(trouble: BaseException) -> str:
    text = str(trouble) or (str(trouble.__cause__) if trouble.__cause__ else "")
    return text or type(trouble).__name__
