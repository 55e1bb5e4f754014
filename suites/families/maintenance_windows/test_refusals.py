"""Maintenance windows: what is refused to everybody, and what to nobody and the viewer."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(version=">=9.1", license="platinum")
ALL, ONE = "/api/maintenance_window", "/api/maintenance_window/{id}"
REFUSED = (
    Ask(f"POST {ALL}", json={"title": "kbn-test"}, status=400, name="without a schedule"),
    Ask(f"PATCH {ONE}", (NO_SUCH_ID,), json={"noSuchField": 1}, status=400, name="to an unknown field"),
    Ask(f"GET {ALL}/_find", query={"page": 0}, status=400, name="of no page"),
    Ask(f"GET {ALL}/_find", query={"status": "open"}, status=400, name="of an unknown status"),
    *(Ask(f"POST {ONE}/{word}", (NO_SUCH_ID,)) for word in ("_archive", "_unarchive")),
    Ask(f"GET {ONE}", (NO_SUCH_ID,)),
    Ask(f"DELETE {ONE}", (NO_SUCH_ID,)),
)
OPEN: tuple[Ask, ...] = ()
VIEWERS = (
    Ask(f"PATCH {ONE}", (NO_SUCH_ID,), json={"title": "x"}),
    *(Ask(f"POST {ONE}/{word}", (NO_SUCH_ID,)) for word in ("_archive", "_unarchive")),
    Ask(f"DELETE {ONE}", (NO_SUCH_ID,)),
)


@pytest.mark.kibana_requirement("KBN-REQ-MW-101", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """An unknown window is answered 404; one without a schedule, and an unknown page or status, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-MW-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-MW-103", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*VIEWERS))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer changes nothing."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
