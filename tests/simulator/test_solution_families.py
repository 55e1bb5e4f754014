"""Finer points of Fleet, observability, security and AI, all observed on 9.4.3 where nothing else is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
FLEET = "/api/fleet"


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


@pytest.fixture(scope="module")
def released(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that also does what 9.4 is known to do otherwise than its contract says."""
    also = tuple(str(published(name)) for name in ("9.4-dashboards", "9.4-workflows"))
    return stand_in(contract=str(published("9.3")), beside=also, version="9.4.3", quirks="9.4")


class TestFleet:
    def policy(self, kibana: httpx.Client, name: str, **more: Json) -> dict[str, Json]:
        body = {"name": name, "namespace": "default", **more}
        made: dict[str, Json] = kibana.post(f"{FLEET}/agent_policies", json=body).json()["item"]
        return made

    def test_setting_up_is_the_same_twice(self, solutions: httpx.Client) -> None:
        said = [solutions.post(f"{FLEET}/setup").json() for _ in range(2)]
        assert said == [{"isInitialized": True, "nonFatalErrors": []}] * 2

    def test_a_policy_counts_revisions_and_answers_its_deletion(self, solutions: httpx.Client) -> None:
        made = self.policy(solutions, "counts")
        path = f"{FLEET}/agent_policies/{made['id']}"
        changed = solutions.put(
            path, json={"name": "counts", "namespace": "default", "description": "d"}
        ).json()
        assert changed["item"]["revision"] == made["revision"] + 1
        gone = solutions.post(f"{FLEET}/agent_policies/delete", json={"agentPolicyId": made["id"]})
        assert gone.json() == {"id": made["id"], "name": "counts"}
        assert solutions.get(path).status_code == 404

    def test_many_are_read_at_once_and_missing_ones_passed_over(self, solutions: httpx.Client) -> None:
        key = self.policy(solutions, "bulk")["id"]
        path = f"{FLEET}/agent_policies/_bulk_get"
        assert solutions.post(path, json={"ids": [key, "none"]}).status_code == 404
        some = solutions.post(path, json={"ids": [key, "none"], "ignoreMissing": True}).json()
        assert [row["id"] for row in some["items"]] == [key]

    def test_lists_find_by_the_names_of_saved_objects(self, solutions: httpx.Client) -> None:
        self.policy(solutions, "found by kuery")
        query = {"kuery": 'ingest-agent-policies.name:"found by kuery"'}
        said = solutions.get(f"{FLEET}/agent_policies", params=query).json()
        assert (said["total"], said["items"][0]["name"]) == (1, "found by kuery")
        assert {"items", "total", "page", "perPage"} <= set(said)

    def test_a_new_policy_brings_a_key_and_a_token(self, solutions: httpx.Client) -> None:
        key = self.policy(solutions, "brings")["id"]
        keys = solutions.get(f"{FLEET}/enrollment_api_keys", params={"perPage": 1000}).json()["items"]
        assert key in [row["policy_id"] for row in keys]
        tokens = solutions.get(f"{FLEET}/uninstall_tokens", params={"perPage": 1000}).json()["items"]
        row = next(row for row in tokens if row["policy_id"] == key)
        assert "token" not in row
        assert solutions.get(f"{FLEET}/uninstall_tokens/{row['id']}").json()["item"]["token"]

    def test_a_key_that_is_deleted_is_revoked(self, solutions: httpx.Client) -> None:
        key = self.policy(solutions, "revokes")["id"]
        made = solutions.post(f"{FLEET}/enrollment_api_keys", json={"policy_id": key}).json()
        assert (made["action"], made["item"]["active"]) == ("created", True)
        path = f"{FLEET}/enrollment_api_keys/{made['item']['id']}"
        assert solutions.delete(path).json() == {"action": "deleted"}
        assert solutions.get(path).json()["item"]["active"] is False

    def test_outputs_are_wrapped_and_the_default_stays(self, solutions: httpx.Client) -> None:
        listed = solutions.get(f"{FLEET}/outputs").json()["items"]
        default = next(row["id"] for row in listed if row["is_default"])
        assert solutions.delete(f"{FLEET}/outputs/{default}").status_code == 400
        body = {"name": "extra", "type": "elasticsearch", "hosts": ["http://localhost:9200"]}
        made = solutions.post(f"{FLEET}/outputs", json=body).json()["item"]
        assert made["is_default"] is False
        changed = solutions.put(f"{FLEET}/outputs/{made['id']}", json={"name": "renamed"}).json()["item"]
        assert (changed["name"], changed["hosts"]) == ("renamed", body["hosts"])
        assert "state" in solutions.get(f"{FLEET}/outputs/{made['id']}/health").json()
        assert solutions.delete(f"{FLEET}/outputs/{made['id']}").json() == {"id": made["id"]}

    def test_kafka_brings_defaults(self, solutions: httpx.Client) -> None:
        body = {"name": "kafka", "type": "kafka", "hosts": ["kafka:9092"], "auth_type": "none",
                "connection_type": "plaintext", "topic": "t"}  # fmt: skip
        made = solutions.post(f"{FLEET}/outputs", json=body)
        assert made.status_code == 200, made.text
        assert (made.json()["item"]["compression"], made.json()["item"]["required_acks"]) == ("gzip", 1)

    def test_hosts_and_proxies_are_renamed_without_the_rest(self, released: httpx.Client) -> None:
        for path, body in (
            ("proxies", {"name": "p", "url": "https://proxy.example.com:3128"}),
            ("fleet_server_hosts", {"name": "h", "host_urls": ["https://fleet.example.com:8220"]}),
        ):
            made = released.post(f"{FLEET}/{path}", json=body).json()["item"]
            changed = released.put(f"{FLEET}/{path}/{made['id']}", json={"name": "renamed"})
            assert (changed.status_code, changed.json()["item"]["name"]) == (200, "renamed")

    def test_settings_are_flipped_and_read(self, solutions: httpx.Client) -> None:
        path = f"{FLEET}/settings"
        before = solutions.get(path).json()["item"]
        assert (before["id"], before["prerelease_integrations_enabled"]) == ("fleet-default-settings", False)
        for value in (True, False):
            solutions.put(path, json={"prerelease_integrations_enabled": value})
            assert solutions.get(path).json()["item"]["prerelease_integrations_enabled"] is value

    def test_prefixes_are_of_one_space(self, solutions: httpx.Client) -> None:
        path = f"{FLEET}/space_settings"
        said = solutions.put(f"/s/prefixed{path}", json={"allowed_namespace_prefixes": ["abc"]})
        assert said.status_code == 200
        assert solutions.get(f"/s/prefixed{path}").json()["item"]["allowed_namespace_prefixes"] == ["abc"]
        assert solutions.get(path).json()["item"]["allowed_namespace_prefixes"] == []

    def test_permissions_are_checked_for_everybody(self, solutions: httpx.Client) -> None:
        assert solutions.get(f"{FLEET}/check-permissions").json()["success"] is True

    def test_tokens_of_services_are_minted(self, solutions: httpx.Client) -> None:
        assert set(solutions.post(f"{FLEET}/service_tokens", json={}).json()) >= {"name", "value"}

    def test_nothing_flows_yet(self, solutions: httpx.Client) -> None:
        assert solutions.get(f"{FLEET}/data_streams").json() == {"data_streams": []}
        assert "items" in solutions.get(f"{FLEET}/epm/data_streams").json()
        assert set(solutions.get(f"{FLEET}/agent_status").json()) == {"results"}

    def test_packages_are_the_same_everywhere(self, solutions: httpx.Client) -> None:
        solutions.post(f"/s/installer{FLEET}/epm/packages/nginx/2.1.1", json={})
        assert solutions.get(f"{FLEET}/epm/packages/nginx/2.1.1").json()["item"]["status"] == "installed"
        installed = solutions.get(f"{FLEET}/epm/packages/installed").json()
        assert "nginx" in [row["name"] for row in installed["items"]]

    def test_a_download_is_text(self, released: httpx.Client) -> None:
        key = self.policy(released, "downloaded")["id"]
        answer = released.get(f"{FLEET}/agent_policies/{key}/download")
        assert answer.headers["content-type"].startswith("text/x-yaml")


