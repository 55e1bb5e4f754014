"""OpenMetrics text of a run's numbers, for a dashboard that watches conformance over time.

Point a node exporter's text file collector at it, or push it to a gateway. Numbers are gauges: each file tells
of one run, and nothing is counted across runs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_kibana.evidence.document import Results

PREFIX = "kibana_conformance"

Sample = tuple[Mapping[str, object], float]
Metric = tuple[str, str, str, Sequence[Sample]]
"""Name, kind (``gauge`` or ``info``), help, samples."""


def render(results: Results) -> str:
    """Return the metrics, ending in ``# EOF``."""
    metrics = (_target(results), *_counts(results), *_course(results))
    return "\n".join([line for metric in metrics for line in _lines(*metric)] + ["# EOF", ""])


def _target(results: Results) -> Metric:
    header = results.header
    labels = {
        "version": header.target.get("version"),
        "flavor": header.target.get("flavor"),
        "license": header.target.get("license"),
        "stand_in": str(bool(header.target.get("stand_in"))).lower(),
        "contract": header.contract.get("version") or header.contract.get("source"),
        "contract_sha256": header.contract.get("sha256"),
        "tool_version": header.tool.get("version"),
    }
    return "target", "info", "What was tested, against what.", [(labels, 1)]


def _counts(results: Results) -> Iterator[Metric]:
    states = {"all": "operations", "eligible": "eligible", "tested": "tested", "succeeded": "succeeded"}
    yield (
        "operations",
        "gauge",
        "Operations of the contract by family: all, eligible, tested, seen to succeed.",
        [
            ({"family": family.family, "state": state}, getattr(family, member))
            for family in results.coverage
            for state, member in states.items()
        ],
    )
    yield _counted(
        "findings",
        "Findings by rule, status, whom they are about, and severity.",
        ("code", "status", "about", "severity"),
        ((f.code, f.status, f.about.value, f.severity.value) for f in results.findings),
    )
    yield _counted(
        "verdicts",
        "Verdicts by rule.",
        ("code", "verdict"),
        ((v.code, v.verdict.value) for v in results.verdicts),
    )
    yield _counted(
        "requirements",
        "Tests of requirements by level and verdict.",
        ("level", "verdict"),
        ((r.level.value, r.verdict.value) for r in results.requirements),
    )
    yield _counted(
        "not_tested",
        "Operations that were not tested, by kind of reason.",
        ("kind",),
        ((s.kind,) for s in results.skips if s.group is None),
    )


def _counted(name: str, help_: str, labels: tuple[str, ...], values: Iterable[tuple[str, ...]]) -> Metric:
    """Return a gauge that counts how often each combination of values occurs."""
    counts = Counter(values)
    return (
        name,
        "gauge",
        help_,
        [(dict(zip(labels, key, strict=True)), counts[key]) for key in sorted(counts)],
    )


def _course(results: Results) -> Iterator[Metric]:
    footer = results.footer
    yield _one("troubles", "What the environment did; not findings.", sum(t.count for t in results.troubles))
    yield _one("complete", "1 where the run came to its end.", int(footer is not None))
    if footer is not None:
        yield _one("requests", "Requests that were answered.", footer.requests)
        yield _one("duration_seconds", "Seconds that the run took.", footer.seconds)
        yield _one("exit_code", "Exit code of the run.", footer.exit_code)
        yield _one("finished_timestamp_seconds", "When the run ended.", footer.finished)


def _one(name: str, help_: str, value: float) -> Metric:
    return name, "gauge", help_, [({}, value)]


def _lines(name: str, kind: str, help_: str, samples: Iterable[Sample]) -> list[str]:
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
