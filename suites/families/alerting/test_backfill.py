"""What rules have since 9.4: runs over time that has passed, alerts that sleep, and a look at what a rule asks."""

import datetime
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

LIVE = "observed on 9.4.3"
BASE = "/api/alerting/rules/backfill"
PLAN, FIND = f"POST {BASE}/_schedule", f"POST {BASE}/_find"
READ, REMOVE = f"GET {BASE}/{{id}}", f"DELETE {BASE}/{{id}}"
LOOK = "GET /api/alerting/rule/{id}/query_inspector"
SLEEP, WAKE = (
    f"POST /api/alerting/rule/{{rule_id}}/alert/{{alert_id}}/{word}" for word in ("_snooze", "_unsnooze")
)

REFUSED = (
    Ask(READ, (NO_SUCH_ID,)),
    Ask(REMOVE, (NO_SUCH_ID,)),
    Ask(PLAN, json=[], status=400, name="of nothing"),
    Ask(PLAN, json=[{"ranges": []}], status=400, name="of no rule"),
    Ask(FIND, query={"page": 0}, status=400, name="of no page"),
)
NEWER = (
    Ask(LOOK, (NO_SUCH_ID,), status=(400, 404)),
    Ask(SLEEP, (NO_SUCH_ID, "x"), json={}, status=(400, 404)),
    Ask(WAKE, (NO_SUCH_ID, "x"), status=(400, 404)),
)


def past(hours: float) -> str:
    """Return a time so many hours ago."""
    when = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def yesterday(rule_id: str) -> dict[str, Any]:
    """Return the plan of a run over some hours of yesterday."""
    return {"rule_id": rule_id, "ranges": [{"start": past(26), "end": past(24)}]}


def plan(client: KibanaClient, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Plan runs, and return what is said of each."""
    answer: list[dict[str, Any]] = ok(client.post(f"{BASE}/_schedule", json=list(asked)))
    return answer


@pytest.fixture
def backfill(kibana_resources: Resources, here: KibanaClient) -> dict[str, Any]:
    """A planned run of a detection rule."""
    rule = kibana_resources.detection_rule(enabled=True)
    (said,) = plan(here, yesterday(rule.id))
    if "error" in said:
        pytest.skip(f"needs a rule that can be run over the past, found: {said['error']['message']}")
    return said


@pytest.mark.kibana_requirement("KBN-REQ-RULES-110", source=LIVE, operations=[PLAN], since="9.4")
def test_each_plan_answers_for_itself(kibana_resources: Resources, here: KibanaClient) -> None:
    """Of many plans each answers for itself, in their order: an unknown rule, and one of a type that cannot."""
    rule = kibana_resources.rule()
    first, second = plan(here, yesterday(NO_SUCH_ID), yesterday(rule.id))
    assert first["error"]["rule"]["id"] == NO_SUCH_ID
    assert second["error"]["rule"]["id"] == rule.id
    assert first["error"]["message"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-111", source=LIVE, operations=[PLAN, READ, FIND, REMOVE], since="9.4"
)
def test_a_planned_run_is_found_and_called_off(backfill: dict[str, Any], here: KibanaClient) -> None:
    """A planned run is read by its id, found by its rule, and called off."""
    key, rule = backfill["id"], backfill["rule"]["id"]
    assert ok(here.get(f"{BASE}/{key}"))["id"] == key
    found = ok(here.post(f"{BASE}/_find", query={"rule_ids": rule, "page": 1, "per_page": 10}))
    assert ([one["id"] for one in found["data"]], found["total"]) == ([key], 1)
    ok(here.delete(f"{BASE}/{key}"), 204)
    assert_refused(here.get(f"{BASE}/{key}"), 404)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-112", source=LIVE, operations=[READ, REMOVE], since="9.4")
def test_a_planned_run_is_of_one_space(backfill: dict[str, Any], other_space: KibanaClient) -> None:
    """A planned run is neither read, found nor called off from another space."""
    one = f"{BASE}/{backfill['id']}"
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.delete(one), 404)
    assert ok(other_space.post(f"{BASE}/_find"))["total"] == 0


@pytest.mark.kibana_requirement("KBN-REQ-RULES-113", source=LIVE, operations=["POST /api/alerting/rule"])
def test_a_rule_gets_an_id(kibana_resources: Resources, here: KibanaClient) -> None:
    """A rule that is given no id gets one of its own."""
    like = kibana_resources.rule()
    made = ok(here.post("/api/alerting/rule", json=like.sent))
    assert made["id"] != like.id
    assert ok(here.get(f"/api/alerting/rule/{made['id']}"))["name"] == like.sent["name"]


@pytest.mark.kibana_requirement("KBN-REQ-RULES-114", source=LIVE, since="9.4")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A planned run that does not exist is answered 404; a plan of nothing, or of no rule, is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-115", level="SHOULD", source="documentation of the newest API", since="9.5"
)
@pytest.mark.parametrize("ask", rows(*NEWER))
def test_an_unknown_rule_is_not_found(ask: Ask, here: KibanaClient) -> None:
    """Of a rule that does not exist nothing is shown, and no alert sleeps."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-116", source=AUTHENTICATION, since="9.4")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *NEWER))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody plans, finds or calls off runs."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
