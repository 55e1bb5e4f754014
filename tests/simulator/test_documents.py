"""What Kibana says of itself: status, features, licence, health, its contract. Sources: Kibana source (status.ts,
http_service.ts) and answers observed on 9.0.1 and 9.4.3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
MARKED = {"x-elastic-internal-origin": "test"}
LEVELS = {"available", "degraded", "unavailable", "critical"}


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


class TestStatus:
    def test_the_document_has_all_its_parts(self, solutions: httpx.Client) -> None:
        said = solutions.get("/api/status").json()
        assert {"name", "uuid", "version", "status", "metrics"} <= set(said)
        assert {
            "number",
            "build_hash",
            "build_number",
            "build_snapshot",
            "build_flavor",
            "build_date",
        } <= set(said["version"])
        assert {"overall", "core", "plugins"} <= set(said["status"])
        assert {"elasticsearch", "savedObjects"} <= set(said["status"]["core"])
        assert {
            "last_updated", "collection_interval_in_millis", "os", "process", "processes", "response_times",
            "concurrent_connections", "requests", "elasticsearch_client",
        } <= set(said["metrics"])  # fmt: skip
        parts = [
            said["status"]["overall"],
            *said["status"]["core"].values(),
            *said["status"]["plugins"].values(),
        ]
        assert all(part["level"] in LEVELS and part["summary"] for part in parts)

    def test_a_snapshot_says_so_beside_its_number(self, stand_in: StandIn) -> None:
        version = stand_in(version="9.4.0-SNAPSHOT").get("/api/status").json()["version"]
        assert (version["number"], version["build_snapshot"]) == ("9.4.0", True)

    def test_the_new_format_is_what_is_given_anyway(self, kibana: httpx.Client) -> None:
        plain, asked = (kibana.get(f"/api/status{query}").json() for query in ("", "?v8format=true"))
        assert plain["status"] == asked["status"]

    def test_it_is_503_with_the_same_document_while_unwell(self, stand_in: StandIn) -> None:
        client = stand_in(faults=("weather.unhealthy@*",))
        answer = client.get("/api/status")
        assert (answer.status_code, answer.json()["status"]["overall"]["level"]) == (503, "critical")
        assert "version" in answer.json()
        assert client.get("/api/spaces/space").status_code == 200

    def test_plugins_are_named_as_code_names_them(self, solutions: httpx.Client) -> None:
        plugins = set(solutions.get("/api/status").json()["status"]["plugins"])
        assert {"alerting", "actions", "cases", "fleet", "securitySolution", "lists", "osquery", "synthetics",
                "slo", "streams", "logstash", "ml", "uptime", "upgradeAssistant"} <= plugins  # fmt: skip

    def test_wrong_credentials_of_every_kind_are_nobodys(self, nobody: httpx.Client) -> None:
        for header in ("Basic bm86bm8=", "ApiKey bm86bm8=", "Bearer x"):
            answer = nobody.get("/api/status", headers={"authorization": header})
            assert answer.json() == {"status": {"overall": {"level": "available"}}}


class TestLicence:
    @pytest.mark.parametrize(
        ("licence", "webhook", "jira", "generative"),
        [
            ("basic", False, False, False),
            ("standard", False, False, False),
            ("gold", True, False, False),
            ("platinum", True, True, False),
            ("enterprise", True, True, True),
            ("trial", True, True, True),
        ],
    )
    def test_connector_types_tell_it(
        self, stand_in: StandIn, licence: str, webhook: bool, jira: bool, generative: bool
    ) -> None:
        client = stand_in(license=licence)
        kinds = {kind["id"]: kind for kind in client.get("/api/actions/connector_types").json()}
        found = tuple(kinds[name]["enabled_in_license"] for name in (".webhook", ".jira", ".gen-ai"))
        assert found == (webhook, jira, generative)
        assert {"enabled", "enabled_in_config", "minimum_license_required"} <= set(kinds[".jira"])
        assert client.get("/api/licensing/info", headers=MARKED).json()["license"]["type"] == licence

    def test_rule_types_tell_it_too(self, stand_in: StandIn) -> None:
        kinds = stand_in(license="basic").get("/api/alerting/rule_types").json()
        assert isinstance(kinds, list)
        assert all({"id", "minimum_license_required", "enabled_in_license"} <= set(kind) for kind in kinds)
        assert any(not kind["enabled_in_license"] for kind in kinds)

    def test_its_seal_changes_with_it_alone(self, stand_in: StandIn) -> None:
        one, other = stand_in(license="basic"), stand_in(license="gold")
        seals = [client.get("/api/status").headers["kbn-license-sig"] for client in (one, one, other)]
        assert seals[0] == seals[1] != seals[2]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/api/maintenance_window",
             {"title": "x", "schedule": {"custom": {"start": "2040-01-01T00:00:00.000Z", "duration": "2h"}}}),
            ("/api/observability/slos",
             {"name": "x", "description": "x", "timeWindow": {"duration": "7d", "type": "rolling"},
              "budgetingMethod": "occurrences", "objective": {"target": 0.99},
              "indicator": {"type": "sli.kql.custom", "params": {
                  "index": "x", "good": "a: b", "total": "", "timestampField": "@timestamp"}}}),
        ],
    )  # fmt: skip
    def test_what_it_lacks_is_403_and_named(
        self, published: Callable[[str], Path], stand_in: StandIn, path: str, body: Json
    ) -> None:
        answer = stand_in(contract=str(published("9.3")), license="basic").post(path, json=body)
        assert answer.status_code == 403
        assert "license" in answer.json()["message"]

    def test_logstash_is_no_part_of_basic(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        contract = str(published("9.3"))
        body = {"pipeline": "input { stdin {} } output { stdout {} }"}
        for licence, status in (("basic", 403), ("standard", 204)):
            client = stand_in(contract=contract, license=licence)
            assert client.put("/api/logstash/pipeline/x", json=body).status_code == status


class TestFeatures:
    def test_each_says_what_roles_need(self, kibana: httpx.Client) -> None:
        listed = kibana.get("/api/features").json()
        assert isinstance(listed, list)
        assert all({"id", "name", "category", "app", "privileges"} <= set(feature) for feature in listed)
        assert any(feature.get("minimumLicense") for feature in listed)

    def test_ids_carry_their_generation(self, kibana: httpx.Client) -> None:
        ids = {feature["id"] for feature in kibana.get("/api/features").json()}
        assert {"dashboard_v2", "discover_v2", "siemV4", "securitySolutionCasesV3"} <= ids


class TestOthers:
    def test_statistics_are_beside_the_contract(self, kibana: httpx.Client) -> None:
        assert {"kibana", "process", "last_updated"} <= set(kibana.get("/api/stats").json())
        extended = kibana.get("/api/stats?extended=true&exclude_usage=true").json()
        assert extended["cluster_uuid"]

    def test_tasks_are_well(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/task_manager/_health", auth=("viewer", "changeme")).json()
        assert said["status"] == "OK"
        assert {"configuration", "workload", "runtime", "capacity_estimation"} <= set(said["stats"])

    def test_nothing_hinders_an_upgrade(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/upgrade_assistant/status").json()
        assert said["readyForUpgrade"] is True
        assert {"recentEsDeprecationLogs", "kibanaApiDeprecations"} <= set(said)

    def test_a_chosen_user_is_told_who_that_is(self, kibana: httpx.Client) -> None:
        said = kibana.get("/internal/security/me", headers=MARKED).json()
        assert said["username"] == "elastic"


class TestContract:
    def test_it_is_not_given_unless_switched_on(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/oas")
        assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

    def test_it_is_given_to_anybody_then(self, stand_in: StandIn) -> None:
        client = stand_in(oas=True)
        with httpx.Client(base_url=client.base_url) as stranger:
            said = stranger.get("/api/oas").json()
        assert said["openapi"].startswith("3.")
        assert "/api/spaces/space" in said["paths"]

    def test_it_is_given_in_part(self, stand_in: StandIn) -> None:
        client = stand_in(oas=True)
        spaces = client.get("/api/oas?pathStartsWith=/api/spaces").json()["paths"]
        assert spaces
        assert all(path.startswith("/api/spaces") for path in spaces)
        rest = client.get("/api/oas?pathStartsWith=/api&excludePathsMatching=/api/spaces").json()["paths"]
        assert rest
        assert not any(path.startswith("/api/spaces") for path in rest)

    def test_a_wrong_question_is_refused(self, stand_in: StandIn) -> None:
        assert stand_in(oas=True).get("/api/oas?access=everything").status_code == 400
