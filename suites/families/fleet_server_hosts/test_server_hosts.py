"""Fleet Server hosts: where agents ask for their policies."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import (
    AUTHENTICATION,
    LIVE,
    PRIVILEGES,
    TERRAFORM,
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

ALL, ONE = "/api/fleet/fleet_server_hosts", "/api/fleet/fleet_server_hosts/{}"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{itemId}}" for method in ("GET", "PUT", "DELETE"))
PLAIN = {"host_urls": ["https://fleet.example.com:8220"], "is_default": False}
ASKS = (
    Ask(LIST),
    Ask(MAKE, {**PLAIN, "name": "never made"}),
    Ask(READ, unknown=404),
    Ask(CHANGE, {"name": "taken over", "proxy_id": None}, unknown=404),
    Ask(REMOVE, unknown=404),
)


@pytest.mark.kibana_requirement("KBN-REQ-FLHOST-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Nobody lists, reads, makes, changes or deletes a Fleet Server host."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-FLHOST-002", source=PRIVILEGES, safety="read", tier="smoke")
@changing(ASKS)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer makes, changes and deletes no Fleet Server host."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLHOST-003", level="SHOULD", source=PRIVILEGES, safety="read")
@reading(ASKS)
def test_a_viewer_reads_what_is_granted(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer reads Fleet Server hosts where the privileges of the operation are for readers."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLHOST-004", source=LIVE, safety="read")
@missing(ASKS)
def test_an_unknown_host_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A Fleet Server host that is not there is answered 404, whatever is asked of it."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLHOST-005",
    source=LIVE,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_a_host_lives(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A host is made, read, listed and changed, keeps what a change leaves out, and is gone when it is deleted."""
    name = intended(kibana_resources, "fleet_server_host")
    made = ok(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name})))["item"]
    assert part(made, "name", *PLAIN) == {**PLAIN, "name": name}
    one = ONE.format(made["id"])
    assert part(ok(kibana_client.get(one))["item"], *made) == made
    assert made["id"] in listed_ids(ok(kibana_client.get(ALL))["items"])
    urls = ["https://fleet.example.com:8221", "https://fleet.example.com:8222"]
    changed = ok(kibana_client.put(one, json={"host_urls": urls, "proxy_id": None}))["item"]
    assert part(changed, "id", "name", "host_urls", "is_default") == {
        **part(made, "id", "name", "is_default"),
        "host_urls": urls,
    }
    assert ok(kibana_client.get(one))["item"]["host_urls"] == urls
    assert ok(kibana_client.delete(one)) == {"id": made["id"]}
    assert_refused(kibana_client.get(one), 404)
    assert_refused(kibana_client.delete(one), 404)


@pytest.mark.kibana_requirement("KBN-REQ-FLHOST-007", source=LIVE, operations=[MAKE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"host_urls": []}, id="no address"),
        pytest.param({"host_urls": "https://fleet.example.com:8220"}, id="addresses are no list"),
        pytest.param({"name": None}, id="no name"),
        pytest.param({"is_default": "perhaps"}, id="no boolean"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_host_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, broken: dict[str, Any]
) -> None:
    """A host without addresses, or with what hosts do not have, is refused with 400."""
    name = intended(kibana_resources, "fleet_server_host")
    assert_refused(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name, **broken})), 400)
    assert name not in names(ok(kibana_client.get(ALL))["items"])


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


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLHOST-010",
    source="Kibana docs: Fleet Server hosts belong to no space",
    operations=[READ],
    safety="global",
)
def test_hosts_are_of_every_space(kibana_resources: Resources, here: KibanaClient) -> None:
    """A host is seen from every space."""
    host = kibana_resources.fleet_server_host()
    assert ok(here.get(ONE.format(host.id)))["item"]["id"] == host.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLHOST-011", source=LIVE, operations=[MAKE, READ, CHANGE], safety="global", tier="thorough"
)
@FEW
@given(first=texts, second=texts)
def test_a_host_is_called_what_it_was_called(
    kibana_resources: Resources, unique: Any, first: str, second: str
) -> None:
    """Whatever a host is called, and called again, it reads so."""
    before, after = f"{unique()} {first}", f"{unique()} {second}"
    host = kibana_resources.fleet_server_host(name=before)
    assert host.read()["name"] == before
    host.update(name=after)
    assert host.read()["name"] == after
