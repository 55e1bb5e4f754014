"""Trying faults: the stand-in that misbehaves, the session against it, and what is found that was not there before."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError
from pytest_kibana.evidence import About, Finding
from pytest_kibana.selftest.outages import Outage, companion
from pytest_kibana.selftest.report import Alarm, Report, Thresholds, Trial, expectations
from pytest_kibana.selftest.suites import Suites
from pytest_kibana.selftest.trying import Ran, Trier, identities, nobodys
from pytest_kibana.session import Session
from pytest_kibana.settings import EMBEDDED, Settings
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench, Fault
from pytest_kibana.suites.laws.laws import Statute
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


@dataclass(slots=True)
class _Seen:
    """What one trial saw so far."""

    codes: list[str] = field(default_factory=list)
    failing: bool = False
    requests: int = 0
    trouble: str | None = None


class Selftest:
    """One self-test: a stand-in, a session against it, and the trials.

    A fault is first looked for by the means that its kind of check is told by: the operation's items, or the laws of
    what it works on; then by the other of the two; and where the right check of neither notices, by the tests of its
    family's suite.

    Args:
        contract: source of the contract, as for ``--kibana-contract``.
        seed: of the sample and of the cases.
        sample: operations for each fault.
        faults: patterns of names; all faults where empty.
        operations: selection of operations, as for ``--kibana-operations``.
        thresholds: in place of those of ``spec/selftest.toml``.
        families: let the suites of families look for what nothing else noticed.
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
        families: bool = True,
        progress: Callable[[Trial], None] = lambda _trial: None,
    ) -> None:
        self.contract = contract
        self.seed = seed
        self.sample = sample
        self.expected = expectations()
        self.thresholds = thresholds or self.expected.thresholds
        self.families = families
        self.progress = progress
        self._operations = tuple(operations)
        self._faults = [f for f in CATALOGUE.values() if _wanted(f.name, faults)]
        if not self._faults:
            raise UsageError(f"no fault is named {', '.join(faults)}", hint="Try response.* or *.")
        self._clean: dict[str, tuple[Finding, ...]] = {}
        self._out_of_reach: set[str] = set()
        self._succeeds: set[str] = set()
        self._broken: dict[str, dict[str, tuple[Statute, str]]] = {}
        self._suites: Suites | None = None

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
                embedded="--control-port 0 --elasticsearch-port 0 --quiet",
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
                if self.families:
                    self._suites = Suites(
                        url=stand_in.url,
                        api_key=stand_in.api_key,
                        viewer_api_key=stand_in.viewer_api_key,
                        contract=self.contract,
                        folder=Path(folder),
                    )
                with KibanaClient(stand_in.control_url, None) as control:
                    trials = tuple(self._trials(Trier(session, control)))
            finally:
                session.close()
        return Report(
            session.contract.version or self.contract,
            self.seed,
            self.thresholds,
            trials,
            tuple(self._alarms()),
            len(self._clean),
            tuple(sorted(self._out_of_reach)),
            time.monotonic() - began,
        )

    def _alarms(self) -> Iterator[Alarm]:
        for findings in self._clean.values():
            for found in findings:
                if found.about is About.DEPLOYMENT and found.status == "new":
                    yield Alarm(found.operation, found.code, found.sentence)
        for label, broken in self._broken.items():
            for law, sentence in broken.values():
                if law.level == "MUST":
                    yield Alarm(label, law.name, sentence)
        for record in self._suites.alarms() if self._suites is not None else ():
            yield Alarm(record.test, record.requirement, record.reason or record.sentence)

    def _trials(self, trier: Trier) -> Iterator[Trial]:
        rng = random.Random(self.seed)  # noqa: S311 - a sample, not a secret
        contract = trier.session.contract
        bench, used = Bench(contract), Counter[str]()
        eligible = [contract.operations[label] for label in trier.session.plan.eligible]
        for fault in self._faults:
            size = (self.sample + 2) // 3 if fault.group == "weather" else self.sample  # which takes its time
            if fault.group == "field" and contract.version is None:
                continue  # these are deviations from what was published; our own statement does not hold it
            for operation in chosen(eligible, fault=fault, bench=bench, size=size, used=used, rng=rng):
                if not self._in_reach(trier, operation):
                    continue
                if self.expected.means(fault) == "stories" and nobodys(contract, operation):
                    self._out_of_reach.add(f"{operation.label} (nobody can make what it is about)")
                    continue
                if (fault.group == "response" or fault.of_success) and operation.label not in self._succeeds:
                    self._out_of_reach.add(f"{operation.label} (no success that could be wrong)")
                    continue
                trial = self._trial(trier, fault, operation)
                self.progress(trial)
                yield trial

    def _in_reach(self, trier: Trier, operation: Operation) -> bool:
        """Run an operation where nothing is wrong, once; tell whether anything could be sent."""
        if operation.label not in self._clean and operation.label not in self._out_of_reach:
            ran = trier.items(operation, None)
            if ran.trouble is not None:
                raise ran.trouble
            if any(outcome.succeeded for outcome in ran.outcomes):
                self._succeeds.add(operation.label)
            if ran.tested:
                self._clean[operation.label] = ran.findings(trier.session.known)
            else:
                self._out_of_reach.add(operation.label)
        return operation.label in self._clean

    def _trial(self, trier: Trier, fault: Fault, operation: Operation) -> Trial:
        began, seen = time.monotonic(), _Seen()
        means = self.expected.means(fault)
        if means == "weather":
            return self._outage(trier, fault, operation)
        looks = [self._by_items, self._by_laws]
        for look in (*(reversed(looks) if means == "stories" else looks), self._by_suites):
            look(trier, fault, operation, seen)
            if self._right(fault, seen):
                break
        return Trial(
            fault=fault.name,
            operation=operation.label,
            family=operation.family,
            means=means,
            noticed=bool(seen.codes),
            right=self._right(fault, seen),
            failing=seen.failing,
            codes=tuple(dict.fromkeys(seen.codes)),
            trouble=None if seen.codes else seen.trouble,
            requests=seen.requests,
            seconds=round(time.monotonic() - began, 3),
        )

    def _right(self, fault: Fault, seen: _Seen) -> bool:
        wanted = self.expected.codes(fault) or ("",)
        return any(_wanted(code, wanted) for code in seen.codes)

    def _by_items(self, trier: Trier, fault: Fault, operation: Operation, seen: _Seen) -> None:
        """Look for a fault with single requests."""
        ran = trier.items(operation, fault)
        usual = identities(self._clean[operation.label])
        found = [
            f
            for f in ran.findings(trier.session.known)
            # A stand-in may deviate as released Kibana does, of itself; then it is known with the fault as without.
            if f.identity not in usual or (f.status == "known" and _of(f.deviation, fault))
        ]
        seen.codes += dict.fromkeys(f.code for f in found)
        seen.failing |= any(f.about is About.DEPLOYMENT and f.status == "new" for f in found)
        seen.requests += ran.requests
        seen.trouble = _told(ran) or seen.trouble

    def _by_laws(self, trier: Trier, fault: Fault, operation: Operation, seen: _Seen) -> None:
        """Look for a fault with the laws of whatever the operation makes, reads, lists, changes or removes."""
        if operation.label not in self._broken:
            self._broken[operation.label] = trier.laws(operation, None)
        usual = self._broken[operation.label]
        broken = {name: law for name, (law, _) in trier.laws(operation, fault).items() if name not in usual}
        seen.codes += broken
        seen.failing |= any(law.level == "MUST" for law in broken.values())

    def _by_suites(self, trier: Trier, fault: Fault, operation: Operation, seen: _Seen) -> None:
        """Look for a fault with the tests of families that call the operation."""
        if self._suites is None:
            return
        trier.calm()
        tests = self._suites.witnesses(operation.label)
        trier.calm()
        with trier.wrong(fault, operation):
            broken, found = self._suites.heard(tests)
        here = [f for f in found if operation.label in (f.operation, *f.operations)]
        usual = identities(self._clean[operation.label])
        told = [f for f in here if (f.status == "new" and f.identity not in usual) or _of(f.deviation, fault)]
        seen.codes += (*broken, *(f.code for f in told))
        seen.failing |= bool(broken) or any(f.about is About.DEPLOYMENT and f.status == "new" for f in told)

    def _outage(self, trier: Trier, fault: Fault, operation: Operation) -> Trial:
        """Live through an outage."""
        contract = trier.session.contract
        eligible = [contract.operations[label] for label in trier.session.plan.eligible]

        def answers(other: Operation) -> bool:
            return self._in_reach(trier, other) and other.label in self._succeeds

        beside = companion(eligible, operation, answers)
        return Outage(fault, operation, beside, self.expected.endurance(fault)).lived_through(trier)


def _of(deviation: str | None, fault: Fault) -> bool:
    """Tell whether a known deviation, such as D-20b, is the one that a fault is."""
    number = re.match(r"D-\d+", deviation or "")
    return number is not None and f"({number[0]})" in fault.breaks


def _told(ran: Ran) -> str | None:
    """Return what kept the harness from going on, in one line."""
    if ran.trouble is not None:
        return ran.trouble.message
    return ran.errors[0].splitlines()[-1] if ran.errors else None


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
