"""In which envelope each family refuses. Sources: Kibana source (response_adapter.ts, detection_engine/routes/utils.ts,
fleet/server/errors/handlers.ts, cases/server/routes/api/utils.ts) and answers observed on 9.0.1 and 9.4.3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
UTF8 = "application/json; charset=utf-8"


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


@pytest.fixture(scope="module")
def released(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that also does what 9.4 is known to do otherwise than its contract says."""
    return stand_in(contract=str(published("9.3")), quirks="9.4")


UNKNOWN_OBJECTS = [
    ("GET", "/api/saved_objects/tag/none", "Saved object [tag/none] not found"),
    ("GET", "/api/alerting/rule/none", "Saved object [alert/none] not found"),
    ("GET", "/api/actions/connector/none", "Saved object [action/none] not found"),
    ("GET", "/api/data_views/data_view/none", "Saved object [index-pattern/none] not found"),
    ("GET", "/api/cases/none", "Saved object [cases/none] not found"),
    ("GET", "/api/spaces/space/none", "Not Found"),
    ("GET", "/api/security/role/none", "Not Found"),
    ("GET", "/api/fleet/agents/none", "Agent none not found"),
    ("GET", "/api/fleet/epm/packages/none/1.0.0", "[none] package not installed or found in registry"),
    ("POST", "/api/fleet/health_check", "The requested host id none does not exist."),
]


class TestPlatform:
    @pytest.mark.parametrize(("method", "path", "message"), UNKNOWN_OBJECTS)
    def test_an_unknown_object_is_a_404_of_three_keys(
        self, solutions: httpx.Client, method: str, path: str, message: str
    ) -> None:
        answer = solutions.request(method, path, json={"id": "none"} if method == "POST" else None)
        said = answer.json()
        said.pop("attributes", None)  # some contracts of Fleet demand it
        assert said == {"statusCode": 404, "error": "Not Found", "message": message}
        assert answer.headers["content-type"] == UTF8

    def test_an_unknown_policy_names_its_saved_object(self, solutions: httpx.Client) -> None:
        answer = solutions.get("/api/fleet/agent_policies/none")
        assert answer.status_code == 404
        assert "none" in answer.json()["message"]
        assert "not found" in answer.json()["message"].lower()

    def test_a_crash_says_nothing_of_its_cause(self, stand_in: StandIn) -> None:
        client = stand_in(faults=("weather.third_fails@GET /api/features",))
        answer = [client.get("/api/features") for _ in range(3)][-1]
        assert answer.json() == {
            "statusCode": 500,
            "error": "Internal Server Error",
            "message": "An internal server error occurred. Check Kibana server logs for details.",
        }


SECURITY = [
    ("GET", "/api/detection_engine/rules?rule_id=none", 404),
    ("GET", "/api/exception_lists?list_id=none", 404),
    ("GET", "/api/exception_lists/items?item_id=none", 404),
    ("GET", "/api/lists?id=none", 404),
    ("GET", "/api/lists/items?id=none", 404),
    ("DELETE", "/api/detection_engine/rules?rule_id=none", 404),
]


class TestSecuritySolution:
    @pytest.mark.parametrize(("method", "path", "status"), SECURITY)
    def test_handlers_refuse_in_an_envelope_of_their_own(
        self, solutions: httpx.Client, method: str, path: str, status: int
    ) -> None:
        solutions.post("/api/lists/index")
        answer = solutions.request(method, path)
        assert (answer.status_code, set(answer.json())) == (status, {"message", "status_code"})
        assert answer.json()["status_code"] == status
        assert answer.headers["content-type"] == "application/json"

    def test_the_words_name_what_was_asked_for(self, solutions: httpx.Client) -> None:
        said = [
            solutions.get(path).json()["message"]
            for path in ("/api/detection_engine/rules?rule_id=x", "/api/exception_lists?list_id=x")
        ]
        assert said == ['rule_id: "x" not found', 'exception list list_id: "x" does not exist']

    @pytest.mark.parametrize("path", ["/api/detection_engine/rules", "/api/exception_lists", "/api/lists"])
    def test_validation_and_the_platform_speak_the_platforms(
        self, solutions: httpx.Client, path: str
    ) -> None:
        invalid = solutions.post(path, json={"type": "nothing"})
        assert set(invalid.json()) == {"statusCode", "error", "message"}
        assert invalid.headers["content-type"] == UTF8
        with httpx.Client(base_url=solutions.base_url, auth=("elastic", "changeme")) as bare:
            assert set(bare.post(path, json={}).json()) == {"statusCode", "error", "message"}
            assert bare.post(path, json={}, auth=None).json()["statusCode"] == 401  # type: ignore[arg-type]
            assert (
                bare.post(path, json={}, auth=("viewer", "changeme"), headers={"kbn-xsrf": "x"}).json()[
                    "error"
                ]
                == "Forbidden"
            )

    def test_a_bulk_action_that_fails_tells_each_rule(self, released: httpx.Client) -> None:
        answer = released.post(
            "/api/detection_engine/rules/_bulk_action", json={"action": "delete", "ids": ["none"]}
        )
        assert answer.status_code == 500
        attributes = answer.json()["attributes"]
        assert attributes["summary"]["failed"] == 1
        error = attributes["errors"][0]
        assert {"message", "status_code", "rules"} <= set(error)
        assert error["rules"][0]["id"] == "none"

    def test_an_import_tells_each_rule(self, solutions: httpx.Client) -> None:
        files = {"file": ("rules.ndjson", b'{"rule_id":"x"}\n')}
        said = solutions.post("/api/detection_engine/rules/_import", files=files).json()
        assert (said["success"], said["success_count"], said["rules_count"]) == (False, 0, 1)
        assert set(said["errors"][0]["error"]) == {"status_code", "message"}


