"""How much a run may cost: limits, their names, and the counter that keeps them exactly."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pytest_kibana.errors import BudgetExhausted, UsageError
from pytest_kibana.wire.exchange import Origin, Request


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a run may use. None is no limit.

    ``per_operation`` is the number of requests that cases of one operation may make, over all groups of checks.
    """

    requests: int | None = None
    seconds: float | None = None
    per_operation: int = 60


NAMED: Mapping[str, Limits] = {
    "smoke": Limits(per_operation=4),
    "standard": Limits(per_operation=60),
    "thorough": Limits(per_operation=300),
}


def limits(text: str) -> Limits:
    """Read a budget: a name, or a name and limits, such as ``smoke,seconds=60`` or
    ``requests=5000,per-operation=20``.

    Raises:
        UsageError: a word that is neither.
    """
    made = NAMED["standard"]
    for part in (p.strip() for p in text.split(",") if p.strip()):
        if part in NAMED:
            made = replace(NAMED[part], requests=made.requests, seconds=made.seconds)
            continue
        key, _, value = part.partition("=")
        try:
            made = _READERS[key.strip().replace("_", "-")](made, value.strip())
        except (KeyError, ValueError):
            raise UsageError(
                f"--kibana-budget: {part!r} is not a budget",
                hint="Write smoke, standard or thorough, or requests=N, seconds=N, per-operation=N with commas.",
            ) from None
    return made


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    number = float(text.removesuffix("s"))
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


_READERS: Mapping[str, Callable[[Limits, str], Limits]] = {
    "requests": lambda made, text: replace(made, requests=_positive(text)),
    "seconds": lambda made, text: replace(made, seconds=_seconds(text)),
    "per-operation": lambda made, text: replace(made, per_operation=_positive(text)),
}


class Budget:
    """Counts requests and seconds, and refuses what is over. A gate of every client that a run uses.

    Time begins with the first request. Asking whether the target is there (origin ``probe``) costs nothing,
    so that a run can wait out an outage; the time that it waits is given back by :meth:`pause`.
    """

    def __init__(self, allowed: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowed = allowed
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._given_back = 0.0
        self._used = 0

    @property
    def used(self) -> int:
        """Requests admitted so far."""
        return self._used

    @property
    def seconds(self) -> float:
        """Seconds since the first request, without the outages."""
        return 0.0 if self._began is None else self._clock() - self._began - self._given_back

    def pause(self, seconds: float) -> None:
        """Give back time that was spent waiting for a target that was down."""
        with self._lock:
            self._given_back += seconds

    @property
    def exhausted(self) -> bool:
        """True where the next request would be refused."""
        return self._why() is not None

    def admit(self, request: Request) -> None:
        """Count a request about to be sent.

        Raises:
            BudgetExhausted: the budget is used up; the request is not counted and must not be sent.
        """
        if request.origin is Origin.PROBE:
            return
        with self._lock:
            if self._began is None:
                self._began = self._clock()
            why = self._why()
            if why is not None:
                raise BudgetExhausted(why, hint="Allow more with --kibana-budget, or test fewer operations.")
            self._used += 1

    __call__ = admit

    def _why(self) -> str | None:
        if self.allowed.requests is not None and self._used >= self.allowed.requests:
            return f"the budget of {self.allowed.requests} requests is used up"
        if self.allowed.seconds is not None and self.seconds >= self.allowed.seconds:
            return f"the budget of {self.allowed.seconds:g} seconds is used up"
        return None
