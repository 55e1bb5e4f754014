"""What a contract cannot tell: families as they were observed on 9.4.3 where nothing else is said. Core serves the
platform's; the rest needs a published contract."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
LOG = {"name": "log", "connector_type_id": ".server-log"}
RULE = {
    "name": "r",
    "rule_type_id": ".es-query",
    "consumer": "alerts",
    "enabled": False,
    "schedule": {"interval": "1h"},
    "params": {"searchType": "esQuery", "index": ["none"], "size": 1, "timeField": "@timestamp", "threshold": [0],
               "esQuery": "{}", "thresholdComparator": ">", "timeWindowSize": 5, "timeWindowUnit": "m"},
}  # fmt: skip
CASE = {
    "title": "t",
    "description": "d",
    "tags": ["a"],
    "owner": "cases",
    "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
    "settings": {"syncAlerts": False},
}


@pytest.fixture(scope="module")
def whole(stand_in: StandIn, published: Callable[[str], Path]) -> httpx.Client:
    """A stand-in that plays a published contract."""
    return stand_in(contract=str(published("9.1")))


class TestConnectors:
    def test_an_update_replaces_config_and_secrets_stay_unseen(self, kibana: httpx.Client) -> None:
        body = {
            "name": "hook",
            "connector_type_id": ".webhook",
            "config": {"url": "http://x"},
            "secrets": {"user": "u"},
        }
        made = kibana.post("/api/actions/connector/hook", json=body).json()
        assert (made["id"], "secrets" in made) == ("hook", False)
        assert (
            kibana.put("/api/actions/connector/hook", json={"name": "hook"}).status_code == 400
        )  # the url is gone
        assert kibana.post("/api/actions/connector/hook", json=body).status_code == 409
        assert kibana.delete("/api/actions/connector/hook").status_code == 204
        assert (
            kibana.get("/api/actions/connector/hook").json()["message"]
            == "Saved object [action/hook] not found"
        )

    def test_the_path_may_leave_the_id_out(self, kibana: httpx.Client) -> None:
        assert len(kibana.post("/api/actions/connector", json=LOG).json()["id"]) == 36

    def test_types_say_their_licence(self, stand_in: StandIn) -> None:
        client = stand_in(license="basic")
        types = {t["id"]: t for t in client.get("/api/actions/connector_types").json()}
        assert types[".server-log"]["enabled_in_license"] is True
        assert types[".jira"]["enabled_in_license"] is False
        body = {
            "name": "j",
            "connector_type_id": ".jira",
            "config": {"apiUrl": "http://x", "projectKey": "P"},
            "secrets": {},
        }
        refused = client.post("/api/actions/connector/j", json=body)
        assert (refused.status_code, "license" in refused.json()["message"]) == (403, True)

    def test_the_server_log_runs_and_an_unknown_type_does_not(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/actions/connector", json=LOG).json()["id"]
        done = kibana.post(
            f"/api/actions/connector/{made}/_execute", json={"params": {"message": "hi"}}
        ).json()
        assert (done["status"], done["connector_id"]) == ("ok", made)
        assert (
            kibana.post("/api/actions/connector", json={**LOG, "connector_type_id": ".none"}).status_code
            == 400
        )


class TestRules:
    def test_a_rule_is_switched_muted_snoozed_and_found(self, kibana: httpx.Client) -> None:
        rule = kibana.post("/api/alerting/rule/first", json=RULE).json()
        assert (rule["enabled"], rule["revision"], rule["params"]["groupBy"]) == (False, 0, "all")
        for verb, expected in (("_enable", True), ("_disable", False)):
            assert kibana.post(f"/api/alerting/rule/first/{verb}").status_code == 204
            assert kibana.get("/api/alerting/rule/first").json()["enabled"] is expected
        kibana.post("/api/alerting/rule/first/_mute_all")
        assert kibana.get("/api/alerting/rule/first").json()["mute_all"] is True
        schedule = {"schedule": {"custom": {"duration": "1h", "start": "2040-01-01T00:00:00.000Z"}}}
        snooze = kibana.post("/api/alerting/rule/first/snooze_schedule", json=schedule).json()["schedule"][
            "id"
        ]
        assert kibana.delete(f"/api/alerting/rule/first/snooze_schedule/{snooze}").status_code == 204
        assert kibana.delete(f"/api/alerting/rule/first/snooze_schedule/{snooze}").status_code == 404
        assert kibana.post("/api/alerting/rule/first", json=RULE).status_code == 409

    def test_an_update_keeps_the_type_and_counts_revisions(self, kibana: httpx.Client) -> None:
        kibana.post("/api/alerting/rule/second", json={**RULE, "tags": ["x"]})
        change = {"name": "new", "schedule": {"interval": "2h"}, "actions": [], "params": RULE["params"]}
        changed = kibana.put("/api/alerting/rule/second", json=change).json()
        assert (changed["name"], changed["rule_type_id"], changed["revision"]) == ("new", ".es-query", 1)
        assert changed["tags"] == []

    def test_the_list_filters_sorts_and_refuses_an_order_of_nothing(self, kibana: httpx.Client) -> None:
        for name in ("beta", "alpha"):
            kibana.post(f"/api/alerting/rule/{name}", json={**RULE, "name": name, "tags": ["listed"]})
        asked = {"filter": 'alert.attributes.tags: "listed"', "sort_field": "name", "sort_order": "asc"}
        found = kibana.get("/api/alerting/rules/_find", params=asked).json()
        assert [r["name"] for r in found["data"]] == ["alpha", "beta"]
        assert kibana.get("/api/alerting/rules/_find?sort_order=asc").status_code == 406

    def test_an_unknown_type_is_refused(self, kibana: httpx.Client) -> None:
        assert kibana.post("/api/alerting/rule", json={**RULE, "rule_type_id": "none"}).status_code == 400


class TestCases:
    def test_a_stale_version_is_a_conflict_and_the_same_again_is_not_acceptable(
        self, kibana: httpx.Client
    ) -> None:
        case = kibana.post("/api/cases", json=CASE).json()
        change = {"cases": [{"id": case["id"], "version": case["version"], "title": "new"}]}
        changed = kibana.patch("/api/cases", json=change).json()
        assert (changed[0]["title"], changed[0]["version"] != case["version"]) == ("new", True)
        assert kibana.patch("/api/cases", json=change).status_code == 409
        again = {"cases": [{"id": case["id"], "version": changed[0]["version"], "title": "new"}]}
        assert kibana.patch("/api/cases", json=again).status_code == 406

    def test_comments_files_and_actions_hang_on_a_case(self, kibana: httpx.Client) -> None:
        case = kibana.post("/api/cases", json=CASE).json()["id"]
        comment = {"type": "user", "comment": "c", "owner": "cases"}
        with_comment = kibana.post(f"/api/cases/{case}/comments", json=comment).json()
        assert with_comment["totalComment"] == 1
        kibana.post(f"/api/cases/{case}/files", files={"file": ("a.txt", b"x")})
        found = kibana.get(f"/api/cases/{case}/comments/_find").json()
        assert found["total"] == 2
        acted = kibana.get(f"/api/cases/{case}/user_actions/_find").json()["userActions"]
        assert [a["type"] for a in acted] == ["create_case", "comment", "comment"]
        assert kibana.delete("/api/cases", params={"ids": json.dumps([case])}).status_code == 204
        assert kibana.get(f"/api/cases/{case}").json()["message"] == f"Saved object [cases/{case}] not found"

    def test_cases_are_found_counted_and_tagged(self, kibana: httpx.Client) -> None:
        kibana.post("/api/cases", json={**CASE, "title": "findable", "tags": ["rare"]})
        found = kibana.get("/api/cases/_find", params={"tags": "rare", "perPage": 1}).json()
        assert (found["total"], found["per_page"], found["count_open_cases"]) == (1, 1, 1)
        assert "rare" in kibana.get("/api/cases/tags").json()


class TestDataViews:
    def test_a_name_is_taken_once(self, kibana: httpx.Client) -> None:
        body = {"data_view": {"title": "twice-*"}}
        kibana.post("/api/data_views/data_view", json=body)
        refused = kibana.post("/api/data_views/data_view", json=body)
        assert (refused.status_code, refused.json()["message"]) == (400, "Duplicate data view: twice-*")
        assert kibana.post("/api/data_views/data_view", json={**body, "override": True}).status_code == 200

    def test_the_first_one_becomes_the_default_which_changes_by_force(self, kibana: httpx.Client) -> None:
        kibana.post("/api/spaces/space", json={"id": "views", "name": "views"})
        space = "/s/views/api/data_views"
        assert kibana.get(f"{space}/default").json() == {"data_view_id": ""}
        made = kibana.post(f"{space}/data_view", json={"data_view": {"title": "a-*"}}).json()["data_view"][
            "id"
        ]
        assert kibana.get(f"{space}/default").json() == {"data_view_id": made}
        kibana.post(f"{space}/default", json={"data_view_id": "other"})
        assert kibana.get(f"{space}/default").json() == {"data_view_id": made}
        kibana.post(f"{space}/default", json={"data_view_id": "other", "force": True})
        assert kibana.get(f"{space}/default").json() == {"data_view_id": "other"}

    def test_runtime_fields_are_made_once_and_replaced_by_put(self, kibana: httpx.Client) -> None:
        view = kibana.post("/api/data_views/data_view", json={"data_view": {"title": "run-*"}}).json()[
            "data_view"
        ]["id"]
        path = f"/api/data_views/data_view/{view}/runtime_field"
        field = {"name": "f", "runtimeField": {"type": "long", "script": {"source": "emit(1)"}}}
        made = kibana.post(path, json=field)
        assert made.json()["data_view"]["runtimeFieldMap"]["f"]["type"] == "long"
        assert kibana.post(path, json=field).status_code == 400
        assert kibana.put(path, json=field).status_code == 200
        assert kibana.delete(f"{path}/f").status_code == 200
        assert kibana.get(f"{path}/f").status_code == 404

    def test_swapping_moves_references(self, kibana: httpx.Client) -> None:
        reference = [{"name": "r", "type": "index-pattern", "id": "old"}]
        kibana.post(
            "/api/saved_objects/search/s", json={"attributes": {"title": "s"}, "references": reference}
        )
        swap = {"fromId": "old", "toId": "new"}
        assert (
            kibana.post("/api/data_views/swap_references/_preview", json=swap).json()["result"][0]["id"]
            == "s"
        )
        kibana.post("/api/data_views/swap_references", json=swap)
        assert kibana.get("/api/saved_objects/search/s").json()["references"][0]["id"] == "new"


class TestSmallFamilies:
    def test_a_slug_is_unique_in_its_space(self, kibana: httpx.Client) -> None:
        body = {"locatorId": "L", "params": {"url": "/app"}, "slug": "my-slug"}
        made = kibana.post("/api/short_url", json=body).json()
        assert kibana.get("/api/short_url/_slug/my-slug").json()["id"] == made["id"]
        assert kibana.post("/api/short_url", json=body).status_code == 409
        assert kibana.delete(f"/api/short_url/{made['id']}").status_code == 200

    def test_a_window_follows_the_clock(self, kibana: httpx.Client, stand_in: StandIn) -> None:
        body = {"title": "w", "schedule": {"custom": {"start": "2040-01-01T00:00:00.000Z", "duration": "2h"}}}
        made = kibana.post("/api/maintenance_window", json=body).json()
        assert made["status"] == "upcoming"
        past = {"schedule": {"custom": {"start": "2020-01-01T00:00:00.000Z", "duration": "2h"}}}
        path = f"/api/maintenance_window/{made['id']}"
        assert kibana.patch(path, json=past).json()["status"] == "finished"
        assert kibana.post(f"{path}/_archive").json()["status"] == "archived"
        assert stand_in(license="gold").post("/api/maintenance_window", json=body).status_code == 403


class TestSecuritySolution:
    def test_handlers_refuse_in_their_own_envelope(self, whole: httpx.Client) -> None:
        answer = whole.get("/api/detection_engine/rules?rule_id=none")
        assert answer.json() == {"message": 'rule_id: "none" not found', "status_code": 404}

    def test_rules_are_unique_changed_in_bulk_exported_and_imported(self, whole: httpx.Client) -> None:
        rule = {"type": "query", "name": "n", "description": "d", "severity": "low", "risk_score": 21, "rule_id": "own",
                "query": "a:b", "enabled": False}  # fmt: skip
        made = whole.post("/api/detection_engine/rules", json=rule).json()
        assert (made["rule_id"], made["immutable"]) == ("own", False)
        assert whole.post("/api/detection_engine/rules", json=rule).status_code == 409
        whole.post("/api/detection_engine/rules/_bulk_action", json={"action": "enable", "ids": [made["id"]]})
        assert whole.get("/api/detection_engine/rules?rule_id=own").json()["enabled"] is True
        patched = whole.patch("/api/detection_engine/rules", json={"rule_id": "own", "name": "new"}).json()
        assert (patched["name"], patched["query"]) == ("new", "a:b")
        exported = whole.post("/api/detection_engine/rules/_export")
        assert json.loads(exported.text.splitlines()[-1])["exported_count"] == 1
        assert whole.delete("/api/detection_engine/rules?rule_id=own").json()["id"] == made["id"]
        files = {"file": ("rules.ndjson", exported.content)}
        done = whole.post("/api/detection_engine/rules/_import", files=files).json()
        assert (done["success"], done["success_count"]) == (True, 1)
        assert whole.post("/api/detection_engine/rules/_import", files=files).json()["success"] is False

    def test_exceptions_live_in_lists(self, whole: httpx.Client) -> None:
        body = {"name": "n", "description": "d", "type": "detection", "list_id": "mine"}
        made = whole.post("/api/exception_lists", json=body).json()
        item = {"list_id": "mine", "type": "simple", "name": "i", "description": "d",
                "entries": [{"field": "host.name", "operator": "included", "type": "match", "value": "x"}]}  # fmt: skip
        assert whole.post("/api/exception_lists/items", json=item).status_code == 200
        assert whole.post("/api/exception_lists/items", json={**item, "list_id": "none"}).status_code == 404
        assert whole.post("/api/exception_lists", json=body).status_code == 409
        assert whole.get("/api/exception_lists/items/_find?list_id=mine").json()["total"] == 1
        stale = {**body, "id": made["id"], "_version": "stale"}
        assert whole.put("/api/exception_lists", json=stale).status_code == 409

    def test_value_lists_hold_values(self, whole: httpx.Client) -> None:
        whole.post("/api/lists/index")
        whole.post("/api/lists", json={"id": "v", "name": "v", "description": "d", "type": "keyword"})
        whole.post("/api/lists/items/_import?list_id=v", files={"file": ("v.txt", b"one\ntwo\n")})
        assert whole.get("/api/lists/items?list_id=v&value=one").json()[0]["value"] == "one"
        assert whole.post("/api/lists/items/_export?list_id=v").text == "one\ntwo\n"
        assert whole.delete("/api/lists/index").status_code == 200
        assert whole.get("/api/lists?id=v").status_code == 404

    def test_a_timeline_moves_its_version(self, whole: httpx.Client) -> None:
        made = whole.post("/api/timeline", json={"timeline": {"title": "t"}}).json()
        change = {"timelineId": made["savedObjectId"], "version": made["version"], "timeline": {"title": "u"}}
        assert whole.patch("/api/timeline", json=change).json()["title"] == "u"
        assert whole.patch("/api/timeline", json=change).status_code == 409


class TestFleet:
    def test_a_policy_counts_revisions_and_brings_a_key(self, whole: httpx.Client) -> None:
        body = {"name": "policy", "namespace": "default"}
        policy = whole.post("/api/fleet/agent_policies", json=body).json()["item"]
        assert whole.post("/api/fleet/agent_policies", json=body).status_code == 409
        changed = whole.put(
            f"/api/fleet/agent_policies/{policy['id']}", json={**body, "description": "d"}
        ).json()["item"]
        assert changed["revision"] == policy["revision"] + 1
        keys = whole.get("/api/fleet/enrollment_api_keys").json()["items"]
        mine = next(k for k in keys if k["policy_id"] == policy["id"])
        assert whole.delete(f"/api/fleet/enrollment_api_keys/{mine['id']}").json() == {"action": "deleted"}
        assert whole.get(f"/api/fleet/enrollment_api_keys/{mine['id']}").json()["item"]["active"] is False
        gone = whole.post("/api/fleet/agent_policies/delete", json={"agentPolicyId": policy["id"]}).json()
        assert gone == {"id": policy["id"], "name": "policy"}

    def test_the_default_output_stays(self, whole: httpx.Client) -> None:
        assert whole.delete("/api/fleet/outputs/fleet-default-output").status_code == 400

    def test_packages_are_installed_for_every_space(self, whole: httpx.Client) -> None:
        missing = whole.get("/api/fleet/epm/packages/none/1.0.0")
        assert missing.json()["message"] == "[none] package not installed or found in registry"
        whole.post("/s/other/api/fleet/epm/packages/udp/2.1.0")
        assert whole.get("/api/fleet/epm/packages/udp").json()["item"]["status"] == "installed"

    def test_keys_are_not_minted_with_a_key(self, whole: httpx.Client) -> None:
        headers = {"authorization": f"ApiKey {whole.said['api_key']}", "kbn-xsrf": "1"}  # type: ignore[attr-defined]
        answer = httpx.post(f"{whole.base_url}/api/fleet/logstash_api_keys", headers=headers)
        assert answer.status_code == 400


class TestAgentConfiguration:
    def test_an_existing_one_is_replaced_only_when_that_is_said(self, whole: httpx.Client) -> None:
        path = "/api/apm/settings/agent-configuration"
        body = {"service": {"name": "s", "environment": "e"}, "settings": {"transaction_sample_rate": "0.3"}}
        assert whole.put(path, json=body).json() == {}
        assert whole.put(path, json=body).status_code == 400
        assert whole.put(f"{path}?overwrite=true", json=body).status_code == 200
        seen = whole.get(f"{path}/view?name=s&environment=e").json()
        assert seen["settings"] == body["settings"]
        assert whole.request("DELETE", path, json={"service": body["service"]}).json() == {
            "result": "deleted"
        }


def test_an_operation_newer_than_the_version_is_an_unknown_route(
    stand_in: StandIn, published: Callable[[str], Path]
) -> None:
    client = stand_in(contract=str(published("9.1")), version="9.0.0")
    answer = client.post("/api/maintenance_window", json={})
    assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


@pytest.mark.parametrize("duration", ["999999999d", "99999999999999999999h", "-1"])
def test_a_window_may_last_beyond_every_calendar(duration: str) -> None:
    """A duration is any number with a unit; one that no calendar holds never ends, and is no crash."""
    from pytest_kibana.simulator.families.maintenance_windows import _end

    assert _end(datetime(2026, 1, 1, tzinfo=UTC), duration) == datetime.max.replace(tzinfo=UTC)
