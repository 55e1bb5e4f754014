"""Timelines: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ONE, ALL = "/api/timeline", "/api/timelines"
NOBODYS: dict[str, Any] = {"timelineId": NO_SUCH_ID, "version": "WzAsMV0=", "timeline": {"title": "x"}}
FAVOURITE = {"timelineId": NO_SUCH_ID, "templateTimelineId": None, "templateTimelineVersion": None}
TEXT = {"file": File("timelines.txt", b"{}\n", "text/plain")}

REFUSED = (
    Ask(f"GET {ONE}", query={"id": NO_SUCH_ID}),
    Ask(f"POST {ONE}", json={}, status=400, name="of nothing"),
    # What is not there cannot be changed, and a change makes nothing: either is a reason.
    Ask(f"PATCH {ONE}", json=NOBODYS, status=(404, 405)),
    Ask(f"PATCH {ONE}", json={"timelineId": NO_SUCH_ID}, status=400, name="without a version"),
    Ask(f"DELETE {ONE}", json={"savedObjectIds": "all"}, status=400, name="of no list"),
    Ask(f"GET {ALL}", query={"sort_field": "x"}, status=400, name="by an unknown field"),
    Ask(f"GET {ALL}", query={"timeline_type": "x"}, status=400, name="of an unknown kind"),
    Ask(f"GET {ONE}/resolve", query={"id": NO_SUCH_ID}),
    Ask(f"GET {ONE}/_draft", query={"timelineType": "x"}, status=400, name="of an unknown kind"),
    Ask(f"POST {ONE}/_draft", json={"timelineType": "x"}, status=400, name="of an unknown kind"),
    Ask(f"POST {ONE}/_export", json={"ids": [NO_SUCH_ID]}, status=400, name="without a name"),
    Ask(f"POST {ONE}/_import", files=TEXT, status=400, says=("Invalid file extension",)),
    Ask(f"PATCH {ONE}/_favorite", json={**FAVOURITE, "timelineType": "x"}, status=400, name="of no kind"),
    Ask(f"POST {ONE}/_prepackaged", json={"timelinesToInstall": []}, status=400, name="in part"),
    Ask("GET /api/note", query={"associatedFilter": "x"}, status=400, name="of an unknown kind"),
    Ask("PATCH /api/note", json={"noteId": NO_SUCH_ID}, status=400, name="without a note"),
    Ask("DELETE /api/note", json={"noteIds": "all"}, status=400, name="of no list"),
    Ask("PATCH /api/pinned_event", json={"timelineId": NO_SUCH_ID}, status=400, name="of no event"),
)
OPEN = (Ask(f"GET {ONE}/_copy", reads=True),)


@pytest.mark.kibana_requirement("KBN-REQ-TIMELINE-050", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-TIMELINE-051", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes timelines, notes and pins."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-TIMELINE-052", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*(ask for ask in guarded(REFUSED) if not ask.label.startswith("GET "))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes, likes, imports and deletes no timeline, note or pin."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
