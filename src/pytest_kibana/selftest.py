"""The harness proves, on the stand-in, that it would notice.

For each fault that the stand-in knows, and a sample of the operations at which it can show: the fault is switched
on, the conformance items of that operation are run over HTTP as in any run, and what is found is held against what
was found before. ``spec/selftest.toml`` says which checks a kind of fault is the business of, and how much must be
noticed. A finding where nothing is wrong is a false alarm.
"""

import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from pytest_kibana.conformance import Limits, Outcome, Plan
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import HarnessError, UsageError
from pytest_kibana.evidence import About, Finding
from pytest_kibana.resources import Factory
from pytest_kibana.session import Session
from pytest_kibana.settings import EMBEDDED, Settings
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench, Fault
from pytest_kibana.wire import KibanaClient

Means = Literal["requests", "stories", "weather"]
"""What can show a fault: single requests, a story of several, or (for outages) living through it."""

_TELLING = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least that the harness must notice: shares from 0 to 1, and the most false alarms."""

    noticed: float
    right: float
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Expectations:
    """``spec/selftest.toml``: the thresholds, and for each kind of check its codes, by what can show it."""

    thresholds: Thresholds
    kinds: Mapping[Means, Mapping[str, tuple[str, ...]]]

    def means(self, fault: Fault) -> Means:
        """Tell what can show a fault.

        Raises:
            UsageError: a kind of check that the file does not list.
        """
        if fault.group == "weather":
            return "weather"
        unlisted = [
            kind for kind in fault.noticed_by if not any(kind in some for some in self.kinds.values())
        ]
        if unlisted:
            raise UsageError(
                f"{fault.name} is to be noticed by {unlisted[0]!r}, a kind of check that spec/selftest.toml lacks",
                hint="List the codes of its checks there.",
            )
        return "stories" if any(kind in self.kinds["stories"] for kind in fault.noticed_by) else "requests"

    def codes(self, fault: Fault) -> tuple[str, ...]:
        """Return the codes, or patterns of codes, of the checks whose business a fault is."""
        every = [some[kind] for some in self.kinds.values() for kind in fault.noticed_by if kind in some]
        return tuple(dict.fromkeys(code for codes in every for code in codes))


@lru_cache(maxsize=1)
def expectations() -> Expectations:
    """Read ``spec/selftest.toml``."""
    read = tomllib.loads(files("pytest_kibana").joinpath("spec", "selftest.toml").read_text("utf-8"))
    tables: dict[Means, str] = {"requests": "kinds", "stories": "laws", "weather": "weather"}
    return Expectations(
        Thresholds(**read["thresholds"]),
        {means: {k: tuple(v) for k, v in read[table].items()} for means, table in tables.items()},
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one fault at one operation.

    ``noticed`` and ``right`` tell whether anything was found that is not found without the fault, and whether by the
    checks whose business it is; ``failing`` whether it fails a run that is not strict. ``codes`` are those of what was
    found. ``trouble`` is set where the harness could not go on.
    """

    fault: str
    operation: str
    family: str
    means: Means
    noticed: bool
    right: bool
    failing: bool
    codes: tuple[str, ...] = ()
    trouble: str | None = None
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding about the deployment where nothing is wrong."""

    operation: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a self-test found out.

    ``operations`` counts those that were tried; ``out_of_reach`` lists those at which nothing could be sent even where
    nothing is wrong, so that no fault could show.
    """

    contract: str
    seed: int
    thresholds: Thresholds
    trials: tuple[Trial, ...]
    alarms: tuple[Alarm, ...]
    operations: int
    out_of_reach: tuple[str, ...] = ()
    seconds: float = 0.0
    judged: tuple[Means, ...] = field(default=("requests",))

    def of(self, *means: Means) -> tuple[Trial, ...]:
        """Return the trials of faults that these means can show."""
        return tuple(trial for trial in self.trials if trial.means in means)

    @property
    def measured(self) -> tuple[Trial, ...]:
        """The trials that the thresholds speak of."""
        return self.of(*self.judged)

    @property
    def noticed(self) -> float:
        """Share of the measured trials that were noticed."""
        return _share(trial.noticed for trial in self.measured)

    @property
    def right(self) -> float:
        """Share that the right check noticed."""
        return _share(trial.right for trial in self.measured)

    @property
    def good(self) -> bool:
        """True where every threshold is kept, and anything was measured at all."""
        return (
            bool(self.measured)
            and self.noticed >= self.thresholds.noticed
            and self.right >= self.thresholds.right
            and len(self.alarms) <= self.thresholds.false_alarms
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            **asdict(self),
            "noticed": round(self.noticed, 4),
            "right": round(self.right, 4),
            "families": len({trial.family for trial in self.measured}),
            "good": self.good,
        }

    def text(self) -> str:
        """Return the table for people: a line for each fault, and the sums."""
        lines = [f"{'fault':38} {'pairs':>5} {'noticed':>7} {'right':>5}  not noticed, or by others"]
        for name in sorted({trial.fault for trial in self.trials}):
            lines.append(_row(name, [trial for trial in self.trials if trial.fault == name]))
        lines.append("")
        titles: dict[Means, str] = {
            "requests": "faults that one request can show",
            "stories": "faults that only a story can show",
            "weather": "outages lived through",
        }
        for means, title in titles.items():
            lines.append(_row(title, self.of(means)))
        lines += [f"FALSE ALARM {a.code} {a.operation}: {a.sentence}" for a in self.alarms]
        families = len({trial.family for trial in self.measured})
        lines.append(
            f"{len(self.measured)} pairs in {families} families, {self.operations} operations, seed {self.seed}, "
            f"contract {self.contract}: noticed {self.noticed:.1%} (at least {self.thresholds.noticed:.0%}), "
            f"by the right check {self.right:.1%} (at least {self.thresholds.right:.0%}), "
            f"{len(self.alarms)} false alarms (at most {self.thresholds.false_alarms}); {self.seconds:.0f} s"
        )
        lines += [f"out of reach: {label}" for label in self.out_of_reach]
        left = [title for means, title in titles.items() if means not in self.judged and means != "weather"]
        if left:
            lines.append(f"not in these shares: {', '.join(left)}")
        lines.append("good" if self.good else "NOT GOOD ENOUGH")
        return "\n".join(lines)


def _share(of: Iterable[bool]) -> float:
    every = list(of)
    return sum(every) / len(every) if every else 0.0


def _row(name: str, trials: Sequence[Trial]) -> str:
    odd = [t for t in trials if not t.right][:_TELLING]
    told = "; ".join(f"{t.operation} ({t.trouble or ', '.join(t.codes) or 'nothing'})" for t in odd)
    return (
        f"{name:38} {len(trials):5} {sum(t.noticed for t in trials):7} {sum(t.right for t in trials):5}  "
        f"{told if len(trials) and '.' in name else ''}"
    ).rstrip()


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
