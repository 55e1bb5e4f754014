"""What the platform promises without a contract saying so: statuses, and the shapes of errors.

Observed on Kibana 8.10 to 9.4.3 and read in its source (``router.ts``, ``response_adapter.ts``,
``lifecycle_handlers.ts``, ``detection_engine/routes/utils.ts``).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pytest_kibana.contract.model import Operation

STATUSES = frozenset({400, 401, 403, 404, 413, 415, 429, 503})
"""Answers that the router, the security layer or the body parser may give to any operation."""

PLATFORM_KEYS = frozenset({"statusCode", "error", "message", "attributes"})

_REASONS = {413: ("Request Entity Too Large", "Payload Too Large"), 422: ("Unprocessable Entity",)}

OPEN_TO_NOBODY = ("GET /api/status",)
"""Operations that answer without credentials, with less in the body (Kibana source, status.ts: optional
auth).
"""

BARE_NOT_FOUND = ("spaces", "Security Entity Analytics API")
"""Families whose handlers answer a missing object with the text that the router uses for a missing route."""


def promised(status: int) -> bool:
    """Tell whether any operation may answer this status."""
    return status in STATUSES


def reasons(status: int) -> tuple[str, ...]:
    """Return the phrases that ``error`` may hold for a status; empty where the status has no phrase."""
    known = _REASONS.get(status)
    if known:
        return known
    try:
        return (HTTPStatus(status).phrase,)
    except ValueError:
        return ()


def envelope(body: Any) -> str | None:
    """Return which error envelope a JSON body is: ``platform``, ``detections``, ``fleet``, ``rpc``, or
    None.
    """
    if not isinstance(body, Mapping):
        return None
    return next((name for name, fits in _SHAPES if fits(body)), None)


def _platform(body: Mapping[str, Any]) -> bool:
    return (
        set(body) <= PLATFORM_KEYS
        and _whole(body.get("statusCode"))
        and isinstance(body.get("error"), str)
        and isinstance(body.get("message"), str)
    )


def _detections(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("message"), str | dict | list) and _whole(body.get("status_code"))


def _fleet(body: Mapping[str, Any]) -> bool:
    return (
        set(body) <= PLATFORM_KEYS | {"errorType"}
        and isinstance(body.get("message"), str)
        and isinstance(body.get("error", ""), str)
        and ("statusCode" not in body or _whole(body["statusCode"]))
    )


def _rpc(body: Mapping[str, Any]) -> bool:
    return body.get("jsonrpc") == "2.0" and isinstance(body.get("error"), dict)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SHAPES = (("platform", _platform), ("detections", _detections), ("fleet", _fleet), ("rpc", _rpc))

_FAMILY_SHAPES = {
    "detections": ("security", "detection", "timeline", "list", "exception", "endpoint", "entity"),
    "fleet": (
        "fleet",
        "elastic agent",
        "agent",
        "epm",
        "output",
        "proxies",
        "enrollment",
        "package",
        "data streams",
    ),
    "rpc": ("agent builder",),
}


def accepted_envelope(operation: Operation | None, body: Any) -> bool:
    """Tell whether a body is the platform's error envelope or one that the operation's family uses."""
    shape = envelope(body)
    if shape is None or shape == "platform" or operation is None:
        return shape is not None
    family = operation.family.lower()
    return any(word in family for word in _FAMILY_SHAPES[shape])
