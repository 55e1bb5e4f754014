"""Trying faults: the stand-in that misbehaves, the session against it, and what is found that was not there before."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pytest_kibana.conformance import Limits, Outcome, Plan
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import HarnessError, ResourceTrouble, UsageError
from pytest_kibana.evidence import About, Finding
from pytest_kibana.resources import RESOURCES, Factory, Resource
from pytest_kibana.selftest.report import Alarm, Report, Thresholds, Trial, expectations
from pytest_kibana.session import Session
from pytest_kibana.settings import EMBEDDED, Settings
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench, Fault
from pytest_kibana.suites.laws.bench import Bench as LawBench
from pytest_kibana.suites.laws.bench import NotHere, calls_of
from pytest_kibana.suites.laws.laws import STATUTES, Statute, applicable
from pytest_kibana.wire import KibanaClient


def chosen(
    operations: Sequence[Operation],
    *,
    fault: Fault,
    bench: Bench,
    size: int,
    used: Counter[str],
    rng: random.Random,
) -> tuple[Operation, ...]:
    """Choose operations for a fault: of those at which it can show, of families that were used least so far."""
    fit = [operation for operation in operations if fault.applies(operation, bench)]
    rng.shuffle(fit)
    taken: list[Operation] = []
    while fit and len(taken) < size:
        best = min(fit, key=lambda o: used[o.family])
        fit.remove(best)
        taken.append(best)
        used[best.family] += 1
    return tuple(taken)


class Selftest:
    """One self-test: a stand-in, a session against it, and the trials.

    Args:
        contract: source of the contract, as for ``--kibana-contract``.
        seed: of the sample and of the cases.
        sample: operations for each fault.
        faults: patterns of names; all faults where empty.
        operations: selection of operations, as for ``--kibana-operations``.
        thresholds: in place of those of ``spec/selftest.toml``.
        progress: is told each trial when it is over.
    """

    def __init__(
        self,
        contract: str = "core",
        *,
        seed: int = 1,
        sample: int = 4,
        faults: Sequence[str] = (),
        operations: Sequence[str] = (),
        thresholds: Thresholds | None = None,
        progress: Callable[[Trial], None] = lambda _trial: None,
    ) -> None:
        self.contract = contract
        self.seed = seed
        self.sample = sample
        self.expected = expectations()
        self.thresholds = thresholds or self.expected.thresholds
        self.progress = progress
        self._operations = tuple(operations)
        self._faults = [f for f in CATALOGUE.values() if _wanted(f.name, faults)]
        if not self._faults:
            raise UsageError(f"no fault is named {', '.join(faults)}", hint="Try response.* or *.")
        self._clean: dict[str, tuple[Finding, ...]] = {}
        self._out_of_reach: set[str] = set()
        self._broken: dict[str, dict[str, str]] = {}

    def run(self) -> Report:
        """Run it.

        Raises:
            HarnessError: the stand-in does not start, or the clean run of an operation cannot be made.
        """
        began = time.monotonic()
        with TemporaryDirectory(prefix="kibana-selftest-") as folder:
            settings = Settings(
                url=EMBEDDED,
                contract=self.contract,
                embedded="--control-port 0 --quiet",
                allow="disruptive",
                operations=self._operations,
                ledger_dir=folder,
                seed=self.seed,
                weather_deadline=10.0,
            )
            session = Session(settings)
            try:
                stand_in = session.stand_in
                assert stand_in is not None
                assert stand_in.control_url is not None
                with KibanaClient(stand_in.control_url, None) as control:
                    trials = tuple(self._trials(session, control))
            finally:
                session.close()
        return Report(
            session.contract.version or self.contract,
            self.seed,
            self.thresholds,
            trials,
            tuple(
                Alarm(found.operation, found.code, found.sentence)
                for findings in self._clean.values()
                for found in findings
                if found.about is About.DEPLOYMENT and found.status == "new"
            )
            + tuple(
                Alarm(label, name, sentence)
                for label, broken in self._broken.items()
                for name, sentence in broken.items()
                if STATUTES[name].level == "MUST"
            ),
            len(self._clean),
            tuple(sorted(self._out_of_reach)),
            time.monotonic() - began,
        )

    def _trials(self, session: Session, control: KibanaClient) -> Iterator[Trial]:
        rng = random.Random(self.seed)  # noqa: S311 - a sample, not a secret
        bench, used = Bench(session.contract), Counter[str]()
        eligible = [session.contract.operations[label] for label in session.plan.eligible]
        for fault in self._faults:
            size = 1 if fault.group == "weather" else self.sample
            if fault.group == "field" and session.contract.version is None:
                continue  # these are deviations from what was published; our own statement does not hold it
            for operation in chosen(eligible, fault=fault, bench=bench, size=size, used=used, rng=rng):
                if not self._in_reach(session, control, operation):
                    continue
                trial = self._trial(session, control, fault, operation)
                self.progress(trial)
                yield trial

    def _in_reach(self, session: Session, control: KibanaClient, operation: Operation) -> bool:
        """Run an operation where nothing is wrong, once; tell whether anything could be sent."""
        if operation.label not in self._clean and operation.label not in self._out_of_reach:
            outcomes, trouble = self._ran(session, control, operation, None)
            if trouble is not None:
                raise trouble
            if any(outcome.tested for outcome in outcomes):
                self._clean[operation.label] = _findings(session, outcomes)
            else:
                self._out_of_reach.add(operation.label)
        return operation.label in self._clean

    def _trial(self, session: Session, control: KibanaClient, fault: Fault, operation: Operation) -> Trial:
        if self.expected.means(fault) == "stories":
            return self._story(session, control, fault, operation)
        began = time.monotonic()
        outcomes, trouble = self._ran(session, control, operation, fault)
        usual = {found.identity for found in self._clean[operation.label]}
        found = [f for f in _findings(session, outcomes) if f.identity not in usual]
        codes = tuple(dict.fromkeys(f.code for f in found))
        right = [code for code in codes if _wanted(code, self.expected.codes(fault) or ("",))]
        errors = [outcome.error for outcome in outcomes if outcome.error]
        trial = Trial(
            fault=fault.name,
            operation=operation.label,
            family=operation.family,
            means=self.expected.means(fault),
            noticed=bool(found),
            right=bool(right),
            failing=any(f.about is About.DEPLOYMENT and f.status == "new" for f in found),
            codes=codes,
            trouble=trouble.message if trouble else errors[0].splitlines()[-1] if errors else None,
            requests=sum(outcome.requests for outcome in outcomes),
            seconds=round(time.monotonic() - began, 3),
        )
        if fault.group != "weather":
            return trial
        told = any(outcome.troubles or outcome.skips for outcome in outcomes) or trouble is not None
        lived = len(right) == len(codes) and not errors and (told or any(o.succeeded for o in outcomes))
        return replace(trial, noticed=lived, right=lived)

    def _story(self, session: Session, control: KibanaClient, fault: Fault, operation: Operation) -> Trial:
        """Try the laws of whatever the operation makes, reads, lists, changes or removes."""
        began = time.monotonic()
        kinds = kinds_of(session.contract, operation)
        if operation.label not in self._broken:
            self._broken[operation.label] = self._lawless(session, control, operation, kinds, None)
        usual = self._broken[operation.label]
        broken = self._lawless(session, control, operation, kinds, fault)
        codes = tuple(name for name in broken if name not in usual)
        right = [name for name in codes if name in self.expected.codes(fault)]
        return Trial(
            fault=fault.name,
            operation=operation.label,
            family=operation.family,
            means="stories",
            noticed=bool(codes),
            right=bool(right),
            failing=any(STATUTES[name].level == "MUST" for name in codes),
            codes=codes,
            trouble=None if kinds else "no resource is declared that has it",
            seconds=round(time.monotonic() - began, 3),
        )

    def _lawless(
        self,
        session: Session,
        control: KibanaClient,
        operation: Operation,
        kinds: Sequence[Resource],
        fault: Fault | None,
    ) -> dict[str, str]:
        """Return the laws that are broken, by name, each with a sentence."""
        broken: dict[str, str] = {}
        with ExitStack() as stack:
            stack.callback(_ordered, control, "POST", "/reset", {})
            stack.callback(_ordered, control, "DELETE", "/faults", {"faults": ["*"]})
            here, there = (stack.enter_context(_thrown_away(session)) for _ in range(2))
            for factory in (here, there):
                factory.space = factory.make("space").id
            if fault is not None:
                _ordered(control, "POST", "/faults", {"faults": [f"{fault.name}@{operation.label}"]})
            for kind in kinds:
                has = lambda label: session.contract.find(label) is not None  # noqa: E731
                for law in applicable(kind, has):
                    said = None if law.name in kind.exceptions else _breach(law, LawBench(kind, here, there))
                    if said is not None:
                        broken.setdefault(law.name, said)
        return broken

    def _ran(
        self, session: Session, control: KibanaClient, operation: Operation, fault: Fault | None
    ) -> tuple[tuple[Outcome, ...], HarnessError | None]:
        """Run the items of one operation on a fresh stand-in. What is needed to begin is made before anything goes
        wrong; what a fault then does to the harness is told.
        """
        plan = _plan_of(session, operation, weather=fault is not None and fault.group == "weather")
        outcomes: list[Outcome] = []
        with _thrown_away(session) as factory:
            try:
                with session.lend_runner(plan, factory) as runner:
                    if fault is not None:
                        _ordered(control, "POST", "/faults", {"faults": [f"{fault.name}@{operation.label}"]})
                    outcomes.extend(runner.run())
            except HarnessError as error:
                return tuple(outcomes), error
            finally:
                _ordered(control, "DELETE", "/faults", {"faults": ["*"]})
                _ordered(control, "POST", "/reset", {})
        return tuple(outcomes), None


def kinds_of(contract: Contract, operation: Operation) -> tuple[Resource, ...]:
    """Return the resources that can be made and have the operation among their calls."""
    return tuple(
        kind
        for kind in RESOURCES.values()
        if kind.makeable
        and any(
            (found := contract.find(call.label)) is not None and found.label == operation.label
            for role in ("create", "read", "listing", "update", "delete")
            for call in calls_of(kind, role)
        )
    )


def _breach(law: Statute, bench: LawBench) -> str | None:
    """Return how a law is broken, or None where it holds or cannot be tried."""
    try:
        return next(iter(law.law(bench)), None)
    except NotHere:
        return None
    except ResourceTrouble as trouble:
        return trouble.message


@contextmanager
def _thrown_away(session: Session) -> Iterator[Factory]:
    """Lend a factory whose things need no removal: the stand-in forgets everything."""
    factory = session.new_factory()
    try:
        yield factory
    finally:
        factory.ledger.close()
        Path(factory.ledger.path).unlink(missing_ok=True)


def _plan_of(session: Session, operation: Operation, *, weather: bool) -> Plan:
    """Return the part of the plan that speaks of one operation; one request where each may take long."""
    items = tuple(item for item in session.plan.items if item.operation.label == operation.label)
    if weather:
        items = tuple(replace(item, limit=1) for item in items if item.group == "responses")
    return Plan(session.contract, items, (), Limits())


def _findings(session: Session, outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    return tuple(f for outcome in outcomes for f in outcome.marked(session.known).findings)


def _ordered(control: KibanaClient, method: str, path: str, body: Mapping[str, Any]) -> None:
    response = control.request(method, path, json=body)
    if response.status_code != 200:
        raise UsageError(
            f"the stand-in refuses {method} {path}: {response.text[:300]}",
            hint="The self-test and the stand-in must be of one version.",
        )


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
