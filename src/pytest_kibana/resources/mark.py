"""The mark of a run: names by which everything that a run made can be found again, on any machine.

A name reads ``kbn-test-<seconds><random>-<n>``: seven base-36 digits of the time at which the run began, four
random ones, and a counter. It is lower case, 22 to 28 characters long, begins with a letter and holds only letters,
digits and hyphens, which every id grammar of Kibana takes: space ids (``^[a-z0-9_-]+$``), connector ids (at most 36
characters), SLO ids (8 to 48), workflow ids (lower-case letters, digits, hyphens), agent builder ids. Where hyphens are
not taken (names of custom integrations), :meth:`RunMark.word` writes underscores.
"""

import itertools
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECONDS = 7
KEPT = "z"
"""With what the random digits begin of a run whose things stay until it takes them away itself, and of no other."""
_NAME = re.compile(
    r"kbn[-_]test[-_](?P<seconds>[0-9a-z]{7})(?P<random>[0-9a-z]{4})[-_](?P<n>[0-9a-z]{1,6})(?![0-9a-z])"
)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a name tells about its maker: the run, and when that run began (seconds since the epoch)."""

    name: str
    run: str
    began: float

    @property
    def kept(self) -> bool:
        """True where the run means what it made to stay for as long as it takes: no sweep by name touches it."""
        return self.run[_SECONDS] == KEPT

    def age(self, now: float) -> float:
        """Seconds since the run began."""
        return now - self.began


@dataclass(slots=True)
class RunMark:
    """Makes the names of one process of one run. Two processes never make the same name.

    Args:
        run: the run's part of the name; by default made from the time and four random digits.
        clock: where the time comes from (seconds since the epoch).
        kept: what is made stays until this run takes it away: a sweep by name passes it over.
        first: the number of the first name; more than 1 where an earlier process of the run gave names.
    """

    run: str = ""
    clock: Callable[[], float] = time.time
    kept: bool = False
    first: int = 1
    _counter: "itertools.count[int]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._counter = itertools.count(self.first)
        if not self.run:
            begin = KEPT if self.kept else secrets.choice(_DIGITS.replace(KEPT, ""))
            rest = "".join(secrets.choice(_DIGITS) for _ in range(3))
            self.run = _base36(int(self.clock())).rjust(_SECONDS, "0") + begin + rest

    @property
    def prefix(self) -> str:
        """What every name of this run begins with."""
        return f"kbn-test-{self.run}-"

    def unique(self) -> str:
        """Return a name that was never used before."""
        return f"{self.prefix}{_base36(next(self._counter))}"

    @staticmethod
    def word(name: str) -> str:
        """Return the form of a name that has underscores for hyphens."""
        return name.replace("-", "_")


def trace(text: str) -> Trace | None:
    """Find a run's name in a text; None where there is none."""
    match = _NAME.search(text)
    if match is None:
        return None
    return Trace(match[0], match["seconds"] + match["random"], float(int(match["seconds"], 36)))


def marks_in(text: str) -> list[str]:
    """Return every run's name in a text once, in the order of reading."""
    return list(dict.fromkeys(match[0] for match in _NAME.finditer(text)))


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if number == 0:
            return digits
