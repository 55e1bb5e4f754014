"""Value lists: values that are found, replaced and taken out, a little later than they were sent."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import Stranger, assert_refused, ok
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import API_TESTS
from pytest_kibana.wire import KibanaClient

LIVE = "observed live: changes show after about a second, whatever refresh says"
LISTS, ITEMS = "/api/lists", "/api/lists/items"


@pytest.fixture
def values(kibana_resources: Resources) -> Handle:
    """An empty list of keywords. Its data streams go before the space does."""
    return kibana_resources.value_list()


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-001",
    source=LIVE,
    operations=[f"POST {ITEMS}", f"GET {ITEMS}", f"DELETE {ITEMS}"],
    tier="smoke",
)
def test_a_value_comes_and_goes(values: Handle, here: KibanaClient, eventually: Eventually) -> None:
    """A value is found in its list as an array of items, and no more after it was taken out."""
    one = {"list_id": values.id, "value": "first"}
    ok(here.post(ITEMS, json={**one, "refresh": "wait_for"}))

    def found() -> bool:
        answer = here.get(ITEMS, query=one)
        return answer.status_code == 200 and [item["value"] for item in answer.json()] == ["first"]

    eventually("a value is found", found, within=30)
    removed = ok(here.delete(ITEMS, query={**one, "refresh": "wait_for"}))
    assert [item["value"] for item in removed] == ["first"]
    eventually("a value is gone", lambda: here.get(ITEMS, query=one).status_code == 404, within=30)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-002", source=LIVE, operations=[f"GET {LISTS}", f"DELETE {LISTS}", f"POST {ITEMS}"]
)
def test_an_unknown_list_is_not_found(values: Handle, here: KibanaClient) -> None:
    """A list that does not exist is answered 404, whether it is read, deleted or given a value."""
    nowhere = f"{values.id}-not"
    assert_refused(here.get(LISTS, query={"id": nowhere}), 404)
    assert_refused(here.delete(LISTS, query={"id": nowhere}), 404)
    assert_refused(here.post(ITEMS, json={"list_id": nowhere, "value": "x"}), 404)


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-003", source=LIVE, operations=[f"POST {LISTS}"])
def test_a_taken_id_is_a_conflict(values: Handle, here: KibanaClient) -> None:
    """A list whose id is taken is refused with 409."""
    body = {"id": values.id, "name": "a namesake", "description": "x", "type": "keyword"}
    assert_refused(here.post(LISTS, json=body), 409)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LISTS-004",
    source=API_TESTS,
    operations=[f"POST {LISTS}", f"POST {ITEMS}", f"DELETE {LISTS}"],
    tier="smoke",
)
def test_strangers_change_no_list(stranger: Stranger, values: Handle, kibana_space: Handle) -> None:
    """Neither somebody without credentials nor a viewer makes a list, puts a value into one, or deletes one."""
    stranger.assert_refused(
        kibana_space,
        ("POST", LISTS, {"id": f"{values.id}-x", "name": "x", "description": "x", "type": "keyword"}),
        ("POST", ITEMS, {"list_id": values.id, "value": "x"}),
        ("DELETE", f"{LISTS}?id={values.id}"),
    )
    assert values.exists()