class TestPerItem:
    def test_objects_in_bulk(self, kibana: httpx.Client) -> None:
        rows = kibana.post("/api/saved_objects/_bulk_get", json=[{"type": "tag", "id": "none"}]).json()
        error = {"statusCode": 404, "error": "Not Found", "message": "Saved object [tag/none] not found"}
        assert rows["saved_objects"][0]["error"] == error

    def test_objects_that_are_imported_twice(self, kibana: httpx.Client) -> None:
        line = b'{"type":"tag","id":"twice","attributes":{"name":"n"},"references":[]}'
        for _ in range(2):
            answer = kibana.post("/api/saved_objects/_import", files={"file": ("e.ndjson", line)})
        assert answer.status_code == 200
        said = answer.json()
        assert (said["success"], said["successCount"]) == (False, 0)
        assert (said["errors"][0]["id"], said["errors"][0]["error"]["type"]) == ("twice", "conflict")

    def test_monitors_that_are_deleted_in_bulk(self, solutions: httpx.Client) -> None:
        answer = solutions.post("/api/synthetics/monitors/_bulk_delete", json={"ids": ["none"]})
        assert answer.status_code == 200
        assert answer.json()["result"][0]["deleted"] is False


class TestFleet:
    def test_a_name_that_is_taken_is_409(self, solutions: httpx.Client) -> None:
        body = {"name": "Twin", "namespace": "default"}
        made = solutions.post("/api/fleet/agent_policies", json=body)
        twin = solutions.post("/api/fleet/agent_policies", json=body)
        assert (made.status_code, twin.status_code) == (200, 409)
        assert {"statusCode", "error", "message"} <= set(twin.json())

    def test_tokens_are_found_by_policy_or_by_text(self, solutions: httpx.Client) -> None:
        answer = solutions.get("/api/fleet/uninstall_tokens?policyId=a&search=b")
        assert answer.status_code == 400

    def test_a_prefix_with_a_dash_is_refused(self, solutions: httpx.Client) -> None:
        answer = solutions.put("/api/fleet/space_settings", json={"allowed_namespace_prefixes": ["a-b"]})
        assert answer.status_code == 400
        assert "Must not contain -" in answer.json()["message"]

    def test_a_key_pair_is_not_rotated_by_chance(self, solutions: httpx.Client) -> None:
        assert solutions.post("/api/fleet/message_signing_service/rotate_key_pair").status_code == 400

    def test_agentless_policies_need_a_cloud(self, released: httpx.Client) -> None:
        body = {"name": "x", "package": {"name": "nginx", "version": "2.1.1"}}
        answer = released.post("/api/fleet/agentless_policies", json=body)
        assert answer.status_code == 400
        assert "serverless and cloud environments" in answer.json()["message"]


class TestProtocols:
    def mcp(self, solutions: httpx.Client, accept: str) -> httpx.Response:
        body = {
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {"protocolVersion": "2025-06-18", "capabilities": {},
                       "clientInfo": {"name": "x", "version": "1"}},
        }  # fmt: skip
        return solutions.post("/api/agent_builder/mcp", json=body, headers={"accept": accept})

    def test_mcp_speaks_json_rpc(self, solutions: httpx.Client) -> None:
        answer = self.mcp(solutions, "application/json, text/event-stream")
        assert answer.status_code == 200
        assert '"jsonrpc"' in answer.text

    def test_mcp_takes_those_alone_who_accept_streams(self, solutions: httpx.Client) -> None:
        assert self.mcp(solutions, "application/json").status_code == 406

    def test_a_chat_with_an_unknown_connector_is_404(self, solutions: httpx.Client) -> None:
        body = {"connectorId": "none", "messages": [], "persist": False}
        answer = solutions.post("/api/observability_ai_assistant/chat/complete", json=body)
        assert answer.status_code == 404

    def test_an_order_without_a_field_is_406(self, solutions: httpx.Client) -> None:
        answer = solutions.get("/api/alerting/rules/_find?sort_order=asc")
        assert answer.status_code == 406
        assert solutions.get("/api/alerting/rules/_find?sort_order=asc&sort_field=name").status_code == 200


class TestCases:
    def test_a_stale_version_is_409_in_the_platforms_envelope(self, solutions: httpx.Client) -> None:
        body = {"title": "x", "description": "x", "tags": [], "owner": "cases",
                "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
                "settings": {"syncAlerts": False}}  # fmt: skip
        made = solutions.post("/api/cases", json=body).json()
        for title, status in (("y", 200), ("z", 409)):
            change = {"cases": [{"id": made["id"], "version": made["version"], "title": title}]}
            answer = solutions.patch("/api/cases", json=change)
            assert answer.status_code == status
        assert {"statusCode", "error", "message"} <= set(answer.json())
        assert solutions.get(f"/api/cases/{made['id']}").json()["title"] == "y"
