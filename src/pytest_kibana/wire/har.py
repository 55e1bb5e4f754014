"""HAR 1.2, out and in: what browsers, proxies and this project can all read.

What HAR has no member for (space, operation, intent, weather) is kept under ``_kibana``, so that a file of
our own reads back to the very same exchanges. A file from elsewhere is redacted and classified while it is read.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_kibana.errors import UsageError
from pytest_kibana.wire.exchange import Answer, Exchange, Headers, Intent, Origin, Request, Rule, Weather
from pytest_kibana.wire.reading import parse_json
from pytest_kibana.wire.recorded import Context, Recording, exchange_of

CREATOR = "pytest-kibana"


def write_har(exchanges: Iterable[Exchange], path: Path, *, comment: str = "") -> int:
    """Write exchanges to a file, and return how many there were. ``comment`` is about the whole log."""
    entries = [_entry(exchange) for exchange in exchanges]
    creator = {"name": CREATOR, "version": version("pytest-kibana")}
    about = {"comment": comment} if comment else {}
    log = {"version": "1.2", "creator": creator, **about, "entries": entries}
    path.write_text(json.dumps({"log": log}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return len(entries)


def read_har(path: Path, context: Context | None = None) -> tuple[Exchange, ...]:
    """Read the exchanges of a file, in its order.

    Args:
        path: the file.
        context: base path, contract and redactor, for a file that is not our own.

    Raises:
        UsageError: it cannot be read, or is not HAR; the message names the entry.
    """
    context = context or Context()
    try:
        document = json.loads(path.read_bytes())
        entries = list(document["log"]["entries"])
        ours = document["log"].get("creator", {}).get("name") == CREATOR
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}", hint="Check the path.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"{path} is not HAR", hint="Export it again, as HAR 1.2 with content.") from None
    found = []
    for number, entry in enumerate(entries):
        try:
            found.append(
                _own(entry)
                if ours and "_kibana" in entry
                else exchange_of(_recording(entry), number, context)
            )
        except (ValueError, KeyError, TypeError, AttributeError) as trouble:
            raise UsageError(
                f"{path}: entry {number} is not HAR: {type(trouble).__name__}: {trouble}",
                hint="Export it again, as HAR 1.2 with content.",
            ) from None
    return tuple(found)


def _entry(exchange: Exchange) -> dict[str, Any]:
    request, answer = exchange.request, exchange.answer
    milliseconds = exchange.elapsed * 1000
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started, UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": {
            "method": request.method,
            "url": exchange.url,
            "httpVersion": answer.http_version if answer else "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request.headers),
            "queryString": _pairs(request.query),
            "headersSize": -1,
            "bodySize": len(request.body or b""),
            **({} if request.body is None else {"postData": _post_data(request)}),
        },
        "response": _response(answer),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_kibana": _extras(exchange),
    }


def _post_data(request: Request) -> dict[str, Any]:
    media = next((v for k, v in request.headers if k.lower() == "content-type"), "")
    text, encoding = _text(request.body or b"")
    return {"mimeType": media, "text": text, **({"_encoding": encoding} if encoding else {})}


def _response(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        # Browsers write status 0 for a request that never got an answer.
        empty = {"size": 0, "mimeType": "x-unknown"}
        head = {"status": 0, "statusText": "", "httpVersion": "", "headers": [], "content": empty}
    else:
        text, encoding = _text(answer.body)
        content: dict[str, Any] = {
            "size": len(answer.body),
            "mimeType": answer.header("content-type") or "x-unknown",
            "text": text,
        }
        if encoding:
            content["encoding"] = encoding
        head = {
            "status": answer.status,
            "statusText": "",
            "httpVersion": answer.http_version,
            "headers": _pairs(answer.headers),
            "content": content,
        }
    location = (answer.header("location") if answer else None) or ""
    return {**head, "cookies": [], "redirectURL": location, "headersSize": -1, "bodySize": -1}


def _extras(exchange: Exchange) -> dict[str, Any]:
    request, answer = exchange.request, exchange.answer
    return {
        "id": exchange.id,
        "started": exchange.started,
        "elapsed": exchange.elapsed,
        "attempt": exchange.attempt,
        "leaked": list(exchange.leaked),
        "weather": asdict(exchange.weather) if exchange.weather else None,
        "path": request.path,
        "space": request.space,
        "operation": request.operation,
        "origin": str(request.origin),
        "intent": asdict(request.intent),
        "path_parameters": dict(request.path_parameters),
        "truncated": answer.truncated if answer else False,
        "is_json": answer.is_json if answer else False,
        "json_trouble": answer.json_trouble if answer else None,
    }


def _own(entry: Mapping[str, Any]) -> Exchange:
    """Read an entry that this project wrote: it is redacted already, and tells everything."""
    extras, asked = entry["_kibana"], entry["request"]
    rule = extras["intent"].pop("rule")
    intent = Intent(**extras["intent"], rule=Rule(**rule) if rule else None)
    request = Request(
        method=asked["method"],
        path=extras["path"],
        query=_headers(asked["queryString"]),
        headers=_headers(asked["headers"]),
        body=_body(asked.get("postData"), "_encoding"),
        space=extras["space"],
        operation=extras["operation"],
        origin=Origin(extras["origin"]),
        intent=intent,
        path_parameters=extras["path_parameters"],
    )
    return Exchange(
        id=extras["id"],
        request=request,
        url=asked["url"],
        started=extras["started"],
        elapsed=extras["elapsed"],
        answer=_own_answer(entry["response"], extras),
        weather=Weather(**extras["weather"]) if extras["weather"] else None,
        attempt=extras["attempt"],
        leaked=tuple(extras["leaked"]),
    )


def _own_answer(said: Mapping[str, Any], extras: Mapping[str, Any]) -> Answer | None:
    if not said["status"]:
        return None
    body = _body(said["content"], "encoding") or b""
    return Answer(
        status=said["status"],
        headers=_headers(said["headers"]),
        body=body,
        json=parse_json(body).value if extras["is_json"] else None,
        is_json=extras["is_json"],
        json_trouble=extras["json_trouble"],
        truncated=extras["truncated"],
        http_version=said["httpVersion"],
    )


def _recording(entry: Mapping[str, Any]) -> Recording:
    asked, said = entry["request"], entry["response"]
    return Recording(
        method=asked["method"],
        url=asked["url"],
        request_headers=_headers(asked["headers"]),
        request_body=_body(asked.get("postData"), "_encoding"),
        status=int(said["status"]),
        response_headers=_headers(said["headers"]),
        response_body=_body(said.get("content"), "encoding") or b"",
        started=datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
        elapsed=max(0.0, float(entry.get("time") or 0)) / 1000,
        http_version=str(said.get("httpVersion") or "HTTP/1.1").upper(),
        bodiless=_lost(asked, said),
    )


def _lost(asked: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Tell whether an answer had a body that its recorder left out: it gives the size, and no text."""
    content = said.get("content") or {}
    wanted = asked["method"] != "HEAD" and int(said["status"]) not in (204, 304)
    return wanted and "text" not in content and float(content.get("size") or 0) > 0


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _headers(pairs: Iterable[Mapping[str, str]]) -> Headers:
    return tuple((pair["name"], pair["value"]) for pair in pairs)


def _text(body: bytes) -> tuple[str, str | None]:
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def _body(content: Mapping[str, Any] | None, encoding: str) -> bytes | None:
    if not content or "text" not in content:
        return None
    text: str = content["text"]
    return base64.b64decode(text) if content.get(encoding) == "base64" else text.encode("utf-8", "replace")
