"""Short URLs: found by id and by slug, counted by nobody but their space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, Stranger, assert_refused, ok
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE, SLUG = "/api/short_url", "/api/short_url/{}", "/api/short_url/_slug/{}"
MAKE, READ, FIND = f"POST {ALL}", "GET /api/short_url/{id}", "GET /api/short_url/_slug/{slug}"
LEGACY = {"locatorId": "LEGACY_SHORT_URL_LOCATOR", "params": {"url": "/app/dashboards"}}


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-001", source=LIVE, operations=[MAKE, READ, FIND], tier="smoke")
def test_id_and_slug_lead_to_one_thing(kibana_resources: Resources, here: KibanaClient) -> None:
    """A short URL is the same by its id and by its slug, and says where it leads."""
    url = kibana_resources.short_url()
    by_id, by_slug = ok(here.get(ONE.format(url.id))), ok(here.get(SLUG.format(url.sent["slug"])))
    same = ("id", "slug", "locator", "createDate")
    assert {k: by_id[k] for k in same} == {k: by_slug[k] for k in same}
    assert by_id["slug"] == url.sent["slug"]
    assert (by_id["locator"]["id"], by_id["locator"]["state"]) == tuple(LEGACY.values())


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-002", source=LIVE, operations=[MAKE, FIND])
@pytest.mark.parametrize("more", [{}, {"humanReadableSlug": True}], ids=["any", "for people"])
def test_slugs_are_made_up(here: KibanaClient, more: dict[str, bool]) -> None:
    """A short URL that is given no slug gets one of its own, for people where that is asked, and is found by it."""
    first, second = (ok(here.post(ALL, json={**LEGACY, **more})) for _ in range(2))
    assert first["slug"] != second["slug"]
    assert [ok(here.get(SLUG.format(one["slug"])))["id"] for one in (first, second)] == [
        first["id"],
        second["id"],
    ]


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-003", source=LIVE, operations=[READ, FIND])
def test_unknown_ones_are_not_found(here: KibanaClient, unique: object) -> None:
    """An id or a slug that nothing has is answered 404; so is deleting it."""
    assert_refused(here.get(ONE.format(NO_SUCH_ID)), 404)
    assert_refused(here.get(SLUG.format(f"no-such-{NO_SUCH_ID}")), 404)
    assert_refused(here.delete(ONE.format(NO_SUCH_ID)), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SHORT-004", source=LIVE, operations=[FIND, "DELETE /api/short_url/{id}"], tier="smoke"
)
def test_a_slug_goes_with_its_short_url(kibana_resources: Resources, here: KibanaClient) -> None:
    """A deleted short URL is found by its slug no more."""
    url = kibana_resources.short_url()
    url.delete()
    assert_refused(here.get(SLUG.format(url.sent["slug"])), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SHORT-005", source=LIVE, operations=[MAKE, FIND])
def test_a_slug_is_of_one_space(
    kibana_resources: Resources, elsewhere: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A slug leads nowhere from another space, and may lead elsewhere there."""
    url = kibana_resources.short_url()
    slug = url.sent["slug"]
    assert_refused(other_space.get(SLUG.format(slug)), 404)
    namesake = elsewhere.short_url(slug=slug)
    assert ok(other_space.get(SLUG.format(slug)))["id"] == namesake.id
    assert ok(here.get(SLUG.format(slug)))["id"] == url.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-SHORT-006",
    source=AUTHENTICATION,
    operations=[MAKE, READ, FIND],
    tier="smoke",
)
def test_nobody_makes_or_follows_one(
    nobody: KibanaClient, kibana_resources: Resources, kibana_space: Handle
) -> None:
    """Without credentials nobody makes, reads or deletes a short URL."""
    url = kibana_resources.short_url()
    Stranger("nobody", nobody, 401).assert_refused(
        kibana_space,
        ("POST", ALL, LEGACY),
        ("GET", ONE.format(url.id)),
        ("GET", SLUG.format(url.sent["slug"])),
        ("DELETE", ONE.format(url.id)),
    )
    assert url.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-SHORT-007", source=API_TESTS, operations=[MAKE, READ], tier="thorough"
)
@FEW
@given(
    query=st.dictionaries(
        st.from_regex("[a-z]{1,8}", fullmatch=True),
        st.from_regex("[a-zA-Z0-9%]{0,12}", fullmatch=True),
        max_size=3,
    )
)
def test_a_short_url_leads_where_it_was_told(kibana_resources: Resources, query: dict[str, str]) -> None:
    """Whatever address is shortened, it is kept as it is."""
    address = "/app/dashboards?" + "&".join(f"{k}={v}" for k, v in query.items())
    url = kibana_resources.short_url(params={"url": address})
    assert url.read()["locator"]["state"] == {"url": address}
