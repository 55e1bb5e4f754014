"""Judging recorded traffic against a contract, offline: the same checks, findings and results as for a run.

A recording of our own says what each request was meant to show, so under the contract that it was made for it is
judged as the run judged it. Under another contract, and for one from elsewhere (a browser, a proxy, Terraform, a
cassette), nothing is claimed of the requests: what was invalid may be valid now. Then the answers alone are judged.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from pytest_kibana.cases.model import Kind
from pytest_kibana.checks import Look, described, judge
from pytest_kibana.commands.recordings import RECORDED, most_spoken_to, of_kibana
from pytest_kibana.conformance import Conclusion, Item, Outcome, Plan, conclude, plan
from pytest_kibana.conformance.outcome import Tally
from pytest_kibana.conformance.probes import probes
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.evidence import SCHEMA_VERSION, Header, SkipRecord, TroubleRecord, load_deviations
from pytest_kibana.target import load_facts
from pytest_kibana.wire import Exchange

_VALID = frozenset({Kind.EXAMPLE.value, Kind.SMALLEST.value, Kind.BOUNDARY.value, Kind.RANDOM.value})
_CHECKS: Mapping[str, tuple[str, ...]] = {
    RECORDED: ("responses",),
    "responses": ("responses", "KBN-I202", "KBN-P308", "KBN-A404"),
}
_WITH_STORY = ("protocol", "access")
_MOST_UNKNOWN = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """What a recording is judged as: the target's version and flavor, and the plan of what could have been said."""

    version: str | None
    flavor: str
    license: str | None = None
    plugins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of an audit. ``unknown`` counts requests, by method and path, that the contract does not have."""

    header: Header
    conclusion: Conclusion
    uncovered: tuple[str, ...]
    unknown: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def audit(
    recordings: Mapping[Path, Sequence[Exchange]],
    contract: Contract,
    *,
    source: str,
    target_version: str | None = None,
    flavor: str = "traditional",
    strict: bool = False,
    deviations: str | None = None,
) -> Audit:
    """Judge what was recorded.

    Args:
        recordings: exchanges by the file that they were read from.
        contract: what to hold the answers to.
        source: what the contract was called.
        target_version: version that the recording is of; learned from a recorded ``/api/status`` where None.
        flavor: ``traditional`` or ``serverless``.
        strict: insist on the letter.
        deviations: file with the user's own known deviations.
    """
    begun = time.time()
    sorted_out = [of_kibana(file) for file in recordings.values()]
    exchanges = [exchange for kept, _ in sorted_out for exchange in kept]
    others = sum((Counter(elsewhere) for _, elsewhere in sorted_out), Counter[str]())
    subject = Subject(target_version or _version_said(exchanges), flavor)
    planned = plan(
        contract, subject, load_facts().of, allow="disruptive", allow_internal=True, groups=(RECORDED,)
    )
    outcomes, unknown, troubles = _judge(exchanges, contract, subject, strict=strict)
    at = max((e.started for e in exchanges), default=0.0)
    troubles += [TroubleRecord("not Kibana's", place, at, n) for place, n in others.most_common()]
    covered = {outcome.operation for outcome in outcomes if outcome.tested}
    uncovered = tuple(label for label in planned.eligible if label not in covered)
    missing = tuple(
        SkipRecord(label, contract.operations[label].family, "not recorded", "the recording does not have it")
        for label in uncovered
    )
    lists = load_deviations(deviations).at(
        version=subject.version,
        flavor=flavor,
        contract=contract.version,
        today=datetime.now(UTC).date(),
    )
    concluded = conclude(planned, outcomes, troubles=troubles, deviations=lists)
    # An uncovered operation stays eligible: coverage says how much of the contract the recording shows.
    concluded = replace(concluded, skips=(*concluded.skips, *missing))
    what = {
        "source": source,
        "version": contract.version,
        "sha256": contract.sha256,
        "title": contract.title,
    }
    header = _header(tuple(recordings), exchanges, what, subject, planned, strict=strict)
    return Audit(header, concluded, uncovered, unknown, time.time() - begun)


def _judge(
    exchanges: Sequence[Exchange], contract: Contract, subject: Subject, *, strict: bool
) -> tuple[list[Outcome], Mapping[str, int], list[TroubleRecord]]:
    tallies: dict[tuple[str, str], Tally] = {}
    unknown: Counter[str] = Counter()
    weather: Counter[tuple[str, str]] = Counter()
    for exchange in exchanges:
        operation = _operation(exchange, contract)
        if operation is None:
            unknown[f"{exchange.request.method} {exchange.request.path}"] += 1
            continue
        if exchange.weather is not None:
            weather[exchange.weather.kind, exchange.weather.sentence] += 1
            continue
        group = _group(exchange, operation)
        tally = tallies.setdefault((operation.label, group), Tally(Item(operation, group, 0), whole=False))
        said = exchange if group != RECORDED else _claimed(exchange)
        look = Look(
            exchange,
            operation,
            contract,
            strict=strict,
            story=tally.told(exchange) if group in _WITH_STORY else (),
            flavor=subject.flavor,
            version=subject.version,
            usual=tally.usual,
        )
        tally.add(said, judge(look, _CHECKS.get(group, ("responses", group))))
    at = max((e.started for e in exchanges), default=0.0)
    troubles = [TroubleRecord(kind, sentence, at, number) for (kind, sentence), number in weather.items()]
    shown = unknown.most_common(_MOST_UNKNOWN)
    troubles += [TroubleRecord("unknown path", path, at, number) for path, number in shown]
    if len(unknown) > _MOST_UNKNOWN:
        rest = len(unknown) - _MOST_UNKNOWN
        troubles.append(TroubleRecord("unknown path", f"and {rest} more paths", at, rest))
    return [tally.outcome() for tally in tallies.values()], dict(unknown.most_common()), troubles


def _operation(exchange: Exchange, contract: Contract) -> Operation | None:
    """The operation that a request was meant for: by its label where it has one, and else by its path."""
    request = exchange.request
    if request.operation:
        found = contract.find(request.operation)
        if found is not None:
            return found
    match = contract.match(request.method, request.path)
    return match.operation if match else None


def _group(exchange: Exchange, operation: Operation) -> str:
    intent = exchange.request.intent
    if intent.expect is None and intent.case is None:
        return RECORDED
    if intent.kind in _VALID:
        return "responses"
    if intent.kind == Kind.INVALID.value:
        return "input"
    meant = {probe.kind for probe in probes(operation, "access")}
    return "access" if intent.kind in meant or intent.identity != "main" else "protocol"


def _claimed(exchange: Exchange) -> Exchange:
    """A recorded success is a success of its operation, though nobody of ours meant it to be one."""
    intent = replace(exchange.request.intent, expect="accepted")
    return replace(exchange, request=replace(exchange.request, intent=intent))


def _version_said(exchanges: Sequence[Exchange]) -> str | None:
    for exchange in exchanges:
        if (
            exchange.request.path == "/api/status"
            and exchange.answer
            and isinstance(exchange.answer.json, dict)
        ):
            version = exchange.answer.json.get("version")
            if isinstance(version, dict) and isinstance(version.get("number"), str):
                return str(version["number"])
    return None


def _header(
    files: Sequence[Path],
    exchanges: Sequence[Exchange],
    contract: dict[str, Any],
    subject: Subject,
    planned: Plan,
    *,
    strict: bool,
) -> Header:
    target: dict[str, Any] = {
        "url": most_spoken_to(exchanges),
        "version": subject.version,
        "flavor": subject.flavor,
        "license": None,
        "stand_in": any(e.answer and e.answer.header("kbn-name") == "kibana-stand-in" for e in exchanges),
        "recording": [str(path) for path in files],
    }
    return Header(
        schema=SCHEMA_VERSION,
        tool={"name": "pytest-kibana", "version": version_of("pytest-kibana"), "checks": described()},
        contract=contract,
        target=target,
        settings={
            "contract": contract["source"],
            "strict": strict,
            "allow": "nothing is sent",
            "budget": "the recording",
        },
        seed=0,
        plan=planned.summary(),
        started=min((e.started for e in exchanges), default=0.0),
    )
