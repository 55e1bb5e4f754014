"""The part of a results document that is about some operations: what one consumer depends on."""

import re
from collections.abc import Collection
from dataclasses import replace

from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import (
    FamilyCoverage,
    Finding,
    Record,
    RequirementRecord,
    SkipRecord,
    TroubleRecord,
    VerdictRecord,
)

_NAME = re.compile(r"\{[^}]*\}")


def narrowed(results: Results, operations: Collection[str]) -> Results:
    """Return the records about these operations, with coverage counted anew.

    Args:
        results: a document.
        operations: labels, with any names of parameters.
    """
    wanted = frozenset(map(_shape, operations))
    kept = tuple(record for record in results.records if _about(record, wanted))
    rows = tuple(_row(row, kept, wanted) for row in results.coverage)
    return replace(results, records=(*kept, *(row for row in rows if row.operations)))


def _shape(label: str) -> str:
    return _NAME.sub("{}", label)


def _about(record: Record, wanted: frozenset[str]) -> bool:
    if isinstance(record, VerdictRecord | SkipRecord):
        return _shape(record.operation) in wanted
    if isinstance(record, Finding):
        return any(_shape(label) in wanted for label in (record.operation, *record.operations))
    if isinstance(record, RequirementRecord):
        return any(_shape(label) in wanted for label in record.calls)
    return isinstance(record, TroubleRecord)


def _row(row: FamilyCoverage, kept: tuple[Record, ...], wanted: frozenset[str]) -> FamilyCoverage:
    mine = tuple(label for label in row.labels if _shape(label) in wanted)
    verdicts = [r for r in kept if isinstance(r, VerdictRecord) and r.family == row.family]
    shut = {
        r.operation for r in kept if isinstance(r, SkipRecord) and r.group is None and r.family == row.family
    }
    return replace(
        row,
        operations=len({*mine, *shut}),
        eligible=len(mine),
        tested=len({r.operation for r in verdicts}),
        succeeded=len({r.operation for r in verdicts if r.success}),
        findings=sum(
            isinstance(r, Finding) and r.family == row.family and r.about.value != "contract" for r in kept
        ),
        requests=0,
        labels=mine,
    )
