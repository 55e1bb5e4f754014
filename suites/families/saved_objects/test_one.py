"""One saved object: its id, its type, its attributes, its version."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok, texts
from pytest_kibana.suites.families.sources import API_TESTS
from pytest_kibana.wire import KibanaClient

# On serverless these operations are internal (elastic/kibana#184408).
pytestmark = pytest.mark.kibana_requires(flavor="traditional")
LIVE = "observed live; Elastic's saved_object_api_integration suite"
ONE = "/api/saved_objects/{}/{}"
MAKE, MAKE_AS = "POST /api/saved_objects/{type}", "POST /api/saved_objects/{type}/{id}"
READ, CHANGE = "GET /api/saved_objects/{type}/{id}", "PUT /api/saved_objects/{type}/{id}"
REMOVE = "DELETE /api/saved_objects/{type}/{id}"
TAG = {"name": "x", "description": "", "color": "#00bfb3"}


@pytest.mark.kibana_requirement("KBN-REQ-SO-001", source=LIVE, operations=[MAKE, READ])
def test_an_id_that_is_not_chosen_is_a_uuid(here: KibanaClient) -> None:
    """An object that is given no id gets a UUID, and reads back under it."""
    made = ok(here.post("/api/saved_objects/tag", json={"attributes": TAG}))
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert ok(here.get(ONE.format("tag", made["id"])))["attributes"] == TAG


@pytest.mark.kibana_requirement("KBN-REQ-SO-002", source=LIVE, operations=[MAKE_AS], tier="smoke")
def test_overwriting_is_asked_for(here: KibanaClient, tag: Callable[..., str]) -> None:
    """A taken id is refused with 409, unless overwriting is asked for, which replaces all attributes."""
    key = tag(description="kept")
    one, body = ONE.format("tag", key), {"attributes": {**TAG, "name": "taken over"}}
    assert_refused(here.post(one, json=body), 409, f"Saved object [tag/{key}] conflict")
    assert ok(here.get(one))["attributes"]["description"] == "kept"
    ok(here.post(one, json=body, query={"overwrite": True}))
    assert ok(here.get(one))["attributes"] == body["attributes"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-003", source="observed live, in recordings of 9.0.1 as well", operations=[READ, CHANGE]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_object_is_named(here: KibanaClient, unique: Callable[[], str], method: str) -> None:
    """Reading, changing or deleting what does not exist is answered 404, with its type and id."""
    key = unique()
    body: dict[str, Any] = {"json": {"attributes": {"name": "x"}}} if method == "PUT" else {}
    answer = here.request(method, ONE.format("tag", key), **body)
    assert_refused(answer, 404, f"Saved object [tag/{key}] not found")


@pytest.mark.kibana_requirement("KBN-REQ-SO-004", source=LIVE, operations=[MAKE])
def test_an_unknown_type_is_refused(here: KibanaClient) -> None:
    """An object of an unknown type is refused with 400."""
    answer = here.post("/api/saved_objects/no-such-type", json={"attributes": {}})
    assert_refused(answer, 400, "Unsupported saved object type", "no-such-type")


@pytest.mark.kibana_requirement("KBN-REQ-SO-005", source=LIVE, operations=[MAKE_AS, READ])
def test_attributes_without_a_mapping_are_refused(here: KibanaClient, unique: Callable[[], str]) -> None:
    """An attribute that the mapping of a strict type has no room for is refused with 400, and nothing is made."""
    one = ONE.format("tag", unique())
    assert_refused(here.post(one, json={"attributes": {**TAG, "noSuchAttribute": 1}}), 400)
    assert_refused(here.get(one), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SO-006", source=LIVE, operations=[CHANGE, READ], tier="smoke")
def test_a_change_keeps_what_it_leaves_out(here: KibanaClient, tag: Callable[..., str]) -> None:
    """A change keeps attributes that it leaves out, and moves version and time."""
    one = ONE.format("tag", tag(description="before"))
    before = ok(here.get(one))
    ok(here.put(one, json={"attributes": {"description": "after"}}))
    after = ok(here.get(one))
    assert after["attributes"] == {**before["attributes"], "description": "after"}
    assert after["version"] != before["version"]
    assert after["updated_at"] >= before["updated_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", after["updated_at"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-007", source="observed live; Kibana source: OCC by version", operations=[CHANGE, READ]
)
def test_an_old_version_changes_nothing(here: KibanaClient, tag: Callable[..., str]) -> None:
    """A change that names the version at hand passes, one that names an old version is refused with 409."""
    one = ONE.format("tag", tag())
    old = ok(here.get(one))["version"]
    ok(here.put(one, json={"attributes": {"description": "first"}, "version": old}))
    now = ok(here.get(one))
    assert_refused(here.put(one, json={"attributes": {"description": "second"}, "version": old}), 409)
    assert ok(here.get(one)) == now


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-008", source=LIVE, operations=["GET /api/saved_objects/resolve/{type}/{id}"]
)
def test_resolving_finds_the_very_object(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Resolving an id finds the object of that id, and says so; an unknown one is answered 404."""
    key = tag()
    found = ok(here.get(f"/api/saved_objects/resolve/tag/{key}"))
    assert (found["outcome"], found["saved_object"]["id"]) == ("exactMatch", key)
    assert_refused(here.get(f"/api/saved_objects/resolve/tag/{NO_SUCH_ID}"), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SO-009", source=LIVE, operations=[REMOVE])
def test_a_delete_says_nothing(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Deleting an object is answered 200 with an empty object, and the second time with 404."""
    one = ONE.format("tag", tag())
    assert ok(here.delete(one)) == {}
    assert_refused(here.delete(one), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-010", level="SHOULD", source="recordings of 9.0.1", operations=[READ], since="9.0"
)
def test_it_is_said_that_the_api_is_deprecated(here: KibanaClient, tag: Callable[..., str]) -> None:
    """Operations on single objects carry a warning that they are deprecated."""
    answer = here.get(ONE.format("tag", tag()))
    assert answer.headers.get("warning", "").startswith("299 Kibana-")


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-011",
    source="Elastic's saved_object_api_integration suite",
    operations=[MAKE, MAKE_AS, READ, CHANGE],
    tier="smoke",
)
def test_strangers_change_no_object(
    stranger: Stranger, kibana_space: Handle, here: KibanaClient, tag: Callable[..., str]
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes or deletes an object."""
    one = ONE.format("tag", tag())
    before = ok(here.get(one))
    body = {"attributes": TAG}
    stranger.assert_refused(
        kibana_space,
        ("POST", "/api/saved_objects/tag", body),
        ("POST", f"{one}?overwrite=true", body),
        ("PUT", one, body),
        ("DELETE", one),
        ("POST", "/api/saved_objects/_bulk_create", [{"type": "tag", **body}]),
    )
    assert ok(here.get(one)) == before
    assert ok(here.get("/api/saved_objects/_find", query={"type": "tag"}))["total"] == 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-012", source=API_TESTS, operations=[MAKE_AS, READ], tier="thorough"
)
@FEW
@given(
    name=texts, description=st.one_of(st.just(""), texts), color=st.from_regex("#[0-9a-f]{6}", fullmatch=True)
)
def test_attributes_read_as_they_were_written(
    here: KibanaClient, unique: Callable[[], str], name: str, description: str, color: str
) -> None:
    """Whatever texts the attributes of a tag are, they read back the same."""
    one = ONE.format("tag", unique())
    told = {"name": name, "description": description, "color": color}
    ok(here.post(one, json={"attributes": told}))
    assert ok(here.get(one))["attributes"] == told
