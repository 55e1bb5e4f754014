"""Spaces: what is refused to everybody, and what to nobody."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

MOVES = ("_copy_saved_objects", "_resolve_copy_saved_objects_errors", "_update_objects_spaces")
ASKED = (*MOVES, "_get_shareable_references", "_disable_legacy_url_aliases")
REFUSED = tuple(Ask(f"POST /api/spaces/{word}", json={}, status=400, name="of nothing") for word in ASKED)
OPEN = (Ask("GET /api/spaces/space"), Ask("GET /api/spaces/space/{id}", (NO_SUCH_ID,)))


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-101", source="Kibana source, spaces routes")
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What names neither objects nor spaces is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-102", source=AUTHENTICATION)
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nothing is told, and nothing is changed."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
