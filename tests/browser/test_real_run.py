"""The report of a real run of pytest against a stand-in that misbehaves, in a real browser."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_kibana.evidence import read_results


def test_report_of_a_real_run_tells_what_the_results_tell(opened: Callable[..., Any], tmp_path: Path) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_", "GITHUB_"))}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"),
            *("--pyargs", "pytest_kibana.suites.contract", "--kibana-url", "embedded"),
            *("--kibana-embedded", "--fault 'response.wrapped@GET /api/short_url/{id}'"),
            *("--kibana-contract", "core", "--kibana-operations", "short url,spaces"),
            *("--kibana-report-dir", str(tmp_path / "out"), "--kibana-budget", "smoke"),
        ],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    results = read_results(tmp_path / "out")
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
