"""Alerts: where a space keeps them, how they are searched and marked, and old signals that are migrated."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part, shows
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

INDEX, SIGNALS = "/api/detection_engine/index", "/api/detection_engine/signals"
PREVIEW, PRIVILEGES = "/api/detection_engine/rules/preview", "/api/detection_engine/privileges"
ATTACKS = "/api/detection_engine/attacks"


@pytest.fixture
def alerts(kibana_resources: Resources) -> Handle:
    """The index of alerts of the space, without any."""
    return kibana_resources.detection_alerts_index()


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-050", source=LIVE, operations=[f"POST {INDEX}", f"GET {INDEX}"]
)
def test_a_space_has_an_index_of_alerts(alerts: Handle, here: KibanaClient) -> None:
    """A space has an index of alerts of its own once it was made; making it again changes nothing."""
    told = ok(here.get(INDEX))
    assert str(alerts.space) in told["name"]
    assert isinstance(told["index_mapping_outdated"], bool | None)
    assert shows(ok(here.post(INDEX)), {"acknowledged": True})
    assert ok(here.get(INDEX))["name"] == told["name"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-051",
    source="observed live: only indices of old signals are deleted",
    operations=[f"DELETE {INDEX}"],
    safety="disruptive",
)
def test_the_index_is_deleted_or_was_never_there(alerts: Handle, here: KibanaClient) -> None:
    """Deleting the index of alerts is acknowledged; where there are no old signals there is nothing to delete."""
    answer = here.delete(INDEX)
    if answer.status_code == 404:
        assert_refused(answer, 404, "does not exist")
    else:
        assert shows(ok(answer), {"acknowledged": True})


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-052", source=LIVE, operations=[f"GET {PRIVILEGES}"])
def test_privileges_are_told(here: KibanaClient) -> None:
    """One is told who one is, and whether rules can keep secrets."""
    told = ok(here.get(PRIVILEGES))
    assert told["is_authenticated"] is True
    assert isinstance(told["has_encryption_key"], bool)


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-053", source=LIVE, operations=[f"POST {SIGNALS}/search"], tier="smoke"
)
def test_alerts_are_searched(alerts: Handle, here: KibanaClient) -> None:
    """A space without alerts is searched in vain, and is aggregated to nothing."""
    body = {
        "query": {"match_all": {}},
        "size": 1,
        "aggs": {"rules": {"terms": {"field": "kibana.alert.rule.uuid"}}},
    }
    found = ok(here.post(f"{SIGNALS}/search", json=body))
    total = found["hits"]["total"]
    assert (total["value"] if isinstance(total, dict) else total) == 0
    assert found["hits"]["hits"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-054", source=LIVE, operations=[f"POST {SIGNALS}/tags"], safety="global"
)
def test_no_alert_is_tagged_that_is_not_there(alerts: Handle, here: KibanaClient) -> None:
    """Tagging alerts that do not exist succeeds and changes none."""
    body = {"ids": [NO_SUCH_ID], "tags": {"tags_to_add": ["a"], "tags_to_remove": ["b"]}}
    assert not ok(here.post(f"{SIGNALS}/tags", json=body)).get("updated")


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-055", source=LIVE, operations=[f"POST {SIGNALS}/status"], safety="global"
)
def test_no_alert_is_closed_that_is_not_there(alerts: Handle, here: KibanaClient) -> None:
    """Closing alerts that do not exist succeeds and changes none, by their ids and by a query that finds none."""
    for which in ({"signal_ids": [NO_SUCH_ID]}, {"query": {"ids": {"values": [NO_SUCH_ID]}}}):
        told = ok(here.post(f"{SIGNALS}/status", json={**which, "status": "closed"}))
        assert not told.get("updated")


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-056", source=LIVE, operations=[f"POST {SIGNALS}/assignees"])
def test_no_alert_is_assigned_that_is_not_there(alerts: Handle, here: KibanaClient) -> None:
    """Assigning alerts that do not exist succeeds and changes none."""
    body = {"ids": [NO_SUCH_ID], "assignees": {"add": [], "remove": []}}
    assert not ok(here.post(f"{SIGNALS}/assignees", json=body)).get("updated")


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-057",
    source="Kibana source, set_alert_tags and set_alert_assignees",
    operations=[f"POST {SIGNALS}/tags", f"POST {SIGNALS}/assignees"],
    safety="global",
)
def test_nothing_is_both_added_and_removed(alerts: Handle, here: KibanaClient) -> None:
    """What would be added and removed at once, a tag or an assignee, is refused with 400."""
    both = {"tags_to_add": ["a"], "tags_to_remove": ["a"]}
    assert_refused(here.post(f"{SIGNALS}/tags", json={"ids": [NO_SUCH_ID], "tags": both}), 400)
    body = {"ids": [NO_SUCH_ID], "assignees": {"add": ["a"], "remove": ["a"]}}
    assert_refused(here.post(f"{SIGNALS}/assignees", json=body), 400)


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-058", source=LIVE, operations=[f"POST {PREVIEW}"])
def test_a_rule_is_tried_out(alerts: Handle, here: KibanaClient, unique: Callable[[], str]) -> None:
    """A rule that is tried out over an index that does not exist runs to its end, has an id, and is not there after."""
    rule: dict[str, Any] = {
        "type": "query",
        "name": unique(),
        "description": "made by a test",
        "severity": "low",
        "risk_score": 21,
        "query": "user.name:none",
        "index": [f"{unique()}-*"],
        "interval": "60m",
        "from": "now-120m",
        "invocationCount": 1,
        "timeframeEnd": "2026-01-01T00:00:00.000Z",
    }
    told = ok(here.post(PREVIEW, json=rule))
    assert told["previewId"]
    assert isinstance(told["logs"], list)
    assert ok(here.get("/api/detection_engine/rules/_find"))["total"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-059",
    source="observed live: 404 where nothing is to be migrated",
    operations=[f"GET {SIGNALS}/migration_status"],
)
def test_nothing_is_to_be_migrated(alerts: Handle, here: KibanaClient) -> None:
    """A new space has no outdated signals, which is told as an empty list or as 404."""
    answer = here.get(f"{SIGNALS}/migration_status", query={"from": "now-1d"})
    if answer.status_code != 404:
        assert [one for one in ok(answer)["indices"] if one["is_outdated"]] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-060",
    level="SHOULD",  # deprecated since 8.0, and nobody can make an outdated signals index any more
    source="published contracts",
    operations=[
        f"POST {SIGNALS}/migration",
        f"POST {SIGNALS}/finalize_migration",
        f"DELETE {SIGNALS}/migration",
    ],
    safety="disruptive",
)
def test_migrations_answer_each_for_itself(here: KibanaClient, unique: Callable[[], str]) -> None:
    """A migration of an index, its end and its removal are answered for each index or migration that was named."""
    index = unique()
    begun = ok(here.post(f"{SIGNALS}/migration", json={"index": [index]}))["indices"]
    assert [one["index"] for one in begun] == [index]
    body = {"migration_ids": [one["migration_id"] for one in begun]}
    ok(here.post(f"{SIGNALS}/finalize_migration", json=body))
    gone = ok(here.request("DELETE", f"{SIGNALS}/migration", json=body))
    assert [part(one, "id") for one in gone] == [{"id": one} for one in body["migration_ids"]]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-061",
    level="SHOULD",
    source="Elastic's API documentation of the main branch",
    operations=[f"POST {ATTACKS}/search"],
    since="9.5",
)
def test_attacks_are_searched(alerts: Handle, here: KibanaClient) -> None:
    """A space without attacks is searched in vain."""
    found = ok(here.post(f"{ATTACKS}/search", json={"query": {"match_all": {}}, "size": 1}))
    assert found["hits"]["hits"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-062",
    level="SHOULD",
    source="Elastic's API documentation of the main branch",
    operations=[f"POST {ATTACKS}/tags", f"POST {ATTACKS}/assignees"],
    since="9.5",
)
def test_no_attack_is_marked_that_is_not_there(alerts: Handle, here: KibanaClient) -> None:
    """Tagging and assigning attacks that do not exist changes none."""
    tags = {"ids": [NO_SUCH_ID], "tags": {"tags_to_add": ["a"], "tags_to_remove": []}}
    assert not ok(here.post(f"{ATTACKS}/tags", json=tags)).get("updated")
    assignees = {"ids": [NO_SUCH_ID], "assignees": {"add": [], "remove": []}}
    assert not ok(here.post(f"{ATTACKS}/assignees", json=assignees)).get("updated")
