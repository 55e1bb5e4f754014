"""Results as documents for Elasticsearch: one for the run, one for each family, one for each finding.

A document's id is made of the run's, so that shipping the same results again changes nothing.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from pytest_kibana.evidence.codec import to_json
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import Finding

INDEX = "kibana-conformance"

_KEYWORD = {"type": "keyword", "ignore_above": 1024}
_LONG = {"type": "long"}

_COVERAGE = ("operations", "eligible", "tested", "succeeded", "findings", "requests")
_WORDS = (
    *("identity", "code", "title", "operation", "operations", "about", "level", "severity"),
    *("status", "deviation", "pointer", "keyword", "component"),
)

MAPPINGS: dict[str, Any] = {
    "dynamic": False,
    "properties": {
        "@timestamp": {"type": "date"},
        "kind": _KEYWORD,
        "run": {
            "properties": {
                "id": _KEYWORD,
                "verdict": _KEYWORD,
                "complete": {"type": "boolean"},
                "exit_code": _LONG,
                "seed": _LONG,
                "requests": _LONG,
                "seconds": {"type": "float"},
                "new": _LONG,
                "known": _LONG,
                "tolerated": _LONG,
            }
        },
        "target": {
            "properties": {
                "version": _KEYWORD,
                "flavor": _KEYWORD,
                "license": _KEYWORD,
                "stand_in": {"type": "boolean"},
            }
        },
        "contract": {"properties": {"version": _KEYWORD, "source": _KEYWORD, "sha256": _KEYWORD}},
        "family": _KEYWORD,
        "coverage": {
            "properties": dict.fromkeys(
                ("operations", "eligible", "tested", "succeeded", "findings", "requests"), _LONG
            )
        },
        "requirement": {
            "properties": {
                **dict.fromkeys(("test", "requirement", "level", "verdict", "families"), _KEYWORD),
                "sentence": {"type": "text"},
                "reason": {"type": "text"},
                "seconds": {"type": "float"},
            }
        },
        "finding": {
            "properties": {
                **dict.fromkeys(
                    (
                        "identity",
                        "code",
                        "title",
                        "operation",
                        "operations",
                        "about",
                        "level",
                        "severity",
                        "status",
                        "deviation",
                        "pointer",
                        "keyword",
                        "component",
                    ),
                    _KEYWORD,
                ),
                "sentence": {"type": "text"},
                "count": _LONG,
                "curl": {"type": "text", "index": False},
                "console": {"type": "text", "index": False},
            }
        },
    },
}
"""Mappings of the index. Exchanges are not shipped; ``results.jsonl`` keeps them."""


def documents(results: Results) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each document with its id."""
    header, footer = results.header, results.footer
    run = hashlib.sha256(f"{header.started}\x1f{header.seed}\x1f{header.contract}".encode()).hexdigest()[:20]
    status = [f.status for f in results.findings]
    common: dict[str, Any] = {
        "@timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(header.started)),
        "target": {name: header.target.get(name) for name in ("version", "flavor", "license", "stand_in")},
        "contract": {name: header.contract.get(name) for name in ("version", "source", "sha256")},
    }
    known: dict[str, Any] = {"id": run, "seed": header.seed, "complete": footer is not None}
    whole = {**known, **{word: status.count(word) for word in ("new", "known", "tolerated")}}
    if footer is not None:
        whole |= {
            "verdict": footer.verdict.value,
            "exit_code": footer.exit_code,
            "requests": footer.requests,
            "seconds": footer.seconds,
        }
    yield run, {**common, "kind": "run", "run": whole}
    for row in results.coverage:
        numbers = {name: getattr(row, name) for name in _COVERAGE}
        document = {**common, "kind": "family", "run": known, "family": row.family, "coverage": numbers}
        yield f"{run}-{_short(row.family)}", document
    for record in results.requirements:
        certified = {name: value for name, value in to_json(record).items() if name not in ("type", "calls")}
        document = {**common, "kind": "requirement", "run": known, "requirement": certified}
        yield f"{run}-{_short(record.test)}", document
    for finding in results.findings:
        document = {**common, "kind": "finding", "run": known, "family": finding.family}
        yield f"{run}-{finding.identity}", {**document, "finding": _finding(finding)}


def bulk(results: Results, index: str = INDEX, *, most: int = 500) -> Iterator[bytes]:
    """Yield bodies for ``_bulk``, each of at most so many documents."""
    lines: list[str] = []
    for name, document in documents(results):
        lines.append(json.dumps({"index": {"_index": index, "_id": name}}))
        lines.append(json.dumps(document))
        if len(lines) >= 2 * most:
            yield ("\n".join(lines) + "\n").encode()
            lines = []
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _finding(finding: Finding) -> dict[str, Any]:
    whole = to_json(finding)
    kept = {name: whole[name] for name in (*_WORDS, "sentence", "count", "curl", "console")}
    return {**kept, "operations": list(finding.operations or (finding.operation,))}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
