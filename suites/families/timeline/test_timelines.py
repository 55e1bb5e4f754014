"""Timelines: changed by version, liked, drafted, found, and moved in files."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import (
    FEW,
    NO_SUCH_ID,
    assert_refused,
    lines,
    ndjson,
    ok,
    part,
    texts,
)
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

UNWRAPPED = "9.0"
"""Before it, the answers of timelines and notes were wrapped (published contract of 8.18)."""
ONE, ALL = "/api/timeline", "/api/timelines"
MAKE, READ, CHANGE, REMOVE = (f"{method} {ONE}" for method in ("POST", "GET", "PATCH", "DELETE"))
LIST, RESOLVE, COPY = f"GET {ALL}", f"GET {ONE}/resolve", f"GET {ONE}/_copy"
EXPORT, IMPORT, LIKE = f"POST {ONE}/_export", f"POST {ONE}/_import", f"PATCH {ONE}/_favorite"


@pytest.fixture
def timeline(kibana_resources: Resources) -> Handle:
    """An empty timeline."""
    return kibana_resources.timeline()


def shown(client: KibanaClient, key: str) -> Any:
    """Return a timeline as it is read."""
    return ok(client.get(ONE, query={"id": key}))


def liking(timeline: Handle) -> dict[str, Any]:
    """Return the body that likes a timeline, or likes it no longer."""
    nothing = {"templateTimelineId": None, "templateTimelineVersion": None}
    return {**nothing, "timelineId": timeline.id, "timelineType": "default"}


def exported(client: KibanaClient, *timelines: Handle) -> Any:
    """Return the answer of exporting timelines."""
    body = {"ids": [one.id for one in timelines]}
    return client.post(f"{ONE}/_export", query={"file_name": "timelines.ndjson"}, json=body)


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-001", since=UNWRAPPED, source=LIVE, operations=[CHANGE, READ], tier="smoke"
)
def test_a_change_keeps_what_it_does_not_name(timeline: Handle, here: KibanaClient) -> None:
    """A timeline is changed at its version: what the change names is new, the rest stays, and so does the id."""
    before = shown(here, timeline.id)
    body = {"timelineId": timeline.id, "version": before["version"], "timeline": {"description": "changed"}}
    changed = ok(here.patch(ONE, json=body))
    assert changed["savedObjectId"] == timeline.id
    assert changed["version"] != before["version"]
    after = shown(here, timeline.id)
    assert part(after, "title", "description", "created", "createdBy") == {
        **part(before, "title", "created", "createdBy"),
        "description": "changed",
    }
    assert after["updated"] >= before["updated"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-002", since=UNWRAPPED, source=LIVE, operations=[CHANGE, READ], tier="smoke"
)
def test_an_old_version_changes_nothing(timeline: Handle, here: KibanaClient) -> None:
    """A change at an old version is refused with 409, and changes nothing."""
    old = shown(here, timeline.id)["version"]
    body = {"timelineId": timeline.id, "version": old}
    ok(here.patch(ONE, json={**body, "timeline": {"title": "first"}}))
    now = shown(here, timeline.id)
    assert_refused(here.patch(ONE, json={**body, "timeline": {"title": "too late"}}), 409)
    assert shown(here, timeline.id) == now


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-003", since=UNWRAPPED, source=LIVE, operations=[READ, RESOLVE]
)
def test_a_timeline_resolves_to_itself(timeline: Handle, here: KibanaClient) -> None:
    """A timeline that never moved is resolved as an exact match, and is the same as when it is read."""
    resolved = ok(here.get(f"{ONE}/resolve", query={"id": timeline.id}))
    assert resolved["outcome"] == "exactMatch"
    names = ("savedObjectId", "version", "title")
    assert part(resolved["timeline"], *names) == part(shown(here, timeline.id), *names)


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-004", since=UNWRAPPED, source=LIVE, operations=[LIKE, READ, LIST]
)
def test_a_timeline_is_liked_and_no_longer(
    timeline: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """A timeline that is liked is among the favourites; liked again, it is not any more."""
    kibana_resources.timeline()

    def favourites() -> list[str]:
        found = ok(here.get(ALL, query={"only_user_favorite": True}))
        return [one["savedObjectId"] for one in found["timeline"]]

    assert favourites() == []
    liked = ok(here.patch(f"{ONE}/_favorite", json=liking(timeline)))
    assert liked["savedObjectId"] == timeline.id
    assert len(liked["favorite"]) == 1
    assert favourites() == [timeline.id]
    assert ok(here.get(ALL))["favoriteCount"] == 1
    assert not ok(here.patch(f"{ONE}/_favorite", json=liking(timeline))).get("favorite")
    assert favourites() == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-005",
    since=UNWRAPPED,
    level="SHOULD",  # 9.4.3 serves a copy to POST only, and only to itself
    source="published contracts",
    operations=[COPY, READ],
)
def test_a_copy_is_a_timeline_of_its_own(timeline: Handle, here: KibanaClient) -> None:
    """A copy of a timeline has another id, and leaves what it was copied from as it was."""
    before = shown(here, timeline.id)
    body = {"timelineIdToCopy": timeline.id, "timeline": {"title": "a copy"}}
    assert ok(here.request("GET", f"{ONE}/_copy", json=body))["savedObjectId"] != timeline.id
    assert shown(here, timeline.id) == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-006",
    since=UNWRAPPED,
    source=LIVE,
    operations=[f"GET {ONE}/_draft", f"POST {ONE}/_draft", LIST],
)
@pytest.mark.parametrize("kind", ["default", "template"])
def test_a_draft_is_kept_until_it_is_begun_anew(here: KibanaClient, kind: str) -> None:
    """A user has one draft of each kind: asking again gives the same, beginning anew an empty one; it is not listed."""
    draft = ok(here.get(f"{ONE}/_draft", query={"timelineType": kind}))
    assert part(draft, "status", "timelineType") == {"status": "draft", "timelineType": kind}
    again = ok(here.get(f"{ONE}/_draft", query={"timelineType": kind}))
    assert again["savedObjectId"] == draft["savedObjectId"]
    body = {"timelineId": draft["savedObjectId"], "version": again["version"], "timeline": {"title": "begun"}}
    ok(here.patch(ONE, json=body))
    anew = ok(here.post(f"{ONE}/_draft", json={"timelineType": kind}))
    assert anew["status"] == "draft"
    assert not anew.get("title")
    assert ok(here.get(ALL, query={"status": "active"}))["totalCount"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-007", since=UNWRAPPED, source=LIVE, operations=[EXPORT, IMPORT, LIST], tier="smoke"
)
def test_an_export_brings_timelines_back(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Timelines that are exported, deleted and imported are there again, under their titles."""
    made = [kibana_resources.timeline(title=title) for title in ("aardvark", "badger")]
    answer = exported(here, *made)
    assert answer.status_code == 200, answer.text
    assert "timelines.ndjson" in answer.headers["content-disposition"]
    rows = lines(answer)
    assert sorted(row["title"] for row in rows) == ["aardvark", "badger"]
    ok(here.request("DELETE", ONE, json={"savedObjectIds": [one.id for one in made]}))
    assert ok(here.get(ALL))["totalCount"] == 0
    told = ok(here.post(f"{ONE}/_import", files=ndjson(rows)))
    assert part(told, "success", "success_count", "timelines_installed") == {
        "success": True,
        "success_count": 2,
        "timelines_installed": 2,
    }

    def titles() -> list[str]:
        return sorted(one["title"] for one in ok(here.get(ALL))["timeline"])

    eventually("imported timelines are listed", lambda: titles() == ["aardvark", "badger"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-008",
    since=UNWRAPPED,
    source="Kibana source, timeline/utils/failure_cases.ts",
    operations=[EXPORT, IMPORT],
)
def test_what_is_there_is_not_imported_again(timeline: Handle, here: KibanaClient) -> None:
    """An import of a timeline that is there reports it and changes nothing."""
    rows = [{**row, "title": "from the file"} for row in lines(exported(here, timeline))]
    told = ok(here.post(f"{ONE}/_import", files=ndjson(rows)))
    assert part(told, "success", "success_count") == {"success": False, "success_count": 0}
    assert [one["error"]["status_code"] in (405, 409) for one in told["errors"]] == [True]
    assert shown(here, timeline.id)["title"] == timeline.sent["timeline"]["title"]
    assert ok(here.get(ALL))["totalCount"] == 1


@pytest.mark.kibana_requirement("KBN-REQ-TIMELINE-009", since=UNWRAPPED, source=LIVE, operations=[LIST])
def test_timelines_are_found(kibana_resources: Resources, here: KibanaClient) -> None:
    """Timelines are searched by title, sorted, counted by kind, and shown page by page."""
    made = {name: kibana_resources.timeline(title=name).id for name in ("ant", "bee", "cat")}

    def found(**query: Any) -> list[str]:
        return [one["savedObjectId"] for one in ok(here.get(ALL, query=query))["timeline"]]

    by_title = {"sort_field": "title", "sort_order": "asc"}
    assert found(**by_title) == [made["ant"], made["bee"], made["cat"]]
    assert found(sort_field="title", sort_order="desc") == [made["cat"], made["bee"], made["ant"]]
    assert found(search="bee") == [made["bee"]]
    pages = [found(**by_title, page_size=2, page_index=page) for page in (1, 2, 3)]
    assert pages == [[made["ant"], made["bee"]], [made["cat"]], []]
    told = ok(here.get(ALL))
    assert part(told, "totalCount", "defaultTimelineCount", "templateTimelineCount", "favoriteCount") == {
        "totalCount": 3,
        "defaultTimelineCount": 3,
        "templateTimelineCount": 0,
        "favoriteCount": 0,
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-010", since=UNWRAPPED, source=LIVE, operations=[REMOVE, READ, LIST]
)
def test_many_timelines_go_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Many timelines are deleted by one list of ids, and the others stay."""
    doomed, kept = [kibana_resources.timeline() for _ in range(2)], kibana_resources.timeline()
    answer = here.request("DELETE", ONE, json={"savedObjectIds": [one.id for one in doomed]})
    assert answer.status_code == 200, answer.text
    for one in doomed:
        assert_refused(here.get(ONE, query={"id": one.id}), 404)
    assert [one["savedObjectId"] for one in ok(here.get(ALL))["timeline"]] == [kept.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-011", since=UNWRAPPED, source=LIVE, operations=[READ, LIST, CHANGE]
)
def test_a_timeline_is_of_its_space(timeline: Handle, other_space: KibanaClient) -> None:
    """A timeline is neither found, listed nor changed from another space."""
    before = timeline.read()
    assert_refused(other_space.get(ONE, query={"id": timeline.id}), 404)
    assert ok(other_space.get(ALL))["totalCount"] == 0
    body = {"timelineId": timeline.id, "version": before["version"], "timeline": {"title": "taken over"}}
    assert other_space.patch(ONE, json=body).status_code in (404, 405)
    assert timeline.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-012",
    since=UNWRAPPED,
    source="Kibana source, install_prepackaged_timelines",
    operations=[f"POST {ONE}/_prepackaged"],
    safety="global",
)
def test_nothing_is_installed_of_nothing(here: KibanaClient) -> None:
    """Installing an empty list of templates succeeds, and installs none."""
    body: dict[str, Any] = {"timelinesToInstall": [], "timelinesToUpdate": [], "prepackagedTimelines": []}
    told = ok(here.post(f"{ONE}/_prepackaged", json=body))
    assert part(told, "success", "timelines_installed", "timelines_updated") == {
        "success": True,
        "timelines_installed": 0,
        "timelines_updated": 0,
    }
    assert ok(here.get(ALL))["totalCount"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-013",
    since=UNWRAPPED,
    level="SHOULD",  # 9.4.3 answers 500
    source="Kibana source, get_timeline: an id is demanded",
    operations=[READ],
)
def test_it_must_be_said_which(here: KibanaClient) -> None:
    """Reading a timeline without saying which is refused with 400."""
    assert_refused(here.get(ONE), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-TIMELINE-014", since=UNWRAPPED, source=LIVE, operations=[MAKE, READ], tier="thorough"
)
@FEW
@given(title=texts, description=texts)
def test_a_timeline_reads_as_it_was_made(
    kibana_resources: Resources, here: KibanaClient, title: str, description: str
) -> None:
    """Whatever title and description a timeline is given, it reads back the same."""
    told = {"title": title, "description": description}
    made = kibana_resources.timeline(**told)
    assert part(shown(here, made.id), *told) == told
    assert made.id != NO_SUCH_ID
