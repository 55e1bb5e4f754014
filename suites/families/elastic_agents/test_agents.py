"""Agents: found, counted and tagged. What is done to one is only done to those that their owner gave to tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.fleet import OFFERED, Ask, every, listed_ids, offered_agent, offered_agents
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/agents", "/api/fleet/agents/{}"
LIST, OF_ACTIONS, DATA = f"GET {ALL}", f"POST {ALL}", "GET /api/fleet/agent_status/data"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{agentId}}" for method in ("GET", "PUT", "DELETE"))
UPLOADS, FILE, FORGET = (
    f"{READ}/uploads",
    f"GET {ALL}/files/{{fileId}}/{{fileName}}",
    f"DELETE {ALL}/files/{{fileId}}",
)
MIGRATE, MIGRATE_MANY = f"POST {ALL}/{{agentId}}/migrate", f"POST {ALL}/bulk_migrate"
LEVEL, LEVELS = f"POST {ALL}/{{agentId}}/privilege_level_change", f"POST {ALL}/bulk_privilege_level_change"
COLLECTOR, COLLECTORS = f"POST {ALL}/{{agentId}}/remove_collector", f"POST {ALL}/bulk_remove_collectors"
EFFECTIVE = f"{READ}/effective_config"
TAGS, VERSIONS, READY, SET_UP = (
    f"GET {ALL}/tags",
    f"GET {ALL}/available_versions",
    f"GET {ALL}/setup",
    f"POST {ALL}/setup",
)
AWAY = {"uri": "https://fleet.example.com:8220", "enrollment_token": "nobody's"}
MANY = {"agents": [NO_SUCH_ID]}


@pytest.fixture
def agent(kibana_client: KibanaClient) -> Iterator[dict[str, Any]]:
    """Return an agent that its owner gave to tests; it has its tags again afterwards."""
    found = offered_agent(kibana_client, 1)
    yield found
    ok(kibana_client.put(ONE.format(found["id"]), json={"tags": found["tags"]}))


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-005", source=LIVE, operations=[LIST], safety="read", tier="smoke"
)
def test_a_page_of_agents(kibana_client: KibanaClient) -> None:
    """Agents are listed in pages that say how many there are, none twice; nothing is found that does not exist."""
    first, second = (ok(kibana_client.get(ALL, query={"perPage": 1, "page": page})) for page in (1, 2))
    assert [one["perPage"] for one in (first, second)] == [1, 1]
    assert [one["page"] for one in (first, second)] == [1, 2]
    assert len(first["items"]) == min(first["total"], 1)
    assert not set(listed_ids(first["items"])) & set(listed_ids(second["items"]))
    nothing = ok(kibana_client.get(ALL, query={"kuery": f'fleet-agents.policy_id:"{NO_SUCH_ID}"'}))
    assert part(nothing, "items", "total") == {"items": [], "total": 0}


@pytest.mark.kibana_requirement("KBN-REQ-AGENT-006", source=CONTRACT, safety="read")
@every(
    [
        Ask(LIST, query={"page": "one"}),
        Ask(LIST, query={"sortOrder": "sideways"}),
        Ask(LIST, query={"showInactive": "perhaps"}),
        Ask(TAGS, query={"showInactive": "perhaps"}),
        Ask(OF_ACTIONS, {"actionIds": "all"}),
        Ask(DATA),
        Ask(MIGRATE, {"uri": "nowhere"}),
        Ask(MIGRATE_MANY, MANY),
        Ask(CHANGE, {"tags": "one"}),
    ]
)
def test_a_question_without_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """What is not a number, an order, a boolean or a list where one is expected is refused with 400."""
    ask.assert_refused(kibana_client, 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-007",
    source=LIVE,
    operations=[VERSIONS, READY, TAGS, OF_ACTIONS],
    safety="read",
    tier="smoke",
)
def test_what_is_known_without_agents(kibana_client: KibanaClient) -> None:
    """Releases for agents, what Fleet lacks, tags, and agents of an unknown action are told without any agent."""
    versions = ok(kibana_client.get(f"{ALL}/available_versions"))["items"]
    assert versions
    assert [one for one in versions if not one[:1].isdigit()] == []
    ready = ok(kibana_client.get(f"{ALL}/setup"))
    assert ready["isReady"] is not bool(ready["missing_requirements"])
    tags = ok(kibana_client.get(f"{ALL}/tags"))["items"]
    assert len(tags) == len(set(tags))
    assert ok(kibana_client.post(ALL, json={"actionIds": [NO_SUCH_ID]}))["items"] == []


@pytest.mark.kibana_requirement("KBN-REQ-AGENT-008", source=LIVE, operations=[SET_UP], safety="disruptive")
def test_setting_up_twice_is_once(kibana_client: KibanaClient) -> None:
    """Agents can be set up as often as one likes; each time it is said that they are."""
    for _ in range(2):
        told = ok(kibana_client.post(f"{ALL}/setup"))
        assert told["isInitialized"] is True, told["nonFatalErrors"]


@pytest.mark.kibana_requirement("KBN-REQ-AGENT-009", source=LIVE, operations=[DATA], safety="read")
def test_an_agent_that_is_not_there_sent_nothing(kibana_client: KibanaClient) -> None:
    """No data has come in from an agent that does not exist."""
    answer = Ask(DATA, query={"agentsIds": [NO_SUCH_ID]}).send(kibana_client)
    assert ok(answer)["items"] == [{NO_SUCH_ID: {"data": False}}]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-010", source=LIVE, operations=[READ, LIST, UPLOADS], safety="read"
)
def test_an_agent_is_what_the_list_says(kibana_client: KibanaClient) -> None:
    """An agent is read as it is listed: with its policy, its tags and its release; what it sent is listed."""
    listed = offered_agents(kibana_client)[0]
    shown = ok(kibana_client.get(ONE.format(listed["id"])))["item"]
    same = ("id", "policy_id", "tags", "active", "enrolled_at", "type")
    assert part(shown, *same) == part(listed, *same)
    assert set(listed["tags"]) <= set(ok(kibana_client.get(f"{ALL}/tags"))["items"])
    for file in ok(kibana_client.get(f"{ONE.format(listed['id'])}/uploads"))["items"]:
        assert file["filePath"] == f"/api/fleet/agents/files/{file['id']}/{file['name']}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-011", source=LIVE, operations=[CHANGE, READ, TAGS], safety="disruptive"
)
def test_tags_are_replaced(agent: dict[str, Any], kibana_client: KibanaClient, unique: Any) -> None:
    """The tags of an agent are replaced as a whole, and the agent is found by the new one."""
    one, tag = ONE.format(agent["id"]), unique()
    changed = ok(kibana_client.put(one, json={"tags": [OFFERED, tag]}))["item"]
    assert changed["tags"] == [OFFERED, tag]
    assert ok(kibana_client.get(one))["item"]["tags"] == [OFFERED, tag]
    found = ok(kibana_client.get(ALL, query={"kuery": f'fleet-agents.tags:"{tag}"'}))
    assert listed_ids(found["items"]) == [agent["id"]]
    assert tag in ok(kibana_client.get(f"{ALL}/tags"))["items"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-012",
    source=LIVE,
    operations=[UPLOADS, FILE, FORGET, f"POST {ALL}/{{agentId}}/request_diagnostics"],
    safety="disruptive",
)
def test_diagnostics_come_and_go(
    agent: dict[str, Any], kibana_client: KibanaClient, kibana_resources: Resources
) -> None:
    """An agent that is asked for its diagnostics sends a file, which is listed, fetched, and gone when deleted."""
    one = ONE.format(agent["id"])
    action = ok(kibana_client.post(f"{one}/request_diagnostics", json={}))["actionId"]

    def sent() -> list[dict[str, Any]]:
        files = ok(kibana_client.get(f"{one}/uploads"))["items"]
        return [file for file in files if file["actionId"] == action and file["status"] == "READY"]

    if not kibana_resources.factory.until(lambda: bool(sent()), 60):
        pytest.skip("needs an agent that answers within a minute, found one that does not")
    [file] = sent()
    assert kibana_client.get(file["filePath"]).status_code == 200
    gone = ok(kibana_client.delete(f"{ALL}/files/{file['id']}"))
    assert part(gone, "id", "deleted") == {"id": file["id"], "deleted": True}
    assert sent() == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-013",
    level="SHOULD",
    source="Kibana contract; a deployment to which no agent ever sent a file answers 500, observed on 9.4.3",
    safety="read",
)
@every([Ask(FILE), Ask(FORGET)])
def test_an_unknown_file_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A file that no agent sent is answered 404."""
    ask.assert_refused(kibana_client, 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-014",
    level="SHOULD",
    source="Kibana contract; agents before 9.2 cannot be moved, and say so with 400 or 403",
    operations=[MIGRATE],
    safety="disruptive",
)
def test_an_agent_is_told_to_move(agent: dict[str, Any], kibana_client: KibanaClient) -> None:
    """An agent that is told to move to another Fleet is told so by an action, which can be called off."""
    answer = kibana_client.post(f"{ONE.format(agent['id'])}/migrate", json=AWAY)
    if answer.status_code in (400, 403):
        pytest.skip(f"needs an agent that can move, found {answer.text[:200]}")
    action = ok(answer)["actionId"]
    assert action
    kibana_client.post(f"{ALL}/actions/{action}/cancel")


