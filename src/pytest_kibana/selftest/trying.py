"""Trying one operation: its conformance items, and the laws of whatever it makes, reads, lists, changes or removes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_kibana.conformance import Limits, Outcome, Plan
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import HarnessError, ResourceTrouble, UsageError
from pytest_kibana.evidence import Finding
from pytest_kibana.evidence.model import TroubleRecord
from pytest_kibana.resources import RESOURCES, Factory, Kind, Resource
from pytest_kibana.session import Session
from pytest_kibana.simulator.faults.model import Fault
from pytest_kibana.suites.laws.bench import Bench as LawBench
from pytest_kibana.suites.laws.bench import NotHere, calls_of
from pytest_kibana.suites.laws.laws import Statute, applicable, forms
from pytest_kibana.suites.laws.refusals import ways
from pytest_kibana.wire import KibanaClient

_LONGEST = 1.0
"""Seconds to wait for a change to show: a stand-in shows it at once, and what a fault hides never shows."""

_FEW = 4
"""Requests that are sent into weather: each may take long."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of an operation's items. ``trouble`` is set where the harness could not go on."""

    outcomes: tuple[Outcome, ...]
    troubles: tuple[TroubleRecord, ...] = ()
    trouble: HarnessError | None = None

    @property
    def tested(self) -> bool:
        """True where at least one answer was judged."""
        return any(outcome.tested for outcome in self.outcomes)

    @property
    def errors(self) -> list[str]:
        """Failures of the harness itself."""
        return [outcome.error for outcome in self.outcomes if outcome.error]

    @property
    def requests(self) -> int:
        """How many answers were judged."""
        return sum(outcome.requests for outcome in self.outcomes)

    def findings(self, known: Callable[[Finding], Finding]) -> tuple[Finding, ...]:
        """Return what was found, as the list of known deviations sees it."""
        return tuple(f for outcome in self.outcomes for f in outcome.marked(known).findings)


class Trier:
    """Tries operations on a stand-in that is steered.

    Args:
        session: against the stand-in.
        control: speaks to its control port.
    """

    def __init__(self, session: Session, control: KibanaClient) -> None:
        self.session = session
        self._control = control

    def items(self, operation: Operation, fault: Fault | None) -> Ran:
        """Run the items of one operation on a fresh stand-in. What is needed to begin is made before anything goes
        wrong; what a fault then does to the harness is told.
        """
        return self._run(self._plan(operation), fault, operation)

    def weathered(
        self,
        operations: Sequence[Operation],
        operation: Operation,
        fault: Fault | None,
        groups: Sequence[str],
    ) -> Ran:
        """Run a few requests of some groups of each of these operations on a fresh stand-in, with a fault of weather at
        one.
        """
        items = tuple(
            replace(item, limit=_FEW)
            for one in operations
            for item in self._plan(one).items
            if item.group in groups
        )
        return self._run(Plan(self.session.contract, items, (), Limits()), fault, operation)

    def _run(self, plan: Plan, fault: Fault | None, operation: Operation) -> Ran:
        outcomes: list[Outcome] = []
        troubles: tuple[TroubleRecord, ...] = ()
        with self._thrown_away() as factory:
            try:
                with self.session.lend_runner(plan, factory) as runner:
                    self._switch_on(fault, operation)
                    outcomes.extend(runner.run())
                    troubles = runner.troubles()
            except HarnessError as error:
                return Ran(tuple(outcomes), troubles, error)
            finally:
                self.calm()
        return Ran(tuple(outcomes), troubles)

    def laws(self, operation: Operation, fault: Fault | None) -> dict[str, tuple[Statute, str]]:
        """Return the laws that are broken, by name, each with a sentence."""
        session = self.session
        broken: dict[str, tuple[Statute, str]] = {}
        with ExitStack() as stack:
            stack.callback(self.calm)
            here, there = (stack.enter_context(self._thrown_away()) for _ in range(2))
            for factory in (here, there):
                factory.space = factory.make("space").id
            self._switch_on(fault, operation)
            for law, kind in laws_of(session.contract, operation):
                said = (
                    None
                    if law.name in kind.exceptions
                    else _breach(law, LawBench(kind, here, there, ways(session)))
                )
                if said is not None:
                    broken.setdefault(law.name, (law, said))
        return broken

    @contextmanager
    def wrong(self, fault: Fault, operation: Operation) -> Iterator[None]:
        """Let a fault show for as long as the block lasts."""
        try:
            self._switch_on(fault, operation)
            yield
        finally:
            self.calm()

    def calm(self) -> None:
        """Switch every fault off, and let the stand-in forget everything."""
        _ordered(self._control, "DELETE", "/faults", {"faults": ["*"]})
        _ordered(self._control, "POST", "/reset", {})

    def _switch_on(self, fault: Fault | None, operation: Operation) -> None:
        if fault is not None:
            _ordered(self._control, "POST", "/faults", {"faults": [f"{fault.name}@{operation.label}"]})

    def _plan(self, operation: Operation) -> Plan:
        """Return the part of the plan that speaks of one operation."""
        items = tuple(item for item in self.session.plan.items if item.operation.label == operation.label)
        return Plan(self.session.contract, items, (), Limits())

    @contextmanager
    def _thrown_away(self) -> Iterator[Factory]:
        """Lend a factory whose things need no removal: the stand-in forgets everything."""
        factory = self.session.new_factory()
        try:
            yield factory
        finally:
            factory.ledger.close()
            Path(factory.ledger.path).unlink(missing_ok=True)


