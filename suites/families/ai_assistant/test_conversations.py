"""Conversations with the assistant: each of one user in one space, found by title, deleted one by one or all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.suites.families.sources import API_TESTS, LIVE
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
BASE = "/api/security_ai_assistant/current_user/conversations"
ONE, FIND = f"{BASE}/{{id}}", f"GET {BASE}/_find"
SAID = [
    {"role": "user", "content": "first", "timestamp": "2026-01-01T00:00:00.000Z"},
    {"role": "assistant", "content": "second", "timestamp": "2026-01-01T00:00:01.000Z"},
]


@pytest.fixture
def conversation(assistant: KibanaClient, kibana_resources: Resources) -> Handle:
    """A conversation in which nothing was said."""
    return kibana_resources.assistant_conversation()


def titled(client: KibanaClient, *conversations: Handle, **query: Any) -> Any:
    """Return the page of the conversations with these titles."""
    wanted = " or ".join(f'title: "{one.sent["title"]}"' for one in conversations)
    return ok(client.get(f"{BASE}/_find", query={"filter": wanted, **query}))


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-001",
    source=LIVE,
    operations=[f"POST {BASE}", f"GET {ONE}", f"PUT {ONE}"],
    tier="smoke",
)
def test_a_conversation_is_named_anew(conversation: Handle, here: KibanaClient) -> None:
    """A conversation is its owner's, and keeps its id and its kind under a new title."""
    path = f"{BASE}/{conversation.id}"
    before = ok(here.get(path))
    assert part(before, "title", "category", "namespace") == {
        "title": conversation.sent["title"],
        "category": "assistant",
        "namespace": conversation.space,
    }
    title = f"{conversation.sent['title']} anew"
    assert ok(here.put(path, json={"id": conversation.id, "title": title}))["title"] == title
    after = ok(here.get(path))
    assert part(after, "id", "title", "category", "createdAt") == {
        **part(before, "id", "category", "createdAt"),
        "title": title,
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-008",
    source="the contract names the member; 9.4.3 accepts it and keeps the old one",
    operations=[f"PUT {ONE}"],
    level="SHOULD",
)
def test_a_conversation_becomes_one_of_another_kind(conversation: Handle, here: KibanaClient) -> None:
    """A kind that is accepted in a change is the conversation's kind then."""
    path = f"{BASE}/{conversation.id}"
    ok(here.put(path, json={"id": conversation.id, "category": "insights"}))
    assert ok(here.get(path))["category"] == "insights"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-002", source=LIVE, operations=[f"POST {BASE}", f"GET {ONE}"]
)
def test_what_was_said_is_kept_in_order(
    assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient
) -> None:
    """What was said in a conversation is kept, by whom, and in order."""
    made = kibana_resources.assistant_conversation(messages=SAID)
    told = ok(here.get(f"{BASE}/{made.id}"))["messages"]
    assert [part(one, "role", "content") for one in told] == [part(one, "role", "content") for one in SAID]


@pytest.mark.kibana_requirement("KBN-REQ-ASSISTANT-003", source=LIVE, operations=[FIND])
def test_conversations_are_found(
    conversation: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """Conversations are found by title, and shown page by page; pages are disjoint and make the whole."""
    made = [conversation, *(kibana_resources.assistant_conversation() for _ in range(2))]
    eventually("conversations are found", lambda: titled(here, *made)["total"] == 3)
    assert [one["id"] for one in titled(here, conversation)["data"]] == [conversation.id]
    pages = [titled(here, *made, page=page, per_page=2) for page in (1, 2)]
    assert [len(page["data"]) for page in pages] == [2, 1]
    assert {one["id"] for page in pages for one in page["data"]} == {one.id for one in made}
    assert [part(page, "page", "perPage", "total") for page in pages] == [
        {"page": page, "perPage": 2, "total": 3} for page in (1, 2)
    ]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-004", source=LIVE, operations=[f"DELETE {ONE}", f"GET {ONE}"]
)
def test_a_deleted_conversation_is_gone(
    conversation: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """A deleted conversation is not found, and the others are."""
    kept = kibana_resources.assistant_conversation()
    assert here.delete(f"{BASE}/{conversation.id}").status_code == 200
    assert_refused(here.get(f"{BASE}/{conversation.id}"), 404)
    assert ok(here.get(f"{BASE}/{kept.id}"))["id"] == kept.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-005",
    source="Kibana source, ai_assistant_data_clients: an alias per space",
    operations=[f"GET {ONE}", FIND],
)
def test_a_conversation_is_of_its_space(conversation: Handle, other_space: KibanaClient) -> None:
    """A conversation is not found from another space."""
    assert_refused(other_space.get(f"{BASE}/{conversation.id}"), 404)
    assert titled(other_space, conversation)["total"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-006",
    source=LIVE,
    operations=[f"DELETE {BASE}", f"GET {ONE}"],
    safety="global",
    since="9.2",
)
def test_all_go_but_those_that_are_spared(
    conversation: Handle, kibana_resources: Resources, here: KibanaClient, eventually: Eventually
) -> None:
    """All of one's conversations in a space are deleted at once, but for those that are excluded."""
    doomed = kibana_resources.assistant_conversation()
    eventually("conversations are found", lambda: titled(here, conversation, doomed)["total"] == 2)
    told = ok(here.request("DELETE", BASE, json={"excludedIds": [conversation.id]}))
    assert part(told, "success", "totalDeleted") == {"success": True, "totalDeleted": 1}
    eventually("a conversation is gone", lambda: here.get(f"{BASE}/{doomed.id}").status_code == 404)
    assert ok(here.get(f"{BASE}/{conversation.id}"))["id"] == conversation.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-007",
    source=API_TESTS,
    operations=[f"POST {BASE}", f"GET {ONE}"],
    tier="thorough",
)
@FEW
@given(
    words=st.lists(st.from_regex("[A-Za-z0-9 .,!?-]{1,30}", fullmatch=True), min_size=1, max_size=4),
    kind=st.sampled_from(["assistant", "insights"]),
)
def test_a_conversation_reads_as_it_was_made(
    assistant: KibanaClient, kibana_resources: Resources, here: KibanaClient, words: list[str], kind: str
) -> None:
    """Whatever was said, and in a conversation of whatever kind, it reads back the same."""
    messages = [{**SAID[number % 2], "content": text} for number, text in enumerate(words)]
    made = kibana_resources.assistant_conversation(category=kind, messages=messages)
    told = ok(here.get(f"{BASE}/{made.id}"))
    assert told["category"] == kind
    assert [one["content"] for one in told["messages"]] == words
