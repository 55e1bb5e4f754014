"""A small Kibana on loopback, whose behaviour a test can replace, and a contract for it."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pytest_kibana.cases.model import Case, Kind
from pytest_kibana.conformance import Budget, Circumstances, Limits, Outcome, Runner, conclude, plan
from pytest_kibana.contract import Contract, load
from pytest_kibana.contract.model import Operation
from pytest_kibana.wire import Anonymous, ApiKey, KibanaClient, RetryPolicy
from pytest_kibana.wire.exchange import Exchange, Rule

ERROR = {
    "type": "object",
    "required": ["statusCode", "error", "message"],
    "properties": {
        "statusCode": {"type": "integer"},
        "error": {"type": "string"},
        "message": {"type": "string"},
    },
}
THING = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"}},
}
REF = {"$ref": "#/components/schemas/Thing"}


def _answer(schema: Any) -> dict[str, Any]:
    return {"description": "an answer", "content": {"application/json": {"schema": schema}}}


def _operation(name: str, tag: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": [tag], "summary": name, "responses": responses, **more}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
            }
        }
    },
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "small", "version": "1"},
    "paths": {
        "/api/things": {
            "get": _operation("list-things", "things", {"200": _answer({"type": "array", "items": REF})}),
            "post": _operation("make-thing", "things", {"200": _answer(REF)}, requestBody=BODY),
        },
        "/api/things/{id}": {
            "parameters": [ID],
            "get": _operation("get-thing", "things", {"200": _answer(REF), "404": _answer(ERROR)}),
            "delete": _operation("delete-thing", "things", {"204": {"description": "gone"}}),
        },
        "/api/weather": {"get": _operation("get-weather", "weather", {"200": _answer({"type": "object"})})},
        "/api/newer": {
            "get": _operation(
                "get-newer",
                "weather",
                {"200": _answer({})},
                **{"x-state": "Generally available; added in 9.9.0"},
            )
        },
    },
    "components": {"schemas": {"Thing": THING}},
}


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    place = tmp_path_factory.mktemp("contract")
    file = place / "small.json"
    file.write_text(json.dumps(DOCUMENT))
    return load(file, cache_dir=place / "cache")


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def error(status: int, phrase: str, text: str) -> Reply:
    return Reply(status, {"statusCode": status, "error": phrase, "message": text})


Behaviour = Callable[[Asked], "Reply | None"]


class SmallKibana:
    """Answers as Kibana would; ``behave`` may answer first, and ``down`` drops every connection."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.behave: Behaviour = lambda _asked: None
        self.down = False
        self.lock = threading.Lock()
        self.under_way: list[Asked] = []
        self.most_at_once = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self) -> None:
                outer.serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do  # noqa: N815  # names that http.server calls

            def log_message(self, *_: Any) -> None:
                pass

        self.handler = Handler
        self.port = 0
        self.open()

    def open(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def restart(self, away: float) -> None:
        """Break every connection, refuse new ones for a while, and come back."""
        self.down = True
        self.close()
        time.sleep(away)
        self.down = False
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Asked]:
        return [a for a in self.asked if a.path != "/api/status"]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        names = {k.lower(): v for k, v in handler.headers.items()}
        asked = Asked(handler.command, handler.path.split("?")[0], names, body)
        with self.lock:
            self.asked.append(asked)
            self.under_way.append(asked)
            self.most_at_once = max(self.most_at_once, len(self.under_way))
        try:
            reply = Reply(drop=True) if self.down else (self.behave(asked) or self.usual(asked))
            self.say(handler, reply)
        finally:
            with self.lock:
                self.under_way.remove(asked)

    def say(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.drop:
            handler.close_connection = True
            return
        raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        raw = b"" if reply.status == 204 or handler.command == "HEAD" else raw
        handler.send_response(reply.status)
        headers = {
            "kbn-name": "small",
            "content-type": "application/json; charset=utf-8",
            "x-content-type-options": "nosniff",
            "elastic-api-version": "2023-10-31",
            "referrer-policy": "strict-origin-when-cross-origin",
            "cache-control": "private, no-cache, no-store, must-revalidate",
            "content-length": str(len(raw)),
            **reply.headers,
        }
        for name, value in headers.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(raw)

    def usual(self, asked: Asked) -> Reply:
        if asked.path == "/api/status":
            return Reply(body={"status": {"overall": {"level": "available"}}})
        if asked.headers.get("authorization") != "ApiKey Z29vZDprZXk=":
            return error(401, "Unauthorized", "Unauthorized")
        if len(asked.body) > 1_048_576:
            return error(
                413, "Payload Too Large", "Payload content length greater than maximum allowed: 1048576"
            )
        if asked.method not in ("GET", "HEAD") and "kbn-xsrf" not in asked.headers:
            return error(400, "Bad Request", "Request must contain a kbn-xsrf header.")
        version = asked.headers.get("elastic-api-version", "2023-10-31")
        if version != "2023-10-31":
            return error(
                400, "Bad Request", f'No version "{version}" available. Available versions are: [2023-10-31]'
            )
        return self.route(asked)

    def route(self, asked: Asked) -> Reply:
        thing = {"id": "1", "name": "a"}
        if asked.path == "/api/things" and asked.method == "POST":
            return self.make(asked)
        if asked.path == "/api/things":
            return Reply(body=[thing, {"id": "2", "name": "b"}])
        if asked.path.startswith("/api/things/") and "0bad" in asked.path:  # an id that nothing has
            return error(404, "Not Found", "Saved object [thing] not found")
        if asked.path.startswith("/api/things/"):
            return Reply(204) if asked.method == "DELETE" else Reply(body=thing)
        if asked.path in ("/api/weather", "/api/newer"):
            return Reply(body={})
        return error(404, "Not Found", "Not Found")

    def make(self, asked: Asked) -> Reply:
        try:
            body = json.loads(asked.body)
        except ValueError:
            return error(400, "Bad Request", "Invalid request payload JSON format")
        if not isinstance(body.get("name"), str) or set(body) - {"name", "size"}:
            return error(400, "Bad Request", "[request body.name]: expected value of type [string]")
        return Reply(body={"id": "1", **body})


@pytest.fixture
def small() -> Iterator[SmallKibana]:
    server = SmallKibana()
    yield server
    server.close()


CASES: Mapping[tuple[str, str], Sequence[Case]] = {
    ("GET /api/things", "responses"): [
        Case(f"c-list-{n}", "GET /api/things", Kind.SMALLEST) for n in range(3)
    ],
    ("POST /api/things", "responses"): [
        Case(
            f"c-make-{n}",
            "POST /api/things",
            Kind.SMALLEST,
            body={"name": "n" * (3 - n)},
            has_body=True,
            media="application/json",
        )
        for n in range(3)
    ],
    ("POST /api/things", "input"): [
        Case(
            "c-make-bad",
            "POST /api/things",
            Kind.INVALID,
            body={"name": 3},
            has_body=True,
            media="application/json",
            rule=Rule("body", "/name", "type", "a number where text belongs"),
        )
    ],
    ("GET /api/things/{id}", "responses"): [
        Case("c-get", "GET /api/things/{id}", Kind.SMALLEST, path={"id": "1"})
    ],
    ("DELETE /api/things/{id}", "responses"): [
        Case("c-delete", "DELETE /api/things/{id}", Kind.SMALLEST, path={"id": "1"})
    ],
    ("GET /api/weather", "responses"): [Case("c-weather", "GET /api/weather", Kind.SMALLEST)],
    ("GET /api/newer", "responses"): [Case("c-newer", "GET /api/newer", Kind.SMALLEST)],
}


class Source:
    def cases(self, operation: Operation, group: str) -> Sequence[Case]:
        return CASES.get((operation.label, group), ())


class Plain:
    """Resolves nothing, since the cases hold no placeholders."""

    def resolve(self, case: Case) -> Case:
        return case

    def spoilt(self, exchange: Exchange) -> bool:
        return False


@dataclass(frozen=True)
class Known:
    safety: str = "read"
    license: str | None = None
    flavors: tuple[str, ...] = ()
    plugin: str | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    version: str | None = "9.1.4"
    flavor: str = "traditional"
    license: str | None = "basic"
    plugins: frozenset[str] = frozenset({"alerting"})


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def known() -> Callable[..., Known]:
    return Known


@pytest.fixture
def target() -> Callable[..., Target]:
    return Target


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def as_error() -> Callable[[int, str, str], Reply]:
    return error


@pytest.fixture
def senders(small: SmallKibana) -> Iterator[Callable[..., dict[str, KibanaClient]]]:
    made: list[KibanaClient] = []

    def make(*gates: Any) -> dict[str, KibanaClient]:
        main = KibanaClient(small.url, ApiKey("Z29vZDprZXk="), gates=gates, retry=RetryPolicy(attempts=1))
        made.append(main)
        return {
            "main": main,
            "anonymous": main.as_(Anonymous()),
            "wrong key": main.as_(ApiKey("YmFkOmtleQ==")),
        }

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return DOCUMENT


@pytest.fixture
def run(contract, small, senders, source, plain, known):
    """Plan, run and conclude against the small Kibana."""

    def go(*, limits: Limits | None = None, concurrency: int = 4, deadline: float = 5.0, **around: Any):
        planned = plan(contract, None, lambda _o: known(), limits=limits)
        budget = Budget(planned.limits)
        with Runner(
            planned,
            senders=senders(budget),
            source=source,
            resolver=plain,
            budget=budget,
            circumstances=Circumstances(**around),
            concurrency=concurrency,
            weather_deadline=deadline,
        ) as runner:
            outcomes = list(runner.run())
            return outcomes, conclude(planned, outcomes, troubles=runner.troubles())

    return go


def of(outcomes: list[Outcome], key: str) -> Outcome:
    return next(o for o in outcomes if o.item == key)


def failing(conclusion) -> list[tuple[str, str, str]]:
    return [(f.code, f.operation, f.pointer) for f in conclusion.findings if f.status == "new"]
