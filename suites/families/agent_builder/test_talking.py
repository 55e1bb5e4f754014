"""Talking: conversations with agents, and the protocols by which programs talk to them (MCP and A2A)."""

import json
from typing import Any

import httpx
import pytest

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, shows
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
BASE = "/api/agent_builder"
TALK, STREAM = f"POST {BASE}/converse", f"POST {BASE}/converse/async"
LIST, READ, REMOVE = (
    f"GET {BASE}/conversations",
    f"GET {BASE}/conversations/{{conversation_id}}",
    f"DELETE {BASE}/conversations/{{conversation_id}}",
)
MCP, CARD, A2A = f"POST {BASE}/mcp", f"GET {BASE}/a2a/{{agentId}}.json", f"POST {BASE}/a2a/{{agentId}}"
GONE = f"kbn-test-{NO_SUCH_ID}"
HELLO = {
    "protocolVersion": "2024-11-05",
    "capabilities": {},
    "clientInfo": {"name": "kbn-test", "version": "1"},
}
EITHER = {"accept": "application/json, text/event-stream"}

UNKNOWN = (
    Ask(READ, (NO_SUCH_ID,)),
    Ask(REMOVE, (NO_SUCH_ID,)),
    Ask(CARD, (GONE,)),
    Ask(A2A, (GONE,), json={"jsonrpc": "2.0", "id": 1, "method": "no/such"}),
)
SENSELESS = (
    Ask(TALK, json={}, status=400, name="about nothing"),
    Ask(TALK, json={"input": 1}, status=400, name="about a number"),
    Ask(STREAM, json={}, status=400, name="about nothing"),
)


def rpc(method: str, **params: Any) -> dict[str, Any]:
    """Return a call of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def answered(answer: httpx.Response) -> Any:
    """Return what JSON-RPC answered, as JSON or as the data of a stream of events."""
    assert answer.status_code == 200, answer.text
    if "event-stream" in answer.headers["content-type"]:
        (data,) = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
        return json.loads(data)
    return answer.json()


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-101", source=LIVE, operations=[LIST], since="9.2", safety="read"
)
def test_conversations_are_listed(kibana_client: KibanaClient) -> None:
    """The list of one's conversations is there before anybody talked."""
    assert isinstance(ok(kibana_client.get(f"{BASE}/conversations"))["results"], list)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-102", source=LIVE, operations=[TALK, LIST, READ, REMOVE], since="9.2", safety="disruptive"
)
def test_a_conversation_is_kept(agent: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """What was said is kept as a conversation, listed without its rounds, read with them, and deleted."""
    try:
        talk = kibana_resources.agent_builder_conversation(agent_id=agent.id)
    except ResourceTrouble as trouble:
        pytest.skip(f"needs a model to talk to, found: {trouble.message}")
    assert talk.id in [one["id"] for one in ok(here.get(f"{BASE}/conversations"))["results"]]
    one = f"{BASE}/conversations/{talk.id}"
    shown = ok(here.get(one))
    assert (shown["agent_id"], len(shown["rounds"])) == (agent.id, 1)
    assert shows(ok(here.delete(one)), {"success": True})
    assert_refused(here.get(one), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-103", source=LIVE, operations=[STREAM], since="9.2", safety="disruptive"
)
def test_an_answer_may_be_a_stream(agent: Handle, here: KibanaClient) -> None:
    """An answer that is not waited for is a stream of events, each of which has a name."""
    answer = here.post(f"{BASE}/converse/async", json={"agent_id": agent.id, "input": "Say nothing."})
    if answer.status_code in (400, 404):
        pytest.skip(f"needs a model to talk to, found {answer.status_code}: {answer.text[:200]}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block for block in answer.text.split("\n\n") if block.strip() and not block.startswith(":")]
    assert events
    assert [block for block in events if not block.startswith("event: ")] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-104", source=LIVE, operations=[MCP], since="9.2", safety="disruptive", tier="smoke"
)
def test_programs_find_tools(tool: Handle, here: KibanaClient) -> None:
    """A program that speaks MCP is told who answers, and finds the tools of the space with how to call them."""
    hello = answered(here.post(f"{BASE}/mcp", json=rpc("initialize", **HELLO), headers=EITHER))
    assert (hello["jsonrpc"], hello["id"]) == ("2.0", 1)
    assert hello["result"]["serverInfo"]["name"]
    tools = answered(here.post(f"{BASE}/mcp", json=rpc("tools/list"), headers=EITHER))["result"]["tools"]
    # Names of MCP know no dots.
    (found,) = [one for one in tools if one["name"].replace("_", ".") == tool.id.replace("_", ".")]
    assert found["inputSchema"]["type"] == "object"


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-105",
    level="SHOULD",
    source="the protocol, modelcontextprotocol.io; JSON-RPC 2.0",
    operations=[MCP],
    since="9.2",
    safety="disruptive",
)
def test_an_unknown_method_is_an_error_inside(here: KibanaClient) -> None:
    """A method that nobody knows is answered 200, with an error of JSON-RPC under the caller's id."""
    answer = answered(here.post(f"{BASE}/mcp", json=rpc("no/such/method"), headers=EITHER))
    assert (answer["id"], answer["error"]["code"]) == (1, -32601)


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-106", source=LIVE, operations=[CARD], since="9.2")
def test_an_agent_has_a_card(agent: Handle, here: KibanaClient) -> None:
    """Other agents are told the name of an agent, what it can do, and where to talk to it."""
    card = ok(here.get(f"{BASE}/a2a/{agent.id}.json"))
    assert card["name"] == agent.sent["name"]
    assert card["url"].endswith(f"{BASE}/a2a/{agent.id}")
    assert isinstance(card["skills"], list)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-107",
    level="SHOULD",
    source="the protocol, a2a-protocol.org; JSON-RPC 2.0",
    operations=[A2A],
    since="9.2",
    safety="disruptive",
)
def test_agents_talk_by_json_rpc(agent: Handle, here: KibanaClient) -> None:
    """An agent that is asked by a method that nobody knows answers 200 with an error, and asks no model."""
    answer = answered(here.post(f"{BASE}/a2a/{agent.id}", json=rpc("no/such/method")))
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", 1)
    assert answer["error"]["code"] < 0


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-108", source=LIVE, since="9.2")
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A conversation or an agent that does not exist is answered 404; talk about nothing is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-109", source=AUTHENTICATION, since="9.2", tier="smoke")
@pytest.mark.parametrize(
    "ask", rows(*once((Ask(LIST), *UNKNOWN, *SENSELESS, Ask(MCP, json=rpc("initialize", **HELLO)))))
)
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody talks, listens, or reads what was said."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)
