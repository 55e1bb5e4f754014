"""Two results set against each other: what got worse, what got better, what is no longer looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Finding, RequirementRecord, Verdict

_PASSING = frozenset({Verdict.PASSED, Verdict.TOLERATED, Verdict.KNOWN})


@dataclass(frozen=True, slots=True)
class FamilyChange:
    """What changed in one family. ``seconds`` are not compared: machines differ."""

    family: str
    new: int
    fixed: int
    unchanged: int
    no_longer_tested: int
    newly_tested: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Results set against each other.

    Attributes:
        old, new: what was compared.
        added: findings that the old results do not have, at operations that both tested or the new one alone.
        graver: findings that both have, tolerated or known before and failing now.
        fixed: findings of the old results that the new ones do not have, where the operation was tested again.
        unseen: findings of the old results whose operations were not tested again: neither fixed nor there.
        unchanged: findings that both have.
        no_longer_tested: operations that the old results tested and the new ones did not.
        newly_tested: the other way round.
        lost_success: operations whose success was seen before and is not seen now, though they were tested.
        broken: tests of requirements that held before, or were not there, and do not hold now.
        mended: those that did not hold before, and do now.
        no_longer_certified: tests of requirements that had an outcome before and have none now.
    """

    old: Results
    new: Results
    added: tuple[Finding, ...]
    graver: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unseen: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    no_longer_tested: tuple[str, ...]
    newly_tested: tuple[str, ...]
    lost_success: tuple[str, ...]
    families: tuple[FamilyChange, ...]
    broken: tuple[RequirementRecord, ...] = ()
    mended: tuple[RequirementRecord, ...] = ()
    no_longer_certified: tuple[RequirementRecord, ...] = ()

    @property
    def worse(self) -> bool:
        """True where a gate should close: something fails that did not, or success is no longer seen, or less was
        tested, or the new run was interrupted.
        """
        failing = any(f.status == "new" for f in (*self.added, *self.graver))
        less = (self.no_longer_tested, self.lost_success, self.broken, self.no_longer_certified)
        return failing or any(less) or self.new.interrupted

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        findings: Mapping[str, tuple[Finding, ...]] = {
            "new": self.added,
            "graver": self.graver,
            "fixed": self.fixed,
            "unseen": self.unseen,
            "unchanged": self.unchanged,
        }
        return {
            "worse": self.worse,
            "old": _who(self.old),
            "new": _who(self.new),
            "findings": {name: [_brief(f) for f in group] for name, group in findings.items()},
            "no_longer_tested": list(self.no_longer_tested),
            "newly_tested": list(self.newly_tested),
            "lost_success": list(self.lost_success),
            "requirements": {
                "broken": [_certificate(r) for r in self.broken],
                "mended": [_certificate(r) for r in self.mended],
                "no_longer_certified": [_certificate(r) for r in self.no_longer_certified],
            },
            "families": [
                {
                    "family": f.family,
                    "new": f.new,
                    "fixed": f.fixed,
                    "unchanged": f.unchanged,
                    "no_longer_tested": f.no_longer_tested,
                    "newly_tested": f.newly_tested,
                }
                for f in self.families
            ],
        }

    def text(self) -> str:
        """Return the comparison for a terminal."""
        lines = [f"old  {_line(self.old)}", f"new  {_line(self.new)}", ""]
        for title, group in (
            ("new findings", self.added),
            ("graver", self.graver),
            ("fixed", self.fixed),
            ("not looked at again", self.unseen),
        ):
            if group:
                lines.append(f"{title} ({len(group)})")
                lines += [f"  {f.code}  {f.operation}  {f.pointer} {f.sentence}"[:160] for f in group]
        for title, labels in (
            ("no longer tested", self.no_longer_tested),
            ("success no longer seen", self.lost_success),
            ("newly tested", self.newly_tested),
        ):
            if labels:
                lines.append(f"{title} ({len(labels)})")
                lines += [f"  {label}" for label in labels]
        for title, records in (
            ("requirements broken", self.broken),
            ("requirements mended", self.mended),
            ("requirements no longer certified", self.no_longer_certified),
        ):
            if records:
                lines.append(f"{title} ({len(records)})")
                lines += [f"  {r.requirement}  {r.sentence}  {r.test}"[:160] for r in records]
        lines.append(
            f"{len(self.unchanged)} findings unchanged; {'worse' if self.worse else 'nothing got worse'}"
        )
        return "\n".join(lines)


