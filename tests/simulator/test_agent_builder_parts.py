"""Attachments of conversations, access to agents and what talking costs. Sources: parameters of the newest contracts,
observed on 9.4.3 through a client library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
BASE = "/api/agent_builder"


@pytest.fixture(scope="module")
def builder(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.3")), version="9.5.0")


@pytest.fixture
def attachments(builder: httpx.Client) -> str:
    """The address of what is attached to a new conversation."""
    said = builder.post(f"{BASE}/converse", json={"input": "hello"})
    assert said.status_code == 200, said.text
    return f"{BASE}/conversations/{said.json()['conversation_id']}/attachments"


class TestAttachments:
    def test_they_have_versions(self, builder: httpx.Client, attachments: str) -> None:
        made = builder.post(attachments, json={"type": "text", "data": {"content": "one"}}).json()[
            "attachment"
        ]
        one = f"{attachments}/{made['id']}"
        for data, version in (({"content": "two"}, 2), ({"content": "two"}, 2), ({"content": "three"}, 3)):
            now = builder.put(one, json={"data": data}).json()["attachment"]
            assert (now["current_version"], now["versions"][-1]["data"]) == (version, data)
        assert (
            builder.patch(one, json={"description": "renamed"}).json()["attachment"]["description"]
            == "renamed"
        )
        assert (
            builder.put(f"{one}/origin", json={"origin": "dashboard-1"}).json()["attachment"]["origin"]
            == "dashboard-1"
        )
        (listed,) = builder.get(attachments).json()["results"]
        assert (listed["description"], listed["current_version"], len(listed["versions"])) == (
            "renamed",
            3,
            3,
        )
        assert builder.get(f"{attachments}/stale").status_code == 200

    def test_deleting_is_forgiven_unless_it_is_for_good(
        self, builder: httpx.Client, attachments: str
    ) -> None:
        body = {"id": "mine", "type": "text", "data": "x"}
        assert builder.post(attachments, json=body).json()["attachment"]["id"] == "mine"
        assert builder.post(attachments, json=body).status_code == 409
        one = f"{attachments}/mine"

        def listed(**query: str) -> list[str]:
            return [row["id"] for row in builder.get(attachments, params=query).json()["results"]]

        assert builder.delete(one).status_code == 200
        assert (listed(), listed(include_deleted="true")) == ([], ["mine"])
        assert builder.post(f"{one}/_restore").status_code == 200
        assert listed() == ["mine"]
        assert builder.delete(one, params={"permanent": "true"}).status_code == 200
        assert listed(include_deleted="true") == []
        assert builder.post(f"{one}/_restore").status_code == 404

    @pytest.mark.parametrize("body", [{}, {"type": "text"}, {"data": "x"}])
    def test_they_are_something_of_a_kind(self, builder: httpx.Client, attachments: str, body: Json) -> None:
        assert builder.post(attachments, json=body).status_code == 400

    def test_nothing_is_attached_to_what_is_not_there(self, builder: httpx.Client) -> None:
        path = f"{BASE}/conversations/none/attachments"
        assert builder.get(path).status_code == 404
        assert builder.post(path, json={"type": "text", "data": "x"}).status_code == 404
        assert builder.put(f"{path}/none", json={"data": "x"}).status_code == 404


class TestAgents:
    def test_who_may_use_one_is_written_back_as_it_was_read(self, builder: httpx.Client) -> None:
        agent = {
            "id": "mine",
            "name": "n",
            "description": "d",
            "configuration": {"instructions": "", "tools": []},
        }
        assert builder.post(f"{BASE}/agents", json=agent).status_code == 200
        path = f"{BASE}/agents/mine/access_control"
        before = builder.get(path).json()
        assert builder.put(path, json={**before, "access_mode": "private"}).status_code == 200
        assert builder.get(path).json()["access_mode"] == "private"
        assert builder.get(f"{BASE}/agents/none/access_control").status_code == 404

    def test_what_talking_has_cost_is_told_by_conversation(
        self, builder: httpx.Client, attachments: str
    ) -> None:
        path = f"{BASE}/agents/elastic-ai-agent/consumption"
        told = builder.post(path, json={}).json()
        assert attachments.split("/")[4] in [row["conversation_id"] for row in told["results"]]
        assert len(builder.post(path, json={"size": 1}).json()["results"]) == 1
        assert builder.post(path, json={"usernames": ["nobody"]}).json()["total"] == 0
        assert builder.post(path, json={"size": "many"}).status_code == 400

    def test_plugins_are_no_route_without_their_flag(self, builder: httpx.Client) -> None:
        assert builder.get(f"{BASE}/plugins").json()["message"] == "Not Found"
