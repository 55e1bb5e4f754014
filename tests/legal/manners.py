"""What stands between a client and a Kibana that is well, or how such a Kibana may be: all of it legal.

Each manner is what a proxy does to what passes through it. Several can be stacked.
"""

import base64
import gzip
import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pytest_kibana.contract import Contract
from tests.unseen.proxy import Asked, Said, Send, Spoil

Json = Any

HTML = "text/html; charset=utf-8"
PAGE = b"<html><head><title>%d</title></head><body><h1>The upstream server did not answer</h1></body></html>"


def stacked(*manners: Spoil) -> Spoil:
    """Return one manner that is all of these, the first the outermost."""
    if len(manners) == 1:
        return manners[0]
    outer, inner = manners[0], stacked(*manners[1:])
    return lambda asked, send: outer(asked, lambda request: inner(request, send))


def _dice(seed: int) -> Callable[[], float]:
    generator, lock = random.Random(seed), threading.Lock()

    def throw() -> float:
        with lock:
            return generator.random()

    return throw


# -- proxies -----------------------------------------------------------------------------------------------

_CONFIGURABLE = (
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "kbn-license-sig",
)


def headers(asked: Asked, send: Send) -> Said:
    """Leave out what an operator may switch off, add what load balancers add, and write names in capitals."""
    said = send(asked)
    kept = {name: value for name, value in said.headers.items() if name not in _CONFIGURABLE}
    kept |= {
        "via": "1.1 proxy.example",
        "x-cloud-request-id": "b7aUGlDcTOq2nT0wLj0r2w",
        "x-found-handling-cluster": "0c9d5a3fbe7d4e5e9cbb1d26e1f2a3b4",
        "x-found-handling-instance": "instance-0000000001",
        "strict-transport-security": "max-age=31536000",
        "x-frame-options": "SAMEORIGIN",
        "server-timing": "edge;dur=1",
    }
    said.headers = {name.upper(): value for name, value in kept.items()}
    return said


def weather(share: float = 0.02, seed: int = 1) -> Spoil:
    """Answer for a share of the requests as a gateway does, half of them after Kibana has done what was asked."""
    throw = _dice(seed)

    def spoil(asked: Asked, send: Send) -> Said:
        if throw() >= share:
            return send(asked)
        status = 502 if throw() < 0.5 else 504
        if throw() < 0.5:
            send(asked)
        return Said(status, {"content-type": HTML, "server": "gateway"}, PAGE % status)

    return spoil


def late(least: float, most: float, seed: int = 2) -> Spoil:
    """Take some time over each answer."""
    throw = _dice(seed)

    def spoil(asked: Asked, send: Send) -> Said:
        time.sleep(least + throw() * (most - least))
        return send(asked)

    return spoil


def closing(asked: Asked, send: Send) -> Said:
    """Close the connection after each answer."""
    said = send(asked)
    said.headers["connection"] = "close"
    return said


def compressing(asked: Asked, send: Send) -> Said:
    """Compress each body for whoever can read it."""
    said = send(asked)
    if said.body and "gzip" in asked.headers.get("accept-encoding", ""):
        said.body = gzip.compress(said.body)
        said.headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
    return said


def limiting(share: float = 0.01, seed: int = 3) -> Spoil:
    """Refuse now and then for the rate of the requests, and say when to come back."""
    throw = _dice(seed)

    def spoil(asked: Asked, send: Send) -> Said:
        if throw() >= share:
            return send(asked)
        body = {"statusCode": 429, "error": "Too Many Requests", "message": "Server is overloaded"}
        kept = {"content-type": "application/json; charset=utf-8", "kbn-name": "kibana", "retry-after": "1"}
        return Said(429, kept, json.dumps(body).encode())

    return spoil


def anonymous(asked: Asked, send: Send) -> Said:
    """Take whoever says nothing for a user that is set up for it, as an anonymous provider does."""
    if not {"authorization", "cookie"} & set(asked.headers):
        asked.headers["authorization"] = _SOMEBODY
    return send(asked)


_SOMEBODY = "Basic " + base64.b64encode(b"elastic:changeme").decode()


def forbidding(method: str, path: str) -> Spoil:
    """Return a defect, and no manner: one operation is refused to everybody, as if all lacked privileges."""
    said = f"API [{method} {path}] is unauthorized for user"
    refusal = json.dumps({"statusCode": 403, "error": "Forbidden", "message": said}).encode()
    kept = {"content-type": "application/json; charset=utf-8", "kbn-name": "kibana"}

    def spoil(asked: Asked, send: Send) -> Said:
        if (asked.method, asked.bare_path) == (method, path):
            return Said(403, dict(kept), refusal)
        return send(asked)

    return spoil


# -- kinds of Kibana ---------------------------------------------------------------------------------------


