"""How much of each family the tests of the suites exercise, from a results document alone.

The plan's own items test every operation in the same way; here only tests that know what a family is for count:
those that carry a requirement and name the operation's family.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kibana.evidence.document import Results

_ACCESS = frozenset({"401", "403"})


@dataclass(frozen=True, slots=True)
class Exercise:
    """One family. ``success``, ``negative`` (a refusal other than of access) and ``access`` (401 or 403) count
    operations that were seen to answer so to a test of the family; ``idle`` are eligible ones that no test called.
    """

    family: str
    operations: int
    eligible: int
    exercised: int
    success: int
    negative: int
    access: int
    idle: tuple[str, ...] = ()
    without_success: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def exercise(results: Results) -> tuple[Exercise, ...]:
    """Return a row for each family that the results cover, in the order of their names."""
    statuses = _statuses(results)
    rows = []
    for row in sorted(results.coverage, key=lambda c: c.family.lower()):
        seen = statuses.get(row.family, {})
        good = {label for label, had in seen.items() if any(s.startswith("2") for s in had)}
        rows.append(
            Exercise(
                family=row.family,
                operations=row.operations,
                eligible=row.eligible,
                exercised=len(seen),
                success=len(good),
                negative=sum(any(s[0] == "4" and s not in _ACCESS for s in had) for had in seen.values()),
                access=sum(bool(had & _ACCESS) for had in seen.values()),
                idle=tuple(label for label in row.labels if label not in seen),
                without_success=tuple(label for label in seen if label not in good),
            )
        )
    return tuple(rows)


def _statuses(results: Results) -> Mapping[str, Mapping[str, set[str]]]:
    """Return by family, of each operation that a test of the family called, the statuses that were seen."""
    family_of = {label: row.family for row in results.coverage for label in row.labels}
    family_of |= {v.operation: v.family for v in results.verdicts}
    seen: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for record in results.requirements:
        for label, counts in record.calls.items():
            family = family_of.get(label)
            if family in record.families:
                seen[family].setdefault(label, set()).update(counts)
    return seen


def text(rows: tuple[Exercise, ...], *, verbose: bool = False) -> str:
    """Return the rows for a terminal, 80 columns wide, with a sum below."""
    heads = ("ops", "eligible", "exercised", "success", "negative", "access")
    lines = [f"{'family':<26}" + "".join(f"{head:>{_WIDE[head]}}" for head in heads)]
    for row in rows:
        lines.append(_row(row.family, row))
        if verbose:
            lines += [f"    not exercised     {label}" for label in row.idle]
            lines += [f"    without success   {label}" for label in row.without_success]
    names = ("operations", "eligible", "exercised", "success", "negative", "access")
    total = Exercise("all", *(sum(getattr(row, name) for row in rows) for name in names))
    return "\n".join([*lines, _row("all", total)])


_WIDE = {"ops": 6, "eligible": 10, "exercised": 11, "success": 9, "negative": 10, "access": 8}


def _row(name: str, row: Exercise) -> str:
    numbers = (row.operations, row.eligible, row.exercised, row.success, row.negative, row.access)
    short = name if len(name) <= 25 else f"{name[:24]}…"
    return f"{short:<26}" + "".join(f"{n:>{wide}}" for n, wide in zip(numbers, _WIDE.values(), strict=True))
