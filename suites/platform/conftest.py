"""What the tests of the platform share: routes that any Kibana has, and who speaks to them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_kibana.session import Deployment
    from pytest_kibana.wire import KibanaClient

PUBLIC_VERSION = "2023-10-31"
"""The only version of the public API (Kibana docs, versioning)."""

SPACES = "/api/spaces/space?include_authorized_purposes=false"
"""The list of spaces: every Kibana has it. False is what leaving it out means; published contracts call it required."""

DEFAULT_SPACE = "/api/spaces/space/default"
"""One object that is everywhere, and that nobody changes meanwhile."""

CHEAP_READS = (
    "GET /api/spaces/space",
    "GET /api/security/role",
    "GET /api/data_views",
    "GET /api/actions/connectors",
    "GET /api/alerting/rules/_find",
    "GET /api/maintenance_window/_find",
    "GET /api/cases/_find",
    "GET /api/task_manager/_health",
    "GET /api/fleet/agent_policies",
    "GET /api/status",
)
"""Reads without required parameters that cost a deployment next to nothing."""


@pytest.fixture(scope="session")
def secured(kibana: "Deployment") -> None:
    """Skip where requests of nobody, or of a wrong key, are served by the deployment's own choice."""
    if kibana.target.security_disabled:
        pytest.skip("needs security, found it disabled: every request is served")
    if kibana.target.anonymous:
        pytest.skip("needs that nobody is refused, found anonymous access")


@pytest.fixture(scope="session")
def nobody(secured: None, kibana_client_factory: Callable[..., "KibanaClient"]) -> "KibanaClient":
    """A client without credentials."""
    return kibana_client_factory(anonymous=True)


@pytest.fixture(scope="session")
def viewer(secured: None, kibana_client_factory: Callable[..., "KibanaClient"]) -> "KibanaClient":
    """A client of somebody who may only read."""
    return kibana_client_factory(viewer=True)


@pytest.fixture(scope="session")
def reads(kibana: "Deployment") -> tuple[str, ...]:
    """Paths of the cheap reads that the contract has."""
    found = [label.split(" ", 1)[1] for label in CHEAP_READS if kibana.contract.find(label)]
    if not found:
        pytest.skip("needs a read without parameters, and the contract has none that is known to be cheap")
    return tuple(found)


@pytest.fixture(scope="session")
def versioned(kibana_client: "KibanaClient", reads: tuple[str, ...]) -> dict[str, bool]:
    """Paths of cheap reads, and whether their route is versioned; learned by asking for a version that is not.

    Not all public routes are: those on the plain router ignore the header (Kibana source, core_versioned_route.ts).
    """
    learned: dict[str, bool] = {}
    for path in reads:
        answer = kibana_client.get(path, headers={"elastic-api-version": "2020-01-01"})
        learned[path] = answer.status_code == 400 and "vailable versions" in message_of(answer)
    return learned


@pytest.fixture(scope="session")
def versioned_path(versioned: dict[str, bool]) -> str:
    """The path of one versioned read."""
    found = next((path for path, yes in versioned.items() if yes), None)
    if found is None:
        pytest.skip(f"needs a versioned route, found none among {', '.join(versioned)}")
    return found


def json_of(answer: Any) -> Any:
    """Return the JSON of an answer, or None where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def message_of(answer: Any) -> str:
    """Return the message of an error, or its text."""
    body = json_of(answer)
    said = body.get("message") if isinstance(body, dict) else None
    return said if isinstance(said, str) else str(answer.text)


def assert_envelope(answer: Any, status: int) -> None:
    """Hold an error to the envelope of the platform: status, phrase, message, and nothing but attributes beside."""
    assert answer.status_code == status, f"{status} was promised: {answer.status_code} {answer.text[:300]}"
    body = json_of(answer)
    assert isinstance(body, dict), f"an error is a JSON object: {answer.text[:300]!r}"
    assert body.get("statusCode") == status, f"statusCode says another status than the answer: {body}"
    assert isinstance(body.get("error"), str), f"error is the phrase of the status: {body}"
    assert body["error"]
    assert isinstance(body.get("message"), str), f"message is a sentence: {body}"
    assert body["message"]
    assert set(body) <= {"statusCode", "error", "message", "attributes"}, (
        f"members beside the envelope: {body}"
    )
