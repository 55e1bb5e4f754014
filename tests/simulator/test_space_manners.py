"""Finer points of spaces: what may be in one, what is the same everywhere, what outlives one, what views hide.
Sources: Kibana source (space_schema.ts, spaces_client.ts) and what was observed on 9.4.3."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
SPACES = "/api/spaces/space"
SLO: Json = {
    "name": "x", "description": "x", "timeWindow": {"duration": "7d", "type": "rolling"},
    "budgetingMethod": "occurrences", "objective": {"target": 0.99},
    "indicator": {"type": "sli.kql.custom",
                  "params": {"index": "x", "good": "a: b", "total": "", "timestampField": "@timestamp"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


@pytest.fixture
def space(solutions: httpx.Client) -> Iterator[str]:
    solutions.post(SPACES, json={"id": "mine", "name": "Mine"})
    yield "mine"
    solutions.delete(f"{SPACES}/mine")


class TestShape:
    @pytest.mark.parametrize(
        "more",
        [
            {"initials": "ab"}, {"initials": ""}, {"color": "#zzzzzz"}, {"imageUrl": ""}, {"solution": "oblt"},
            {"imageUrl": "data:image/png;base64,AA"}, {"_reserved": True}, {"disabledFeatures": ["x"] * 100},
            {"description": ""}, {"id": "a_b-9"}, {"id": "x" * 300},
        ],
    )  # fmt: skip
    def test_what_is_allowed(self, kibana: httpx.Client, more: dict[str, Json]) -> None:
        body = {"id": "allowed", "name": "x", **more}
        made = kibana.post(SPACES, json=body)
        assert made.status_code == 200
        assert "_reserved" not in made.json()
        assert kibana.delete(f"{SPACES}/{body['id']}").status_code == 204

    @pytest.mark.parametrize(
        "more",
        [{"disabledFeatures": ["x"] * 101}, {"id": ""}, {"id": "a.b"}, {"name": " "}, {"color": "#12345"}],
    )
    def test_what_is_not(self, kibana: httpx.Client, more: dict[str, Json]) -> None:
        assert kibana.post(SPACES, json={"id": "x", "name": "x", **more}).status_code == 400

    @pytest.mark.parametrize("body", [{"name": "x"}, {"id": "mine"}])
    def test_an_update_needs_id_and_name(self, solutions: httpx.Client, space: str, body: Json) -> None:
        assert solutions.put(f"{SPACES}/{space}", json=body).status_code == 400

    def test_an_update_does_not_rename(self, solutions: httpx.Client, space: str) -> None:
        solutions.put(f"{SPACES}/{space}", json={"id": "other", "name": "Kept"})
        assert solutions.get(f"{SPACES}/other").status_code == 404
        assert solutions.get(f"{SPACES}/{space}").json()["id"] == space

    def test_an_update_of_nothing_is_404(self, kibana: httpx.Client) -> None:
        answer = kibana.put(f"{SPACES}/none", json={"id": "none", "name": "x"})
        assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

    def test_solutions_came_with_8_16_and_purposes_tell_who_may(self, kibana: httpx.Client) -> None:
        listed = kibana.get(f"{SPACES}?include_authorized_purposes=true").json()
        assert set(listed[0]["authorizedPurposes"]) >= {"any", "copySavedObjectsIntoSpace"}
        assert kibana.get(f"{SPACES}?purpose=copySavedObjectsIntoSpace").status_code == 200


class TestEverywhere:
    @pytest.mark.parametrize(
        ("method", "make", "body", "read"),
        [
            ("PUT", "/api/security/role/agnostic", {"elasticsearch": {}}, "/api/security/role/agnostic"),
            ("PUT", "/api/logstash/pipeline/agnostic", {"pipeline": "input {}"}, "/api/logstash/pipeline/agnostic"),
            ("POST", "/api/fleet/outputs",
             {"id": "agnostic", "name": "agnostic", "type": "elasticsearch", "hosts": ["http://a:9200"]},
             "/api/fleet/outputs/agnostic"),
            ("POST", "/api/fleet/proxies", {"id": "agnostic", "name": "agnostic", "url": "http://p:1"},
             "/api/fleet/proxies/agnostic"),
            ("POST", "/api/fleet/fleet_server_hosts",
             {"id": "agnostic", "name": "agnostic", "host_urls": ["https://f:8220"]},
             "/api/fleet/fleet_server_hosts/agnostic"),
            ("POST", "/api/exception_lists",
             {"list_id": "agnostic", "name": "x", "description": "x", "type": "detection",
              "namespace_type": "agnostic"},
             "/api/exception_lists?list_id=agnostic&namespace_type=agnostic"),
        ],
    )  # fmt: skip
    def test_it_is_the_same_whatever_the_prefix(
        self, solutions: httpx.Client, space: str, method: str, make: str, body: Json, read: str
    ) -> None:
        made = solutions.request(method, f"/s/{space}{make}", json=body)
        assert made.status_code in (200, 204), made.text
        assert solutions.get(read).status_code == 200
        assert solutions.get(f"/s/elsewhere{read}").status_code == 200

    @pytest.mark.parametrize(
        ("make", "body", "read"),
        [
            ("/api/actions/connector/own", {"name": "x", "connector_type_id": ".server-log"},
             "/api/actions/connector/own"),
            ("/api/saved_objects/tag/own", {"attributes": {"name": "x"}}, "/api/saved_objects/tag/own"),
            ("/api/data_views/data_view", {"data_view": {"id": "own", "title": "own-*"}},
             "/api/data_views/data_view/own"),
            ("/api/observability/slos", {**SLO, "id": "own-slo-1"}, "/api/observability/slos/own-slo-1"),
            ("/api/detection_engine/rules",
             {"type": "query", "name": "x", "description": "x", "severity": "low", "risk_score": 1,
              "query": "*", "rule_id": "own"},
             "/api/detection_engine/rules?rule_id=own"),
            ("/api/exception_lists", {"list_id": "own", "name": "x", "description": "x", "type": "detection"},
             "/api/exception_lists?list_id=own"),
        ],
    )  # fmt: skip
    def test_it_is_of_one_space_and_its_id_free_in_others(
        self, solutions: httpx.Client, space: str, make: str, body: Json, read: str
    ) -> None:
        assert solutions.post(f"/s/{space}{make}", json=body).status_code == 200
        assert solutions.get(read).status_code == 404
        assert solutions.get(f"/s/default{read}").status_code == 404
        assert solutions.post(make, json=body).status_code == 200
        assert solutions.get(read).status_code == 200

    def test_nowhere_is_a_place_too(self, solutions: httpx.Client) -> None:
        there = "/s/no-such-space"
        assert solutions.get(f"{there}/api/actions/connectors").json() == []
        assert solutions.get(f"{there}/api/cases/_find").json()["total"] == 0
        body = {"name": "x", "connector_type_id": ".server-log"}
        assert solutions.post(f"{there}/api/actions/connector/orphan", json=body).status_code == 200
        assert solutions.get("/api/actions/connector/orphan").status_code == 404


class TestDeletion:
    def test_what_lives_in_elasticsearch_outlives_its_space(self, solutions: httpx.Client) -> None:
        body = {"id": "brief", "name": "x"}
        solutions.post(SPACES, json=body)
        solutions.post("/s/brief/api/lists/index")
        solutions.post(
            "/s/brief/api/lists", json={"id": "kept", "name": "x", "description": "x", "type": "keyword"}
        )
        solutions.post(
            "/s/brief/api/actions/connector/gone", json={"name": "x", "connector_type_id": ".server-log"}
        )
        solutions.delete(f"{SPACES}/brief")
        solutions.post(SPACES, json=body)
        assert solutions.get("/s/brief/api/lists?id=kept").status_code == 200
        assert solutions.get("/s/brief/api/actions/connector/gone").status_code == 404
        solutions.delete(f"{SPACES}/brief")

    def test_shared_objects_lose_one_space_and_go_with_the_last(self, solutions: httpx.Client) -> None:
        for key in ("first", "second"):
            solutions.post(SPACES, json={"id": key, "name": key})
        made = solutions.post("/s/first/api/data_views/data_view", json={"data_view": {"title": "both-*"}})
        key = made.json()["data_view"]["id"]
        where = {
            "objects": [{"type": "index-pattern", "id": key}],
            "spacesToAdd": ["second"],
            "spacesToRemove": [],
        }
        solutions.post("/s/first/api/spaces/_update_objects_spaces", json=where)
        solutions.delete(f"{SPACES}/first")
        path = f"/s/second/api/data_views/data_view/{key}"
        assert solutions.get(path).json()["data_view"]["namespaces"] == ["second"]
        solutions.delete(f"{SPACES}/second")
        assert solutions.get(path).status_code == 404


class TestViews:
    @pytest.mark.parametrize(
        ("view", "hidden", "shown"),
        [
            ("es", {"apm", "infrastructure", "logs", "slo", "streams", "uptime", "siemV4"}, {"ml"}),
            ("oblt", {"siemV4", "securitySolutionCasesV3"}, {"apm", "slo"}),
            ("security", {"apm", "slo", "uptime"}, {"siemV4"}),
            ("classic", set(), {"apm", "siemV4"}),
        ],
    )
    def test_a_view_hides_what_is_outside_of_it(
        self, solutions: httpx.Client, space: str, view: str, hidden: set[str], shown: set[str]
    ) -> None:
        solutions.put(f"{SPACES}/{space}", json={"id": space, "name": "x", "solution": view})
        said = solutions.get(f"{SPACES}/{space}").json()
        assert said["solution"] == view
        assert hidden <= set(said["disabledFeatures"])
        assert not shown & set(said["disabledFeatures"])

    def test_what_is_hidden_can_still_be_called(self, solutions: httpx.Client, space: str) -> None:
        solutions.put(
            f"{SPACES}/{space}", json={"id": space, "name": "x", "disabledFeatures": ["actions", "siemV4"]}
        )
        assert solutions.get(f"/s/{space}/api/actions/connectors").status_code == 200
        assert solutions.get(f"/s/{space}/api/detection_engine/tags").status_code == 200

    def test_capabilities_say_what_is_hidden(self, solutions: httpx.Client, space: str) -> None:
        solutions.put(
            f"{SPACES}/{space}", json={"id": space, "name": "x", "disabledFeatures": ["dashboard", "ml"]}
        )
        path, marked = "/api/core/capabilities", {"x-elastic-internal-origin": "test"}
        body = {"applications": []}
        there = solutions.post(f"/s/{space}{path}", json=body, headers=marked).json()
        here = solutions.post(path, json=body, headers=marked).json()
        assert (there["dashboard_v2"]["show"], there["navLinks"]["ml"]) == (False, False)
        assert (here["dashboard_v2"]["show"], here["navLinks"]["ml"]) == (True, True)
        viewer = solutions.post(path, json=body, headers=marked, auth=("viewer", "changeme")).json()
        assert (viewer["dashboard_v2"]["show"], viewer["dashboard_v2"]["save"]) == (True, False)

    def test_a_space_without_security_discovers_no_attacks(self, solutions: httpx.Client, space: str) -> None:
        solutions.put(f"{SPACES}/{space}", json={"id": space, "name": "x", "solution": "es"})
        answer = solutions.get(f"/s/{space}/api/attack_discovery/_find")
        assert (answer.status_code, answer.json()["total"], answer.json()["data"]) == (200, 0, [])


class TestOneStore:
    """Data views, dashboards and the like are saved objects; what is hidden is not shown as one."""

    def test_data_views_are_index_patterns(self, solutions: httpx.Client) -> None:
        made = solutions.post(
            "/api/data_views/data_view", json={"data_view": {"title": "one-*", "name": "One"}}
        )
        key = made.json()["data_view"]["id"]
        kept = solutions.get(f"/api/saved_objects/index-pattern/{key}").json()
        assert kept["attributes"]["title"] == "one-*"
        solutions.put(f"/api/saved_objects/index-pattern/{key}", json={"attributes": {"name": "Two"}})
        assert solutions.get(f"/api/data_views/data_view/{key}").json()["data_view"]["name"] == "Two"
        solutions.delete(f"/api/saved_objects/index-pattern/{key}")
        assert solutions.get(f"/api/data_views/data_view/{key}").status_code == 404

    def test_index_patterns_are_data_views(self, solutions: httpx.Client) -> None:
        solutions.post("/api/saved_objects/index-pattern/back", json={"attributes": {"title": "back-*"}})
        assert solutions.get("/api/data_views/data_view/back").json()["data_view"]["title"] == "back-*"
        listed = [view["id"] for view in solutions.get("/api/data_views").json()["data_view"]]
        assert "back" in listed

    def test_dashboards_are_saved_objects(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        beside = (str(published("9.4-dashboards")),)
        client = stand_in(contract=str(published("9.3")), beside=beside, version="9.4.3", quirks="9.4")
        made = client.post("/api/dashboards", json={"title": "One"})
        assert made.status_code in (200, 201), made.text
        key = made.json()["id"]
        assert client.get(f"/api/saved_objects/dashboard/{key}").json()["attributes"]["title"] == "One"
        found = client.get("/api/saved_objects/_find?type=dashboard").json()
        assert [row["id"] for row in found["saved_objects"]] == [key]
        client.delete(f"/api/dashboards/{key}")
        assert client.get(f"/api/saved_objects/dashboard/{key}").status_code == 404

    @pytest.mark.parametrize("kind", ["action", "alert", "cases", "exception-list"])
    def test_hidden_types_are_refused(self, solutions: httpx.Client, kind: str) -> None:
        for answer in (
            solutions.get(f"/api/saved_objects/{kind}/x"),
            solutions.post(f"/api/saved_objects/{kind}/x", json={"attributes": {}}),
        ):
            assert answer.status_code == 400
            assert answer.json()["message"] == f"Unsupported saved object type: '{kind}'"
        assert solutions.get(f"/api/saved_objects/_find?type={kind}").json()["total"] == 0
