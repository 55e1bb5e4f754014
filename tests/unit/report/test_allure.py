"""Allure: made by allure-pytest in a real run of pytest, read by Allure's own command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.report.synthetic import HOSTILE, header

from pytest_kibana.report.allure import categories, write_environment

ROOT = Path(__file__).resolve().parents[3]
ALLURE = shutil.which(
    "allure", path=f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}"
)

TESTS = """
import pytest
from tests.unit.report.synthetic import HOSTILE, finding
from pytest_kibana.conformance import Outcome
from pytest_kibana.evidence import Verdict, VerdictRecord
from pytest_kibana.report.allure import tell

def outcome(verdict, **more):
    one = finding("GET /api/spaces/space", 1, **more)
    record = VerdictRecord("i", one.operation, "spaces", one.code, verdict)
    return Outcome("GET /api/spaces/space-responses", one.operation, "spaces", "responses", verdict, (record,), (one,))

def test_new():
    made = outcome(Verdict.FAILED)
    tell(made)
    pytest.fail(made.message(), pytrace=False)

def test_known():
    from dataclasses import replace
    tell(
        outcome(Verdict.KNOWN),
        known=lambda f: replace(f, status="known", deviation="D-20"),
        link_of=lambda name: f"https://deviations.example/{name}",
    )

def test_fine():
    tell(Outcome("GET /api/status-input", "GET /api/status", "system", "input", Verdict.PASSED))

def test_not_tested():
    pytest.skip("the budget leaves it out")

@pytest.mark.parametrize("families", [("spaces", "roles"), ()])
def test_certifies(families):
    from pytest_kibana.evidence import Level, RequirementRecord
    from pytest_kibana.report.allure import tell_requirement
    test = "families/spaces/test_changing.py::test_rename"
    sentence = "A space is renamed."
    tell_requirement(RequirementRecord(test, "KBN-REQ-SPACES-007", Level.MUST, Verdict.UNKNOWN, sentence, families))

@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile(number):
    text = HOSTILE[number]
    everywhere = dict.fromkeys(("title", "sentence", "pointer", "curl", "console"), text)
    tell(outcome(Verdict.TOLERATED, status="tolerated", **everywhere))
"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What allure-pytest wrote."""
    folder = tmp_path_factory.mktemp("allure")
    (folder / "test_items.py").write_text(TESTS)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--alluredir",
            "raw",
            "test_items.py",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    write_environment(folder / "raw", header())
    return folder / "raw"


