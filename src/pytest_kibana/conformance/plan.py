"""Who is tested: every operation of the contract, each with its items or with the reason why not.

Coverage is tested / eligible. What is not eligible is listed, so that the denominator is honest.
"""

import difflib
import fnmatch
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from packaging.version import InvalidVersion, Version

from pytest_kibana.conformance.budget import Limits
from pytest_kibana.conformance.ports import KnownTarget, Needs
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError
from pytest_kibana.evidence.model import SkipRecord

GROUPS = ("responses", "protocol", "access", "input")
"""Groups of checks that every operation has an item for."""

SAFETY = ("read", "space", "global", "disruptive")
LICENCES = ("basic", "standard", "gold", "platinum", "enterprise", "trial")

# Of thirty requests of an operation: answers show most, refusals second.
_SHARES = {"responses": 12, "input": 11, "protocol": 4, "access": 3}
_TURN = ("responses", "input", "access", "protocol")


@dataclass(frozen=True, slots=True)
class Item:
    """One pytest item: an operation and a group of checks. ``limit`` is the most requests its cases may make."""

    operation: Operation
    group: str
    limit: int

    @property
    def key(self) -> str:
        """The item's id: ``POST /api/spaces/space-responses``."""
        return f"{self.operation.label}-{self.group}"


@dataclass(frozen=True)
class Plan:
    """What a run will do. ``skips`` holds one record for each operation (or group of one) that is not tested.

    ``deselected`` operations count neither as eligible nor as ineligible: nobody asked for them.
    """

    contract: Contract
    items: tuple[Item, ...]
    skips: tuple[SkipRecord, ...]
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def by_key(self) -> Mapping[str, Item]:
        """Items by their id."""
        return {item.key: item for item in self.items}

    @cached_property
    def eligible(self) -> tuple[str, ...]:
        """Labels of the operations that are tested, in the contract's order."""
        return tuple(dict.fromkeys(item.operation.label for item in self.items))

    @cached_property
    def ineligible(self) -> Mapping[str, SkipRecord]:
        """Operations that are not tested though they were asked for, with the reason."""
        return {s.operation: s for s in self.skips if s.group is None and s.kind != "deselected"}

    def summary(self) -> dict[str, Any]:
        """Return the numbers that the header of the results holds."""
        return {
            "operations": len(self.contract.operations),
            "eligible": len(self.eligible),
            "items": len(self.items),
            "requests": sum(item.limit for item in self.items),
            "not_eligible": dict(Counter(s.kind for s in self.skips if s.group is None)),
            "limits": {
                "requests": self.limits.requests,
                "seconds": self.limits.seconds,
                "per_operation": self.limits.per_operation,
            },
        }

    def text(self) -> str:
        """Return the plan for people: a line per operation, then the sums."""
        groups: dict[str, list[str]] = {}
        for item in self.items:
            groups.setdefault(item.operation.label, []).append(f"{item.group} ≤{item.limit}")
        lines = []
        for label, operation in self.contract.operations.items():
            if label in groups:
                lines.append(f"  {label}  [{operation.family}]  {', '.join(groups[label])}")
            elif label in self.ineligible:
                lines.append(f"  {label}  [{operation.family}]  not tested: {self.ineligible[label].reason}")
        numbers = self.summary()
        why = ", ".join(f"{count} {kind}" for kind, count in sorted(numbers["not_eligible"].items()))
        lines.append(
            f"{numbers['operations']} operations, {numbers['eligible']} eligible"
            + (f" (not: {why})" if why else "")
            + f"; {numbers['items']} items, at most {numbers['requests']} requests"
        )
        return "\n".join(lines)


Obstacle = tuple[str, str]
"""Why an operation is not tested: a stable word, and a sentence."""


def plan(
    contract: Contract,
    target: KnownTarget | None,
    needs: Callable[[Operation], Needs],
    *,
    allow: str = "space",
    selection: Sequence[str] = (),
    limits: Limits | None = None,
    available: Collection[str] = (),
    obstacle: Callable[[Operation], Obstacle | None] = lambda _operation: None,
    groups: Sequence[str] = GROUPS,
    allow_internal: bool = False,
) -> Plan:
    """Plan a run.

    Args:
        contract: whose operations are all listed.
        target: what is known of the target; None plans without asking anybody.
        needs: what is known of an operation beyond its contract.
        allow: highest safety class that may be sent.
        selection: labels, operationIds, families, or globs of them; all where empty.
        limits: the run's budget.
        available: words of ``Needs.needs`` that this environment has.
        obstacle: one more reason not to test an operation, such as a missing recipe.
        groups: groups of checks that items are made for.
        allow_internal: test internal operations too.

    Raises:
        UsageError: a part of the selection that matches nothing.
    """
    allowed = limits or Limits()
    chosen = select(contract, selection)
    eligible: list[Operation] = []
    skips: list[SkipRecord] = []
    for operation in contract.operations.values():
        why: Obstacle | None
        if operation.label not in chosen:
            why = ("deselected", "not selected")
        else:
            known = needs(operation)
            why = (
                _not_allowed(operation, known, allow, internal=allow_internal)
                or _not_there(operation, known, target)
                or _missing(known, available)
                or obstacle(operation)
            )
        if why is None:
            eligible.append(operation)
        else:
            skips.append(SkipRecord(operation.label, operation.family, *why))
    items, left_out = _allot(eligible, groups, allowed)
    return Plan(contract, items, (*skips, *left_out), allowed)


