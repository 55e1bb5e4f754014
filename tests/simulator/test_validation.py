"""How requests are read and refused: bodies, queries, unknown keys. Sources: Kibana source
(kbn-config-schema object_type.ts, kbn-zod-helpers) and answers observed on 9.3 and 9.4.3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


RULE = {"type": "query", "name": "x", "description": "x", "severity": "low", "risk_score": 21,
        "query": "user.name:none", "index": ["none-*"], "enabled": False}  # fmt: skip
SLO: Json = {
    "name": "x",
    "description": "x",
    "indicator": {
        "type": "sli.kql.custom",
        "params": {"index": "x", "good": "a: b", "total": "", "timestampField": "@timestamp"},
    },
    "timeWindow": {"duration": "7d", "type": "rolling"},
    "budgetingMethod": "occurrences",
    "objective": {"target": 0.99},
}
CASE: Json = {
    "title": "x", "description": "x", "tags": [], "owner": "cases",
    "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
    "settings": {"syncAlerts": False},
}  # fmt: skip


class TestUnknownKeys:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/spaces/space", {"id": "x", "name": "x", "odd": 1}),
            ("/api/actions/connector", {"name": "x", "connector_type_id": ".server-log", "odd": 1}),
            ("/api/fleet/outputs", {"name": "x", "type": "elasticsearch", "hosts": ["http://a:1"], "odd": 1}),
            ("/api/fleet/agent_policies", {"name": "x", "namespace": "default", "odd": 1}),
            ("/api/cases", {**CASE, "odd": 1}),
        ],
    )
    def test_most_families_refuse_them_by_name(
        self, solutions: httpx.Client, path: str, body: dict[str, Json]
    ) -> None:
        answer = solutions.post(path, json=body)
        assert answer.status_code == 400
        assert "odd" in answer.json()["message"]

    def test_the_security_solution_drops_them(self, solutions: httpx.Client) -> None:
        made = solutions.post("/api/detection_engine/rules", json={**RULE, "rule_id": "odd", "odd": 1})
        assert made.status_code == 200
        assert "odd" not in made.json()
        listed = {"name": "x", "description": "x", "type": "detection", "list_id": "odd", "odd": 1}
        kept = solutions.post("/api/exception_lists", json=listed)
        assert kept.status_code == 200
        assert "odd" not in kept.json()

    def test_observability_calls_them_excess(self, solutions: httpx.Client) -> None:
        answer = solutions.post("/api/observability/slos", json={**SLO, "odd": 1})
        assert answer.status_code == 400
        assert "xcess keys" in answer.json()["message"] or "odd" in answer.json()["message"]

    def test_the_query_is_closed_too(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/status?odd=1")
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("[request query")


class TestMessages:
    @pytest.mark.parametrize(
        ("body", "begins"),
        [
            ({"id": "x"}, "[request body.name]: expected value of type [string] but got [undefined]"),
            ({"id": "x", "name": 1}, "[request body.name]: expected value of type [string] but got [number]"),
            ({"id": "x", "name": None}, "[request body.name]: expected value of type [string] but got [null]"),
            ({"id": "x", "name": []}, "[request body.name]: expected value of type [string] but got [Array]"),
            ([], "[request body]: expected a plain object value, but found [Array] instead."),
            ("x", "[request body]: expected a plain object value, but found [string] instead."),
            ({"id": "x", "name": "x", "disabledFeatures": "a"}, "[request body.disabledFeatures]: "),
            ({"id": "x", "name": "x", "initials": "abc"},
             "[request body.initials]: value has length [3] but it must have a maximum length of [2]."),
        ],
    )  # fmt: skip
    def test_the_place_and_the_types_are_named(self, kibana: httpx.Client, body: Json, begins: str) -> None:
        answer = kibana.post("/api/spaces/space", json=body)
        assert answer.json()["message"].startswith(begins)

    def test_a_query_value_of_a_wrong_type(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/saved_objects/_find?type=tag&per_page=x")
        assert answer.json()["message"].startswith(
            "[request query.per_page]: expected value of type [number]"
        )

    def test_a_query_value_that_is_demanded(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/saved_objects/_find")
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("[request query.type]: ")

    def test_a_page_has_a_most(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/saved_objects/_find?type=tag&per_page=10001").status_code == 400


class TestQueries:
    def test_booleans_are_true_and_false(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/status?v7format=true").status_code == 200
        assert kibana.get("/api/status?v7format=false").status_code == 200
        assert kibana.get("/api/status?v7format=yes").status_code == 400

    @pytest.mark.parametrize("query", ["type=tag", "type=tag&type=dashboard", 'type=["tag","dashboard"]'])
    def test_several_values_are_repeated_or_json(self, kibana: httpx.Client, query: str) -> None:
        assert kibana.get(f"/api/saved_objects/_find?{query}").status_code == 200

    def test_objects_are_json(self, kibana: httpx.Client) -> None:
        path = "/api/saved_objects/_find?type=dashboard&has_reference="
        assert kibana.get(path + '{"type":"tag","id":"x"}').status_code == 200
        assert kibana.get(path + "tag").status_code == 400

    def test_a_single_consumer_must_be_an_array_of_json(
        self, published: Callable[[str], Path], stand_in: StandIn
    ) -> None:
        client = stand_in(contract=str(published("9.3")), quirks="9.4")
        path = "/api/alerting/rules/_find?filter_consumers="
        refused = client.get(path + "alerts")
        assert refused.status_code == 400
        assert "could not parse array value from json input" in refused.json()["message"]
        assert client.get(path + '["alerts"]').status_code == 200
        assert client.get(path + "alerts&filter_consumers=logs").status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/api/status?v7format=true&v8format=true",
            "/api/spaces/space?purpose=any&include_authorized_purposes=true",
        ],
    )
    def test_some_exclude_each_other(self, kibana: httpx.Client, path: str) -> None:
        assert kibana.get(path).status_code == 400

    def test_cases_are_deleted_by_an_array_of_json(self, solutions: httpx.Client) -> None:
        made = solutions.post("/api/cases", json=CASE).json()["id"]
        answer = solutions.delete("/api/cases", params={"ids": f'["{made}"]'})
        assert (answer.status_code, answer.content) == (204, b"")
        assert solutions.get(f"/api/cases/{made}").status_code == 404


class TestEcho:
    """What was sent is part of what is returned."""

    @pytest.mark.parametrize(
        ("path", "body", "inside"),
        [
            ("/api/observability/slos", SLO, None),
            ("/api/detection_engine/rules", RULE, ""),
            (
                "/api/fleet/outputs",
                {"name": "echo", "type": "elasticsearch", "hosts": ["http://a:9200"]},
                "item",
            ),
            ("/api/actions/connector", {"name": "echo", "connector_type_id": ".server-log"}, ""),
        ],
    )
    def test_it_is_kept_with_defaults_beside_it(
        self, solutions: httpx.Client, path: str, body: dict[str, Json], inside: str | None
    ) -> None:
        made = solutions.post(path, json=body).json()
        if inside is None:
            made = solutions.get(f"{path}/{made['id']}").json()
        made = made[inside] if inside else made
        assert {name: made[name] for name in body if not isinstance(body[name], dict)} == {
            name: value for name, value in body.items() if not isinstance(value, dict)
        }
        assert len(made) > len(body)