def _of_json(change: Callable[[Asked, Json], Json]) -> Spoil:
    """Return a manner of changing every success that is JSON."""

    def spoil(asked: Asked, send: Send) -> Said:
        said = send(asked)
        if said.ok and "json" in said.headers.get("content-type", "") and "ndjson" not in str(said.headers):
            body = said.json
            if body is not None:
                said.json = change(asked, body)
        return said

    return spoil


def _reordered(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _reordered(value[name]) for name in sorted(value, key=_hash)}
    return [_reordered(one) for one in value] if isinstance(value, list) else value


def _hash(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


_UNSORTED = ("/api/actions/connector", "/api/alerting/rule_types", "/api/data_views", "/api/security/role")


def _members_in_another_order(asked: Asked, body: Json) -> Json:
    body = _reordered(body)
    if asked.method == "GET" and asked.bare_path.startswith(_UNSORTED):
        if isinstance(body, list):
            return body[::-1]
        if isinstance(body.get("data_view"), list):
            body["data_view"].reverse()
    return body


disordered = _of_json(_members_in_another_order)
"""Members of objects come in another order, and so do the rows of lists whose order nobody promises."""


def newer(contract: Contract) -> Spoil:
    """Show a member that no contract knows in every object that the contract leaves open."""

    def change(asked: Asked, body: Json) -> Json:
        match = contract.match(asked.method, asked.bare_path)
        success = match.operation.success if match else None
        media = success.media("application/json") if success else None
        if media is None or media.schema is None:
            return body
        more = _grown(contract, media.schema.json, body, 0)
        return more if contract.is_valid(media.schema, more) else body

    return _of_json(change)


def _grown(contract: Contract, schema: Json, value: Json, depth: int) -> Json:
    schema = contract.resolve(schema)
    if depth > 12 or not isinstance(schema, Mapping):
        return value
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, Mapping) and properties:
        kept = {
            name: _grown(contract, properties[name], member, depth + 1) if name in properties else member
            for name, member in value.items()
        }
        if schema.get("additionalProperties", True) is True:
            kept["memberOfTomorrow"] = {"since": "99.0", "values": [1, 2, 3]}
        return kept
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_grown(contract, schema["items"], one, depth + 1) for one in value]
    return value


_MOMENT = re.compile(rb'(?<=")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?=")')


def skewed(by: timedelta) -> Spoil:
    """Run on a clock that is ahead: what it says lies in the future, and what it is told means what it says."""

    def moved(text: bytes, step: timedelta) -> bytes:
        def one(found: re.Match[bytes]) -> bytes:
            moment = datetime.fromisoformat(found[0].decode().replace("Z", "+00:00")) + step
            return moment.strftime("%Y-%m-%dT%H:%M:%S.").encode() + found[0][-4:]

        return _MOMENT.sub(one, text)

    def spoil(asked: Asked, send: Send) -> Said:
        asked.body = moved(asked.body, -by)
        said = send(asked)
        if "json" in said.headers.get("content-type", ""):
            said.body = moved(said.body, by)
        return said

    return spoil


class Refreshing:
    """A Kibana whose lists show what was made only when its index was refreshed."""

    def __init__(self, seconds: float = 1.5) -> None:
        self.seconds = seconds
        self._born: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, asked: Asked, send: Send) -> Said:
        """Pass a request on, and hide from a list what is too young."""
        said = send(asked)
        if not said.ok or "json" not in said.headers.get("content-type", ""):
            return said
        body = said.json
        if asked.method in ("POST", "PUT"):
            self._remember(body)
        elif asked.method == "GET" and isinstance(body, dict | list):
            rows = body if isinstance(body, list) else self._rows(body)
            if rows is not None:
                self._hide(body, rows)
                said.json = body
        return said

    def _remember(self, body: Json) -> None:
        one = body.get("item", body) if isinstance(body, dict) else None
        if isinstance(one, dict) and isinstance(one.get("id"), str):
            with self._lock:
                self._born.setdefault(one["id"], time.monotonic())

    def _rows(self, body: dict[str, Json]) -> list[Json] | None:
        found = [
            v for v in body.values() if isinstance(v, list) and v and isinstance(v[0], dict) and "id" in v[0]
        ]
        return found[0] if len(found) == 1 and "id" not in body else None

    def _hide(self, body: Json, rows: list[Json]) -> None:
        now = time.monotonic()
        with self._lock:
            young = {name for name, born in self._born.items() if now - born < self.seconds}
        shown = [row for row in rows if not (isinstance(row, dict) and row.get("id") in young)]
        hidden, rows[:] = len(rows) - len(shown), shown
        if isinstance(body, dict) and isinstance(body.get("total"), int):
            body["total"] -= hidden
