"""One document from several: shards of a run, or runs that complete one another."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_kibana.errors import ResultsError
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import (
    FamilyCoverage,
    Finding,
    Footer,
    Header,
    RequirementRecord,
    SkipRecord,
    Verdict,
    VerdictRecord,
)

_WEIGHT = {"known": 0, "tolerated": 0, "new": 1}


def merge(parts: Sequence[Results]) -> Results:
    """Unite results of one contract and one target.

    A part that is given twice counts once, and merging what was merged with a part of it changes nothing: the
    header remembers what a document was merged from. What one part tested and another skipped is tested, and what one
    part left to another was selected. Where any part was interrupted, so is the whole.

    Raises:
        ResultsError: nothing to merge, or the parts are of different contracts or targets.
    """
    if not parts:
        raise ResultsError("there are no results to merge", hint="Name two or more results.jsonl files.")
    distinct = _distinct(parts)
    if len(distinct) == 1:
        return distinct[0]
    for other in distinct[1:]:
        _must_match(distinct[0], other)
    verdicts = _verdicts(distinct)
    findings = _findings(distinct)
    tested = {(v.operation, v.item.rsplit("-", 1)[-1]) for v in verdicts}
    left_out = frozenset.intersection(*(_deselected(part) for part in distinct))
    skips = tuple(
        s
        for s in _once(s for p in distinct for s in p.skips)
        if (s.operation, s.group) not in tested and (s.kind != "deselected" or s.operation in left_out)
    )
    troubles = _once(t for p in distinct for t in p.troubles)
    coverage = _coverage(distinct, verdicts, skips)
    records = (*verdicts, *findings, *_requirements(distinct), *skips, *troubles, *coverage)
    whole = Results(distinct[0].path, _header(distinct), records, None)
    return replace(whole, footer=_footer(distinct, whole))


def _deselected(part: Results) -> frozenset[str]:
    return frozenset(skip.operation for skip in part.skips if skip.kind == "deselected")


def _distinct(parts: Sequence[Results]) -> list[Results]:
    """Leave out what another part holds already, whole or merged into it.

    Raises:
        ResultsError: two parts share some of what they were merged from, so that counting would count it twice.
    """
    kept: list[tuple[frozenset[str], Results]] = []
    for names, part in sorted(((_made_of(part), part) for part in parts), key=lambda pair: -len(pair[0])):
        if any(names <= held for held, _ in kept):
            continue
        if any(names & held for held, _ in kept):
            raise ResultsError(
                f"{part.path} was merged from results that another part holds too",
                hint="Merge the documents that it was made from.",
            )
        kept.append((names, part))
    return [part for _, part in sorted(kept, key=lambda pair: min(pair[0]))]


def _made_of(part: Results) -> frozenset[str]:
    """Return the fingerprints of the runs that a document holds; a document that was not merged is its own."""
    merged = part.header.tool.get("merged")
    if isinstance(merged, list) and merged:
        return frozenset(map(str, merged))
    text = repr((part.header, part.records, part.footer))
    return frozenset({hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]})


def _must_match(one: Results, other: Results) -> None:
    for what, key in (
        ("contract", "sha256"),
        ("target", "version"),
        ("target", "uuid"),
        ("target", "flavor"),
    ):
        mine, theirs = getattr(one.header, what).get(key), getattr(other.header, what).get(key)
        if mine != theirs:
            raise ResultsError(
                f"{one.path} and {other.path} are of different {what}s: {key} is {mine} and {theirs}",
                hint="Merge results of one contract and one target; `pytest-kibana compare` compares others.",
            )


def _once(records: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({repr(record): record for record in records}.values())


def _verdicts(parts: Sequence[Results]) -> tuple[VerdictRecord, ...]:
    """Keep one record of each item and check: equal ones once, others joined, which only raises."""
    held: dict[tuple[str, str], VerdictRecord] = {}
    for record in _once(v for part in parts for v in part.verdicts):
        key = (record.item, record.code)
        held[key] = record if key not in held else _joined(held[key], record)
    return tuple(held[key] for key in sorted(held))


def _joined(one: VerdictRecord, other: VerdictRecord) -> VerdictRecord:
    times = [t for t in (one.milliseconds, other.milliseconds) if t is not None]
    return replace(
        one,
        verdict=Verdict.join([one.verdict, other.verdict]),
        counts=_sum(one.counts, other.counts),
        statuses=_sum(one.statuses, other.statuses),
        success=one.success or other.success,
        reason=one.reason or other.reason,
        milliseconds=round(sum(times) / len(times), 2) if times else None,
    )


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def _findings(parts: Sequence[Results]) -> tuple[Finding, ...]:
    held: dict[str, Finding] = {}
    for record in _once(f for part in parts for f in part.findings):
        known = held.get(record.identity)
        held[record.identity] = record if known is None else _one_finding(known, record)
    return tuple(held[key] for key in sorted(held))


def _one_finding(one: Finding, other: Finding) -> Finding:
    small, large = sorted((one, other), key=lambda f: (len(str(f.exchange)), f.operation, f.case or ""))
    grave = max((small, large), key=lambda f: _WEIGHT[f.status])
    return replace(
        small,
        count=one.count + other.count,
        operations=tuple(sorted({*one.operations, *other.operations})),
        status=grave.status,
        about=grave.about,
        deviation=grave.deviation,
    )


def _requirements(parts: Sequence[Results]) -> tuple[RequirementRecord, ...]:
    """Keep one record of each test: the one that ran where another was skipped, else the worse."""
    held: dict[str, RequirementRecord] = {}
    for record in _once(r for part in parts for r in part.requirements):
        known = held.get(record.test)
        held[record.test] = record if known is None else max(known, record, key=lambda r: r.verdict.rank)
    return tuple(held[key] for key in sorted(held))


def _coverage(
    parts: Sequence[Results], verdicts: Sequence[VerdictRecord], skips: Sequence[SkipRecord]
) -> tuple[FamilyCoverage, ...]:
    """Count anew what the verdicts show; what only a plan knows is the greatest that any part says."""
    tested: dict[str, set[str]] = {}
    succeeded: dict[str, set[str]] = {}
    for record in verdicts:
        tested.setdefault(record.family, set()).add(record.operation)
        if record.success:
            succeeded.setdefault(record.family, set()).add(record.operation)
    rows: dict[str, FamilyCoverage] = {}
    for row in (row for part in parts for row in part.coverage):
        held = rows.get(row.family)
        rows[row.family] = row if held is None else _wider(held, row)
    shut = {s.operation for s in skips if s.group is None and s.kind != "deselected"}
    return tuple(
        replace(
            row,
            tested=max(row.tested, len(tested.get(family, ()))),
            succeeded=max(row.succeeded, len(succeeded.get(family, ()))),
            eligible=max(row.eligible, len(tested.get(family, set()) - shut)),
        )
        for family, row in sorted(rows.items())
    )


def _wider(one: FamilyCoverage, other: FamilyCoverage) -> FamilyCoverage:
    fields = ("operations", "eligible", "tested", "succeeded", "findings")
    greatest = {name: max(getattr(one, name), getattr(other, name)) for name in fields}
    same = one == other
    labels = tuple(sorted({*one.labels, *other.labels}))
    return replace(
        one, **greatest, labels=labels, requests=one.requests if same else one.requests + other.requests
    )


def _header(parts: Sequence[Results]) -> Header:
    merged = sorted({name for part in parts for name in _made_of(part)})
    return replace(
        parts[0].header,
        tool={**parts[0].header.tool, "merged": merged},
        started=min(part.header.started for part in parts),
    )


def _footer(parts: Sequence[Results], whole: Results) -> Footer | None:
    footers = [part.footer for part in parts if part.footer is not None]
    if len(footers) < len(parts):
        return None
    if len(footers) == 1:
        return footers[0]
    counts = dict(footers[0].counts)
    for name in ("operations", "eligible", "tested", "succeeded"):
        counts[name] = sum(getattr(row, name) for row in whole.coverage)
    findings, requirements = whole.findings, whole.requirements
    counts.update(verdicts=len(whole.verdicts), findings=len(findings), skips=len(whole.skips))
    broken = sum(record.verdict is Verdict.FAILED for record in requirements)
    counts.update(requirements=len(requirements), broken=broken)
    counts.update({word: sum(f.status == word for f in findings) for word in ("new", "known", "tolerated")})
    return Footer(
        finished=max(footer.finished for footer in footers),
        verdict=Verdict.join([*(footer.verdict for footer in footers)]),
        exit_code=_worst([footer.exit_code for footer in footers]),
        counts=counts,
        requests=sum(footer.requests for footer in footers),
        seconds=round(sum(footer.seconds for footer in footers), 3),
    )


_GRAVITY = (0, 5, 7, 8, 6, 4, 1, 2, 3)
"""Exit codes from harmless to grave: an incomplete run weighs less than findings, and these less than a crash."""


def _worst(codes: Sequence[int]) -> int:
    return max(codes, key=lambda code: _GRAVITY.index(code) if code in _GRAVITY else len(_GRAVITY))


def merge_files(paths: Sequence[Path]) -> Results:
    """Read and merge results documents."""
    from pytest_kibana.evidence.document import read_results

    return merge([read_results(path) for path in paths])