@pytest.mark.kibana_requirement("KBN-REQ-AGENT-015", source=LIVE, safety="read")
@every([Ask(MIGRATE_MANY, {**AWAY, **MANY})])
def test_agents_that_are_not_there_are_told_in_vain(ask: Ask, kibana_client: KibanaClient) -> None:
    """What many agents are told is an action, even where none of them is there."""
    assert ok(ask.send(kibana_client))["actionId"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-016",
    source=LIVE,
    operations=[REMOVE, READ, LIST, f"POST {ALL}/{{agentId}}/unenroll"],
    safety="disruptive",
)
def test_an_agent_leaves_and_is_forgotten(kibana_client: KibanaClient) -> None:
    """An agent whose keys are revoked is no longer active, is listed only on demand, and gone when it is deleted.

    It takes the last of the agents that were given to tests, where there are more.
    """
    agent = offered_agents(kibana_client, 2)[-1]
    one, by_id = ONE.format(agent["id"]), {"kuery": f'fleet-agents.tags:"{OFFERED}"', "perPage": 100}
    ok(kibana_client.post(f"{one}/unenroll", json={"force": True, "revoke": True}))
    assert ok(kibana_client.get(one))["item"]["active"] is False
    assert agent["id"] not in listed_ids(ok(kibana_client.get(ALL, query=by_id))["items"])
    all_of_them = ok(kibana_client.get(ALL, query={**by_id, "showInactive": True}))["items"]
    assert agent["id"] in listed_ids(all_of_them)
    assert ok(kibana_client.delete(one))["action"] == "deleted"
    assert_refused(kibana_client.get(one), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-017",
    level="SHOULD",
    source="Kibana API documentation: the configuration that an agent runs with",
    operations=[EFFECTIVE],
    safety="read",
    since="9.4.0",
)
def test_what_an_agent_really_runs_with(kibana_client: KibanaClient) -> None:
    """The configuration that an agent really runs with is told, or that it is not known."""
    agent = offered_agents(kibana_client)[0]
    answer = kibana_client.get(f"{ONE.format(agent['id'])}/effective_config")
    assert answer.status_code in (200, 404), f"{answer.status_code} {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-018",
    level="SHOULD",
    source="Kibana API documentation: an agent may be told to run without root",
    operations=[LEVEL],
    safety="disruptive",
    since="9.4.0",
)
def test_an_agent_is_told_to_run_without_root(agent: dict[str, Any], kibana_client: KibanaClient) -> None:
    """An agent that is told to run without root is told so by an action, or cannot, and the answer says why."""
    answer = kibana_client.post(f"{ONE.format(agent['id'])}/privilege_level_change", json={})
    if answer.status_code == 400:
        pytest.skip(f"needs an agent that can change its level, found {answer.text[:200]}")
    assert ok(answer).get("actionId")


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENT-019",
    level="SHOULD",
    source="Kibana API documentation: what is told to one agent and to many since 9.4",
    safety="read",
    since="9.4.0",
)
@every(
    [
        Ask(LEVEL, {}, unknown=(400, 404)),
        Ask(COLLECTOR, unknown=(400, 404)),
        Ask(LEVELS, MANY, unknown=(200, 400, 404)),
        Ask(COLLECTORS, MANY, unknown=(200, 400, 404)),
    ]
)
def test_what_is_new_is_not_told_to_nobody(ask: Ask, kibana_client: KibanaClient) -> None:
    """One agent that does not exist is refused; many are told in vain, or refused."""
    ask.assert_unknown(kibana_client)
