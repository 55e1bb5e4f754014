"""JUnit XML: one test case for each item of the plan, one suite for each family, and one for the requirements.

The shape is what Jenkins, GitLab and pytest's own ``xunit2`` agree on: properties first, then at most one of
failure, error and skipped. What is only tolerated or known passes, and says so in its properties.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from pytest_kibana.evidence.document import Results
from pytest_kibana.evidence.model import (
    HARNESS,
    Finding,
    RequirementRecord,
    SkipRecord,
    Verdict,
    VerdictRecord,
)

# XML 1.0 has no way at all to hold these, not even as references.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_TEXT = 4_000


@dataclass(slots=True)
class _Item:
    key: str
    operation: str
    family: str
    group: str
    records: list[VerdictRecord] = field(default_factory=list)
    skips: list[SkipRecord] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return Verdict.join([r.verdict for r in self.records]) if self.records else Verdict.NOT_RUN

    @property
    def seconds(self) -> float:
        """Time of its answers: their number times their median."""
        one = next((r for r in self.records if r.milliseconds is not None), None)
        return sum(one.statuses.values()) * (one.milliseconds or 0.0) / 1000 if one else 0.0


def render(results: Results) -> str:
    """Return the document as text, with its XML declaration."""
    suites: dict[str, list[_Item]] = defaultdict(list)
    for item in _items(results):
        suites[item.family].append(item)
    by_code: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in results.findings:
        for label in {finding.operation, *finding.operations}:
            by_code[finding.code, label].append(finding)
    root = ET.Element("testsuites", {"name": "pytest-kibana"})
    for family in sorted(suites):
        _suite(root, family, suites[family], by_code, results)
    if results.requirements:
        _certified(root, results)
    if results.footer is None:
        _spoilt(root, results, "the run was interrupted", "What is not here is not known.")
    elif results.footer.verdict is Verdict.ERROR:
        text = "This says nothing about the deployment."
        failures = [t for t in results.troubles if t.kind == HARNESS]
        named = {f"{t.operation}: the harness failed": t.sentence for t in failures}
        _spoilt(root, results, "the harness failed in part", text, named)
    _sum_up(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _items(results: Results) -> Sequence[_Item]:
    """Return what was an item of the run, tested or not, in the order of the results."""
    held: dict[str, _Item] = {}
    for record in results.verdicts:
        group = record.item.rsplit("-", 1)[-1]
        held.setdefault(record.item, _Item(record.item, record.operation, record.family, group))
        held[record.item].records.append(record)
    for skip in results.skips:
        if skip.kind == "deselected":
            continue
        key = f"{skip.operation}-{skip.group}" if skip.group else skip.operation
        held.setdefault(key, _Item(key, skip.operation, skip.family, skip.group or ""))
        held[key].skips.append(skip)
    return tuple(held.values())


def _suite(
    root: ET.Element,
    family: str,
    members: Iterable[_Item],
    by_code: dict[tuple[str, str], list[Finding]],
    results: Results,
) -> None:
    name = _xml(family or "(no family)")
    suite = ET.SubElement(root, "testsuite", {"name": name, "timestamp": _stamp(results)})
    target, contract = results.header.target, results.header.contract
    _properties(
        suite,
        [
            ("kibana.version", target.get("version")),
            ("kibana.flavor", target.get("flavor")),
            ("kibana.stand_in", "true" if target.get("stand_in") else None),
            ("contract.source", contract.get("source")),
            ("contract.sha256", contract.get("sha256")),
            ("seed", results.header.seed),
        ],
    )
    for item in members:
        _case(suite, item, by_code)


def _stamp(results: Results) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(results.header.started))


def _case(suite: ET.Element, item: _Item, by_code: dict[tuple[str, str], list[Finding]]) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": _xml(f"kibana.{item.family}"),
            "name": _xml(item.key),
            "time": f"{item.seconds:.3f}",
        },
    )
    broken = [r for r in item.records if r.verdict in (Verdict.FAILED, Verdict.KNOWN, Verdict.TOLERATED)]
    shown = [f for r in broken for f in by_code[r.code, item.operation]]
    pairs: list[tuple[str, object]] = [("operation", item.operation), ("group", item.group)]
    for record in broken:
        pairs += [("code", record.code), (f"verdict.{record.code}", record.verdict.value)]
        pairs += [("requirement", record.requirement)]
    pairs += [("deviation", f.deviation) for f in shown]
    _properties(case, pairs)
    if item.verdict is Verdict.ERROR:
        _outcome(case, "error", "the harness failed", "harness", "Nothing is said about the deployment.")
    elif item.verdict is Verdict.FAILED:
        codes = list(dict.fromkeys(r.code for r in broken if r.verdict is Verdict.FAILED))
        mine = [f for f in shown if f.code in codes and f.status == "new"]
        first = f"{mine[0].title}: {mine[0].pointer} {mine[0].sentence}" if mine else "a rule is broken"
        _outcome(case, "failure", f"{codes[0]} {first}", " ".join(codes), "\n\n".join(map(_told, mine)))
    elif not item.records:
        reason = "; ".join(dict.fromkeys(s.reason for s in item.skips))
        _outcome(case, "skipped", reason, item.skips[0].kind if item.skips else "not run", "")


def _certified(root: ET.Element, results: Results) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": "requirements", "timestamp": _stamp(results)})
    for record in results.requirements:
        _requirement(suite, record)


def _requirement(suite: ET.Element, record: RequirementRecord) -> None:
    where, _, name = record.test.partition("::")
    module = where.removesuffix(".py").replace("/", ".")
    named = {"classname": _xml(module), "name": _xml(name or where), "time": f"{record.seconds:.3f}"}
    case = ET.SubElement(suite, "testcase", named)
    pairs: list[tuple[str, object]] = [("requirement", record.requirement), ("level", record.level.value)]
    pairs += [("sentence", record.sentence), *(("operation", label) for label in record.calls)]
    if record.verdict is Verdict.TOLERATED:
        pairs.append(("tolerated", record.reason))
    _properties(case, pairs)
    reason = record.reason or record.sentence
    words = {Verdict.FAILED: "failure", Verdict.ERROR: "error", Verdict.NOT_RUN: "skipped"}
    if record.verdict in words:
        first = reason.splitlines()[0] if reason else ""
        _outcome(case, words[record.verdict], first, record.requirement, reason)


def _told(finding: Finding) -> str:
    lines = [
        f"{finding.code} {finding.operation}: {finding.title}",
        f"{finding.pointer} {finding.sentence}",
        f"{finding.level} {finding.severity}, about: {finding.about}"
        + (f", seen {finding.count} times" if finding.count > 1 else ""),
    ]
    return "\n".join([*lines, *([finding.curl] if finding.curl else [])])


def _outcome(case: ET.Element, word: str, message: str, kind: str, text: str) -> None:
    made = ET.SubElement(case, word, {"message": _xml(message)[:_MOST_TEXT], "type": _xml(kind)})
    made.text = _xml(text)[:_MOST_TEXT] or None


def _spoilt(
    root: ET.Element, results: Results, message: str, text: str, named: Mapping[str, str] | None = None
) -> None:
    """Add what keeps the run from being green: each failure by its name, or the run as a whole."""
    suite = ET.SubElement(root, "testsuite", {"name": "run", "timestamp": _stamp(results)})
    for name, said in (named or {"run finished": message}).items():
        case = ET.SubElement(suite, "testcase", {"classname": "kibana", "name": _xml(name), "time": "0.000"})
        _outcome(case, "error", said, "harness", text)


def _sum_up(root: ET.Element) -> None:
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    seconds = 0.0
    for suite in root:
        cases = suite.findall("testcase")
        numbers = {
            "tests": len(cases),
            "failures": sum(c.find("failure") is not None for c in cases),
            "errors": sum(c.find("error") is not None for c in cases),
            "skipped": sum(c.find("skipped") is not None for c in cases),
        }
        took = sum(float(c.get("time", "0")) for c in cases)
        suite.attrib.update({**{k: str(v) for k, v in numbers.items()}, "time": f"{took:.3f}"})
        total = {key: total[key] + numbers[key] for key in total}
        seconds += took
    root.attrib.update({**{k: str(v) for k, v in total.items()}, "time": f"{seconds:.3f}"})


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, object]]) -> None:
    kept = [(name, value) for name, value in pairs if value not in (None, "")]
    if kept:
        box = ET.SubElement(parent, "properties")
        for name, value in kept:
            ET.SubElement(box, "property", {"name": _xml(name), "value": _xml(str(value))})


def _xml(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
