"""The end of a run: findings merged, coverage counted, one verdict, one exit code."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_kibana.conformance.findings import merge, of_contract
from pytest_kibana.conformance.outcome import Outcome
from pytest_kibana.conformance.plan import Plan
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence.deviations import Deviations, what_was_tested
from pytest_kibana.evidence.model import (
    FamilyCoverage,
    Finding,
    Footer,
    Record,
    RequirementRecord,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
)

INCOMPLETE_KINDS = frozenset({"weather", "interrupted"})
"""Skips that say that the run did not do what it set out to do. A budget is no such thing."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Everything that stands between header and footer of the results, and the footer's verdict.

    ``lapsed`` are entries of the lists of known deviations that no longer hold: each fails the run.
    """

    verdicts: tuple[VerdictRecord, ...]
    findings: tuple[Finding, ...]
    skips: tuple[SkipRecord, ...]
    troubles: tuple[TroubleRecord, ...]
    coverage: tuple[FamilyCoverage, ...]
    verdict: Verdict
    requests: int
    lapsed: tuple[TroubleRecord, ...] = ()
    requirements: tuple[RequirementRecord, ...] = ()

    def records(self) -> tuple[Record, ...]:
        """Return all records in the order in which they are written."""
        troubles = (*self.troubles, *self.lapsed)
        return (*self.verdicts, *self.findings, *self.requirements, *self.skips, *troubles, *self.coverage)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says to the shell: findings before an incomplete run, an empty run is never green."""
        if self.verdict is Verdict.ERROR:
            return ExitCode.INTERNAL
        if self.verdict is Verdict.FAILED or self.lapsed:
            return ExitCode.FINDINGS
        if any(skip.kind in INCOMPLETE_KINDS for skip in self.skips):
            return ExitCode.INCOMPLETE
        return ExitCode.CONFORMANT if self.requests else ExitCode.NOTHING_CHECKED

    def counts(self) -> dict[str, int]:
        """Return the numbers of the footer."""
        status = Counter(finding.status for finding in self.findings)
        return {
            "operations": sum(f.operations for f in self.coverage),
            "eligible": sum(f.eligible for f in self.coverage),
            "tested": sum(f.tested for f in self.coverage),
            "succeeded": sum(f.succeeded for f in self.coverage),
            "verdicts": len(self.verdicts),
            "requirements": len(self.requirements),
            "broken": sum(record.verdict is Verdict.FAILED for record in self.requirements),
            "findings": len(self.findings),
            "new": status["new"],
            "known": status["known"],
            "tolerated": status["tolerated"],
            "skips": len(self.skips),
            "troubles": len(self.troubles) + len(self.lapsed),
        }

    def footer(self, *, finished: float, seconds: float) -> Footer:
        """Return the footer; ``finished`` is seconds since the epoch."""
        return Footer(
            finished, self.verdict, int(self.exit_code), self.counts(), self.requests, round(seconds, 3)
        )


def conclude(
    plan: Plan,
    outcomes: Iterable[Outcome],
    *,
    requirements: Sequence[RequirementRecord] = (),
    troubles: Sequence[TroubleRecord] = (),
    known: Callable[[Finding], Finding] = lambda finding: finding,
    deviations: Deviations | None = None,
) -> Conclusion:
    """Unite the outcomes of a run, or of its workers.

    Args:
        plan: what was planned.
        outcomes: what came of its items; an item may be missing, and is then not counted as tested.
        requirements: what came of the tests of the suites.
        troubles: what the environment did.
        known: turns a finding that is known into a known one; ``deviations`` does so too.
        deviations: the lists of known deviations, held against the target. An entry that was looked for and did not
            show itself, and one that is expired, fail the lists.
    """

    def mark(finding: Finding) -> Finding:
        found = known(finding)
        return deviations.mark(found) if deviations is not None and found.status != "known" else found

    seen = tuple(outcome.marked(mark) for outcome in outcomes)
    asked = {*plan.eligible, *plan.ineligible}
    whole = len(asked) == len(plan.contract.operations)
    contract = (mark(f) for f in of_contract(plan.contract, None if whole else asked))
    findings = merge([*(f for outcome in seen for f in outcome.findings), *contract])
    verdicts = tuple(record for outcome in seen for record in outcome.verdicts)
    joined = Verdict.join([*(v.verdict for v in verdicts), *(r.verdict for r in requirements)])
    if any(outcome.error for outcome in seen):
        joined = Verdict.ERROR
    return Conclusion(
        verdicts=verdicts,
        findings=findings,
        skips=(*plan.skips, *(skip for outcome in seen for skip in outcome.skips), *_never_reached(seen)),
        troubles=(*troubles, *(trouble for outcome in seen for trouble in outcome.troubles)),
        coverage=_coverage(plan, seen, findings),
        verdict=joined,
        requests=sum(outcome.requests for outcome in seen),
        lapsed=_lapsed(deviations, verdicts, findings),
        requirements=tuple(requirements),
    )


def _never_reached(outcomes: Sequence[Outcome]) -> tuple[SkipRecord, ...]:
    """Return a record for each operation that was to be tested and of which nothing could be sent, with a reason."""
    tested = {outcome.operation for outcome in outcomes if outcome.tested}
    reasons: dict[str, SkipRecord] = {}
    for outcome in outcomes:
        for skip in outcome.skips if outcome.operation not in tested else ():
            reasons.setdefault(outcome.operation, replace(skip, group=None))
    return tuple(reasons.values())


def _lapsed(
    deviations: Deviations | None, verdicts: Sequence[VerdictRecord], findings: Sequence[Finding]
) -> tuple[TroubleRecord, ...]:
    if deviations is None:
        return ()
    now = time.time()
    stale = deviations.stale(what_was_tested(verdicts), findings)
    return (
        *(
            TroubleRecord("stale deviation", f"{entry.id} was looked for and did not show itself", now)
            for entry in stale
        ),
        *(
            TroubleRecord("expired deviation", f"{entry.id} is expired", now)
            for entry in deviations.expired()
        ),
    )


def _coverage(
    plan: Plan, outcomes: Sequence[Outcome], findings: Sequence[Finding]
) -> tuple[FamilyCoverage, ...]:
    eligible = set(plan.eligible)
    # A test may call what the plan does not count on, and that is no coverage of the plan.
    tested = eligible & {outcome.operation for outcome in outcomes if outcome.tested}
    succeeded = eligible & {outcome.operation for outcome in outcomes if outcome.succeeded}
    asked = eligible | set(plan.ineligible)
    requests: Counter[str] = Counter()
    for outcome in outcomes:
        requests[outcome.family] += outcome.requests
    defects = Counter(finding.family for finding in findings if finding.about.value != "contract")
    rows = []
    for family, labels in plan.contract.families.items():
        mine = [label for label in labels if label in asked]
        if mine:
            rows.append(
                FamilyCoverage(
                    family=family,
                    operations=len(mine),
                    eligible=sum(label in eligible for label in mine),
                    tested=sum(label in tested for label in mine),
                    succeeded=sum(label in succeeded for label in mine),
                    findings=defects[family],
                    requests=requests[family],
                    labels=tuple(label for label in mine if label in eligible),
                )
            )
    return tuple(rows)
