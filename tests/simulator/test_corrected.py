"""What published contracts get wrong and every Kibana does right, the stand-in does right (observed on 9.4.3)."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.simulator.conftest import StandIn


@pytest.fixture(scope="module", params=["8.18", "9.1", "9.3"])
def solutions(
    request: pytest.FixtureRequest, published: Callable[[str], Path], stand_in: StandIn
) -> httpx.Client:
    """A stand-in per published release."""
    return stand_in(contract=str(published(request.param)))


def test_spaces_are_listed_without_a_parameter(solutions: httpx.Client) -> None:
    assert [space["id"] for space in solutions.get("/api/spaces/space").json()] == ["default"]


def test_rules_are_listed_as_a_page(solutions: httpx.Client) -> None:
    assert solutions.get("/api/alerting/rules/_find").json() == {
        "page": 1, "per_page": 10, "total": 0, "data": [],
    }  # fmt: skip


def test_comments_are_listed_as_a_page(solutions: httpx.Client) -> None:
    body = {"title": "x", "description": "x", "tags": [], "owner": "cases",
            "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
            "settings": {"syncAlerts": False}}  # fmt: skip
    case = solutions.post("/api/cases", json=body).json()["id"]
    solutions.post(f"/api/cases/{case}/comments", json={"type": "user", "comment": "c", "owner": "cases"})
    said = solutions.get(f"/api/cases/{case}/comments/_find").json()
    assert (said["page"], said["per_page"], said["total"]) == (1, 20, 1)
    assert said["comments"][0]["comment"] == "c"


def test_monitors_are_deleted_one_by_one(solutions: httpx.Client) -> None:
    said = solutions.post("/api/synthetics/monitors/_bulk_delete", json={"ids": ["none"]}).json()
    assert (said["result"][0]["id"], said["result"][0]["deleted"]) == ("none", False)
