"""What both clients share: who speaks, to which deployment and space, and how one client becomes another."""

from dataclasses import dataclass, replace
from typing import Any, Self, TypedDict

import httpx

from pytest_kibana.contract import Contract, Operation
from pytest_kibana.errors import UsageError
from pytest_kibana.wire import friendly
from pytest_kibana.wire.credentials import Anonymous, Credentials
from pytest_kibana.wire.endpoint import Endpoint, Timeouts, read_endpoint
from pytest_kibana.wire.exchange import Origin, Request
from pytest_kibana.wire.flow import (
    Clock,
    Gate,
    Listener,
    Patience,
    RetryPolicy,
    Setup,
)
from pytest_kibana.wire.friendly import UNSET, CallOptions, Options
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


class ClientOptions(TypedDict, total=False):
    """What may be said of a client beside who speaks to whom.

    Attributes:
        contract: lets ``call`` find operations, and names the operation of every exchange.
        space: id of the space to speak to; None is the default space.
        listeners: called with every exchange, each attempt of a retried request included.
        gates: called with every request before it is sent; what they raise stops it.
        origin: marks the requests that this client makes itself; see :class:`Origin`.
        retry: see :class:`RetryPolicy`.
        limits: how much of an answer is kept.
        redactor: shared by clients that must know each other's secrets.
        patience: gives a request its own :class:`Timeouts`, or None for the endpoint's.
        clock: where time comes from.
    """

    contract: Contract | None
    space: str | None
    listeners: tuple[Listener, ...]
    gates: tuple[Gate, ...]
    origin: Origin
    retry: RetryPolicy | None
    limits: Limits | None
    redactor: Redactor | None
    patience: Patience | None
    clock: Clock | None


class ClientBase:
    """What both clients share: who we are, where we are, and how to become another."""

    _view: _View
    _owner: bool

    def _open(
        self, endpoint: Endpoint | str, credentials: Credentials | None, options: "ClientOptions"
    ) -> None:
        unknown = options.keys() - ClientOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no option {', '.join(sorted(unknown))}")
        found: Credentials | None = None
        if isinstance(endpoint, str):
            endpoint, found = read_endpoint(endpoint)
        who = credentials or found or Anonymous()
        redactor = options.get("redactor") or Redactor()
        redactor.register(*who.secrets(), *(found.secrets() if found else ()), *endpoint.secrets())
        self._view = _View(
            Setup(
                endpoint,
                redactor,
                tuple(options.get("listeners", ())),
                tuple(options.get("gates", ())),
                options.get("retry") or RetryPolicy(),
                options.get("limits") or Limits(),
                options.get("clock") or Clock(),
                options.get("patience"),
            ),
            who,
            options.get("contract"),
            friendly.space_id(options.get("space")),
            options.get("origin", Origin.HAND),
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
            if not isinstance(credentials, Credentials):
                raise UsageError(
                    f"credentials are a {type(credentials).__name__}, which says nothing about their kind",
                    hint="Give pytest_kibana.Basic(name, password), ApiKey(encoded) or Bearer(token).",
                )
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
        """Return a client that speaks to a space: an id, anything with an ``id``, or None for the default one."""
        return self.derive(space=space)

    def as_(self, credentials: Credentials) -> Self:
        """Return a client with other credentials."""
        return self.derive(credentials=credentials)

    def anonymous(self) -> Self:
        """Return a client without credentials."""
        return self.derive(credentials=Anonymous())

    def _by_path(self, method: str, path: str, options: Options) -> Request:
        view = self._view
        friendly.known_options(options, Options)
        given: dict[str, Any] = {"space": view.space, **options}
        given.pop("timeout", None)
        return friendly.by_path(method, path, contract=view.contract, origin=view.origin, **given)

    def _by_operation(self, operation: str | Operation, options: CallOptions) -> Request:
        view = self._view
        friendly.known_options(options, CallOptions)
        given: dict[str, Any] = {"space": view.space, **options}
        given.pop("timeout", None)
        return friendly.by_operation(operation, view.contract, origin=view.origin, **given)

    def _from_httpx(self, request: httpx.Request) -> Request:
        return friendly.from_httpx(request, self.endpoint, self.contract, self._view.origin)

    def _within(self, options: Options) -> Self:
        """Return this client, or one that gives a call the time that its options say."""
        seconds = options.get("timeout")
        if seconds is None:
            return self
        times = Timeouts(connect=self.endpoint.timeouts.connect, read=seconds, total=seconds)
        return self.derive(patience=lambda _request: times)
