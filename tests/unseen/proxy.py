"""A proxy that spoils what passes through it, between the harness and a stand-in that is well."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"})


@dataclass
class Asked:
    """A request on its way; what is changed here is what the stand-in sees."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def bare_path(self) -> str:
        """The path without the prefix of a space."""
        parts = self.path.split("/")
        return "/" + "/".join(parts[3:]) if parts[1] == "s" else self.path


@dataclass
class Said:
    """An answer on its way back. ``more`` are headers that stand twice, ``length`` a length that is not the body's."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    more: list[tuple[str, str]] = field(default_factory=list)
    length: int | None = None

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


Send = Callable[[Asked], Said]
Spoil = Callable[[Asked, Send], Said]


@dataclass
class Proxy:
    """Where it listens, and what it spoils; ``memory`` is the fault's own."""

    url: str = ""
    spoil: Spoil | None = None
    memory: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def spoiling(self, spoil: Spoil) -> Iterator[None]:
        self.spoil = spoil
        try:
            yield
        finally:
            self.spoil = None


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """Listen on a free port of the loopback interface, and pass everything on to the target."""
    proxy = Proxy()
    client = httpx.Client(limits=httpx.Limits(max_connections=64), timeout=30)

    def send(asked: Asked) -> Said:
        url = f"{target}{asked.path}" + (f"?{asked.query}" if asked.query else "")
        headers = {k: v for k, v in asked.headers.items() if k not in _HOP and k != "host"}
        answer = client.request(asked.method, url, headers=headers, content=asked.body or None)
        kept = {k.lower(): v for k, v in answer.headers.items() if k.lower() not in _HOP}
        return Said(answer.status_code, kept, answer.content)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave one by one, and the body would wait until the client has acknowledged the head: 40 ms.
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            asked = Asked(
                self.command,
                parts.path,
                parts.query,
                {k.lower(): v for k, v in self.headers.items()},
                self.rfile.read(length) if length else b"",
            )
            spoil = proxy.spoil
            said = send(asked) if spoil is None else spoil(asked, send)
            self.send_response_only(said.status)
            for name, value in (*said.headers.items(), *said.more):
                self.send_header(name, value)
            bodiless = said.status in (204, 304) or (asked.method == "HEAD" and not said.body)
            if not bodiless:
                self.send_header(
                    "content-length", str(len(said.body) if said.length is None else said.length)
                )
                self.close_connection = said.length is not None
            self.end_headers()
            if not bodiless and asked.method != "HEAD":
                self.wfile.write(said.body[: said.length])

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
        client.close()
