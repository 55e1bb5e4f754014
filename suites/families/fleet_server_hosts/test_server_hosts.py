"""Fleet Server hosts: where agents ask for their policies."""

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import ok
from pytest_kibana.suites.families.sources import LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/fleet_server_hosts", "/api/fleet/fleet_server_hosts/{}"
LIST = f"GET {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{itemId}}" for method in ("GET", "PUT", "DELETE"))


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLHOST-008", source=LIVE, operations=[LIST, REMOVE], safety="disruptive"
)
def test_the_default_stays(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """There is at most one default host, and it is not deleted."""
    kibana_resources.fleet_server_host()
    default = [one for one in ok(kibana_client.get(ALL))["items"] if one["is_default"]]
    assert len(default) <= 1
    if not default:
        pytest.skip("needs a default Fleet Server host, found none")
    answer = kibana_client.delete(ONE.format(default[0]["id"]))
    assert answer.status_code in (400, 403), f"{answer.status_code} {answer.text[:200]}"
    assert ok(kibana_client.get(ONE.format(default[0]["id"])))["item"] == default[0]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLHOST-009", source=TERRAFORM, operations=[READ, CHANGE], safety="global"
)
def test_a_host_names_its_proxy(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A host may be reached through a proxy of Fleet, and without it again."""
    proxy, host = kibana_resources.fleet_proxy(), kibana_resources.fleet_server_host()
    one = ONE.format(host.id)
    for proxy_id in (proxy.id, None):
        ok(kibana_client.put(one, json={"proxy_id": proxy_id}))
        assert ok(kibana_client.get(one))["item"].get("proxy_id") == proxy_id
