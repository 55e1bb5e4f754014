"""Detection rules: found by either id, changed in part or as a whole, counted by revision."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

RULES, FIND, TAGS = (
    "/api/detection_engine/rules",
    "/api/detection_engine/rules/_find",
    "/api/detection_engine/tags",
)
MAKE, READ, PATCH, PUT, REMOVE = (f"{method} {RULES}" for method in ("POST", "GET", "PATCH", "PUT", "DELETE"))
STATUS = f"{RULES}/prepackaged/_status"


@pytest.fixture
def rule(kibana_resources: Resources) -> Handle:
    """A disabled rule over an index that does not exist."""
    return kibana_resources.detection_rule()


def shown(client: KibanaClient, rule: Handle) -> Any:
    """Return a rule as it is read."""
    return ok(client.get(RULES, query={"id": rule.id}))


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-001", source=LIVE, operations=[MAKE, READ], tier="smoke")
def test_a_rule_is_found_by_either_id(rule: Handle, here: KibanaClient) -> None:
    """A rule is the same by the id that it was given and by the one that Kibana gave it; it is nobody else's yet."""
    by_id = shown(here, rule)
    assert ok(here.get(RULES, query={"rule_id": rule.keys["rule_id"]})) == by_id
    assert part(by_id, "rule_id", "enabled", "immutable", "revision", "version") == {
        "rule_id": rule.keys["rule_id"],
        "enabled": False,
        "immutable": False,
        "revision": 0,
        "version": 1,
    }


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-002", source=LIVE, operations=[MAKE])
def test_a_taken_id_is_a_conflict(rule: Handle, here: KibanaClient) -> None:
    """A rule whose own id is taken is refused with 409, and what is there stays as it is."""
    before = shown(here, rule)
    assert_refused(here.post(RULES, json={**rule.sent, "name": "a namesake"}), 409, "already exists")
    assert shown(here, rule) == before


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-003", source=LIVE, operations=[PATCH, READ], tier="smoke")
def test_a_patch_keeps_the_rest(rule: Handle, here: KibanaClient) -> None:
    """A patch changes what it names and keeps the rest; the revision counts it."""
    before = shown(here, rule)
    ok(here.patch(RULES, json={"rule_id": rule.keys["rule_id"], "tags": ["patched"], "severity": "high"}))
    after = shown(here, rule)
    changed = ("tags", "severity", "revision", "updated_at", "updated_by")
    assert part(after, "tags", "severity", "revision") == {
        "tags": ["patched"],
        "severity": "high",
        "revision": before["revision"] + 1,
    }
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-004", source=LIVE, operations=[PUT, READ])
def test_a_put_says_all_anew(kibana_resources: Resources, here: KibanaClient) -> None:
    """A rule that is put is what the body says: what it leaves out is as at the start; ids stay."""
    rule = kibana_resources.detection_rule(tags=["doomed"], note="doomed", max_signals=7)
    body = {k: v for k, v in rule.sent.items() if k not in ("tags", "note", "max_signals", "rule_id")}
    ok(here.put(RULES, json={**body, "id": rule.id, "name": "anew"}))
    after = shown(here, rule)
    assert part(after, "id", "rule_id", "name", "tags", "max_signals", "enabled") == {
        "id": rule.id,
        "rule_id": rule.keys["rule_id"],
        "name": "anew",
        "tags": [],
        "max_signals": 100,
        "enabled": False,
    }
    assert not after.get("note")


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-005", source=LIVE, operations=[REMOVE, READ])
@pytest.mark.parametrize("by", ["id", "rule_id"])
def test_a_deleted_rule_is_shown_once_more(rule: Handle, here: KibanaClient, by: str) -> None:
    """Deleting a rule by either id is answered with it; then it is not found."""
    which = {by: rule.id if by == "id" else rule.keys["rule_id"]}
    assert ok(here.delete(RULES, query=which))["id"] == rule.id
    assert_refused(here.get(RULES, query=which), 404, "not found")
    assert_refused(here.delete(RULES, query=which), 404, "not found")


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-006", source=LIVE, operations=[f"GET {FIND}"], tier="smoke")
def test_rules_are_found(kibana_resources: Resources, here: KibanaClient) -> None:
    """Rules are filtered by tag and name, sorted, and shown page by page; pages are disjoint and make the whole."""
    made = {
        name: kibana_resources.detection_rule(name=name, tags=tags).id
        for name, tags in (("ant", ["odd"]), ("bee", ["even"]), ("cat", ["odd"]))
    }

    def found(**query: Any) -> list[str]:
        page = ok(here.get(FIND, query={"sort_field": "name", "sort_order": "asc", **query}))
        return [one["id"] for one in page["data"]]

    assert found() == [made["ant"], made["bee"], made["cat"]]
    assert found(sort_order="desc") == [made["cat"], made["bee"], made["ant"]]
    assert found(filter='alert.attributes.tags: "odd"') == [made["ant"], made["cat"]]
    assert found(filter='alert.attributes.name: "bee"') == [made["bee"]]
    pages = [found(page=page, per_page=2) for page in (1, 2, 3)]
    assert pages == [[made["ant"], made["bee"]], [made["cat"]], []]
    page = ok(here.get(FIND, query={"page": 2, "per_page": 2}))
    assert part(page, "page", "perPage", "total") == {"page": 2, "perPage": 2, "total": 3}


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-007", source=LIVE, operations=[f"GET {TAGS}", MAKE])
def test_tags_are_those_of_rules(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """The tags of a space are those that its rules bear, each once."""
    for tags in (["a", "b"], ["b", "c"]):
        kibana_resources.detection_rule(tags=tags)
    assert sorted(ok(here.get(TAGS))) == ["a", "b", "c"]
    assert ok(other_space.get(TAGS)) == []


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-008", source=LIVE, operations=[READ, MAKE, f"GET {FIND}"])
def test_a_rule_is_of_its_space(
    rule: Handle, elsewhere: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A rule is not found from another space, where its own id is free."""
    which = {"rule_id": rule.keys["rule_id"]}
    assert_refused(other_space.get(RULES, query=which), 404)
    assert ok(other_space.get(FIND))["total"] == 0
    namesake = elsewhere.detection_rule(rule_id=rule.keys["rule_id"])
    assert ok(other_space.get(RULES, query=which))["id"] == namesake.id
    assert ok(here.get(RULES, query=which))["id"] == rule.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-009", source=LIVE, operations=[f"GET {STATUS}"], safety="read"
)
def test_it_is_told_what_is_installed(here: KibanaClient, kibana_client: KibanaClient) -> None:
    """One is told how many rules and timelines Elastic ships, and how many of them are there."""
    told = ok(kibana_client.get(STATUS))
    assert all(isinstance(told[name], int) for name in told)
    names = ("rules_installed", "rules_not_installed", "rules_custom_installed", "timelines_installed")
    assert set(names) <= set(told)
    assert ok(here.get(STATUS))["rules_custom_installed"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-010",
    source="Kibana docs, install prebuilt rules",
    operations=[f"PUT {RULES}/prepackaged", f"GET {STATUS}"],
    safety="disruptive",
    tier="thorough",
)
def test_what_is_installed_is_not_installed_again(here: KibanaClient) -> None:
    """Installing what Elastic ships a second time installs and updates nothing."""
    ok(here.put(f"{RULES}/prepackaged"))
    again = ok(here.put(f"{RULES}/prepackaged"))
    assert part(again, "rules_installed", "rules_updated") == {"rules_installed": 0, "rules_updated": 0}
    assert ok(here.get(STATUS))["rules_not_installed"] == 0


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-011", source=LIVE, operations=[MAKE, READ], tier="thorough")
@FEW
@given(
    name=texts,
    tags=st.lists(texts, max_size=3, unique=True),
    severity=st.sampled_from(["low", "medium", "high", "critical"]),
    risk_score=st.integers(0, 100),
)
def test_a_rule_reads_as_it_was_made(
    kibana_resources: Resources,
    here: KibanaClient,
    name: str,
    tags: list[str],
    severity: str,
    risk_score: int,
) -> None:
    """Whatever name, tags, severity and score a rule is given, it reads back the same."""
    told: dict[str, Any] = {"name": name, "tags": tags, "severity": severity, "risk_score": risk_score}
    after = shown(here, kibana_resources.detection_rule(**told))
    assert part(after, "name", "severity", "risk_score") == part(told, "name", "severity", "risk_score")
    assert sorted(after["tags"]) == sorted(tags)
