"""Download sources: where agents fetch their own binaries from."""

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

ALL, ONE = "/api/fleet/agent_download_sources", "/api/fleet/agent_download_sources/{}"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{sourceId}}" for method in ("GET", "PUT", "DELETE"))
HOST = "https://artifacts.example.com/downloads/"
PLAIN = {"host": HOST, "is_default": False}
ASKS = (
    Ask(LIST),
    Ask(MAKE, {**PLAIN, "name": "never made"}),
    Ask(READ, unknown=404),
    Ask(CHANGE, {**PLAIN, "name": "taken over"}, unknown=404),
    Ask(REMOVE, unknown=404),
)


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Nobody lists, reads, makes, changes or deletes a download source."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-002", source=PRIVILEGES, safety="read", tier="smoke")
@changing(ASKS)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer makes, changes and deletes no download source."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-003", level="SHOULD", source=PRIVILEGES, safety="read")
@reading(ASKS)
def test_a_viewer_reads_what_is_granted(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer reads download sources where the privileges of the operation are for readers."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-004", source=LIVE, safety="read")
@missing(ASKS)
def test_an_unknown_source_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A download source that is not there is answered 404, whatever is asked of it."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSRC-005",
    source=TERRAFORM,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_a_source_lives(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A download source is made, read, listed and changed, and is gone when it is deleted."""
    name = intended(kibana_resources, "fleet_download_source")
    made = ok(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name})))["item"]
    assert part(made, "name", *PLAIN) == {**PLAIN, "name": name}
    one = ONE.format(made["id"])
    assert part(ok(kibana_client.get(one))["item"], *made) == made
    assert made["id"] in listed_ids(ok(kibana_client.get(ALL))["items"])
    new = {"name": f"{name} again", "host": f"{HOST}elsewhere/"}
    assert part(ok(kibana_client.put(one, json=new))["item"], *new) == new
    after = ok(kibana_client.get(one))["item"]
    assert part(after, "id", "is_default", *new) == {**new, "id": made["id"], "is_default": False}
    assert ok(kibana_client.delete(one)) == {"id": made["id"]}
    assert_refused(kibana_client.get(one), 404)
    assert_refused(kibana_client.delete(one), 404)


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-006", source=LIVE, operations=[CHANGE, READ], safety="global")
@pytest.mark.parametrize("lacking", ["name", "host"])
def test_a_change_names_everything(
    kibana_resources: Resources, kibana_client: KibanaClient, lacking: str
) -> None:
    """A change of a download source that lacks its name or its host is refused, and changes nothing."""
    source = kibana_resources.fleet_download_source()
    before = source.read()
    new = {"name": f"{before['name']} again", "host": f"{HOST}elsewhere/"}
    del new[lacking]
    assert_refused(kibana_client.put(ONE.format(source.id), json=new), 400)
    assert ok(kibana_client.get(ONE.format(source.id)))["item"] == before


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-007", source=LIVE, operations=[MAKE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"host": "not an address"}, id="no address"),
        pytest.param({"name": None}, id="no name"),
        pytest.param({"is_default": "perhaps"}, id="no boolean"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_source_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, broken: dict[str, Any]
) -> None:
    """A download source whose host is no address, or with what sources do not have, is refused with 400."""
    name = intended(kibana_resources, "fleet_download_source")
    assert_refused(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name, **broken})), 400)
    assert name not in names(ok(kibana_client.get(ALL))["items"])


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-008", source=LIVE, operations=[LIST, READ], safety="read")
def test_one_source_is_the_default(kibana_client: KibanaClient) -> None:
    """At most one download source is the default."""
    default = [one for one in ok(kibana_client.get(ALL))["items"] if one["is_default"]]
    assert len(default) <= 1
    for one in default:
        assert ok(kibana_client.get(ONE.format(one["id"])))["item"]["is_default"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSRC-009",
    source="Kibana source, download_source.ts",
    operations=[LIST, REMOVE],
    safety="disruptive",
)
def test_the_default_stays(kibana_client: KibanaClient) -> None:
    """The default download source is not deleted."""
    default = [one for one in ok(kibana_client.get(ALL))["items"] if one["is_default"]]
    if not default:
        pytest.skip("needs a default download source, found none")
    answer = kibana_client.delete(ONE.format(default[0]["id"]))
    assert answer.status_code in (400, 403), f"{answer.status_code} {answer.text[:200]}"
    assert ok(kibana_client.get(ONE.format(default[0]["id"])))["item"] == default[0]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSRC-010",
    source="Kibana docs: download sources belong to no space",
    operations=[READ],
    safety="global",
)
def test_sources_are_of_every_space(kibana_resources: Resources, here: KibanaClient) -> None:
    """A download source is seen from every space."""
    source = kibana_resources.fleet_download_source()
    assert ok(here.get(ONE.format(source.id)))["item"]["id"] == source.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSRC-011", source=TERRAFORM, operations=[MAKE, READ, CHANGE], safety="global", tier="thorough"
)
@FEW
@given(first=texts, second=texts)
def test_a_source_is_called_what_it_was_called(
    kibana_resources: Resources, unique: Any, first: str, second: str
) -> None:
    """Whatever a download source is called, and called again, it reads so."""
    before, after = f"{unique()} {first}", f"{unique()} {second}"
    source = kibana_resources.fleet_download_source(name=before)
    assert source.read()["name"] == before
    source.update(name=after)
    assert source.read()["name"] == after
