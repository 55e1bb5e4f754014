"""Rules: switched on and off, silenced, replaced, and found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import API_TESTS, LIVE
from pytest_kibana.wire import KibanaClient

RULE, FIND = "/api/alerting/rule/{}", "/api/alerting/rules/_find"
MAKE, READ, CHANGE, REMOVE = (f"{m} /api/alerting/rule/{{id}}" for m in ("POST", "GET", "PUT", "DELETE"))
SWITCHES = ("_enable", "_disable", "_mute_all", "_unmute_all", "_update_api_key")
ALERT = "/api/alerting/rule/{}/alert/{}"
SNOOZE = "POST /api/alerting/rule/{id}/snooze_schedule"
UNSNOOZE = "DELETE /api/alerting/rule/{ruleId}/snooze_schedule/{scheduleId}"


def to(word: str) -> str:
    """Return the label of one of the switches."""
    return f"POST /api/alerting/rule/{{id}}/{word}"


@pytest.fixture
def rule(kibana_resources: Resources) -> Handle:
    """A disabled rule that never ran."""
    return kibana_resources.rule(tags=["made by a test"])


def replacement(rule: Handle, **more: Any) -> dict[str, Any]:
    """Return the smallest body that replaces a rule by itself."""
    return {k: rule.sent[k] for k in ("name", "schedule", "params", "actions")} | more


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-001", source=LIVE, operations=["GET /api/alerting/rule_types"], safety="read", tier="smoke"
)
def test_types_say_what_they_need(kibana_client: KibanaClient) -> None:
    """Each rule type has an id of its own and a licence; that of Elasticsearch queries needs none beyond basic."""
    types = ok(kibana_client.get("/api/alerting/rule_types"))
    by_id = {one["id"]: one for one in types}
    assert len(by_id) == len(types)
    assert [key for key, one in by_id.items() if not one.get("minimum_license_required")] == []
    query = by_id[".es-query"]
    assert (query["minimum_license_required"], query["enabled_in_license"]) == ("basic", True)


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-002", source=LIVE, operations=["GET /api/alerting/_health"], safety="read"
)
def test_health_says_whether_rules_can_work(kibana_client: KibanaClient) -> None:
    """The health says whether secrets are kept well, and whether rules are read, run and decrypted."""
    health = ok(kibana_client.get("/api/alerting/_health"))
    assert isinstance(health["is_sufficiently_secure"], bool)
    assert isinstance(health["has_permanent_encryption_key"], bool)
    parts = health["alerting_framework_health"]
    assert {parts[name]["status"] for name in ("decryption_health", "execution_health", "read_health")} <= {
        "ok",
        "warn",
        "error",
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-003", source=LIVE, operations=[READ, to("_enable"), to("_disable")], tier="smoke"
)
def test_a_rule_is_switched_on_and_off(rule: Handle, here: KibanaClient) -> None:
    """Enabling and disabling are answered 204 with no body, also when repeated, and the rule reads so."""
    assert rule.read()["enabled"] is False
    for word, state in (("_enable", True), ("_enable", True), ("_disable", False), ("_disable", False)):
        ok(here.post(f"{RULE.format(rule.id)}/{word}"), 204)
        assert rule.read()["enabled"] is state


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-004", source=LIVE, operations=[READ, to("_mute_all"), to("_unmute_all")], tier="smoke"
)
def test_a_rule_is_silenced(rule: Handle, here: KibanaClient) -> None:
    """Muting all alerts of a rule and unmuting them is answered 204 with no body, and the rule reads so."""
    for word, state in (("_mute_all", True), ("_unmute_all", False)):
        ok(here.post(f"{RULE.format(rule.id)}/{word}"), 204)
        assert rule.read()["mute_all"] is state


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-005",
    source=LIVE,
    operations=["POST /api/alerting/rule/{rule_id}/alert/{alert_id}/_unmute"],
)
def test_any_alert_can_be_unmuted(rule: Handle, here: KibanaClient) -> None:
    """Unmuting an alert is answered 204, whether it ever fired or not."""
    ok(here.post(f"{ALERT.format(rule.id, 'never-fired')}/_unmute"), 204)


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-006", source=LIVE, operations=["POST /api/alerting/rule/{rule_id}/alert/{alert_id}/_mute"]
)
def test_only_alerts_that_fired_are_muted(rule: Handle, here: KibanaClient) -> None:
    """Muting an alert that never fired is answered 404 where that is checked, unless the request says not to."""
    mute = f"{ALERT.format(rule.id, 'never-fired')}/_mute"
    answer = here.post(mute)
    assert answer.status_code in (204, 404), answer.text
    if answer.status_code == 204:  # releases that do not look
        assert rule.read()["muted_alert_ids"] == ["never-fired"]
        return
    assert rule.read()["muted_alert_ids"] == []
    ok(here.post(mute, query={"validate_alerts_existence": False}), 204)
    assert rule.read()["muted_alert_ids"] == ["never-fired"]


@pytest.mark.kibana_requirement("KBN-REQ-RULES-007", source=LIVE, operations=[SNOOZE, UNSNOOZE], since="8.19")
def test_a_rule_sleeps_and_wakes(rule: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """A schedule of silence has an id, by which it is taken away again: 204 with no body."""
    first = kibana_resources.rule_snooze_schedule(ruleId=rule.id)
    second = kibana_resources.rule_snooze_schedule(ruleId=rule.id)
    assert first.id != second.id
    ok(here.delete(f"{RULE.format(rule.id)}/snooze_schedule/{first.id}"), 204)
    ok(here.delete(f"{RULE.format(rule.id)}/snooze_schedule/{second.id}"), 204)


@pytest.mark.kibana_requirement("KBN-REQ-RULES-008", source=LIVE, operations=[to("_update_api_key"), READ])
def test_a_key_is_renewed(rule: Handle, here: KibanaClient) -> None:
    """Renewing the key of a rule is answered 204 with no body, and never shows a key."""
    answer = here.post(f"{RULE.format(rule.id)}/_update_api_key")
    if answer.status_code == 400 and "key" in answer.text:
        pytest.skip(f"needs credentials that may make API keys, found: {answer.text[:200]}")
    ok(answer, 204)
    assert "api_key" not in rule.read()


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-009",
    source=API_TESTS,
    operations=[READ, CHANGE, REMOVE, *(to(word) for word in SWITCHES)],
)
@pytest.mark.parametrize("what", ["read", "change", "delete", *SWITCHES])
@pytest.mark.parametrize("where", ["nowhere", "in another space"])
def test_an_unknown_rule_is_not_found(
    here: KibanaClient, elsewhere: Resources, where: str, what: str
) -> None:
    """Whatever is asked of a rule that does not exist, or in another space, the answer is 404 and nothing happens."""
    there = elsewhere.rule()
    before = there.read()
    one = RULE.format(NO_SUCH_ID if where == "nowhere" else there.id)
    if what == "change":
        answer = here.put(one, json=replacement(there, name="taken over"))
    elif what in SWITCHES:
        answer = here.post(f"{one}/{what}")
    else:
        answer = here.get(one) if what == "read" else here.delete(one)
    assert_refused(answer, 404, "not found")
    assert there.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-RULES-010", source=LIVE, operations=[CHANGE, READ], tier="smoke")
def test_a_change_replaces_what_can_be_edited(rule: Handle, here: KibanaClient) -> None:
    """A change replaces what can be edited, keeps type, consumer and state, and counts itself."""
    before = rule.read()
    ok(here.put(RULE.format(rule.id), json=replacement(rule, name="renamed")))
    after = rule.read()
    assert part(after, "name", "tags") == {"name": "renamed", "tags": []}
    kept = ("id", "rule_type_id", "consumer", "enabled", "params", "schedule", "created_at")
    assert part(after, *kept) == part(before, *kept)
    if "revision" in before:
        assert after["revision"] == before["revision"] + 1


@pytest.mark.kibana_requirement("KBN-REQ-RULES-011", source=LIVE, operations=[CHANGE, READ])
@pytest.mark.parametrize("field", ["rule_type_id", "consumer"])
def test_what_a_rule_is_cannot_be_changed(rule: Handle, here: KibanaClient, field: str) -> None:
    """A change that names the type or the consumer is refused with 400, and changes nothing."""
    before = rule.read()
    body = replacement(rule, name="renamed", **{field: rule.sent[field]})
    assert_refused(here.put(RULE.format(rule.id), json=body), 400)
    assert rule.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-RULES-012", source=LIVE, operations=[MAKE])
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"rule_type_id": "no-such-type"}, id="unknown type"),
        pytest.param({"schedule": {"interval": "often"}}, id="interval is none"),
        pytest.param({"noSuchField": 1}, id="unknown field"),
        pytest.param(
            {"actions": [{"id": NO_SUCH_ID, "group": "query matched", "params": {}}]}, id="unknown connector"
        ),
        pytest.param({"tags": "not a list"}, id="tags are no list"),
    ],
)
def test_an_impossible_rule_is_refused(kibana_resources: Resources, broken: dict[str, Any]) -> None:
    """A rule of an unknown type, with an invalid interval, or with an unknown connector is refused with 400."""
    with pytest.raises(ResourceTrouble) as trouble:
        kibana_resources.rule(**broken)
    assert trouble.value.status == 400, trouble.value.message


@pytest.mark.kibana_requirement("KBN-REQ-RULES-013", source=LIVE, operations=[f"GET {FIND}"])
def test_rules_are_found(kibana_resources: Resources, here: KibanaClient) -> None:
    """Rules are found by words of their names and by what is true of them, and sorted by name."""
    first = kibana_resources.rule(name="aardvark one", tags=["odd"])
    second = kibana_resources.rule(name="zebra two", tags=["even"])

    def found(**query: Any) -> list[str]:
        answer = ok(here.get(FIND, query=query))
        if "rule_type_id" in answer:
            pytest.skip("needs a page of rules, found one rule, as published contracts describe the answer")
        return [row["id"] for row in answer["data"]]

    assert found(search="zebra", search_fields="name") == [second.id]
    assert found(filter="alert.attributes.tags: odd") == [first.id]
    assert found(sort_field="name", sort_order="asc") == [first.id, second.id]
    assert found(sort_field="name", sort_order="desc") == [second.id, first.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-014", level="SHOULD", source="observed on 9.4.3", operations=[f"GET {FIND}"], safety="read"
)
def test_an_order_is_of_a_field(kibana_client: KibanaClient) -> None:
    """An order without the field to sort by is refused with 406."""
    assert_refused(kibana_client.get(FIND, query={"sort_order": "asc"}), 406)


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-015", source=LIVE, operations=[MAKE, READ, "DELETE /api/actions/connector/{id}"]
)
def test_a_rule_outlives_its_connector(kibana_resources: Resources, here: KibanaClient) -> None:
    """A rule whose connector is deleted stays, with its action."""
    connector = kibana_resources.connector()
    rule = kibana_resources.rule(actions=[connector.as_action()])
    connector.delete()
    assert [action["id"] for action in rule.read()["actions"]] == [connector.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-016",
    source=API_TESTS,
    operations=[MAKE, CHANGE, REMOVE, *(to(word) for word in SWITCHES)],
    tier="smoke",
)
def test_strangers_change_no_rule(
    stranger: Stranger, rule: Handle, kibana_space: Handle, here: KibanaClient
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes, switches, silences or deletes a rule."""
    before, one = rule.read(), RULE.format(rule.id)
    stranger.assert_refused(
        kibana_space,
        ("POST", RULE.format(NO_SUCH_ID), rule.sent),
        ("PUT", one, replacement(rule, name="taken over")),
        *(("POST", f"{one}/{word}") for word in SWITCHES),
        ("DELETE", one),
    )
    assert rule.read() == before
    assert_refused(here.get(RULE.format(NO_SUCH_ID)), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-RULES-017", source=API_TESTS, operations=[MAKE, READ], tier="thorough"
)
@FEW
@given(
    name=texts,
    tags=st.lists(texts, max_size=3, unique=True),
    hours=st.integers(1, 24),
    threshold=st.integers(0, 1000),
)
def test_a_rule_reads_as_it_was_made(
    kibana_resources: Resources, name: str, tags: list[str], hours: int, threshold: int
) -> None:
    """Whatever name, tags, interval and threshold a rule is given, it reads back the same."""
    schedule = {"interval": f"{hours}h"}
    rule = kibana_resources.rule(name=name, tags=tags, schedule=schedule, params={"threshold": [threshold]})
    now = rule.read()
    assert part(now, "name", "schedule") == {"name": name, "schedule": schedule}
    assert sorted(now["tags"]) == sorted(tags)
    assert now["params"]["threshold"] == [threshold]
