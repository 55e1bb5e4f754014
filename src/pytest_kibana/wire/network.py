"""The bottom of every client: one request out, one answer in, within bounds of bytes and time.

This is httpcore, the engine of httpx, without httpx's own layers in between: nothing is added to the request
that it does not say, and the path travels exactly as it is written. What is added is a deadline for the whole
exchange: a timeout for each read alone would let a server that drips bytes hold a connection for ever.
"""

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpcore

from pytest_kibana.errors import UsageError
from pytest_kibana.wire.endpoint import Endpoint, Timeouts
from pytest_kibana.wire.reading import BodyReader, Limits, RawHeaders

# At level DEBUG these write down every header, credentials and cookies among them.
for _talkative in map(logging.getLogger, ("httpcore", "hpack")):
    if _talkative.level == logging.NOTSET:
        _talkative.setLevel(logging.WARNING)

KEEP_ALIVE = 60.0  # seconds; Kibana itself closes an idle connection after 120 (observed on 9.4.3)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as bytes, credentials included. ``target`` is path and query."""

    method: bytes
    target: bytes
    headers: RawHeaders = field(repr=False)
    body: bytes | None = field(repr=False)
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, decompressed and cut to the limit."""

    status: int
    headers: RawHeaders = field(repr=False)
    body: bytes = field(repr=False)
    truncated: bool
    trouble: str | None
    http_version: str


class Network(Protocol):
    """What carries a request; raises :data:`weather.TROUBLE` where no answer came."""

    def exchange(self, outgoing: Outgoing) -> Reply:
        """Send a request, and return what came back."""

    def close(self) -> None:
        """Close its connections."""


class AsyncNetwork(Protocol):
    """What carries a request in an event loop."""

    async def exchange(self, outgoing: Outgoing) -> Reply:
        """Send a request, and return what came back."""

    async def aclose(self) -> None:
        """Close its connections."""


class PoolNetwork:
    """Connections to one endpoint, shared by threads; as many at once as ``endpoint.connections``."""

    def __init__(self, endpoint: Endpoint, limits: Limits) -> None:
        self._pool: httpcore.ConnectionPool = _pool(
            endpoint, httpcore.HTTPProxy, httpcore.ConnectionPool, _Backend()
        )
        self._url = _Url(endpoint)
        self._limit = limits.body

    def exchange(self, outgoing: Outgoing) -> Reply:
        """Send one request and read its answer.

        Raises:
            httpcore exceptions of :data:`weather.TROUBLE`: no answer, or not a complete one.
            UsageError: the request breaks the rules of HTTP and was not sent.
        """
        _DEADLINE.at = time.monotonic() + outgoing.timeouts.total
        try:
            response = self._pool.handle_request(self._url.request(outgoing))
            try:
                reader = BodyReader(_content_encoding(response.headers), self._limit)
                assert isinstance(response.stream, Iterable)
                for chunk in response.stream:
                    if not reader.feed(chunk):
                        break
                    if time.monotonic() > _DEADLINE.at:
                        raise httpcore.ReadTimeout(_too_slow(outgoing))
            finally:
                response.close()
        except httpcore.LocalProtocolError as trouble:
            raise _ill_formed(trouble) from None
        finally:
            _DEADLINE.at = None
        return _reply(response, reader)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class AsyncPoolNetwork:
    """The same for an event loop."""

    def __init__(self, endpoint: Endpoint, limits: Limits) -> None:
        self._pool: httpcore.AsyncConnectionPool = _pool(
            endpoint, httpcore.AsyncHTTPProxy, httpcore.AsyncConnectionPool, None
        )
        self._url = _Url(endpoint)
        self._limit = limits.body

    async def exchange(self, outgoing: Outgoing) -> Reply:
        """Send one request and read its answer; raises as :meth:`PoolNetwork.exchange` does."""
        try:
            async with asyncio.timeout(outgoing.timeouts.total):
                response = await self._pool.handle_async_request(self._url.request(outgoing))
                try:
                    reader = BodyReader(_content_encoding(response.headers), self._limit)
                    assert isinstance(response.stream, AsyncIterable)
                    async for chunk in response.stream:
                        if not reader.feed(chunk):
                            break
                finally:
                    await response.aclose()
        except TimeoutError:
            raise httpcore.ReadTimeout(_too_slow(outgoing)) from None
        except httpcore.LocalProtocolError as trouble:
            raise _ill_formed(trouble) from None
        return _reply(response, reader)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Url:
    """Makes httpcore's request; the parts that never change are made once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._scheme = endpoint.scheme.encode("ascii")
        self._host = endpoint.host.encode("ascii")
        self._port = endpoint.port
        self._host_line = endpoint.origin.partition("://")[2].encode("ascii")

    def request(self, outgoing: Outgoing) -> httpcore.Request:
        headers = [(b"host", self._host_line), *outgoing.headers]
        if outgoing.body is not None:
            headers.append((b"content-length", b"%d" % len(outgoing.body)))
        elif outgoing.method in (b"POST", b"PUT", b"PATCH"):
            headers.append((b"content-length", b"0"))
        times = outgoing.timeouts
        return httpcore.Request(
            outgoing.method,
            httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=outgoing.target),
            headers=headers,
            content=outgoing.body,
            extensions={
                "timeout": {
                    "connect": times.connect,
                    "read": times.read,
                    "write": times.read,
                    "pool": times.total,
                }
            },
        )


class _Deadline(threading.local):
    at: float | None = None


_DEADLINE = _Deadline()


def _left(timeout: float | None, slow: type[httpcore.TimeoutException]) -> float | None:
    """Return the smaller of the timeout and what is left of this thread's deadline."""
    if _DEADLINE.at is None:
        return timeout
    left = _DEADLINE.at - time.monotonic()
    if left <= 0:
        raise slow("the time for the whole exchange is used up")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline of the exchange that waits."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


def _pool(endpoint: Endpoint, proxied: Any, direct: Any, backend: Any) -> Any:
    options: dict[str, Any] = {
        "ssl_context": endpoint.ssl_context() if endpoint.scheme == "https" else None,
        "max_connections": endpoint.connections,
        "max_keepalive_connections": endpoint.connections,
        "keepalive_expiry": KEEP_ALIVE,
        "http1": True,
        "http2": endpoint.http2,
        "network_backend": backend,
    }
    if endpoint.proxy is None:
        return direct(**options)
    parts = urlsplit(endpoint.proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"the proxy has the scheme {parts.scheme!r}",
            hint="Only http:// and https:// proxies are supported; check HTTPS_PROXY and HTTP_PROXY.",
        )
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return proxied(proxy_url=f"{parts.scheme}://{host}{port}", proxy_auth=auth, **options)


def _content_encoding(headers: RawHeaders) -> str | None:
    for name, value in headers:
        if name.lower() == b"content-encoding":
            return value.decode("latin-1")
    return None


def _reply(response: httpcore.Response, reader: BodyReader) -> Reply:
    version: bytes = response.extensions.get("http_version", b"HTTP/1.1")
    body = reader.body()
    return Reply(
        response.status,
        response.headers,
        body,
        reader.truncated,
        reader.trouble,
        version.decode("ascii", "replace"),
    )


def _too_slow(outgoing: Outgoing) -> str:
    return f"the answer was not complete after {outgoing.timeouts.total:g} s"


def _ill_formed(trouble: Exception) -> UsageError:
    return UsageError(
        f"the request breaks the rules of HTTP and was not sent: {trouble}",
        hint="Look for line breaks or control characters in headers or the method.",
    )
