"""Shards: which part of a run is whose. Every shard computes the same division, and takes its own part of it.

With the results of an earlier run the parts take about as long as one another; without, they are about as many.
"""

import heapq
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_kibana.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a whole: the ``number``-th of ``of``, counted from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> "Shard":
        """Return the shard that ``2/5`` says; raises :class:`UsageError` for anything else."""
        number, _, of = text.partition("/")
        if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
            raise UsageError(
                f"--kibana-shard {text!r} is not a shard",
                hint="Write it like 2/5: the second part of five.",
            )
        return cls(int(number), int(of))

    def part(self, names: Collection[str], seconds: Mapping[str, float] | None = None) -> tuple[str, ...]:
        """Return this shard's part of the names, in their order. Of any names, the parts of all shards are the whole,
        and no two overlap.

        Args:
            names: what is to be divided, each once; every shard must name the same.
            seconds: how long each took before. What is not known counts as the median of what is.
        """
        known = {name: taken for name, taken in (seconds or {}).items() if name in names}
        if not known:
            return tuple(names)[self.number - 1 :: self.of]
        usual = statistics.median(known.values())
        return tuple(name for name in names if name in self._longest_first(names, known, usual))

    def _longest_first(
        self, names: Collection[str], known: Mapping[str, float], usual: float
    ) -> frozenset[str]:
        """Give the longest first, each to the part that has least: at most 4/3 of the best division (Graham, 1969)."""
        parts: list[list[str]] = [[] for _ in range(self.of)]
        loads = [(0.0, index) for index in range(self.of)]
        for name in sorted(names, key=lambda n: (-known.get(n, usual), n)):
            load, index = heapq.heappop(loads)
            parts[index].append(name)
            heapq.heappush(loads, (load + known.get(name, usual), index))
        return frozenset(parts[self.number - 1])


def durations(path: str | Path) -> dict[str, float]:
    """Return from earlier results how many seconds each operation and each test of a requirement took.

    Of an operation these are its answers: their number times their median, which is what a deployment costs.

    Raises:
        ResultsError: the file cannot be read.
    """
    from pytest_kibana.evidence import read_results

    results = read_results(Path(path).expanduser())
    items: dict[tuple[str, str], float] = {}
    for record in results.verdicts:  # every check of an item saw the same answers, so each item counts once
        if record.milliseconds is not None:
            answers: Sequence[int] = tuple(record.statuses.values())
            items[record.operation, record.item] = sum(answers) * record.milliseconds / 1000
    seconds: dict[str, float] = {record.test: record.seconds for record in results.requirements}
    for (operation, _), taken in items.items():
        seconds[operation] = seconds.get(operation, 0.0) + taken
    return seconds
