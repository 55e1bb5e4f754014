"""OpenMetrics text of a run's numbers, for a dashboard that watches conformance over time.

Point a node exporter's text file collector at it, or push it to a gateway. Numbers are gauges: each file tells
of one run, and nothing is counted across runs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from pytest_kibana.evidence.document import Results

PREFIX = "kibana_conformance"

Sample = tuple[Mapping[str, object], float]


def render(results: Results) -> str:
    """Return the metrics, ending in ``# EOF``."""
    header, footer = results.header, results.footer
    coverage = results.coverage
    lines: list[str] = []
    lines += _metric(
        "target",
        "info",
        "What was tested, against what.",
        [
            (
                {
                    "version": header.target.get("version"),
                    "flavor": header.target.get("flavor"),
                    "license": header.target.get("license"),
                    "stand_in": str(bool(header.target.get("stand_in"))).lower(),
                    "contract": header.contract.get("version") or header.contract.get("source"),
                    "contract_sha256": header.contract.get("sha256"),
                    "tool_version": header.tool.get("version"),
                },
                1,
            )
        ],
    )
    states = ("operations", "eligible", "tested", "succeeded")
    lines += _metric(
        "operations",
        "gauge",
        "Operations of the contract by family: all, eligible, tested, seen to succeed.",
        [
            ({"family": c.family, "state": "all" if s == "operations" else s}, getattr(c, s))
            for c in coverage
            for s in states
        ],
    )
    findings = Counter((f.code, f.status, f.about.value, f.severity.value) for f in results.findings)
    lines += _metric(
        "findings",
        "gauge",
        "Findings by rule, status, whom they are about, and severity.",
        [
            (dict(zip(("code", "status", "about", "severity"), key, strict=True)), number)
            for key, number in sorted(findings.items())
        ],
    )
    verdicts = Counter((v.code, v.verdict.value) for v in results.verdicts)
    lines += _metric(
        "verdicts",
        "gauge",
        "Verdicts by rule.",
        [({"code": code, "verdict": word}, number) for (code, word), number in sorted(verdicts.items())],
    )
    certified = Counter((r.level.value, r.verdict.value) for r in results.requirements)
    lines += _metric(
        "requirements",
        "gauge",
        "Tests of requirements by level and verdict.",
        [({"level": level, "verdict": word}, number) for (level, word), number in sorted(certified.items())],
    )
    skips = Counter(s.kind for s in results.skips if s.group is None)
    lines += _metric(
        "not_tested",
        "gauge",
        "Operations that were not tested, by kind of reason.",
        [({"kind": kind}, number) for kind, number in sorted(skips.items())],
    )
    troubles = sum(t.count for t in results.troubles)
    lines += _metric("troubles", "gauge", "What the environment did; not findings.", [({}, troubles)])
    lines += _metric("complete", "gauge", "1 where the run came to its end.", [({}, int(footer is not None))])
    if footer is not None:
        lines += _metric("requests", "gauge", "Requests that were answered.", [({}, footer.requests)])
        lines += _metric("duration_seconds", "gauge", "Seconds that the run took.", [({}, footer.seconds)])
        lines += _metric("exit_code", "gauge", "Exit code of the run.", [({}, footer.exit_code)])
        lines += _metric(
            "finished_timestamp_seconds", "gauge", "When the run ended.", [({}, footer.finished)]
        )
    return "\n".join([*lines, "# EOF", ""])


def _metric(name: str, kind: str, help_: str, samples: Iterable[Sample]) -> list[str]:
    whole = f"{PREFIX}_{name}"
    lines = [f"# TYPE {whole} {kind}", f"# HELP {whole} {help_}"]
    suffix = "_info" if kind == "info" else ""
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(str(given or ""))}"' for key, given in labels.items())
        lines.append(f"{whole}{suffix}{{{inside}}} {value}" if inside else f"{whole}{suffix} {value}")
    return lines


def _escaped(text: str) -> str:
    # The format knows these three escapes; other line ends would break lines in careless readers.
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "".join(c if c.isprintable() else " " for c in plain)
