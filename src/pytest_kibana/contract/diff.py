"""``diff(old, new)``: what changed between two contracts, by meaning, and whom it hurts.

A change is *breaking* where a client that kept the old contract meets trouble: a request that was allowed is refused,
or an answer lacks what was promised. It is breaking *for strict readers* where only a client that validates answers
(against closed objects, or listed values) meets trouble. The rest is *addition*. What is spelt otherwise and means the
same is counted and not listed. Each breaking change comes with a witness: a value that one contract allows and the
other refuses, which the validators of both have confirmed; a change for which none was found is *undecided*, and says
so, unless the canonical forms of jsonschema-rs prove that nothing was lost.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.model import Maturity, Operation


class Class(StrEnum):
    """Whom a change hurts; from worst to nothing."""

    BREAKING = "breaking"
    STRICT = "breaking for strict readers"
    UNDECIDED = "undecided"
    ADDITION = "addition"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one operation.

    ``where`` is the part of it (``operation``, ``query page``, ``request body``, ``response 200`` ...), ``at`` the
    place inside the value (``.items[].name``), ``code`` a stable word, ``sentence`` what a reader is told.
    ``witness`` is a value that shows it, where ``witnessed`` is true: a request that the new contract refuses, an
    answer that the old one did not promise, or an answer of old that the new one no longer describes. ``reason`` says
    why a change is undecided, ``probe`` what a deployment said to it, where one was asked. ``maturity`` and
    ``deprecated`` are those of the operation in the old contract (in the new one, for what is added).
    """

    operation: str
    where: str
    at: str
    code: str
    severity: Class
    sentence: str
    maturity: Maturity = Maturity.STABLE
    deprecated: bool = False
    witnessed: bool = False
    witness: Any = None
    reason: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that changed between two contracts. ``respelled`` counts what only looks changed."""

    old: str
    new: str
    changes: tuple[Change, ...] = ()
    respelled: int = 0
    shared: int = 0
    counts: Counter[Class] = field(default_factory=Counter)

    def of(self, *severities: Class) -> tuple[Change, ...]:
        """Return the changes of these classes."""
        return tuple(change for change in self.changes if change.severity in severities)

    def among(self, operations: Collection[str]) -> "Diff":
        """Return the part of the diff that is about these operations, by label: what one consumer depends on."""
        wanted = frozenset(operations)
        changes = tuple(change for change in self.changes if change.operation in wanted)
        return replace(self, changes=changes, counts=Counter(change.severity for change in changes))

    def blocking(
        self, maturities: Collection[Maturity] = (Maturity.STABLE, Maturity.PREVIEW, Maturity.BETA)
    ) -> tuple[Change, ...]:
        """Return the breaking changes of operations that are promised this far; experimental ones only report."""
        return tuple(c for c in self.changes if c.severity is Class.BREAKING and c.maturity in maturities)


def diff(old: Contract, new: Contract) -> Diff:
    """Compare two contracts.

    Args:
        old: what clients were written against.
        new: what they will meet.
    """
    from pytest_kibana.contract.diffing import Differ

    differ = Differ(old, new)
    changes: list[Change] = []
    shared = 0
    partners = {}
    for operation in old.operations.values():
        partner = new.find(operation.label)
        if partner is None:
            changes.append(_removed(operation))
        else:
            shared += 1
            partners[partner.label] = operation
            changes += differ.operation(operation, partner)
    changes += (_added(operation) for label, operation in new.operations.items() if label not in partners)
    return Diff(
        old=old.source,
        new=new.source,
        changes=tuple(changes),
        respelled=differ.respelled,
        shared=shared,
        counts=Counter(change.severity for change in changes),
    )


def _removed(operation: Operation) -> Change:
    before = "it was marked deprecated" if operation.deprecated else "it was not marked deprecated"
    return Change(
        operation=operation.label,
        where="operation",
        at="",
        code="operation-removed",
        severity=Class.BREAKING,
        sentence=f"is gone; {before} ({operation.availability.maturity.value})",
        maturity=operation.availability.maturity,
        deprecated=operation.deprecated,
        witnessed=True,
        witness={"method": operation.method, "path": operation.path},
    )


def _added(operation: Operation) -> Change:
    since = operation.availability.since
    said = f"added in {since}" if since else "the contract does not say since when"
    return Change(
        operation=operation.label,
        where="operation",
        at="",
        code="operation-added",
        severity=Class.ADDITION,
        sentence=f"is newly documented; {said}",
        maturity=operation.availability.maturity,
        deprecated=operation.deprecated,
    )


def to_json(found: Diff) -> dict[str, Any]:
    """Return a diff as JSON data: ``old``, ``new``, ``counts``, ``respelled``, and ``changes`` with their fields."""
    return {
        "old": found.old,
        "new": found.new,
        "shared_operations": found.shared,
        "counts": {severity.value: found.counts[severity] for severity in Class},
        "respelled": found.respelled,
        "changes": [_change_data(change) for change in found.changes],
    }


def _change_data(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {
        "operation": change.operation,
        "where": change.where,
        "at": change.at,
        "code": change.code,
        "class": change.severity.value,
        "sentence": change.sentence,
        "maturity": change.maturity.value,
        "deprecated": change.deprecated,
    }
    if change.witnessed:
        data["witness"] = change.witness
    if change.reason:
        data["reason"] = change.reason
    if change.probe:
        data["probe"] = change.probe
    return data


def to_markdown(found: Diff) -> str:
    """Return a diff as Markdown: a table of counts, then the changes of each class, by operation."""
    return "\n".join(_markdown(found)) + "\n"


def _markdown(found: Diff) -> Iterator[str]:
    import json

    yield f"# What changed from {found.old} to {found.new}"
    yield ""
    yield f"{found.shared} operations are in both."
    yield ""
    yield "| class | changes |"
    yield "|---|---|"
    yield from (f"| {severity.value} | {found.counts[severity]} |" for severity in Class)
    yield f"| re-spelling (same meaning; not listed) | {found.respelled} |"
    for severity in Class:
        changes = found.of(severity)
        if not changes:
            continue
        yield from ("", f"## {severity.value.capitalize()}")
        operation = ""
        for change in changes:
            if change.operation != operation:
                operation = change.operation
                yield from ("", f"### `{operation}`", "")
            place = f"{change.where} `{change.at}`" if change.at else change.where
            reason = f" ({change.reason})" if change.reason else ""
            yield f"* {place}: {change.sentence}{reason} `{change.code}`"
            if change.probe:
                yield f"  * probe: {change.probe}"
            if change.witnessed and severity is not Class.ADDITION:
                text = json.dumps(change.witness, ensure_ascii=False)
                yield f"  * witness: `{text if len(text) <= 300 else text[:300] + '…'}`"
