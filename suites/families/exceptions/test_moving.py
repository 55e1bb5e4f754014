"""Exceptions that travel: copies, exports, imports, the lists of rules, and what all spaces share."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import assert_refused, lines, ndjson, ok, part
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

LISTS, ITEMS = "/api/exception_lists", "/api/exception_lists/items"
EXPORT, IMPORT = f"POST {LISTS}/_export", f"POST {LISTS}/_import"
ENTRY = {"field": "host.name", "operator": "included", "type": "match", "value": "nowhere"}


def item_body(item_id: str, **more: Any) -> dict[str, Any]:
    """Return the body of an exception, without its list."""
    return {
        "item_id": item_id,
        "type": "simple",
        "name": item_id,
        "description": "made by a test",
        "entries": [ENTRY],
        **more,
    }


def items_of(client: KibanaClient, list_id: str) -> list[dict[str, Any]]:
    """Return what is in a list."""
    found: list[dict[str, Any]] = ok(client.get(f"{ITEMS}/_find", query={"list_id": list_id}))["data"]
    return found


def exported(client: KibanaClient, one: Handle, **more: str) -> Any:
    """Return the answer of exporting a list."""
    query = {
        "id": one.id,
        "list_id": one.keys["list_id"],
        "namespace_type": "single",
        "include_expired_exceptions": "true",
        **more,
    }
    return client.post(f"{LISTS}/_export", query=query)


@pytest.fixture
def full_list(kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]) -> Handle:
    """A list with two exceptions in it."""
    made = kibana_resources.exception_list()
    for _ in range(2):
        ok(here.post(ITEMS, json=item_body(unique(), list_id=made.keys["list_id"])))
    return made


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-010", source=LIVE, operations=[EXPORT, IMPORT, f"GET {ITEMS}/_find"], tier="smoke"
)
def test_an_export_brings_a_list_back(full_list: Handle, here: KibanaClient) -> None:
    """A list that is exported, deleted and imported is there again with its exceptions; the file counts them."""
    list_id = full_list.keys["list_id"]
    before = {one["item_id"]: one["entries"] for one in items_of(here, list_id)}
    answer = exported(here, full_list)
    assert answer.status_code == 200, answer.text
    *rows, tally = lines(answer)
    assert [row["list_id"] for row in rows] == [list_id] * 3
    assert part(tally, "exported_exception_list_count", "exported_exception_list_item_count") == {
        "exported_exception_list_count": 1,
        "exported_exception_list_item_count": 2,
    }
    ok(here.delete(LISTS, query={"list_id": list_id}))
    told = ok(here.post(f"{LISTS}/_import", files=ndjson(rows)))
    assert part(told, "success", "success_count", "errors") == {
        "success": True,
        "success_count": 3,
        "errors": [],
    }
    assert {one["item_id"]: one["entries"] for one in items_of(here, list_id)} == before


@pytest.mark.kibana_requirement("KBN-REQ-EXC-011", source=LIVE, operations=[EXPORT, IMPORT])
def test_what_is_there_is_imported_only_when_told_so(full_list: Handle, here: KibanaClient) -> None:
    """An import of what is there reports a conflict for each and changes nothing; told to overwrite, it succeeds."""
    rows = lines(exported(here, full_list))[:-1]
    rows[0] = {**rows[0], "description": "from the file"}
    told = ok(here.post(f"{LISTS}/_import", files=ndjson(rows)))
    assert part(told, "success", "success_count") == {"success": False, "success_count": 0}
    assert {one["error"]["status_code"] for one in told["errors"]} == {409}
    assert full_list.read()["description"] == full_list.sent["description"]
    told = ok(here.post(f"{LISTS}/_import", query={"overwrite": True}, files=ndjson(rows)))
    assert told["success"] is True
    again = ok(here.get(LISTS, query={"list_id": full_list.keys["list_id"]}))
    assert again["description"] == "from the file"


@pytest.mark.kibana_requirement("KBN-REQ-EXC-012", source=LIVE, operations=[EXPORT, IMPORT])
def test_an_import_may_be_a_new_list(full_list: Handle, here: KibanaClient) -> None:
    """An import as a new list gives it another id, and leaves the one that is there alone."""
    rows = lines(exported(here, full_list))[:-1]
    told = ok(here.post(f"{LISTS}/_import", query={"as_new_list": True}, files=ndjson(rows)))
    assert told["success"] is True
    ids = {one["list_id"] for one in ok(here.get(f"{LISTS}/_find"))["data"]}
    assert full_list.keys["list_id"] in ids
    assert len(ids) == 2
    (fresh,) = ids - {full_list.keys["list_id"]}
    assert len(items_of(here, fresh)) == len(items_of(here, full_list.keys["list_id"])) == 2


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-013",
    source="Kibana source, lists plugin, import_exceptions_route.ts",
    operations=[IMPORT],
)
def test_a_broken_line_is_reported(here: KibanaClient, unique: Callable[[], str]) -> None:
    """Of a file with a line that makes no sense the others are imported, and the line is reported."""
    good = {
        "list_id": unique(),
        "name": "good",
        "description": "made by a test",
        "type": "detection",
        "namespace_type": "single",
    }
    told = ok(here.post(f"{LISTS}/_import", files=ndjson([good, {"list_id": unique()}])))
    assert part(told, "success", "success_count_exception_lists") == {
        "success": False,
        "success_count_exception_lists": 1,
    }
    assert len(told["errors"]) == 1
    assert ok(here.get(LISTS, query={"list_id": good["list_id"]}))["name"] == "good"


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-014", source=LIVE, operations=[f"POST {LISTS}/_duplicate", f"GET {ITEMS}/_find"]
)
def test_a_copy_is_a_list_of_its_own(full_list: Handle, here: KibanaClient) -> None:
    """A copy has ids of its own and the same exceptions; deleting it leaves the first as it was."""
    query = {
        "list_id": full_list.keys["list_id"],
        "namespace_type": "single",
        "include_expired_exceptions": "true",
    }
    copy = ok(here.post(f"{LISTS}/_duplicate", query=query))
    assert full_list.keys["list_id"] != copy["list_id"]
    assert copy["id"] != full_list.id
    assert full_list.body["name"] in copy["name"]
    first, second = items_of(here, full_list.keys["list_id"]), items_of(here, copy["list_id"])
    assert [one["entries"] for one in second] == [one["entries"] for one in first]
    assert not {one["item_id"] for one in first} & {one["item_id"] for one in second}
    ok(here.delete(LISTS, query={"id": copy["id"]}))
    assert len(items_of(here, full_list.keys["list_id"])) == 2


@pytest.mark.kibana_requirement("KBN-REQ-EXC-015", source=LIVE, operations=[f"GET {LISTS}/summary"])
def test_a_summary_counts_by_operating_system(
    kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """A summary says how many exceptions a list has, and how many of them are for which operating system."""
    made = kibana_resources.exception_list()
    for systems in (["linux"], ["linux", "macos"], ["windows"]):
        body = item_body(unique(), list_id=made.keys["list_id"], os_types=systems)
        ok(here.post(ITEMS, json=body))
    for query in ({"id": made.id}, {"list_id": made.keys["list_id"]}):
        counts = ok(here.get(f"{LISTS}/summary", query=query))
        assert part(counts, "total", "linux", "macos", "windows") == {
            "total": 3,
            "linux": 2,
            "macos": 1,
            "windows": 1,
        }


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-016",
    source="Kibana source, create_shared_exceptions_list_route.ts",
    operations=["POST /api/exceptions/shared"],
)
def test_a_shared_list_is_for_any_rule(here: KibanaClient, unique: Callable[[], str]) -> None:
    """A shared list is made of a name and a description: empty, for detections, with an id of its own."""
    name = unique()
    made = ok(here.post("/api/exceptions/shared", json={"name": name, "description": "made by a test"}))
    assert part(made, "name", "type", "namespace_type") == {
        "name": name,
        "type": "detection",
        "namespace_type": "single",
    }
    assert items_of(here, made["list_id"]) == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-017",
    source=LIVE,
    operations=["POST /api/detection_engine/rules/{id}/exceptions", f"GET {ITEMS}"],
)
def test_a_rule_has_a_list_of_its_own(
    kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """Exceptions of a rule go into one list of its own, which is made with the first of them."""
    rule, path = kibana_resources.detection_rule(), "/api/detection_engine/rules/{}/exceptions"
    first, second = (
        ok(here.post(path.format(rule.id), json={"items": [item_body(unique())]}))[0] for _ in range(2)
    )
    assert first["list_id"] == second["list_id"]
    assert {one["item_id"] for one in items_of(here, first["list_id"])} == {
        first["item_id"],
        second["item_id"],
    }
    assert ok(here.get(ITEMS, query={"id": first["id"]}))["entries"] == [ENTRY]
    ok(here.delete(ITEMS, query={"item_id": first["item_id"]}))
    assert [one["item_id"] for one in items_of(here, first["list_id"])] == [second["item_id"]]
    lists = ok(here.get(f"{LISTS}/_find"))["data"]
    assert [(one["list_id"], one["type"]) for one in lists] == [(first["list_id"], "rule_default")]


@pytest.mark.kibana_requirement("KBN-REQ-EXC-018", source=LIVE, operations=[f"GET {LISTS}/_find"])
def test_lists_are_found_page_by_page(kibana_resources: Resources, here: KibanaClient) -> None:
    """The list of lists is filtered, sorted, and shown page by page; pages are disjoint and make the whole."""
    made = [kibana_resources.exception_list(name=name) for name in ("aardvark", "badger", "coyote")]
    by_name = {"sort_field": "name", "sort_order": "desc", "per_page": 2}
    pages = [ok(here.get(f"{LISTS}/_find", query={**by_name, "page": page})) for page in (1, 2, 3)]
    assert [[one["id"] for one in page["data"]] for page in pages] == [
        [made[2].id, made[1].id],
        [made[0].id],
        [],
    ]
    assert {(page["total"], page["per_page"]) for page in pages} == {(3, 2)}
    wanted = f'exception-list.attributes.list_id: "{made[1].keys["list_id"]}"'
    assert [one["id"] for one in ok(here.get(f"{LISTS}/_find", query={"filter": wanted}))["data"]] == [
        made[1].id
    ]


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-019", source=LIVE, operations=[f"POST {LISTS}", f"GET {LISTS}", f"GET {LISTS}/_find"]
)
def test_a_list_is_of_its_space(
    kibana_resources: Resources, elsewhere: Resources, other_space: KibanaClient
) -> None:
    """A list of one space is not found or listed from another, where its id is free."""
    made = kibana_resources.exception_list()
    list_id = made.keys["list_id"]
    assert_refused(other_space.get(LISTS, query={"list_id": list_id}), 404)
    assert ok(other_space.get(f"{LISTS}/_find"))["total"] == 0
    namesake = elsewhere.exception_list(list_id=list_id)
    assert namesake.id != made.id
    assert ok(other_space.get(LISTS, query={"list_id": list_id}))["id"] == namesake.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-020",
    source="Kibana docs, exceptions: namespace_type; observed live",
    operations=[f"POST {LISTS}", f"GET {LISTS}"],
    safety="global",
)
def test_an_agnostic_list_is_of_every_space(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A list that is of no space is read from all, where that is asked for."""
    made = kibana_resources.exception_list(namespace_type="agnostic")
    query = {"list_id": made.keys["list_id"], "namespace_type": "agnostic"}
    assert ok(other_space.get(LISTS, query=query)) == ok(here.get(LISTS, query=query))
    assert_refused(here.get(LISTS, query={"list_id": made.keys["list_id"]}), 404)


