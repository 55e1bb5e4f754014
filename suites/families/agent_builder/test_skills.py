"""What the agent builder has since 9.4: skills, plugins, attachments of conversations, and who may use an agent."""

from typing import Any

import pytest

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
LIVE = "observed on 9.4.3"
BASE = "/api/agent_builder"
SKILLS, SKILL = f"{BASE}/skills", f"{BASE}/skills/{{}}"
MAKE, LIST = f"POST {SKILLS}", f"GET {SKILLS}"
READ, CHANGE, REMOVE = (f"{m} {SKILLS}/{{skillId}}" for m in ("GET", "PUT", "DELETE"))
PLUGINS, INSTALL = f"GET {BASE}/plugins", f"POST {BASE}/plugins/install"
PLUGIN, UNINSTALL = f"GET {BASE}/plugins/{{pluginId}}", f"DELETE {BASE}/plugins/{{pluginId}}"
ATTACHED = f"{BASE}/conversations/{{conversation_id}}/attachments"
ATTACHMENT = f"{ATTACHED}/{{attachment_id}}"
CONSUMPTION = f"POST {BASE}/agents/{{agent_id}}/consumption"
ACCESS, GRANT = (f"{m} {BASE}/agents/{{id}}/access_control" for m in ("GET", "PUT"))
GONE = f"kbn-test-{NO_SUCH_ID}"
A_SKILL: dict[str, Any] = {"id": GONE, "name": "x", "description": "x", "content": "x"}

UNKNOWN = (
    Ask(READ, (GONE,)),
    Ask(CHANGE, (GONE,), json={"description": "x"}),
    Ask(REMOVE, (GONE,)),
    Ask(PLUGIN, (GONE,)),
    Ask(UNINSTALL, (GONE,)),
    Ask(f"GET {ATTACHED}", (GONE,)),
    Ask(f"GET {ATTACHED}/stale", (GONE,)),
    Ask(f"POST {ATTACHED}", (GONE,), json={"type": "text", "data": {"content": "x"}}, reads=True),
    Ask(f"PUT {ATTACHMENT}", (GONE, GONE), json={"data": {"content": "x"}}, reads=True),
    Ask(f"PATCH {ATTACHMENT}", (GONE, GONE), json={"description": "x"}, reads=True),
    Ask(f"DELETE {ATTACHMENT}", (GONE, GONE), reads=True),
    Ask(f"POST {ATTACHMENT}/_restore", (GONE, GONE), reads=True),
    Ask(f"PUT {ATTACHMENT}/origin", (GONE, GONE), json={"origin": "x"}, reads=True),
    Ask(ACCESS, (GONE,)),
)
SENSELESS = (
    *(
        Ask(MAKE, json={k: v for k, v in A_SKILL.items() if k != left}, status=400, name=f"without {left}")
        for left in A_SKILL
    ),
    # A server whose plugins are switched off does not look.
    Ask(INSTALL, json={}, status=(400, 404), name="of no address"),
    Ask(CONSUMPTION, (GONE,), json={"size": "many"}, status=400, name="of a size that is no number"),
    Ask(f"POST {BASE}/nl_to_esql", json={}, status=400, reads=True, name="about nothing"),
    Ask(f"POST {BASE}/nl_to_visualization", json={}, status=400, reads=True, name="about nothing"),
)


