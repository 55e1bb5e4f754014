"""Tools and agents: built, changed and removed, but for those that are there from the start."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, shows, texts
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
TOOLS, TOOL = "/api/agent_builder/tools", "/api/agent_builder/tools/{}"
AGENTS, AGENT = "/api/agent_builder/agents", "/api/agent_builder/agents/{}"
BUILD, SURVEY, LOOK = f"POST {TOOLS}", f"GET {TOOLS}", f"GET {TOOLS}/{{id}}"
ALTER, DROP, EXECUTE = f"PUT {TOOLS}/{{toolId}}", f"DELETE {TOOLS}/{{id}}", f"POST {TOOLS}/_execute"
MAKE, LIST = f"POST {AGENTS}", f"GET {AGENTS}"
READ, CHANGE, REMOVE = (f"{m} {AGENTS}/{{id}}" for m in ("GET", "PUT", "DELETE"))
GONE = f"kbn-test-{NO_SUCH_ID}"
QUERY = {"query": "ROW x = 1 | LIMIT 1", "params": {}}
A_TOOL: dict[str, Any] = {"id": GONE, "type": "esql", "description": "x", "configuration": QUERY}
AN_AGENT: dict[str, Any] = {"id": GONE, "name": "x", "description": "x", "configuration": {"tools": []}}

UNKNOWN = (
    Ask(LOOK, (GONE,)),
    Ask(ALTER, (GONE,), json={"description": "x"}),
    Ask(DROP, (GONE,)),
    Ask(EXECUTE, json={"tool_id": GONE, "tool_params": {}}, reads=True),
    Ask(READ, (GONE,)),
    Ask(CHANGE, (GONE,), json={"description": "x"}),
    Ask(REMOVE, (GONE,)),
)
SENSELESS = (
    *(
        Ask(BUILD, json={k: v for k, v in A_TOOL.items() if k != left}, status=400, name=f"without {left}")
        for left in ("id", "type", "configuration")
    ),
    Ask(BUILD, json={**A_TOOL, "type": "guess"}, status=400, name="of an unknown type"),
    Ask(BUILD, json={**A_TOOL, "noSuchField": 1}, status=400, name="with an unknown field"),
    Ask(EXECUTE, json={"tool_params": {}}, status=400, reads=True, name="of no tool"),
    *(
        Ask(MAKE, json={k: v for k, v in AN_AGENT.items() if k != left}, status=400, name=f"without {left}")
        for left in AN_AGENT
    ),
    Ask(MAKE, json={**AN_AGENT, "noSuchField": 1}, status=400, name="with an unknown field"),
)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-001", source=LIVE, operations=[BUILD, LOOK, SURVEY], since="9.2", tier="smoke"
)
def test_a_tool_is_built(tool: Handle, here: KibanaClient) -> None:
    """A tool reads as it was built, may be changed, and is in the list, which has no pages."""
    wanted = part(tool.sent, "id", "type", "description", "tags")
    shown = ok(here.get(TOOL.format(tool.id)))
    assert part(shown, *wanted) == wanted
    assert shown["configuration"]["query"] == tool.sent["configuration"]["query"]
    assert shown["readonly"] is False
    assert [part(one, *wanted) for one in ok(here.get(TOOLS))["results"] if one["id"] == tool.id] == [wanted]


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-002", source=LIVE, operations=[ALTER, LOOK], since="9.2")
def test_a_changed_tool_keeps_the_rest(tool: Handle, here: KibanaClient) -> None:
    """A change of a tool's description keeps its tags and its query."""
    before = ok(here.get(TOOL.format(tool.id)))
    ok(here.put(TOOL.format(tool.id), json={"description": "changed by a test"}))
    after = ok(here.get(TOOL.format(tool.id)))
    kept = ("id", "type", "tags", "configuration")
    assert part(after, *kept) == part(before, *kept)
    assert after["description"] == "changed by a test"


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-003", source=LIVE, operations=[DROP, LOOK], since="9.2")
def test_a_tool_goes(tool: Handle, here: KibanaClient) -> None:
    """Deleting a tool says so, and it is read and listed no more."""
    assert shows(ok(here.delete(TOOL.format(tool.id))), {"success": True})
    assert_refused(here.get(TOOL.format(tool.id)), 404)
    assert tool.id not in [one["id"] for one in ok(here.get(TOOLS))["results"]]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-004", source=LIVE, operations=[MAKE, READ, LIST], since="9.2", tier="smoke"
)
def test_an_agent_is_made(agent: Handle, here: KibanaClient) -> None:
    """An agent reads as it was made, and is in the list, which has no pages."""
    wanted = part(agent.sent, "id", "name", "description", "labels")
    shown = ok(here.get(AGENT.format(agent.id)))
    assert part(shown, *wanted) == wanted
    assert [one["name"] for one in ok(here.get(AGENTS))["results"] if one["id"] == agent.id] == [
        wanted["name"]
    ]


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-005", source=LIVE, operations=[CHANGE, READ], since="9.2")
def test_a_changed_agent_keeps_the_rest(agent: Handle, here: KibanaClient) -> None:
    """A change of an agent's description keeps its name and its labels."""
    before = ok(here.get(AGENT.format(agent.id)))
    ok(here.put(AGENT.format(agent.id), json={"description": "changed by a test"}))
    after = ok(here.get(AGENT.format(agent.id)))
    kept = ("id", "name", "labels")
    assert part(after, *kept) == part(before, *kept)
    assert after["description"] == "changed by a test"


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-006", source=LIVE, operations=[REMOVE, READ], since="9.2")
def test_an_agent_goes(agent: Handle, here: KibanaClient) -> None:
    """Deleting an agent says so, and it is read and listed no more."""
    assert shows(ok(here.delete(AGENT.format(agent.id))), {"success": True})
    assert_refused(here.get(AGENT.format(agent.id)), 404)
    assert agent.id not in [one["id"] for one in ok(here.get(AGENTS))["results"]]


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-007", source=LIVE, operations=[BUILD, MAKE], since="9.2")
def test_an_id_is_taken_once(tool: Handle, agent: Handle, here: KibanaClient) -> None:
    """A second tool or agent of one id is refused, and the first stays as it was."""
    for path, one in ((TOOLS, tool), (AGENTS, agent)):
        before = one.read()
        answer = here.post(path, json={**one.sent, "description": "a namesake"})
        assert answer.status_code in (400, 409), answer.text
        assert one.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-008", source=LIVE, operations=[SURVEY, LIST, ALTER, DROP, CHANGE, REMOVE], since="9.2"
)
@pytest.mark.parametrize("what", [TOOLS, AGENTS], ids=["tools", "agents"])
def test_what_is_built_in_stays(what: str, kibana_client: KibanaClient) -> None:
    """Tools and agents that are there from the start can neither be changed nor deleted."""
    built_in = [one for one in ok(kibana_client.get(what))["results"] if one.get("readonly")]
    if not built_in:
        pytest.skip("needs something built in, found none")
    one = f"{what}/{built_in[0]['id']}"
    before = ok(kibana_client.get(one))
    for answer in (kibana_client.put(one, json={"description": "taken over"}), kibana_client.delete(one)):
        assert answer.status_code in (400, 403, 409), answer.text
    assert ok(kibana_client.get(one)) == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-009", source=LIVE, operations=[EXECUTE], since="9.2", safety="disruptive"
)
def test_a_tool_is_executed(tool: Handle, here: KibanaClient) -> None:
    """An ES|QL tool is run without a model, and answers with results."""
    results = ok(here.post(f"{TOOLS}/_execute", json={"tool_id": tool.id, "tool_params": {}}))["results"]
    assert results
    assert [one for one in results if one["type"] == "error"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-010", source=LIVE, operations=[LOOK, ALTER, DROP], since="9.2"
)
def test_tools_are_of_one_space(tool: Handle, other_space: KibanaClient) -> None:
    """A tool cannot be read, changed or deleted from another space, and is not listed there."""
    one, before = TOOL.format(tool.id), tool.read()
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.put(one, json={"description": "taken over"}), 404)
    assert_refused(other_space.delete(one), 404)
    assert tool.id not in [other["id"] for other in ok(other_space.get(TOOLS))["results"]]
    assert tool.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-011",
    level="SHOULD",
    source="Kibana docs, agent builder: agents are of a space",
    operations=[READ, CHANGE, REMOVE],
    since="9.2",
)
def test_agents_are_of_one_space(agent: Handle, other_space: KibanaClient) -> None:
    """An agent cannot be read, changed or deleted from another space."""
    one, before = AGENT.format(agent.id), agent.read()
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.put(one, json={"description": "taken over"}), 404)
    assert_refused(other_space.delete(one), 404)
    assert agent.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-012", source=LIVE, since="9.2")
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404; a tool or an agent that lacks something or has something unknown, 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-013", source=AUTHENTICATION, since="9.2", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((Ask(SURVEY), Ask(LIST), *UNKNOWN, *SENSELESS))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads, builds or runs anything."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-014", source="Kibana source, agent builder's feature", since="9.2"
)
@pytest.mark.parametrize("ask", rows(*guarded((*UNKNOWN, Ask(BUILD, json=A_TOOL), Ask(MAKE, json=AN_AGENT)))))
def test_a_viewer_builds_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer builds, changes and deletes nothing."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-015", source=LIVE, operations=[BUILD, LOOK], since="9.2", tier="thorough"
)
@FEW
@given(description=texts, tags=st.lists(texts, max_size=3, unique=True))
def test_a_tool_reads_as_it_was_built(kibana_resources: Resources, description: str, tags: list[str]) -> None:
    """Whatever description and tags a tool is given, it reads back the same."""
    told: dict[str, Any] = {"description": description, "tags": tags}
    assert part(kibana_resources.agent_builder_tool(**told).read(), *told) == told
