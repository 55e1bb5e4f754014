"""A small Kibana in memory behind the client's own network seam: spaces, and a few kinds of things in them."""

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpcore
import pytest

from pytest_kibana.resources import Factory, Ledger, RunMark
from pytest_kibana.wire import ApiKey, Clock, KibanaClient
from pytest_kibana.wire.network import Outgoing, Reply


class Killed(BaseException):
    """The process dies here: nothing of ours runs after it."""


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    space: str | None
    query: dict[str, list[str]]
    body: Any


@dataclass
class FakeKibana:
    """Keeps objects by (collection, space, id). Ids that the client does not choose are made here.

    ``before`` and ``after`` are called around the handling of each request; what they raise is what the client sees.
    ``refuse`` gives a status for a method and path, where it does. ``more`` answers further operations, by label.
    """

    objects: dict[tuple[str, str | None, str], dict[str, Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    before: Callable[[Seen], None] = lambda _seen: None
    after: Callable[[Seen], None] = lambda _seen: None
    refuse: Callable[[Seen], int | None] = lambda _seen: None
    more: dict[str, Callable[[Seen], tuple[int, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    # the network seam of the client

    def exchange(self, outgoing: Outgoing) -> Reply:
        target, _, query = outgoing.target.decode().partition("?")
        match = re.fullmatch(r"(?:/s/([^/]+))?(/.*)", target)
        assert match
        seen = Seen(
            outgoing.method.decode(),
            match[2],
            match[1],
            parse_qs(query, keep_blank_values=True),
            json.loads(outgoing.body) if outgoing.body else None,
        )
        self.before(seen)
        with self.lock:
            self.seen.append(seen)
            status, body = self.refuse(seen), None
            if status is None:
                status, body = self.handle(seen)
            else:
                body = {"statusCode": status, "error": "Refused", "message": "refused"}
        self.after(seen)
        headers = ((b"kbn-name", b"fake"), (b"content-type", b"application/json; charset=utf-8"))
        return Reply(
            status, headers, json.dumps(body).encode(), truncated=False, trouble=None, http_version="HTTP/1.1"
        )

    def close(self) -> None:
        pass

    # what it does

    def handle(self, seen: Seen) -> tuple[int, Any]:
        method, path, body = seen.method, seen.path, seen.body
        if (more := self.more.get(f"{method} {path}")) is not None:
            return more(seen)
        if path == "/api/spaces/space" and method == "POST":
            return self.create("space", None, body["id"], body)
        if path == "/api/spaces/space":
            return 200, self.list("space", None)
        if found := re.fullmatch(r"/api/spaces/space/(.+)", path):
            return self.one("space", None, found[1], seen)
        if found := re.fullmatch(r"/api/security/role/(.+)", path):
            if method == "PUT" and seen.query.get("createOnly") == ["true"]:
                return self.create("role", None, found[1], {"name": found[1], **body})
            return self.one("role", None, found[1], seen)
        if path == "/api/security/role":
            return 200, self.list("role", None)
        if path == "/api/data_views/data_view":
            status, made = self.create("data_view", seen.space, str(uuid.uuid4()), body["data_view"])
            return status, {"data_view": made}
        if path == "/api/data_views":
            return 200, {"data_view": self.list("data_view", seen.space)}
        if found := re.fullmatch(r"/api/data_views/data_view/([^/]+)", path):
            if method == "POST":
                self.objects[("data_view", seen.space, found[1])].update(body["data_view"])
            status, shown = self.one("data_view", seen.space, found[1], seen)
            return status, {"data_view": shown} if status == 200 and method != "DELETE" else shown
        if path == "/api/cases" and method == "POST":
            return self.create("case", seen.space, str(uuid.uuid4()), {**body, "version": "1"})
        if path == "/api/cases" and method == "DELETE":
            return self.one("case", seen.space, json.loads(seen.query["ids"][0])[0], seen)
        if path == "/api/cases" and method == "PATCH":
            return self.patch_case(seen.space, body["cases"][0])
        if path == "/api/cases/_find":
            items = self.list("case", seen.space)
            page, size = int(seen.query["page"][0]), int(seen.query["perPage"][0])
            return 200, {"cases": items[(page - 1) * size : page * size], "total": len(items)}
        if found := re.fullmatch(r"/api/cases/([^/]+)", path):
            return self.one("case", seen.space, found[1], seen)
        if found := re.fullmatch(r"/api/actions/connector/([^/]+)", path):
            return self.connector(seen, unquote(found[1]))
        if path == "/api/actions/connectors":
            return 200, self.list("connector", seen.space)
        if path == "/api/uptime/settings":
            settings = self.objects.setdefault(("uptime", seen.space, ""), {"certExpirationThreshold": 30})
            settings.update(body or {})
            return 200, dict(settings)
        if path == "/api/lists/index":
            return self.engine(seen)
        return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

    def create(self, kind: str, space: str | None, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        if (kind, space, name) in self.objects:
            return 409, {"statusCode": 409, "error": "Conflict", "message": "there is one"}
        self.objects[(kind, space, name)] = {**body, "id": name}
        return 200, self.objects[(kind, space, name)]

    def one(self, kind: str, space: str | None, name: str, seen: Seen) -> tuple[int, Any]:
        key = (kind, space, name)
        if key not in self.objects:
            return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
        if seen.method == "DELETE":
            del self.objects[key]
            if kind == "space":
                for inside in [k for k in self.objects if k[1] == name]:
                    del self.objects[inside]
            return 200, {}
        if seen.method == "PUT":
            self.objects[key] = {**seen.body, "id": name, "name": name}
        return 200, self.objects[key]

    def list(self, kind: str, space: str | None) -> "list[Any]":
        return [v for k, v in self.objects.items() if k[:2] == (kind, space)]

    def patch_case(self, space: str | None, change: dict[str, Any]) -> tuple[int, Any]:
        case = self.objects[("case", space, change["id"])]
        if change.pop("version") != case["version"]:
            return 409, {"statusCode": 409, "error": "Conflict", "message": "stale"}
        case.update(change, version=str(int(case["version"]) + 1))
        return 200, [case]

    def connector(self, seen: Seen, name: str) -> tuple[int, Any]:
        if seen.method == "POST":
            return self.create("connector", seen.space, name, seen.body)
        return self.one("connector", seen.space, name, seen)

    def engine(self, seen: Seen) -> tuple[int, Any]:
        key = ("value_list_index", seen.space, "")
        if seen.method == "POST":
            self.objects[key] = {}
        elif key not in self.objects:
            return 404, {"message": "none", "status_code": 404}
        elif seen.method == "DELETE":
            del self.objects[key]
        return 200, {"list_index": True, "list_item_index": True, "acknowledged": True}


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0

    def clock(self) -> Clock:
        return Clock(now=lambda: self.at, monotonic=lambda: self.at, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Bench:
    """Everything a test of factories needs."""

    kibana: FakeKibana
    time: Time
    folder: Path
    count: int = 0

    def client(self) -> KibanaClient:
        return KibanaClient(
            "http://127.0.0.1:1", ApiKey.of("a", "b"), network=self.kibana, clock=self.time.clock()
        )

    def ledger(self, **more: Any) -> Ledger:
        self.count += 1
        return Ledger(self.folder / f"{self.count}.ledger.jsonl", clock=lambda: self.time.at, **more)

    def factory(self, **more: Any) -> Factory:
        mark = RunMark(clock=lambda: self.time.at)
        return Factory(self.client(), ledger=self.ledger(run=mark.run), mark=mark, **more)


def broken(_seen: Seen) -> None:
    """The connection breaks."""
    raise httpcore.ReadError("broken")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(FakeKibana(), Time(), tmp_path)
