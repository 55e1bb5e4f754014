"""What a deployment has that cannot be made over its API, and that some operations are for: found out by asking."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_kibana.errors import HarnessError
from pytest_kibana.wire import KibanaClient

_MODELS: Final = frozenset({".gen-ai", ".bedrock", ".gemini", ".inference"})
"""Types of connectors to large language models (Kibana docs, connectors)."""


def _some(body: Any) -> bool:
    return isinstance(body, dict) and isinstance(body.get("total"), int) and body["total"] > 0


def _model(body: Any) -> bool:
    rows = body if isinstance(body, list) else []
    return any(isinstance(row, dict) and row.get("connector_type_id") in _MODELS for row in rows)


def _elser(body: Any) -> bool:
    return isinstance(body, dict) and body.get("elser_exists") is True


_QUESTIONS: Final[Mapping[str, tuple[str, Mapping[str, Any], Callable[[Any], bool]]]] = {
    "agent": ("/api/fleet/agents", {"perPage": 1}, _some),
    "endpoint": (
        "/api/endpoint/metadata",
        {"pageSize": 1, "hostStatuses": '["healthy","offline","updating","inactive","unenrolled"]'},
        _some,
    ),
    "llm": ("/api/actions/connectors", {}, _model),
    "elser": ("/api/security_ai_assistant/knowledge_base", {}, _elser),
}
"""By the word of ``needs``: what to ask, and how the answer says that it is there."""


def prerequisites(client: KibanaClient) -> frozenset[str]:
    """Return the words of ``needs`` (see ``spec/operations.toml``) for what the deployment has.

    What it does not show us, or does not answer for, it does not have. Only reads are sent.
    """
    found = set()
    for word, (path, query, there) in _QUESTIONS.items():
        try:
            response = client.get(path, query=query)
        except HarnessError:
            continue
        if response.status_code == 200 and "json" in response.headers.get("content-type", ""):
            try:
                found |= {word} if there(response.json()) else set()
            except ValueError:
                continue  # a broken body says nothing, and the checks of the operation say so
    return frozenset(found)
