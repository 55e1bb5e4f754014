"""What a run says while it goes on: how far it is, how fast, what it found, and about how long it will take."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from pytest_kibana.evidence.model import Finding
from pytest_kibana.report.terminal import WIDTH, Line

LIVE_SECONDS = 0.2
LOG_SECONDS = 15.0


class _Outcome(Protocol):
    @property
    def operation(self) -> str: ...
    @property
    def requests(self) -> int: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Progress:
    """Takes outcomes as they come, and now and then has a line to show.

    Args:
        operations: the operation of each item that will run; an operation of four items stands there four times.
        live: whether a line takes the place of the one before (a terminal), or is added to a log, where lines come
            rarely.
        quiet: never say anything.
        clock: seconds, from anywhere, never going back.
    """

    def __init__(
        self,
        operations: Iterable[str],
        *,
        live: bool = False,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._left = Counter(operations)
        self._items = sum(self._left.values())
        self._operations = len(self._left)
        self._quiet = quiet
        self._pause = LIVE_SECONDS if live else LOG_SECONDS
        self._clock = clock
        self._started = self._said = clock()
        self._done = 0
        self._requests = 0
        self._new: set[str] = set()

    def update(self, outcome: _Outcome) -> Line | None:
        """Take what came of an item; returns a line where it is time for one, and after the last item of a run that
        took long enough for a line before.
        """
        self._done += 1
        self._requests += outcome.requests
        self._new.update(f.identity for f in outcome.findings if f.status == "new")
        if self._left[outcome.operation] > 0:
            self._left[outcome.operation] -= 1
        now = self._clock()
        over = self._done >= self._items and self._said > self._started
        if self._quiet or (now - self._said < self._pause and not over):
            return None
        self._said = now
        return self.line(now)

    def line(self, now: float | None = None) -> Line:
        """Return how it stands, in at most 80 columns."""
        elapsed = max(1e-6, (self._clock() if now is None else now) - self._started)
        finished = sum(count == 0 for count in self._left.values())
        share = self._done / self._items if self._items else 1.0
        parts = [f"kibana: {finished}/{self._operations} operations {share:.0%}"]
        if self._requests:
            parts.append(f"{self._requests / elapsed:.0f} requests/s")
        parts.append(f"{len(self._new)} finding{'' if len(self._new) == 1 else 's'}")
        if 0 < self._done < self._items:
            parts.append(f"about {_span(elapsed / self._done * (self._items - self._done))} left")
        elif self._done >= self._items:
            parts.append(f"{_span(elapsed)} taken")
        return Line(", ".join(parts)[:WIDTH], "bad" if self._new else "plain")


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {whole % 60:02} s"
