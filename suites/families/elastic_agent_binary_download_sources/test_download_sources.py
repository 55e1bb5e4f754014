"""Download sources: where agents fetch their own binaries from."""

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/agent_download_sources", "/api/fleet/agent_download_sources/{}"
LIST = f"GET {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{sourceId}}" for method in ("GET", "PUT", "DELETE"))


@pytest.mark.kibana_requirement("KBN-REQ-FLSRC-006", source=LIVE, operations=[CHANGE, READ], safety="global")
@pytest.mark.parametrize("lacking", ["name", "host"])
def test_a_change_names_everything(
    kibana_resources: Resources, kibana_client: KibanaClient, lacking: str
) -> None:
    """A change of a download source that lacks its name or its host is refused, and changes nothing."""
    source = kibana_resources.fleet_download_source()
    before = source.read()
    new = {"name": f"{before['name']} again", "host": "https://artifacts.example.com/elsewhere/"}
    del new[lacking]
    assert_refused(kibana_client.put(ONE.format(source.id), json=new), 400)
    assert ok(kibana_client.get(ONE.format(source.id)))["item"] == before


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