class TestObservability:
    SLO: Json = {  # noqa: RUF012
        "name": "x", "description": "x", "timeWindow": {"duration": "7d", "type": "rolling"},
        "budgetingMethod": "occurrences", "objective": {"target": 0.99},
        "indicator": {"type": "sli.kql.custom",
                      "params": {"index": "x", "good": "a: b", "total": "", "timestampField": "@timestamp"}},
    }  # fmt: skip

    def test_an_slo_lives_and_dies(self, solutions: httpx.Client) -> None:
        base = "/api/observability/slos"
        made = solutions.post(base, json={**self.SLO, "id": "lives-and-dies"})
        assert made.json() == {"id": "lives-and-dies"}
        assert solutions.post(base, json={**self.SLO, "id": "lives-and-dies"}).status_code == 409
        path = f"{base}/lives-and-dies"
        assert "summary" in solutions.get(path).json()
        changed = solutions.put(path, json={"name": "y"}).json()
        assert (changed["name"], changed["description"]) == ("y", "x")
        for verb in ("disable", "enable"):
            assert solutions.post(f"{path}/{verb}").status_code == 204
            assert solutions.get(path).json()["enabled"] is (verb == "enable")
        assert solutions.post(f"{path}/_reset").status_code == 200
        found = solutions.get(base).json()
        assert {"page", "perPage", "total", "results"} <= set(found)
        assert [solutions.delete(path).status_code, solutions.get(path).status_code] == [204, 404]

    def test_some_durations_alone_are_accepted(self, released: httpx.Client) -> None:
        wrong = {**self.SLO, "timeWindow": {"duration": "13d", "type": "rolling"}}
        assert released.post("/api/observability/slos", json=wrong).status_code == 400

    def test_a_monitor_needs_a_place_and_changes_in_part(self, released: httpx.Client) -> None:
        base = "/api/synthetics/monitors"
        body = {"type": "http", "name": "x", "url": "https://example.com"}
        refused = released.post(base, json=body)
        assert (refused.status_code, "At least one location" in refused.json()["message"]) == (400, True)
        policy = released.post(
            f"{FLEET}/agent_policies", json={"name": "place", "namespace": "default"}
        ).json()
        place = {"label": "place", "agentPolicyId": policy["item"]["id"]}
        assert released.post("/api/synthetics/private_locations", json=place).status_code == 200
        assert released.post("/api/synthetics/private_locations", json=place).status_code == 400
        made = released.post(base, json={**body, "private_locations": ["place"]}).json()
        assert made["id"] == made["config_id"]
        changed = released.put(f"{base}/{made['id']}", json={"name": "y"}).json()
        assert (changed["name"], changed["url"], changed["revision"]) == (
            "y",
            body["url"],
            made["revision"] + 1,
        )
        said = released.get(base).json()
        assert {"monitors", "page", "perPage", "total", "absoluteTotal", "syncErrors"} <= set(said)
        assert released.delete(f"{base}/{made['id']}").json() == [{"id": made["id"], "deleted": True}]

    def test_parameters_are_made_singly_and_together_and_never_told(self, solutions: httpx.Client) -> None:
        base = "/api/synthetics/params"
        one = solutions.post(base, json={"key": "k1", "value": "hidden-1"}).json()
        two = solutions.post(base, json=[{"key": "k2", "value": "hidden-2"}]).json()
        assert (one["key"], two[0]["key"]) == ("k1", "k2")
        assert "hidden" not in solutions.get(base).text + solutions.get(f"{base}/{one['id']}").text

    def test_an_agents_configuration_is_replaced_when_that_is_said(self, solutions: httpx.Client) -> None:
        path = "/api/apm/settings/agent-configuration"
        body = {"service": {"name": "x", "environment": "t"}, "settings": {"transaction_sample_rate": "0.3"}}
        assert [solutions.put(path, json=body).status_code for _ in range(2)] == [200, 400]
        assert solutions.get(f"{path}/view?name=none&environment=t").status_code == 404
        assert solutions.get(f"/s/elsewhere{path}").json()["configurations"][0]["service"] == body["service"]
        environments = solutions.get(f"{path}/environments").json()["environments"]
        assert "ALL_OPTION_VALUE" in [row["name"] for row in environments]

    def test_source_maps_have_ids_of_their_parts(self, solutions: httpx.Client) -> None:
        form = {"service_name": "shop", "service_version": "1.0", "bundle_filepath": "/a.js"}
        sent = solutions.post(
            "/api/apm/sourcemaps", data=form,
            files={"sourcemap": ("a.map", b'{"version":3,"sources":[],"mappings":""}')},
        )  # fmt: skip
        assert sent.status_code == 200, sent.text
        assert sent.json()["id"].startswith("apm:shop-1.0-")
        assert {"artifacts", "total"} <= set(solutions.get("/api/apm/sourcemaps").json())

    def test_annotations_want_all_three_parameters(self, released: httpx.Client) -> None:
        assert released.get("/api/apm/services/x/annotation/search").status_code == 400


