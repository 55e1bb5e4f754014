"""What people read in a terminal: scoreboard, findings, what was not tested and why, where the files are.

Made from results alone, as styled lines; whoever has the terminal (pytest, the command line) writes them.
Everything fits 80 columns except lines that are meant to be copied (curl, Console, paths).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from textwrap import wrap
from typing import Literal

from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import (
    FamilyCoverage,
    Finding,
    Header,
    RequirementRecord,
    Severity,
    SkipRecord,
    TroubleRecord,
    Verdict,
)

Style = Literal["plain", "bold", "good", "bad", "warn", "dim"]
WIDTH = 80


@dataclass(frozen=True, slots=True)
class Line:
    """One line and how it is meant."""

    text: str = ""
    style: Style = "plain"


def summary(results: Results, *, files: Sequence[str] = (), verbose: int = 0) -> list[Line]:
    """Return the whole summary of a run.

    Args:
        results: a document, complete or interrupted.
        files: paths of what was written, shown last.
        verbose: 0 folds long lists, 1 shows every operation that was not tested and every finding; below 0 there is a
            line for each new finding, and the verdict.
    """
    if verbose < 0:
        lines = [_brief(f) for f in _ranked(results.findings) if f.status == "new"]
        lines += _fitted(verdict(results)[1:])
    else:
        lines = heading(results.header)
        lines += scoreboard(results.coverage, {f.family for f in results.findings if f.status == "new"})
        lines += requirements(results.requirements, verbose)
        lines += _findings(results, verbose)
        lines += untested(results.skips, verbose)
        lines += _troubles(results.troubles, verbose)
        lines += _fitted(verdict(results))
    return [_harmless(line) for line in lines] + [Line(path, "dim") for path in files]


MARKUP: Mapping[Style, dict[str, bool]] = {
    "bold": {"bold": True},
    "good": {"green": True},
    "bad": {"red": True},
    "warn": {"yellow": True},
    "dim": {"light": True},
}
"""The styles as pytest's terminal calls them."""
_ANSI: Mapping[Style, str] = {"bold": "1", "good": "32", "bad": "31", "warn": "33", "dim": "2"}


def painted(line: Line, *, colour: bool) -> str:
    """Return a line for a terminal, with colours where it has them."""
    code = _ANSI.get(line.style)
    return f"\x1b[{code}m{line.text}\x1b[0m" if colour and code and line.text else line.text


