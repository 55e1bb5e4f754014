"""Exceptions of detection rules: what a change replaces, versions, and lists that are nowhere in particular."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import API_TESTS, LIVE
from pytest_kibana.wire import KibanaClient

LISTS, ITEMS = "/api/exception_lists", "/api/exception_lists/items"
ENTRY = {"field": "host.name", "operator": "included", "type": "match", "value": "nowhere"}


@pytest.mark.kibana_requirement("KBN-REQ-EXC-001", source=LIVE, operations=[f"GET {LISTS}"], tier="smoke")
def test_a_list_is_found_by_either_id(kibana_resources: Resources, here: KibanaClient) -> None:
    """A list is the same by the id that it was given and by the one that Kibana gave it."""
    made = kibana_resources.exception_list()
    by_id = ok(here.get(LISTS, query={"id": made.id}))
    assert ok(here.get(LISTS, query={"list_id": made.keys["list_id"]})) == by_id
    assert by_id["list_id"] == made.keys["list_id"]


@pytest.mark.kibana_requirement("KBN-REQ-EXC-002", source=LIVE, operations=[f"POST {LISTS}", f"POST {ITEMS}"])
def test_taken_ids_are_conflicts(kibana_resources: Resources, here: KibanaClient) -> None:
    """A list or an item whose own id is taken is refused with 409, and what is there stays as it is."""
    item = kibana_resources.exception_list_item()
    before = item.read()
    body = {k: item.sent[k] for k in ("list_id", "item_id", "type", "description", "entries")}
    assert_refused(here.post(ITEMS, json={**body, "name": "a namesake"}), 409)
    taken = {"list_id": item.keys["list_id"], "name": "x", "description": "x", "type": "detection"}
    assert_refused(here.post(LISTS, json=taken), 409)
    assert item.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-003",
    source=LIVE,
    operations=[f"{m} {path}" for m in ("GET", "DELETE") for path in (LISTS, ITEMS)],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(("path", "key"), [(LISTS, "list_id"), (ITEMS, "item_id")], ids=["list", "item"])
def test_unknown_ones_are_not_found(
    here: KibanaClient, unique: Callable[[], str], path: str, key: str, method: str
) -> None:
    """A list or an item that does not exist is answered 404."""
    assert_refused(here.request(method, path, query={key: unique()}), 404)


@pytest.mark.kibana_requirement("KBN-REQ-EXC-004", source=LIVE, operations=[f"PUT {LISTS}", f"GET {LISTS}"])
def test_an_old_version_changes_nothing(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change that names an old version is refused with 409, and changes nothing."""
    made = kibana_resources.exception_list()
    old = made.read()["_version"]
    body = {"id": made.id, "name": made.body["name"], "type": "detection"}
    ok(here.put(LISTS, json={**body, "description": "first", "_version": old}))
    now = made.read()
    assert now["description"] == "first"
    assert_refused(here.put(LISTS, json={**body, "description": "too late", "_version": old}), 409)
    assert made.read() == now


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-005",
    source="observed live and through the Terraform provider",
    operations=[f"PUT {ITEMS}", f"GET {ITEMS}"],
)
def test_a_change_replaces_the_item(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change of an item resets what it leaves out, and replaces its entries."""
    item = kibana_resources.exception_list_item(os_types=["linux"])
    assert item.read()["os_types"] == ["linux"]
    body = {"id": item.id, "type": "simple", "name": "renamed", "description": "changed", "entries": [ENTRY]}
    ok(here.put(ITEMS, json=body))
    after = item.read()
    assert part(after, "name", "entries") == {"name": "renamed", "entries": [ENTRY]}
    assert not after.get("os_types")
    assert after["item_id"] == item.keys["item_id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-006", source=LIVE, operations=[f"GET {ITEMS}/_find", f"DELETE {LISTS}"]
)
def test_items_are_of_their_list(kibana_resources: Resources, here: KibanaClient) -> None:
    """The items of a list are those, and no others; deleting the list answers with it."""
    first, second = kibana_resources.exception_list_item(), kibana_resources.exception_list_item()
    for item in (first, second):
        page = ok(here.get(f"{ITEMS}/_find", query={"list_id": item.keys["list_id"]}))
        assert [one["item_id"] for one in page["data"]] == [item.keys["item_id"]]
        assert page["total"] == 1
    gone = ok(here.delete(LISTS, query={"list_id": first.keys["list_id"]}))
    assert gone["list_id"] == first.keys["list_id"]
    assert_refused(here.get(LISTS, query={"list_id": first.keys["list_id"]}), 404)
    assert second.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-007",
    source=API_TESTS,
    operations=[f"POST {LISTS}", f"PUT {LISTS}", f"DELETE {LISTS}"],
    tier="smoke",
)
def test_strangers_change_no_list(
    stranger: Stranger, kibana_resources: Resources, kibana_space: Handle
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes or deletes a list."""
    made = kibana_resources.exception_list()
    before = made.read()
    body: dict[str, Any] = {"name": "taken over", "description": "x", "type": "detection"}
    stranger.assert_refused(
        kibana_space,
        ("POST", LISTS, {**body, "list_id": NO_SUCH_ID}),
        ("PUT", LISTS, {**body, "id": made.id}),
        ("DELETE", f"{LISTS}?id={made.id}"),
    )
    assert made.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-008",
    source=API_TESTS,
    operations=[f"POST {ITEMS}", f"GET {ITEMS}"],
    tier="thorough",
)
@FEW
@given(
    name=texts,
    tags=st.lists(texts, max_size=3, unique=True),
    value=texts,
    operator=st.sampled_from(["included", "excluded"]),
)
def test_an_item_reads_as_it_was_made(
    kibana_resources: Resources, name: str, tags: list[str], value: str, operator: str
) -> None:
    """Whatever name, tags and entry an item is given, it reads back the same."""
    told: dict[str, Any] = {
        "name": name,
        "tags": tags,
        "entries": [{**ENTRY, "value": value, "operator": operator}],
    }
    item = kibana_resources.exception_list_item(**told)
    assert part(item.read(), *told) == told
