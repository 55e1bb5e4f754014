"""Exceptions: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

LISTS, ITEMS = "/api/exception_lists", "/api/exception_lists/items"
NOBODYS = f"kbn-test-no-such-list-{NO_SUCH_ID}"
A_LIST: dict[str, Any] = {"name": "x", "description": "x", "type": "detection"}
AN_ITEM: dict[str, Any] = {
    "name": "x",
    "description": "x",
    "type": "simple",
    "entries": [{"field": "host.name", "operator": "included", "type": "match", "value": "nowhere"}],
}
NO_NDJSON = {"file": File("exceptions.txt", b"{}\n", "text/plain")}
WHICH = {"list_id": NOBODYS, "namespace_type": "single", "include_expired_exceptions": "true"}

REFUSED = (
    Ask(f"GET {LISTS}", query={"list_id": NOBODYS}, says=("does not exist",)),
    Ask(f"GET {LISTS}", status=400, name="without an id"),
    Ask(f"POST {LISTS}", json={**A_LIST, "type": "no such type"}, status=400, name="of an unknown type"),
    Ask(f"POST {LISTS}", json={"type": "detection"}, status=400, name="without a name"),
    Ask(f"PUT {LISTS}", json={**A_LIST, "list_id": NOBODYS}, says=("does not exist",)),
    Ask(f"PUT {LISTS}", json={"list_id": NOBODYS}, status=400, name="without a name"),
    Ask(f"DELETE {LISTS}", query={"list_id": NOBODYS}, says=("does not exist",)),
    Ask(f"GET {LISTS}/_find", query={"page": "first"}, status=400, name="of no number"),
    Ask(f"GET {LISTS}/_find", query={"namespace_type": "elsewhere"}, status=400, name="of an unknown kind"),
    Ask(f"POST {LISTS}/_duplicate", query=WHICH, says=("does not exist",)),
    Ask(f"POST {LISTS}/_export", query={**WHICH, "id": NO_SUCH_ID}, status=(400, 404)),
    Ask(f"POST {LISTS}/_export", query={"list_id": NOBODYS}, status=400, name="without all it takes"),
    Ask(f"POST {LISTS}/_import", files=NO_NDJSON, status=400, says=("Invalid file extension",)),
    Ask(f"GET {LISTS}/summary", query={"list_id": NOBODYS}, says=("does not exist",)),
    Ask("POST /api/exceptions/shared", json={"description": "x"}, status=400, name="without a name"),
    Ask(f"GET {ITEMS}", query={"item_id": NOBODYS}, says=("does not exist",)),
    Ask(f"GET {ITEMS}", status=400, name="without an id"),
    Ask(f"POST {ITEMS}", json={**AN_ITEM, "list_id": NOBODYS}, says=("does not exist",)),
    Ask(f"POST {ITEMS}", json={**AN_ITEM, "list_id": NOBODYS, "type": "x"}, status=400, name="of no type"),
    Ask(f"PUT {ITEMS}", json={**AN_ITEM, "id": NO_SUCH_ID}, says=("does not exist",)),
    Ask(f"DELETE {ITEMS}", query={"item_id": NOBODYS}, says=("does not exist",)),
    Ask(f"GET {ITEMS}/_find", query={"list_id": NOBODYS}, says=("does not exist",)),
    Ask(
        "POST /api/detection_engine/rules/{id}/exceptions",
        (NO_SUCH_ID,),
        json={"items": [{"name": "lacks the rest"}]},
        status=400,
        name="of an incomplete exception",
    ),
)


@pytest.mark.kibana_requirement("KBN-REQ-EXC-030", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-EXC-031", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads, changes or moves exceptions."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-EXC-032", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded(REFUSED)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, copies, imports and deletes no exceptions."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