def colours(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Tell whether colours are wanted: only on a terminal that has them, and never against ``NO_COLOR``."""
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _harmless(line: Line) -> Line:
    """A hostile answer must not steer the terminal: what cannot be printed is shown by its number."""
    if line.text.isprintable():
        return line
    text = "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in line.text)
    return Line(text, line.style)


def heading(header: Header) -> list[Line]:
    """Return two or three lines: who was tested against what, and with which limits."""
    target, contract, plan = header.target, header.contract, header.plan
    stand_in = " (a stand-in, not a real Kibana)" if target.get("stand_in") else ""
    version = target.get("version") or "version unknown"
    flavor = target.get("flavor") or "flavor unknown"
    licence = target.get("license") or "unknown"
    settings = header.settings
    sha = str(contract.get("sha256", ""))[:8]
    return [
        Line(f"kibana: {version} {flavor}{stand_in}, licence {licence}"),
        Line(
            f"contract {contract.get('version') or contract.get('source')} (sha256 {sha}…), "
            f"allow: {settings.get('allow')}, budget: {settings.get('budget')}, seed {header.seed}"
        ),
        *(Line(part) for part in wrap(plan_line(plan), WIDTH, subsequent_indent="  ")),
    ]


def plan_line(plan: dict[str, object]) -> str:
    """Return the plan in one line: how many operations, how many eligible, and why the others are not."""
    kinds = plan.get("not_eligible")
    reasons = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) if isinstance(kinds, dict) else ""
    operations, eligible = plan.get("operations", 0), plan.get("eligible", 0)
    return f"plan: {operations} operations, {eligible} eligible" + (f" (not: {reasons})" if reasons else "")


def scoreboard(coverage: Iterable[FamilyCoverage], failing: Collection[str] = ()) -> list[Line]:
    """Return a line per family: operations, tested, success seen, findings; ``failing`` are those with new ones."""
    rows = sorted(coverage, key=lambda c: c.family.lower())
    if not rows:
        return []
    head = f"{'family':<38}{'operations':>11}{'tested':>8}{'succeeded':>11}{'findings':>10}"
    lines = [Line(), Line(head, "bold"), *(Line(_row(row), _row_style(row, failing)) for row in rows)]
    total = FamilyCoverage(
        family="all",
        operations=sum(r.operations for r in rows),
        eligible=sum(r.eligible for r in rows),
        tested=sum(r.tested for r in rows),
        succeeded=sum(r.succeeded for r in rows),
        findings=sum(r.findings for r in rows),
        requests=sum(r.requests for r in rows),
    )
    lines.append(Line(_row(total), "bold"))
    return lines


def _row(row: FamilyCoverage) -> str:
    counts = f"{row.operations:>11}{row.tested:>8}{row.succeeded:>11}{row.findings:>10}"
    return f"{_cut(row.family, 37):<38}{counts}"


def _row_style(row: FamilyCoverage, failing: Collection[str]) -> Style:
    if row.family in failing:
        return "bad"
    if row.findings:
        return "warn"
    if not row.tested:
        return "dim"
    return "good" if row.succeeded == row.tested else "plain"


_MOST_ALIKE = 6
"""Troubles of one kind that are shown unless all are wanted."""
_ORDER = {severity: place for place, severity in enumerate(Severity)}
_STYLE: dict[str, Style] = {"new": "bad", "known": "warn", "tolerated": "warn"}


def _ranked(found: Sequence[Finding]) -> list[Finding]:
    return sorted(found, key=lambda f: (_ORDER[f.severity], f.code, f.operation))


def _brief(finding: Finding) -> Line:
    return Line(_cut(f"{finding.code}  {finding.operation}  {finding.title}", WIDTH), "bad")


def _findings(results: Results, verbose: int) -> list[Line]:
    ranked = _ranked(results.findings)
    shown = [f for f in ranked if f.status == "new" or verbose]
    lines: list[Line] = []
    for finding in shown:
        lines += _finding_lines(finding, results.header, verbose)
    if not verbose:
        lines += _folded([f for f in ranked if f.status != "new"])
    return lines


def _folded(excused: Sequence[Finding]) -> list[Line]:
    """A line for each rule whose findings fail nobody: known ones, and broken SHOULDs."""
    if not excused:
        return []
    all_kinds = list(dict.fromkeys(f.status for f in excused))
    head = f"{_many(len(excused), 'finding')} {' or '.join(all_kinds)} (-v shows them)"
    lines = [Line(), Line(head, "bold")]
    told: list[tuple[str, str]] = []
    for code in dict.fromkeys(f.code for f in excused):
        mine = [f for f in excused if f.code == code]
        operations = {label for f in mine for label in (f.operations or (f.operation,))}
        kinds = " and ".join(dict.fromkeys(f.status for f in mine))
        tail = _many(len(operations), "operation") + (f", {kinds}" if len(all_kinds) > 1 else "")
        told.append((f"  {code}  {mine[0].title}", tail))
    column = min(max(len(head) for head, _ in told), WIDTH - 2 - max(len(tail) for _, tail in told))
    lines += [Line(f"{_cut(head, column):<{column}}  {tail}", "warn") for head, tail in told]
    return lines


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def again(header: Header, case: str) -> str:
    """Return the flags that send one case again: a case is of one contract and one seed."""
    source = quote(str(header.contract.get("source") or "auto"))
    return f"--kibana-contract={source} --kibana-seed={header.seed} --kibana-case={quote(case)}"


def _finding_lines(finding: Finding, header: Header, verbose: int = 0) -> Iterator[Line]:
    """Yield one finding: code and operation, the sentence, and lines to send it again."""
    note = {"new": "", "known": f"  known: {finding.deviation}", "tolerated": "  tolerated"}[finding.status]
    about = "" if finding.about == "deployment" else f"about: {finding.about}, "
    yield Line()
    for part in _wrapped(f"{finding.code}  {finding.operation}{note}", "          "):
        yield Line(part, _STYLE[finding.status])
    for part in _wrapped(f"  {finding.title} ({about}{finding.level} {finding.severity})", "  "):
        yield Line(part)
    where = f"{finding.pointer} " if finding.pointer else ""
    seen = f"; seen {finding.count} times" if finding.count > 1 else ""
    for part in _wrapped(f"  {where}{finding.sentence}{seen}", "  "):
        yield Line(part)
    others = [label for label in finding.operations if label != finding.operation]
    for label in others if verbose else others[:3]:
        yield Line(_cut(f"  also {label}", WIDTH), "dim")
    if len(others) > 3 and not verbose:
        yield Line(f"  and {len(others) - 3} more operations (-v lists them)", "dim")
    if finding.curl:
        yield Line(f"  {finding.curl}", "dim")
    if finding.console:
        yield Line(f"  Console: {finding.console.splitlines()[0]}", "dim")
    if finding.case:
        yield Line(f"  again: {again(header, finding.case)}", "dim")


def _fitted(lines: Iterable[Line]) -> list[Line]:
    return [Line(part, line.style) for line in lines for part in _wrapped(line.text, "  ")]


def _wrapped(text: str, indent: str) -> list[str]:
    if len(text) <= WIDTH and "\n" not in text:
        return [text]
    return wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def requirements(records: Sequence[RequirementRecord], verbose: int = 0) -> list[Line]:
    """Return how the requirements of the suites stand: one line, and one for each that does not hold."""
    if not records:
        return []
    counts = Counter(record.verdict for record in records)
    ids = len({record.requirement for record in records})
    told = ", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    lines = [Line(), Line(f"{_many(ids, 'requirement')} in {_many(len(records), 'test')}: {told}", "bold")]
    bad = {Verdict.FAILED, Verdict.ERROR} | ({Verdict.TOLERATED, Verdict.NOT_RUN} if verbose else set())
    for record in (r for r in records if r.verdict in bad):
        style: Style = "bad" if record.verdict in (Verdict.FAILED, Verdict.ERROR) else "warn"
        lines.append(
            Line(_cut(f"  {record.requirement}  {record.verdict.value}: {record.sentence}", WIDTH), style)
        )
        of = f"{record.parameter} " if record.parameter else ""
        if of or record.reason:
            lines.append(Line(_cut(f"    {of}{(record.reason or '').split(chr(10), 1)[0]}", WIDTH), "dim"))
    return lines


def untested(skips: Sequence[SkipRecord], verbose: int = 0) -> list[Line]:
    """Return what was not tested: a line per kind of reason, or per operation when verbose."""
    whole = [skip for skip in skips if skip.group is None and skip.kind != "deselected"]
    if not whole:
        return []
    lines = [Line(), Line(f"{len(whole)} operations not tested", "bold")]
    for kind, number in Counter(skip.kind for skip in whole).most_common():
        of_kind = [skip for skip in whole if skip.kind == kind]
        lines.append(Line(_cut(f"  {number:>4}  {kind}: {of_kind[0].reason}", WIDTH)))
        if verbose:
            lines += [Line(_cut(f"        {skip.operation}", WIDTH), "dim") for skip in of_kind]
    if not verbose:
        lines.append(Line("  -v lists them", "dim"))
    return lines


def _troubles(troubles: Sequence[TroubleRecord], verbose: int) -> list[Line]:
    if not troubles:
        return []
    lines = [Line(), Line("environment (not findings)", "bold")]
    for kind in dict.fromkeys(trouble.kind for trouble in troubles):
        mine = [trouble for trouble in troubles if trouble.kind == kind]
        shown = mine if verbose else mine[:_MOST_ALIKE]
        for trouble in shown:
            times = f" ({trouble.count} times)" if trouble.count > 1 else ""
            lines += [Line(p, "warn") for p in _wrapped(f"  {kind}: {trouble.sentence}{times}", "    ")]
        if len(shown) < len(mine):
            lines.append(Line(f"  {kind}: and {len(mine) - len(shown)} more (-v lists them)", "dim"))
    return lines


def verdict(results: Results) -> list[Line]:
    """Return the last word: conformant, findings, or why neither may be said."""
    footer = results.footer
    if footer is None:
        return [Line(), Line("interrupted: what is above was seen, the rest is not known", "bad")]
    new = sum(f.status == "new" for f in results.findings)
    tested = sum(c.tested for c in results.coverage)
    eligible = sum(c.eligible for c in results.coverage)
    broken = sum(r.verdict is Verdict.FAILED for r in results.requirements)
    failing = f", {_many(broken, 'failed test')} of requirements" if broken else ""
    rate = f"{_many(footer.requests, 'request')} in {footer.seconds:.1f} s"
    planned = any(record.item.rsplit("-", 1)[-1] != "traffic" for record in results.verdicts)
    if not results.coverage or (results.requirements and not planned):
        spoilt = footer.verdict is Verdict.ERROR
        style: Style = "bad" if new or broken or spoilt else "good"
        failing += ", and the harness failed in part," if spoilt else ""
        calls = f"{_many(new, 'new finding')}{failing} in {_many(footer.requests, 'call')} made by hand"
        return [Line(), Line(calls, style)]
    scope = f"{tested} of {eligible} eligible operations tested, {rate}"
    if footer.verdict is Verdict.ERROR:
        found = f"{_many(new, 'new finding')}, and " if new else ""
        return [Line(), Line(f"{found}the harness failed in part: not a verdict; {scope}", "bad")]
    if new or broken:
        return [Line(), Line(f"{_many(new, 'new finding')}{failing}; {scope}", "bad")]
    if not tested:
        return [Line(), Line(f"nothing was tested; {rate}", "warn")]
    if tested < eligible:
        return [Line(), Line(f"no new finding, but incomplete: {scope}", "warn")]
    return [Line(), Line(f"no new finding; {scope}", "good")]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
