"""The client that everything else speaks through.

It is thin: what happens around a request is :mod:`pytest_kibana.wire.flow`, what happens on the socket is
:mod:`pytest_kibana.wire.network`. A client is a cheap view; ``in_space``, ``as_`` and ``derive`` give others
on the same connections.
"""

import threading
from collections.abc import Generator
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
from pytest_kibana.wire.network import Network, Outgoing, PoolNetwork


class KibanaClient(ClientBase):
    """Speaks to one Kibana. Safe to share between threads. Tracebacks of pytest leave its frames out, and so lead to
    the line that called it.

    Args:
        endpoint: an :class:`Endpoint`, or a URL (whose user and password serve where no credentials are
            given).
        credentials: who we are; nobody by default.
        network: what carries the requests, for tests.
        options: see :class:`ClientOptions`.
    """

    def __init__(
        self,
        endpoint: Endpoint | str,
        credentials: Credentials | None = None,
        *,
        network: Network | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._open(endpoint, credentials, options)
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
        __tracebackhide__ = True
        return self._converse(request).exchange

    def _converse(self, request: Request) -> Outcome:
        __tracebackhide__ = True
        outcome: Outcome = self._carry_on(converse(self._view.setup, request, self._view.credentials))
        return outcome

    def _carry_on(self, conversation: Generator[Step, Any, Any]) -> Any:
        __tracebackhide__ = True
        try:
            step = next(conversation)
            while True:
                step = conversation.send(self._do(step))
        except StopIteration as end:
            return end.value

    def _do(self, step: Step) -> Any:
        __tracebackhide__ = True
        if isinstance(step, Outgoing):
            try:
                return self._network.exchange(step)
            except sky.TROUBLE as trouble:
                return trouble
        if isinstance(step, Exclusively):
            with self._turn:
                return self._carry_on(step.conversation)
        return self._view.setup.clock.sleep(step.seconds)

    def call(self, operation: str | Operation, **options: Unpack[CallOptions]) -> httpx.Response:
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
        __tracebackhide__ = True
        return self._within(options)._respond(self._by_operation(operation, options))

    def request(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Call a path below the base path; options and errors as for :meth:`call`."""
        __tracebackhide__ = True
        return self._within(options)._respond(self._by_path(method, path, options))

    def _respond(self, request: Request) -> httpx.Response:
        __tracebackhide__ = True
        return friendly.response(self._converse(request))

    def get(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """GET a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """HEAD a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("HEAD", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """POST to a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PUT to a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """PATCH a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> httpx.Response:
        """DELETE a path; see :meth:`request`."""
        __tracebackhide__ = True
        return self.request("DELETE", path, **options)

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for a plain ``httpx.Client``: what it sends passes the same gates and listeners."""
        return CoveredTransport(self)

    def close(self) -> None:
        """Close the connections. Clients that were derived leave them to the one they came from."""
        if self._owner:
            self._network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


class CoveredTransport(httpx.BaseTransport):
    """Lets any ``httpx.Client`` speak through a :class:`KibanaClient`.

    The client's own credentials apply unless the request brings an ``authorization`` header.
    """

    def __init__(self, client: KibanaClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; raises ``httpx.ConnectError`` where there was no answer."""
        request.read()
        return friendly.to_httpx(self._client._converse(self._client._from_httpx(request)), request)
