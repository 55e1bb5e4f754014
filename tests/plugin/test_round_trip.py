"""What a real run leaves, in every form that people read, is one set of numbers: that of the results document.

The run holds everything that a document can: findings that are new, tolerated and about the contract, items that were
not tested, and tests of requirements that passed, failed, were tolerated and were not run.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from pytest_kibana.embedded import start
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence import Results, Verdict
from tests.plugin.conftest import Command, Ran, run_in
from tests.unit.report.test_texts import openmetrics

SCHEMA = Path(__file__).parents[1] / "unit" / "report" / "junit.xsd"
RULES = """
from pytest_kibana.suites.conftest import pytest_runtest_call, pytest_runtest_setup
"""
TESTS = """
import pytest

def tag(name, **more):
    return pytest.mark.kibana_requirement(f"KBN-REQ-OURS-{name}", source="a test", **more)

@tag("001", operations=["GET /api/spaces/space/{id}"])
def test_held(kibana_space, kibana_client):
    "It holds."
    assert kibana_client.get(f"/api/spaces/space/{kibana_space.id}").status_code == 200
    assert kibana_client.get("/api/spaces/space/no-such-thing").status_code == 404

@tag("002", operations=["GET /api/spaces/space"])
def test_broken(kibana_client):
    "It does not hold."
    assert kibana_client.get("/api/spaces/space").status_code == 418

@tag("003", level="SHOULD")
def test_wished(kibana_client):
    "It would be good."
    assert not "wished"

@tag("004")
@pytest.mark.kibana_requires(version=">=99")
def test_later(kibana_client):
    "It will hold."
"""


@dataclass(frozen=True)
class Left:
    """What the run left behind."""

    ran: Ran

    @cached_property
    def results(self) -> Results:
        return self.ran.results

    @property
    def out(self) -> Path:
        return self.ran.folder / "out"

    @cached_property
    def junit(self) -> ET.Element:
        return ET.parse(self.out / "junit.xml").getroot()

    @cached_property
    def page(self) -> dict[str, Any]:
        """What the HTML page shows, out of the page."""
        text = (self.out / "report.html").read_text()
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
        assert found is not None
        data: dict[str, Any] = json.loads(found[1])
        return data

    @cached_property
    def metrics(self) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
        return openmetrics((self.out / "metrics.txt").read_text())

    @cached_property
    def allure(self) -> list[dict[str, Any]]:
        return [json.loads(f.read_text()) for f in (self.ran.folder / "allure").glob("*-result.json")]

    def metric(self, name: str, label: str) -> Counter[str]:
        """Sum the samples of a metric by one of its labels."""
        sums: Counter[str] = Counter()
        for (metric, labels), value in self.metrics.items():
            if metric == f"kibana_conformance_{name}" and label in dict(labels):
                sums[dict(labels)[label]] += int(value)
        return sums


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Left]:
    folder = tmp_path_factory.mktemp("round-trip")
    running = start("core", "--fault 'response.wrapped@GET /api/short_url/{id}'")
    yield Left(
        run_in(
            folder,
            *("--pyargs", "pytest_kibana.suites.contract", "pytest_kibana.suites.families.short_urls"),
            *("test_ours.py", "--rootdir=.", "-c", "pytest.ini", "--alluredir=allure"),
            *(f"--kibana-url={running.url}", f"--kibana-api-key={running.api_key}", "--kibana-contract=core"),
            *("--kibana-operations=short url,spaces", "--kibana-report=html,junit,markdown,metrics"),
            files={"conftest.py": RULES, "test_ours.py": TESTS, "pytest.ini": "[pytest]\n"},
            env={"NO_COLOR": "1"},
        )
    )
    running.close()


def _words(verdicts: Iterable[Verdict]) -> Counter[str]:
    return Counter(verdict.value for verdict in verdicts)


def test_the_run_holds_everything_that_is_counted(left: Left) -> None:
    assert left.ran.code == ExitCode.FINDINGS, left.ran.out[-4000:]
    said = _words(r.verdict for r in left.results.requirements)
    assert set(said) >= {"passed", "failed", "tolerated", "not run"}
    assert {f.status for f in left.results.findings} >= {"new"}


def test_junit_fits_what_its_readers_agree_on(left: Left) -> None:
    """Jenkins, GitLab and pytest's own xunit2: see the schema."""
    schema = xmlschema.XMLSchema(SCHEMA)
    assert [str(error) for error in schema.iter_errors(left.out / "junit.xml")] == []
    spoilt = ET.fromstring((left.out / "junit.xml").read_text())
    case = spoilt.find(".//testcase")
    assert case is not None
    case.append(ET.Element("failure"))
    assert not schema.is_valid(spoilt)


def test_junit_has_one_case_an_item_and_a_suite_of_requirements(left: Left) -> None:
    results = left.results
    items = {v.item for v in results.verdicts} | {
        f"{s.operation}-{s.group}" if s.group else s.operation
        for s in results.skips
        if s.kind != "deselected"
    }
    suites = {suite.get("name"): suite for suite in left.junit}
    certified = suites.pop("requirements")
    cases = [case for suite in suites.values() for case in suite.iter("testcase")]
    assert sorted(str(case.get("name")) for case in cases) == sorted(items)
    assert set(suites) == {row.family for row in results.coverage}
    for name, word in (("failures", "failed"), ("skipped", "not run"), ("errors", "error")):
        assert int(certified.get(name, "")) == _words(r.verdict for r in results.requirements)[word]
    assert int(certified.get("tests", "")) == len(results.requirements)
    failed = {v.item for v in results.verdicts if v.verdict is Verdict.FAILED}
    assert sum(int(suite.get("failures", "")) for suite in suites.values()) == len(failed)


