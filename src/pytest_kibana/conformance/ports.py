"""What a run is handed: who sends, who makes cases, who owns the objects. Rooms on one floor do not know one
another; they meet here.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pytest_kibana.cases.model import Case
from pytest_kibana.contract.model import Operation
from pytest_kibana.wire.exchange import Exchange, Request


class Sender(Protocol):
    """Sends one request and tells what came of it; outages come back inside the exchange.

    May raise :class:`SafetyRefusal` or :class:`BudgetExhausted` before anything is sent.
    """

    def send(self, request: Request) -> Exchange:
        """Send the request with nothing but its own headers and the sender's identity."""


class CaseSource(Protocol):
    """Makes the cases of an operation for a group of checks, best first; the same for the same seed."""

    def cases(self, operation: Operation, group: str) -> Sequence[Case]:
        """Return the cases; a run takes as many from the front as its budget allows."""


class Resolver(Protocol):
    """Puts ids of objects that the run owns where a case holds placeholders.

    Raises a :class:`HarnessError` where an object cannot be made; the case is then not sent.
    """

    def resolve(self, case: Case) -> Case:
        """Return the case with every placeholder filled."""

    def spoilt(self, exchange: Exchange) -> bool:
        """Tell whether an object that a good request is about was no longer good, and the next gets another."""


class Needs(Protocol):
    """What is known of an operation beyond its contract."""

    @property
    def safety(self) -> str:
        """``read``, ``space``, ``global`` or ``disruptive``."""

    @property
    def license(self) -> str | None:
        """Lowest licence that it works with, or None."""

    @property
    def flavors(self) -> Sequence[str]:
        """Flavors that have it; empty for all."""

    @property
    def plugin(self) -> str | None:
        """Plugin that serves it, as ``/api/status`` calls it, or None where that is not known."""

    @property
    def needs(self) -> Sequence[str]:
        """Words for what must be there before it can succeed, such as ``agent`` or ``elasticsearch``."""


class KnownTarget(Protocol):
    """What is known of the target; see :mod:`pytest_kibana.target`."""

    @property
    def version(self) -> str | None:
        """Such as ``9.1.4``."""

    @property
    def flavor(self) -> str:
        """``traditional`` or ``serverless``."""

    @property
    def license(self) -> str | None:
        """Such as ``platinum``; None where it could not be learned."""

    @property
    def plugins(self) -> "Sequence[str] | frozenset[str] | Mapping[str, object]":
        """Ids of the plugins; empty where they could not be learned."""
