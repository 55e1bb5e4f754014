"""Verdicts become findings: one defect is one finding, whatever the number of requests, items or workers."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pytest_kibana.checks import Check, Problem
from pytest_kibana.conformance.example import as_data, console, curl, size
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Defect, Operation
from pytest_kibana.evidence.model import About, Finding, Level, Severity, Verdict
from pytest_kibana.wire.exchange import Exchange

DEFECT_CODE = "KBN-C100"
"""Code of findings that the contract alone shows, before anything is sent."""


def identity(operation: str, code: str, problem: Problem) -> str:
    """Return the name of a defect: 16 hexadecimal digits.

    It is made of words that survive a regenerated contract (label, code, component's name, pointer, keyword),
    never of counters. A defect of a named component is the same in every operation that uses the component.
    """
    if problem.component:
        parts = ("component", code, problem.component, problem.within or problem.pointer, problem.keyword)
    else:
        parts = (operation, code, "", problem.pointer, problem.keyword)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def finding(
    check: Check, verdict: Verdict, problem: Problem, exchange: Exchange, operation: Operation
) -> Finding:
    """Return the finding of one problem in one exchange."""
    return Finding(
        identity=identity(operation.label, check.code, problem),
        code=check.code,
        title=check.title,
        sentence=problem.sentence,
        operation=operation.label,
        about=problem.about,
        level=check.level,
        severity=check.severity,
        family=operation.family,
        operations=(operation.label,),
        pointer=problem.pointer,
        keyword=problem.keyword,
        component=problem.component,
        case=exchange.request.intent.case,
        curl=curl(exchange),
        console=console(exchange),
        exchange=as_data(exchange),
        status="new" if verdict is Verdict.FAILED else "tolerated",
    )


@dataclass(slots=True)
class _Held:
    finding: Finding
    size: tuple[int, int, str]


class Findings:
    """Collects findings and merges those of one identity: counts add up, the smallest example stays.

    The result does not depend on the order in which they come, so that shards and workers agree.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def see(
        self, check: Check, verdict: Verdict, problem: Problem, exchange: Exchange, operation: Operation
    ) -> str:
        """Add a problem of an exchange; returns its identity. It is only written out where it is graver or smaller
        than what is held.
        """
        name = identity(operation.label, check.code, problem)
        held = self._held.get(name)
        if held is None:
            self._held[name] = _Held(finding(check, verdict, problem, exchange, operation), size(exchange))
            return name
        if held.finding.status == "tolerated" and verdict is Verdict.FAILED:
            fresh = finding(check, verdict, problem, exchange, operation)
            held.finding = _worse(held.finding, fresh)
        held.finding = replace(held.finding, count=held.finding.count + 1)
        self.example(check, verdict, problem, exchange, operation)
        return name

    def example(
        self, check: Check, verdict: Verdict, problem: Problem, exchange: Exchange, operation: Operation
    ) -> bool:
        """Show a finding that is held by this exchange where it is smaller, without counting it; True where held."""
        held = self._held.get(identity(operation.label, check.code, problem))
        if held is None:
            return False
        measure = size(exchange)
        if measure < held.size:
            fresh = finding(check, verdict, problem, exchange, operation)
            held.finding = replace(_worse(fresh, held.finding), count=held.finding.count)
            held.size = measure
        return True

    def __iter__(self) -> Iterator[Finding]:
        return iter([held.finding for held in self._held.values()])

    def __len__(self) -> int:
        return len(self._held)


_WEIGHT = {"tolerated": 0, "known": 1, "new": 2}


def _worse(example: Finding, other: Finding) -> Finding:
    """Return ``example`` with the graver status of the two, and whom that one is about."""
    if _WEIGHT[other.status] <= _WEIGHT[example.status]:
        return example
    return replace(example, status=other.status, about=other.about, deviation=other.deviation)


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Merge findings of one identity: counts and operations are united, the smallest example is kept.

    Returns them in an order of their own: about the deployment first, the gravest first, then by code and
    operation. Merging is commutative and associative; it is not idempotent in ``count``, so each part is
    given once.
    """
    merged: dict[str, Finding] = {}
    for one in findings:
        held = merged.get(one.identity)
        merged[one.identity] = one if held is None else _united(held, one)
    return tuple(sorted(merged.values(), key=order))


def _united(a: Finding, b: Finding) -> Finding:
    small, large = sorted((a, b), key=_example_size)
    operations = tuple(sorted({*a.operations, *b.operations}))
    return replace(_worse(small, large), count=a.count + b.count, operations=operations)


def _example_size(one: Finding) -> tuple[int, str, str]:
    return len(str(one.exchange or "")), one.operation, one.case or ""


_ABOUT = {About.DEPLOYMENT: 0, About.UNDECIDED: 1, About.CONTRACT: 2}


def order(one: Finding) -> tuple[int, int, int, str, str, str]:
    """Return a sort key: what fails first, then whom it is about, then how grave, then where."""
    return (
        -_WEIGHT[one.status],
        _ABOUT[one.about],
        list(Severity).index(one.severity),
        one.code,
        one.operation,
        one.identity,
    )


def of_contract(contract: Contract, labels: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """Return the findings that the contract alone shows: one for each kind of defect and operation.

    Args:
        contract: the contract.
        labels: operations that were asked for; all, and what belongs to none, where None.
    """
    wanted = None if labels is None else frozenset(labels)
    return merge(
        _defect(defect, contract.operations)
        for defect in contract.defects
        if wanted is None or defect.operation in wanted
    )


def _defect(defect: Defect, operations: Mapping[str, Operation]) -> Finding:
    operation = operations.get(defect.operation or "")
    label = operation.label if operation else ""
    return Finding(
        identity=identity(label, DEFECT_CODE, Problem("", keyword=defect.kind)),
        code=DEFECT_CODE,
        title=f"defect of the contract: {defect.kind}",
        sentence=defect.sentence,
        operation=label,
        about=About.CONTRACT,
        level=Level.MUST,
        severity=Severity.MINOR,
        family=operation.family if operation else "",
        operations=(label,) if label else (),
        pointer=defect.pointer,
        keyword=defect.kind,
        status="tolerated",
    )
