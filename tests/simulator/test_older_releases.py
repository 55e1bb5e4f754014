"""What releases before 9.0 answered and later ones do not. Sources: published contracts of 8.x, Kibana source."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
RULES = "/api/detection_engine/rules"
RULE = {"type": "query", "name": "x", "description": "x", "severity": "low", "risk_score": 21, "query": "a:b"}
CASE = {"title": "x", "description": "x", "tags": [], "owner": "cases", "settings": {"syncAlerts": False},
        "connector": {"id": "none", "name": "none", "type": ".none", "fields": None}}  # fmt: skip
REINDEX = "/api/upgrade_assistant/reindex"


@pytest.fixture(scope="module")
def older(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("8.18")))


class TestRulesInBulk:
    def test_each_rule_answers_for_itself_and_in_order(self, older: httpx.Client) -> None:
        rows = [{**RULE, "rule_id": "one"}, {**RULE, "rule_id": "two"}, {**RULE, "rule_id": "one"}]
        made = older.post(f"{RULES}/_bulk_create", json=rows).json()
        assert [row.get("rule_id") for row in made] == ["one", "two", "one"]
        assert made[2]["error"]["status_code"] == 409
        changed = older.patch(
            f"{RULES}/_bulk_update", json=[{"rule_id": "one", "name": "new"}, {"rule_id": "none"}]
        ).json()
        assert (changed[0]["name"], changed[1]["error"]["status_code"]) == ("new", 404)
        assert older.get(RULES, params={"rule_id": "one"}).json()["name"] == "new"
        gone = older.request(
            "DELETE", f"{RULES}/_bulk_delete", json=[{"rule_id": "one"}, {"id": made[1]["id"]}]
        ).json()
        assert [row["rule_id"] for row in gone] == ["one", "two"]
        assert older.get(RULES, params={"rule_id": "two"}).status_code == 404


class TestAlertsThatWereRules:
    def test_they_are_silenced_and_disabled(self, older: httpx.Client) -> None:
        body = {"name": "x", "alertTypeId": ".es-query", "consumer": "alerts", "schedule": {"interval": "1h"},
                "params": {}, "actions": [], "enabled": True, "notifyWhen": "onActionGroupChange"}  # fmt: skip
        made = older.post("/api/alerts/alert/legacy", json=body)
        assert made.status_code == 200, made.text
        one = "/api/alerts/alert/legacy"
        for verb, name, value in (
            ("_disable", "enabled", False),
            ("_mute_all", "muteAll", True),
            ("_enable", "enabled", True),
        ):
            assert older.post(f"{one}/{verb}").status_code == 204
            assert older.get(one).json()[name] is value
        assert older.post(f"{one}/alert_instance/a/_mute").status_code == 204
        assert older.get(one).json()["mutedInstanceIds"] == ["a"]
        assert older.post("/api/alerts/alert/none/_enable").status_code == 404


class TestCases:
    def test_they_are_counted_by_status(self, older: httpx.Client) -> None:
        made = [older.post("/api/cases", json=CASE).json() for _ in range(2)]
        change = {"id": made[0]["id"], "version": made[0]["version"], "status": "closed"}
        older.patch("/api/cases", json={"cases": [change]})
        counts = older.get("/api/cases/status", params={"owner": "cases"}).json()
        assert counts == {"count_open_cases": 1, "count_in_progress_cases": 0, "count_closed_cases": 1}
        actions = older.get(f"/api/cases/{made[0]['id']}/user_actions").json()
        assert {action["type"] for action in actions} >= {"create_case", "status"}
        assert older.get("/api/cases/none/user_actions").status_code == 404


class TestReindexing:
    def test_it_is_begun_shown_and_called_off(self, older: httpx.Client) -> None:
        assert older.post(f"{REINDEX}/old").json()["indexName"] == "old"
        assert older.get(f"{REINDEX}/old").json()["reindexOp"]["status"] == 0
        assert older.post(f"{REINDEX}/old/cancel").json() == {"acknowledged": True}
        assert older.post(f"{REINDEX}/old/cancel").status_code == 404

    def test_a_queue_keeps_its_order(self, older: httpx.Client) -> None:
        queued = older.post(f"{REINDEX}/batch", json={"indexNames": ["b", "a"]}).json()
        assert [row["indexName"] for row in queued["enqueued"]] == ["b", "a"]
        assert [row["indexName"] for row in older.get(f"{REINDEX}/batch/queue").json()["queue"]] == ["b", "a"]