@pytest.mark.kibana_requirement("KBN-REQ-EXC-021", source=LIVE, operations=[f"PUT {ITEMS}", f"GET {ITEMS}"])
def test_an_old_version_changes_no_item(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change of an exception at an old version is refused with 409 and changes nothing."""
    item = kibana_resources.exception_list_item()
    old = item.read()["_version"]
    body = {k: v for k, v in item_body("x").items() if k != "item_id"} | {"id": item.id, "_version": old}
    ok(here.put(ITEMS, json={**body, "name": "first"}))
    now = item.read()
    assert_refused(here.put(ITEMS, json={**body, "name": "too late"}), 409)
    assert item.read() == now


@pytest.mark.kibana_requirement(
    "KBN-REQ-EXC-022", source=LIVE, operations=[f"GET {ITEMS}", f"DELETE {ITEMS}"]
)
def test_comments_say_who_and_when(
    kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """A comment on an exception is kept with its author and its time, and goes with the exception."""
    list_id = kibana_resources.exception_list().keys["list_id"]
    body = item_body(unique(), list_id=list_id, comments=[{"comment": "why not"}])
    made = ok(here.post(ITEMS, json=body))
    (comment,) = ok(here.get(ITEMS, query={"item_id": body["item_id"]}))["comments"]
    assert comment["comment"] == "why not"
    assert all(comment[name] for name in ("id", "created_at", "created_by"))
    gone = ok(here.delete(ITEMS, query={"id": made["id"]}))
    assert gone["comments"] == [comment]
    assert json.dumps(items_of(here, list_id)) == "[]"
