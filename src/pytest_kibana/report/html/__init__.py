"""One self-contained HTML page, made from a results document.

The page loads nothing from anywhere and works from ``file://``. Whatever a deployment answered is data in it,
never markup: the document travels as JSON in a script element of a type that is not run, the page's script
builds text nodes only, and a Content-Security-Policy allows that one script and that one style, by hash.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, StrictUndefined

from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Finding, Header, Verdict, VerdictRecord

GROUPS = {"R": "response", "P": "protocol", "A": "access", "I": "input", "L": "laws"}
BODY_LIMIT = 20_000


def render(results: Results, *, comparison: Mapping[str, list[str]] | None = None) -> str:
    """Return the page as text.

    Args:
        results: a document, complete or interrupted.
        comparison: lines by kind (``new``, ``fixed``, ``unchanged``, ``no longer tested``), for a page that
            sets the run against a previous one.
    """
    style, script = _asset("page.css"), _asset("page.js")
    # The template is ours; autoescape keeps it so for every value that is put into it.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    from markupsafe import Markup

    header = results.header
    return environment.from_string(_asset("page.html.j2")).render(
        title=_title(header),
        stand_in=bool(header and header.target.get("stand_in")),
        interrupted=results.footer is None,
        facts=_facts(header),
        tiles=_tiles(results),
        version=version("pytest-kibana"),
        data=Markup(_embedded(page_data(results, comparison))),  # noqa: S704 - escaped by _embedded
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: object) -> str:
    """JSON that cannot end its script element, open a comment, or be read as markup by any parser."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, default=str)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _title(header: Header | None) -> str:
    if header is None:
        return "Kibana conformance"
    target = header.target
    return f"Kibana {target.get('version') or '(version unknown)'} conformance"


def _facts(header: Header | None) -> list[tuple[str, str]]:
    if header is None:
        return []
    contract, target = header.contract, header.target
    named = str(contract.get("version") or contract.get("source") or "")
    facts = {
        "target": target.get("url"),
        "flavor": target.get("flavor"),
        "licence": target.get("license"),
        "contract": f"{named} (sha256 {str(contract.get('sha256', ''))[:8]}…)",
        "allow": header.settings.get("allow"),
        "budget": header.settings.get("budget"),
        "seed": header.seed,
    }
    return [(name, str(value)) for name, value in facts.items() if value not in (None, "")]


def _tiles(results: Results) -> list[dict[str, str]]:
    coverage = results.coverage
    new = sum(f.status == "new" for f in results.findings)
    known = len(results.findings) - new
    tested = sum(c.tested for c in coverage)
    eligible = sum(c.eligible for c in coverage)
    footer = results.footer
    tiles = [
        (sum(c.operations for c in coverage), "operations", ""),
        (f"{tested}/{eligible}", "tested / eligible", "good" if tested == eligible and tested else "warn"),
        (sum(c.succeeded for c in coverage), "success seen", ""),
        (new, "new findings", "bad" if new else "good"),
        (known, "known or tolerated", "warn" if known else ""),
        (footer.requests if footer else "?", "requests", ""),
        (f"{footer.seconds:.1f} s" if footer else "?", "duration", ""),
    ]
    return [{"number": str(number), "label": label, "tone": tone} for number, label, tone in tiles]


