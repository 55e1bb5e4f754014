"""What a deployment has that nobody can make is found out by asking, and doubt means that it is not there."""

from typing import Any

import httpx
import pytest

from pytest_kibana.errors import TargetUnreachable
from pytest_kibana.target.prerequisites import prerequisites


class Asked:
    """Answers by path; what it does not know is a 404."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get(self, path: str, **_: Any) -> httpx.Response:
        answer = self.answers.get(path, httpx.Response(404, json={"statusCode": 404}))
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


AGENTS, HOSTS, CONNECTORS = "/api/fleet/agents", "/api/endpoint/metadata", "/api/actions/connectors"


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, set()),
        ({AGENTS: {"items": [{}], "total": 1}}, {"agent"}),
        ({AGENTS: {"items": [], "total": 0}}, set()),
        ({AGENTS: {"total": "many"}, HOSTS: {"data": [{}], "total": 3}}, {"endpoint"}),
        ({CONNECTORS: [{"connector_type_id": ".gen-ai"}]}, {"llm"}),
        ({CONNECTORS: [{"connector_type_id": ".webhook"}]}, set()),
        ({"/api/security_ai_assistant/knowledge_base": {"elser_exists": True}}, {"elser"}),
        ({AGENTS: httpx.Response(403, json={"total": 5})}, set()),
        ({AGENTS: httpx.Response(200, text="{", headers={"content-type": "application/json"})}, set()),
        ({AGENTS: TargetUnreachable("gone", hint="wait")}, set()),
    ],
)
def test_only_what_the_answer_shows_is_there(answers: dict[str, Any], found: set[str]) -> None:
    assert prerequisites(Asked(answers)) == found  # type: ignore[arg-type]
