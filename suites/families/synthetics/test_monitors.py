"""Synthetics monitors and the private locations that they run from."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/synthetics/monitors", "/api/synthetics/monitors/{}"
MAKE, LIST, BULK = f"POST {ALL}", f"GET {ALL}", f"POST {ALL}/_bulk_delete"
READ, CHANGE, REMOVE = (f"{m} {ALL}/{{id}}" for m in ("GET", "PUT", "DELETE"))
TEST = "POST /api/synthetics/monitor/test/{monitorId}"
PLACES, PLACE = "/api/synthetics/private_locations", "/api/synthetics/private_locations/{}"
SETTLE, SURVEY = f"POST {PLACES}", f"GET {PLACES}"
VISIT, RENAME, LEAVE = (f"{m} {PLACES}/{{id}}" for m in ("GET", "PUT", "DELETE"))
NOWHERE = {"type": "http", "name": "kbn-test", "url": "https://example.com", "enabled": False}

REFUSED = (
    Ask(READ, (NO_SUCH_ID,)),
    Ask(CHANGE, (NO_SUCH_ID,), json=NOWHERE),
    Ask(REMOVE, (NO_SUCH_ID,)),
    Ask(TEST, (NO_SUCH_ID,)),
    Ask(
        MAKE,
        json={**NOWHERE, "private_locations": ["kbn-test no such place"]},
        status=400,
        name="of no place",
    ),
    Ask(MAKE, json={**NOWHERE, "type": "guess"}, status=400, name="of an unknown type"),
    Ask(MAKE, json={"type": "http", "url": "https://example.com"}, status=400, name="without a name"),
    Ask(BULK, json={}, status=400, name="without ids"),
    Ask(LIST, query={"sortOrder": "sideways"}, status=400, name="in an unknown order"),
    Ask(VISIT, (NO_SUCH_ID,)),
    Ask(RENAME, (NO_SUCH_ID,), json={"label": "kbn-test"}),
    Ask(LEAVE, (NO_SUCH_ID,)),
    Ask(SETTLE, json={"label": "kbn-test"}, status=400, name="without a policy"),
)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNLOC-001",
    source=LIVE,
    operations=[SETTLE, SURVEY, VISIT],
    safety="global",
    tier="smoke",
)
def test_a_place_is_seen(location: Handle, here: KibanaClient) -> None:
    """A private location is read and listed with its label and its policy."""
    wanted = part(location.sent, "label", "agentPolicyId")
    assert part(ok(here.get(PLACE.format(location.id))), *wanted) == wanted
    (listed,) = [one for one in ok(here.get(PLACES)) if one["id"] == location.id]
    assert part(listed, *wanted) == wanted


@pytest.mark.kibana_requirement("KBN-REQ-SYNLOC-002", source=LIVE, operations=[SETTLE], safety="global")
def test_a_policy_is_one_place(location: Handle, here: KibanaClient, unique: Any) -> None:
    """A second private location on one policy is refused with 400."""
    again = {"label": unique(), "agentPolicyId": location.sent["agentPolicyId"]}
    assert_refused(here.post(PLACES, json=again), 400)
    assert [one["id"] for one in ok(here.get(PLACES)) if one["agentPolicyId"] == again["agentPolicyId"]] == [
        location.id
    ]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNLOC-003",
    source="Kibana contract of 9.3",
    level="SHOULD",
    operations=[RENAME, VISIT],
    safety="global",
)
def test_a_place_is_renamed(location: Handle, here: KibanaClient, unique: Any) -> None:
    """A new label replaces the old one, and keeps the policy."""
    label = unique()
    assert ok(here.put(PLACE.format(location.id), json={"label": label}))["label"] == label
    assert part(location.read(), "label", "agentPolicyId") == {
        "label": label,
        "agentPolicyId": location.sent["agentPolicyId"],
    }


@pytest.mark.kibana_requirement("KBN-REQ-SYNLOC-004", source=LIVE, operations=[LEAVE, VISIT], safety="global")
def test_a_place_is_left(location: Handle, here: KibanaClient) -> None:
    """A deleted private location is read and listed no more."""
    assert here.delete(PLACE.format(location.id)).status_code == 200
    assert_refused(here.get(PLACE.format(location.id)), 404)
    assert location.id not in [one["id"] for one in ok(here.get(PLACES))]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNLOC-005", source=LIVE, operations=[LEAVE, MAKE], safety="disruptive"
)
def test_a_place_in_use_stays(monitor: Handle, here: KibanaClient) -> None:
    """A private location from which a monitor runs cannot be deleted: 400, and it stays."""
    (label,) = monitor.sent["private_locations"]
    (place,) = [one for one in ok(here.get(PLACES)) if label in (one["id"], one["label"])]
    assert_refused(here.delete(PLACE.format(place["id"])), 400)
    assert ok(here.get(PLACE.format(place["id"])))["id"] == place["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-001", source=LIVE, operations=[MAKE, READ, LIST], safety="disruptive", tier="smoke"
)
def test_a_monitor_is_seen(monitor: Handle, here: KibanaClient) -> None:
    """A monitor reads as it was made, disabled, and is listed so."""
    shown = ok(here.get(ONE.format(monitor.id)))
    wanted = part(monitor.sent, "type", "name", "url", "enabled")
    assert part(shown, *wanted) == wanted
    assert shown["config_id"]
    listed = ok(here.get(ALL))
    assert [part(one, "name", "type") for one in listed["monitors"]] == [part(wanted, "name", "type")]
    assert part(listed, "page", "total", "absoluteTotal") == {"page": 1, "total": 1, "absoluteTotal": 1}


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-002", source="observed on 9.4.3", operations=[CHANGE, READ], safety="disruptive"
)
def test_a_change_keeps_what_it_leaves_out(monitor: Handle, here: KibanaClient) -> None:
    """A change keeps what it leaves out, and counts itself."""
    before = monitor.read()
    same = part(monitor.sent, "type", "name", "url")  # the contract demands these; 9.4.3 does not
    ok(here.put(ONE.format(monitor.id), json={**same, "tags": ["changed"]}))
    after = monitor.read()
    assert after["tags"] == ["changed"]
    assert part(after, *same, "enabled") == part(before, *same, "enabled")
    assert after["revision"] == before["revision"] + 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-003", source=LIVE, operations=[LIST, MAKE], safety="disruptive"
)
def test_monitors_are_found(
    kibana_resources: Resources, location: Handle, here: KibanaClient, eventually: Eventually
) -> None:
    """Monitors are found by their tags and their type, in the order of their names, and in pages."""
    place: dict[str, Any] = {"private_locations": [location.sent["label"]]}
    made = [
        kibana_resources.synthetics_monitor(**place, name=f"kbn-test {name}", tags=[name]).id
        for name in ("zebra", "aardvark")
    ]

    def found(**query: Any) -> list[str]:
        answer = ok(here.get(ALL, query=query))
        return [one.get("config_id") or one["id"] for one in answer["monitors"]]

    eventually("two monitors are listed", lambda: len(found()) == 2)
    assert found(tags="zebra") == made[:1]
    assert found(monitorTypes="icmp") == []
    assert found(sortField="name", sortOrder="asc") == made[::-1]
    assert found(sortField="name", sortOrder="desc") == made
    assert found(sortField="name", sortOrder="asc", page=2, perPage=1) == made[:1]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-004", source=LIVE, operations=[REMOVE, READ], safety="disruptive"
)
def test_one_is_deleted(monitor: Handle, here: KibanaClient) -> None:
    """Deleting a monitor says so under its id."""
    answer = ok(here.delete(ONE.format(monitor.id)))
    assert [part(one, "id", "deleted") for one in answer] == [{"id": monitor.id, "deleted": True}]
    assert_refused(here.get(ONE.format(monitor.id)), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-005", source="observed on 9.4.3", operations=[BULK, READ], safety="disruptive"
)
def test_many_are_deleted_at_once(monitor: Handle, here: KibanaClient) -> None:
    """Each id of a list answers for itself whether it was deleted."""
    answer = ok(here.post(f"{ALL}/_bulk_delete", json={"ids": [monitor.id, NO_SUCH_ID]}))
    # Published contracts document the bare list, 9.4.3 was seen to wrap it.
    results = answer["result"] if isinstance(answer, dict) else answer
    assert [one["deleted"] for one in results] == [True, False]
    assert_refused(here.get(ONE.format(monitor.id)), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SYNMON-006", source=LIVE, operations=[TEST], safety="disruptive")
def test_a_monitor_is_tried(monitor: Handle, here: KibanaClient) -> None:
    """Trying a monitor is answered with the id of the run, which nobody carries out here."""
    assert ok(here.post(f"/api/synthetics/monitor/test/{monitor.id}"))["testRunId"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNMON-007", source=LIVE, operations=[READ, CHANGE, LIST], safety="disruptive"
)
def test_monitors_are_of_one_space(monitor: Handle, other_space: KibanaClient) -> None:
    """A monitor cannot be read or changed from another space, and is not listed there."""
    assert_refused(other_space.get(ONE.format(monitor.id)), 404)
    assert_refused(other_space.put(ONE.format(monitor.id), json=NOWHERE), 404)
    assert ok(other_space.get(ALL))["monitors"] == []
    assert monitor.read()["name"] == monitor.sent["name"]


@pytest.mark.kibana_requirement("KBN-REQ-SYNMON-008", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404; a monitor of no place or type, or a place without a policy, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNLOC-006",
    source=LIVE,
    operations=[SETTLE, "POST /api/fleet/agent_policies"],
    safety="global",
)
def test_a_place_of_a_policy_that_is_not_there_is_refused(here: KibanaClient) -> None:
    """A private place on an agent policy that Fleet does not know is refused with 400."""
    Ask(SETTLE, json={"label": "kbn-test", "agentPolicyId": NO_SUCH_ID}, status=400).assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SYNMON-009", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, Ask(SURVEY)))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes monitors and locations."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-SYNMON-010", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded(REFUSED)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, tries and deletes no monitor, and no location."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
