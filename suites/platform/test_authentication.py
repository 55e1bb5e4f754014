"""Who speaks: nobody and those with wrong credentials are refused before anything else is looked at."""

import base64

import pytest

from pytest_kibana.suites.platform.conftest import SPACES, assert_envelope
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, authentication_service.ts; observed (elastic/kibana#147122)"
_READ = "GET /api/spaces/space"
_POST = "POST /api/spaces/_get_shareable_references"
_WRONG = {
    "a wrong key": "ApiKey " + base64.b64encode(b"nobody:not-a-key-of-anyone").decode(),
    "a key that is no base64": "ApiKey %%%",
    "a wrong password": "Basic " + base64.b64encode(b"kbn-test-nobody:wrong").decode(),
    "basic that is no base64": "Basic %%%",
    "a wrong token": "Bearer not-a-token-of-anyone",
    "an unknown scheme": "Nonsense abc",
}


@pytest.mark.kibana_requirement(
    "KBN-REQ-AUT-001", source=_SOURCE, operations=_READ, tier="smoke", safety="read"
)
def test_nobody_is_refused(nobody: KibanaClient) -> None:
    """A request without credentials is answered 401, in the platform's envelope."""
    assert_envelope(nobody.get(SPACES), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AUT-002", source=_SOURCE, operations=_READ, tier="smoke", safety="read"
)
@pytest.mark.parametrize("header", list(_WRONG.values()), ids=list(_WRONG))
def test_wrong_credentials_are_refused(nobody: KibanaClient, header: str) -> None:
    """Wrong and malformed credentials are answered 401, never 5xx."""
    assert_envelope(nobody.get(SPACES, headers={"authorization": header}), 401)


@pytest.mark.kibana_requirement("KBN-REQ-AUT-003", level="SHOULD", source=_SOURCE, safety="read")
def test_nobody_learns_no_routes(nobody: KibanaClient) -> None:
    """Without credentials a GET of a path that is not a route is answered as any other: 401."""
    assert_envelope(nobody.get("/api/kbn-test-no-such-route"), 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AUT-004", level="SHOULD", source="Kibana source, http_server.ts", operations=_POST, safety="read"
)
def test_credentials_come_before_bodies(nobody: KibanaClient) -> None:
    """A request without credentials is refused before its body is looked at: malformed JSON is answered 401 too."""
    answer = nobody.post("/api/spaces/_get_shareable_references", content=b'{"objects": [')
    assert_envelope(answer, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-AUT-005", source=_SOURCE, operations="POST /api/short_url", safety="space"
)
def test_nobody_changes_nothing(nobody: KibanaClient, kibana_space) -> None:  # type: ignore[no-untyped-def]
    """A change without credentials is refused, and has no effect."""
    slug = f"{kibana_space.unique}-nobody"
    body = {"locatorId": "LEGACY_SHORT_URL_LOCATOR", "params": {"url": "/app/home"}, "slug": slug}
    assert_envelope(nobody.in_space(kibana_space).post("/api/short_url", json=body), 401)
    after = kibana_space.client.get(f"/api/short_url/_slug/{slug}")
    assert after.status_code == 404, "what nobody wanted to make is there"
