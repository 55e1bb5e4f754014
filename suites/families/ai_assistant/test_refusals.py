"""The assistant: what is refused to everybody, and who may ask at all."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import NO_SUCH_ID
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(license="enterprise")
BASE = "/api/security_ai_assistant"
TALKS, KNOWLEDGE = f"{BASE}/current_user/conversations", f"{BASE}/knowledge_base"
TALK, ENTRIES = f"{TALKS}/{{id}}", f"{KNOWLEDGE}/entries"
ENTRY = f"{ENTRIES}/{{id}}"
NOBODY = (NO_SUCH_ID,)
A_TALK = {"id": NO_SUCH_ID, "title": "x"}
AN_ENTRY: dict[str, Any] = {"type": "document", "name": "x", "kbResource": "user", "source": "x", "text": "x"}

REFUSED = (
    Ask(f"GET {TALK}", NOBODY),
    Ask(f"PUT {TALK}", NOBODY, json=A_TALK),
    Ask(f"PUT {TALK}", NOBODY, json={"title": "x"}, status=400, name="without an id"),
    Ask(f"DELETE {TALK}", NOBODY),
    Ask(f"POST {TALKS}", json={"category": "assistant"}, status=400, name="without a title"),
    Ask(f"POST {TALKS}", json={"title": "x", "category": "x"}, status=400, name="of no kind"),
    Ask(f"DELETE {TALKS}", json={"excludedIds": "all"}, status=400, name="of no list"),
    Ask(f"GET {TALKS}/_find", query={"sort_field": "x"}, status=400, name="by an unknown field"),
    Ask(f"GET {TALKS}/_find", query={"page": 0}, status=400, name="page zero"),
    Ask(f"POST {BASE}/prompts/_bulk_action", json={"create": [{"name": "x"}]}, status=400, name="of little"),
    Ask(f"GET {BASE}/prompts/_find", query={"sort_order": "x"}, status=400, name="in no order"),
    Ask(
        f"POST {BASE}/anonymization_fields/_bulk_action", json={"create": [{}]}, status=400, name="of nothing"
    ),
    Ask(f"GET {BASE}/anonymization_fields/_find", query={"page": 0}, status=400, name="page zero"),
    Ask(f"POST {ENTRIES}", json={"type": "x", "name": "x"}, status=400, name="of no type"),
    Ask(f"POST {ENTRIES}/_bulk_action", json={"create": [{"type": "x"}]}, status=400, name="of no type"),
    Ask(f"PUT {ENTRY}", NOBODY, json={"type": "x", "name": "x"}, status=400, name="of no type"),
    Ask(f"GET {ENTRIES}/_find", query={"page": 0}, status=400, name="page zero"),
    Ask(f"POST {BASE}/chat/complete", json={"persist": False}, status=400, name="of nobody"),
)
UNKNOWN = (
    Ask(f"GET {ENTRY}", NOBODY),
    Ask(f"PUT {ENTRY}", NOBODY, json=AN_ENTRY),
    Ask(f"DELETE {ENTRY}", NOBODY),
)
OPEN = (
    Ask(f"GET {KNOWLEDGE}/{{resource}}", ("user",)),
    Ask(f"POST {KNOWLEDGE}/{{resource}}", ("user",)),
    Ask(f"GET {KNOWLEDGE}"),
    Ask(f"POST {KNOWLEDGE}"),
)


@pytest.mark.kibana_requirement("KBN-REQ-ASSISTANT-040", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, assistant: KibanaClient) -> None:
    """A conversation that does not exist is answered 404, and what makes no sense 400."""
    ask.assert_answered(assistant)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-041", level="SHOULD", source="Kibana source, knowledge_base/entries"
)
@pytest.mark.usefixtures("knowledge")
@pytest.mark.parametrize("ask", rows(*UNKNOWN))
def test_an_unknown_entry_is_not_found(ask: Ask, assistant: KibanaClient) -> None:
    """An entry of the knowledge base that does not exist is answered 404."""
    ask.assert_answered(assistant)


@pytest.mark.kibana_requirement("KBN-REQ-ASSISTANT-042", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *UNKNOWN, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody speaks with the assistant, or reads what was said."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ASSISTANT-043", source="Kibana source, elastic_assistant: requiredPrivileges"
)
@pytest.mark.parametrize("ask", rows(*guarded((*REFUSED, *UNKNOWN, *OPEN))))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer speaks with no assistant, and sets nothing up."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)
