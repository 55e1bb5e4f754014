"""Who asks for some operations gets the tests that are about them, and no others."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.plugin.conftest import Ran

Run = Callable[..., Ran]
SUITES = (
    "--pyargs",
    "pytest_kibana.suites.families.spaces",
    "pytest_kibana.suites.families.short_urls",
    "pytest_kibana.suites.laws",
)
WHERE = ("--kibana-url=embedded", "--kibana-contract=core", "--collect-only", "-q")


def test_only_requirements_about_what_is_asked_for_are_tested(run_pytest: Run) -> None:
    whole = run_pytest(*SUITES, *WHERE).out
    asked = run_pytest(*SUITES, *WHERE, "--kibana-operations=short url").out
    assert "test_spaces.py" in whole
    assert "[space-" in whole
    assert "test_short_urls.py" in asked
    assert "[short_url-" in asked
    assert "test_spaces.py" not in asked
    assert "[space-" not in asked
    assert re.search(r"\d+ deselected", asked)


def test_one_case_brings_no_requirement_along(run_pytest: Run) -> None:
    ran = run_pytest(*SUITES, *WHERE, "--kibana-operations=short url", "--kibana-case=smallest-1").out
    assert "::test_" not in ran


def test_tests_of_ones_own_are_never_left_out(run_pytest: Run, tmp_path: Path) -> None:
    own = tmp_path / "test_own.py"
    own.write_text(
        "def test_own(kibana_client):\n    assert kibana_client.get('/api/status').status_code == 200\n"
    )
    ran = run_pytest(str(own), *WHERE[:2], "-q", "--kibana-operations=short url")
    assert "1 passed" in ran.out
