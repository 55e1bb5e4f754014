"""Who decides where a schema leaves a choice: always the simplest, always the fullest, or at random.

One generator (:mod:`pytest_kibana.cases.values`) asks a :class:`Chooser` at every fork. A chooser that draws from
Hypothesis is in :mod:`pytest_kibana.cases.strategies`, so that generated cases and users' strategies are one mechanism.
"""

import random
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

T = TypeVar("T")

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ALPHABET: Final = (
    LETTERS * 3
    + LETTERS.upper()
    + "0123456789" * 2
    + " " * 6
    + "-_.:/,;!?'\"()[]<>&%#@+=*~|\\äßéñçøžąłиΩשع日本語한🚀"
)


class Chooser(Protocol):
    """Decides. Each method gets what is allowed and returns one of it."""

    depth: int
    """Optional things are left out below this depth."""

    def integer(self, low: int, high: int, simplest: int) -> int:
        """Return a number between the bounds, both included; ``simplest`` is the plainest of them."""
        ...

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the plainest."""
        ...

    def include(self, depth: int) -> bool:
        """Tell whether something optional at this depth is to be there."""
        ...

    def hint(self) -> bool:
        """Tell whether a published example or default is preferred to an invented value."""
        ...

    def text(self, low: int, high: int) -> str:
        """Return text whose length is between the bounds."""
        ...


class Simplest:
    """The plainest of everything, and nothing that may be left out."""

    depth = 0

    def integer(self, low: int, high: int, simplest: int) -> int:
        """Return the plainest number."""
        return simplest

    def pick(self, options: Sequence[T]) -> T:
        """Return the first option."""
        return options[0]

    def include(self, depth: int) -> bool:
        """Leave it out."""
        return False

    def hint(self) -> bool:
        """Prefer what the contract shows: it is likelier to be accepted than an invented value."""
        return True

    def text(self, low: int, high: int) -> str:
        """Return one letter, or as many as there must be."""
        return "a" * min(max(low, 1), max(high, low))


class Fullest(Simplest):
    """Everything that may be there, plain as it is, down to a depth."""

    def __init__(self, depth: int = 2) -> None:
        self.depth = depth

    def include(self, depth: int) -> bool:
        """Put it in, down to the depth."""
        return depth < self.depth


class Random:
    """Reproducibly random; things deep down are rarer, so that values stay of bounded size."""

    depth = 4

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible by design, no secret

    def integer(self, low: int, high: int, simplest: int) -> int:
        """Return an edge, the plainest, or anything between."""
        dice = self._random.random()
        if dice < 0.2:
            return self._random.choice((low, high, simplest))
        near, far = max(low, simplest - 1000), min(high, simplest + 1000)
        return self._random.randint(low, high) if dice > 0.9 else self._random.randint(near, far)

    def pick(self, options: Sequence[T]) -> T:
        """Return any option."""
        return self._random.choice(options)

    def include(self, depth: int) -> bool:
        """Put it in less often the deeper it is."""
        return depth < self.depth and self._random.random() < 0.45 / (1 + depth)

    def hint(self) -> bool:
        """Take a published value one time in four."""
        return self._random.random() < 0.25

    def text(self, low: int, high: int) -> str:
        """Return text in several scripts, short more often than long."""
        length = self._random.randint(low, min(high, max(low, self._random.choice((3, 8, 8, 20, 60)))))
        return "".join(self._random.choices(ALPHABET, k=length))
