"""What tests of the suites certify: whom each of them called, and what came of it, as lines of the results.

A test that carries ``kibana_requirement`` is followed from its set-up to its end. What it learned travels inside its
reports as plain data, so that a run on several workers keeps the same books as one.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana import markers, suites
from pytest_kibana.contract import Contract
from pytest_kibana.evidence.codec import from_json
from pytest_kibana.evidence.model import Level, RequirementRecord, Verdict
from pytest_kibana.wire import Exchange, Origin

_LONGEST = 600
SUITES = Path(suites.__file__).resolve().parent
OWN = frozenset({Origin.HAND, Origin.FACTORY})


class Calls:
    """Counts what the test that is running says, itself or through a factory.

    Requests that the plan's own items send from other threads, at the same time, are not the test's.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._counts: dict[str, dict[str, int]] = {}

    def hear(self, exchange: Exchange) -> None:
        """Listen to one exchange."""
        request, answer = exchange.request, exchange.answer
        if threading.get_ident() != self._thread or request.origin not in OWN:
            return
        if request.operation and answer is not None:
            counts = self._counts.setdefault(request.operation, {})
            counts[str(answer.status)] = counts.get(str(answer.status), 0) + 1

    def taken(self) -> dict[str, dict[str, int]]:
        """Return the counts since the last call of this, by operation and status."""
        counts, self._counts = self._counts, {}
        return counts


def certifies(
    item: pytest.Item, contract: Contract, calls: Mapping[str, dict[str, int]]
) -> RequirementRecord | None:
    """Return what a test says of itself and whom it called, without a verdict; None where it certifies nothing.

    An item of the plan certifies through its verdicts, and is not written down twice.
    """
    callspec = getattr(item, "callspec", None)
    parameters: Mapping[str, Any] = callspec.params if callspec is not None else {}
    found = markers.read(item, "kibana_requirement") if "kibana_item" not in parameters else []
    if not found:
        return None
    requirement: markers.Requirement = found[0]
    named = [op for label in requirement.operations if (op := contract.find(label)) is not None]
    called = [op for label in calls if (op := contract.find(label)) is not None]
    return RequirementRecord(
        test=name_of(item),
        requirement=requirement.id,
        level=Level(requirement.level),
        verdict=Verdict.UNKNOWN,
        sentence=_sentence(item, parameters),
        families=tuple(dict.fromkeys(op.family for op in (named or called))),
        calls={op.label: dict(calls[label]) for label in calls if (op := contract.find(label)) is not None},
    )


def name_of(item: pytest.Item) -> str:
    """Return the node id; that of a test of ours begins below the suites, wherever they are installed."""
    place = item.path.resolve()
    if not place.is_relative_to(SUITES):
        return item.nodeid
    return "::".join([place.relative_to(SUITES).as_posix(), *item.nodeid.split("::")[1:]])


def _sentence(item: pytest.Item, parameters: Mapping[str, Any]) -> str:
    """Return what is certified: what a parameter says of itself (a law), else the test's own first line."""
    of_parameter = next(
        (said for value in parameters.values() if (said := getattr(value, "sentence", None))), None
    )
    own = (getattr(getattr(item, "function", None), "__doc__", None) or item.name).strip().splitlines()[0]
    return str(of_parameter or own)


def concluded(told: Mapping[str, Any], phases: Sequence[pytest.TestReport]) -> RequirementRecord:
    """Return the line for the results: what the test told of itself, as plain data, and how its phases ended.

    A set-up that broke says nothing about the deployment, so the test is in error; a clean-up that broke fails nothing
    here: what could not be removed is told elsewhere.
    """
    verdict, reason = Verdict.PASSED, None
    for report in phases:
        if report.when == "teardown":
            continue
        if hasattr(report, "wasxfail"):
            verdict, reason = (
                (Verdict.TOLERATED, report.wasxfail) if report.skipped else (Verdict.PASSED, None)
            )
        elif report.skipped:
            verdict, reason = Verdict.NOT_RUN, _why(report)
        elif report.failed:
            verdict = Verdict.ERROR if report.when == "setup" else Verdict.FAILED
            reason = _without(f"{told['requirement']} {told['sentence']}", _why(report))
    seconds = round(sum(report.duration for report in phases), 3)
    record = from_json(
        {**told, "verdict": verdict.value, "reason": reason and reason[:_LONGEST], "seconds": seconds}
    )
    assert isinstance(record, RequirementRecord)
    return record


def _why(report: pytest.TestReport) -> str:
    """Return the reason of a skip, or the message of a failure without its traceback."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(crash.message if crash is not None else report.longrepr)
    return said.removeprefix("AssertionError: ").removeprefix("Failed: ")


def _without(heading: str, reason: str) -> str:
    """Leave out of a reason what stands above it in every report."""
    rest = reason.removeprefix(heading) if reason.startswith(heading) else reason
    return "\n".join(line.strip() for line in rest.strip().splitlines()) or reason