def test_the_page_agrees(left: Left) -> None:
    results, page = left.results, left.page
    assert _words(r.verdict for r in results.requirements) == Counter(
        page["verdicts"][one["verdict"]]["word"] if isinstance(one["verdict"], int) else one["verdict"]
        for one in page["requirements"]
    )
    assert Counter(f["status"] for f in page["findings"]) == Counter(f.status for f in results.findings)
    for name in ("operations", "eligible", "tested", "succeeded"):
        assert {row["family"]: row[name] for row in page["families"]} == {
            row.family: getattr(row, name) for row in results.coverage
        }
    assert len(page["skips"]) == len(results.skips)
    assert len(page["troubles"]) == len(results.troubles)


def test_metrics_agree(left: Left) -> None:
    results = left.results
    assert left.metric("requirements", "verdict") == _words(r.verdict for r in results.requirements)
    assert left.metric("verdicts", "verdict") == _words(v.verdict for v in results.verdicts)
    assert left.metric("findings", "status") == Counter(f.status for f in results.findings)
    sums = {"all": "operations", "eligible": "eligible", "tested": "tested", "succeeded": "succeeded"}
    for state, name in sums.items():
        assert left.metric("operations", "state")[state] == sum(getattr(r, name) for r in results.coverage)


def test_terminal_and_markdown_agree(left: Left) -> None:
    results, text = left.results, left.ran.out
    markdown = (left.out / "summary.md").read_text()
    words = _words(r.verdict for r in results.requirements)
    told = ", ".join(f"{words[v.value]} {v.value}" for v in Verdict if words[v.value])
    ids = len({r.requirement for r in results.requirements})
    assert f"{ids} requirements in {len(results.requirements)} tests: {told}" in text
    in_markdown = ", ".join(f"{number} {word}" for word, number in sorted(words.items()))
    assert f"Requirements: {in_markdown}." in markdown
    new = sum(f.status == "new" for f in results.findings)
    assert re.search(
        rf"^{new} new findings?, {words['failed']} failed tests? of requirements;", text, re.MULTILINE
    )
    for row in results.coverage:
        line = f"| {row.family} | {row.operations} | {row.eligible} | {row.tested} | {row.succeeded} | {row.findings} |"
        assert line in markdown
        numbers = (row.operations, row.tested, row.succeeded)
        assert re.search(rf"^{row.family} +{' +'.join(map(str, numbers))} ", text, re.MULTILINE)


def test_footer_agrees(left: Left) -> None:
    results = left.results
    assert results.footer is not None
    counts = results.footer.counts
    assert counts["requirements"] == len(results.requirements)
    assert counts["broken"] == _words(r.verdict for r in results.requirements)["failed"]
    assert counts["verdicts"] == len(results.verdicts)
    assert counts["findings"] == len(results.findings)
    assert counts["skips"] == len(results.skips)
    assert results.footer.exit_code == left.ran.code


def test_allure_agrees(left: Left) -> None:
    """One result an item and a test; requirements have their family, id and sentence."""
    results = left.results
    status = {"passed": "passed", "failed": "failed", "tolerated": "skipped", "not run": "skipped"}
    mine = [r for r in left.allure if any(p["name"] == "operation" for p in r.get("parameters", ()))]
    certified = [r for r in left.allure if r not in mine]
    features = Counter(
        label["value"] for r in certified for label in r["labels"] if label["name"] == "feature"
    )
    assert features == Counter(r.requirement for r in results.requirements)
    wanted = Counter(status[r.verdict.value] for r in results.requirements)
    # Allure calls a test broken that ends in anything but a failed assertion.
    assert Counter(r["status"].replace("broken", "failed") for r in certified) == wanted
    failed = {v.item for v in results.verdicts if v.verdict is Verdict.FAILED}
    planned = {
        item for item in failed if not item.endswith("-traffic")
    }  # calls by hand have no test of their own
    assert sum(r["status"] == "failed" for r in mine) == len(planned)
    (broken,) = [r for r in certified if r["fullName"].endswith("#test_broken")]
    said = {(label["name"], label["value"]) for label in broken["labels"]}
    assert {("epic", "spaces"), ("feature", "KBN-REQ-OURS-002"), ("story", "It does not hold.")} <= said


def test_coverage_of_families_agrees(left: Left, command: Command) -> None:
    """``pytest-kibana coverage`` counts what the requirement records say, and nothing else."""
    done = command("coverage", str(left.out), "--json")
    rows = {row["family"]: row for row in json.loads(done.stdout)}
    for row in left.results.coverage:
        assert (rows[row.family]["operations"], rows[row.family]["eligible"]) == (
            row.operations,
            row.eligible,
        )
        called: dict[str, set[str]] = {}
        for record in left.results.requirements:
            for label in set(record.calls) & set(row.labels) if row.family in record.families else ():
                called.setdefault(label, set()).update(record.calls[label])
        assert rows[row.family]["exercised"] == len(called)
        assert rows[row.family]["success"] == sum(any(s[0] == "2" for s in had) for had in called.values())
        assert set(rows[row.family]["idle"]) == set(row.labels) - set(called)
    assert rows["spaces"]["exercised"] >= 2
