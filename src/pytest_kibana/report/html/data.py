"""What the page's script reads: the results as plain data, small, and each long text once.

Verdicts are kept one per operation and check, by number, and finding's examples are kept whole only while there is
room: the page must open at once, however much went wrong. Nothing is lost by that; ``results.jsonl`` has it all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_kibana.evidence.compare import Comparison
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Finding, Header, Verdict, VerdictRecord
from pytest_kibana.report.terminal import again

GROUPS: tuple[tuple[str, str, str], ...] = (
    ("R1", "answers", "status, media type and body of an answer"),
    ("R2", "errors", "what an answer says when something went wrong"),
    ("R3", "headers", "headers of an answer, and what they promise"),
    ("P", "protocol", "kbn-xsrf, versions, methods, encodings"),
    ("A", "access", "without credentials, with wrong ones, with too few privileges"),
    ("I", "input", "what is accepted, and how it is refused"),
    ("L", "laws", "what create, read, list, update and delete owe one another"),
    ("C", "contract", "what the contract says of itself"),
)
"""Groups of checks: how their codes begin after ``KBN-``, their name, and what they look at."""

MEANINGS: tuple[tuple[Verdict, str, str], ...] = (
    (Verdict.PASSED, "✓", "Looked at, and the rule held every time."),
    (Verdict.FAILED, "✗", "The deployment broke a MUST. This fails the run."),
    (
        Verdict.KNOWN,
        "k",
        (
            "A MUST is broken, and a list of known deviations says so and why. It does not fail the run; "
            "a listed one that no longer shows itself does."
        ),
    ),
    (
        Verdict.TOLERATED,
        "~",
        (
            "A SHOULD is broken, or a MUST for which the deployment is not clearly to blame (the contract is, "
            "or nobody can say). It fails only a strict run."
        ),
    ),
    (Verdict.NOT_APPLICABLE, "·", "The rule has nothing to say about the answers that were seen."),
    (Verdict.NOT_RUN, "…", "Nothing was sent; the list of what was not tested says why."),
    (Verdict.ERROR, "!", "The harness failed. This says nothing about the deployment."),
    (Verdict.UNKNOWN, "?", "Nothing was looked at, so nothing is claimed."),
)
"""Each word of a verdict, its mark, and what it means."""

TEXT_LIMIT = 20_000
TEXT_BUDGET = 2_500_000
"""Characters of exchanges and of lines to copy that the page holds whole; after that, examples are cut short."""
_SHORT = 240

_WORDS = {verdict: number for number, (verdict, _, _) in enumerate(MEANINGS)}
_BAD = frozenset({Verdict.FAILED, Verdict.ERROR, Verdict.KNOWN, Verdict.TOLERATED})


def page_data(results: Results, comparison: Comparison | None = None) -> dict[str, Any]:
    """Return everything that the page shows below its head."""
    rules: Mapping[str, Mapping[str, Any]] = results.header.tool.get("checks") or {}
    findings, verdicts = results.findings, results.verdicts  # each looks through all records
    seen = {record.code for record in verdicts} | {f.code for f in findings}
    codes = sorted(seen, key=_place)
    number = {code: place for place, code in enumerate(codes)}
    operations = _by_operation(verdicts)
    return {
        "verdicts": [
            {"word": verdict.value, "mark": mark, "meaning": meaning, "rank": verdict.rank}
            for verdict, mark, meaning in MEANINGS
        ],
        "groups": [
            {"name": name, "about": about, "checks": mine}
            for prefix, name, about in GROUPS
            if (mine := [number[code] for code in codes if _group(code) == prefix])
        ],
        "checks": [_check(code, rules.get(code, {}), findings) for code in codes],
        "families": _families(results),
        "operations": [_operation(label, records, number) for label, records in sorted(operations.items())],
        "findings": _findings(results, number),
        "requirements": [
            {
                "requirement": r.requirement,
                "level": r.level.value,
                "verdict": _WORDS[r.verdict],
                "sentence": r.sentence,
                "test": r.test,
                "families": list(r.families),
                "reason": r.reason and r.reason[:_SHORT],
                "seconds": r.seconds,
                "calls": sorted(r.calls),
            }
            for r in results.requirements
        ],
        "skips": [
            {
                "operation": s.operation,
                "family": s.family,
                "kind": s.kind,
                "reason": s.reason,
                "group": s.group,
            }
            for s in results.skips
        ],
        "troubles": [{"kind": t.kind, "sentence": t.sentence, "count": t.count} for t in results.troubles],
        "comparison": None if comparison is None else comparison.to_json(),
    }


def _families(results: Results) -> list[dict[str, Any]]:
    """Coverage by family. An interrupted run has none: then what was judged is known, and not of how much."""
    if results.coverage:
        return [
            {
                "family": c.family,
                "operations": c.operations,
                "eligible": c.eligible,
                "tested": c.tested,
                "succeeded": c.succeeded,
            }
            for c in sorted(results.coverage, key=lambda c: c.family.lower())
        ]
    tested = {record.operation: record.family for record in results.verdicts}
    return [
        {"family": family, "operations": None, "eligible": None, "tested": number, "succeeded": None}
        for family, number in sorted(Counter(tested.values()).items(), key=lambda p: p[0].lower())
    ]


def _group(code: str) -> str:
    letters = code.removeprefix("KBN-")
    return next((prefix for prefix, _, _ in GROUPS if letters.startswith(prefix)), "C")


def _place(code: str) -> tuple[int, str]:
    return [prefix for prefix, _, _ in GROUPS].index(_group(code)), code


def _check(code: str, rule: Mapping[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    shown = next((f for f in findings if f.code == code), None)
    return {
        "code": code,
        "title": rule.get("title") or (shown.title if shown else code),
        "level": rule.get("level") or (shown.level.value if shown else ""),
        "severity": rule.get("severity") or (shown.severity.value if shown else ""),
        "why": rule.get("why") or "",
    }


def _by_operation(verdicts: Iterable[VerdictRecord]) -> dict[str, list[VerdictRecord]]:
    grouped: dict[str, list[VerdictRecord]] = defaultdict(list)
    for record in verdicts:
        grouped[record.operation].append(record)
    return grouped


def _operation(label: str, records: list[VerdictRecord], number: Mapping[str, int]) -> dict[str, Any]:
    by_code: dict[str, list[VerdictRecord]] = defaultdict(list)
    for record in records:
        by_code[record.code].append(record)
    timed = [r.milliseconds for r in records if r.milliseconds is not None]
    return {
        "operation": label,
        "family": records[0].family,
        "verdict": _WORDS[Verdict.join([r.verdict for r in records])],
        "success": any(r.success for r in records),
        "statuses": _statuses(records),
        "ms": round(timed[0], 2) if timed else None,
        "checks": [
            [number[code], *_joined(mine)]
            for code, mine in sorted(by_code.items(), key=lambda p: number[p[0]])
        ],
    }


def _joined(records: list[VerdictRecord]) -> list[Any]:
    """Return verdict, exchanges looked at, exchanges in which the rule was broken, and a note where there is one."""
    bad = {verdict.value for verdict in _BAD}
    count = sum(sum(r.counts.values()) for r in records)
    broken = sum(n for r in records for word, n in r.counts.items() if word in bad)
    joined: list[Any] = [_WORDS[Verdict.join([r.verdict for r in records])], count, broken]
    note = "; ".join(dict.fromkeys(r.reason for r in records if r.reason))
    return [*joined, note] if note else joined


def _statuses(records: Iterable[VerdictRecord]) -> dict[str, int]:
    """Statuses seen. Every check of an item saw the same answers, so one record an item counts."""
    by_item: dict[str, Mapping[str, int]] = {}
    for record in records:
        if record.statuses:
            by_item.setdefault(record.item, record.statuses)
    total: Counter[str] = Counter()
    for counts in by_item.values():
        total.update(counts)
    return dict(sorted(total.items()))


def _findings(results: Results, number: Mapping[str, int]) -> list[dict[str, Any]]:
    ranked = sorted(results.findings, key=lambda f: (f.status != "new", f.family, f.code, f.operation))
    left, made = TEXT_BUDGET, []
    for finding in ranked:
        limit = TEXT_LIMIT if left > 0 else _SHORT
        one = _finding(finding, number, limit, results.header)
        left -= sum(len(str(one[name] or "")) for name in ("curl", "console", "request", "answer"))
        made.append(one)
    return made


def _finding(finding: Finding, number: Mapping[str, int], limit: int, header: Header) -> dict[str, Any]:
    exchange = finding.exchange or {}
    request, response = exchange.get("request"), exchange.get("response")
    return {
        "identity": finding.identity,
        "check": number[finding.code],
        "sentence": finding.sentence[:TEXT_LIMIT],
        "operation": finding.operation,
        "operations": list(finding.operations or (finding.operation,)),
        "family": finding.family,
        "about": finding.about.value,
        "severity": finding.severity.value,
        "pointer": finding.pointer,
        "keyword": finding.keyword,
        "component": finding.component,
        "count": finding.count,
        "status": finding.status,
        "deviation": finding.deviation,
        "again": finding.case and again(header, finding.case),
        "curl": _line(finding.curl, limit),
        "console": _line(finding.console, limit),
        "request": request and _message(f"{request.get('method')} {request.get('url')}", request, limit),
        "answer": response
        and _message(f"{response.get('status')} after {exchange.get('milliseconds')} ms", response, limit),
    }


def _line(text: str | None, limit: int) -> str | None:
    """A line to copy is whole or not there: half a command is worse than none."""
    return text if text is None or len(text) <= max(limit, 2000) else None


def _message(line: str, message: Mapping[str, Any], limit: int) -> dict[str, Any]:
    headers = [[str(name), str(value)[:500]] for name, value in message.get("headers") or []]
    body = message.get("body")
    return {
        "line": line[:TEXT_LIMIT],
        "headers": headers[: 100 if limit == TEXT_LIMIT else 0],
        "body": body if body is None else str(body)[:limit],
        "cut": bool(message.get("truncated")) or len(str(body or "")) > limit,
    }
