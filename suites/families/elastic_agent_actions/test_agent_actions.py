"""What agents are told to do: seen, called off, and told to many. Only agents that were given to tests are told."""

from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.fleet import OFFERED, Ask, every, offered_agent, offered_agents
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/agents", "/api/fleet/agents/{}"
SEEN, CANCEL = f"GET {ALL}/action_status", f"POST {ALL}/actions/{{actionId}}/cancel"
TELL, REASSIGN, DIAGNOSE, UNENROLL, UPGRADE, ROLLBACK = (
    f"POST {ALL}/{{agentId}}/{verb}"
    for verb in ("actions", "reassign", "request_diagnostics", "unenroll", "upgrade", "rollback")
)
REASSIGN_ALL, DIAGNOSE_ALL, UNENROLL_ALL, UPGRADE_ALL, ROLLBACK_ALL, TAG_ALL = (
    f"POST {ALL}/bulk_{verb}"
    for verb in ("reassign", "request_diagnostics", "unenroll", "upgrade", "rollback", "update_agent_tags")
)
QUIET = {"action": {"type": "SETTINGS", "data": {"log_level": "info"}}}
MANY = {"agents": [NO_SUCH_ID]}
TOO_NEW = "99.0.0"


@pytest.fixture
def agent(kibana_client: KibanaClient) -> dict[str, Any]:
    """Return an agent that its owner gave to tests."""
    return offered_agent(kibana_client, 0)


@pytest.fixture
def release(kibana_client: KibanaClient) -> str:
    """Return a release that agents may be brought to: none that is newer than this Kibana."""
    own = ok(kibana_client.get("/api/status"))["version"]["number"]
    versions: list[str] = ok(kibana_client.get(f"{ALL}/available_versions"))["items"]
    return own if own in versions else versions[0]


def action_of(client: KibanaClient, key: str) -> dict[str, Any] | None:
    """Return what is seen of an action."""
    rows = ok(client.get(f"{ALL}/action_status", query={"perPage": 100}))["items"]
    return next((row for row in rows if row["actionId"] == key), None)


@pytest.mark.kibana_requirement("KBN-REQ-AGACT-005", source=CONTRACT, safety="read")
@every(
    [
        Ask(SEEN, query={"page": "one"}),
        Ask(TELL, {"action": {"type": "SETTINGS", "data": {"log_level": "loud"}}}),
        Ask(TELL, {"action": {"type": "DANCE"}}),
        Ask(REASSIGN, {}),
        Ask(UPGRADE, {}),
        Ask(UNENROLL, {"revoke": "perhaps"}),
        Ask(REASSIGN_ALL, MANY),
        Ask(UPGRADE_ALL, MANY),
        Ask(UNENROLL_ALL, {}),
        Ask(DIAGNOSE_ALL, {}),
        Ask(TAG_ALL, {"tagsToAdd": ["test"]}),
    ]
)
def test_what_makes_no_sense_is_not_told(ask: Ask, kibana_client: KibanaClient) -> None:
    """An unknown action, and an action for no agents, is refused with 400."""
    ask.assert_refused(kibana_client, 400)


