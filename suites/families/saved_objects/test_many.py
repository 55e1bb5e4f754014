"""Saved objects in bulk: a part of the answer for each that was asked about, in their order; and how they are found."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(flavor="traditional")
LIVE = "observed live; Elastic's saved_object_api_integration suite"
FIND = "/api/saved_objects/_find"


def bulk(name: str) -> str:
    """Return the path of a bulk operation."""
    return f"/api/saved_objects/_bulk_{name}"


def errors(rows: list[Any]) -> list[int | None]:
    """Return the status of the error of each row, None where it has none."""
    return [(row.get("error") or {}).get("statusCode") for row in rows]


def named(*keys: str) -> list[dict[str, str]]:
    """Return how tags are named in a bulk."""
    return [{"type": "tag", "id": key} for key in keys]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-020", source=LIVE, operations=["POST /api/saved_objects/_bulk_create"], tier="smoke"
)
def test_creating_many(here: KibanaClient, tag: Callable[..., str], unique: Callable[[], str]) -> None:
    """Of many to be made each is made or refused for itself, in their order; a taken id is a 409 of its part."""
    first, taken, last = unique(), tag(name="was here"), unique()
    rows = [
        {**one, "attributes": {"name": "bulk", "description": "", "color": "#00bfb3"}}
        for one in named(first, taken, last)
    ]
    answer = ok(here.post(bulk("create"), json=rows))["saved_objects"]
    assert [one["id"] for one in answer] == [first, taken, last]
    assert errors(answer) == [None, 409, None]
    read = ok(here.post(bulk("get"), json=named(first, taken, last)))["saved_objects"]
    assert [one["attributes"]["name"] for one in read] == ["bulk", "was here", "bulk"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-021", source=LIVE, operations=["POST /api/saved_objects/_bulk_get"], safety="space"
)
def test_reading_many(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Of many to be read each is there or a 404 of its part, in their order, twice where it is asked twice."""
    one, other = tag(), tag()
    answer = ok(here.post(bulk("get"), json=named(other, NO_SUCH_ID, one, other)))["saved_objects"]
    assert [row["id"] for row in answer] == [other, NO_SUCH_ID, one, other]
    assert errors(answer) == [None, 404, None, None]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-022",
    source="observed live: it is a PUT, whatever published contracts say",
    operations=["PUT /api/saved_objects/_bulk_update"],
)
def test_changing_many(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Of many to be changed each is changed or refused for itself; an old version is a 409 of its part."""
    fresh, stale = tag(), tag()
    old = ok(here.get(f"/api/saved_objects/tag/{stale}"))["version"]
    ok(here.put(f"/api/saved_objects/tag/{stale}", json={"attributes": {"description": "newer"}}))
    rows: list[dict[str, Any]] = [
        {**one, "attributes": {"description": "bulk"}} for one in named(fresh, NO_SUCH_ID, stale)
    ]
    rows[2]["version"] = old
    answer = ok(here.put(bulk("update"), json=rows))["saved_objects"]
    assert [row["id"] for row in answer] == [fresh, NO_SUCH_ID, stale]
    assert errors(answer) == [None, 404, 409]
    read = ok(here.post(bulk("get"), json=named(fresh, stale)))["saved_objects"]
    assert [row["attributes"]["description"] for row in read] == ["bulk", "newer"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-023", source=LIVE, operations=["POST /api/saved_objects/_bulk_delete"], tier="smoke"
)
def test_deleting_many(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Of many to be deleted each is gone or a 404 of its part, in their order."""
    one, other, kept = tag(), tag(), tag()
    answer = ok(here.post(bulk("delete"), json=named(one, NO_SUCH_ID, other)))["statuses"]
    assert [(row["id"], row["success"]) for row in answer] == [
        (one, True),
        (NO_SUCH_ID, False),
        (other, True),
    ]
    assert errors(answer) == [None, 404, None]
    read = ok(here.post(bulk("get"), json=named(one, other, kept)))["saved_objects"]
    assert errors(read) == [404, 404, None]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-024", source=LIVE, operations=["POST /api/saved_objects/_bulk_resolve"]
)
def test_resolving_many(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Of many to be resolved each is found or a 404 of its part, in their order."""
    one, other = tag(), tag()
    answer = ok(here.post(bulk("resolve"), json=named(one, NO_SUCH_ID, other)))["resolved_objects"]
    assert [row["saved_object"]["id"] for row in answer] == [one, NO_SUCH_ID, other]
    assert [answer[0]["outcome"], answer[2]["outcome"]] == ["exactMatch"] * 2
    assert errors([row["saved_object"] for row in answer]) == [None, 404, None]


@pytest.mark.kibana_requirement("KBN-REQ-SO-030", source=LIVE, operations=[f"GET {FIND}"], safety="read")
def test_a_search_says_what_for(kibana_client: KibanaClient) -> None:
    """A search that names no type is refused with 400."""
    assert_refused(kibana_client.get(FIND), 400)


@pytest.mark.kibana_requirement("KBN-REQ-SO-031", source=LIVE, operations=[f"GET {FIND}"])
def test_a_search_finds_by_type_and_text(
    here: KibanaClient, tag: Callable[..., str], kibana_resources: Resources
) -> None:
    """A search finds objects of the types and texts that it names, and no others."""
    needle, _ = tag(name="needle"), tag(name="straw")
    view = kibana_resources.data_view()
    found = ok(here.get(FIND, query={"type": "tag", "search": "needle", "search_fields": "name"}))
    assert ([one["id"] for one in found["saved_objects"]], found["total"]) == ([needle], 1)
    both = ok(here.get(FIND, query={"type": ["tag", "index-pattern"], "per_page": 50}))["saved_objects"]
    assert {one["type"] for one in both} == {"tag", "index-pattern"}
    assert view.id in [one["id"] for one in both]


@pytest.mark.kibana_requirement("KBN-REQ-SO-032", source=LIVE, operations=[f"GET {FIND}"])
def test_a_search_finds_by_reference(
    here: KibanaClient, kibana_resources: Resources, unique: Callable[[], str]
) -> None:
    """A search for what refers to an object finds that, and nothing else."""
    view, other = kibana_resources.data_view(), kibana_resources.data_view()
    user, idler = unique(), unique()
    for key, target in ((user, view), (idler, other)):
        reference = {"type": "index-pattern", "id": target.id, "name": "view"}
        body = {"attributes": {"title": key}, "references": [reference]}
        ok(here.post(f"/api/saved_objects/dashboard/{key}", json=body))
    asked = json.dumps({"type": "index-pattern", "id": view.id})
    found = ok(here.get(FIND, query={"type": "dashboard", "has_reference": asked}))["saved_objects"]
    assert [one["id"] for one in found] == [user]


@pytest.mark.kibana_requirement("KBN-REQ-SO-033", source=LIVE, operations=[f"GET {FIND}"])
def test_a_search_sorts_and_shows_fields(here: KibanaClient, tag: Callable[..., str]) -> None:
    """A search shows the attributes that it names, and sorts by when objects were changed last."""
    first, second = tag(), tag()
    ok(here.put(f"/api/saved_objects/tag/{first}", json={"attributes": {"description": "newest"}}))
    query = {"type": "tag", "fields": "description", "sort_field": "updated_at"}
    for order, wanted in (("desc", [first, second]), ("asc", [second, first])):
        rows = ok(here.get(FIND, query={**query, "sort_order": order}))["saved_objects"]
        assert [one["id"] for one in rows] == wanted
        assert [list(one["attributes"]) for one in rows] == [["description"]] * 2
