"""Waiting for a target that went away, once for everybody, and telling an outage from a request that breaks things."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from pytest_kibana.conformance.budget import Budget
from pytest_kibana.conformance.ports import Sender
from pytest_kibana.evidence.model import TroubleRecord
from pytest_kibana.wire.exchange import Origin, Request, Weather

STATUS = Request("GET", "/api/status", origin=Origin.PROBE)
"""Asks whether the target is there; Kibana answers it even under overload (Kibana source, rate limiter)."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Sky(Enum):
    """What a look at the target showed after a request had no answer."""

    CLEAR = "the target is well: the request itself had no answer"
    CLEARED = "the target was away and is back"
    GONE = "the target did not come back in time"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated while the target is well otherwise.

    ``settles`` tells whether the same trouble so many times is the request's own, and then judged, or stays
    weather.
    """

    times: int
    settles: bool


PATIENCE: Mapping[str, Patience] = {
    "broken": Patience(3, settles=True),
    "timeout": Patience(2, settles=True),
    "gateway": Patience(3, settles=True),
    "unreachable": Patience(6, settles=False),
    "not ready": Patience(8, settles=False),
    "overloaded": Patience(8, settles=False),
}


class Watch:
    """Looks at the target for all workers of a run.

    Args:
        sender: asks the target.
        deadline: seconds to wait for a target that went away; then it is gone for the rest of the run.
        budget: gets the time of an outage back.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        deadline: float,
        budget: Budget,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sender = sender
        self._deadline = deadline
        self._budget = budget
        self._clock = clock
        self._looking = threading.Lock()
        self._stop = threading.Event()
        self._counts = threading.Lock()
        self._outages: dict[str, list[float | int | str]] = {}
        self._returns = 0
        self._silent_since: float | None = None
        self.gone = False
        self.farewell = "the target went away and did not come back in time"

    def stop(self) -> None:
        """End every wait at once."""
        self._stop.set()

    def pause(self, repeats: int) -> None:
        """Wait a little longer after each repeat, unless the run is stopped."""
        self._stop.wait(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**repeats))

    def heard(self) -> None:
        """Take note that a request had an answer."""
        self._silent_since = None

    def after(self, weather: Weather) -> Sky:
        """Look whether the target is there, and wait for it where it is not.

        One that tells its status and nothing else for as long as the deadline is as good as gone.
        """
        self._note(weather)
        seen = self._returns
        with self._looking:
            if self.gone:
                return Sky.GONE
            if self._returns != seen:
                # Somebody else waited the same outage out while this thread stood at the lock.
                return Sky.CLEARED
            if self._healthy():
                return self._clear(weather)
            return self._wait()

    def _clear(self, weather: Weather) -> Sky:
        now = self._clock()
        since = self._silent_since = self._silent_since or now
        if PATIENCE[weather.kind].settles or now - since < self._deadline:
            return Sky.CLEAR
        self.farewell = f"the target answered nothing for {self._deadline:g} s: {weather.sentence}"
        self.gone = True
        return Sky.GONE

    def _wait(self) -> Sky:
        began, pause = self._clock(), _FIRST_PAUSE
        try:
            while self._clock() - began < self._deadline and not self._stop.wait(pause):
                if self._healthy():
                    self._returns += 1
                    return Sky.CLEARED
                pause = min(pause * 1.5, 2.0)
        finally:
            self._budget.pause(self._clock() - began)
        self.gone = True
        return Sky.GONE

    def _healthy(self) -> bool:
        exchange = self._sender.send(STATUS)
        return exchange.weather is None and exchange.answer is not None and exchange.answer.status < 500

    def _note(self, weather: Weather) -> None:
        with self._counts:
            held = self._outages.setdefault(weather.kind, [0, weather.sentence, time.time()])
            held[0] = int(held[0]) + 1

    def troubles(self) -> tuple[TroubleRecord, ...]:
        """Return one line for each kind of weather that the run saw."""
        with self._counts:
            return tuple(
                TroubleRecord(kind, str(sentence), float(at), int(count))
                for kind, (count, sentence, at) in sorted(self._outages.items())
            )