class TestSecurity:
    RULE: Json = {"type": "query", "name": "x", "description": "x", "severity": "low", "risk_score": 21,  # noqa: RUF012
                  "query": "user.name:none", "index": ["none-*"], "enabled": False}  # fmt: skip

    def test_a_rule_is_found_changed_and_answered_when_it_goes(self, solutions: httpx.Client) -> None:
        base = "/api/detection_engine/rules"
        made = solutions.post(base, json={**self.RULE, "rule_id": "own"}).json()
        assert solutions.post(base, json={**self.RULE, "rule_id": "own"}).status_code == 409
        for query in ("rule_id=own", f"id={made['id']}"):
            assert solutions.get(f"{base}?{query}").json()["name"] == "x"
        changed = solutions.patch(base, json={"rule_id": "own", "tags": ["t"]}).json()
        assert (changed["tags"], changed["name"], changed["revision"]) == (["t"], "x", made["revision"] + 1)
        found = solutions.get(f"{base}/_find", params={"filter": 'alert.attributes.tags: "t"'}).json()
        assert (found["total"], set(found)) == (1, {"page", "perPage", "total", "data"})
        assert "t" in solutions.get("/api/detection_engine/tags").json()
        assert solutions.delete(f"{base}?rule_id=own").json()["rule_id"] == "own"

    def test_an_export_is_lines_and_a_tally(self, solutions: httpx.Client) -> None:
        base = "/api/detection_engine/rules"
        solutions.post(base, json={**self.RULE, "rule_id": "exported"})
        answer = solutions.post(f"{base}/_export", json={"objects": [{"rule_id": "exported"}]})
        *_, tally = (json.loads(row) for row in answer.text.splitlines())
        assert (answer.headers["content-type"], tally["exported_rules_count"]) == ("application/ndjson", 1)

    def test_the_index_of_alerts_is_of_a_space(self, solutions: httpx.Client) -> None:
        path = "/api/detection_engine/index"
        assert solutions.get(f"/s/alerting{path}").status_code == 404
        assert solutions.post(f"/s/alerting{path}").json() == {"acknowledged": True}
        assert solutions.get(f"/s/alerting{path}").json()["name"] == ".alerts-security.alerts-alerting"

    def test_exceptions_are_replaced_whole_and_versioned(self, solutions: httpx.Client) -> None:
        base = "/api/exception_lists"
        body = {"name": "x", "description": "x", "type": "detection", "list_id": "versioned"}
        made = solutions.post(base, json=body).json()
        assert solutions.post(base, json=body).status_code == 409
        change = {**body, "name": "y", "_version": made["_version"]}
        assert [solutions.put(base, json=change).status_code for _ in range(2)] == [200, 409]
        item = {"list_id": "versioned", "type": "simple", "name": "i", "description": "i", "os_types": ["linux"],
                "entries": [{"field": "host.name", "operator": "included", "type": "match", "value": "x"}]}  # fmt: skip
        kept = solutions.post(f"{base}/items", json=item).json()
        assert kept["os_types"] == ["linux"]
        replaced = {k: v for k, v in item.items() if k not in ("list_id", "os_types")}
        assert solutions.put(f"{base}/items", json={**replaced, "id": kept["id"]}).json()["os_types"] == []
        assert solutions.get(f"{base}/items/_find?list_id=versioned").json()["total"] == 1
        assert solutions.delete(f"{base}?list_id=versioned").json()["list_id"] == "versioned"
        assert solutions.get(f"{base}/items?item_id={kept['item_id']}").status_code == 404

    def test_the_list_of_endpoints_is_made_once(self, solutions: httpx.Client) -> None:
        said = [solutions.post("/api/endpoint_list").json() for _ in range(2)]
        assert said[1] == {} or said[0] == {}

    def test_values_are_read_singly_and_by_value(self, solutions: httpx.Client) -> None:
        solutions.post("/api/lists/index")
        solutions.post(
            "/api/lists", json={"id": "values", "name": "x", "description": "x", "type": "keyword"}
        )
        item = solutions.post("/api/lists/items", json={"list_id": "values", "value": "v"}).json()
        assert solutions.get(f"/api/lists/items?id={item['id']}").json()["value"] == "v"
        pair = "list_id=values&value=v"
        assert [row["id"] for row in solutions.get(f"/api/lists/items?{pair}").json()] == [item["id"]]
        assert isinstance(solutions.delete(f"/api/lists/items?{pair}").json(), list)
        assert {"cursor", "data", "page", "per_page", "total"} <= set(
            solutions.get("/api/lists/_find").json()
        )

    def test_a_timeline_moves_its_version(self, solutions: httpx.Client) -> None:
        made = solutions.post("/api/timeline", json={"timeline": {"title": "x"}}).json()
        key, version = made["savedObjectId"], made["version"]
        body = {"timelineId": key, "version": version, "timeline": {"title": "y"}}
        assert solutions.patch("/api/timeline", json=body).json()["version"] != version
        assert solutions.patch("/api/timeline", json=body).status_code == 409
        assert "totalCount" in solutions.get("/api/timelines?page_size=10&page_index=1").json()
        assert solutions.request("DELETE", "/api/timeline", json={"savedObjectIds": [key]}).status_code == 200
        assert solutions.get(f"/api/timeline?id={key}").status_code == 404

    def test_criticality_is_written_over(self, solutions: httpx.Client) -> None:
        path = "/api/asset_criticality"
        body = {"id_field": "host.name", "id_value": "x", "criticality_level": "low_impact"}
        for level in ("low_impact", "high_impact"):
            assert solutions.post(path, json={**body, "criticality_level": level}).status_code == 200
        query = "id_field=host.name&id_value=x"
        assert solutions.get(f"{path}?{query}").json()["criticality_level"] == "high_impact"
        assert solutions.delete(f"{path}?{query}").json()["deleted"] is True
        assert solutions.get(f"{path}?{query}").status_code == 404

    def test_packs_and_queries_are_wrapped(self, solutions: httpx.Client) -> None:
        pack = {"name": "p", "enabled": False, "queries": {"q": {"query": "select 1;", "interval": 3600}}}
        made = solutions.post("/api/osquery/packs", json=pack).json()["data"]
        assert solutions.get(f"/api/osquery/packs/{made['saved_object_id']}").json()["data"]["name"] == "p"
        solutions.post(
            "/api/osquery/saved_queries", json={"id": "sq", "query": "select 1;", "interval": "60"}
        )
        listed = solutions.get("/api/osquery/saved_queries?pageSize=1").json()
        assert {"data", "total", "page", "per_page"} <= set(listed)

    def test_conversations_are_those_of_one_user(self, solutions: httpx.Client) -> None:
        base = "/api/security_ai_assistant/current_user/conversations"
        made = solutions.post(base, json={"title": "x", "category": "assistant"}).json()
        found = solutions.get(f"{base}/_find").json()
        assert {"data", "page", "perPage", "total"} <= set(found)
        assert made["id"] in [row["id"] for row in found["data"]]
        theirs = solutions.get(f"{base}/_find", auth=("viewer", "changeme"))
        assert theirs.status_code == 200
        assert made["id"] not in [row["id"] for row in theirs.json()["data"]]
        assert solutions.delete(f"{base}/{made['id']}").status_code == 200

    def test_discoveries_are_none(self, solutions: httpx.Client) -> None:
        said = solutions.get("/api/attack_discovery/_find").json()
        assert {"connector_names", "data", "page", "per_page", "total", "unique_alert_ids_count"} <= set(said)
        assert solutions.post("/api/attack_discovery/_bulk", json={"update": {"ids": ["none"]}}).json() == {
            "data": []
        }

    def test_a_schedule_is_made_asleep(self, solutions: httpx.Client) -> None:
        config = {"connectorId": "c", "actionTypeId": ".gen-ai", "name": "c"}
        params = {"alerts_index_pattern": ".alerts-security.alerts-default", "api_config": config, "size": 25}
        body = {"name": "s", "params": params, "schedule": {"interval": "24h"}}
        made = solutions.post("/api/attack_discovery/schedules", json=body)
        assert made.status_code == 200, made.text
        assert made.json()["enabled"] is False

    def test_acting_on_nobody_is_refused(self, released: httpx.Client) -> None:
        answer = released.post("/api/endpoint/action/isolate", json={"endpoint_ids": ["none"]})
        assert answer.status_code == 400
        assert "Elastic Defend integration" in answer.json()["message"]