def page_data(results: Results, comparison: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Return what the page's script reads: plain data, with each long text once."""
    rules: Mapping[str, Mapping[str, Any]] = (
        results.header.tool.get("checks") if results.header else None
    ) or {}
    codes = sorted({record.code for record in results.verdicts} | {f.code for f in results.findings})
    place = {code: number for number, code in enumerate(codes)}
    return {
        "checks": [_check(code, rules.get(code, {})) for code in codes],
        "families": [
            {"family": c.family, "operations": c.operations, "eligible": c.eligible, "tested": c.tested}
            for c in sorted(results.coverage, key=lambda c: c.family.lower())
        ],
        "matrix": _matrix(results.verdicts),
        "findings": [_finding(f, rules.get(f.code, {})) for f in _ranked(results.findings)],
        "operations": _operations(results.verdicts, place),
        "skips": [
            {"operation": s.operation, "kind": s.kind, "reason": s.reason, "group": s.group}
            for s in results.skips
        ],
        "troubles": [{"kind": t.kind, "sentence": t.sentence, "count": t.count} for t in results.troubles],
        "comparison": comparison,
    }


def _check(code: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    letter = code.removeprefix("KBN-")[:1]
    return {"code": code, "group": GROUPS.get(letter, "other"), "title": rule.get("title", code)}


def _matrix(verdicts: Iterable[VerdictRecord]) -> dict[str, dict[str, dict[str, Any]]]:
    cells: dict[str, dict[str, list[Verdict]]] = defaultdict(lambda: defaultdict(list))
    for record in verdicts:
        cells[record.family][record.code].append(record.verdict)
    bad = {Verdict.FAILED, Verdict.ERROR, Verdict.KNOWN, Verdict.TOLERATED}
    return {
        family: {
            code: {
                "verdict": Verdict.join(seen).value,
                "count": len(seen),
                "bad": sum(verdict in bad for verdict in seen),
            }
            for code, seen in row.items()
        }
        for family, row in cells.items()
    }


def _ranked(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.status != "new", f.family, f.code, f.operation))


def _finding(finding: Finding, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "identity": finding.identity,
        "code": finding.code,
        "title": finding.title,
        "sentence": finding.sentence,
        "why": rule.get("why"),
        "operation": finding.operation,
        "operations": list(finding.operations or (finding.operation,)),
        "family": finding.family,
        "about": finding.about.value,
        "level": finding.level.value,
        "severity": finding.severity.value,
        "pointer": finding.pointer,
        "count": finding.count,
        "status": finding.status,
        "deviation": finding.deviation,
        "case": finding.case,
        "curl": finding.curl,
        "console": finding.console,
        "exchange": _exchange(finding.exchange),
    }


def _exchange(exchange: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not exchange:
        return None
    request, response = exchange.get("request") or {}, exchange.get("response")
    shown: dict[str, Any] = {
        "request": {"line": f"{request.get('method')} {request.get('url')}", **_part(request)},
        "answer": None,
    }
    if response:
        line = f"{response.get('status')}, after {exchange.get('milliseconds')} ms"
        shown["answer"] = {"line": line, **_part(response)}
    return shown


def _part(message: Mapping[str, Any]) -> dict[str, Any]:
    body = message.get("body")
    part: dict[str, Any] = {"headers": message.get("headers") or []}
    value = None
    if isinstance(body, str) and len(body) <= BODY_LIMIT:
        try:
            value = json.loads(body)
        except ValueError:
            value = None
    if value is not None:
        part["json"] = value
    elif body:
        part["body"] = str(body)[:BODY_LIMIT]
    return part


def _operations(verdicts: Iterable[VerdictRecord], place: Mapping[str, int]) -> list[dict[str, Any]]:
    grouped: dict[str, list[VerdictRecord]] = defaultdict(list)
    for record in verdicts:
        grouped[record.operation].append(record)
    rows = []
    for operation, records in sorted(grouped.items()):
        timed = [r.milliseconds for r in records if r.milliseconds is not None]
        rows.append(
            {
                "operation": operation,
                "family": records[0].family,
                "verdict": Verdict.join([r.verdict for r in records]).value,
                "success": any(r.success for r in records),
                "statuses": _statuses(records),
                "ms": round(timed[0], 2) if timed else None,
                "checks": [
                    [place[r.code], r.verdict.value, sum(r.counts.values()), r.reason] for r in records
                ],
            }
        )
    return rows


def _statuses(records: Iterable[VerdictRecord]) -> str:
    """Statuses seen. Every check of an item saw the same answers, so one record an item counts."""
    by_item: dict[str, Mapping[str, int]] = {}
    for record in records:
        if record.statuses:
            by_item.setdefault(record.item, record.statuses)
    total: dict[str, int] = defaultdict(int)
    for counts in by_item.values():
        for status, number in counts.items():
            total[status] += number
    return ", ".join(f"{number} of {status}" for status, number in sorted(total.items()))
