"""Prompts, anonymisation and knowledge: made, changed and removed many at once; and the model behind it all."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.models import mute_model
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
BASE = "/api/security_ai_assistant"
PROMPTS, FIELDS = f"{BASE}/prompts", f"{BASE}/anonymization_fields"
KNOWLEDGE, ENTRIES = f"{BASE}/knowledge_base", f"{BASE}/knowledge_base/entries"
ENTRY = f"{ENTRIES}/{{id}}"


def bulk(client: KibanaClient, path: str, **actions: Any) -> Any:
    """Return the results of a bulk action that succeeded."""
    told = ok(client.post(f"{path}/_bulk_action", json=actions))
    assert told.get("success") is True, told
    return told["attributes"]["results"]


def found(client: KibanaClient, path: str, wanted: str) -> list[dict[str, Any]]:
    """Return what a filter finds."""
    rows: list[dict[str, Any]] = ok(client.get(f"{path}/_find", query={"filter": wanted}))["data"]
    return rows


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-020",
    source=LIVE,
    operations=[f"POST {PROMPTS}/_bulk_action", f"GET {PROMPTS}/_find"],
    tier="smoke",
)
def test_prompts_live_together(
    assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Prompts are made, changed and removed in one request, each answered in its own list."""
    first, second = kibana_resources.assistant_prompt(), kibana_resources.assistant_prompt()
    named = f'name: "{first.sent["create"][0]["name"]}"'
    eventually("a prompt is found", lambda: [one["id"] for one in found(here, PROMPTS, named)] == [first.id])
    results = bulk(
        here, PROMPTS, update=[{"id": first.id, "content": "Say less."}], delete={"ids": [second.id]}
    )
    assert [part(one, "id", "content") for one in results["updated"]] == [
        {"id": first.id, "content": "Say less."}
    ]
    assert results["deleted"] == [second.id]
    eventually(
        "a prompt has changed",
        lambda: [one["content"] for one in found(here, PROMPTS, named)] == ["Say less."],
    )


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-021",
    source=LIVE,
    operations=[f"POST {FIELDS}/_bulk_action", f"GET {FIELDS}/_find"],
    tier="smoke",
)
def test_fields_are_hidden_or_shown(
    assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Whether a field is shown to a model is told of each field, and changed without its name."""
    field = kibana_resources.assistant_anonymization_field()
    named = f'field: "{field.sent["create"][0]["field"]}"'
    eventually("a field is found", lambda: [one["id"] for one in found(here, FIELDS, named)] == [field.id])
    (changed,) = bulk(here, FIELDS, update=[{"id": field.id, "allowed": True, "anonymized": False}])[
        "updated"
    ]
    assert part(changed, "id", "allowed", "anonymized") == {
        "id": field.id,
        "allowed": True,
        "anonymized": False,
    }
    assert bulk(here, FIELDS, delete={"ids": [field.id]})["deleted"] == [field.id]
    eventually("a field is gone", lambda: found(here, FIELDS, named) == [])


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-022",
    level="SHOULD",  # the status of the whole differs between releases
    source="Kibana source, bulk_actions_route.ts",
    operations=[f"POST {PROMPTS}/_bulk_action"],
)
def test_an_unknown_one_is_named(
    assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient
) -> None:
    """A bulk action of which one item is not there does the rest, does not succeed as a whole, and says so."""
    prompt = kibana_resources.assistant_prompt()
    update = [{"id": prompt.id, "content": "Say less."}, {"id": NO_SUCH_ID, "content": "Say nothing."}]
    told = here.post(f"{PROMPTS}/_bulk_action", json={"update": update}).json()
    assert told.get("success") is not True
    assert part(told["attributes"]["summary"], "failed", "succeeded", "total") == {
        "failed": 1,
        "succeeded": 1,
        "total": 2,
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-023", source=LIVE, operations=[f"GET {KNOWLEDGE}/{{resource}}"]
)
def test_it_is_told_what_is_known(assistant: KibanaClient, here: KibanaClient) -> None:
    """One is told whether the knowledge base is set up, and whether its model is deployed."""
    state = ok(here.get(f"{KNOWLEDGE}/user"))
    assert all(
        isinstance(state[name], bool) for name in ("elser_exists", "is_setup_in_progress") if name in state
    )


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-024", source=LIVE, operations=[f"GET {KNOWLEDGE}"], since="9.4"
)
def test_it_is_told_what_is_known_of_all(assistant: KibanaClient, here: KibanaClient) -> None:
    """The state of the knowledge base can be asked for without naming a part of it."""
    state = ok(here.get(KNOWLEDGE))
    assert all(
        isinstance(state[name], bool) for name in ("elser_exists", "is_setup_in_progress") if name in state
    )


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-025",
    level="SHOULD",  # it needs a machine-learning node with room for the model
    source="Kibana docs, knowledge base",
    operations=[f"POST {KNOWLEDGE}/{{resource}}"],
    safety="disruptive",
)
def test_the_knowledge_base_is_set_up(assistant: KibanaClient, here: KibanaClient) -> None:
    """Setting the knowledge base up succeeds, however often."""
    for _ in range(2):
        assert ok(here.post(f"{KNOWLEDGE}/user", query={"ignoreSecurityLabs": True}))["success"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-026",
    source=LIVE,
    operations=[f"POST {ENTRIES}", f"GET {ENTRY}", f"PUT {ENTRY}", f"GET {ENTRIES}/_find", f"DELETE {ENTRY}"],
)
@pytest.mark.usefixtures("knowledge")
def test_an_entry_is_read_changed_and_found(
    kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """An entry of the knowledge base is read by its id, changed, found by name, and gone when it is deleted."""
    entry = kibana_resources.assistant_kb_entry()
    path, named = f"{ENTRIES}/{entry.id}", f'name: "{entry.sent["name"]}"'
    assert part(ok(here.get(path)), "name", "text") == part(entry.sent, "name", "text")
    ok(here.put(path, json={**entry.sent, "text": "changed by a test"}))
    assert ok(here.get(path))["text"] == "changed by a test"
    eventually("an entry is found", lambda: [one["id"] for one in found(here, ENTRIES, named)] == [entry.id])
    assert ok(here.delete(path))["id"] == entry.id
    assert_refused(here.get(path), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-027", source=LIVE, operations=[f"POST {ENTRIES}/_bulk_action", f"GET {ENTRY}"]
)
@pytest.mark.usefixtures("knowledge")
def test_many_entries_go_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Many entries are deleted by one list of ids, and the others stay."""
    gone, kept = kibana_resources.assistant_kb_entry(), kibana_resources.assistant_kb_entry()
    assert bulk(here, ENTRIES, delete={"ids": [gone.id]})["deleted"] == [gone.id]
    assert_refused(here.get(f"{ENTRIES}/{gone.id}"), 404)
    assert ok(here.get(f"{ENTRIES}/{kept.id}"))["id"] == kept.id
    assert ok(here.get(f"{ENTRIES}/{kept.id}"))["id"] == kept.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-028",
    level="SHOULD",  # the model cannot be reached: a Kibana that waits for it says so
    source="Kibana docs, create a model response",
    operations=[f"POST {BASE}/chat/complete"],
    safety="disruptive",
)
def test_a_model_is_asked(assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient) -> None:
    """What a model says comes as a stream."""
    body = {
        "connectorId": mute_model(kibana_resources).id,
        "persist": False,
        "messages": [{"role": "user", "content": "Say nothing."}],
    }
    assert here.post(f"{BASE}/chat/complete", json=body).status_code == 200


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-029", source=LIVE, operations=[f"POST {PROMPTS}/_bulk_action", f"GET {PROMPTS}/_find"]
)
def test_prompts_are_of_their_space(
    assistant: KibanaClient,
    kibana_resources: Resources,
    here: KibanaClient,
    other_space: KibanaClient,
    unique: Callable[[], str],
    eventually: Eventually,
) -> None:
    """A prompt of one space is not found in another."""
    prompt = kibana_resources.assistant_prompt()
    named = f'name: "{prompt.sent["create"][0]["name"]}"'
    eventually("a prompt is found", lambda: len(found(here, PROMPTS, named)) == 1)
    assert found(other_space, PROMPTS, named) == []
