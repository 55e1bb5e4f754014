"""The twin of :class:`pytest_kibana.wire.client.KibanaClient` for an event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Self, Unpack

import httpx

from pytest_kibana.contract import Operation
from pytest_kibana.wire import friendly
from pytest_kibana.wire import weather as sky
from pytest_kibana.wire.base import ClientBase, ClientOptions
from pytest_kibana.wire.credentials import Credentials
from pytest_kibana.wire.endpoint import Endpoint
from pytest_kibana.wire.exchange import Exchange, Request
from pytest_kibana.wire.flow import (
    Exclusively,
    Outcome,
    Step,
    converse,
)
from pytest_kibana.wire.friendly import CallOptions, Options
from pytest_kibana.wire.network import AsyncNetwork, AsyncPoolNetwork, Outgoing


class AsyncKibanaClient(ClientBase):
    """The twin of :class:`KibanaClient` for asyncio; the same arguments, results and errors."""

    def __init__(
        self,
        endpoint: Endpoint | str,
        credentials: Credentials | None = None,
        *,
        network: AsyncNetwork | None = None,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._open(endpoint, credentials, options)
        self._network = network or AsyncPoolNetwork(self.endpoint, self._view.setup.limits)
        self._turn = asyncio.Lock()
        self._sleep = sleep or asyncio.sleep

    async def send(self, request: Request) -> Exchange:
        """Send a request as it is; see :meth:`KibanaClient.send`."""
        __tracebackhide__ = True
        return (await self._converse(request)).exchange

    async def _converse(self, request: Request) -> Outcome:
        __tracebackhide__ = True
        outcome: Outcome = await self._carry_on(converse(self._view.setup, request, self._view.credentials))
        return outcome

    async def _carry_on(self, conversation: Generator[Step, Any, Any]) -> Any:
        __tracebackhide__ = True
        try:
            step = next(conversation)
            while True:
                step = conversation.send(await self._do(step))
        except StopIteration as end:
            return end.value

    async def _do(self, step: Step) -> Any:
        __tracebackhide__ = True
        if isinstance(step, Outgoing):
            try:
                return await self._network.exchange(step)
            except sky.TROUBLE as trouble:
                return trouble
        if isinstance(step, Exclusively):
            async with self._turn:
                return await self._carry_on(step.conversation)
        return await self._sleep(step.seconds)

    async def call(self, operation: str | Operation, **options: Unpack[CallOptions]) -> httpx.Response:
        """Call an operation; see :meth:`KibanaClient.call`."""
        __tracebackhide__ = True
        return await self._within(options)._respond(self._by_operation(operation, options))

    async def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Call a path; see :meth:`KibanaClient.request`."""
        __tracebackhide__ = True
        return await self._within(options)._respond(self._by_path(method, path, options))

    async def _respond(self, request: Request) -> httpx.Response:
        __tracebackhide__ = True
        return friendly.response(await self._converse(request))

    async def get(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """GET a path."""
        __tracebackhide__ = True
        return await self.request("GET", path, **options)

    async def head(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """HEAD a path."""
        __tracebackhide__ = True
        return await self.request("HEAD", path, **options)

    async def post(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """POST to a path."""
        __tracebackhide__ = True
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PUT to a path."""
        __tracebackhide__ = True
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PATCH a path."""
        __tracebackhide__ = True
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """DELETE a path."""
        __tracebackhide__ = True
        return await self.request("DELETE", path, **options)

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for a plain ``httpx.AsyncClient``; see :meth:`KibanaClient.transport`."""
        return AsyncCoveredTransport(self)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._owner:
            await self._network.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()


class AsyncCoveredTransport(httpx.AsyncBaseTransport):
    """Lets any ``httpx.AsyncClient`` speak through an :class:`AsyncKibanaClient`."""

    def __init__(self, client: AsyncKibanaClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; raises ``httpx.ConnectError`` where there was no answer."""
        await request.aread()
        return friendly.to_httpx(await self._client._converse(self._client._from_httpx(request)), request)
