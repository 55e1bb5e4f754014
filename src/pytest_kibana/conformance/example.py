"""The request that shows a finding, for people to send again: as data, as a curl line, as a Dev Tools Console line."""

import base64
import json
import shlex
from typing import Any
from urllib.parse import quote

from pytest_kibana.wire.exchange import Answer, Exchange, Request

CREDENTIAL = '-H "Authorization: ApiKey $KIBANA_API_KEY"'
"""How a curl line names the credential: by its variable, never by its value."""

_MOST_TEXT = 20_000
_MOST_LINE = 8_000
_OWN = frozenset({"authorization", "cookie", "host", "content-length", "connection", "accept-encoding"})


def curl(exchange: Exchange) -> str:
    """Return a shell line that sends the request again. Bodies that are not text travel as base64."""
    request = exchange.request
    parts = ["curl"]
    parts += ["-I"] if request.method == "HEAD" else ["-X", shlex.quote(request.method)]
    parts.append(shlex.quote(exchange.url))
    if request.intent.identity != "anonymous":
        parts.append(CREDENTIAL)
    parts += [f"-H {shlex.quote(f'{n}: {v}')}" for n, v in request.headers if n.lower() not in _OWN]
    if request.body is None:
        return " ".join(parts)
    if len(request.body) > _MOST_LINE:
        return " ".join(parts) + f"  # with a body of {len(request.body)} bytes"
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return " ".join([*parts, "--data-binary", shlex.quote(text)])
    packed = base64.b64encode(request.body).decode("ascii")
    return f"printf %s {packed} | base64 -d | " + " ".join([*parts, "--data-binary", "@-"])


def console(exchange: Exchange) -> str | None:
    """Return what Dev Tools' Console needs to send the request again, or None where it cannot (a body that is
    no JSON, a HEAD). Console speaks to the space that it is opened in.
    """
    request = exchange.request
    if request.method not in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        return None
    target = f"kbn:{request.path}{_query(request)}"
    if request.body is None:
        return f"{request.method} {target}"
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return f"{request.method} {target}\n{text}" if len(text) <= _MOST_LINE else None


def _query(request: Request) -> str:
    pairs = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in request.query)
    return f"?{pairs}" if pairs else ""


def as_data(exchange: Exchange) -> dict[str, Any]:
    """Return the exchange as JSON-able data, bodies as text and cut at 20,000 characters."""
    request, answer = exchange.request, exchange.answer
    return {
        "id": exchange.id,
        "request": {
            "method": request.method,
            "url": exchange.url,
            "headers": [list(pair) for pair in request.headers],
            "body": _text(request.body),
            "identity": request.intent.identity,
        },
        "response": _answer(answer) if answer else None,
        "milliseconds": round(exchange.elapsed * 1000, 1),
        "attempt": exchange.attempt,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "headers": [list(pair) for pair in answer.headers[:100]],
        "body": _text(answer.body),
        "bytes": len(answer.body),
        "truncated": answer.truncated,
    }


def _text(body: bytes | None) -> str | None:
    if body is None:
        return None
    text = body[: _MOST_TEXT * 4].decode("utf-8", "replace")
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "…"


def size(exchange: Exchange) -> tuple[int, int, str]:
    """Return a key by which the smaller example comes first; ties go to the case's id, so that runs agree."""
    request, answer = exchange.request, exchange.answer
    asked = len(request.body or b"") + len(request.path) + sum(len(k) + len(v) for k, v in request.query)
    return asked, len(answer.body) if answer else 0, request.intent.case or ""
