"""What the assistant needs: a licence that has it, and somebody who may ask it."""

from typing import Any

import pytest

from pytest_kibana.suites.families.asking import said
from pytest_kibana.wire import KibanaClient


@pytest.fixture
def assistant(here: KibanaClient) -> KibanaClient:
    """A client that may speak with the assistant in this test's space; skip where the deployment has none."""
    answer = here.get("/api/security_ai_assistant/prompts/_find", query={"per_page": 1})
    if answer.status_code == 403:
        pytest.skip(f"needs the assistant, found 403: {said(answer)[:200]}")
    return here


@pytest.fixture
def knowledge(assistant: KibanaClient) -> dict[str, Any]:
    """The state of the knowledge base; skip where its model is not deployed."""
    answer = assistant.get("/api/security_ai_assistant/knowledge_base/user")
    state: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    if not state.get("elser_exists"):
        pytest.skip(f"needs the model of the knowledge base, found {answer.status_code}: {answer.text[:200]}")
    return state
