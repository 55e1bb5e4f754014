"""JUnit, Markdown, annotations, metrics and the terminal: what they say is what the results say."""

import json
import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.synthetic import HOSTILE, document, finding, header, hostile

from pytest_kibana.errors import ResultsError, UsageError
from pytest_kibana.evidence import Results, TroubleRecord, Verdict, read_results
from pytest_kibana.evidence.compare import compare
from pytest_kibana.evidence.model import HARNESS, FamilyCoverage, Level, RequirementRecord
from pytest_kibana.report import github, junit, metrics
from pytest_kibana.report.formats import FORMATS, save, write_reports
from pytest_kibana.report.html import page_data
from pytest_kibana.report.terminal import WIDTH, Line, colours, painted, scoreboard, summary


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return document(tmp_path / "results.jsonl", operations=40)


# -- JUnit: what its readers agree on (the schemas of Jenkins' xunit plugin and of pytest's xunit2)

_CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "testcase": ["properties", "skipped", "error", "failure", "system-out", "system-err"],
    "properties": ["property"],
}
_NEEDED = {
    "testsuites": set(),
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message", "type"},
}
_ALLOWED = {"testsuites": {"name", "tests", "failures", "errors", "skipped", "time"}}


def valid(element: ET.Element) -> None:
    children = [child.tag for child in element]
    order = _CHILDREN.get(element.tag, [])
    assert set(children) <= set(order), element.tag
    assert children == sorted(children, key=order.index)
    if element.tag == "testcase":
        assert len([c for c in children if c in ("skipped", "error", "failure")]) <= 1
    needed = _NEEDED.get(element.tag, set())
    assert needed <= set(element.keys()) <= needed | _ALLOWED.get(element.tag, set())
    for name in ("tests", "failures", "errors", "skipped"):
        assert element.get(name, "0").isdigit()
    assert re.fullmatch(r"\d+\.\d{3}", element.get("time", "0.000"))
    for child in element:
        valid(child)


def test_junit_has_the_common_shape(results: Results) -> None:
    valid(ET.fromstring(junit.render(results)))


