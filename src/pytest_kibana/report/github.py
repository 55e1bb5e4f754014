"""GitHub: a step summary in Markdown, and annotations. The Markdown does for any other place as well."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from pytest_kibana.evidence.compare import Comparison
from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import HARNESS, Finding, Verdict
from pytest_kibana.report.terminal import verdict

MOST_SHOWN = 50
"""Findings that the summary shows; GitHub refuses one of more than 1 MiB."""
MOST_ANNOTATIONS = 10
"""Annotations of one kind that GitHub keeps for a step."""
_LONG = 600


def markdown(results: Results, *, comparison: Comparison | None = None) -> str:
    """Return a summary: the verdict, what changed, a table of families, the new findings, what was not tested."""
    header = results.header
    stand_in = " (a stand-in, not a real Kibana)" if header.target.get("stand_in") else ""
    target = f"{header.target.get('version')} {header.target.get('flavor')}{stand_in}"
    contract = header.contract.get("version") or header.contract.get("source")
    lines = [
        f"## Kibana conformance: {_text(verdict(results)[-1].text)}",
        "",
        f"Kibana {_text(target)} against contract {_text(str(contract))}, seed {header.seed}.",
        "",
        *_changes(comparison),
        *_families(results),
        *_findings(results),
        *_requirements(results),
        *_failures(results),
        *_untested(results),
    ]
    return "\n".join(lines) + "\n"


def annotations(results: Results) -> list[str]:
    """Return GitHub's workflow commands: an error for each new finding, and one for an interrupted run."""
    new = [f for f in results.findings if f.status == "new"]
    lines = [] if results.footer else ["::error title=kibana::the run was interrupted"]
    if results.footer and results.footer.verdict is Verdict.ERROR:
        lines += [
            f"::error title=kibana {_property(t.operation or '')}::the harness failed: {_data(t.sentence)}"
            for t in results.troubles
            if t.kind == HARNESS
        ][: MOST_ANNOTATIONS // 2] or ["::error title=kibana::the harness failed in part"]
    room = max(0, MOST_ANNOTATIONS - 1 - len(lines))
    for finding in new[:room]:
        title = f"{finding.code} {finding.operation}"
        place = f"{finding.pointer} " if finding.pointer else ""
        lines.append(
            f"::error title={_property(title)}::{_data(f'{finding.title}: {place}{finding.sentence}'[:_LONG])}"
        )
    for record in [r for r in results.requirements if r.verdict is Verdict.FAILED][
        : MOST_ANNOTATIONS - len(lines)
    ]:
        said = f"{record.sentence} {record.reason or ''}"[:_LONG]
        lines.append(f"::error title={_property(record.requirement)}::{_data(said)}")
    if len(new) > room:
        lines.append(f"::error title=kibana::and {len(new) - room} more findings")
    return lines


def publish(results: Results, environment: Mapping[str, str], write: Callable[[str], object]) -> bool:
    """Tell GitHub, where this is a step of a GitHub workflow; returns whether it is.

    Args:
        results: what to tell of.
        environment: the process environment.
        write: takes the annotations, a line at a time; they must reach standard output.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return False
    for line in annotations(results):
        write(line)
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8", errors="replace") as file:
            file.write(markdown(results))
    return True


def _changes(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return []
    said = "**something got worse**" if comparison.worse else "nothing got worse"
    numbers = (
        f"{len(comparison.added)} new, {len(comparison.fixed)} fixed, {len(comparison.unchanged)} unchanged, "
        f"{len(comparison.no_longer_tested)} operations no longer tested"
    )
    return [f"Against the earlier run: {said}; {numbers}.", ""]


def _families(results: Results) -> list[str]:
    rows = sorted(results.coverage, key=lambda c: c.family.lower())
    if not rows:
        return []
    head = [
        "| family | operations | eligible | tested | success seen | findings |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    lines = [
        f"| {_text(r.family)} | {r.operations} | {r.eligible} | {r.tested} | {r.succeeded} | {r.findings} |"
        for r in rows
    ]
    return [*head, *lines, ""]


def _findings(results: Results) -> list[str]:
    new = [f for f in results.findings if f.status == "new"]
    rest = Counter(f.status for f in results.findings if f.status != "new")
    lines = [f"### {len(new)} new finding{'' if len(new) == 1 else 's'}", ""] if new else []
    for finding in new[:MOST_SHOWN]:
        lines += _finding(finding)
    if len(new) > MOST_SHOWN:
        lines += [f"… and {len(new) - MOST_SHOWN} more, all in `report.html`.", ""]
    if rest:
        lines += [", ".join(f"{n} {word}" for word, n in sorted(rest.items())) + ", in `report.html`.", ""]
    return lines


def _finding(finding: Finding) -> list[str]:
    place = f"<code>{_text(finding.pointer)}</code> " if finding.pointer else ""
    seen = f", seen {finding.count} times" if finding.count > 1 else ""
    lines = [
        f"<details><summary>{_html(f'{finding.code} {finding.operation}: {finding.title}')}</summary>",
        "",
        f"{place}{_text(finding.sentence[:_LONG])} ({finding.level} {finding.severity}{seen})",
        "",
    ]
    if finding.curl and len(finding.curl) <= 2000:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", finding.curl)), default=0))
        lines += [f"{fence}sh", finding.curl, fence, ""]
    return [*lines, "</details>", ""]


def _requirements(results: Results) -> list[str]:
    records = results.requirements
    if not records:
        return []
    counts = Counter(r.verdict.value for r in records)
    broken = [r for r in records if r.verdict is Verdict.FAILED]
    lines = [f"Requirements: {', '.join(f'{n} {word}' for word, n in sorted(counts.items()))}.", ""]
    for record in broken[:MOST_SHOWN]:
        said = " ".join(filter(None, [record.sentence, record.parameter, (record.reason or "")[:_LONG]]))
        lines.append(f"- {_text(record.requirement)}: {_text(said)}")
    return [*lines, ""] if broken else lines


def _failures(results: Results) -> list[str]:
    """Say where the harness failed; what it was about to judge is not known."""
    failures = [t for t in results.troubles if t.kind == HARNESS]
    if not failures:
        return []
    shown = [f"- {_text(t.sentence)}" for t in failures[:MOST_SHOWN]]
    return ["### The harness failed (this says nothing about the deployment)", "", *shown, ""]


def _untested(results: Results) -> list[str]:
    kinds = Counter(s.kind for s in results.skips if s.group is None and s.kind != "deselected")
    if not kinds:
        return []
    why = ", ".join(f"{n} {_text(kind)}" for kind, n in kinds.most_common())
    return [f"Not tested: {why}.", ""]


_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:@-])")


def _html(text: str) -> str:
    """Text inside of a block of HTML, where Markdown reads no backslashes; no mention either."""
    return escape("".join(c if c.isprintable() else " " for c in text), quote=False).replace("@", "&#64;")


def _text(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no mention, on one line."""
    return _MARKUP.sub(r"\\\1", escape("".join(c if c.isprintable() else " " for c in text), quote=False))


def _data(text: str) -> str:
    plain = "".join(c if c.isprintable() or c in "\r\n" else " " for c in text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
