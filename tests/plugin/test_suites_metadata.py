"""Every test of the suites says what it certifies, and runs only where it can."""

from collections.abc import Callable

import pytest

from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from pytest_kibana.suites.requirements import catalogue
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]
CONFTEST = {
    "conftest.py": "from pytest_kibana.suites.conftest import pytest_runtest_call, pytest_runtest_setup\n"
}
IDS = """
import re
import pytest

def pytest_collection_finish(session):
    from pytest_kibana import markers
    for item in session.items:
        found = markers.read(item, "kibana_requirement")
        print("REQ", found[0].id if found else f"untagged {item.nodeid}")
"""


@pytest.fixture
def run_test(run_pytest: Run, stand_in: Embedded) -> Run:
    """Run one test under the rules of the suites."""

    def run(marker: str, body: str = "pass", *arguments: str) -> Ran:
        text = f"import pytest\n\n{marker}\ndef test_one(kibana_client):\n    {body}\n"
        return run_pytest(
            "-q",
            "-rsx",
            f"--kibana-url={stand_in.url}",
            f"--kibana-api-key={stand_in.api_key}",
            "--kibana-contract=core",
            *arguments,
            files={**CONFTEST, "test_one.py": text},
        )

    return run


def tag(**more: str) -> str:
    said = ", ".join(f"{name}={value!r}" for name, value in {"source": "a test", **more}.items())
    return f'@pytest.mark.kibana_requirement("KBN-REQ-X-001", {said})'


def test_an_untagged_test_is_an_error(run_test: Run) -> None:
    ran = run_test("")
    assert ran.code == ExitCode.FINDINGS
    assert "1 error" in ran.out
    assert "does not say what it certifies" in ran.out


@pytest.mark.parametrize(
    ("said", "arguments", "reason"),
    [
        ({"safety": "global"}, ["--kibana-allow=space"], "needs --kibana-allow global, found space"),
        (
            {"tier": "thorough"},
            ["--kibana-budget=standard"],
            "needs --kibana-budget thorough, found standard",
        ),
        ({"tier": "standard"}, ["--kibana-budget=smoke"], "needs --kibana-budget standard, found smoke"),
        ({"since": "99.1"}, [], "needs version 99.1, found"),
        ({"operations": "GET /api/no-such"}, [], "needs GET /api/no-such, and the contract (core) has none"),
    ],
)
def test_what_cannot_run_is_skipped_with_what_was_needed_and_found(
    run_test: Run, said: dict[str, str], arguments: list[str], reason: str
) -> None:
    ran = run_test(tag(**said), "raise RuntimeError", *arguments)
    assert "1 skipped" in ran.out, ran.out[-2000:]
    assert reason in ran.out


def test_a_broken_should_is_tolerated_unless_strict(run_test: Run) -> None:
    assert "1 xfailed" in run_test(tag(level="SHOULD"), "assert False").out
    assert "1 failed" in run_test(tag(level="SHOULD"), "assert False", "--kibana-strict").out
    assert "1 failed" in run_test(tag(level="MUST"), "assert False").out


def test_every_test_of_the_suites_is_in_the_catalogue(run_pytest: Run) -> None:
    known = {entry.requirement.id for entry in catalogue()}
    ran = run_pytest(
        *("--pyargs", "pytest_kibana.suites", "--collect-only", "-q", "-s", "-p", "ids"),
        *("--kibana-url=http://127.0.0.1:9", "--kibana-contract=core", "--kibana-plan"),
        files={"ids.py": IDS},
        env={"PYTHONPATH": "."},
    )
    seen = {line.split(" ", 1)[1] for line in ran.out.splitlines() if line.startswith("REQ ")}
    assert {"KBN-REQ-OPS-001", "KBN-REQ-LAW-001", "KBN-REQ-LAW-030", "KBN-REQ-XSR-001"} <= seen, ran.out[
        -3000:
    ]
    assert seen <= known, f"not in the catalogue: {sorted(seen - known)}"


def test_every_requirement_says_a_sentence_and_a_source() -> None:
    for entry in catalogue():
        assert entry.sentence.endswith("."), entry.test
        assert entry.requirement.source, entry.test
