"""Short URLs: what is refused to everybody."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

MAKE = "POST /api/short_url"
LEGACY = {"locatorId": "LEGACY_SHORT_URL_LOCATOR", "params": {}}
REFUSED = (
    Ask(MAKE, json={"params": {}}, status=400, name="without a locator"),
    Ask(MAKE, json={**LEGACY, "slug": 1}, status=400, name="whose slug is a number"),
)
OPEN = (Ask("DELETE /api/short_url/{id}", (NO_SUCH_ID,)),)


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-101", source="Kibana source, short URL routes")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A short URL without a locator, or with a slug that is not text, is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
