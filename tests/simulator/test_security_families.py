"""What the stand-in's Security families do beyond their contracts: files, spaces, engines, scripts and watchlists."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
LIST = {"list_id": "x", "name": "x", "description": "x", "type": "detection"}


@pytest.fixture(scope="module")
def newest(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays the contract of 9.3 in the release 9.4.3."""
    return stand_in(contract=str(published("9.3")), version="9.4.3")


def file(name: str, *rows: Json) -> Json:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return {"file": (name, content, "application/ndjson")}


class TestFiles:
    @pytest.mark.parametrize(
        "path",
        ["/api/exception_lists/_import", "/api/detection_engine/rules/_import", "/api/timeline/_import"],
    )
    def test_a_file_of_another_kind_is_refused(self, newest: httpx.Client, path: str) -> None:
        answer = newest.post(path, files=file("x.txt", {}))
        assert answer.status_code == 400
        assert "Invalid file extension .txt" in answer.text

    def test_a_line_that_lacks_something_is_named_and_the_rest_is_kept(self, newest: httpx.Client) -> None:
        row = {**LIST, "list_id": "good"}
        told = newest.post(
            "/api/exception_lists/_import", files=file("x.ndjson", {"list_id": "bad"}, row)
        ).json()
        assert (told["success"], told["success_count"], len(told["errors"])) == (False, 1, 1)
        assert newest.get("/api/exception_lists", params={"list_id": "good"}).status_code == 200


class TestExceptions:
    def test_what_is_agnostic_is_apart_from_what_is_of_a_space(self, newest: httpx.Client) -> None:
        body = {**LIST, "list_id": "everywhere", "namespace_type": "agnostic"}
        assert newest.post("/api/exception_lists", json=body).status_code == 200
        asked = {"list_id": "everywhere"}
        assert newest.get("/api/exception_lists", params=asked).status_code == 404
        found = newest.get("/api/exception_lists", params={**asked, "namespace_type": "agnostic"})
        assert found.json()["namespace_type"] == "agnostic"


class TestLists:
    def test_data_streams_are_made_once(self, newest: httpx.Client) -> None:
        assert newest.post("/api/lists/index").status_code == 200
        assert newest.post("/api/lists/index").status_code == 409
        assert newest.delete("/api/lists/index").status_code == 200


class TestMonitoring:
    def test_it_is_turned_on_off_and_away(self, newest: httpx.Client) -> None:
        base = "/api/entity_analytics/monitoring"

        def state() -> str:
            return str(newest.get(f"{base}/privileges/health").json()["status"])

        seen = [state()]
        for method, path in (
            ("POST", "engine/init"),
            ("POST", "engine/disable"),
            ("DELETE", "engine/delete"),
        ):
            assert newest.request(method, f"{base}/{path}").status_code == 200
            seen.append(state())
        assert seen == ["not_installed", "started", "disabled", "not_installed"]

    def test_a_user_who_is_watched_twice_is_one(self, newest: httpx.Client) -> None:
        base = "/api/entity_analytics/monitoring/users"
        one = newest.post(base, json={"user": {"name": "ann"}}).json()
        told = newest.post(f"{base}/_csv", files={"file": ("u.csv", b"ann\nbob\n", "text/csv")}).json()
        assert told["stats"]["successful"] == 2
        users = {row["user"]["name"]: row["id"] for row in newest.get(f"{base}/list").json()}
        assert set(users) == {"ann", "bob"}
        assert users["ann"] == one["id"]


class TestEndpoints:
    def test_nothing_is_done_to_a_host_that_nobody_has(self, newest: httpx.Client) -> None:
        body = {"endpoint_ids": ["00000000-0000-4000-8000-000000000000"]}
        assert newest.post("/api/endpoint/action/isolate", json=body).status_code == 400

    def test_a_script_is_kept_with_its_file(self, newest: httpx.Client) -> None:
        base = "/api/endpoint/scripts_library"
        fields, content = {"name": "x", "platform": '["linux"]'}, ("x.sh", b"true\n", "text/plain")
        made = newest.post(base, data=fields, files={"file": content}).json()["data"]
        assert made["platform"] == ["linux"]
        assert newest.get(f"{base}/{made['id']}/download").content == b"true\n"
        assert newest.delete(f"{base}/{made['id']}").status_code == 200
        assert newest.get(f"{base}/{made['id']}").status_code == 404


class TestWatchlists:
    def test_one_is_weighed_and_not_too_heavy(self, newest: httpx.Client) -> None:
        base, body = "/api/entity_analytics/watchlists", {"name": "x", "riskModifier": 1.5}
        made = newest.post(base, json=body).json()
        assert newest.post(base, json={**body, "riskModifier": 3}).status_code == 400
        assert [row["id"] for row in newest.get(f"{base}/list").json()] == [made["id"]]
        assert newest.delete(f"{base}/{made['id']}").status_code == 200
        assert newest.put(f"{base}/{made['id']}", json=body).status_code == 404


class TestEntityStore:
    def test_who_is_the_same_is_one_group(self, newest: httpx.Client) -> None:
        base = "/api/security/entity_store"
        assert newest.post(f"{base}/install", json={"entityTypes": ["host"]}).status_code == 201
        for name in ("a", "b"):
            newest.post(f"{base}/entities/host", json={"host": {"name": name}})
        asked = {"entity_ids": ["host:b"], "target_id": "host:a"}
        assert newest.post(f"{base}/resolution/link", json=asked).status_code == 200
        group = newest.get(f"{base}/resolution/group", params={"entity_id": "host:a"}).json()
        assert group["group_size"] == 2
        assert newest.post(f"{base}/resolution/unlink", json={"entity_ids": ["host:b"]}).status_code == 200
        group = newest.get(f"{base}/resolution/group", params={"entity_id": "host:a"}).json()
        assert group["group_size"] == 1
