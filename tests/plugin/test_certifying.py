"""What tests of the suites certify is written into the results, whoever ran them."""

from collections.abc import Callable

import pytest

from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from tests.plugin.conftest import Ran

TESTS = """
import pytest

def tag(name, **more):
    return pytest.mark.kibana_requirement(f"KBN-REQ-X-{name}", source="a test", **more)

@pytest.fixture
def broken():
    raise RuntimeError("no such thing")

@tag("HELD", operations=["GET /api/spaces/space/{id}"])
def test_held(kibana_space, kibana_client):
    "It holds. And more."
    assert kibana_client.get(f"/api/spaces/space/{kibana_space.id}").status_code == 200
    assert kibana_client.get("/api/spaces/space/no-such-thing").status_code == 404

@tag("BROKEN")
def test_broken(kibana_client):
    assert kibana_client.get("/api/spaces/space").status_code == 418

@tag("TOLD")
def test_told(kibana_client):
    "It is told."
    pytest.fail("KBN-REQ-X-TOLD It is told.\\n  /id is missing", pytrace=False)

@tag("WISHED", level="SHOULD")
def test_wished(kibana_client):
    assert not "wished"

@tag("IDLE", operations=["GET /api/no/such"])
def test_idle(kibana_client):
    pass

@tag("ERROR")
def test_error(broken):
    pass
"""
RULES = """
from pytest_kibana.suites.conftest import pytest_runtest_call, pytest_runtest_setup
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_each_requirement_has_its_line(
    run_pytest: Callable[..., Ran], stand_in: Embedded, workers: tuple[str, ...]
) -> None:
    ran = run_pytest(
        "-q",
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        *workers,
        files={"conftest.py": RULES, "test_them.py": TESTS},
    )
    assert ran.code == ExitCode.FINDINGS, ran.out
    records = {r.requirement.removeprefix("KBN-REQ-X-"): r for r in ran.results.requirements}
    said = {name: record.verdict.value for name, record in records.items()}
    assert said == {
        "HELD": "passed",
        "BROKEN": "failed",
        "TOLD": "failed",
        "WISHED": "tolerated",
        "IDLE": "not run",
        "ERROR": "error",
    }
    held = records["HELD"]
    assert (held.sentence, held.families) == ("It holds. And more.", ("spaces",))
    assert held.calls["GET /api/spaces/space/{id}"] == {"200": 1, "404": 1}
    assert "418" in (records["BROKEN"].reason or "")
    assert records["TOLD"].reason == "/id is missing", "what stands above it is not said again"
    assert "the contract" in (records["IDLE"].reason or "")
    assert ran.results.footer is not None
    assert ran.results.footer.exit_code == ran.code
    assert "0 new findings, 2 failed tests of requirements, and the harness failed in part, in" in " ".join(
        ran.out.split()
    )
