"""Proxies: between agents and where they send or ask."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, ok, part, texts
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/proxies", "/api/fleet/proxies/{}"
MAKE, READ, REMOVE = f"POST {ALL}", f"GET {ALL}/{{itemId}}", f"DELETE {ALL}/{{itemId}}"


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
    """Whatever a proxy is called and sends along, it reads back the same."""
    called = f"{unique()} {name}"
    proxy = kibana_resources.fleet_proxy(name=called, proxy_headers=headers)
    assert part(proxy.read(), "name", "proxy_headers") == {"name": called, "proxy_headers": headers}
