"""Fleet itself: its set-up, its settings, what one may do in it, and how its servers are."""

from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.fleet import intended
from pytest_kibana.suites.families.sources import CONTRACT, LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

MAY, HEALTH, SET_UP = "/api/fleet/check-permissions", "/api/fleet/health_check", "/api/fleet/setup"
SETTINGS, SPACE = "/api/fleet/settings", "/api/fleet/space_settings"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-004", source=LIVE, operations=[f"GET {MAY}"], safety="read", tier="smoke"
)
def test_one_is_told_what_one_may(kibana_client: KibanaClient) -> None:
    """Whoever asks is told whether they may manage Fleet, and what is missing if they may not."""
    told = ok(kibana_client.get(MAY))
    assert told["success"] is True or told["error"].startswith("MISSING_")


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-005",
    level="SHOULD",
    source="Kibana contract: the reasons for which Fleet is closed to somebody",
    operations=[f"GET {MAY}"],
    safety="read",
)
def test_a_viewer_is_told_what_is_missing(viewer: KibanaClient) -> None:
    """A viewer is answered 200 and told which privileges are missing, or that reading is allowed."""
    told = ok(viewer.get(MAY, query={"fleetServerSetup": True}))
    assert told["success"] is True or "PRIVILEGES" in told["error"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-006", source=LIVE, operations=[f"POST {SET_UP}"], safety="disruptive"
)
def test_setting_up_twice_is_once(kibana_client: KibanaClient) -> None:
    """Fleet can be set up as often as one likes; each time it says that it is set up."""
    for _ in range(2):
        told = ok(kibana_client.post(SET_UP))
        assert told["isInitialized"] is True, told["nonFatalErrors"]
    assert ok(kibana_client.get(SETTINGS))["item"]["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-007", source=LIVE, operations=[f"POST {HEALTH}"], safety="read"
)
def test_an_unknown_host_has_no_health(kibana_client: KibanaClient) -> None:
    """The health of a host that does not exist is answered 404, with its id."""
    assert_refused(kibana_client.post(HEALTH, json={"id": NO_SUCH_ID}), 404, NO_SUCH_ID)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-008", source=CONTRACT, operations=[f"POST {HEALTH}"], safety="read"
)
@pytest.mark.parametrize(
    "body", [{}, {"id": 1}, {"id": NO_SUCH_ID, "more": 1}], ids=["empty", "number", "more"]
)
def test_a_host_has_to_be_named(kibana_client: KibanaClient, body: dict[str, Any]) -> None:
    """A request for health names one host by its id, and nothing else; all other requests are refused with 400."""
    assert_refused(kibana_client.post(HEALTH, json=body), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-009",
    level="SHOULD",
    source="Kibana source, health_check/handler.ts",
    operations=[f"POST {HEALTH}"],
    safety="global",
)
def test_a_host_that_nobody_answers_at_is_not_online(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """The health of a host at which nobody answers is told, and is not online."""
    host = kibana_resources.fleet_server_host(host_urls=["https://127.0.0.1:9"])
    answer = kibana_client.post(HEALTH, json={"id": host.id})
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
    told = answer.json()
    assert told.get("host_id", host.id) == host.id
    assert told["status"] != "ONLINE"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-010", source=LIVE, operations=[f"GET {SETTINGS}", f"PUT {SETTINGS}"], safety="global"
)
def test_a_setting_is_changed_and_the_others_stay(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """A setting that is changed reads so; one that a change does not mention stays. It is put back afterwards."""
    before = ok(kibana_client.get(SETTINGS))["item"]
    wanted = not before.get("prerelease_integrations_enabled", False)
    kibana_resources.fleet_settings(prerelease_integrations_enabled=wanted)
    for value in (wanted, not wanted, wanted):
        changed = ok(kibana_client.put(SETTINGS, json={"prerelease_integrations_enabled": value}))["item"]
        assert changed["prerelease_integrations_enabled"] is value
        assert ok(kibana_client.get(SETTINGS))["item"]["prerelease_integrations_enabled"] is value
    after = ok(kibana_client.get(SETTINGS))["item"]
    kept = [name for name in before if name not in ("prerelease_integrations_enabled", "version")]
    assert part(after, *kept) == part(before, *kept)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-011",
    source=LIVE,
    operations=[f"PUT {SETTINGS}", f"GET {SETTINGS}"],
    safety="global",
)
@pytest.mark.parametrize(
    "broken",
    [{"prerelease_integrations_enabled": "perhaps"}, {"kibana_urls": ["nowhere"]}, {"no_such_setting": 1}],
    ids=lambda body: next(iter(body)),
)
def test_an_impossible_setting_is_refused(kibana_client: KibanaClient, broken: dict[str, Any]) -> None:
    """An unknown setting, or one of the wrong type, is refused with 400, and changes nothing."""
    before = ok(kibana_client.get(SETTINGS))["item"]
    assert_refused(kibana_client.put(SETTINGS, json=broken), 400)
    assert ok(kibana_client.get(SETTINGS))["item"] == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-012",
    source="Kibana docs: the settings of Fleet belong to no space",
    operations=[f"GET {SETTINGS}"],
    safety="space",
)
def test_settings_are_of_every_space(here: KibanaClient, kibana_client: KibanaClient) -> None:
    """The settings of Fleet are the same from every space."""
    kept = ("id", "prerelease_integrations_enabled", "delete_unenrolled_agents")
    seen, ours = (ok(client.get(SETTINGS))["item"] for client in (here, kibana_client))
    assert part(seen, *kept) == part(ours, *kept)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-013",
    source=TERRAFORM,
    operations=[f"GET {SPACE}", f"PUT {SPACE}"],
    since="9.1.0",
    tier="smoke",
)
def test_a_space_has_prefixes_of_its_own(here: KibanaClient, other_space: KibanaClient) -> None:
    """A new space allows every namespace; what one space allows is replaced whole, and says nothing of another."""
    assert ok(here.get(SPACE))["item"]["allowed_namespace_prefixes"] == []
    for prefixes in (["first", "second"], ["third"], []):
        changed = ok(here.put(SPACE, json={"allowed_namespace_prefixes": prefixes}))["item"]
        assert changed["allowed_namespace_prefixes"] == prefixes
        assert ok(here.get(SPACE))["item"]["allowed_namespace_prefixes"] == prefixes
        assert ok(other_space.get(SPACE))["item"]["allowed_namespace_prefixes"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-014",
    source=TERRAFORM,
    operations=[f"GET {SPACE}", f"PUT {SPACE}"],
    since="9.1.0",
)
@pytest.mark.parametrize(
    "prefixes",
    [["with-hyphen"], ["fine", "not-fine"], "a text", [1]],
    ids=["hyphen", "one of two", "no list", "a number"],
)
def test_a_prefix_has_no_hyphen(here: KibanaClient, prefixes: Any) -> None:
    """Prefixes are texts without a hyphen, which parts names of data streams: else 400, and nothing is changed."""
    assert_refused(here.put(SPACE, json={"allowed_namespace_prefixes": prefixes}), 400)
    assert ok(here.get(SPACE))["item"]["allowed_namespace_prefixes"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLEET-015",
    level="SHOULD",
    source="Kibana source, policy_namespaces.ts: a policy keeps to the prefixes of its space",
    operations=[f"PUT {SPACE}", "POST /api/fleet/agent_policies"],
    since="9.1.0",
    safety="global",
)
def test_a_policy_keeps_to_the_prefixes(kibana_resources: Resources, here: KibanaClient) -> None:
    """Where a space allows only some namespaces, an agent policy of another one is refused, and one of them is made."""
    ok(here.put(SPACE, json={"allowed_namespace_prefixes": ["ours"]}))
    name = intended(kibana_resources, "fleet_agent_policy")
    refused = name.became(here.post("/api/fleet/agent_policies", json={"name": name, "namespace": "theirs"}))
    assert_refused(refused, 400)
    assert kibana_resources.fleet_agent_policy(namespace="ours_too").read()["namespace"] == "ours_too"
