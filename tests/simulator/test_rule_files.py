"""What files of detection rules carry, and what bulk actions make of rules. Sources: Kibana source
(get_export_by_object_ids.ts, import_rule_exceptions_utils.ts, bulk_actions), observed on 9.4.3."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
RULES = "/api/detection_engine/rules"
RULE = {"type": "query", "name": "x", "description": "x", "severity": "low", "risk_score": 21, "query": "a:b"}
LIST = {"name": "l", "description": "l", "type": "detection", "list_id": "quiet"}
ITEM = {"list_id": "quiet", "item_id": "host", "type": "simple", "name": "i", "description": "i",
        "entries": [{"field": "host.name", "operator": "included", "type": "match", "value": "x"}]}  # fmt: skip


def started(stand_in: StandIn, published: Callable[[str], Path]) -> httpx.Client:
    return stand_in(contract=str(published("9.3")))


@pytest.fixture(scope="module")
def source(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in with a rule that has an exception list and an action."""
    client = started(stand_in, published)
    key = client.post("/api/exception_lists", json=LIST).json()["id"]
    assert client.post("/api/exception_lists/items", json=ITEM).status_code == 200
    connector = {"name": "log", "connector_type_id": ".server-log"}
    assert client.post("/api/actions/connector/logging", json=connector).status_code == 200
    action = {
        "id": "logging",
        "group": "default",
        "action_type_id": ".server-log",
        "params": {"message": "m"},
    }
    exceptions = [{"id": key, "list_id": "quiet", "type": "detection", "namespace_type": "single"}]
    rule = {**RULE, "rule_id": "whole", "exceptions_list": exceptions, "actions": [action]}
    made = client.post(RULES, json=rule)
    assert made.status_code == 200, made.text
    return client


def lines(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


class TestFiles:
    def test_a_rule_brings_its_exceptions_and_connectors(self, source: httpx.Client) -> None:
        *rows, tally = lines(source.post(f"{RULES}/_export", json={"objects": [{"rule_id": "whole"}]}))
        assert [row.get("rule_id") or row.get("item_id") or row.get("list_id") or row["id"] for row in rows] == [
            "whole", "quiet", "host", "logging",
        ]  # fmt: skip
        counts = ("rules", "exception_list", "exception_list_item", "action_connector")
        assert [tally[f"exported_{what}_count"] for what in counts] == [1, 1, 1, 1]
        assert (tally["exported_count"], tally["missing_exception_lists"]) == (4, [])

    def test_they_arrive_elsewhere_and_are_not_taken_twice(
        self, source: httpx.Client, published: Callable[[str], Path], stand_in: StandIn
    ) -> None:
        file = source.post(f"{RULES}/_export").content
        target = started(stand_in, published)

        def taken(**query: str) -> Json:
            return target.post(f"{RULES}/_import", params=query, files={"file": ("r.ndjson", file)}).json()

        told = taken()
        assert (told["success"], told["success_count"], told["rules_count"]) == (True, 1, 1)
        assert (told["exceptions_success_count"], told["action_connectors_success_count"]) == (2, 1)
        items = target.get("/api/exception_lists/items/_find", params={"list_id": "quiet"}).json()
        assert [item["item_id"] for item in items["data"]] == ["host"]
        assert target.get("/api/actions/connector/logging").json()["name"] == "log"
        again = taken()
        assert (again["success"], again["exceptions_success"], len(again["exceptions_errors"])) == (
            False,
            False,
            2,
        )
        over = taken(overwrite="true", overwrite_exceptions="true", overwrite_action_connectors="true")
        assert (over["success"], over["exceptions_success_count"]) == (True, 2)

    def test_a_list_that_is_not_there_is_named(self, source: httpx.Client) -> None:
        lost = [{"id": "none", "list_id": "none", "type": "detection", "namespace_type": "single"}]
        source.post(RULES, json={**RULE, "rule_id": "lost", "exceptions_list": lost})
        tally = lines(source.post(f"{RULES}/_export", json={"objects": [{"rule_id": "lost"}]}))[-1]
        assert tally["missing_exception_lists"] == [{"list_id": "none"}]
        source.delete(RULES, params={"rule_id": "lost"})


class TestBulkEdits:
    @pytest.mark.parametrize(
        ("edit", "made"),
        [
            ({"type": "add_tags", "value": ["b", "c"]}, {"tags": ["a", "b", "c"]}),
            ({"type": "delete_tags", "value": ["b"]}, {"tags": ["a"]}),
            ({"type": "set_tags", "value": ["z"]}, {"tags": ["z"]}),
            ({"type": "set_index_patterns", "value": ["i-*"]}, {"index": ["i-*"]}),
            ({"type": "set_schedule", "value": {"interval": "10m", "lookback": "1m"}},
             {"interval": "10m", "from": "now-660s"}),
            ({"type": "set_timeline", "value": {"timeline_id": "t", "timeline_title": "T"}},
             {"timeline_id": "t", "timeline_title": "T"}),
            ({"type": "add_investigation_fields", "value": {"field_names": ["host.name"]}},
             {"investigation_fields": {"field_names": ["host.name"]}}),
        ],
        ids=lambda value: value.get("type") if isinstance(value, dict) else None,
    )  # fmt: skip
    def test_each_edit_does_what_it_says(self, source: httpx.Client, edit: Json, made: Json) -> None:
        rule = source.post(RULES, json={**RULE, "tags": ["a", "b"]}).json()
        body = {"action": "edit", "ids": [rule["id"]], "edit": [edit]}
        assert source.post(f"{RULES}/_bulk_action", json=body).json()["success"] is True
        shown = source.get(RULES, params={"id": rule["id"]}).json()
        assert {name: shown[name] for name in made} == made
        assert shown["revision"] == rule["revision"] + 1
        assert shown["updated_at"] > rule["updated_at"]
        source.delete(RULES, params={"id": rule["id"]})

    def test_rules_are_chosen_by_a_query(self, source: httpx.Client) -> None:
        made = [source.post(RULES, json={**RULE, "tags": [tag]}).json()["id"] for tag in ("keep", "drop")]
        body = {"action": "delete", "query": 'alert.attributes.tags: "drop"'}
        assert (
            source.post(f"{RULES}/_bulk_action", json=body).json()["attributes"]["summary"]["succeeded"] == 1
        )
        assert [source.get(RULES, params={"id": key}).status_code for key in made] == [200, 404]
        assert source.post(f"{RULES}/_bulk_action", json={**body, "query": "a: ("}).status_code == 400
