"""Results documents of any size, and hostile ones, made without a deployment."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_kibana.checks import CATALOGUE
from pytest_kibana.evidence import (
    About,
    FamilyCoverage,
    Finding,
    Footer,
    Header,
    Level,
    Record,
    RequirementRecord,
    Results,
    Severity,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
    read_results,
    write_results,
)

HOSTILE = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "</script><script>window.pwned=1</script>",
    "<!--<script>window.pwned=1//",
    "javascript:window.pwned=1",
    "{{7*7}}${7*7}<svg/onload=window.pwned=1>",
    "\u2028\u2029\u0000\ud800 \u202eevil",
    "]]><b>&lt;x",
    "'; window.pwned=1; //",
    "__proto__",
    "constructor",
    "::error::window.pwned | `x` \r\n::warning::y",
    "\x1b[31mred\x1b[0m\x07",
)
"""Strings that a hostile answer might hold."""


CODES = tuple(f"KBN-A{n}" for n in range(401, 409)) + tuple(f"KBN-I{n}" for n in range(201, 213))
"""Eight checks of one group and twelve of another; new checks do not change what the tests count."""


def header(**more: Any) -> Header:
    values: dict[str, Any] = {
        "schema": 1,
        "tool": {
            "name": "pytest-kibana",
            "version": "0.1.0",
            "checks": {
                code: {"title": c.title, "level": c.level.value, "severity": c.severity.value, "why": c.why}
                for code, c in CATALOGUE.items()
            },
        },
        "contract": {"source": "9.1", "version": "9.1", "sha256": "a" * 64, "title": "Kibana APIs"},
        "target": {
            "url": "http://127.0.0.1:5601",
            "version": "9.1.4",
            "flavor": "traditional",
            "license": "platinum",
        },
        "settings": {"allow": "space", "budget": "standard", "api_key": "[redacted]"},
        "seed": 7,
        "plan": {"operations": 3, "eligible": 2, "not_eligible": {"safety": 1}},
        "started": 1_700_000_000.0,
    }
    return Header(**{**values, **more})


def finding(operation: str, number: int = 0, **more: Any) -> Finding:
    answer = json.dumps({"items": [{"id": "a", "accessDate": 12345678901234567890, "n": number}]})
    values: dict[str, Any] = {
        "identity": f"{number:016x}",
        "code": "KBN-R103",
        "title": "response body violates its schema",
        "sentence": "is a number, the contract says string",
        "operation": operation,
        "about": About.DEPLOYMENT,
        "level": Level.MUST,
        "severity": Severity.CRITICAL,
        "family": operation.split("/")[2],
        "operations": (operation,),
        "pointer": "/items/*/accessDate",
        "keyword": "type",
        "count": 6,
        "case": "smallest-1",
        "curl": 'curl -X GET http://127.0.0.1:5601/api/x -H "Authorization: ApiKey $KIBANA_API_KEY"',
        "console": "GET kbn:/api/x",
        "exchange": {
            "id": "e1",
            "request": {"method": "GET", "url": "http://127.0.0.1:5601/api/x", "headers": [], "body": None},
            "response": {
                "status": 200,
                "headers": [["content-type", "application/json"]],
                "body": answer,
                "truncated": False,
            },
            "milliseconds": 3.2,
            "attempt": 1,
        },
    }
    return Finding(**{**values, **more})


def document(
    path: Path,
    *,
    operations: int = 12,
    codes: Sequence[str] = CODES,
    findings: Sequence[Finding] | None = None,
    finished: bool = True,
    head: Header | None = None,
) -> Results:
    """Write a document of so many operations, each looked at by every code, and read it back.

    Every seventh operation breaks its first check; every eleventh is known, every fifth tolerated.
    """
    labels = [f"GET /api/family{n % 9}/thing{n}/{{id}}" for n in range(operations)]
    word = {0: Verdict.FAILED, 1: Verdict.KNOWN, 2: Verdict.TOLERATED}
    records: list[Record] = []
    found: list[Finding] = []
    for n, label in enumerate(labels):
        kind = 0 if n % 7 == 0 else 1 if n % 11 == 0 else 2 if n % 5 == 0 else None
        for place, code in enumerate(codes):
            verdict = Verdict.PASSED if kind is None or place else word[kind]
            records.append(
                VerdictRecord(
                    item=f"{label}-responses",
                    operation=label,
                    family=f"family{n % 9}",
                    code=code,
                    verdict=verdict,
                    counts={verdict.value: 3},
                    success=n % 3 == 0,
                    statuses={"200": 2, "404": 1},
                    milliseconds=1.5 + n,
                )
            )
        if kind is not None:
            status = ("new", "known", "tolerated")[kind]
            check = CATALOGUE[codes[0]]
            found.append(
                finding(
                    label,
                    n,
                    code=check.code,
                    title=check.title,
                    level=check.level,
                    severity=check.severity,
                    status=status,
                    deviation="D-20" if status == "known" else None,
                )
            )
    shown = found if findings is None else list(findings)
    records += shown
    records += [
        SkipRecord("DELETE /api/family0/everything", "family0", "safety", "disruptive: not allowed"),
        SkipRecord(labels[0], "family0", "no cases", "nothing can be made", "input"),
        TroubleRecord("broken", "the connection broke", 1_700_000_001.0, 2),
    ]
    families = sorted({f"family{n % 9}" for n in range(operations)})
    for family, place in zip(families, itertools.count()):
        mine = [n for n in range(operations) if n % 9 == place]
        records.append(
            FamilyCoverage(
                family,
                operations=len(mine) + (place == 0),
                eligible=len(mine),
                tested=len(mine),
                succeeded=sum(n % 3 == 0 for n in mine),
                findings=sum(f.family == family for f in shown),
                requests=3 * len(mine),
            )
        )
    new = sum(f.status == "new" for f in shown)
    footer = Footer(
        finished=1_700_000_010.0,
        verdict=Verdict.FAILED if new else Verdict.PASSED,
        exit_code=1 if new else 0,
        counts={"operations": operations + 1, "eligible": operations, "tested": operations},
        requests=3 * operations,
        seconds=10.0,
    )
    write_results(path, head or header(), records, footer if finished else None, overwrite=True)
    return read_results(path)


def hostile(path: Path) -> Results:
    """A document in which everything that a deployment or a contract can choose is an attack."""
    found = []
    for number, text in enumerate(HOSTILE):
        label = f"GET /api/{text}"
        found.append(
            Finding(
                identity=f"{number:016x}",
                code="KBN-R103",
                title=text,
                sentence=text,
                operation=label,
                about=About.DEPLOYMENT,
                level=Level.MUST,
                severity=Severity.CRITICAL,
                family=text,
                operations=(label, text),
                pointer="/" + text,
                keyword=text,
                component=text,
                case=text,
                curl=f"curl {text}",
                console=text,
                deviation=text,
                exchange={
                    "request": {"method": text, "url": text, "headers": [[text, text]], "body": text},
                    "response": {
                        "status": text,
                        "headers": [[text, text]],
                        "body": json.dumps({text: [text, {"__proto__": text}]}) + "[" * 5000,
                        "truncated": True,
                    },
                    "milliseconds": text,
                },
            )
        )
    records: list[Record] = [*found]
    for text in HOSTILE:
        records.append(
            VerdictRecord(
                text,
                f"GET /api/{text}",
                text,
                "KBN-R103",
                Verdict.FAILED,
                {"failed": 1},
                text,
                statuses={"200": 1},
            )
        )
        records.append(SkipRecord(f"GET /api/{text}", text, text, text))
        records.append(TroubleRecord(text, text, 1.0))
        records.append(FamilyCoverage(text, 1, 1, 1, 0, 1))
        calls = {f"GET /api/{text.encode('utf-8', 'replace').decode()}": {"200": 1}}
        records.append(
            RequirementRecord(text, text, Level.MUST, Verdict.FAILED, text, (text,), text, 1.0, calls)
        )
    head = header(
        target={"version": HOSTILE[0], "url": HOSTILE[2], "flavor": HOSTILE[1], "license": HOSTILE[3]},
        contract={"source": HOSTILE[1], "sha256": HOSTILE[0]},
    )
    footer = Footer(2.0, Verdict.FAILED, 1, {}, 13, 1.0)
    write_results(path, head, records, footer, overwrite=True)
    return read_results(path)
