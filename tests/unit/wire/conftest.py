"""A server on loopback that says exactly what a test wants it to say, however ill-mannered."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pytest_kibana.wire import ApiKey, Basic, Clock, Exchange, KibanaClient

WHO = Basic("someone", "canary-password-1")
KEY = ApiKey.of("id", "canary-api-key-1")


@dataclass(frozen=True)
class Seen:
    """A request as it arrived: the target undecoded, the headers in order and in their own case."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def names(self) -> set[str]:
        return {k.lower() for k, _ in self.headers}


@dataclass(frozen=True)
class Say:
    """An answer: JSON, text or bytes."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kbn: bool = True

    def write(self, handler: BaseHTTPRequestHandler) -> None:
        raw = self.body
        kind = "application/octet-stream"
        if isinstance(raw, str):
            raw, kind = raw.encode(), "text/html; charset=utf-8"
        elif not isinstance(raw, bytes):
            raw, kind = json.dumps(raw).encode(), "application/json; charset=utf-8"
        headers = {"content-type": kind, **({"kbn-name": "loopback"} if self.kbn else {}), **self.headers}
        handler.send_response(self.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(raw)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(raw)


Raw = Callable[[BaseHTTPRequestHandler], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    script: "Loopback"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_args: Any) -> None:
        """Stay silent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        script = self.server.script  # type: ignore[attr-defined]
        answer = script.take(Seen(self.command, self.path, list(self.headers.items()), body))
        if isinstance(answer, Say):
            answer.write(self)
        else:
            answer(self)


class Loopback:
    """Says ``default`` unless answers are queued; remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.queue: list[Say | Raw] = []
        self.default: Say | Raw | Callable[[Seen], Say | Raw] = Say()
        self.route: Callable[[Seen], Say | Raw] | None = None
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, seen: Seen) -> Say | Raw:
        with self._lock:
            self.seen.append(seen)
            if self.queue:
                return self.queue.pop(0)
        if self.route is not None:
            return self.route(seen)
        return self.default

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.close()


class Slept(list[float]):
    """A clock that does not wait, and remembers how long it was asked to."""

    def clock(self) -> Clock:
        return Clock(sleep=self.append)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def seen() -> list[Exchange]:
    return []


@pytest.fixture
def client(loopback: Loopback, slept: Slept, seen: list[Exchange]) -> Iterator[KibanaClient]:
    with KibanaClient(loopback.url + "/base", WHO, listeners=(seen.append,), clock=slept.clock()) as made:
        yield made