@pytest.fixture
def skill(kibana_resources: Resources) -> Handle:
    """A skill that says to do nothing."""
    return kibana_resources.agent_builder_skill()


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-201", source=LIVE, operations=[MAKE, READ, LIST], since="9.4", tier="smoke"
)
def test_a_skill_is_made(skill: Handle, here: KibanaClient) -> None:
    """A skill reads as it was made, with its content, and is in the list."""
    wanted = part(skill.sent, "id", "name", "description", "content")
    assert part(ok(here.get(SKILL.format(skill.id))), *wanted) == wanted
    assert skill.id in [one["id"] for one in ok(here.get(SKILLS))["results"]]


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-202", source=LIVE, operations=[CHANGE, READ], since="9.4")
def test_a_changed_skill_keeps_the_rest(skill: Handle, here: KibanaClient) -> None:
    """A change of a skill's description keeps its name and its content."""
    before = skill.read()
    ok(here.put(SKILL.format(skill.id), json={"description": "changed by a test"}))
    after = skill.read()
    assert part(after, "id", "name", "content") == part(before, "id", "name", "content")
    assert after["description"] == "changed by a test"


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-203",
    level="SHOULD",
    source="Kibana contract of 9.4",
    operations=[REMOVE, CHANGE],
    since="9.4",
)
def test_a_skill_in_use_stays(skill: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """A skill that an agent uses is deleted only by force."""
    configuration = {"instructions": "", "tools": [{"tool_ids": []}], "skill_ids": [skill.id]}
    try:
        kibana_resources.agent_builder_agent(configuration=configuration)
    except ResourceTrouble as trouble:
        pytest.skip(f"needs agents that have skills, found: {trouble.message}")
    assert_refused(here.delete(SKILL.format(skill.id)), 409)
    assert skill.exists()
    assert here.delete(SKILL.format(skill.id), query={"force": True}).status_code in (200, 204)
    assert_refused(here.get(SKILL.format(skill.id)), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-204", source=LIVE, operations=[PLUGINS], since="9.4", safety="read"
)
def test_plugins_are_listed_where_there_are_any(kibana_client: KibanaClient) -> None:
    """The list of plugins is a list, or the whole is switched off, which is said by 404."""
    answer = kibana_client.get(f"{BASE}/plugins")
    if answer.status_code == 404 or not answer.json():
        pytest.skip("needs plugins of the agent builder, found that they are switched off")
    assert isinstance(ok(answer)["results"], list)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-205",
    source="Kibana contract of 9.4",
    level="SHOULD",
    operations=[f"POST {ATTACHED}", f"GET {ATTACHED}", f"DELETE {ATTACHMENT}", f"POST {ATTACHMENT}/_restore"],
    since="9.4",
    safety="disruptive",
)
def test_an_attachment_is_taken_back(kibana_resources: Resources, here: KibanaClient) -> None:
    """What is attached to a conversation is listed, changed, deleted softly, and restored."""
    try:
        talk = kibana_resources.agent_builder_conversation()
    except ResourceTrouble as trouble:
        pytest.skip(f"needs a model to talk to, found: {trouble.message}")
    path = f"{BASE}/conversations/{talk.id}/attachments"

    def listed(**query: Any) -> list[str]:
        return [one["id"] for one in ok(here.get(path, query=query))["results"]]

    made = ok(here.post(path, json={"type": "text", "data": {"content": "one"}}))
    key = made["attachment"]["id"] if "attachment" in made else made["id"]
    assert listed() == [key]
    ok(here.put(f"{path}/{key}", json={"data": {"content": "two"}}))
    ok(here.patch(f"{path}/{key}", json={"description": "renamed"}))
    assert here.delete(f"{path}/{key}").status_code in (200, 204)
    assert listed() == []
    assert listed(include_deleted=True) == [key]
    ok(here.post(f"{path}/{key}/_restore"))
    assert listed() == [key]


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-206", level="SHOULD", source="Terraform provider", operations=[ACCESS, GRANT], since="9.5"
)
def test_who_may_use_an_agent_can_be_written_back(agent: Handle, here: KibanaClient) -> None:
    """Who may use an agent is read, and written back as it was read."""
    path = f"{BASE}/agents/{agent.id}/access_control"
    before = ok(here.get(path))
    ok(here.put(path, json=before))
    assert ok(here.get(path)) == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-207", level="SHOULD", source=LIVE, operations=[CONSUMPTION], since="9.4"
)
def test_use_is_counted(agent: Handle, here: KibanaClient) -> None:
    """The use of an agent that nobody talked to is an empty list; 9.4.3 fails before the first conversation."""
    answer = here.post(f"{BASE}/agents/{agent.id}/consumption", json={})
    assert ok(answer)["results"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-208", source="Kibana contract of 9.4", level="SHOULD", since="9.4"
)
@pytest.mark.parametrize("ask", rows(*UNKNOWN, *SENSELESS))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """What does not exist is answered 404; what lacks something is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-AGENTS-209", source=AUTHENTICATION, since="9.4", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((Ask(LIST), Ask(PLUGINS), *UNKNOWN, *SENSELESS))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes anything."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGENTS-210", source="Kibana source, agent builder's feature", since="9.4"
)
@pytest.mark.parametrize(
    "ask", rows(*guarded((Ask(MAKE, json=A_SKILL), Ask(CHANGE, (GONE,), json={}), Ask(REMOVE, (GONE,)))))
)
def test_a_viewer_makes_no_skill(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes and deletes no skill."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
