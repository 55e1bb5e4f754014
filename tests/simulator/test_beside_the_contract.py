"""What 9.4 serves beside the contract in use, and contracts that are served together (observed on 9.4.3)."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_kibana.simulator.joining import join, open_contracts
from tests.simulator.conftest import StandIn

Json = Any


@pytest.fixture(scope="module")
def newest(stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays core in the release 9.4.3."""
    return stand_in(version="9.4.3")


class TestJoining:
    def test_a_part_that_is_published_apart_is_served_beside_core(self, tmp_path: Path) -> None:
        part = tmp_path / "part.json"
        answers = {"responses": {"200": {"description": "OK"}}}
        info = {"title": "Things", "version": "9.4.0"}
        part.write_text(
            json.dumps({"openapi": "3.0.3", "info": info, "paths": {"/api/things": {"get": answers}}})
        )
        whole = open_contracts([str(part)])
        assert {"GET /api/things", "GET /api/status", "POST /api/spaces/space"} <= set(whole.operations)
        assert open_contracts(["core"]).find("GET /api/things") is None

    def test_the_first_contract_decides_about_an_operation(self) -> None:
        whole: Json = {"paths": {"/a": {"get": {"summary": "first"}}}}
        join(whole, {"paths": {"/a": {"get": {"summary": "second"}, "post": {}}, "/b": {"get": {}}}})
        assert whole["paths"] == {"/a": {"get": {"summary": "first"}, "post": {}}, "/b": {"get": {}}}

    def test_names_that_mean_two_things_stay_apart(self) -> None:
        reference = {"$ref": "#/components/schemas/X"}
        whole: Json = {
            "paths": {"/a": {"get": reference}},
            "components": {"schemas": {"X": {"type": "string"}}},
        }
        part: Json = {
            "paths": {"/b": {"get": reference}},
            "components": {"schemas": {"X": {"type": "object"}}},
        }
        join(whole, part)
        name = whole["paths"]["/b"]["get"]["$ref"].rpartition("/")[2]
        assert whole["components"]["schemas"] == {"X": {"type": "string"}, name: {"type": "object"}}
        assert whole["paths"]["/a"]["get"] == reference
        assert part["components"]["schemas"] == {"X": {"type": "object"}}

    def test_what_a_path_says_for_all_goes_with_the_operations_that_came_with_it(self) -> None:
        whole: Json = {"paths": {"/a/{id}": {"get": {"parameters": [{"name": "own"}]}}}}
        join(whole, {"paths": {"/a/{id}": {"parameters": [{"name": "id"}], "put": {}}}})
        operations = whole["paths"]["/a/{id}"]
        assert operations["get"]["parameters"] == [{"name": "own"}]
        assert operations["put"]["parameters"] == [{"name": "id"}]


class TestRoutes:
    def test_routes_of_a_release_are_unknown_to_the_ones_before(
        self, stand_in: StandIn, newest: httpx.Client
    ) -> None:
        path = "/api/actions/connector/_oauth_callback_script"
        assert newest.get(path).headers["content-type"].startswith("application/javascript")
        assert stand_in(version="9.1.0").get(path).status_code == 404

    def test_backfills_answer_one_by_one(self, newest: httpx.Client) -> None:
        base = "/api/alerting/rules/backfill"
        asked = [{"rule_id": "none", "ranges": [{"start": "2026-01-01T00:00:00.000Z"}]}]
        assert newest.post(f"{base}/_schedule", json=asked).json()[0]["error"]["status"] == 404
        assert newest.post(f"{base}/_schedule", json=[]).status_code == 400
        assert newest.post(f"{base}/_find").json() == {"page": 1, "per_page": 10, "total": 0, "data": []}
        assert newest.get(f"{base}/none").status_code == 404
        assert newest.delete(f"{base}/none").status_code == 404


class TestSearch:
    @pytest.mark.parametrize(
        ("search", "found"),
        [("alpha", 1), ("alp", 0), ("alp*", 1), ("alpha beta", 2), ("ALPHA", 1), ("one-two", 1)],
    )
    def test_saved_objects_are_found_by_words(self, newest: httpx.Client, search: str, found: int) -> None:
        for title in ("alpha", "beta", "one-two"):
            newest.post(f"/api/saved_objects/dashboard/{title}", json={"attributes": {"title": title}})
        query = {"type": "dashboard", "search": search, "search_fields": "title"}
        assert newest.get("/api/saved_objects/_find", params=query).json()["total"] == found
