"""The clients that everything else speaks through, one for threads and one for an event loop.

Both are thin: what happens around a request is :mod:`pytest_kibana.wire.flow`, what happens on the socket is
:mod:`pytest_kibana.wire.network`. A client is a cheap view; ``in_space``, ``as_`` and ``derive`` give others
on the same connections.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Self, Unpack

import httpx

from pytest_kibana.contract import Contract
from pytest_kibana.errors import HarnessError
from pytest_kibana.wire import friendly
from pytest_kibana.wire import weather as sky
from pytest_kibana.wire.credentials import Anonymous, Credentials
from pytest_kibana.wire.endpoint import Endpoint, Timeouts, read_endpoint
from pytest_kibana.wire.exchange import Exchange, Origin, Request
from pytest_kibana.wire.flow import (
    Clock,
    Exclusively,
    Gate,
    Listener,
    Outcome,
    Patience,
    RetryPolicy,
    Setup,
    Step,
    converse,
)
from pytest_kibana.wire.friendly import UNSET, CallOptions, Options
from pytest_kibana.wire.network import AsyncNetwork, AsyncPoolNetwork, Network, Outgoing, PoolNetwork
from pytest_kibana.wire.reading import Limits
from pytest_kibana.wire.redact import Redactor


@dataclass(frozen=True, slots=True)
class _View:
    """What one client has of its own."""

    setup: Setup
    credentials: Credentials
    contract: Contract | None
    space: str | None
    origin: Origin


class _Base:
    """What both clients share: who we are, where we are, and how to become another."""

    _view: _View
    _owner: bool

    def _open(
        self,
        endpoint: Endpoint | str,
        credentials: Credentials | None,
        *,
        contract: Contract | None,
        space: str | None,
        listeners: tuple[Listener, ...],
        gates: tuple[Gate, ...],
        origin: Origin,
        retry: RetryPolicy | None,
        limits: Limits | None,
        redactor: Redactor | None,
        patience: Patience | None,
        clock: Clock | None,
    ) -> None:
        found: Credentials | None = None
        if isinstance(endpoint, str):
            endpoint, found = read_endpoint(endpoint)
        who = credentials or found or Anonymous()
        redactor = redactor or Redactor()
        redactor.register(*who.secrets())
        self._view = _View(
            Setup(
                endpoint,
                redactor,
                tuple(listeners),
                tuple(gates),
                retry or RetryPolicy(),
                limits or Limits(),
                clock or Clock(),
                patience,
            ),
            who,
            contract,
            friendly.space_id(space),
            origin,
        )
        self._owner = True

    def __repr__(self) -> str:
        where = f", space {self.space!r}" if self.space else ""
        return f"{type(self).__name__}({self.endpoint.url}, {self.credentials}{where})"

    @property
    def endpoint(self) -> Endpoint:
        """Where the deployment is."""
        return self._view.setup.endpoint

    @property
    def credentials(self) -> Credentials:
        """Who this client says it is."""
        return self._view.credentials

    @property
    def contract(self) -> Contract | None:
        """The contract by which :meth:`call` finds operations, or None."""
        return self._view.contract

    @property
    def space(self) -> str | None:
        """Id of the space that this client speaks to; None is the default space."""
        return self._view.space

    @property
    def redactor(self) -> Redactor:
        """What removes secrets from exchanges; register those that turn up later."""
        return self._view.setup.redactor

    @property
    def clock(self) -> Clock:
        """Where this client takes its time from."""
        return self._view.setup.clock

    def derive(
        self,
        *,
        credentials: Credentials | None = None,
        contract: Contract | None = None,
        space: Any = UNSET,
        origin: Origin | None = None,
        listeners: tuple[Listener, ...] = (),
        gates: tuple[Gate, ...] = (),
        retry: RetryPolicy | None = None,
        patience: Patience | None = None,
    ) -> Self:
        """Return another client on the same connections, changed where said.

        ``listeners`` and ``gates`` are added to those there are: a derived client can never see less or do
        more. ``space`` is an id, anything with an ``id``, or None for the default space.
        """
        view = self._view
        if credentials is not None:
            self.redactor.register(*credentials.secrets())
        setup = replace(
            view.setup,
            listeners=(*view.setup.listeners, *listeners),
            gates=(*view.setup.gates, *gates),
            retry=retry or view.setup.retry,
            patience=patience or view.setup.patience,
        )
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._owner = False
        other._view = _View(
            setup,
            credentials or view.credentials,
            contract or view.contract,
            view.space if space is UNSET else friendly.space_id(space),
            origin or view.origin,
        )
        return other

    def in_space(self, space: Any) -> Self:
        """Return a client that speaks to a space: an id, anything with an ``id``, or None for the default
        one.
        """
        return self.derive(space=space)

    def as_(self, credentials: Credentials) -> Self:
        """Return a client with other credentials."""
        return self.derive(credentials=credentials)

    def anonymous(self) -> Self:
        """Return a client without credentials."""
        return self.derive(credentials=Anonymous())

    def _by_path(self, method: str, path: str, options: Options) -> Request:
        view = self._view
        given: dict[str, Any] = {"space": view.space, **options}
        given.pop("timeout", None)
        return friendly.by_path(method, path, contract=view.contract, origin=view.origin, **given)

    def _by_operation(self, operation: str, options: CallOptions) -> Request:
        view = self._view
        given: dict[str, Any] = {"space": view.space, **options}
        given.pop("timeout", None)
        return friendly.by_operation(operation, view.contract, origin=view.origin, **given)

    def _within(self, options: Options) -> Self:
        """Return this client, or one that gives a call the time that its options say."""
        seconds = options.get("timeout")
        if seconds is None:
            return self
        times = Timeouts(connect=self.endpoint.timeouts.connect, read=seconds, total=seconds)
        return self.derive(patience=lambda _request: times)


class KibanaClient(_Base):
    """Speaks to one Kibana. Safe to share between threads.

    Args:
        endpoint: an :class:`Endpoint`, or a URL (whose user and password serve where no credentials are
            given).
        credentials: who we are; nobody by default.
        contract: lets :meth:`call` find operations, and names the operation of every exchange.
        space: id of the space to speak to; None is the default space.
        listeners: called with every exchange, each attempt of a retried request included.
        gates: called with every request before it is sent; what they raise stops it.
        origin: marks the requests that this client makes itself; see :class:`Origin`.
        retry: see :class:`RetryPolicy`.
        limits: how much of an answer is kept.
        redactor: shared by clients that must know each other's secrets.
        patience: gives a request its own :class:`Timeouts`, or None for the endpoint's.
        clock: where time comes from.
        network: what carries the requests, for tests.
    """

    def __init__(
        self,
        endpoint: Endpoint | str,
        credentials: Credentials | None = None,
        *,
        contract: Contract | None = None,
        space: str | None = None,
        listeners: tuple[Listener, ...] = (),
        gates: tuple[Gate, ...] = (),
        origin: Origin = Origin.HAND,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
        network: Network | None = None,
    ) -> None:
        self._open(
            endpoint,
            credentials,
            contract=contract,
            space=space,
            listeners=listeners,
            gates=gates,
            origin=origin,
            retry=retry,
            limits=limits,
            redactor=redactor,
            patience=patience,
            clock=clock,
        )
        self._network = network or PoolNetwork(self.endpoint, self._view.setup.limits)
        self._turn = threading.Lock()

    def send(self, request: Request) -> Exchange:
        """Send a request as it is, with nothing but authentication, host and length added.

        Returns:
            The exchange, redacted. Weather is inside it; an HTTP error is an answer.

        Raises:
            SafetyRefusal, BudgetExhausted: by a gate; nothing was sent.
            CredentialsRefused: logging in for a session was refused.
            UsageError: the request cannot be written in HTTP.
        """
        return self._converse(request).exchange

    def _converse(self, request: Request) -> Outcome:
        outcome: Outcome = self._carry_on(converse(self._view.setup, request, self._view.credentials))
        return outcome

    def _carry_on(self, conversation: Generator[Step, Any, Any]) -> Any:
        try:
            step = next(conversation)
            while True:
                step = conversation.send(self._do(step))
        except StopIteration as end:
            return end.value

    def _do(self, step: Step) -> Any:
        if isinstance(step, Outgoing):
            try:
                return self._network.exchange(step)
            except sky.TROUBLE as trouble:
                return trouble
        if isinstance(step, Exclusively):
            with self._turn:
                return self._carry_on(step.conversation)
        return self._view.setup.clock.sleep(step.seconds)

    def call(self, operation: str, **options: Unpack[CallOptions]) -> httpx.Response:
        """Call an operation of the contract by label or operationId, as a well-behaved client.

        Args:
            operation: such as ``POST /api/spaces/space`` or ``post-spaces-space``.
            options: see :class:`pytest_kibana.wire.friendly.CallOptions`.

        Returns:
            The response. ``response.extensions["kibana_exchange"]`` is the exchange.

        Raises:
            ContractError: no such operation, or the client has no contract.
            TargetUnreachable: there was no answer.
            SafetyRefusal, BudgetExhausted, UsageError: nothing was sent.
        """
        return self._within(options)._respond(self._by_operation(operation, options))

    def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Call a path below the base path; options and errors as for :meth:`call`."""
        return self._within(options)._respond(self._by_path(method, path, options))

    def _respond(self, request: Request) -> httpx.Response:
        return friendly.response(self._converse(request))

    def get(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """GET a path; see :meth:`request`."""
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """HEAD a path; see :meth:`request`."""
        return self.request("HEAD", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """POST to a path; see :meth:`request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PUT to a path; see :meth:`request`."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PATCH a path; see :meth:`request`."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """DELETE a path; see :meth:`request`."""
        return self.request("DELETE", path, **options)

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for a plain ``httpx.Client``: what it sends passes the same gates and
        listeners.
        """
        return CoveredTransport(self)

    def close(self) -> None:
        """Close the connections. Clients that were derived leave them to the one they came from."""
        if self._owner:
            self._network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


class AsyncKibanaClient(_Base):
    """The twin of :class:`KibanaClient` for asyncio; the same arguments, results and errors."""

    def __init__(
        self,
        endpoint: Endpoint | str,
        credentials: Credentials | None = None,
        *,
        contract: Contract | None = None,
        space: str | None = None,
        listeners: tuple[Listener, ...] = (),
        gates: tuple[Gate, ...] = (),
        origin: Origin = Origin.HAND,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
        network: AsyncNetwork | None = None,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._open(
            endpoint,
            credentials,
            contract=contract,
            space=space,
            listeners=listeners,
            gates=gates,
            origin=origin,
            retry=retry,
            limits=limits,
            redactor=redactor,
            patience=patience,
            clock=clock,
        )
        self._network = network or AsyncPoolNetwork(self.endpoint, self._view.setup.limits)
        self._turn = asyncio.Lock()
        self._sleep = sleep or asyncio.sleep

    async def send(self, request: Request) -> Exchange:
        """Send a request as it is; see :meth:`KibanaClient.send`."""
        return (await self._converse(request)).exchange

    async def _converse(self, request: Request) -> Outcome:
        outcome: Outcome = await self._carry_on(converse(self._view.setup, request, self._view.credentials))
        return outcome

    async def _carry_on(self, conversation: Generator[Step, Any, Any]) -> Any:
        try:
            step = next(conversation)
            while True:
                step = conversation.send(await self._do(step))
        except StopIteration as end:
            return end.value

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Outgoing):
            try:
                return await self._network.exchange(step)
            except sky.TROUBLE as trouble:
                return trouble
        if isinstance(step, Exclusively):
            async with self._turn:
                return await self._carry_on(step.conversation)
        return await self._sleep(step.seconds)

    async def call(self, operation: str, **options: Unpack[CallOptions]) -> httpx.Response:
        """Call an operation; see :meth:`KibanaClient.call`."""
        return await self._within(options)._respond(self._by_operation(operation, options))

    async def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Call a path; see :meth:`KibanaClient.request`."""
        return await self._within(options)._respond(self._by_path(method, path, options))

    async def _respond(self, request: Request) -> httpx.Response:
        return friendly.response(await self._converse(request))

    async def get(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """GET a path."""
        return await self.request("GET", path, **options)

    async def head(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """HEAD a path."""
        return await self.request("HEAD", path, **options)

    async def post(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """POST to a path."""
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PUT to a path."""
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PATCH a path."""
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """DELETE a path."""
        return await self.request("DELETE", path, **options)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._owner:
            await self._network.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()


class CoveredTransport(httpx.BaseTransport):
    """Lets any ``httpx.Client`` speak through a :class:`KibanaClient`.

    The client's own credentials apply unless the request brings an ``authorization`` header.
    """

    def __init__(self, client: KibanaClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; raises ``httpx.ConnectError`` where there was no answer."""
        try:
            outcome = self._client._converse(
                friendly.from_httpx(
                    request, self._client.endpoint, self._client.contract, self._client._view.origin
                )
            )
            return friendly.response(outcome)
        except HarnessError as trouble:
            weather = getattr(trouble, "weather", None)
            if weather is None:
                raise
            raise httpx.ConnectError(str(weather.sentence), request=request) from trouble
