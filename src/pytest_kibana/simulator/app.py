"""The doors: an ASGI application that turns bytes into calls and replies into bytes."""

import gzip
import json
import re
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pytest_kibana.simulator.engine import PUBLIC_VERSION, Engine
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply, envelope
from pytest_kibana.simulator.routing import LARGE
from pytest_kibana.simulator.world import NAME, Call, World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_POLICY = (
    "script-src 'report-sample' 'self'; worker-src 'report-sample' 'self' blob:; "
    "style-src 'report-sample' 'self' 'unsafe-inline'; object-src 'report-sample' 'none'"
)
SECURITY = {
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "content-security-policy": _POLICY,
    "content-security-policy-report-only": "form-action 'report-sample' 'self'",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": (
        "camera=(), display-capture=(), fullscreen=(self), geolocation=(), microphone=(), web-share=()"
    ),
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-content-type-options": "nosniff",
}
"""Headers of every answer (seen on 9.0.1; defaults of ``server.securityResponseHeaders``)."""
_COMPRESSIBLE = 1024
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s|,|$))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST = max(LARGE.values()) + 1024
_NOT_READY = b"Kibana server is not ready yet"


class App:
    """Serves one world. ``wire`` lets faults cut connections; nothing else happens there."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        world.ready_at = time.monotonic() + world.config.boot_seconds
        self._base = world.config.base_path.rstrip("/")
        newer = world.at_least("9.0")
        security: dict[str, str | None] = {
            k: v for k, v in SECURITY.items() if newer or not k.endswith("-report-only")
        }
        security.update(world.options.headers())
        self._compresses: bool = world.options["server.compression.enabled"]
        self.busy = 0
        self.on_idle: Callable[[], None] | None = None
        self._fixed: Headers = [
            (b"kbn-name", NAME.encode()),
            *((k.encode(), v.encode()) for k, v in security.items() if v is not None),
            (b"kbn-license-sig", world.license_signature.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of the ASGI server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        self.busy += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self.busy -= 1
            if self.on_idle is not None and not self.busy:
                self.on_idle()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        late = self.world.closing  # whoever came before is still served
        raw = await read_all(receive)
        if time.monotonic() < self.world.ready_at:
            await send_all(
                send,
                503,
                [(b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"30")],
                _NOT_READY,
            )
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        call = Call(self.world, scope["method"], path, scope["query_string"].decode("latin-1"), headers, raw)
        call.late = late
        reply = self._answer(call)
        self.world.keep(call.method)
        status, out, body = self.encode(call, reply)
        takeover = self.engine.faults.wire(call)
        if takeover is not None:
            status, out, body = await takeover(send, status, out, body)
            if status == 0:
                return
        await send_all(send, status, out, b"" if call.method == "HEAD" else body)

    def _answer(self, call: Call) -> Reply:
        if self._base:
            if not (call.path + "/").startswith(self._base + "/"):
                return Reply(envelope(404, "Not Found"), status=404, exact=True, public=False)
            call.path = call.path[len(self._base) :] or "/"
        try:
            return self.engine.answer(call)
        except Refusal as refusal:  # raised by a fault, outside the engine's own order
            return Reply(
                envelope(refusal.status, refusal.message), status=refusal.status, exact=True, public=False
            )
        except Exception:  # noqa: BLE001 - whatever goes wrong in a handler is Kibana's 500, and is shown here
            traceback.print_exc()
            text = "An internal server error occurred. Check Kibana server logs for details."
            return Reply(envelope(500, text), status=500, exact=True)

    def encode(self, call: Call, reply: Reply) -> tuple[int, Headers, bytes]:
        """Return status, headers and body as they travel."""
        headers = list(self._fixed)
        route = call.route
        if reply.public and route.template and not route.internal:
            headers.append((b"elastic-api-version", PUBLIC_VERSION.encode()))
        own = {k.lower(): v for k, v in reply.headers.items()}
        if reply.body is NOTHING:
            body = b""
        elif isinstance(reply.body, bytes):
            body = reply.body
        else:
            body = json.dumps(reply.body, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
        if reply.body is not NOTHING and "content-type" not in own:
            headers.append((b"content-type", reply.media.encode()))
        if body:
            headers.append((b"vary", b"accept-encoding"))
        if (
            len(body) >= _COMPRESSIBLE
            and self._compresses
            and _GZIP.search(call.headers.get("accept-encoding", ""))
            and "content-encoding" not in own
        ):
            body = gzip.compress(body, 1)
            headers.append((b"content-encoding", b"gzip"))
        dropped = {k for k, v in own.items() if v == ""}
        if dropped:
            headers = [(k, v) for k, v in headers if k.decode() not in dropped]
        replaced = own.keys()
        headers = [(k, v) for k, v in headers if k.decode() not in replaced] if replaced else headers
        headers += [
            (k.encode(), _one_line(v).encode("latin-1", "replace")) for k, v in own.items() if v != ""
        ]
        if reply.status != 204:
            headers.append((b"content-length", str(len(body)).encode()))
        return reply.status, headers, body


def _one_line(value: str) -> str:
    """Return a header's value without what no header may hold: names that clients choose stand in some."""
    return _CONTROL.sub("", value)


async def send_all(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_all(receive: Receive) -> bytes:
    """Return the body of a request; what is beyond every limit is read and dropped."""
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts, size = [message.get("body", b"")], 0
    while message.get("more_body"):
        message = await receive()
        size += len(message.get("body", b""))
        if size <= _MOST:
            parts.append(message.get("body", b""))
    return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
