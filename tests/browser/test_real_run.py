"""The report of a real run of pytest against a stand-in that misbehaves, in a real browser."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pytest_kibana.evidence import Results, read_results


def run(folder: Path, *, faults: Sequence[str], operations: str, suites: Sequence[str]) -> Results:
    """Return what a run leaves against an embedded stand-in of the core contract; it must find something."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_", "GITHUB_"))}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"),
            *("--pyargs", *(f"pytest_kibana.suites.{name}" for name in suites)),
            *("--kibana-url", "embedded", "--kibana-contract", "core"),
            *("--kibana-embedded", " ".join(f"--fault '{fault}'" for fault in faults)),
            *("--kibana-operations", operations),
            *("--kibana-report-dir", str(folder / "out"), "--kibana-budget", "smoke"),
        ],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return read_results(folder / "out")


def test_report_of_a_real_run_tells_what_the_results_tell(opened: Callable[..., Any], tmp_path: Path) -> None:
    results = run(
        tmp_path,
        faults=["response.wrapped@GET /api/short_url/{id}"],
        operations="short url,spaces",
        suites=["contract"],
    )
    new = [f for f in results.findings if f.status == "new"]
    assert new
    report = opened(results, "#?verdict=failed")
    assert report.text("#shown").startswith(f"{len(new)} of {len(results.findings)} findings")
    for finding in new:
        row = report.page.locator(f"details[data-identity='{finding.identity}']")
        assert finding.operation in row.inner_text()
        row.locator("summary").first.click()
        row.locator(".pair").wait_for()
    assert report.count("#matrix-table tbody tr") == len(results.coverage) == 2
    report.shot("real-run")
    page = (tmp_path / "out" / "report.html").read_text()  # the run wrote the same page by itself
    assert new[0].identity in page


def test_nothing_runs_that_a_deployment_answers(opened: Callable[..., Any], tmp_path: Path) -> None:
    """Values, keys and refusals that are markup and script come through a whole run and are text in its report."""
    targets = (
        "GET /api/short_url/{id}",
        "GET /api/spaces/space",
        "GET /api/spaces/space/{id}",
        "GET /api/features",
    )
    results = run(
        tmp_path,
        faults=[f"response.markup@{label}" for label in targets],
        operations="short url,spaces,GET /api/features",
        suites=["contract", "families.spaces"],
    )
    shown = [f for f in results.findings if f.exchange and "window.pwned=1" in str(f.exchange)]
    assert {f.operation for f in shown} == set(targets)
    assert any("window.pwned=1" in (r.reason or "") for r in results.requirements)

    report = opened(results)
    page = report.page
    page.goto((tmp_path / "out" / "report.html").as_uri())  # the page that the run itself wrote
    report.url = page.url
    page.wait_for_selector("html[data-ready=true]")
    report.requests.clear()
    page.click("#unfold")
    for _ in range(2):  # what is unfolded holds more to unfold
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.wait_for_timeout(100)
    for finding in shown:
        page.locator(f"details[data-identity='{finding.identity}'] .pair").first.wait_for()
    assert "onerror=window.pwned=1" in page.locator("body").inner_text()
    for number in range(report.count("#matrix-table tbody tr")):
        page.locator("#matrix-table tbody tr").nth(number).locator("button.plain").click()
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("({}).polluted") is None
    assert report.count("img, svg[onload], iframe, object, embed, form[action], base, link") == 0
    assert report.count("script") == 2
    assert page.evaluate(
        "[...document.querySelectorAll('a')].every(a => a.getAttribute('href').startsWith('#'))"
    )
    report.shot("real-run-hostile")
