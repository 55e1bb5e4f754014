"""Connectors: what is refused to everybody, and what to nobody."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

ONE = "/api/actions/connector/{id}"
REFUSED = (
    Ask(f"PUT {ONE}", (NO_SUCH_ID,), json={}, status=400, name="without a name"),
    Ask(f"POST {ONE}/_execute", (NO_SUCH_ID,), json={}, status=400, name="without parameters"),
)
OPEN = (
    *(Ask(f"GET /api/actions/{what}") for what in ("connectors", "connector_types")),
    Ask(f"GET {ONE}", (NO_SUCH_ID,)),
)


@pytest.mark.kibana_requirement("KBN-REQ-CONN-101", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A change without a name and a run without parameters are refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-CONN-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