def select(contract: Contract, selection: Sequence[str]) -> frozenset[str]:
    """Return the labels that a selection names; all where it is empty. ``!`` before a part takes away.

    Raises:
        UsageError: a part that matches nothing, with what is near to it.
    """
    every = frozenset(contract.operations)
    parts = [part.strip() for part in selection if part.strip()]
    chosen = frozenset() if any(not p.startswith("!") for p in parts) else every
    for part in parts:
        found = _named(contract, part.removeprefix("!"))
        if not found:
            raise UsageError(
                f"--kibana-operations: {part!r} matches no operation", hint=_near(contract, part)
            )
        chosen = chosen - found if part.startswith("!") else chosen | found
    return chosen


def _named(contract: Contract, part: str) -> frozenset[str]:
    exact = contract.find(part)
    if exact is not None:
        return frozenset({exact.label})
    wanted = part.lower()
    return frozenset(
        label
        for label, operation in contract.operations.items()
        if any(
            fnmatch.fnmatchcase(name.lower(), wanted)
            for name in (label, operation.operation_id, operation.family, operation.path)
        )
    )


def _near(contract: Contract, part: str) -> str:
    names = {
        *contract.operations,
        *contract.families,
        *(o.operation_id for o in contract.operations.values()),
    }
    near = difflib.get_close_matches(part, names, n=3, cutoff=0.4)
    return (
        f"Did you mean {' or '.join(near)}?" if near else "Name a label, an operationId, a family, or a glob."
    )


def _not_allowed(operation: Operation, known: Needs, allow: str, *, internal: bool) -> Obstacle | None:
    if operation.internal and not internal:
        return "internal", "an internal operation"
    if SAFETY.index(known.safety) > SAFETY.index(allow):
        return "safety", f"{known.safety}: allow it with --kibana-allow {known.safety}"
    return None


def _not_there(operation: Operation, known: Needs, target: KnownTarget | None) -> Obstacle | None:
    if target is None:
        return None
    rules = (_newer, _flavor, _licence, _plugin)
    return next((found for rule in rules if (found := rule(operation, target, known))), None)


def _missing(known: Needs, available: Collection[str]) -> Obstacle | None:
    missing = [word for word in known.needs if word not in available]
    return ("prerequisite", f"needs {', '.join(missing)}") if missing else None


def _newer(operation: Operation, target: KnownTarget, _known: Needs) -> Obstacle | None:
    since = operation.availability.since
    if since is None or target.version is None or target.flavor == "serverless":
        return None
    try:
        newer = Version(since).release > Version(target.version).release
    except InvalidVersion:
        return None
    return ("newer than target", f"since {since}, the target is {target.version}") if newer else None


def _flavor(_operation: Operation, target: KnownTarget, known: Needs) -> Obstacle | None:
    if known.flavors and target.flavor not in known.flavors:
        return "flavor", f"{' and '.join(known.flavors)} only, the target is {target.flavor}"
    return None


def _licence(_operation: Operation, target: KnownTarget, known: Needs) -> Obstacle | None:
    if known.license is None or target.license is None:
        return None
    if known.license not in LICENCES or target.license not in LICENCES:
        return None
    if LICENCES.index(known.license) > LICENCES.index(target.license):
        return "licence", f"needs {known.license}, the target has {target.license}"
    return None


def _plugin(_operation: Operation, target: KnownTarget, known: Needs) -> Obstacle | None:
    if known.plugin and target.plugins and known.plugin not in target.plugins:
        return "prerequisite", f"the target does not have the plugin {known.plugin}"
    return None


def _allot(
    operations: Sequence[Operation], groups: Sequence[str], limits: Limits
) -> tuple[tuple[Item, ...], tuple[SkipRecord, ...]]:
    """Share the budget out: first one request to every operation's first group, then the next, until all is given."""
    wanted = {group: max(1, limits.per_operation * _SHARES.get(group, 1) // 30) for group in groups}
    turn = sorted(groups, key=lambda g: _TURN.index(g) if g in _TURN else len(_TURN))
    # What per_operation is too small for goes to the groups that show most.
    turn = turn[: limits.per_operation]
    given = share(
        [(operation.label, group) for group in turn for operation in operations],
        lambda key: wanted[key[1]],
        limits.requests,
    )
    items: list[Item] = []
    skips: list[SkipRecord] = []
    for operation in operations:
        for group in groups:
            count = given.get((operation.label, group), 0)
            if count:
                items.append(Item(operation, group, count))
            else:
                skips.append(
                    SkipRecord(operation.label, operation.family, "budget", "the budget leaves it out", group)
                )
    return tuple(items), tuple(skips)


def share(
    keys: Sequence[tuple[str, str]], wanted: Callable[[tuple[str, str]], int], total: int | None
) -> dict[tuple[str, str], int]:
    """Share ``total`` out in rounds, one to each key in turn, no key more than it wants. The sum never exceeds it."""
    if total is None or sum(map(wanted, keys)) <= total:
        return {key: wanted(key) for key in keys}
    given = dict.fromkeys(keys, 0)
    left, waiting = total, list(keys)
    while left > 0 and waiting:
        for key in waiting[:left]:
            given[key] += 1
        left -= min(left, len(waiting))
        waiting = [key for key in waiting if given[key] < wanted(key)]
    return given
