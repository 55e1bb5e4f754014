"""Finer points of the platform's families and of alerting, all observed on 9.4.3 where nothing else is said."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
VERSION = re.compile(r"Wz[A-Za-z0-9+/=]+")


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


@pytest.fixture(scope="module")
def released(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that also does what 9.4 is known to do otherwise than its contract says."""
    return stand_in(contract=str(published("9.3")), version="9.4.3", quirks="9.4")


class TestSavedObjects:
    def test_times_and_versions_look_as_they_do(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/saved_objects/tag", json={"attributes": {"name": "n"}}).json()
        assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", made["id"])
        assert STAMP.fullmatch(made["updated_at"])
        assert VERSION.fullmatch(made["version"])

    def test_short_urls_take_any_attribute(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/saved_objects/url/lax", json={"attributes": {"anything": 1}})
        assert answer.status_code == 200

    def test_a_failed_bulk_leaves_the_others(self, kibana: httpx.Client) -> None:
        rows = [{"type": "tag", "id": "b1", "attributes": {"name": "n"}},
                {"type": "no-such", "id": "b2", "attributes": {}}]  # fmt: skip
        said = kibana.post("/api/saved_objects/_bulk_create?overwrite=true", json=rows)
        assert said.status_code in (200, 400)
        if said.status_code == 200:
            assert said.json()["saved_objects"][1]["error"]["statusCode"] == 400

    def test_a_page_beyond_the_last_is_empty(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/saved_objects/_find?type=tag&page=100&per_page=50").json()
        assert (said["saved_objects"], said["page"], said["per_page"]) == ([], 100, 50)

    def test_an_export_ends_with_its_tally_unless_told_otherwise(self, kibana: httpx.Client) -> None:
        kibana.post("/api/saved_objects/dashboard/tally?overwrite=true", json={
            "attributes": {"title": "x"}, "references": [{"type": "tag", "id": "lost", "name": "r"}]})  # fmt: skip
        objects = [{"type": "dashboard", "id": "tally"}]
        body = {"objects": objects, "includeReferencesDeep": True}
        *_, tally = (json.loads(row) for row in kibana.post(
            "/api/saved_objects/_export", json=body).text.splitlines())  # fmt: skip
        assert (tally["exportedCount"], tally["missingRefCount"]) == (1, 1)
        assert tally["missingReferences"] == [{"type": "tag", "id": "lost"}]
        plain = kibana.post("/api/saved_objects/_export", json={**body, "excludeExportDetails": True})
        assert "exportedCount" not in plain.text

    def test_copies_of_an_import_get_new_ids(self, kibana: httpx.Client) -> None:
        line = b'{"type":"tag","id":"origin","attributes":{"name":"n"},"references":[]}'
        files = {"file": ("e.ndjson", line)}
        said = kibana.post("/api/saved_objects/_import?createNewCopies=true", files=files).json()
        assert said["successResults"][0]["destinationId"] != "origin"

    def test_keys_are_not_rotated_where_none_are_old(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/encrypted_saved_objects/_rotate_key")
        assert answer.status_code in (200, 400)
        if answer.status_code == 400:
            assert "not configured to support encryption key rotation" in answer.json()["message"]


class TestDataViews:
    def test_the_list_has_a_key_in_the_singular(self, kibana: httpx.Client) -> None:
        assert set(kibana.get("/api/data_views").json()) == {"data_view"}

    def test_no_default_is_an_empty_text(self, kibana: httpx.Client) -> None:
        assert kibana.get("/s/untouched/api/data_views/default").json() == {"data_view_id": ""}

    def test_a_space_that_is_not_there_has_not_even_that(self, released: httpx.Client) -> None:
        answer = released.get("/s/no-such-space/api/data_views/default")
        assert (answer.status_code, answer.text) == (200, '""')
        assert released.get("/api/data_views/default").json() == {"data_view_id": ""}

    def test_the_first_becomes_the_default_which_changes_by_force(self, kibana: httpx.Client) -> None:
        there = "/s/first-view"
        made = [kibana.post(f"{there}/api/data_views/data_view", json={"data_view": {"title": t}}).json()
                ["data_view"]["id"] for t in ("one-*", "two-*")]  # fmt: skip
        assert kibana.get(f"{there}/api/data_views/default").json()["data_view_id"] == made[0]
        kibana.post(f"{there}/api/data_views/default", json={"data_view_id": made[1]})
        assert kibana.get(f"{there}/api/data_views/default").json()["data_view_id"] == made[0]
        kibana.post(f"{there}/api/data_views/default", json={"data_view_id": made[1], "force": True})
        assert kibana.get(f"{there}/api/data_views/default").json()["data_view_id"] == made[1]

    def test_a_version_moves_with_each_change(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/data_views/data_view", json={"data_view": {"title": "moves-*"}}).json()[
            "data_view"
        ]
        path = f"/api/data_views/data_view/{made['id']}"
        changed = kibana.post(path, json={"data_view": {"name": "Moved"}}).json()["data_view"]
        assert (changed["title"], changed["name"]) == ("moves-*", "Moved")
        assert changed["version"] != made["version"]
        assert kibana.delete(path).status_code in (200, 204)
        assert kibana.delete(path).status_code == 404


class TestShortUrls:
    BODY: Json = {"locatorId": "LEGACY_SHORT_URL_LOCATOR", "params": {"url": "/app/dashboards"}}  # noqa: RUF012

    def test_it_lives_and_dies(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/short_url", json={**self.BODY, "slug": "lives"}).json()
        assert made["locator"]["state"] == {"url": "/app/dashboards"}
        for path in (f"/api/short_url/{made['id']}", "/api/short_url/_slug/lives"):
            assert kibana.get(path).json()["slug"] == "lives"
        assert kibana.delete(f"/api/short_url/{made['id']}").status_code == 200
        assert kibana.get("/api/short_url/_slug/lives").status_code == 404

    def test_a_slug_for_people_is_made_of_words(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/short_url", json={**self.BODY, "humanReadableSlug": True}).json()
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", made["slug"])

    def test_released_kibana_tells_times_as_numbers_and_deletes_with_null(
        self, released: httpx.Client
    ) -> None:
        made = released.post("/api/short_url", json=self.BODY).json()
        assert isinstance(made["accessDate"], int)
        assert isinstance(made["createDate"], int)
        assert released.delete(f"/api/short_url/{made['id']}").text == "null"


class TestConnectors:
    def make(self, kibana: httpx.Client, **more: Json) -> httpx.Response:
        return kibana.post(
            "/api/actions/connector", json={"name": "x", "connector_type_id": ".server-log", **more}
        )

    def test_an_index_connector_needs_its_index(self, solutions: httpx.Client) -> None:
        assert self.make(solutions, connector_type_id=".index").status_code == 400
        made = self.make(solutions, connector_type_id=".index", config={"index": "x"})
        assert made.json()["config"]["index"] == "x"

    def test_an_unknown_type_is_400(self, kibana: httpx.Client) -> None:
        assert self.make(kibana, connector_type_id=".no-such").status_code == 400

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_an_unknown_id_is_404(self, kibana: httpx.Client, method: str) -> None:
        body = {"name": "x"} if method == "PUT" else None
        assert kibana.request(method, "/api/actions/connector/none", json=body).status_code == 404

    def test_an_id_is_taken_once(self, kibana: httpx.Client) -> None:
        path, body = "/api/actions/connector/once", {"name": "x", "connector_type_id": ".server-log"}
        assert [kibana.post(path, json=body).status_code for _ in range(2)] == [200, 409]

    def test_a_long_id_is_replaced(self, kibana: httpx.Client) -> None:
        path, body = f"/api/actions/connector/{'x' * 37}", {"name": "x", "connector_type_id": ".server-log"}
        answer = kibana.post(path, json=body)
        assert answer.status_code in (200, 400)

    def test_secrets_are_never_told(self, solutions: httpx.Client) -> None:
        made = self.make(
            solutions, connector_type_id=".webhook", config={"url": "https://example.com"},
            secrets={"user": "u", "password": "hidden-word"},
        )  # fmt: skip
        assert made.status_code == 200, made.text
        assert "hidden-word" not in made.text + solutions.get("/api/actions/connectors").text

    def test_references_are_counted(self, kibana: httpx.Client) -> None:
        self.make(kibana)
        assert all(row["referenced_by_count"] == 0 for row in kibana.get("/api/actions/connectors").json())

    def test_types_may_be_asked_for_by_feature(self, kibana: httpx.Client) -> None:
        every = kibana.get("/api/actions/connector_types").json()
        some = kibana.get("/api/actions/connector_types?feature_id=cases").json()
        assert 0 < len(some) < len(every)

    def test_executing_tells_what_became_of_it(self, kibana: httpx.Client) -> None:
        key = self.make(kibana).json()["id"]
        said = kibana.post(f"/api/actions/connector/{key}/_execute", json={"params": {"message": "x"}})
        assert (said.status_code, said.json()["connector_id"]) == (200, key)
        assert said.json()["status"] in ("ok", "error")


RULE: Json = {
    "name": "x", "rule_type_id": ".es-query", "consumer": "alerts", "enabled": False,
    "schedule": {"interval": "1h"}, "actions": [],
    "params": {"searchType": "esQuery", "esQuery": '{"query":{"match_all":{}}}', "index": ["none"],
               "timeField": "@timestamp", "size": 1, "threshold": [0], "thresholdComparator": ">",
               "timeWindowSize": 5, "timeWindowUnit": "m"},
}  # fmt: skip


class TestAlerting:
    def make(self, kibana: httpx.Client, **more: Json) -> dict[str, Json]:
        made: dict[str, Json] = kibana.post("/api/alerting/rule", json={**RULE, **more}).json()
        return made

    def test_defaults_are_filled_in(self, kibana: httpx.Client) -> None:
        made = self.make(kibana)
        assert (made["params"]["aggType"], made["params"]["groupBy"]) == ("count", "all")
        assert {"created_at", "updated_at", "created_by", "execution_status", "revision"} <= set(made)

    def test_switches_answer_nothing(self, kibana: httpx.Client) -> None:
        key = self.make(kibana)["id"]
        for verb in ("_enable", "_disable", "_mute_all", "_unmute_all", "_update_api_key"):
            answer = kibana.post(f"/api/alerting/rule/{key}/{verb}")
            assert (verb, answer.status_code, answer.content) == (verb, 204, b"")

    def test_an_alert_that_never_was_is_unmuted_and_not_muted(self, solutions: httpx.Client) -> None:
        key = self.make(solutions)["id"]
        path = f"/api/alerting/rule/{key}/alert/none"
        assert solutions.post(f"{path}/_unmute").status_code == 204
        assert solutions.post(f"{path}/_mute?validate_alerts_existence=false").status_code == 204

    def test_an_id_is_taken_once(self, kibana: httpx.Client) -> None:
        assert [kibana.post("/api/alerting/rule/once", json=RULE).status_code for _ in range(2)] == [200, 409]

    def test_health_says_that_keys_last(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/alerting/_health").json()
        assert said["has_permanent_encryption_key"] is True
        assert said["is_sufficiently_secure"] is True

    def test_a_rule_counts_its_revisions_and_its_authors(self, kibana: httpx.Client) -> None:
        made = self.make(kibana)
        body = {k: v for k, v in RULE.items() if k not in ("rule_type_id", "consumer", "enabled")}
        changed = kibana.put(f"/api/alerting/rule/{made['id']}", json={**body, "name": "y"}).json()
        assert (changed["name"], changed["revision"]) == ("y", made["revision"] + 1)
        assert changed["updated_at"] > made["updated_at"] >= made["created_at"]

    def test_a_query_rule_needs_its_size(self, released: httpx.Client) -> None:
        params = {k: v for k, v in RULE["params"].items() if k != "size"}
        assert released.post("/api/alerting/rule", json={**RULE, "params": params}).status_code == 400


class TestWindows:
    def test_a_window_follows_its_life(self, solutions: httpx.Client) -> None:
        body = {"title": "x", "schedule": {"custom": {"start": "2040-01-01T00:00:00.000Z", "duration": "2h"}}}
        made = solutions.post("/api/maintenance_window", json=body).json()
        path = f"/api/maintenance_window/{made['id']}"
        assert solutions.patch(path, json={"title": "y"}).json()["title"] == "y"
        assert solutions.post(f"{path}/_archive").json()["status"] == "archived"
        assert solutions.post(f"{path}/_unarchive").json()["status"] != "archived"
        found = solutions.get("/api/maintenance_window/_find?title=y").json()
        assert (found["total"], set(found)) == (1, {"maintenanceWindows", "page", "per_page", "total"})
        assert (solutions.delete(path).status_code, solutions.get(path).status_code) == (204, 404)


CASE: Json = {
    "title": "x", "description": "x", "tags": ["t"], "owner": "cases", "settings": {"syncAlerts": False},
    "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
}  # fmt: skip


class TestCases:
    def test_an_update_answers_an_array_and_needs_a_version(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/cases", json=CASE).json()
        change = {"id": made["id"], "title": "y"}
        assert kibana.patch("/api/cases", json={"cases": [change]}).status_code == 400
        changed = kibana.patch("/api/cases", json={"cases": [{**change, "version": made["version"]}]}).json()
        assert (changed[0]["title"], changed[0]["version"] != made["version"]) == ("y", True)

    def test_comments_answer_the_case(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/cases", json=CASE).json()
        path = f"/api/cases/{made['id']}/comments"
        case = kibana.post(path, json={"type": "user", "comment": "c", "owner": "cases"}).json()
        assert (case["id"], case["totalComment"]) == (made["id"], 1)
        assert kibana.delete(path).status_code == 204

    def test_lists_ask_and_answer_in_two_spellings(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/cases/_find?perPage=1&page=1").json()
        assert (said["per_page"], len(said["cases"])) == (1, 1)
        assert {"count_open_cases", "count_in_progress_cases", "count_closed_cases", "total"} <= set(said)

    def test_actions_of_users_are_told_page_by_page(self, solutions: httpx.Client) -> None:
        made = solutions.post("/api/cases", json=CASE).json()
        said = solutions.get(f"/api/cases/{made['id']}/user_actions/_find?perPage=1").json()
        assert (said["perPage"], said["total"], len(said["userActions"])) == (1, 1, 1)

    def test_tags_and_reporters_are_arrays(self, solutions: httpx.Client) -> None:
        assert "t" in solutions.get("/api/cases/tags").json()
        assert solutions.get("/api/cases/reporters").json()[0]["username"] == "elastic"

    def test_assignees_are_platinum(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        client = stand_in(contract=str(published("9.3")), license="gold")
        answer = client.post("/api/cases", json={**CASE, "assignees": [{"uid": "u"}]})
        assert answer.status_code == 403
        assert "license" in answer.json()["message"]

    def test_pushing_to_an_unknown_connector_is_404(self, solutions: httpx.Client) -> None:
        made = solutions.post("/api/cases", json=CASE).json()
        assert solutions.post(f"/api/cases/{made['id']}/connector/none/_push").status_code == 404


class TestLogstash:
    def test_a_pipeline_is_put_listed_and_dropped(self, solutions: httpx.Client) -> None:
        path = "/api/logstash/pipeline/p1"
        for _ in range(2):
            assert solutions.put(path, json={"pipeline": "input {} output {}"}).status_code == 204
        row = solutions.get("/api/logstash/pipelines").json()["pipelines"][0]
        assert {"id", "last_modified"} <= set(row)
        assert [solutions.delete(path).status_code for _ in range(2)] == [204, 404]


class TestUptime:
    def test_settings_are_merged_per_space(self, solutions: httpx.Client) -> None:
        path = "/s/uptime-space/api/uptime/settings"
        before = solutions.get(path).json()
        solutions.put(path, json={"certAgeThreshold": 99})
        after = solutions.get(path).json()
        assert after == {**before, "certAgeThreshold": 99}
        assert solutions.get("/api/uptime/settings").json()["certAgeThreshold"] != 99


class TestMachineLearning:
    def test_a_simulation_names_all_four_parts(self, solutions: httpx.Client) -> None:
        said = solutions.get("/api/ml/saved_objects/sync?simulate=true").json()
        assert set(said) == {
            "savedObjectsCreated",
            "savedObjectsDeleted",
            "datafeedsAdded",
            "datafeedsRemoved",
        }

    @pytest.mark.parametrize(
        ("path", "enough", "too_little"),
        [
            ("/api/ml/saved_objects/sync?simulate=true", "platinum", "gold"),
            ("/api/fleet/remote_synced_integrations/status", "enterprise", "platinum"),
            ("/api/agent_builder/tools", "enterprise", "platinum"),
            ("/api/security_ai_assistant/current_user/conversations/_find", "enterprise", "platinum"),
            ("/api/attack_discovery/_find", "enterprise", "platinum"),
            ("/api/observability/slos", "platinum", "gold"),
            ("/api/maintenance_window/_find", "platinum", "gold"),
        ],
    )
    def test_a_licence_that_is_too_little_is_403(
        self, published: Callable[[str], Path], stand_in: StandIn, path: str, enough: str, too_little: str
    ) -> None:
        answers = [
            stand_in(contract=str(published("9.3")), license=licence).get(path)
            for licence in (enough, too_little)
        ]
        assert [answer.status_code for answer in answers] == [200, 403]
        assert "license" in answers[1].json()["message"].lower()
