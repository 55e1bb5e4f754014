"""Every fixture and every marker does what it says; none is without a test."""

import re
from collections.abc import Callable

from pytest_kibana import fixtures, markers
from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from tests.plugin.conftest import Ran

BROKEN = "--fault 'response.wrong_type@GET /api/status'"
FIXTURES = """
import asyncio, pytest

def test_kibana(kibana): assert kibana.version == "9.4.3"
def test_kibana_contract(kibana_contract): assert "GET /api/status" in kibana_contract.operations
def test_kibana_session(kibana_session, kibana): assert kibana_session.deployment is kibana
def test_kibana_client(kibana_client): assert kibana_client.get("/api/status").status_code == 200
def test_kibana_client_args(kibana_client_args, kibana_client):
    assert kibana_client_args == {"space": "elsewhere"}
    assert kibana_client.space == "elsewhere"
def test_kibana_client_factory(kibana_client_factory):
    assert kibana_client_factory(anonymous=True).get("/api/spaces/space").status_code == 401
def test_kibana_async_client(kibana_async_client):
    async def ask():
        async with kibana_async_client as client:
            return (await client.get("/api/status")).status_code
    assert asyncio.run(ask()) == 200
def test_kibana_space_args(kibana_space_args, kibana_space):
    assert kibana_space.read()["description"] == kibana_space_args["description"] == "ours"
def test_kibana_space(kibana_space): assert kibana_space.client.space == kibana_space.id
def test_kibana_space_factory(kibana_space_factory):
    one, other = kibana_space_factory(), kibana_space_factory(name="Other")
    assert one.id != other.id and other.read()["name"] == "Other"
worker = []
@pytest.mark.parametrize("n", [1, 2])
def test_kibana_worker_space(kibana_worker_space, n):
    worker.append(kibana_worker_space.id)
    assert len(set(worker)) == 1 and kibana_worker_space.exists()
def test_kibana_resources(kibana_resources, kibana_space):
    assert kibana_resources.case(title="mine").read()["title"] == "mine"
    assert kibana_resources.case().space == kibana_space.id
@pytest.mark.kibana_operation("GET /api/status")
def test_kibana_operation(kibana_operation): assert kibana_operation.label == "GET /api/status"
def test_kibana_item(kibana_item):
    assert kibana_item.operation == "GET /api/status"
    assert kibana_item.tested and not kibana_item.failed
"""
ARGS = """
import pytest

@pytest.fixture(scope="session")
def kibana_space_args(): return {"description": "ours"}

@pytest.fixture(scope="session")
def kibana_client_args(): return {"space": "elsewhere"}
"""
MARKERS = """
import pytest

@pytest.mark.kibana_requires(version=">=9", license="platinum", flavor="traditional")
def test_kibana_requires(kibana): assert kibana.license == "enterprise"
@pytest.mark.kibana_requires(flavor="serverless")
def test_not_requires(): raise AssertionError
@pytest.mark.kibana_safety("space")
def test_kibana_safety(kibana_space): pass
@pytest.mark.kibana_safety("disruptive")
def test_not_safety(): raise AssertionError
@pytest.mark.kibana_operation("GET /api/status")
def test_kibana_operation(kibana_operation): assert kibana_operation.family
@pytest.mark.kibana_operation("GET /api/nothing")
def test_not_operation(): raise AssertionError
@pytest.mark.kibana_tier("standard")
def test_kibana_tier(kibana): pass
@pytest.mark.kibana_tier("thorough")
def test_not_tier(): raise AssertionError
@pytest.mark.kibana_expect_deviation("KBN-R103", reason="it is broken here", operation="GET /api/status")
def test_kibana_expect_deviation(kibana_client): kibana_client.get("/api/status")
def test_unexpected(kibana_client): kibana_client.get("/api/status")
@pytest.mark.kibana_requirement("KBN-REQ-OURS-001", source="ours", level="SHOULD")
def test_kibana_requirement(kibana_client): pass
"""


def test_every_fixture_does_what_it_says(run_pytest: Callable[..., Ran], stand_in: Embedded) -> None:
    ran = run_pytest(
        *("-rA", f"--kibana-url={stand_in.url}", "--kibana-contract=core"),
        "--kibana-operations=GET /api/status",
        files={"test_ours.py": FIXTURES, "conftest.py": ARGS},
        env={"KIBANA_API_KEY": stand_in.api_key},
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-4000:]
    for name in fixtures.__all__:
        assert re.search(rf"PASSED test_ours.py::test_{name}\b", ran.out), f"{name} has no test"


def test_every_marker_does_what_it_says(run_pytest: Callable[..., Ran]) -> None:
    ran = run_pytest(
        *("-rA", "--kibana-url=embedded", f"--kibana-embedded={BROKEN}", "--kibana-allow=space"),
        files={"test_ours.py": MARKERS},
    )
    for name in markers.GRAMMAR:
        assert f"PASSED test_ours.py::test_{name}" in ran.out, f"{name} has no test: {ran.out[-3000:]}"
    assert "FAILED test_ours.py::test_unexpected" in ran.out
    for said in ("needs flavor", "needs --kibana-allow", "has no GET /api/nothing", "needs --kibana-budget"):
        assert said in ran.out
