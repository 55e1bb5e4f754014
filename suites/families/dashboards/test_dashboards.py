"""Dashboards: found by their tags, and protected only when they are made."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, texts
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.wire import KibanaClient

LIVE = "observed on 9.4.3"
ALL, ONE = "/api/dashboards", "/api/dashboards/{}"
LIST, PUT, READ = f"GET {ALL}", f"PUT {ALL}/{{id}}", f"GET {ALL}/{{id}}"


@pytest.mark.kibana_requirement("KBN-REQ-DASH-001", source=LIVE, operations=[LIST, PUT], since="9.4")
def test_dashboards_are_found_by_tags(kibana_resources: Resources, here: KibanaClient) -> None:
    """The list has those of any of the tags that are asked for, and none of those that are excluded."""
    made = {name: kibana_resources.dashboard(tags=[name]).id for name in ("red", "green")}
    plain = kibana_resources.dashboard().id

    def found(**query: Any) -> list[str]:
        return sorted(one["id"] for one in ok(here.get(ALL, query=query))["dashboards"])

    assert found(tags=["red"]) == [made["red"]]
    assert found(tags=["red", "green"]) == sorted(made.values())
    assert found(excluded_tags=["red"]) == sorted([made["green"], plain])


@pytest.mark.kibana_requirement("KBN-REQ-DASH-002", source=LIVE, operations=[PUT, READ], since="9.4")
def test_protection_is_not_put(kibana_resources: Resources, here: KibanaClient) -> None:
    """Who may write a dashboard is said when it is made; a replacement that says so is refused with 400."""
    dashboard = kibana_resources.dashboard()
    before = dashboard.read()
    body = {**dashboard.sent, "access_control": {"access_mode": "write_restricted"}}
    assert_refused(here.put(ONE.format(dashboard.id), json=body), 400)
    assert dashboard.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-DASH-003", source=LIVE, operations=[LIST, READ], since="9.4")
def test_lists_show_no_panels(kibana_resources: Resources, here: KibanaClient) -> None:
    """The list says what a dashboard is called and leaves its panels out."""
    dashboard = kibana_resources.dashboard(panels=[])
    (listed,) = ok(here.get(ALL))["dashboards"]
    assert listed["data"]["title"] == dashboard.sent["title"]
    assert "panels" not in listed["data"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-DASH-004", source=LIVE, operations=[PUT, READ], since="9.4", tier="thorough"
)
@FEW
@given(title=texts, description=texts)
def test_a_dashboard_reads_as_it_was_made(kibana_resources: Resources, title: str, description: str) -> None:
    """Whatever title and description a dashboard is given, it reads back the same."""
    data = kibana_resources.dashboard(title=title, description=description).read()["data"]
    assert (data["title"], data["description"]) == (title, description)


# -- the addresses of 9.1 ----------------------------------------------------------------------------------

OLD, OLD_ONE = "/api/dashboards/dashboard", "/api/dashboards/dashboard/{}"
OLD_LIST = f"GET {OLD}"
OLD_MAKE, OLD_READ, OLD_PUT, OLD_REMOVE = (f"{m} {OLD}/{{id}}" for m in ("POST", "GET", "PUT", "DELETE"))
EARLY = "published contract of 9.1; the saved objects beneath are as everywhere"


def body(title: str) -> dict[str, Any]:
    """Return what makes a dashboard at the addresses of 9.1."""
    return {"attributes": {"title": title, "options": {}}}


@pytest.fixture
def old(kibana_resources: Resources) -> Handle:
    """A dashboard."""
    return kibana_resources.dashboard()


@pytest.mark.kibana_requirement(
    "KBN-REQ-DASH-101", level="SHOULD", source=EARLY, operations=[OLD_MAKE, OLD_READ, OLD_LIST]
)
def test_one_is_made_and_listed(old: Handle, here: KibanaClient) -> None:
    """A dashboard is read and listed under its id, with its title."""
    title = old.sent["attributes"]["title"]
    assert ok(here.get(OLD_ONE.format(old.id)))["item"]["attributes"]["title"] == title
    answer = ok(here.get(OLD, query={"page": 1, "perPage": 10}))
    assert [(one["id"], one["attributes"]["title"]) for one in answer["items"]] == [(old.id, title)]
    assert answer["total"] == 1


@pytest.mark.kibana_requirement(
    "KBN-REQ-DASH-102", level="SHOULD", source=EARLY, operations=[OLD_PUT, OLD_READ, OLD_REMOVE]
)
def test_one_is_replaced_and_goes(old: Handle, here: KibanaClient) -> None:
    """A dashboard is replaced under its id, and deleted; then it is not found."""
    one = OLD_ONE.format(old.id)
    ok(here.put(one, json=body("renamed")))
    assert ok(here.get(one))["item"]["attributes"]["title"] == "renamed"
    assert here.delete(one).status_code in (200, 204)
    assert_refused(here.get(one), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-DASH-103",
    level="SHOULD",
    source=EARLY,
    operations=[OLD_MAKE, OLD_READ, OLD_PUT, OLD_REMOVE],
)
def test_unknown_and_senseless_ones_are_refused(
    old: Handle, here: KibanaClient, other_space: KibanaClient
) -> None:
    """An unknown dashboard, or one in another space, is answered 404; one without a title is refused with 400."""
    one = OLD_ONE.format(old.id)
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.delete(one), 404)
    assert_refused(other_space.put(one, json=body("taken over")), 404)
    assert_refused(here.post(f"{one}-untitled", json={"attributes": {}}), 400)
    assert_refused(here.put(one, json={"attributes": {}}), 400)
    assert_refused(here.get(OLD, query={"perPage": 0}), 400)
    assert old.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-DASH-104",
    source=AUTHENTICATION,
    operations=[OLD_MAKE, OLD_READ, OLD_PUT, OLD_REMOVE, OLD_LIST],
)
def test_nobody_reads_or_changes_one(nobody: KibanaClient, old: Handle, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes dashboards."""
    theirs, one = nobody.in_space(kibana_space), OLD_ONE.format(old.id)
    for method, path in (("GET", OLD), ("GET", one), ("POST", one), ("PUT", one), ("DELETE", one)):
        more: dict[str, Any] = {"json": body("taken over")} if method in ("POST", "PUT") else {}
        assert_refused(theirs.request(method, path, **more), 401)
    assert old.exists()
