"""The library: the same promises for all that is kept as a document with an id, data and meta."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.library.shelves import (
    DASHBOARDS,
    LINKS,
    MARKDOWNS,
    TAGS,
    VISUALIZATIONS,
    Shelf,
    Step,
    steps,
)
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

SEEN, TOLD = (DASHBOARDS, VISUALIZATIONS, TAGS), (LINKS, MARKDOWNS)
ALL = (*SEEN, *TOLD)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LIBRARY-001",
    source="observed on 9.4.3; tags by acceptance tests of the Terraform provider",
    since="9.4",
    tier="smoke",
)
@pytest.mark.parametrize(("shelf", "step"), steps(SEEN))
def test_what_is_kept(
    shelf: Shelf, step: Step, kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """Dashboards, visualizations and tags are made, put, found, deleted, and seen in one space."""
    step(shelf, kibana_resources, here, other_space)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LIBRARY-002", level="SHOULD", source="documentation of the newest API, by analogy", since="9.5"
)
@pytest.mark.parametrize(("shelf", "step"), steps(TOLD))
def test_what_is_kept_likewise(
    shelf: Shelf, step: Step, kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """Links and markdown are made, put, found, deleted, and seen in one space."""
    step(shelf, kibana_resources, here, other_space)


@pytest.mark.kibana_requirement("KBN-REQ-LIBRARY-003", source="observed on 9.4.3", since="9.4")
@pytest.mark.parametrize("ask", rows(*(ask for shelf in SEEN for ask in shelf.asks())))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404; a body without a name, with another type or an unknown member, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LIBRARY-004", level="SHOULD", source="documentation of the newest API, by analogy", since="9.5"
)
@pytest.mark.parametrize("ask", rows(*(ask for shelf in TOLD for ask in shelf.asks())))
def test_what_makes_no_sense_is_refused_likewise(ask: Ask, here: KibanaClient) -> None:
    """Links and markdown that do not exist are answered 404; what makes no sense, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-LIBRARY-005", source=AUTHENTICATION, since="9.4", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once(ask for shelf in ALL for ask in shelf.asks())))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes anything of the library."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LIBRARY-006", source="Kibana source, saved objects security extension", since="9.4"
)
@pytest.mark.parametrize(
    "shelf", [pytest.param(s, id=s.maker, marks=pytest.mark.kibana_operation(s.label("PUT"))) for s in ALL]
)
def test_a_viewer_changes_nothing(
    shelf: Shelf, viewer: KibanaClient, kibana_space: Handle, kibana_resources: Resources
) -> None:
    """A viewer reads what is there, and makes, replaces and deletes nothing."""
    one = shelf.make(kibana_resources)
    theirs = viewer.in_space(kibana_space)
    before = one.read()
    assert Ask(shelf.label("GET"), (one.id,)).send(theirs).status_code == 200
    for ask in guarded(
        (
            Ask(shelf.label("POST"), json=one.sent),
            Ask(shelf.label("PUT"), (one.id,), json={**one.sent, "description": "taken over"}),
            Ask(shelf.label("DELETE"), (one.id,)),
        )
    ):
        ask.assert_kept_from(theirs, 403)
    assert one.read() == before
