"""Exceptions for endpoints: one list of the deployment, which every endpoint heeds, with items as other lists have."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

LIST, ITEMS = "/api/endpoint_list", "/api/endpoint_list/items"
NOBODYS = f"kbn-test-no-such-item-{NO_SUCH_ID}"
# No host is called so: the exception weakens nothing while it is there.
ENTRY = {"field": "host.name", "operator": "included", "type": "match", "value": NOBODYS}
BODY: dict[str, Any] = {"name": "x", "description": "made by a test", "type": "simple", "entries": [ENTRY]}

REFUSED = (
    Ask(f"GET {ITEMS}", query={"item_id": NOBODYS}),
    Ask(f"GET {ITEMS}", status=400, name="without an id"),
    Ask(f"POST {ITEMS}", json={"type": "simple", "entries": [ENTRY]}, status=400, name="without a name"),
    Ask(f"POST {ITEMS}", json={**BODY, "type": "x"}, status=400, name="of no type"),
    Ask(f"PUT {ITEMS}", json={**BODY, "item_id": NOBODYS}),
    Ask(f"PUT {ITEMS}", json={"item_id": NOBODYS}, status=400, name="without a name"),
    Ask(f"DELETE {ITEMS}", query={"item_id": NOBODYS}),
    Ask(f"GET {ITEMS}/_find", query={"page": "first"}, status=400, name="of no number"),
)
OPEN = (Ask(f"POST {LIST}", status=200),)


@pytest.fixture
def item(kibana_resources: Resources) -> Handle:
    """An exception for a host that does not exist."""
    return kibana_resources.endpoint_exception_item(entries=[ENTRY])


def the_one(shown: Any) -> dict[str, Any]:
    """Return the item that was read: published contracts show a list of one, their examples the item."""
    found: dict[str, Any] = shown[0] if isinstance(shown, list) else shown
    return found


@pytest.mark.kibana_requirement("KBN-REQ-EPEX-001", source=LIVE, operations=[f"POST {LIST}"], safety="global")
def test_the_list_is_made_once(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """Making the list is answered with it the first time, and with an empty object when it is there."""
    kibana_resources.endpoint_exception_list()
    assert ok(kibana_client.post(LIST)) == {}


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-002",
    source=LIVE,
    operations=[f"POST {ITEMS}", f"GET {ITEMS}"],
    safety="global",
    tier="smoke",
)
def test_an_item_is_found_by_either_id(item: Handle, kibana_client: KibanaClient) -> None:
    """An item is the same by the id that it was given and by the one that Kibana gave it, in the list of all."""
    by_id = the_one(ok(kibana_client.get(ITEMS, query={"id": item.id})))
    assert the_one(ok(kibana_client.get(ITEMS, query={"item_id": item.keys["item_id"]}))) == by_id
    assert part(by_id, "list_id", "namespace_type", "entries") == {
        "list_id": "endpoint_list",
        "namespace_type": "agnostic",
        "entries": [ENTRY],
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-003", source=LIVE, operations=[f"POST {ITEMS}"], safety="global"
)
def test_a_taken_id_is_a_conflict(item: Handle, kibana_client: KibanaClient) -> None:
    """An item whose id is taken is refused with 409, and what is there stays as it is."""
    before = ok(kibana_client.get(ITEMS, query={"id": item.id}))
    body = {**BODY, "item_id": item.keys["item_id"], "name": "a namesake"}
    assert_refused(kibana_client.post(ITEMS, json=body), 409)
    assert ok(kibana_client.get(ITEMS, query={"id": item.id})) == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-004", source=LIVE, operations=[f"PUT {ITEMS}", f"GET {ITEMS}"], safety="global"
)
def test_a_change_keeps_the_ids(item: Handle, kibana_client: KibanaClient) -> None:
    """A changed item says what it was told and keeps its ids; at an old version the change is refused with 409."""
    old = the_one(ok(kibana_client.get(ITEMS, query={"id": item.id})))
    body = {**BODY, "id": item.id, "name": "renamed", "_version": old["_version"]}
    changed = ok(kibana_client.put(ITEMS, json=body))
    assert part(changed, "id", "item_id", "name") == {**part(old, "id", "item_id"), "name": "renamed"}
    assert_refused(kibana_client.put(ITEMS, json={**body, "name": "too late"}), 409)
    assert the_one(ok(kibana_client.get(ITEMS, query={"id": item.id})))["name"] == "renamed"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-005",
    source=LIVE,
    operations=[f"GET {ITEMS}/_find", f"DELETE {ITEMS}", f"GET {ITEMS}"],
    safety="global",
)
def test_a_deleted_item_is_listed_no_more(
    item: Handle, kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """Items are found by filter; one that is deleted is answered once more, and then neither found nor listed."""
    other = kibana_resources.endpoint_exception_item(entries=[ENTRY])
    wanted = {
        "filter": " or ".join(
            f'exception-list-agnostic.attributes.item_id: "{one.keys["item_id"]}"' for one in (item, other)
        )
    }
    page = ok(kibana_client.get(f"{ITEMS}/_find", query=wanted))
    assert {one["id"] for one in page["data"]} == {item.id, other.id}
    assert ok(kibana_client.delete(ITEMS, query={"id": item.id}))["item_id"] == item.keys["item_id"]
    assert_refused(kibana_client.get(ITEMS, query={"id": item.id}), 404)
    page = ok(kibana_client.get(f"{ITEMS}/_find", query=wanted))
    assert [one["id"] for one in page["data"]] == [other.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-006",
    source="Kibana docs, endpoint exceptions",
    operations=[f"GET {ITEMS}"],
    safety="global",
)
def test_an_item_is_of_every_space(
    item: Handle, other_space: KibanaClient, kibana_client: KibanaClient
) -> None:
    """An item is the same from every space."""
    query = {"item_id": item.keys["item_id"]}
    assert ok(other_space.get(ITEMS, query=query)) == ok(kibana_client.get(ITEMS, query=query))


@pytest.mark.kibana_requirement("KBN-REQ-EPEX-007", source=LIVE, safety="read")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """An item that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-EPEX-008", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes exceptions for endpoints."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-EPEX-009", source=API_TESTS, safety="read")
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer makes, changes and deletes no exception for endpoints."""
    ask.assert_kept_from(viewer, 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-EPEX-010",
    source=LIVE,
    operations=[f"POST {ITEMS}", f"GET {ITEMS}"],
    safety="global",
    tier="thorough",
)
@FEW
@given(name=texts, value=texts)
def test_an_item_reads_as_it_was_made(
    kibana_resources: Resources, kibana_client: KibanaClient, unique: Callable[[], str], name: str, value: str
) -> None:
    """Whatever name and entry an item is given, it reads back the same."""
    entries = [{**ENTRY, "value": f"{unique()} {value}"}]
    made = kibana_resources.endpoint_exception_item(name=name, entries=entries)
    shown = the_one(ok(kibana_client.get(ITEMS, query={"id": made.id})))
    assert part(shown, "name", "entries") == {"name": name, "entries": entries}
