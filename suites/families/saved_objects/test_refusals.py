"""Saved objects: what is refused to everybody, and what to nobody and the viewer."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

BASE, ONE = "/api/saved_objects", "/api/saved_objects/{type}/{id}"
MANY = ("_bulk_create", "_bulk_get", "_bulk_resolve", "_bulk_delete")
TAG = {"type": "tag", "id": NO_SUCH_ID}
NAMED = {**TAG, "attributes": {"name": "x", "description": "", "color": "#00bfb3"}}
ROTATE = "POST /api/encrypted_saved_objects/_rotate_key"
REFUSED = (
    *(Ask(f"POST {BASE}/{word}", json={"type": "tag"}, status=400, name="of no list") for word in MANY),
    *(Ask(f"POST {BASE}/{word}", json=[{"id": "x"}], status=400, name="of no type") for word in MANY),
    Ask(f"POST {BASE}/_export", json={}, status=400, name="of nothing"),
    Ask(f"POST {BASE}/_resolve_import_errors", json={}, status=(400, 415), name="of no file"),
    Ask(ROTATE, query={"batch_size": "many"}, status=400, name="by many"),
    Ask(f"GET {BASE}/_find", status=400, name="of no type"),
    Ask(
        f"POST {BASE}/{{type}}",
        ("no-such-type",),
        json={"attributes": {}},
        status=400,
        name="of an unknown type",
    ),
)
OPEN = (
    Ask(f"GET {ONE}", ("tag", NO_SUCH_ID)),
    Ask(f"GET {BASE}/resolve/{{type}}/{{id}}", ("tag", NO_SUCH_ID)),
    Ask(f"POST {BASE}/_import", json={}),
    Ask(f"POST {BASE}/_bulk_update", json=[NAMED]),
)
VIEWERS = (
    Ask(f"POST {BASE}/_bulk_delete", json=[TAG]),
    Ask(f"POST {BASE}/_bulk_create", json=[NAMED]),
    Ask(f"PUT {ONE}", ("tag", NO_SUCH_ID), json={"attributes": {"name": "x"}}),
)


@pytest.mark.kibana_requirement("KBN-REQ-SO-101", source="Kibana source, saved-objects routes")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A list that is none, a type that nobody knows or an export of nothing is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SO-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-SO-103", source="Elastic's saved_object_api_integration suite")
@pytest.mark.parametrize("ask", rows(*VIEWERS))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer changes nothing."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