def test_junit_has_one_case_an_item_with_its_properties(results: Results) -> None:
    root = ET.fromstring(junit.render(results))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert len(cases) == int(root.get("tests", "")) == 42  # 40 items, one operation and one group not tested
    failed = cases["GET /api/family0/thing0/{id}-responses"]
    said = [(p.get("name"), p.get("value")) for p in failed.iter("property")]
    assert ("operation", "GET /api/family0/thing0/{id}") in said
    assert ("code", "KBN-A401") in said
    assert failed.find("failure") is not None
    known = cases["GET /api/family2/thing11/{id}-responses"]
    assert known.find("failure") is None
    assert ("deviation", "D-20") in [(p.get("name"), p.get("value")) for p in known.iter("property")]
    skipped = cases["DELETE /api/family0/everything"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "disruptive: not allowed"


def test_junit_of_an_interrupted_run_has_an_error(tmp_path: Path) -> None:
    root = ET.fromstring(junit.render(document(tmp_path / "r.jsonl", finished=False)))
    valid(root)
    assert root.get("errors") == "1"


def test_failure_of_our_own_is_never_green(tmp_path: Path) -> None:
    """A harness that failed says so everywhere, and claims nothing about the deployment."""
    sound = document(tmp_path / "r.jsonl", operations=3, findings=[])
    assert sound.footer is not None
    failed = replace(sound, footer=replace(sound.footer, verdict=Verdict.ERROR, exit_code=3))
    *_, before, last = summary(failed)
    assert "the harness failed" in f"{before.text} {last.text}"
    assert last.style == "bad"
    assert ET.fromstring(junit.render(failed)).get("errors") == "1"
    assert github.annotations(failed) == ["::error title=kibana::the harness failed in part"]


def test_every_report_names_a_failure_of_our_own(tmp_path: Path) -> None:
    """Where it happened and what was raised, beside the findings and never as one."""
    sound = document(tmp_path / "r.jsonl", operations=3, findings=[])
    assert sound.footer is not None
    said = "GET /api/x-responses: ZeroDivisionError: <b>division</b> by zero"
    trouble = TroubleRecord(HARNESS, said, 1.0, operation="GET /api/x")
    footer = replace(sound.footer, verdict=Verdict.ERROR, exit_code=3)
    failed = replace(sound, records=(*sound.records, trouble), footer=footer)
    (case,) = ET.fromstring(junit.render(failed)).findall(".//testcase[error]")
    valid(ET.fromstring(junit.render(failed)))
    assert case.get("name") == "GET /api/x: the harness failed"
    error = case.find("error")
    assert error is not None
    assert error.get("message") == said
    (line,) = github.annotations(failed)
    assert "ZeroDivisionError" in line
    assert "ZeroDivisionError" in github.markdown(failed)
    assert "<b>" not in github.markdown(failed)
    assert {"kind": HARNESS, "sentence": said, "count": 1} in page_data(failed)["troubles"]
    assert any("ZeroDivisionError" in one.text for one in summary(failed))


def test_hostile_answers_leave_every_report_well_formed(tmp_path: Path) -> None:
    attacked = hostile(tmp_path / "results.jsonl")
    valid(ET.fromstring(junit.render(attacked)))
    openmetrics(metrics.render(attacked))
    for file in write_reports(attacked, FORMATS, tmp_path / "out"):
        file.read_text("utf-8")
    markdown = github.markdown(attacked)
    outside = re.sub(r"(?ms)^(`{3,})sh\n.*?\n\1$", "", markdown)
    assert "<script" not in outside
    assert "<img" not in outside
    for line in github.annotations(attacked):
        assert line.startswith("::error title=")
        assert not set("\r\n") & set(line)
        assert (
            line.count("::error") == 1 or "%3A%3Aerror" in line or "::error::window" in line.split("::", 2)[2]
        )


@given(st.text())
def test_junit_holds_any_text(text: str) -> None:
    ET.fromstring(f"<x>{ET.tostring(_element(text), encoding='unicode')}</x>")


def _element(text: str) -> ET.Element:
    element = ET.Element("case", {"name": junit._xml(text)})
    element.text = junit._xml(text)
    return element


# -- OpenMetrics

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def openmetrics(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Parse OpenMetrics text, strictly: types before samples, metrics together, no sample twice, an end."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    types: dict[str, str] = {}
    current, samples = "", {}
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            assert current not in types
            types[current] = kind
        elif line.startswith("# HELP "):
            assert line.split(" ")[2] == current
        else:
            found = _SAMPLE.fullmatch(line)
            assert found, line
            name, labels, value = found.groups()
            assert name == current + ("_info" if types[current] == "info" else "")
            pairs, at = [], 0
            while labels and at < len(labels):
                label = _LABEL.match(labels, at)
                assert label, labels
                pairs.append((label[1], label[2]))
                at = label.end()
            key = (name, tuple(pairs))
            assert key not in samples
            samples[key] = float(value)
    return samples


@given(st.text())
def test_metrics_hold_any_label(text: str) -> None:
    lines = metrics._lines("x", "gauge", "h", [({"a": text, "b": "c"}, 1)])
    ((_, pairs),) = openmetrics("\n".join([*lines, "# EOF", ""]))
    assert [name for name, _ in pairs] == ["a", "b"]


# -- GitHub


def test_github_gets_annotations_and_a_summary(results: Results, tmp_path: Path) -> None:
    said: list[str] = []
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    assert github.publish(results, environment, said.append)
    assert len(said) == 6
    assert said[0].startswith(
        "::error title=KBN-A401 GET /api/family0/thing0/{id}::served without credentials"
    )
    text = (tmp_path / "summary.md").read_text()
    assert "| family0 | 6 | 5 | 5 |" in text
    assert "6 new findings" in text


def test_elsewhere_nothing_is_said_to_github(results: Results) -> None:
    assert not github.publish(results, {}, print)


def test_many_findings_stay_within_what_github_takes(tmp_path: Path) -> None:
    found = [finding(f"GET /api/family0/{n}", n) for n in range(3000)]
    results = document(tmp_path / "r.jsonl", findings=found)
    assert len(github.annotations(results)) == 10
    assert github.annotations(results)[-1].endswith("and 2991 more findings")
    assert len(github.markdown(results).encode()) < 1_000_000


# -- terminal


@pytest.mark.parametrize("verbose", [-1, 0, 1, 2])
def test_terminal_fits_80_columns(results: Results, verbose: int) -> None:
    for line in summary(results, verbose=verbose):
        assert len(line.text) <= WIDTH or line.text.lstrip().startswith(("curl", "Console", "again"))


def test_quiet_is_short(results: Results) -> None:
    quiet, usual = summary(results, verbose=-1), summary(results)
    assert len(quiet) == 7  # six findings and the verdict
    assert quiet[-1].text == usual[-1].text
    assert len(summary(results, verbose=1)) > len(usual)


def test_hostile_answers_do_not_steer_the_terminal(tmp_path: Path) -> None:
    for line in summary(hostile(tmp_path / "r.jsonl"), verbose=2):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", line.text)


def test_colours_are_only_for_terminals_that_want_them() -> None:
    assert colours({"TERM": "xterm"}, terminal=True)
    assert not colours({"TERM": "xterm"}, terminal=False)
    assert not colours({"TERM": "xterm", "NO_COLOR": "1"}, terminal=True)
    assert not colours({"TERM": "dumb"}, terminal=True)
    assert painted(Line("x", "bad"), colour=False) == "x"
    assert painted(Line("x", "bad"), colour=True) == "\x1b[31mx\x1b[0m"


# -- round trip


@pytest.mark.parametrize("operations", [1, 40, 90])
def test_numbers_agree_everywhere(tmp_path: Path, operations: int) -> None:
    """Results → HTML data, JUnit, metrics, Markdown, terminal: one set of numbers."""
    results = document(tmp_path / "r.jsonl", operations=operations)
    status = Counter(f.status for f in results.findings)
    sums = {
        name: sum(getattr(row, name) for row in results.coverage)
        for name in ("operations", "eligible", "tested", "succeeded")
    }

    page = page_data(results)
    assert Counter(f["status"] for f in page["findings"]) == status
    for name, number in sums.items():
        assert sum(row[name] for row in page["families"]) == number
    assert len(page["operations"]) == len({v.operation for v in results.verdicts})
    words = [v["word"] for v in page["verdicts"]]
    shown = Counter(words[check[1]] for one in page["operations"] for check in one["checks"])
    assert shown == Counter(v.verdict.value for v in results.verdicts)

    root = ET.fromstring(junit.render(results))
    failed = {v.item for v in results.verdicts if v.verdict is Verdict.FAILED}
    assert int(root.get("failures", "")) == len(failed)

    samples = openmetrics(metrics.render(results))
    for name, number in sums.items():
        state = "all" if name == "operations" else name
        counted = sum(
            value
            for (metric, labels), value in samples.items()
            if metric == "kibana_conformance_operations" and ("state", state) in labels
        )
        assert counted == number
    for word, number in status.items():
        counted = sum(
            value
            for (metric, labels), value in samples.items()
            if metric == "kibana_conformance_findings" and ("status", word) in labels
        )
        assert counted == number

    text = "\n".join(line.text for line in summary(results))
    total = re.search(r"^all +(\d+) +(\d+) +(\d+) +(\d+)$", text, re.MULTILINE)
    assert total is not None
    assert [int(total[n]) for n in (1, 2, 3)] == [sums["operations"], sums["tested"], sums["succeeded"]]
    last = summary(results)[-1].text
    assert last.startswith(f"{status['new']} new finding")
    assert last in github.markdown(results).replace("\\", "")


# -- writing


def test_reports_are_never_overwritten_unasked(results: Results, tmp_path: Path) -> None:
    write_reports(results, ["junit"], tmp_path / "out", overwrite=False)
    with pytest.raises(ResultsError, match="exists"):
        write_reports(results, ["junit"], tmp_path / "out", overwrite=False)


def test_unknown_report_is_named(results: Results, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pdf") as raised:
        write_reports(results, ["html", "pdf"], tmp_path)
    assert "junit" in raised.value.hint


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot be written"):
        save(tmp_path / "file" / "x.html", "")


def test_comparison_reaches_markdown_and_html(results: Results, tmp_path: Path) -> None:
    comparison = compare(document(tmp_path / "old.jsonl", operations=40, findings=[]), results)
    assert "something got worse" in github.markdown(results, comparison=comparison)
    assert page_data(results, comparison)["comparison"]["worse"] is True


def test_all_reports_of_a_large_run_take_seconds(tmp_path: Path) -> None:
    """Everything for 454 operations and 50 checks, in well under the three seconds that a reader would notice."""
    found = [finding(f"GET /api/family{n % 9}/thing{n % 454}/{{id}}", n) for n in range(350)]
    codes = tuple(json.loads(json.dumps(list(header().tool["checks"]))))[:50]
    results = document(tmp_path / "results.jsonl", operations=454, codes=codes, findings=found)
    begun = time.perf_counter()
    read = read_results(results.path)
    files = write_reports(read, FORMATS, tmp_path)
    took = time.perf_counter() - begun
    sizes = {file.name: file.stat().st_size for file in files}
    print(f"\nread {len(read.records)} records and wrote {sizes} in {took:.2f} s")
    assert sizes["report.html"] < 5_000_000
    assert took < 15  # machines differ; the number printed is the one to watch


def test_every_hostile_string_is_in_the_page_as_text(tmp_path: Path) -> None:
    page = json.dumps(page_data(hostile(tmp_path / "r.jsonl")))
    for text in HOSTILE:
        assert json.dumps(text)[1:-1] in page


def test_a_family_is_red_only_for_what_fails() -> None:
    row = FamilyCoverage("cases", operations=2, eligible=2, tested=2, succeeded=2, findings=1, requests=9)
    assert scoreboard([row], {"cases"})[2].style == "bad"
    assert scoreboard([row])[2].style == "warn"


def test_excused_findings_stand_in_columns_and_say_their_kind_once(tmp_path: Path) -> None:
    found = [
        finding("GET /api/a/0", 1, status="tolerated", title="a short title"),
        finding(
            "GET /api/a/1", 2, status="tolerated", code="KBN-R411", title="a title that is a good deal longer"
        ),
    ]
    lines = [line.text for line in summary(document(tmp_path / "results.jsonl", findings=found))]
    at = lines.index("2 findings tolerated (-v shows them)")
    assert lines[at + 1 : at + 3] == [
        "  KBN-R103  a short title                       1 operation",
        "  KBN-R411  a title that is a good deal longer  1 operation",
    ]


def test_github_shows_the_heading_of_a_finding_as_it_is(tmp_path: Path) -> None:
    """A line of details is a block of HTML to GitHub, which reads no backslashes there."""
    found = [finding("GET /api/cases/{id}/_find", title="a <b> & @you", count=1)]
    text = github.markdown(document(tmp_path / "results.jsonl", findings=found))
    heading = "KBN-R103 GET /api/cases/{id}/_find: a &lt;b&gt; &amp; &#64;you"
    assert f"<details><summary>{heading}</summary>" in text
    assert "seen 1 times" not in text


def test_the_last_word_fits_80_columns_too(tmp_path: Path) -> None:
    broken = [
        RequirementRecord(f"x::test_{n}", f"KBN-REQ-X-{n:03}", Level.MUST, Verdict.FAILED) for n in range(3)
    ]
    whole = document(tmp_path / "results.jsonl", operations=400)
    results = replace(whole, records=(*whole.records, *broken))
    for verbose in (-1, 0):
        lines = [line.text for line in summary(results, verbose=verbose)]
        assert any("3 failed tests of requirements" in line for line in lines)
        last = [line for line in lines if "new finding" in line or "requests in" in line]
        assert all(len(line) <= WIDTH for line in last)


def test_a_broken_requirement_says_of_what_it_broke_and_why(tmp_path: Path) -> None:
    record = RequirementRecord(
        test="laws/test_laws.py::test_law[space-round trip]",
        requirement="KBN-REQ-LAW-001",
        level=Level.MUST,
        verdict=Verdict.FAILED,
        sentence="What was made reads back.",
        reason="/id was sent and is not there\nmore",
    )
    whole = document(tmp_path / "results.jsonl", findings=[])
    results = replace(whole, records=(*whole.records, record))
    lines = [line.text for line in summary(results)]
    at = lines.index("  KBN-REQ-LAW-001  failed: What was made reads back.")
    assert lines[at + 1] == "    [space-round trip] /id was sent and is not there"
    assert "What was made reads back. \\[space\\-round trip\\] /id was sent" in github.markdown(results)
