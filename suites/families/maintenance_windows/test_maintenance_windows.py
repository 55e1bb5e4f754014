"""Maintenance windows: planned, put away, and taken out again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import API_TESTS, CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(version=">=9.1", license="platinum")
ALL, ONE = "/api/maintenance_window", "/api/maintenance_window/{}"
MAKE = f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{m} /api/maintenance_window/{{id}}" for m in ("GET", "PATCH", "DELETE"))
ARCHIVE, UNARCHIVE = (f"POST /api/maintenance_window/{{id}}/_{word}" for word in ("archive", "unarchive"))


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-001", source=LIVE, operations=[MAKE, ARCHIVE, UNARCHIVE], since="9.1", tier="smoke"
)
def test_a_window_is_put_away_and_taken_out(kibana_resources: Resources, here: KibanaClient) -> None:
    """A window of tomorrow is upcoming; archived it says so, and taken out again it does not."""
    window = kibana_resources.maintenance_window()
    assert part(window.read(), "status", "enabled") == {"status": "upcoming", "enabled": True}
    assert ok(here.post(f"{ONE.format(window.id)}/_archive"))["status"] == "archived"
    assert window.read()["status"] == "archived"
    # A window far ahead is reported as finished once it was taken out (seen on 9.4.3); this one is of tomorrow.
    assert ok(here.post(f"{ONE.format(window.id)}/_unarchive"))["status"] in ("upcoming", "finished")
    assert window.read()["status"] != "archived"


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-008",
    source="9.4.3 reports such a window as finished once it was taken out",
    operations=[ARCHIVE, UNARCHIVE],
    since="9.1",
    level="SHOULD",
)
def test_a_window_far_ahead_is_as_it_was(kibana_resources: Resources, here: KibanaClient) -> None:
    """A window of next season that was put away and taken out has the status that it had before."""
    start = (datetime.now(UTC) + timedelta(days=90)).isoformat(timespec="milliseconds")
    schedule = {"custom": {"start": start.replace("+00:00", "Z"), "duration": "2h"}}
    window = kibana_resources.maintenance_window(schedule=schedule)
    before = window.read()["status"]
    ok(here.post(f"{ONE.format(window.id)}/_archive"))
    assert ok(here.post(f"{ONE.format(window.id)}/_unarchive"))["status"] == before
    assert window.read()["status"] == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-002", source=LIVE, operations=[CHANGE, READ], since="9.1", tier="smoke"
)
def test_a_change_keeps_what_it_leaves_out(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change of the title keeps schedule and scope; a change of enabled keeps the title."""
    window = kibana_resources.maintenance_window()
    before = window.read()
    for change in ({"title": "renamed"}, {"enabled": False}):
        ok(here.patch(ONE.format(window.id), json=change))
    after = window.read()
    kept = ("id", "schedule", "scope", "created_by", "created_at")
    assert part(after, *kept) == part(before, *kept)
    assert part(after, "title", "enabled") == {"title": "renamed", "enabled": False}


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-003", source=LIVE, operations=[READ, CHANGE, REMOVE, ARCHIVE, UNARCHIVE], since="9.1"
)
@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("POST", "/_archive", None),
        ("POST", "/_unarchive", None),
    ],
    ids=["read", "change", "delete", "archive", "unarchive"],
)
@pytest.mark.parametrize("where", ["nowhere", "in another space"])
def test_an_unknown_window_is_not_found(
    here: KibanaClient, elsewhere: Resources, where: str, method: str, tail: str, body: Any
) -> None:
    """Whatever is asked of a window that does not exist, or in another space, the answer is 404."""
    there = elsewhere.maintenance_window()
    before = there.read()
    key = NO_SUCH_ID if where == "nowhere" else there.id
    more = {"json": body} if body else {}
    assert_refused(here.request(method, ONE.format(key) + tail, **more), 404)
    assert there.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-MW-004", source=CONTRACT, operations=[MAKE], since="9.1")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"title": None}, id="no title"),
        pytest.param({"schedule": None}, id="no schedule"),
        pytest.param({"schedule": {"custom": {"duration": "2h"}}}, id="no start"),
        pytest.param(
            {"schedule": {"custom": {"start": "tomorrow", "duration": "2h"}}}, id="start is no time"
        ),
        pytest.param(
            {"schedule": {"custom": {"start": "2030-01-01T00:00:00.000Z", "duration": "2 hours"}}},
            id="duration is none",
        ),
    ],
)
def test_an_impossible_window_is_refused(
    kibana_resources: Resources, here: KibanaClient, broken: dict[str, Any]
) -> None:
    """A window without title, or whose schedule has no start or duration that can be read, is refused with 400."""
    good = kibana_resources.maintenance_window().sent
    body = {k: v for k, v in {**good, **broken}.items() if v is not None}
    assert_refused(here.post(ALL, json=body), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-005", source=LIVE, operations=["GET /api/maintenance_window/_find", ARCHIVE], since="9.2"
)
def test_windows_are_found_by_status(kibana_resources: Resources, here: KibanaClient) -> None:
    """The list can be of windows of one status, and says how many there are."""
    coming, away = kibana_resources.maintenance_window(), kibana_resources.maintenance_window()
    ok(here.post(f"{ONE.format(away.id)}/_archive"))
    for status, window in (("upcoming", coming), ("archived", away)):
        page = ok(here.get(f"{ALL}/_find", query={"status": status}))
        assert [one["id"] for one in page["maintenanceWindows"]] == [window.id]
        assert page["total"] == 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-006",
    source=API_TESTS,
    operations=[MAKE, CHANGE, REMOVE, ARCHIVE],
    since="9.1",
    tier="smoke",
)
def test_strangers_change_no_window(
    stranger: Stranger, kibana_resources: Resources, kibana_space: Handle
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes, archives or deletes a window."""
    window = kibana_resources.maintenance_window()
    before, one = window.read(), ONE.format(window.id)
    stranger.assert_refused(
        kibana_space,
        ("POST", ALL, window.sent),
        ("PATCH", one, {"title": "taken over"}),
        ("POST", f"{one}/_archive"),
        ("DELETE", one),
    )
    assert window.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-MW-007",
    source=API_TESTS,
    operations=[MAKE, READ],
    since="9.1",
    tier="thorough",
)
@FEW
@given(title=texts, hours=st.integers(1, 12), enabled=st.booleans())
def test_a_window_reads_as_it_was_made(
    kibana_resources: Resources, title: str, hours: int, enabled: bool
) -> None:
    """Whatever title and length a window is given, it reads back the same, enabled or not."""
    template = kibana_resources.maintenance_window().sent["schedule"]["custom"]
    schedule = {"custom": {**template, "duration": f"{hours}h"}}
    window = kibana_resources.maintenance_window(title=title, enabled=enabled, schedule=schedule)
    now = window.read()
    assert part(now, "title", "enabled") == {"title": title, "enabled": enabled}
    assert now["schedule"]["custom"]["duration"] == f"{hours}h"