@pytest.mark.kibana_requirement("KBN-REQ-AGACT-006", source=LIVE, safety="read", tier="smoke")
@every(
    [
        Ask(DIAGNOSE_ALL, MANY),
        Ask(UNENROLL_ALL, {**MANY, "force": False, "revoke": False}),
        Ask(TAG_ALL, {**MANY, "tagsToAdd": ["test"], "tagsToRemove": []}),
    ]
)
def test_agents_that_are_not_there_are_told_in_vain(ask: Ask, kibana_client: KibanaClient) -> None:
    """What many agents are told has an id, even where none of them is there."""
    assert ok(ask.send(kibana_client))["actionId"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-007", source=LIVE, operations=[UPGRADE_ALL], safety="disruptive"
)
def test_upgrades_of_nobody(kibana_client: KibanaClient, release: str) -> None:
    """An upgrade of agents that do not exist has an id."""
    assert ok(kibana_client.post(f"{ALL}/bulk_upgrade", json={**MANY, "version": release}))["actionId"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-008",
    source="Kibana source, upgrade_handler.ts",
    operations=[UPGRADE_ALL],
    safety="disruptive",
)
def test_no_agent_is_brought_beyond_its_kibana(kibana_client: KibanaClient) -> None:
    """Agents are not upgraded to a release that is newer than this Kibana: 400."""
    assert_refused(kibana_client.post(f"{ALL}/bulk_upgrade", json={**MANY, "version": TOO_NEW}), 400, TOO_NEW)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-009", source=LIVE, operations=[SEEN], safety="read", tier="smoke"
)
def test_what_agents_were_told(kibana_client: KibanaClient) -> None:
    """What agents were told is listed in pages, each action once and with how many agents it was for."""
    rows = ok(kibana_client.get(f"{ALL}/action_status", query={"perPage": 20, "page": 0}))["items"]
    ids = [row["actionId"] for row in rows]
    assert len(ids) == len(set(ids)) <= 20
    wrong = [
        row
        for row in rows
        if not 0 <= row["nbAgentsAck"] <= max(row["nbAgentsActioned"], row["nbAgentsActionCreated"])
    ]
    assert wrong == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-010",
    source=LIVE,
    operations=[TELL, SEEN, CANCEL, f"POST {ALL}"],
    safety="disruptive",
    tier="smoke",
)
def test_an_action_is_seen_and_called_off(
    agent: dict[str, Any], kibana_client: KibanaClient, eventually: Eventually
) -> None:
    """What an agent was told is for that agent, is seen, and can be called off by another action."""
    made = ok(kibana_client.post(f"{ONE.format(agent['id'])}/actions", json=QUIET))["item"]
    assert made["type"] == "SETTINGS"
    eventually(
        "the action is for the agent",
        lambda: ok(kibana_client.post(ALL, json={"actionIds": [made["id"]]}))["items"] == [agent["id"]],
    )
    off = ok(kibana_client.post(f"{ALL}/actions/{made['id']}/cancel"))["item"]
    assert (off["type"], off["data"]["target_id"]) == ("CANCEL", made["id"])
    assert off["id"] != made["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-011", source=LIVE, operations=[TAG_ALL, SEEN], safety="disruptive"
)
def test_tags_of_many(kibana_client: KibanaClient, unique: Any, eventually: Eventually) -> None:
    """Tags are added to many agents and taken from them, beside those that they have."""
    agent = offered_agent(kibana_client, 2)
    one, tag, path = ONE.format(agent["id"]), unique(), f"{ALL}/bulk_update_agent_tags"

    def tags() -> set[str]:
        return set(ok(kibana_client.get(one))["item"]["tags"])

    ok(kibana_client.post(path, json={"agents": [agent["id"]], "tagsToAdd": [tag], "tagsToRemove": []}))
    eventually("the tag is there", lambda: tags() == {*agent["tags"], tag})
    ok(kibana_client.post(path, json={"agents": [agent["id"]], "tagsToAdd": [], "tagsToRemove": [tag]}))
    eventually("the tag is gone", lambda: tags() == set(agent["tags"]))


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-012", source=LIVE, operations=[REASSIGN, REASSIGN_ALL], safety="disruptive"
)
def test_an_agent_gets_another_policy(
    kibana_resources: Resources, kibana_client: KibanaClient, eventually: Eventually
) -> None:
    """An agent that is moved to another policy has that policy, whether it is moved alone or with many."""
    agent = offered_agent(kibana_client, 3)
    one, before = ONE.format(agent["id"]), agent["policy_id"]
    policies = [kibana_resources.fleet_agent_policy(space="default").id for _ in range(2)]

    def has(policy: str) -> bool:
        return bool(ok(kibana_client.get(one))["item"]["policy_id"] == policy)

    try:
        ok(kibana_client.post(f"{one}/reassign", json={"policy_id": policies[0]}))
        eventually("the agent has the first policy", lambda: has(policies[0]))
        body = {"agents": [agent["id"]], "policy_id": policies[1]}
        assert ok(kibana_client.post(f"{ALL}/bulk_reassign", json=body))["actionId"]
        eventually("the agent has the second policy", lambda: has(policies[1]))
    finally:  # a policy that has agents could not go
        ok(kibana_client.post(f"{one}/reassign", json={"policy_id": before}))


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-013", source=LIVE, operations=[DIAGNOSE, DIAGNOSE_ALL, SEEN], safety="disruptive"
)
@pytest.mark.parametrize("how", ["alone", "with many"])
def test_an_agent_is_asked_how_it_is(
    agent: dict[str, Any], kibana_client: KibanaClient, eventually: Eventually, how: str
) -> None:
    """An agent that is asked for its diagnostics is asked by an action, which is seen."""
    path, body = (
        (f"{ONE.format(agent['id'])}/request_diagnostics", {})
        if how == "alone"
        else (f"{ALL}/bulk_request_diagnostics", {"agents": [agent["id"]]})
    )
    key = ok(kibana_client.post(path, json=body))["actionId"]
    eventually("the action is seen", lambda: action_of(kibana_client, key) is not None)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-014", source="Kibana source, upgrade_handler.ts", operations=[UPGRADE], safety="disruptive"
)
def test_an_agent_is_brought_to_the_release_of_its_kibana(
    agent: dict[str, Any], kibana_client: KibanaClient, release: str
) -> None:
    """An agent may be brought to the release of its Kibana where that is forced, and never beyond."""
    path = f"{ONE.format(agent['id'])}/upgrade"
    assert_refused(kibana_client.post(path, json={"version": TOO_NEW}), 400, TOO_NEW)
    answer = kibana_client.post(path, json={"version": release, "force": True, "skipRateLimitCheck": True})
    if answer.status_code == 400:
        pytest.skip(f"needs an agent that can be upgraded, found {answer.text[:200]}")
    ok(answer)


