"""Watchlists: entities that are watched together, and how much more they weigh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, ok, part
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="platinum")
LIVE = "observed on 9.4.3"
ALL, ONE = "/api/entity_analytics/watchlists", "/api/entity_analytics/watchlists/{id}"
LIST, ENTITIES = f"{ALL}/list", f"{ALL}/{{watchlist_id}}/entities"
MAKE, READ, CHANGE = f"POST {ALL}", f"GET {ONE}", f"PUT {ONE}"
NOBODY = (NO_SUCH_ID,)

BROKEN = (
    Ask(MAKE, json={"riskModifier": 1}, status=400, name="without a name"),
    Ask(MAKE, json={"name": "x", "riskModifier": 3}, status=400, name="that weighs too much"),
    Ask(CHANGE, NOBODY, json={"name": "x"}, status=400, name="without a weight"),
)
UNKNOWN = (
    Ask(READ, NOBODY),
    Ask(CHANGE, NOBODY, json={"name": "x", "riskModifier": 1}),
    Ask(f"POST {ENTITIES}/assign", NOBODY, json={"euids": ["host:x"]}),
    Ask(f"POST {ENTITIES}/unassign", NOBODY, json={"euids": ["host:x"]}),
    Ask(
        f"POST {ALL}/{{watchlist_id}}/csv_upload",
        NOBODY,
        files={"file": File("x.csv", b"type,name\nhost,x\n", "text/csv")},
    ),
)
OPEN = (Ask(f"GET {LIST}"), Ask(f"DELETE {ONE}", NOBODY))


@pytest.fixture
def watchlist(kibana_resources: Resources) -> Handle:
    """An empty watchlist."""
    return kibana_resources.watchlist()


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-080", source=LIVE, operations=[MAKE, READ, f"GET {LIST}"], since="9.4"
)
def test_a_watchlist_is_of_its_space(
    watchlist: Handle, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A watchlist is read and listed in its space, and not listed in another."""
    shown = ok(here.get(f"{ALL}/{watchlist.id}"))
    assert part(shown, "name", "riskModifier") == part(watchlist.sent, "name", "riskModifier")
    assert watchlist.id in [one["id"] for one in ok(here.get(LIST))]
    assert watchlist.id not in [one["id"] for one in ok(other_space.get(LIST))]


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-081", source=LIVE, operations=[CHANGE, READ], since="9.4")
def test_a_watchlist_is_replaced(watchlist: Handle, here: KibanaClient) -> None:
    """A changed watchlist is what it was told, under the id that it had."""
    body = {"name": f"{watchlist.sent['name']}-anew", "riskModifier": 2, "description": "changed by a test"}
    ok(here.put(f"{ALL}/{watchlist.id}", json=body))
    assert part(ok(here.get(f"{ALL}/{watchlist.id}")), "id", *body) == {"id": watchlist.id, **body}


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-082", source=LIVE, since="9.4")
@pytest.mark.parametrize("ask", rows(*BROKEN))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A watchlist without a name, or that weighs too much, is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-083",
    level="SHOULD",  # 9.4.3 answers 500
    source="every other family of Kibana",
    since="9.4",
)
@pytest.mark.parametrize("ask", rows(*UNKNOWN))
def test_an_unknown_watchlist_is_not_found(ask: Ask, here: KibanaClient) -> None:
    """A watchlist that does not exist is answered 404."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-ENTITY-084", source=AUTHENTICATION, since="9.4")
@pytest.mark.parametrize("ask", rows(*once((*BROKEN, *UNKNOWN, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes watchlists."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-085", level="SHOULD", source="Kibana docs, watchlists: prerequisites", since="9.4"
)
@pytest.mark.parametrize("ask", rows(*guarded((*BROKEN, *UNKNOWN, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes and fills no watchlist."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ENTITY-086", source=LIVE, operations=[MAKE, READ], since="9.4", tier="thorough"
)
@FEW
@given(weight=st.integers(0, 20), description=st.from_regex("[A-Za-z0-9 .,-]{1,30}", fullmatch=True))
def test_a_watchlist_reads_as_it_was_made(
    kibana_resources: Resources, here: KibanaClient, weight: int, description: str
) -> None:
    """Whatever a watchlist weighs and is described by, it reads back the same."""
    told = {"riskModifier": weight / 10, "description": description}
    made = kibana_resources.watchlist(riskModifier=told["riskModifier"], description=description)
    assert part(ok(here.get(f"{ALL}/{made.id}")), *told) == told
