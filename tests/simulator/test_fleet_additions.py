"""What Fleet answers beside its main things. Sources: observed on 9.4.3, parameters of the newest contracts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
FLEET = "/api/fleet"
AGENTS, PACKAGES, CUSTOM = f"{FLEET}/agents", f"{FLEET}/epm/packages", f"{FLEET}/epm/custom_integrations"


@pytest.fixture(scope="module")
def fleet(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.3")), version="9.5.0")


@pytest.fixture
def agent(fleet: httpx.Client) -> str:
    return str(fleet.get(AGENTS).json()["items"][0]["id"])


@pytest.fixture
def policy(fleet: httpx.Client, request: pytest.FixtureRequest) -> str:
    made = fleet.post(f"{FLEET}/agent_policies", json={"name": request.node.name, "namespace": "default"})
    return str(made.json()["item"]["id"])


class TestKubernetes:
    def test_a_manifest_names_the_server_and_the_token(self, fleet: httpx.Client) -> None:
        asked = {"fleetServer": "https://fleet.example:8220", "enrolToken": "t0ken"}
        shown = fleet.get(f"{FLEET}/kubernetes", params=asked).json()["item"]
        assert all(value in shown for value in asked.values())
        file = fleet.get(f"{FLEET}/kubernetes/download", params=asked)
        assert file.headers["content-disposition"].startswith("attachment")
        assert "t0ken" in file.text


class TestCounts:
    def test_agents_of_a_policy_are_counted_by_version(
        self, fleet: httpx.Client, agent: str, policy: str
    ) -> None:
        path = f"{FLEET}/agent_policies/{policy}/auto_upgrade_agents_status"
        assert fleet.get(path).json() == {"currentVersions": [], "totalAgents": 0}
        assert fleet.post(f"{AGENTS}/{agent}/reassign", json={"policy_id": policy}).status_code == 200
        (row,) = fleet.get(path).json()["currentVersions"]
        assert (row["agents"], fleet.get(path).json()["totalAgents"]) == (1, 1)

    def test_no_integration_comes_from_elsewhere(self, fleet: httpx.Client) -> None:
        assert fleet.get(f"{FLEET}/remote_synced_integrations/status").json()["integrations"] == []


class TestAgents:
    @pytest.mark.parametrize("verb", ["rollback", "privilege_level_change"])
    def test_what_an_agent_is_told_is_listed(self, fleet: httpx.Client, agent: str, verb: str) -> None:
        for path, body in ((f"{AGENTS}/{agent}/{verb}", {}), (f"{AGENTS}/bulk_{verb}", {"agents": [agent]})):
            told = fleet.post(path, json=body)
            assert told.status_code == 200, told.text
            known = {row["actionId"] for row in fleet.get(f"{AGENTS}/action_status").json()["items"]}
            assert told.json()["actionId"] in known
        assert fleet.post(f"{AGENTS}/none/{verb}", json={}).status_code == 404
        assert fleet.post(f"{AGENTS}/bulk_{verb}", json={}).status_code == 400

    def test_configuration_of_an_agent_that_is_not_there(self, fleet: httpx.Client, agent: str) -> None:
        assert fleet.get(f"{AGENTS}/{agent}/effective_config").status_code == 200
        assert fleet.get(f"{AGENTS}/none/effective_config").status_code == 404


class TestKeys:
    def test_many_are_revoked_and_stay_readable(self, fleet: httpx.Client, policy: str) -> None:
        keys = [
            fleet.post(f"{FLEET}/enrollment_api_keys", json={"policy_id": policy}).json()["item"]["id"]
            for _ in "ab"
        ]
        answer = fleet.post(f"{FLEET}/enrollment_api_keys/_bulk_delete", json={"tokenIds": [*keys, "none"]})
        assert (answer.json()["successCount"], answer.json()["errorCount"]) == (2, 1)
        assert all(
            not fleet.get(f"{FLEET}/enrollment_api_keys/{key}").json()["item"]["active"] for key in keys
        )

    def test_a_rotated_token_is_another_one(self, fleet: httpx.Client, policy: str) -> None:
        def tokens() -> list[str]:
            asked = {"policyId": policy}
            return [row["id"] for row in fleet.get(f"{FLEET}/uninstall_tokens", params=asked).json()["items"]]

        (before,) = tokens()
        assert fleet.post(f"{FLEET}/uninstall_tokens/{policy}/rotate").status_code == 200
        (after,) = tokens()
        assert before != after
        assert fleet.post(f"{FLEET}/uninstall_tokens/none/rotate").status_code == 404

    def test_usage_of_a_cloud_connector_that_is_not_there_is_400(self, fleet: httpx.Client) -> None:
        assert fleet.get(f"{FLEET}/cloud_connectors/none/usage").status_code == 400


class TestPackages:
    def test_an_integration_of_ones_own_is_described_in_a_new_version(self, fleet: httpx.Client) -> None:
        body = {"integrationName": "mine", "datasets": [{"name": "mine.log", "type": "logs"}]}
        assert fleet.post(CUSTOM, json=body).status_code == 200
        changed = fleet.put(f"{CUSTOM}/mine", json={"readMeData": "# Mine"})
        assert changed.status_code == 200, changed.text
        assert fleet.get(f"{PACKAGES}/mine").json()["item"]["version"] == "1.0.1"
        assert fleet.put(f"{CUSTOM}/udp", json={"readMeData": "x"}).status_code == 400
        assert fleet.put(f"{CUSTOM}/none", json={"readMeData": "x"}).status_code == 404

    def test_an_upgrade_is_reviewed_for_what_is_installed(self, fleet: httpx.Client) -> None:
        asked = {"action": "accept", "target_version": "9.9.9"}
        assert fleet.post(f"{PACKAGES}/none/review_upgrade", json=asked).status_code == 404
        fleet.post(f"{PACKAGES}/udp")
        assert fleet.post(f"{PACKAGES}/udp/review_upgrade", json=asked).status_code == 200
        assert fleet.post(f"{PACKAGES}/udp/review_upgrade", json={"action": "perhaps"}).status_code == 400

    def test_namespaces_are_customised_package_by_package(self, fleet: httpx.Client) -> None:
        fleet.post(f"{PACKAGES}/tcp")
        body = {"packages": ["tcp", "none"], "enable": ["one", "two"], "disable": ["two"]}
        rows = fleet.post(f"{PACKAGES}/_bulk_namespace_customization", json=body).json()["items"]
        assert [row["success"] for row in rows] == [True, False]
        assert rows[0]["namespace_customization_enabled_for"] == ["one"]


class TestSince:
    @pytest.mark.parametrize(("version", "there"), [("9.3.0", False), ("9.4.0", True)])
    def test_they_came_with_a_release(
        self, published: Callable[[str], Path], stand_in: StandIn, version: str, there: bool
    ) -> None:
        client = stand_in(contract=str(published("9.3")), version=version)
        answer = client.post(f"{AGENTS}/bulk_rollback", json={"agents": []})
        assert (answer.status_code == 200) is there


NAMED: Json = {
    "tcp-tcp": {"enabled": True, "streams": {"tcp.generic": {"enabled": True, "vars": {"listen_port": 9000}}}}
}


class TestForms:
    """Package policies are sent and read with inputs in a list, or by name."""

    @pytest.mark.parametrize("version", ["9.1", "9.3"])
    def test_what_was_sent_by_name_is_read_in_both_forms(
        self, published: Callable[[str], Path], stand_in: StandIn, version: str
    ) -> None:
        fleet = stand_in(contract=str(published(version)))
        policy = fleet.post(f"{FLEET}/agent_policies", json={"name": "p", "namespace": "default"}).json()[
            "item"
        ]["id"]
        body = {"name": "forms", "policy_ids": [policy], "package": {"name": "tcp", "version": "1.0.0"},
                "vars": {"level": "low"}, "inputs": NAMED}  # fmt: skip
        made = fleet.post(f"{FLEET}/package_policies", params={"format": "simplified"}, json=body)
        assert made.status_code == 200, made.text
        assert (made.json()["item"]["inputs"], made.json()["item"]["vars"]) == (NAMED, {"level": "low"})
        path = f"{FLEET}/package_policies/{made.json()['item']['id']}"
        assert fleet.get(path, params={"format": "simplified"}).json()["item"]["inputs"] == NAMED
        plain = fleet.get(path).json()["item"]["inputs"]
        if version == "9.1":  # a contract that knows of lists, too
            assert (plain[0]["type"], plain[0]["policy_template"], plain[0]["enabled"]) == (
                "tcp",
                "tcp",
                True,
            )
            assert plain[0]["streams"][0]["data_stream"]["dataset"] == "tcp.generic"
            assert plain[0]["streams"][0]["vars"]["listen_port"]["value"] == 9000
        else:
            assert plain == NAMED
        fleet.put(path, json={**body, "inputs": {"tcp-tcp": {"enabled": False}}})
        shown = fleet.get(path, params={"format": "simplified"}).json()["item"]["inputs"]
        assert shown["tcp-tcp"]["enabled"] is False
        rows = fleet.get(f"{FLEET}/package_policies", params={"format": "simplified"}).json()["items"]
        assert [row["inputs"] for row in rows] == [shown]


class TestCounting:
    def test_agents_are_counted_as_they_are_filtered(self, fleet: httpx.Client) -> None:
        def counted(kuery: str) -> int:
            found = fleet.get(f"{FLEET}/agent_status", params={"kuery": kuery}).json()["results"]
            return int(found["all"])

        every = fleet.get(AGENTS, params={"getStatusSummary": "true", "perPage": 1}).json()
        assert sum(every["statusSummary"].values()) == every["total"] == counted("status: *")
        assert (
            counted("fleet-agents.status: offline and not status: online")
            == every["statusSummary"]["offline"]
        )
        assert counted("policy_id: none") == 0
