"""What came of one pytest item, as a value that travels between processes, and the tally that it is made from."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_kibana.checks import CATALOGUE, Judged, Problem, Step
from pytest_kibana.conformance.findings import Findings, identity
from pytest_kibana.conformance.plan import Item
from pytest_kibana.evidence.codec import from_json, to_json
from pytest_kibana.evidence.model import (
    HARNESS,
    About,
    Finding,
    Record,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
)
from pytest_kibana.wire.exchange import Exchange

_LONGEST = 600
_NOTHING_ACCEPTED = "KBN-I213"
_SEVERAL = 2  # refusals of valid requests without one success
_OF_ACCESS = frozenset({401, 403, 429})  # say who may, not what is right


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item.

    ``verdict`` is the worst of its checks; an item that sent nothing is ``not run`` or ``unknown``, never
    passed. ``error`` is set where the harness itself failed. ``requests`` counts exchanges that had an answer.
    """

    item: str
    operation: str
    family: str
    group: str
    verdict: Verdict
    verdicts: tuple[VerdictRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    skips: tuple[SkipRecord, ...] = ()
    troubles: tuple[TroubleRecord, ...] = ()
    requests: int = 0
    succeeded: bool = False
    error: str | None = None

    @property
    def failed(self) -> bool:
        """True where the pytest item fails: a broken promise, or a failure of our own."""
        return self.verdict in (Verdict.FAILED, Verdict.ERROR)

    @property
    def tested(self) -> bool:
        """True where at least one answer was judged."""
        return self.requests > 0

    @property
    def reason(self) -> str | None:
        """Why nothing was judged, for pytest's skip; None where something was."""
        if self.tested or self.failed:
            return None
        return "; ".join(dict.fromkeys(s.reason for s in self.skips)) or "nothing was sent"

    def marked(self, mark: Callable[[Finding], Finding]) -> "Outcome":
        """Return the outcome as a list of known deviations sees it.

        A check that failed for known findings alone is ``known``, and no longer fails its item.

        Args:
            mark: returns a finding, called known where the list describes it.
        """
        if not self.findings:
            return self
        findings = tuple(mark(finding) for finding in self.findings)
        failing: dict[str, list[Finding]] = {}
        for was, now in zip(self.findings, findings, strict=True):
            if was.status == "new":
                failing.setdefault(now.code, []).append(now)
        excused = {code for code, some in failing.items() if all(f.status == "known" for f in some)}
        verdicts = tuple(
            replace(v, verdict=Verdict.KNOWN) if v.verdict is Verdict.FAILED and v.code in excused else v
            for v in self.verdicts
        )
        joined = (
            Verdict.join([v.verdict for v in verdicts]) if self.verdict is Verdict.FAILED else self.verdict
        )
        return replace(self, findings=findings, verdicts=verdicts, verdict=joined)

    def records(self) -> tuple[Record, ...]:
        """Return the lines for the results, all but the findings, which are merged over the whole run first."""
        return (*self.verdicts, *self.skips, *self.troubles)

    def message(self, *, width: int = 100) -> str:
        """Return what a failed item prints; see :mod:`pytest_kibana.conformance.message`."""
        from pytest_kibana.conformance.message import message

        return message(self, width=width)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain data, as it travels from an xdist worker."""
        return {
            "item": self.item,
            "operation": self.operation,
            "family": self.family,
            "group": self.group,
            "verdict": self.verdict.value,
            "records": [to_json(record) for record in (*self.records(), *self.findings)],
            "requests": self.requests,
            "succeeded": self.succeeded,
            "error": self.error,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that :meth:`to_json` made."""
        records = [from_json(line) for line in data["records"]]
        return cls(
            item=data["item"],
            operation=data["operation"],
            family=data["family"],
            group=data["group"],
            verdict=Verdict(data["verdict"]),
            verdicts=tuple(r for r in records if isinstance(r, VerdictRecord)),
            findings=tuple(r for r in records if isinstance(r, Finding)),
            skips=tuple(r for r in records if isinstance(r, SkipRecord)),
            troubles=tuple(r for r in records if isinstance(r, TroubleRecord)),
            requests=data["requests"],
            succeeded=data["succeeded"],
            error=data["error"],
        )


class Tally:
    """Counts the verdicts of one item's exchanges, and makes its outcome.

    Args:
        item: whose exchanges they are.
        whole: whether all that was sent for the item is heard, as in a run and not in a recording: only then does it
            mean anything that nothing was accepted.
    """

    def __init__(self, item: Item, *, whole: bool = True) -> None:
        self.item = item
        self.skips: list[SkipRecord] = []
        self.troubles: list[TroubleRecord] = []
        self._findings = Findings()
        self._verdicts: dict[str, dict[Verdict, int]] = {}
        self._statuses: Counter[str] = Counter()
        self._times: list[float] = []
        self._requests = 0
        self._succeeded = False
        self._story: list[Step] = []
        self._refused: list[Exchange] = []
        self._whole = whole
        self.given_up = 0

    @property
    def usual(self) -> float | None:
        """Median time of an answer so far, in seconds; None before there are five."""
        return statistics.median(self._times) if len(self._times) >= 5 else None

    def told(self, exchange: Exchange) -> tuple[Step, ...]:
        """Add an exchange to the item's story, and return the story so far."""
        self._story.append(Step("probe", exchange))
        return tuple(self._story)

    def smaller(self, name: str, exchange: Exchange, judged: Iterable[Judged]) -> bool:
        """Tell whether an exchange shows the finding of that identity, and keep it as the example if it is smaller."""
        return any(
            self._findings.example(check, verdict, problem, exchange, self.item.operation)
            for check, verdict, problems in judged
            for problem in problems
            if identity(self.item.operation.label, check.code, problem) == name
        )

    def add(self, exchange: Exchange, judged: Iterable[Judged]) -> frozenset[str]:
        """Count one judged exchange. Returns the identities of what fails in it."""
        operation = self.item.operation
        self._requests += 1
        self._times.append(exchange.elapsed)
        broken_body = False
        failing: set[str] = set()
        for check, verdict, problems in judged:
            counts = self._verdicts.get(check.code)
            if counts is None:
                counts = self._verdicts[check.code] = {}
            counts[verdict] = counts.get(verdict, 0) + 1
            for problem in problems:
                name = self._findings.see(check, verdict, problem, exchange, operation)
                if verdict is Verdict.FAILED:
                    failing.add(name)
            broken_body = broken_body or (check.code == "KBN-R103" and bool(problems))
        if exchange.answer is not None:
            self._statuses[str(exchange.answer.status)] += 1
            wanted = (
                exchange.request.intent.expect == "accepted" and exchange.request.method == operation.method
            )
            if wanted and 200 <= exchange.answer.status < 300 and not broken_body:
                self._succeeded = True
            if wanted and 400 <= exchange.answer.status < 500:
                self._refused.append(exchange)
        return frozenset(failing)

    def _nothing_accepted(self) -> None:
        """Find it odd where no valid request of several succeeded."""
        statuses = {x.answer.status for x in self._refused if x.answer is not None}
        if not self._whole or self._succeeded or len(self._refused) < _SEVERAL or statuses & _OF_ACCESS:
            return
        check, first = CATALOGUE[_NOTHING_ACCEPTED], self._refused[0]
        named = ", ".join(map(str, sorted(statuses)))
        problem = Problem(
            f"answers {named} to every one of {len(self._refused)} requests that the contract allows",
            keyword="accepted",
            about=About.UNDECIDED,
        )
        self._verdicts.setdefault(check.code, Counter())[Verdict.TOLERATED] += 1
        self._findings.see(check, Verdict.TOLERATED, problem, first, self.item.operation)

    def skip(self, kind: str, reason: str) -> None:
        """Note once why something of this item was not sent, and count what was given up for weather."""
        self.given_up += kind == "weather"
        operation = self.item.operation
        record = SkipRecord(operation.label, operation.family, kind, reason, self.item.group)
        if record not in self.skips:
            self.skips.append(record)

    def outcome(self, *, error: str | None = None) -> Outcome:
        """Return what came of the item; ``error`` is the traceback of a failure of our own, without secrets."""
        if error is None:
            self._nothing_accepted()
        else:
            self.troubles.append(self._failure(error))
        records = tuple(self._records())
        verdict = Verdict.join([r.verdict for r in records])
        if not records and self.skips:
            verdict = Verdict.NOT_RUN
        if error is not None:
            verdict = Verdict.ERROR
        operation = self.item.operation
        return Outcome(
            item=self.item.key,
            operation=operation.label,
            family=operation.family,
            group=self.item.group,
            verdict=verdict,
            verdicts=records,
            findings=tuple(self._findings),
            skips=tuple(self.skips),
            troubles=tuple(self.troubles),
            requests=self._requests,
            succeeded=self._succeeded,
            error=error,
        )

    def _failure(self, error: str) -> TroubleRecord:
        """Return the line of the results for a traceback: what was raised, without the way there."""
        raised = itertools.takewhile(lambda line: not line.startswith("  "), reversed(error.splitlines()))
        sentence = f"{self.item.key}: {' '.join(reversed([*raised]))}"[:_LONGEST]
        return TroubleRecord(HARNESS, sentence, time.time(), operation=self.item.operation.label)

    def _records(self) -> Iterator[VerdictRecord]:
        operation = self.item.operation
        # Most checks of an item counted the same; records share what is equal, for a run keeps all of them.
        statuses = dict(sorted(self._statuses.items()))
        milliseconds = round(statistics.median(self._times) * 1000, 2) if self._times else None
        shared: dict[tuple[tuple[Verdict, int], ...], tuple[Verdict, dict[str, int]]] = {}
        for code in sorted(self._verdicts):
            seen = tuple(self._verdicts[code].items())
            if seen not in shared:
                ranked = sorted(seen, key=lambda one: one[0].rank)
                shared[seen] = ranked[-1][0], {verdict.value: count for verdict, count in ranked}
            verdict, counts = shared[seen]
            yield VerdictRecord(
                item=self.item.key,
                operation=operation.label,
                family=operation.family,
                code=code,
                verdict=verdict,
                counts=counts,
                success=self._succeeded,
                statuses=statuses,
                milliseconds=milliseconds,
            )