@pytest.mark.kibana_requirement("KBN-REQ-AGACT-015", source=LIVE, operations=[UNENROLL], safety="disruptive")
def test_an_agent_is_let_go(kibana_client: KibanaClient) -> None:
    """An agent is let go by an answer that says no more; it is the last but one of those given to tests."""
    agent = offered_agents(kibana_client, 2)[-2]
    answer = kibana_client.post(f"{ONE.format(agent['id'])}/unenroll", json={"force": True, "revoke": False})
    assert ok(answer) == {}


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-016",
    level="SHOULD",
    source="Kibana API documentation: an agent is taken back to the release before its upgrade",
    operations=[ROLLBACK],
    safety="disruptive",
    since="9.4.0",
)
def test_an_agent_is_taken_back(agent: dict[str, Any], kibana_client: KibanaClient) -> None:
    """An agent that was upgraded is taken back by an action; one that was not is refused, and the answer says why."""
    answer = kibana_client.post(f"{ONE.format(agent['id'])}/rollback")
    if answer.status_code == 400:
        pytest.skip(f"needs an agent that was upgraded, found {answer.text[:200]}")
    assert ok(answer).get("actionId")


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-018",
    level="SHOULD",
    source="Kibana API documentation: agents are taken back to the release before their upgrade",
    safety="read",
    since="9.4.0",
)
@every([Ask(ROLLBACK, unknown=(400, 404)), Ask(ROLLBACK_ALL, MANY, unknown=(200, 400, 404))])
def test_nobody_is_taken_back(ask: Ask, kibana_client: KibanaClient) -> None:
    """One agent that does not exist is not taken back; many are told in vain, or refused."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGACT-017",
    source=LIVE,
    operations=[DIAGNOSE_ALL, f"GET {ALL}"],
    safety="disruptive",
)
def test_agents_are_meant_by_a_filter(agent: dict[str, Any], kibana_client: KibanaClient) -> None:
    """Many agents are meant by a filter as well as by their ids."""
    body = {"agents": f'fleet-agents.tags:"{OFFERED}"'}
    assert agent["id"]
    assert ok(kibana_client.post(f"{ALL}/bulk_request_diagnostics", json=body))["actionId"]