def laws_of(contract: Contract, operation: Operation) -> Iterator[tuple[Statute, Resource]]:
    """Yield the laws that speak of an operation, each with the kind of thing, treated by that operation."""

    def has(label: str) -> bool:
        return contract.find(label) is not None

    for kind in RESOURCES.values():
        if not kind.makeable:
            continue
        for _, form in forms(kind, has):
            if _first_of_a_role(contract, form, operation):
                yield from ((law, _hurried(form)) for law in applicable(form, has))
                break


def _hurried(kind: Resource) -> Resource:
    """Return a declaration whose changes are waited for no longer than a stand-in needs."""
    return replace(
        kind,
        listed_within=min(kind.listed_within, _LONGEST),
        read_within=min(kind.read_within, _LONGEST),
        gone_within=min(kind.gone_within, _LONGEST),
    )


def nobodys(contract: Contract, operation: Operation) -> bool:
    """Tell whether an operation is about what is only found, or takes a machine of somebody to make."""
    about = [
        kind
        for kind in RESOURCES.values()
        if any(
            (found := contract.find(call.label)) is not None and found.label == operation.label
            for call in kind.calls
        )
    ]
    return bool(about) and all(kind.kind in (Kind.FOUND, Kind.RECORD) or bool(kind.needs) for kind in about)


def _first_of_a_role(contract: Contract, kind: Resource, operation: Operation) -> bool:
    several = contract.find(kind.many.label) if kind.many is not None else None
    if several is not None and several.label == operation.label:
        return True
    for role in ("create", "read", "listing", "update", "delete"):
        found = next(
            (o for call in calls_of(kind, role) if (o := contract.find(call.label)) is not None), None
        )
        if found is not None and found.label == operation.label:
            return True
    return False


def _breach(law: Statute, bench: LawBench) -> str | None:
    """Return how a law is broken, or None where it holds or cannot be tried."""
    try:
        return next(iter(law.law(bench)), None)
    except NotHere:
        return None
    except ResourceTrouble as trouble:
        return trouble.message


def identities(findings: Iterable[Finding]) -> set[str]:
    """Return the names of defects."""
    return {found.identity for found in findings}


def _ordered(control: KibanaClient, method: str, path: str, body: Mapping[str, Any]) -> None:
    response = control.request(method, path, json=body)
    if response.status_code != 200:
        raise UsageError(
            f"the stand-in refuses {method} {path}: {response.text[:300]}",
            hint="The self-test and the stand-in must be of one version.",
        )
