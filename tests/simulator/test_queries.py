"""Kibana's query language, words that lists are searched for, and dates. Sources: Kibana source (kbn-es-query,
kuery grammar; filter_utils.ts), Elasticsearch's documentation of simple_query_string and date math.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kibana.simulator import kql
from pytest_kibana.simulator.datemath import instant
from pytest_kibana.simulator.listing import values_at
from pytest_kibana.simulator.searching import searched
from tests.simulator.conftest import StandIn

Json = Any
ROW: dict[str, Json] = {
    "name": "Failed logins",
    "enabled": True,
    "tags": ["Linux", "a b", "x:y"],
    "risk_score": 47,
    "created_at": "2026-03-01T10:00:00.000Z",
    "note": None,
    "threat": [{"technique": [{"id": "T1078"}, {"id": "T1110"}]}],
    "actions": [{"group": "default", "id": "one"}, {"group": "recovered", "id": "two"}],
}
FITS = (
    'tags: "Linux"',
    "tags: Lin*",
    "tags: *",
    'tags: ("none" or "Linux")',
    'tags: ("a b" and "Linux")',
    'tags: "x:y"',
    r"tags: x\:y",
    "tags: a b",
    "not tags: Windows",
    "name: failed",
    'name: "failed logins"',
    "name: login*s",
    "risk_score > 40 and risk_score <= 47",
    "risk_score: 47",
    "enabled: true",
    "created_at >= 2026-03-01",
    "created_at < now",
    "created_at: *",
    "actions: { group: default and id: one }",
    "actions.group: recovered",
    "threat.technique.id: T1110",
    "alert.attributes.params.riskScore >= 47",
    "alert.attributes.params.threat.technique.id: T1078",
    'alert.attributes.name: "Failed logins"',
    "alert.attributes.name.keyword: *",
    "logins",
    "(enabled: true or note: *) and tags: Linux",
    "NOT enabled: false AND tags: Linux",
    "tags: (not Windows)",
    "act*.group: default",
)
FAILS = (
    'tags: "linux"',
    "tags: Lin",
    "note: *",
    "not tags: Linux",
    "risk_score > 47",
    "enabled: false",
    "tags: b",
    'name: "logins failed"',
    "actions: { group: default and id: two }",
    "created_at > now",
    "created_at < 2026-03-01",
    "nothing: x",
    "enabled: true and tags: Windows",
    'tags: ("a b" and "none")',
    r"tags: Lin\*",
)
BROKEN = ("tags:", "tags: (a", 'tags: "a', "a: b or", "and a: b", ": b", "a: b)", "a: { b: c", "< 5", "a < ")


class TestLanguage:
    @pytest.mark.parametrize("text", FITS)
    def test_a_row_fits(self, text: str) -> None:
        assert kql.read(text).holds(ROW, values_at)

    @pytest.mark.parametrize("text", FAILS)
    def test_a_row_does_not(self, text: str) -> None:
        assert not kql.read(text).holds(ROW, values_at)

    @pytest.mark.parametrize("text", BROKEN)
    def test_what_breaks_the_grammar_is_no_query(self, text: str) -> None:
        with pytest.raises(kql.BadQuery, match="Expected "):
            kql.read(text)

    @given(st.text(max_size=40))
    @settings(max_examples=300, deadline=None)
    def test_anything_is_a_query_or_is_refused(self, text: str) -> None:
        try:
            query = kql.read(text)
        except kql.BadQuery:
            return
        query.holds(ROW, values_at)

    @given(st.text(min_size=1, max_size=20))
    @settings(max_examples=200, deadline=None)
    def test_a_quoted_value_is_meant_as_it_is(self, value: str) -> None:
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        assert kql.read(f"tags: {quoted}").holds({"tags": [value]}, values_at)

    @given(st.sampled_from(FITS + FAILS), st.sampled_from(FITS + FAILS))
    @settings(max_examples=200, deadline=None)
    def test_logic_is_logic(self, left: str, right: str) -> None:
        a, b = (kql.read(text).holds(ROW, values_at) for text in (left, right))
        assert kql.read(f"({left}) and ({right})").holds(ROW, values_at) is (a and b)
        assert kql.read(f"({left}) or ({right})").holds(ROW, values_at) is (a or b)
        assert kql.read(f"not ({left})").holds(ROW, values_at) is not a

    def test_and_binds_before_or(self) -> None:
        assert kql.read("a: 1 or b: 2 and c: 3").holds({"a": 1}, values_at)

    def test_depth_is_refused_and_no_crash(self) -> None:
        with pytest.raises(kql.BadQuery):
            kql.read("(" * 100_000)


class TestWords:
    @pytest.mark.parametrize(
        ("search", "operator", "found"),
        [
            ("failed", "OR", True),
            ("failed nothing", "OR", True),
            ("failed nothing", "AND", False),
            ("failed logins", "AND", True),
            ("fail*", "OR", True),
            ("fail", "OR", False),
            ('"failed logins"', "OR", True),
            ('"logins failed"', "OR", False),
            ("failed + nothing", "OR", False),
            ("nothing | failed", "AND", True),
            ("failed -logins", "AND", False),
            ("failed -nothing", "AND", True),
            ("*", "OR", True),
            ("", "OR", True),
        ],
    )
    def test_they_are_read_as_elasticsearch_does(self, search: str, operator: str, found: bool) -> None:
        assert searched(["Failed logins", "of users"], search, operator) is found

    @given(st.text(max_size=30), st.sampled_from(["AND", "OR"]))
    @settings(max_examples=200, deadline=None)
    def test_any_text_is_a_search(self, search: str, operator: str) -> None:
        assert searched(["Failed logins"], search, operator) in (True, False)


class TestDates:
    NOW = datetime(2026, 3, 31, 12, 34, 56, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("now", "2026-03-31T12:34:56"),
            ("now-1d", "2026-03-30T12:34:56"),
            ("now/d", "2026-03-31T00:00:00"),
            ("now-1M", "2026-02-28T12:34:56"),
            ("now-1y/y", "2025-01-01T00:00:00"),
            ("now+2h/h", "2026-03-31T14:00:00"),
            ("2026-01-01||+1M/d", "2026-02-01T00:00:00"),
            ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00"),
            ("2026", "2026-01-01T00:00:00"),
            ("now/w", "2026-03-30T00:00:00"),
        ],
    )
    def test_arithmetic(self, text: str, meant: str) -> None:
        assert instant(text, now=self.NOW) == datetime.fromisoformat(f"{meant}+00:00").timestamp()

    @pytest.mark.parametrize(
        "text", ["", "later", "now-", "now-1x", "2026-13-01", "now-1d ", "yesterday", "5"]
    )
    def test_other_texts_are_no_dates(self, text: str) -> None:
        assert text.endswith(" ") or instant(text) is None

    def test_the_end_of_a_unit(self) -> None:
        end = instant("now/d", up=True, now=self.NOW)
        assert end is not None
        assert datetime.fromtimestamp(end, UTC).isoformat() == "2026-03-31T23:59:59.999000+00:00"

    @given(st.integers(0, 10**9), st.sampled_from("yMwdhms"), st.sampled_from("+-"))
    @settings(deadline=None)
    def test_no_distance_is_too_far(self, count: int, unit: str, sign: str) -> None:
        assert instant(f"now{sign}{count}{unit}") is not None


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.3")))


@pytest.fixture(scope="module")
def objects(stand_in: StandIn) -> httpx.Client:
    client = stand_in()
    rows = [
        {
            "type": "dashboard",
            "id": "one",
            "attributes": {"title": "Failed logins", "description": "of users"},
            "references": [{"type": "tag", "id": "linux", "name": "t"}],
        },
        {
            "type": "dashboard",
            "id": "two",
            "attributes": {"title": "Logins", "description": "that failed"},
            "references": [],
        },
        {"type": "tag", "id": "linux", "attributes": {"name": "linux", "color": "#fff", "description": ""}},
    ]
    assert client.post("/api/saved_objects/_bulk_create", json=rows).status_code == 200
    return client


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(row["id"] for row in answer.json()["saved_objects"])


class TestSavedObjects:
    FIND = "/api/saved_objects/_find"

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ('dashboard.attributes.title: "Failed logins"', ["one"]),
            ("dashboard.attributes.title: fail*", ["one"]),
            (
                "dashboard.attributes.description: users or dashboard.attributes.description: failed",
                ["one", "two"],
            ),
            ("not dashboard.attributes.description: users", ["two"]),
            ('dashboard.id: "dashboard:one"', ["one"]),
            ("dashboard.updated_at > now-1h", ["one", "two"]),
            ("dashboard.updated_at < now-1h", []),
        ],
    )
    def test_a_filter_begins_with_its_type(self, objects: httpx.Client, text: str, found: list[str]) -> None:
        assert ids(objects.get(self.FIND, params={"type": "dashboard", "filter": text})) == found

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("title: x", "need to be wrapped by a saved object type like dashboard"),
            ("tag.attributes.name: x", "This type 'tag' is not allowed"),
            ("dashboard.title: x", "does NOT match the filter proposition"),
            ("dashboard.attributes.title: (x", "KQLSyntaxError"),
        ],
    )
    def test_another_filter_is_refused_by_what_is_wrong_with_it(
        self, objects: httpx.Client, text: str, why: str
    ) -> None:
        answer = objects.get(self.FIND, params={"type": "dashboard", "filter": text})
        assert (answer.status_code, why in answer.json()["message"]) == (400, True)

    def test_both_spellings_of_a_list_and_both_of_a_single_value(self, objects: httpx.Client) -> None:
        for query in (
            "type=dashboard&type=tag",
            "type[]=dashboard&type[]=tag",
            "type%5B%5D=dashboard&type%5B%5D=tag",
            'type=["dashboard","tag"]',
        ):
            assert ids(objects.get(f"{self.FIND}?{query}")) == ["linux", "one", "two"]
        assert ids(objects.get(f"{self.FIND}?type[]=tag")) == ["linux"]

    def test_words_in_some_fields(self, objects: httpx.Client) -> None:
        asked = {"type": "dashboard", "search": "failed"}
        assert ids(objects.get(self.FIND, params=asked)) == ["one", "two"]
        assert ids(objects.get(self.FIND, params={**asked, "search_fields": ["title"]})) == ["one"]
        assert ids(objects.get(self.FIND, params={**asked, "search": "-users +failed"})) == ["two"]

    def test_what_refers_to_something_and_which_attributes_are_shown(self, objects: httpx.Client) -> None:
        tag = json.dumps({"type": "tag", "id": "linux"})
        answer = objects.get(self.FIND, params={"type": "dashboard", "has_reference": tag, "fields": "title"})
        assert ids(answer) == ["one"]
        assert answer.json()["saved_objects"][0]["attributes"] == {"title": "Failed logins"}


class TestRules:
    FIND = "/api/alerting/rules/_find"

    def test_rules_are_filtered_by_the_names_that_their_saved_objects_have(
        self, solutions: httpx.Client
    ) -> None:
        for number in (1, 2):
            rule = {
                "name": f"rule {number}",
                "rule_type_id": ".es-query",
                "consumer": "alerts",
                "enabled": number == 1,
                "schedule": {"interval": "1h"},
                "tags": [f"t{number}"],
                "actions": [],
                "params": {
                    "searchType": "esQuery",
                    "esQuery": "{}",
                    "index": ["i"],
                    "timeField": "@timestamp",
                    "size": 1,
                    "threshold": [number],
                    "thresholdComparator": ">",
                    "timeWindowSize": 5,
                    "timeWindowUnit": "m",
                },
            }
            assert solutions.post(f"/api/alerting/rule/r{number}", json=rule).status_code == 200
        for text, found in (
            ("alert.attributes.tags: t1", ["r1"]),
            ("alert.attributes.enabled: false", ["r2"]),
            ('alert.attributes.alertTypeId: ".es-query"', ["r1", "r2"]),
            ("alert.attributes.params.threshold >= 2", ["r2"]),
            ('alert.id: "alert:r1"', ["r1"]),
            ("alert.attributes.createdAt > now-1d and not alert.attributes.name: 1", ["r2"]),
        ):
            answer = solutions.get(self.FIND, params={"filter": text})
            assert (text, sorted(row["id"] for row in answer.json()["data"])) == (text, found)
        assert solutions.get(self.FIND, params={"filter": "alert.attributes.tags: ("}).status_code == 400

    def test_detection_rules_too(self, solutions: httpx.Client) -> None:
        for number in (1, 2):
            rule = {
                "type": "query",
                "name": f"r{number}",
                "description": "x",
                "severity": "low",
                "rule_id": f"r{number}",
                "risk_score": 20 + number,
                "query": "a:b",
                "tags": ["OS: Linux", f"t{number}"],
            }
            assert solutions.post("/api/detection_engine/rules", json=rule).status_code == 200
        for text, found in (
            ('alert.attributes.tags: "OS: Linux"', ["r1", "r2"]),
            ("alert.attributes.params.riskScore > 21", ["r2"]),
            ('alert.attributes.params.ruleId: "r1" or alert.attributes.params.ruleId: "r3"', ["r1"]),
            ("alert.attributes.params.immutable: false and alert.attributes.tags: (t1 or t2)", ["r1", "r2"]),
        ):
            answer = solutions.get("/api/detection_engine/rules/_find", params={"filter": text})
            assert (text, sorted(row["rule_id"] for row in answer.json()["data"])) == (text, found)


class TestCases:
    def test_they_are_searched_by_words_and_dates(self, solutions: httpx.Client) -> None:
        body = {
            "description": "d",
            "tags": [],
            "owner": "cases",
            "settings": {"syncAlerts": False},
            "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
        }
        for title in ("Broken disk", "Broken fan"):
            assert solutions.post("/api/cases", json={**body, "title": title}).status_code == 200
        for query, count in (
            ("search=broken", 2),
            ("search=broken+disk&defaultSearchOperator=AND", 1),
            ("search=bro*", 2),
            ("from=now-1h&to=now", 2),
            ("to=now-1h", 0),
            ("from=now%2Fd", 2),
        ):
            answer = solutions.get(f"/api/cases/_find?{query}")
            assert (query, answer.json()["total"]) == (query, count)


class TestFleet:
    def test_lists_are_filtered_by_saved_object_names(self, solutions: httpx.Client) -> None:
        for name in ("fleet one", "fleet two"):
            assert solutions.post(
                "/api/fleet/agent_policies", json={"name": name, "namespace": "default"}
            ).is_success
        for text, found in (
            ('ingest-agent-policies.name: "fleet one"', ["fleet one"]),
            ("name: fleet*", ["fleet one", "fleet two"]),
            ("ingest-agent-policies.is_managed: false and not name: one", None),
        ):
            rows = solutions.get("/api/fleet/agent_policies", params={"kuery": text}).json()["items"]
            names = sorted(row["name"] for row in rows if re.match("fleet", row["name"]))
            assert names == (["fleet two"] if found is None else found)
