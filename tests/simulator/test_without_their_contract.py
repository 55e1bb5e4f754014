"""A release serves what it has, whatever contract the stand-in was started with: nobody has every contract at hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
WORKFLOW = "name: w\nenabled: true\ntriggers:\n  - type: manual\nsteps:\n  - name: s\n    type: console\n"
THINGS: dict[str, dict[str, Json]] = {
    "/api/dashboards": {"title": "x"},
    "/api/visualizations": {"type": "metric", "title": "x"},
    "/api/tags": {"name": "x"},
    "/api/links": {"title": "x", "links": []},
    "/api/markdowns": {"title": "x"},
}


@pytest.fixture(scope="module")
def newest(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.1")), version="9.5.0")


class TestThings:
    @pytest.mark.parametrize("path", THINGS)
    def test_they_live_and_die(self, newest: httpx.Client, path: str) -> None:
        made = newest.post(path, json=THINGS[path])
        assert made.status_code == 201, made.text
        one = f"{path}/{made.json()['id']}"
        assert newest.get(one).json()["data"] == made.json()["data"]
        assert newest.put(one, json=THINGS[path]).status_code == 200
        assert newest.put(f"{path}/mine", json=THINGS[path]).status_code == 201
        assert newest.get(path, params={"per_page": 1}).json()["total"] >= 2
        assert newest.delete(one).status_code == 204
        assert newest.get(one).status_code == 404

    @pytest.mark.parametrize("path", THINGS)
    @pytest.mark.parametrize("body", [{}, [], "x", {"id": "mine"}])
    def test_what_makes_no_sense_is_refused(self, newest: httpx.Client, path: str, body: Json) -> None:
        assert newest.post(path, json=body).status_code == 400


class TestWorkflows:
    def test_one_is_made_and_run(self, newest: httpx.Client) -> None:
        made = newest.post("/api/workflows/workflow", json={"id": "w-one", "yaml": WORKFLOW})
        assert (made.status_code, made.json()["id"]) == (200, "w-one")
        told = newest.post("/api/workflows/workflow/w-one/run", json={"inputs": {}}).json()
        execution = newest.get(f"/api/workflows/executions/{told['workflowExecutionId']}").json()
        assert execution["status"] == "completed"
        assert [row["id"] for row in newest.get("/api/workflows").json()["results"]] == ["w-one"]
        for body in ({}, [], {"yaml": 1}):
            assert newest.post("/api/workflows/workflow", json=body).status_code == 400


SKILL: Json = {"id": "mine", "name": "n", "description": "d", "content": "c"}


class TestSkills:
    def test_they_live_and_die(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        newest, path = stand_in(contract=str(published("9.3")), version="9.4.3"), "/api/agent_builder/skills"
        assert newest.post(path, json=SKILL).status_code == 200
        assert newest.post(path, json=SKILL).status_code == 409
        assert newest.put(f"{path}/mine", json={"name": "new"}).status_code == 200
        assert (newest.get(f"{path}/mine").json()["name"], newest.get(f"{path}/mine").json()["content"]) == (
            "new",
            "c",
        )
        assert [row["id"] for row in newest.get(path).json()["results"]] == ["mine"]
        agent = {"id": "a", "name": "n", "description": "d",
                 "configuration": {"instructions": "", "tools": [], "skill_ids": ["mine"]}}  # fmt: skip
        if (
            newest.post("/api/agent_builder/agents", json=agent).status_code == 200
        ):  # where a contract has room for it
            assert newest.delete(f"{path}/mine").status_code == 409
        assert newest.delete(f"{path}/mine", params={"force": "true"}).status_code == 200
        assert newest.get(f"{path}/mine").status_code == 404
        for left in SKILL:
            body = {name: value for name, value in SKILL.items() if name != left}
            assert newest.post(path, json=body).status_code == 400


@pytest.mark.parametrize(
    ("version", "known"), [("9.3.0", set()), ("9.4.3", {"/api/dashboards", "/api/visualizations"})]
)
def test_each_came_with_its_release(
    published: Callable[[str], Path], stand_in: StandIn, version: str, known: set[str]
) -> None:
    client = stand_in(contract=str(published("9.3")), version=version)
    assert {path for path in THINGS if client.get(path).status_code == 200} == known
    assert (client.get("/api/workflows").status_code == 200) is bool(known)
