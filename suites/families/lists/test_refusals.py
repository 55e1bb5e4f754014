"""Value lists: what is refused to everybody, and who may ask at all."""

import pytest

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

LISTS, ITEMS, INDEX = "/api/lists", "/api/lists/items", "/api/lists/index"
NOBODYS = f"kbn-test-no-such-list-{NO_SUCH_ID}"
TEXT = {"file": File("values.txt", b"x\n", "text/plain")}

REFUSED = (
    Ask(f"GET {LISTS}", query={"id": NOBODYS}, says=("does not exist",)),
    Ask(f"GET {LISTS}", status=400, name="without an id"),
    Ask(f"POST {LISTS}", json={"name": "x", "description": "x", "type": "x"}, status=400, name="of no type"),
    Ask(f"POST {LISTS}", json={"type": "keyword"}, status=400, name="without a name"),
    Ask(f"PUT {LISTS}", json={"id": NOBODYS, "name": "x", "description": "x"}),
    Ask(f"PUT {LISTS}", json={"id": NOBODYS}, status=400, name="without a name"),
    Ask(f"PATCH {LISTS}", json={"id": NOBODYS, "name": "x"}),
    Ask(f"PATCH {LISTS}", json={"name": "x"}, status=400, name="without an id"),
    Ask(f"DELETE {LISTS}", query={"id": NOBODYS}),
    Ask(f"GET {LISTS}/_find", query={"per_page": "many"}, status=400, name="of no number"),
    Ask(f"GET {ITEMS}", query={"list_id": NOBODYS, "value": "x"}, says=("does not exist",)),
    Ask(f"GET {ITEMS}", query={"id": NOBODYS}, name="by id"),
    Ask(f"GET {ITEMS}", status=400, name="without an id"),
    Ask(f"POST {ITEMS}", json={"list_id": NOBODYS, "value": "x"}, says=("does not exist",)),
    Ask(f"POST {ITEMS}", json={"list_id": NOBODYS}, status=400, name="without a value"),
    Ask(f"PUT {ITEMS}", json={"id": NOBODYS, "value": "x"}, says=("not found",)),
    Ask(f"PATCH {ITEMS}", json={"id": NOBODYS, "value": "x"}, says=("not found",)),
    Ask(f"DELETE {ITEMS}", query={"id": NOBODYS}, says=("not found",)),
    Ask(f"DELETE {ITEMS}", status=400, name="without an id"),
    Ask(f"GET {ITEMS}/_find", query={"list_id": NOBODYS}, says=("does not exist",)),
    Ask(f"POST {ITEMS}/_export", query={"list_id": NOBODYS}, status=(400, 404), says=("does not exist",)),
    Ask(f"POST {ITEMS}/_import", files=TEXT, status=400, name="without list or type"),
)
OPEN = (Ask(f"GET {INDEX}"), Ask(f"GET {LISTS}/privileges"), Ask(f"POST {INDEX}"), Ask(f"DELETE {INDEX}"))


@pytest.fixture
def data_streams(kibana_resources: Resources) -> Handle:
    """The data streams of the space: without them everything is refused for want of them."""
    return kibana_resources.value_list_index()


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-030", source=LIVE)
@pytest.mark.usefixtures("data_streams")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-031", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes lists, their values or their data streams."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-LISTS-032", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, fills and deletes no list."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
