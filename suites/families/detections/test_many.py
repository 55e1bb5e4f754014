"""Many detection rules at once: changed, copied, deleted, exported and imported."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, lines, ndjson, ok, part, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

RULES, FIND = "/api/detection_engine/rules", "/api/detection_engine/rules/_find"
BULK, EXPORT, IMPORT = (f"POST {RULES}/{name}" for name in ("_bulk_action", "_export", "_import"))

PARTLY = pytest.mark.kibana_expect_deviation(
    "KBN-R105",
    reason="a bulk action that fails in part is answered 500, with what became of each rule",
    operation=BULK,
)


@pytest.fixture
def two(kibana_resources: Resources) -> list[Handle]:
    """Two disabled rules with a tag each."""
    return [kibana_resources.detection_rule(tags=[tag]) for tag in ("first", "second")]


def bulk(client: KibanaClient, action: str, *rules: Handle, dry: bool = False, **more: Any) -> Any:
    """Return the answer to a bulk action on rules."""
    body = {"action": action, "ids": [rule.id for rule in rules], **more}
    return client.post(f"{RULES}/_bulk_action", query={"dry_run": True} if dry else {}, json=body)


def tags_of(client: KibanaClient, *rules: Handle) -> list[list[str]]:
    """Return the tags that rules bear."""
    return [sorted(ok(client.get(RULES, query={"id": rule.id}))["tags"]) for rule in rules]


def adding(*tags: str) -> list[dict[str, Any]]:
    """Return the edit that adds tags."""
    return [{"type": "add_tags", "value": list(tags)}]


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-030", source=LIVE, operations=[BULK], tier="smoke")
def test_many_rules_are_edited(two: list[Handle], kibana_resources: Resources, here: KibanaClient) -> None:
    """An edit of many rules changes each of them as it says, counts them, and leaves the others alone."""
    other = kibana_resources.detection_rule(tags=["other"])
    told = ok(bulk(here, "edit", *two, edit=adding("both")))
    assert told["success"] is True
    assert part(told["attributes"]["summary"], "succeeded", "failed", "total") == {
        "succeeded": 2,
        "failed": 0,
        "total": 2,
    }
    assert tags_of(here, *two, other) == [["both", "first"], ["both", "second"], ["other"]]
    ok(bulk(here, "edit", *two, edit=[{"type": "delete_tags", "value": ["first"]}]))
    assert tags_of(here, *two) == [["both"], ["both", "second"]]
    ok(bulk(here, "edit", two[0], edit=[{"type": "set_tags", "value": ["set"]}]))
    assert tags_of(here, *two) == [["set"], ["both", "second"]]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-031", source="Kibana docs, bulk action: dry_run", operations=[BULK]
)
def test_a_dry_run_changes_nothing(two: list[Handle], here: KibanaClient) -> None:
    """A bulk action that is only tried out says what it would do, and changes nothing."""
    told = ok(bulk(here, "edit", *two, dry=True, edit=adding("both")))
    assert told["attributes"]["summary"]["total"] == 2
    assert tags_of(here, *two) == [["first"], ["second"]]


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-032", source=LIVE, operations=[BULK, f"GET {FIND}"])
def test_many_rules_are_copied(two: list[Handle], here: KibanaClient) -> None:
    """A copy of a rule is disabled, has ids of its own, and the same tags."""
    body: dict[str, Any] = {"duplicate": {"include_exceptions": False, "include_expired_exceptions": False}}
    told = ok(bulk(here, "duplicate", two[0], **body))
    (copy,) = told["attributes"]["results"]["created"]
    assert copy["id"] != two[0].id
    assert copy["rule_id"] != two[0].keys["rule_id"]
    assert part(copy, "enabled", "tags") == {"enabled": False, "tags": ["first"]}
    assert ok(here.get(FIND))["total"] == 3


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-033", source=LIVE, operations=[BULK, f"GET {FIND}"])
def test_many_rules_are_deleted(two: list[Handle], kibana_resources: Resources, here: KibanaClient) -> None:
    """Many rules are deleted at once, and the others stay."""
    kept = kibana_resources.detection_rule()
    told = ok(bulk(here, "delete", *two))
    assert {one["id"] for one in told["attributes"]["results"]["deleted"]} == {rule.id for rule in two}
    assert [one["id"] for one in ok(here.get(FIND))["data"]] == [kept.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-034",
    level="SHOULD",  # 9.4.3 refuses API keys here
    source="Kibana docs, bulk action",
    operations=[BULK],
)
def test_many_rules_are_enabled(two: list[Handle], here: KibanaClient) -> None:
    """Many rules are enabled and disabled at once."""
    for action, enabled in (("enable", True), ("disable", False)):
        assert ok(bulk(here, action, *two))["success"] is True
        assert [ok(here.get(RULES, query={"id": rule.id}))["enabled"] for rule in two] == [enabled] * 2


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-035", source="Kibana source, bulk_actions/route.ts", operations=[BULK]
)
@PARTLY
def test_an_unknown_rule_is_named(two: list[Handle], here: KibanaClient) -> None:
    """A bulk action on rules of which one is not there does not succeed as a whole, and says which is missing."""
    body = {"action": "edit", "ids": [two[0].id, NO_SUCH_ID], "edit": adding("both")}
    answer = here.post(f"{RULES}/_bulk_action", json=body)
    told = answer.json()
    assert told.get("success") is not True
    assert NO_SUCH_ID in answer.text
    assert part(told["attributes"]["summary"], "failed", "total") == {"failed": 1, "total": 2}
    assert tags_of(here, *two) == [["both", "first"], ["second"]]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DETECT-036", source="observed live: NDJSON, whatever contracts say", operations=[BULK, EXPORT]
)
def test_a_bulk_export_is_an_export(two: list[Handle], here: KibanaClient) -> None:
    """Exporting rules in bulk gives the same lines as exporting them by name."""
    answer = bulk(here, "export", two[0])
    assert answer.status_code == 200, answer.text
    rows = [row for row in lines(answer) if "rule_id" in row]
    assert [row["rule_id"] for row in rows] == [two[0].keys["rule_id"]]


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-037", source=LIVE, operations=[EXPORT, IMPORT], tier="smoke")
def test_an_export_brings_rules_back(two: list[Handle], here: KibanaClient, eventually: Eventually) -> None:
    """Rules that are exported, deleted and imported are there again under their own ids; the last line counts them."""
    wanted = {rule.keys["rule_id"] for rule in two}
    body = {"objects": [{"rule_id": one} for one in sorted(wanted)]}

    def exported() -> list[Any]:
        answer = here.post(f"{RULES}/_export", json=body)
        assert answer.status_code == 200, answer.text
        return lines(answer)

    # A rule that was just made may be missing from an export for a second.
    eventually("rules are exported", lambda: exported()[-1]["exported_rules_count"] == 2)
    *rows, tally = exported()
    assert {row["rule_id"] for row in rows} == wanted
    assert tally["missing_rules_count"] == 0
    ok(bulk(here, "delete", *two))
    told = ok(here.post(f"{RULES}/_import", files=ndjson(rows)))
    assert part(told, "success", "success_count", "rules_count", "errors") == {
        "success": True,
        "success_count": 2,
        "rules_count": 2,
        "errors": [],
    }
    found = ok(here.get(FIND))["data"]
    assert {one["rule_id"]: one["tags"] for one in found} == {row["rule_id"]: row["tags"] for row in rows}


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-038", source=LIVE, operations=[EXPORT])
def test_an_export_names_what_is_missing(
    two: list[Handle], here: KibanaClient, eventually: Eventually
) -> None:
    """An export of rules of which one is not there has the others and names the missing one, unless told not to."""
    known = two[0].keys["rule_id"]
    body = {"objects": [{"rule_id": known}, {"rule_id": NO_SUCH_ID}]}

    def tally() -> Any:
        return lines(here.post(f"{RULES}/_export", json=body))[-1]

    eventually("a rule is exported", lambda: tally()["exported_rules_count"] == 1)
    assert shows(tally()["missing_rules"], [{"rule_id": NO_SUCH_ID}])
    bare = here.post(f"{RULES}/_export", query={"exclude_export_details": True}, json=body)
    assert [row["rule_id"] for row in lines(bare)] == [known]


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-039", source=LIVE, operations=[IMPORT])
def test_what_is_there_is_imported_only_when_told_so(two: list[Handle], here: KibanaClient) -> None:
    """An import of what is there reports a conflict and changes nothing; told to overwrite, it replaces."""
    row = {**two[0].sent, "tags": ["from the file"]}
    told = ok(here.post(f"{RULES}/_import", files=ndjson([row])))
    assert part(told, "success", "success_count") == {"success": False, "success_count": 0}
    assert [(one["rule_id"], one["error"]["status_code"]) for one in told["errors"]] == [
        (row["rule_id"], 409)
    ]
    assert tags_of(here, two[0]) == [["first"]]
    told = ok(here.post(f"{RULES}/_import", query={"overwrite": True}, files=ndjson([row])))
    assert told["success"] is True
    after = ok(here.get(RULES, query={"rule_id": row["rule_id"]}))
    assert after["tags"] == ["from the file"]


@pytest.mark.kibana_requirement("KBN-REQ-DETECT-040", source=LIVE, operations=[BULK, IMPORT])
@PARTLY
def test_bulk_stays_in_its_space(two: list[Handle], other_space: KibanaClient, here: KibanaClient) -> None:
    """A bulk action in another space reaches no rule of this one."""
    answer = bulk(other_space, "delete", *two)
    assert answer.status_code >= 400 or answer.json()["attributes"]["summary"]["succeeded"] == 0
    assert ok(here.get(FIND))["total"] == 2
    assert_refused(other_space.get(RULES, query={"id": two[0].id}), 404)
