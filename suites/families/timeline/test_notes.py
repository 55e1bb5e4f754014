"""What hangs on a timeline: notes, and events that are pinned."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, ok, part, shows, texts
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

UNWRAPPED = "9.0"
"""Before it, the answers of timelines and notes were wrapped (published contract of 8.18)."""
NOTE, PIN, TIMELINE = "/api/note", "/api/pinned_event", "/api/timeline"


@pytest.fixture
def timeline(kibana_resources: Resources) -> Handle:
    """An empty timeline."""
    return kibana_resources.timeline()


def notes_of(client: KibanaClient, timeline: Handle) -> list[dict[str, Any]]:
    """Return the notes of a timeline."""
    found: list[dict[str, Any]] = ok(client.get(NOTE, query={"savedObjectIds": timeline.id}))["notes"]
    return found


def write(client: KibanaClient, timeline: Handle, text: str, **more: Any) -> Any:
    """Write a note, or write one anew."""
    body = {"note": {"timelineId": timeline.id, "note": text}, **more}
    return ok(client.patch(NOTE, json=body))["note"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-030",
    since=UNWRAPPED,
    source=LIVE,
    operations=[f"PATCH {NOTE}", f"GET {NOTE}"],
    tier="smoke",
)
def test_a_note_is_of_its_timeline(timeline: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """A note is found by its timeline, says who wrote it, and is not among those of another."""
    other = kibana_resources.timeline()
    made = write(here, timeline, "first")
    write(here, other, "elsewhere")
    (found,) = notes_of(here, timeline)
    assert part(found, "noteId", "note", "timelineId") == {
        "noteId": made["noteId"],
        "note": "first",
        "timelineId": timeline.id,
    }
    assert found["createdBy"]
    assert [one["noteId"] for one in timeline.read()["notes"]] == [made["noteId"]]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-031", since=UNWRAPPED, source=LIVE, operations=[f"PATCH {NOTE}", f"GET {NOTE}"]
)
def test_a_note_is_written_anew(timeline: Handle, here: KibanaClient) -> None:
    """A note that is named is changed, and no second one is made."""
    made = write(here, timeline, "first")
    changed = write(here, timeline, "second", noteId=made["noteId"], version=made["version"])
    assert changed["noteId"] == made["noteId"]
    assert [one["note"] for one in notes_of(here, timeline)] == ["second"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-032", since=UNWRAPPED, source=LIVE, operations=[f"DELETE {NOTE}", f"GET {NOTE}"]
)
def test_notes_go_one_by_one_or_together(timeline: Handle, here: KibanaClient) -> None:
    """One note is deleted by its id, many by theirs, and the others stay."""
    first, second, third, kept = (write(here, timeline, f"note {number}")["noteId"] for number in range(4))
    assert here.request("DELETE", NOTE, json={"noteId": first}).status_code == 200
    assert here.request("DELETE", NOTE, json={"noteIds": [second, third]}).status_code == 200
    assert [one["noteId"] for one in notes_of(here, timeline)] == [kept]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-033", since=UNWRAPPED, source=LIVE, operations=[f"GET {NOTE}"]
)
def test_notes_are_shown_page_by_page(
    timeline: Handle, here: KibanaClient, other_space: KibanaClient
) -> None:
    """Notes are shown page by page, each once and counted, and only in their space."""
    wanted = {write(here, timeline, f"note {number}")["noteId"] for number in range(3)}
    pages = [ok(here.get(NOTE, query={"page": page, "perPage": 2})) for page in (1, 2)]
    assert [len(page["notes"]) for page in pages] == [2, 1]
    assert {one["noteId"] for page in pages for one in page["notes"]} == wanted
    assert {page["totalCount"] for page in pages} == {3}
    assert ok(other_space.get(NOTE, query={"page": 1, "perPage": 2}))["totalCount"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-034", since=UNWRAPPED, source=LIVE, operations=[f"PATCH {PIN}", f"GET {TIMELINE}"]
)
def test_an_event_is_pinned_and_unpinned(
    timeline: Handle, here: KibanaClient, unique: Callable[[], str]
) -> None:
    """An event that is pinned shows on its timeline; named by its pin, it is unpinned, and shows no more."""
    body = {"eventId": unique(), "timelineId": timeline.id}
    pin = ok(here.patch(PIN, json=body))
    assert part(pin, "eventId", "timelineId") == body
    assert timeline.read()["pinnedEventIds"] == [body["eventId"]]
    gone = ok(here.patch(PIN, json={**body, "pinnedEventId": pin["pinnedEventId"]}))
    assert shows(gone, {"unpinned": True})
    assert timeline.read()["pinnedEventIds"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-035",
    since=UNWRAPPED,
    level="SHOULD",
    source="Kibana source, timeline/saved_object/timelines: deleteTimeline",
    operations=[f"DELETE {TIMELINE}", f"GET {NOTE}"],
)
def test_notes_go_with_their_timeline(timeline: Handle, here: KibanaClient) -> None:
    """The notes of a deleted timeline are gone."""
    write(here, timeline, "doomed")
    timeline.delete()
    assert notes_of(here, timeline) == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-036",
    since=UNWRAPPED,
    source=LIVE,
    operations=[f"PATCH {NOTE}", f"GET {NOTE}"],
    tier="thorough",
)
@FEW
@given(text=texts)
def test_a_note_reads_as_it_was_written(kibana_resources: Resources, here: KibanaClient, text: str) -> None:
    """Whatever a note says, it reads back the same."""
    timeline = kibana_resources.timeline()
    write(here, timeline, text)
    assert [one["note"] for one in notes_of(here, timeline)] == [text]
