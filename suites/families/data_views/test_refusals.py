"""Data views: what is refused to everybody, and what to nobody and the viewer."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/data_views/data_view", "/api/data_views/data_view/{viewId}"
FIELD = f"{ONE}/runtime_field/{{fieldName}}"
RUNTIME = {"name": "x", "runtimeField": {"type": "long", "script": {"source": "emit(1)"}}}
SWAP, PREVIEW = "POST /api/data_views/swap_references", "POST /api/data_views/swap_references/_preview"
DEFAULT = "POST /api/data_views/default"
UNKNOWN = (
    Ask(f"POST {ONE}/fields", (NO_SUCH_ID,), json={"fields": {"x": {"customLabel": "y"}}}),
    Ask(f"POST {ONE}/runtime_field", (NO_SUCH_ID,), json=RUNTIME),
    Ask(f"PUT {ONE}/runtime_field", (NO_SUCH_ID,), json=RUNTIME),
    Ask(f"POST {FIELD}", (NO_SUCH_ID, "x"), json={"runtimeField": RUNTIME["runtimeField"]}),
    Ask(f"GET {FIELD}", (NO_SUCH_ID, "x")),
    Ask(f"DELETE {FIELD}", (NO_SUCH_ID, "x")),
)
REFUSED = (
    *UNKNOWN,
    Ask(f"POST {ALL}", json={}, status=400, name="without a view"),
    Ask(f"POST {ALL}", json={"data_view": {"noSuchField": 1}}, status=400, name="with an unknown field"),
    Ask(DEFAULT, json={}, status=400, name="without an id"),
    *(Ask(label, json={}, status=400, name="without ids") for label in (SWAP, PREVIEW)),
)
OPEN = (
    *(Ask(f"GET /api/data_views{what}") for what in ("", "/default")),
    Ask(f"GET {ONE}", (NO_SUCH_ID,)),
)
VIEWERS = (
    *(ask for ask in UNKNOWN if not ask.label.startswith("GET")),
    Ask(DEFAULT, json={"data_view_id": NO_SUCH_ID}),
    Ask(SWAP, json={"fromId": NO_SUCH_ID, "toId": NO_SUCH_ID}),
)


@pytest.mark.kibana_requirement("KBN-REQ-DV-101", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A view that does not exist is answered 404; what lacks a view or an id is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-DV-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-DV-103", source="Kibana source, data views routes")
@pytest.mark.parametrize("ask", rows(*VIEWERS))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer changes nothing."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
