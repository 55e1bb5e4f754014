"""The assistant of Observability: who may talk to it, and how it answers."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, said
from pytest_kibana.suites.families.sources import AUTHENTICATION
from pytest_kibana.suites.families.tables import Ask, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
LIVE = "observed on 9.4.3"
PATH = "/api/observability_ai_assistant/chat/complete"
CHAT = f"POST {PATH}"
QUESTION = {"@timestamp": "2001-01-01T00:00:00.000Z", "message": {"role": "user", "content": "Say nothing."}}
BODY: dict[str, Any] = {"messages": [QUESTION], "connectorId": NO_SUCH_ID, "persist": False}

REFUSED = (
    *(
        Ask(CHAT, json={k: v for k, v in BODY.items() if k != left}, status=400, name=f"without {left}")
        for left in BODY
    ),
    Ask(CHAT, json={**BODY, "messages": "hello"}, status=400, name="with messages that are text"),
    Ask(CHAT, json={**BODY, "persist": "perhaps"}, status=400, name="to be kept perhaps"),
)


@pytest.mark.kibana_requirement("KBN-REQ-OBSAI-001", source=LIVE, safety="disruptive")
@pytest.mark.parametrize("ask", rows(Ask(CHAT, json=BODY)))
def test_an_unknown_connector_is_not_found(ask: Ask, here: KibanaClient) -> None:
    """A question by way of a connector that does not exist is answered 404; nobody was asked."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-OBSAI-002", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A question without messages, connector, or whether it is kept, is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-OBSAI-003", source=LIVE, operations=[CHAT], safety="disruptive")
def test_an_answer_is_a_stream(kibana_resources: Resources, here: KibanaClient) -> None:
    """An answer is a stream of events that ends by saying so; what goes wrong is told inside of it."""
    # Nothing listens there: no model is asked, and no money spent.
    connector = kibana_resources.connector(
        connector_type_id=".gen-ai",
        config={"apiProvider": "OpenAI", "apiUrl": "http://127.0.0.1:9/v1/chat/completions"},
        secrets={"apiKey": "kbn-test"},
    )
    answer = here.post(PATH, json={**BODY, "connectorId": connector.id})
    if answer.headers.get("content-type", "").startswith("application/json") and answer.status_code == 200:
        pytest.skip("needs a stream, found JSON, as published contracts document the answer")
    assert answer.status_code == 200, said(answer)
    events = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    assert events
    assert events[-1] == "data: [DONE]"


@pytest.mark.kibana_requirement("KBN-REQ-OBSAI-004", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(Ask(CHAT, json=BODY)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody talks to the assistant."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-OBSAI-005", level="SHOULD", source="Kibana docs, AI Assistant: its own privilege is needed"
)
@pytest.mark.parametrize("ask", rows(Ask(CHAT, json=BODY)))
def test_a_viewer_may_not_talk(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer has no privilege for the assistant."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
