"""Proxies: between agents and where they send or ask."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import (
    AUTHENTICATION,
    LIVE,
    PRIVILEGES,
    Ask,
    assert_changes_nothing,
    assert_reads_what_is_granted,
    changing,
    every,
    intended,
    listed_ids,
    missing,
    names,
    reading,
)
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/proxies", "/api/fleet/proxies/{}"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{itemId}}" for method in ("GET", "PUT", "DELETE"))
ADDRESS = "https://proxy.example.com:3128"
# Contracts demand these of a change, and take null for them.
WITHOUT = dict.fromkeys(("certificate", "certificate_authorities", "certificate_key", "proxy_headers"))
ASKS = (
    Ask(LIST),
    Ask(MAKE, {"url": ADDRESS, "name": "never made"}),
    Ask(READ, unknown=404),
    Ask(CHANGE, {**WITHOUT, "name": "taken over"}, unknown=404),
    Ask(REMOVE, unknown=404),
)


@pytest.mark.kibana_requirement("KBN-REQ-FLPROXY-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Nobody lists, reads, makes, changes or deletes a proxy."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-FLPROXY-002", source=PRIVILEGES, safety="read", tier="smoke")
@changing(ASKS)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer makes, changes and deletes no proxy."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLPROXY-003", level="SHOULD", source=PRIVILEGES, safety="read")
@reading(ASKS)
def test_a_viewer_reads_what_is_granted(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer reads proxies where the privileges of the operation are for readers."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLPROXY-004", source=LIVE, safety="read")
@missing(ASKS)
def test_an_unknown_proxy_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A proxy that is not there is answered 404, whatever is asked of it."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPROXY-005",
    source=LIVE,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_a_proxy_lives(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A proxy is made, read, listed and changed, keeps its name where a change leaves it out, and can be deleted."""
    name = intended(kibana_resources, "fleet_proxy")
    headers = {"x-first": "1", "x-second": "two"}
    made = ok(
        name.became(kibana_client.post(ALL, json={"url": ADDRESS, "name": name, "proxy_headers": headers}))
    )["item"]
    assert part(made, "name", "url", "proxy_headers") == {
        "name": name,
        "url": ADDRESS,
        "proxy_headers": headers,
    }
    one = ONE.format(made["id"])
    assert part(ok(kibana_client.get(one))["item"], *made) == made
    assert made["id"] in listed_ids(ok(kibana_client.get(ALL))["items"])
    moved = f"{ADDRESS}/elsewhere"
    assert ok(kibana_client.put(one, json={**WITHOUT, "url": moved}))["item"]["url"] == moved
    after = ok(kibana_client.get(one))["item"]
    assert part(after, "id", "name", "url") == {"id": made["id"], "name": name, "url": moved}
    assert ok(kibana_client.delete(one)) == {"id": made["id"]}
    assert_refused(kibana_client.get(one), 404)
    assert_refused(kibana_client.delete(one), 404)


@pytest.mark.kibana_requirement("KBN-REQ-FLPROXY-007", source=LIVE, operations=[MAKE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"url": None}, id="no address"),
        pytest.param({"url": ["https://proxy.example.com"]}, id="address is a list"),
        pytest.param({"proxy_headers": "x: 1"}, id="headers are a text"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_proxy_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, broken: dict[str, Any]
) -> None:
    """A proxy without an address, or with what proxies do not have, is refused with 400."""
    name = intended(kibana_resources, "fleet_proxy")
    assert_refused(name.became(kibana_client.post(ALL, json={"url": ADDRESS, "name": name, **broken})), 400)
    assert name not in names(ok(kibana_client.get(ALL))["items"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPROXY-008",
    level="SHOULD",
    source="Kibana source, fleet_proxies.ts: what used a deleted proxy goes without",
    operations=[REMOVE, "GET /api/fleet/fleet_server_hosts/{itemId}", "GET /api/fleet/outputs/{outputId}"],
    safety="global",
)
def test_nothing_uses_a_deleted_proxy(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A proxy that is deleted leaves its users standing, without a proxy."""
    proxy = kibana_resources.fleet_proxy()
    host = kibana_resources.fleet_server_host(proxy_id=proxy.id)
    output = kibana_resources.fleet_output(proxy_id=proxy.id)
    assert {one.read()["proxy_id"] for one in (host, output)} == {proxy.id}
    ok(kibana_client.delete(ONE.format(proxy.id)))
    for address in (f"/api/fleet/fleet_server_hosts/{host.id}", f"/api/fleet/outputs/{output.id}"):
        assert ok(kibana_client.get(address))["item"].get("proxy_id") is None


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPROXY-009",
    source="Kibana docs: proxies belong to no space",
    operations=[READ],
    safety="global",
)
def test_proxies_are_of_every_space(kibana_resources: Resources, here: KibanaClient) -> None:
    """A proxy is seen from every space."""
    proxy = kibana_resources.fleet_proxy()
    assert ok(here.get(ONE.format(proxy.id)))["item"]["id"] == proxy.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPROXY-010", source=LIVE, operations=[MAKE, READ], safety="global", tier="thorough"
)
@FEW
@given(
    name=texts,
    headers=st.dictionaries(
        st.from_regex("x-[a-z]{1,8}", fullmatch=True),
        st.text("abcXYZ09 -_", min_size=1, max_size=12) | st.booleans() | st.integers(0, 999),
        max_size=3,
    ),
)
def test_a_proxy_is_what_was_asked_for(
    kibana_resources: Resources, unique: Any, name: str, headers: dict[str, Any]
) -> None:
    """Whatever a proxy is called and sends along, it reads so."""
    called = f"{unique()} {name}"
    proxy = kibana_resources.fleet_proxy(name=called, proxy_headers=headers)
    assert part(proxy.read(), "name", "proxy_headers") == {"name": called, "proxy_headers": headers}