def compare(old: Results, new: Results) -> Comparison:
    """Set two results against each other. Contracts and targets may differ: that is what an upgrade is."""
    before, after = _by_identity(old), _by_identity(new)
    tested_before, tested_after = _tested(old), _tested(new)
    gone = [before[name] for name in before if name not in after]
    both = [name for name in after if name in before]
    added = tuple(after[name] for name in after if name not in before)
    graver = tuple(after[n] for n in both if after[n].status == "new" and before[n].status != "new")
    fixed = tuple(f for f in gone if _looked_at(f, tested_after))
    unseen = tuple(f for f in gone if not _looked_at(f, tested_after))
    risen = {finding.identity for finding in graver}
    unchanged = tuple(after[name] for name in both if name not in risen)
    lost = tuple(sorted(tested_before.keys() - tested_after.keys()))
    gained = tuple(sorted(tested_after.keys() - tested_before.keys()))
    succeeded = {v.operation for v in new.verdicts if v.success}
    fallen = sorted(
        label
        for label in {v.operation for v in old.verdicts if v.success} - succeeded
        if label in tested_after
    )
    names = sorted({*tested_before.values(), *tested_after.values(), *(f.family for f in (*added, *gone))})
    families = tuple(
        FamilyChange(
            name,
            new=sum(f.family == name for f in added),
            fixed=sum(f.family == name for f in fixed),
            unchanged=sum(f.family == name for f in unchanged),
            no_longer_tested=sum(tested_before[label] == name for label in lost),
            newly_tested=sum(tested_after[label] == name for label in gained),
        )
        for name in names
    )
    return Comparison(
        old,
        new,
        added,
        graver,
        fixed,
        unseen,
        unchanged,
        lost,
        gained,
        tuple(fallen),
        families,
        *_certificates(old, new),
    )


def _certificates(old: Results, new: Results) -> tuple[tuple[RequirementRecord, ...], ...]:
    """Return the tests of requirements that broke, that were mended, and that no longer have an outcome."""
    before, after = ({r.test: r for r in one.requirements} for one in (old, new))
    bad, good = Verdict.FAILED, (Verdict.PASSED, Verdict.TOLERATED)
    broken = tuple(
        r
        for name, r in after.items()
        if r.verdict is bad and not (name in before and before[name].verdict is bad)
    )
    mended = tuple(
        r for name, r in after.items() if r.verdict in good and name in before and before[name].verdict is bad
    )
    gone = tuple(
        r
        for name, r in before.items()
        if r.verdict in (bad, *good) and (name not in after or after[name].verdict not in (bad, *good))
    )
    return broken, mended, gone


def _by_identity(results: Results) -> dict[str, Finding]:
    return {finding.identity: finding for finding in results.findings}


def _tested(results: Results) -> dict[str, str]:
    """Return the operations that were judged at all, with their families."""
    return {
        v.operation: v.family
        for v in results.verdicts
        if v.verdict in _PASSING or v.verdict is Verdict.FAILED
    }


def _looked_at(finding: Finding, tested: Mapping[str, str]) -> bool:
    # A finding about the contract alone belongs to no answer, and is looked at whenever the contract is read.
    labels = finding.operations or ((finding.operation,) if finding.operation else ())
    return finding.exchange is None or any(label in tested for label in labels)


def _who(results: Results) -> dict[str, Any]:
    header = results.header
    return {
        "path": str(results.path),
        "target": header.target,
        "contract": header.contract,
        "started": header.started,
        "interrupted": results.interrupted,
    }


def _brief(finding: Finding) -> dict[str, Any]:
    return {
        "identity": finding.identity,
        "code": finding.code,
        "operation": finding.operation,
        "operations": list(finding.operations),
        "family": finding.family,
        "pointer": finding.pointer,
        "keyword": finding.keyword,
        "sentence": finding.sentence,
        "about": finding.about.value,
        "status": finding.status,
        "count": finding.count,
    }


def _certificate(record: RequirementRecord) -> dict[str, Any]:
    return {
        "requirement": record.requirement,
        "sentence": record.sentence,
        "level": record.level.value,
        "test": record.test,
        "verdict": record.verdict.value,
        "reason": record.reason,
    }


def _line(results: Results) -> str:
    target, contract = results.header.target, results.header.contract
    state = " (interrupted)" if results.interrupted else ""
    return f"{target.get('version')} against contract {contract.get('source')}: {results.path}{state}"
