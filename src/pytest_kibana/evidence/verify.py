"""From the results alone: is this run complete enough to rely on? Nothing is asked of the deployment again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pytest_kibana.errors import ExitCode, UsageError
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Verdict

Gravity = Literal["fails", "incomplete", "remark"]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a profile asks of a run.

    Attributes:
        tested: share of the eligible operations that must be tested.
        succeeded: share of the eligible operations whose success must be seen.
        groups: groups of checks that every tested operation must have verdicts of.
        findings: whether findings about the deployment close the gate.
        stand_in: whether results of a stand-in may pass.
        selected: whether a run of some operations only may pass.
        requirements: whether every requirement of the suites must have an outcome.
    """

    tested: float = 1.0
    succeeded: float = 0.0
    groups: tuple[str, ...] = ("responses",)
    findings: bool = True
    stand_in: bool = True
    selected: bool = True
    requirements: bool = False


PROFILES: Mapping[str, Demand] = {
    "smoke": Demand(tested=0.5),
    "standard": Demand(tested=0.95, succeeded=0.5, groups=("responses", "protocol", "access", "input")),
    "release": Demand(
        tested=1.0,
        succeeded=0.8,
        groups=("responses", "protocol", "access", "input"),
        stand_in=False,
        selected=False,
        requirements=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know. ``gravity`` says whether it closes the gate."""

    gravity: Gravity
    kind: str
    sentence: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out about a results document."""

    results: Results
    profile: str
    remarks: tuple[Remark, ...]

    @property
    def exit_code(self) -> ExitCode:
        """What a gate gets: findings before an incomplete run."""
        gravities = {remark.gravity for remark in self.remarks}
        if "fails" in gravities:
            return ExitCode.FINDINGS
        return ExitCode.INCOMPLETE if "incomplete" in gravities else ExitCode.CONFORMANT

    @property
    def certified(self) -> bool:
        """True where the run is complete enough for the profile, and nothing fails."""
        return self.exit_code is ExitCode.CONFORMANT

    def to_json(self) -> dict[str, Any]:
        """Return the verification as plain data."""
        return {
            "profile": self.profile,
            "certified": self.certified,
            "exit_code": int(self.exit_code),
            "results": str(self.results.path),
            "contract": self.results.header.contract,
            "target": self.results.header.target,
            "remarks": [
                {
                    "gravity": r.gravity,
                    "kind": r.kind,
                    "sentence": r.sentence,
                    "operations": list(r.operations),
                }
                for r in self.remarks
            ],
        }

    def text(self) -> str:
        """Return the verification for a terminal."""
        target, contract = self.results.header.target, self.results.header.contract
        who = f"{target.get('version')} {target.get('flavor')}"
        what = f"contract {contract.get('source')} (sha256 {str(contract.get('sha256'))[:12]})"
        lines = [f"{self.results.path}: {who} against {what}"]
        for remark in self.remarks:
            lines.append(f"  {remark.gravity:10}  {remark.sentence}")
            lines += [f"              {label}" for label in remark.operations[:10]]
            if len(remark.operations) > 10:
                lines.append(f"              … and {len(remark.operations) - 10} more")
        lines.append(f"{self.profile}: {'complete' if self.certified else 'NOT complete'}")
        return "\n".join(lines)


def verify(results: Results, profile: str = "release", *, requirements: Collection[str] = ()) -> Verification:
    """Judge a results document by a profile: ``smoke``, ``standard`` or ``release``.

    Args:
        results: the document.
        profile: what is asked of it.
        requirements: ids of the requirements that there are; a profile that wants them all names those that have no
            record.

    Raises:
        UsageError: no such profile.
    """
    demand = PROFILES.get(profile)
    if demand is None:
        raise UsageError(f"there is no profile {profile!r}", hint=f"Choose one of: {', '.join(PROFILES)}.")
    remarks = [
        *_completeness(results, demand),
        *_coverage(results, demand),
        *_groups(results, demand),
        *_findings(results, demand),
        *_requirements(results, demand, requirements),
        *_not_tested(results),
    ]
    order: Sequence[Gravity] = ("fails", "incomplete", "remark")
    return Verification(results, profile, tuple(sorted(remarks, key=lambda r: order.index(r.gravity))))


def _completeness(results: Results, demand: Demand) -> list[Remark]:
    remarks = []
    if results.footer is None:
        remarks.append(
            Remark("incomplete", "interrupted", "the run was interrupted: the document has no footer")
        )
    if not results.verdicts:
        remarks.append(Remark("incomplete", "empty", "nothing was checked"))
    if results.footer and results.footer.verdict is Verdict.ERROR:
        remarks.append(Remark("incomplete", "error", "the harness itself failed during the run"))
    if results.header.target.get("stand_in") and not demand.stand_in:
        remarks.append(Remark("incomplete", "stand-in", "the target was a stand-in, which certifies nothing"))
    deselected = tuple(s.operation for s in results.skips if s.kind == "deselected")
    if deselected and not demand.selected:
        remarks.append(
            Remark("incomplete", "deselected", f"{len(deselected)} operations were not selected", deselected)
        )
    if not results.header.contract.get("sha256"):
        remarks.append(Remark("incomplete", "contract", "the contract's sha256 is not in the header"))
    lost = tuple(
        dict.fromkeys(s.operation for s in results.skips if s.kind in ("weather", "interrupted", "budget"))
    )
    if lost:
        remarks.append(
            Remark(
                "incomplete", "not run", f"{len(lost)} operations were cut short by outage or budget", lost
            )
        )
    return remarks


def _coverage(results: Results, demand: Demand) -> list[Remark]:
    eligible = sum(row.eligible for row in results.coverage)
    tested = sum(row.tested for row in results.coverage)
    succeeded = sum(row.succeeded for row in results.coverage)
    if not eligible:
        return [Remark("incomplete", "coverage", "the document says nothing of coverage")]
    remarks = []
    for word, count, share in (
        ("tested", tested, demand.tested),
        ("seen to succeed", succeeded, demand.succeeded),
    ):
        gravity: Gravity = "incomplete" if count < share * eligible else "remark"
        wanted = f", {share:.0%} are needed" if gravity == "incomplete" else ""
        sentence = f"{count} of {eligible} eligible operations {word} ({count / eligible:.0%}{wanted})"
        remarks.append(Remark(gravity, "coverage", sentence))
    return remarks


def _groups(results: Results, demand: Demand) -> list[Remark]:
    seen: dict[str, set[str]] = {}
    for record in results.verdicts:
        seen.setdefault(record.operation, set()).add(record.item.rsplit("-", 1)[-1])
    excused = {
        (s.operation, s.group) for s in results.skips if s.kind in ("no cases", "prerequisite", "safety")
    }
    remarks = []
    for group in demand.groups:
        without = tuple(
            sorted(o for o, had in seen.items() if group not in had and (o, group) not in excused)
        )
        if without:
            remarks.append(
                Remark(
                    "incomplete", "group", f"{len(without)} operations have no verdict of {group}", without
                )
            )
    return remarks


def _findings(results: Results, demand: Demand) -> list[Remark]:
    new = [f for f in results.findings if f.status == "new"]
    stale = tuple(t.sentence for t in results.troubles if t.kind in ("stale deviation", "expired deviation"))
    remarks = []
    if new:
        labels = tuple(f"{f.code}  {f.operation}  {f.pointer}" for f in new)
        remarks.append(
            Remark("fails" if demand.findings else "remark", "findings", f"{len(new)} findings", labels)
        )
    if stale:
        remarks.append(
            Remark("fails", "deviations", f"{len(stale)} known deviations are stale or expired", stale)
        )
    known = sum(f.status == "known" for f in results.findings)
    if known:
        remarks.append(Remark("remark", "known", f"{known} findings are known deviations"))
    return remarks


def _requirements(results: Results, demand: Demand, known: Collection[str]) -> list[Remark]:
    records = results.requirements
    broken = tuple(f"{r.requirement}  {r.test}" for r in records if r.verdict is Verdict.FAILED)
    spoilt = tuple(f"{r.requirement}  {r.test}: {r.reason}" for r in records if r.verdict is Verdict.ERROR)
    idle = tuple(f"{r.requirement}  {r.test}: {r.reason}" for r in records if r.verdict is Verdict.NOT_RUN)
    missing = tuple(sorted(set(known) - {r.requirement for r in records})) if demand.requirements else ()
    told: tuple[tuple[Gravity, tuple[str, ...], str], ...] = (
        ("fails" if demand.findings else "remark", broken, "tests of requirements failed"),
        ("incomplete", spoilt, "tests of requirements could not be set up"),
        ("incomplete", missing, "requirements have no record: their suite was not run"),
        ("remark", idle, "tests of requirements were not run"),
    )
    return [
        Remark(gravity, "requirements", f"{len(labels)} {said}", labels)
        for gravity, labels, said in told
        if labels
    ]


def _not_tested(results: Results) -> list[Remark]:
    kinds: dict[str, list[str]] = {}
    for skip in results.skips:
        if skip.group is None and skip.kind != "deselected":
            kinds.setdefault(skip.kind, []).append(f"{skip.operation}: {skip.reason}")
    return [
        Remark("remark", "not eligible", f"{len(labels)} operations are not eligible ({kind})", tuple(labels))
        for kind, labels in sorted(kinds.items())
    ]