class TestIntelligence:
    TOOL: Json = {"id": "conf.x", "type": "esql", "description": "x", "tags": [],  # noqa: RUF012
                  "configuration": {"query": "FROM x | LIMIT 1", "params": {}}}  # fmt: skip

    def test_tools_are_kept_and_built_in_ones_stay(self, solutions: httpx.Client) -> None:
        base = "/api/agent_builder/tools"
        assert solutions.post(base, json=self.TOOL).status_code == 200
        assert solutions.post(base, json=self.TOOL).status_code in (400, 409)
        changed = solutions.put(f"{base}/conf.x", json={"description": "y"}).json()
        assert (changed["description"], changed["configuration"]["query"]) == ("y", "FROM x | LIMIT 1")
        built_in = [t["id"] for t in solutions.get(base).json()["results"] if t["id"].startswith("platform.")]
        assert built_in
        assert solutions.delete(f"{base}/{built_in[0]}").status_code in (400, 403)
        assert solutions.get(f"/s/elsewhere{base}/conf.x").status_code == 404
        assert solutions.delete(f"{base}/conf.x").status_code == 200

    def test_a_workflow_lives_runs_and_dies(self, released: httpx.Client) -> None:
        yaml = "name: conf-x\nenabled: true\ntriggers:\n  - type: manual\nsteps:\n  - name: s\n    type: console\n"
        base = "/api/workflows"
        made = released.post(f"{base}/workflow", json={"id": "conf-x", "yaml": yaml})
        assert made.status_code == 200, made.text
        path = f"{base}/workflow/conf-x"
        assert released.get(path).json()["name"] == "conf-x"
        run = released.post(f"{path}/run", json={"inputs": {}}).json()["workflowExecutionId"]
        said = released.get(f"{base}/executions/{run}").json()
        assert said["status"] in ("completed", "running", "pending")
        assert released.post(f"{base}/executions/{run}/resume", json={"input": {}}).status_code == 409
        assert released.post(f"{base}/executions/{run}/cancel").status_code == 200
        assert released.post(f"{path}/clone").json()["id"].startswith("conf-x-copy")
        listed = released.get(base, params={"query": "conf-x"}).json()
        assert {"results", "total", "page", "size"} <= set(listed)
        assert released.delete(path).status_code in (200, 204)
        assert released.get(path).status_code == 404

    def test_plugins_are_behind_a_flag(self, released: httpx.Client) -> None:
        assert released.get("/api/agent_builder/plugins").status_code == 404


class TestMonitors:
    def test_schedules_and_places_are_shown_in_full(self, solutions: httpx.Client) -> None:
        policy = solutions.post(
            f"{FLEET}/agent_policies", json={"name": "places", "namespace": "default"}
        ).json()
        place = {"label": "cellar", "agentPolicyId": policy["item"]["id"], "geo": {"lat": 1.5, "lon": 2.5}}
        made = solutions.post("/api/synthetics/private_locations", json=place).json()
        body = {"type": "http", "name": "m", "url": "https://example.com", "schedule": 10}
        sent = {**body, "private_locations": ["cellar"]}
        key = solutions.post("/api/synthetics/monitors", json=sent).json()["config_id"]
        shown = solutions.get(f"/api/synthetics/monitors/{key}").json()
        assert shown["schedule"] == {"number": "10", "unit": "m"}
        (where,) = shown["locations"]
        assert (where["id"], where["label"], where["isServiceManaged"]) == (made["id"], "cellar", False)
        assert where["geo"] == place["geo"]
        assert solutions.delete(f"/api/synthetics/private_locations/{made['id']}").status_code == 400