@pytest.fixture(scope="module")
def report(raw: Path) -> Path:
    """What Allure made of it."""
    if ALLURE is None:
        pytest.skip("needs Allure's command line: npm install allure@3")
    out = raw.parent / "report"
    done = subprocess.run(
        [ALLURE, "allure2", str(raw), "-o", str(out)],
        cwd=raw.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def case(report: Path, name: str) -> dict[str, Any]:
    for file in (report / "data" / "test-cases").glob("*.json"):
        data: dict[str, Any] = json.loads(file.read_text())
        if data["fullName"].endswith(f"#{name}"):
            return data
    raise AssertionError(name)


def labels(data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(label["name"], label["value"]) for label in data["labels"]}


def test_family_operation_and_check_are_epic_feature_and_story(report: Path) -> None:
    said = labels(case(report, "test_new"))
    assert ("epic", "spaces") in said
    assert ("feature", "GET /api/spaces/space") in said
    assert ("story", "KBN-R103 response body violates its schema") in said
    assert ("severity", "critical") in said
    assert ("story", "input") in labels(case(report, "test_fine"))
    tree = json.loads((report / "data" / "behaviors.json").read_text())
    assert {"spaces", "system"} <= {epic["name"] for epic in tree["children"]}


def test_a_test_has_a_title_for_people(report: Path, raw: Path) -> None:
    assert case(report, "test_new")["name"].startswith("GET /api/spaces/space: ")
    results = [json.loads(file.read_text()) for file in raw.glob("*-result.json")]
    titles = {r["name"] for r in results if r["fullName"].endswith("#test_certifies")}
    assert all(title.startswith("A space is renamed.") for title in titles)


def test_exchange_and_lines_to_copy_are_attached(report: Path) -> None:
    data = case(report, "test_new")
    text = json.dumps(data)
    assert "exchange" in text
    assert "curl" in text
    kept = [f.read_text() for f in (report / "data" / "attachments").iterdir()]
    assert any("12345678901234567890" in t for t in kept)
    assert any("$KIBANA_API_KEY" in t for t in kept)


def test_requirement_and_deviation_are_linked(report: Path) -> None:
    links = {link["name"]: link for link in case(report, "test_known")["links"]}
    assert links["requirement KBN-R103"]["url"].endswith("#kbn-r103")
    assert links["known deviation D-20"]["url"] == "https://deviations.example/D-20"
    assert links["known deviation D-20"]["type"] == "issue"


def test_requirement_of_the_suites_has_its_own_place(raw: Path) -> None:
    """Families, id and sentence are epic, feature and story; a test that names no family is in that of its folder."""
    results = [json.loads(file.read_text()) for file in raw.glob("*-result.json")]
    mine = [r for r in results if r["fullName"].endswith("#test_certifies")]
    epics = [{name for word, name in labels(r) if word == "epic"} for r in mine]
    assert sorted(map(sorted, epics)) == [["roles", "spaces"], ["spaces"]]
    for one in mine:
        said = {("feature", "KBN-REQ-SPACES-007"), ("story", "A space is renamed."), ("severity", "critical")}
        assert said <= labels(one)
        (link,) = one["links"]
        assert link["url"] == "docs/reference/requirements.md#kbn-req-spaces"
        assert link["name"] == "requirement KBN-REQ-SPACES-007"
    assert "## KBN-REQ-SPACES\n" in (ROOT / "docs" / "reference" / "requirements.md").read_text()


def test_known_deviation_passes_and_says_so(report: Path) -> None:
    data = case(report, "test_known")
    assert data["status"] == "passed"
    assert ("tag", "known deviation") in labels(data)


def test_findings_fall_into_their_category(report: Path) -> None:
    tree = json.loads((report / "data" / "categories.json").read_text())
    names = {child["name"] for child in tree["children"]}
    assert names == {"Answers: status, media type and body of an answer", "Not tested"}


def test_allure_3_has_the_same_categories(raw: Path) -> None:
    """It reads them from the configuration beside the results, and from nowhere else."""
    if ALLURE is None:
        pytest.skip("needs Allure's command line: npm install allure@3")
    out = raw.parent / "report-3"
    done = subprocess.run(
        [ALLURE, "generate", "--config", str(raw / "allurerc.json"), "-o", str(out), str(raw)],
        cwd=raw.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads((out / "widgets" / "categories.json").read_text())
    names = {kept["nodes"][root]["name"] for root in kept["roots"]}
    assert names == {"Answers: status, media type and body of an answer", "Not tested"}


def test_environment_is_shown(report: Path) -> None:
    said = {e["name"]: e["values"] for e in json.loads((report / "widgets" / "environment.json").read_text())}
    assert said["Kibana"] == ["9.1.4"]
    assert said["Contract"] == ["9.1"]


def test_numbers_agree(report: Path) -> None:
    numbers = json.loads((report / "widgets" / "summary.json").read_text())["statistic"]
    assert numbers["failed"] == 1
    assert numbers["skipped"] == 1
    assert numbers["passed"] == 4 + len(HOSTILE)


def test_raw_results_hold_what_allure_reads(raw: Path) -> None:
    """Without Allure's command line too: labels, links and attachments are in the raw results."""
    results = [json.loads(file.read_text()) for file in raw.glob("*-result.json")]
    new = next(r for r in results if r["fullName"].endswith("#test_new"))
    assert {a["type"] for a in new["attachments"]} == {"application/json", "text/plain"}
    assert {label["name"] for label in new["labels"]} >= {"epic", "feature", "story", "severity", "tag"}


def test_environment_is_one_property_a_line(tmp_path: Path) -> None:
    write_environment(tmp_path, header(target={"version": "9\n=x:\\ud800", "url": "\u2028"}))
    lines = (tmp_path / "environment.properties").read_bytes().decode("ascii").splitlines()
    assert all("=" in line for line in lines)
    assert lines[0] == "Kibana=9 =x:\\\\ud800"


def test_every_category_is_a_pattern_of_java_and_of_javascript() -> None:
    for one in categories():
        assert "(?" not in one.get("messageRegex", "")
