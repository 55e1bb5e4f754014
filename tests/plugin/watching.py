"""Looking at a server from outside: everything that it lists, and everything that passes on the way to it."""

import http.client
import http.server
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pytest_kibana.contract import load
from pytest_kibana.wire import ApiKey, KibanaClient, Request

Listed = dict[str, frozenset[str]]


def everything(url: str, api_key: str, contract: str = "core") -> Listed:
    """Return the ids and names in every list of the server, by operation: each GET that needs no id is asked.

    This knows nothing of resources, so that it also sees what no declaration knows of.
    """
    with KibanaClient(url, ApiKey(api_key), contract=load(contract)) as client:
        found = {}
        for label, operation in load(contract).operations.items():
            if operation.method == "GET" and "{" not in operation.path:
                answer = client.send(Request("GET", operation.path)).answer
                found[label] = frozenset(_names(answer.json if answer else None))
        for kind in ("tag", "index-pattern", "dashboard", "visualization", "search", "query", "url"):
            answer = client.get("/api/saved_objects/_find", query={"type": kind, "per_page": 1000})
            found[kind] = frozenset(_names(answer.json()))
    return found


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key in ("id", "name") and isinstance(member, str):
                yield member
            yield from _names(member)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member)


@dataclass(frozen=True)
class Said:
    """What passed: a request and the answer to it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""

    @property
    def text(self) -> str:
        return f"{self.path} {self.body.decode('utf-8', 'replace')}"


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address  # a client that hangs up is the point of some tests


@dataclass
class Wayside:
    """A place on the way to a server: it hears what passes, and may swallow an answer.

    ``passed`` is called when a request was passed on, and nothing of its answer was seen yet.
    """

    url: str = ""
    said: list[Said] = field(default_factory=list)
    swallow: Callable[[Said], bool] = lambda _said: False
    passed: Callable[[Said], object] = lambda _said: None


@contextmanager
def wayside(backend: str | None, tls: ssl.SSLContext | None = None) -> Iterator[Wayside]:
    """Pass everything on to a backend; without one, answer 200 to everything, so that nothing is missed.

    ``tls`` is how to speak to clients, where not in plain text.
    """
    place = Wayside()
    behind = urlsplit(backend).netloc if backend else None

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            said = Said(self.command, self.path, dict(self.headers), body, 200, b"{}")
            answered = http.client.HTTPMessage()
            if behind:
                connection = http.client.HTTPConnection(behind, timeout=60)
                try:
                    connection.request(self.command, self.path, body or None, dict(self.headers))
                    place.passed(said)
                    response = connection.getresponse()
                    said = Said(*list(vars(said).values())[:4], response.status, response.read())
                    answered = response.headers
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                    return
                finally:
                    connection.close()
            place.said.append(said)
            if place.swallow(said):
                self.close_connection = True
                return
            self.send_response_only(said.status)
            for name, value in answered.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            if said.status != 204:
                self.send_header("content-length", str(len(said.answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.answer)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_one  # noqa: N815

        def log_message(self, *args: object) -> None:
            del args

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
