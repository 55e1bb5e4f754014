"""Reading cassettes: recordings of vcrpy (Python) and of go-vcr, versions 1 to 4 (Go), as YAML or JSON."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pytest_kibana.errors import UsageError
from pytest_kibana.wire.exchange import Exchange, Headers
from pytest_kibana.wire.recorded import Context, Recording, exchange_of

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HINT = "Give a HAR file, or a cassette that vcrpy or go-vcr wrote."
_DURATION = re.compile(r"([\d.]+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_cassette(path: Path, context: Context | None = None) -> tuple[Exchange, ...]:
    """Read the exchanges of a cassette, in its order, redacted and classified.

    Args:
        path: the file; which tool wrote it shows in what it holds.
        context: base path, contract and redactor.

    Raises:
        UsageError: it cannot be read, or is no cassette; the message names the interaction.
    """
    context = context or Context()
    try:
        document = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe loader, the quicker one where it is
        interactions = list(document["interactions"] or ())
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}", hint="Check the path.") from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError):
        raise UsageError(f"{path} is neither HAR nor a cassette", hint=_HINT) from None
    found = []
    for number, interaction in enumerate(interactions):
        try:
            asked, said = interaction["request"], interaction["response"]
            recording = _go_vcr(asked, said) if "code" in said else _vcrpy(asked, said)
            found.append(exchange_of(recording, number, context))
        except (KeyError, TypeError, ValueError, AttributeError) as trouble:
            raise UsageError(
                f"{path}: interaction {number} cannot be read: {type(trouble).__name__}: {trouble}",
                hint=_HINT,
            ) from None
    return tuple(found)


def _vcrpy(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Recording:
    return Recording(
        method=asked["method"],
        url=asked["uri"],
        request_headers=_headers(asked.get("headers")),
        request_body=_bytes(asked.get("body")),
        status=int(said["status"]["code"]),
        response_headers=_headers(said.get("headers")),
        response_body=_bytes(said.get("body")) or b"",
    )


def _go_vcr(asked: Mapping[str, Any], said: Mapping[str, Any]) -> Recording:
    return Recording(
        method=asked["method"] or "GET",
        url=asked["url"],
        request_headers=_headers(asked.get("headers")),
        request_body=_bytes(asked.get("body")) or None,
        status=int(said["code"]),
        response_headers=_headers(said.get("headers")),
        response_body=_bytes(said.get("body")) or b"",
        elapsed=_seconds(said.get("duration")),
        http_version=str(said.get("proto") or "HTTP/1.1"),
    )


def _headers(found: Mapping[str, Any] | None) -> Headers:
    return tuple(
        (str(name), str(value))
        for name, values in (found or {}).items()
        for value in (values if isinstance(values, list) else [values])
    )


def _bytes(body: Any) -> bytes | None:
    if isinstance(body, Mapping):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        body = body.get("string")
    if body is None or isinstance(body, bytes):
        return body
    if not isinstance(body, str):
        raise TypeError(f"a body of type {type(body).__name__}")
    return body.encode("utf-8", "replace")


def _seconds(duration: Any) -> float:
    """Read Go's durations: text such as ``1m2.5s``, or nanoseconds."""
    if isinstance(duration, int):
        return duration * 1e-9
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(str(duration or "")))
