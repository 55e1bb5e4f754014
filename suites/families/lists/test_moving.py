"""Value lists as wholes: their data streams, their pages, and the files that fill and show them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, shows
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.wire import KibanaClient

LIVE = "observed live: changes show after about a second, whatever refresh says"
LISTS, ITEMS, INDEX = "/api/lists", "/api/lists/items", "/api/lists/index"
IMPORT, EXPORT = f"POST {ITEMS}/_import", f"POST {ITEMS}/_export"


@pytest.fixture
def values(kibana_resources: Resources) -> Handle:
    """An empty list of keywords. Its data streams go before the space does."""
    return kibana_resources.value_list()


def a_file(*lines: str, name: str = "values.txt") -> dict[str, Any]:
    """Return the multipart fields of a file with one value a line."""
    return {"file": File(name, "".join(f"{line}\n" for line in lines).encode(), "text/plain")}


def shown(client: KibanaClient, list_id: str) -> list[str]:
    """Return the values that an export of a list has."""
    answer = client.post(f"{ITEMS}/_export", query={"list_id": list_id})
    assert answer.status_code == 200, answer.text
    return sorted(answer.text.split())


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-010", source=LIVE, operations=[f"PATCH {LISTS}", f"PUT {LISTS}"]
)
def test_a_list_is_changed_in_part_or_whole(
    values: Handle, here: KibanaClient, eventually: Eventually
) -> None:
    """PATCH changes what it names and keeps the rest; PUT says all of a list anew; neither changes its type."""
    ok(here.patch(LISTS, json={"id": values.id, "name": "patched"}))
    told = {"name": "patched", "description": values.sent["description"], "type": "keyword"}
    eventually("a list is patched", lambda: part(values.read(), *told) == told, within=30)
    ok(here.put(LISTS, json={"id": values.id, "name": "put", "description": "anew"}))
    told = {"name": "put", "description": "anew", "type": "keyword"}
    eventually("a list is put", lambda: part(values.read(), *told) == told, within=30)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-011",
    level="SHOULD",  # how versions of data streams are compared has changed between releases
    source="Kibana docs, update a value list",
    operations=[f"PUT {LISTS}", f"PATCH {LISTS}"],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_old_version_changes_nothing(values: Handle, here: KibanaClient, method: str) -> None:
    """A change of a list at an old version is refused with 409."""
    old = values.read()["_version"]
    body = {"id": values.id, "name": "first", "description": "first"}
    ok(here.put(LISTS, json=body))
    assert_refused(here.request(method, LISTS, json={**body, "name": "too late", "_version": old}), 409)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-012", source=LIVE, operations=[f"PATCH {ITEMS}", f"PUT {ITEMS}"]
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_value_is_changed(values: Handle, here: KibanaClient, eventually: Eventually, method: str) -> None:
    """A changed value is found in its list, and what it was is not."""
    made = ok(here.post(ITEMS, json={"list_id": values.id, "value": "before", "refresh": "wait_for"}))

    def found(value: str) -> bool:
        return here.get(ITEMS, query={"list_id": values.id, "value": value}).status_code == 200

    eventually("a value is found", lambda: found("before"), within=30)
    changed = ok(here.request(method, ITEMS, json={"id": made["id"], "value": "after"}))
    assert part(changed, "id", "list_id", "value") == {**part(made, "id", "list_id"), "value": "after"}
    eventually("a value has changed", lambda: found("after") and not found("before"), within=30)
    gone = ok(here.delete(ITEMS, query={"id": made["id"]}))
    assert gone["value"] == "after"


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-013", source=LIVE, operations=[IMPORT, EXPORT, f"GET {ITEMS}/_find"], tier="smoke"
)
def test_a_file_fills_a_list(values: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """The values of an imported file are in the list, are counted page by page, and are exported line by line."""
    wanted = [f"value-{number}" for number in range(5)]
    query = {"list_id": values.id, "type": "keyword", "refresh": "wait_for"}
    assert ok(here.post(f"{ITEMS}/_import", query=query, files=a_file(*wanted)))["id"] == values.id
    eventually("an import shows", lambda: shown(here, values.id) == wanted, within=60)
    pages = [
        ok(
            here.get(
                f"{ITEMS}/_find",
                query={"list_id": values.id, "per_page": 2, "page": page},
            )
        )
        for page in (1, 2, 3)
    ]
    assert sorted(one["value"] for page in pages for one in page["data"]) == wanted
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert {(page["total"], page["per_page"]) for page in pages} == {(5, 2)}
    assert all(page["cursor"] for page in pages)


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-014", source=LIVE, operations=[IMPORT, f"GET {LISTS}"])
def test_a_file_may_be_a_list_of_its_own(
    values: Handle, here: KibanaClient, unique: Callable[[], str], eventually: Eventually
) -> None:
    """A file that is imported into no list makes one, which is called as the file is."""
    name = f"{unique()}.txt"
    made = ok(here.post(f"{ITEMS}/_import", query={"type": "keyword"}, files=a_file("a", "b", name=name)))
    assert part(made, "id", "name", "type") == {"id": name, "name": name, "type": "keyword"}
    eventually("an import shows", lambda: shown(here, name) == ["a", "b"], within=60)
    assert ok(here.delete(LISTS, query={"id": name}))["id"] == name
    assert values.exists()


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-015", source=LIVE, operations=[f"GET {LISTS}/_find"])
def test_lists_are_found_page_by_page(
    values: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """The lists of a space are shown page by page: each once, and counted."""
    wanted = sorted([values.id, *(kibana_resources.value_list().id for _ in range(2))])
    find = f"{LISTS}/_find"
    eventually("lists are found", lambda: ok(here.get(find))["total"] == 3, within=30)
    pages = [ok(here.get(find, query={"per_page": 2, "page": page}))["data"] for page in (1, 2)]
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(one["id"] for page in pages for one in page) == wanted


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-016", source=LIVE, operations=[f"POST {INDEX}", f"GET {INDEX}"]
)
def test_data_streams_are_made_once(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A space has no data streams until they are made; making them again is refused with 409; others have none."""
    assert_refused(here.get(INDEX), 404)
    kibana_resources.value_list_index()
    assert shows(ok(here.get(INDEX)), {"list_index": True, "list_item_index": True})
    assert_refused(here.post(INDEX), 409, "already exists")
    assert_refused(other_space.get(INDEX), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-017", source=LIVE, operations=[f"DELETE {INDEX}", f"GET {INDEX}"], safety="disruptive"
)
def test_with_the_data_streams_all_lists_go(
    values: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """Deleting the data streams of a space takes all its lists with them; doing it again is refused with 404."""
    assert shows(ok(here.delete(INDEX)), {"acknowledged": True})
    assert_refused(here.get(INDEX), 404)
    assert_refused(here.delete(INDEX), 404)
    assert not values.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-018",
    source="Kibana source, read_privileges_route.ts",
    operations=[f"GET {LISTS}/privileges"],
)
def test_privileges_are_told(here: KibanaClient) -> None:
    """One is told what one may do with lists and with their items."""
    told = ok(here.get(f"{LISTS}/privileges"))
    assert told["is_authenticated"] is True
    assert isinstance(told["lists"]["has_all_requested"], bool)
    assert isinstance(told["listItems"]["has_all_requested"], bool)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-019", source=LIVE, operations=[f"POST {LISTS}", f"GET {LISTS}"]
)
def test_a_list_is_of_its_space(values: Handle, elsewhere: Resources, other_space: KibanaClient) -> None:
    """A list of one space is not found from another, where its id is free."""
    elsewhere.value_list_index()
    assert_refused(other_space.get(LISTS, query={"id": values.id}), 404)
    namesake = elsewhere.value_list(id=values.id, name="a namesake")
    assert namesake.read()["name"] == "a namesake"
    assert values.read()["name"] != "a namesake"


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-020", source=LIVE, operations=[IMPORT, EXPORT], tier="thorough"
)
@FEW
@given(lines=st.lists(st.from_regex("[A-Za-z0-9._:/-]{1,20}", fullmatch=True), min_size=1, unique=True))
def test_what_is_imported_is_exported(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually, lines: list[str]
) -> None:
    """Whatever values a file has, they are exported as they were."""
    made = kibana_resources.value_list()
    query = {"list_id": made.id, "type": "keyword", "refresh": "wait_for"}
    ok(here.post(f"{ITEMS}/_import", query=query, files=a_file(*lines)))
    eventually("an import shows", lambda: shown(here, made.id) == sorted(lines), within=60)
