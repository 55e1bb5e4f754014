"""Headers of answers, and what requests may ask of an answer's form."""

import re

import pytest

from pytest_kibana.suites.platform.conftest import DEFAULT_SPACE, PUBLIC_VERSION, SPACES
from pytest_kibana.wire import KibanaClient

_HEADERS = "Kibana source, security_response_headers_config.ts; observed on 9.0.1"
_DEPRECATED = "GET /api/saved_objects/_find"
_READ = "GET /api/spaces/space"


@pytest.mark.kibana_requirement(
    "KBN-REQ-HDR-001", source="Kibana source, http_server.ts", operations=_READ, tier="smoke", safety="read"
)
def test_json_says_so(kibana_client: KibanaClient) -> None:
    """A JSON answer, also an error, says that it is JSON."""
    for path in (SPACES, "/api/kbn-test-no-such-route"):
        assert kibana_client.get(path).headers["content-type"].startswith("application/json"), path


@pytest.mark.kibana_requirement(
    "KBN-REQ-HDR-002", level="SHOULD", source=_HEADERS, operations=_READ, safety="read"
)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kbn-name", r".+"),
        ("cache-control", r".*no-store.*"),
        ("x-content-type-options", r"nosniff"),
        ("referrer-policy", r".+"),
        ("permissions-policy", r".+"),
        ("cross-origin-opener-policy", r".+"),
        ("content-security-policy", r".+"),
    ],
)
def test_protective_headers(kibana_client: KibanaClient, name: str, expected: str) -> None:
    """Every answer of the API carries the headers that protect it; each is configurable."""
    value = kibana_client.get(SPACES).headers.get(name)
    assert value is not None, f"there is no {name}"
    assert re.fullmatch(expected, value), f"{name}: {value}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-HDR-003",
    level="SHOULD",
    source="observed on 9.0.1: public routes of both kinds",
    operations=_READ,
    since="9.0",
    safety="read",
)
def test_version_is_told(kibana_client: KibanaClient) -> None:
    """A public route says which version it answers in."""
    assert kibana_client.get(SPACES).headers.get("elastic-api-version") == PUBLIC_VERSION


@pytest.mark.kibana_requirement(
    "KBN-REQ-HDR-004",
    level="SHOULD",
    source="RFC 9111 and RFC 7234, 5.5; observed on 9.0.1: saved objects",
    operations=_DEPRECATED,
    safety="read",
)
def test_deprecated_operations_warn(kibana_client: KibanaClient) -> None:
    """A deprecated operation warns: ``299 Kibana-<version> "<text>"``."""
    answer = kibana_client.get("/api/saved_objects/_find", query={"type": "tag", "per_page": 1})
    if answer.status_code != 200:
        pytest.skip(f"needs the deprecated operation, found it answered {answer.status_code}")
    warning = answer.headers.get("warning")
    assert warning is not None, "there is no warning"
    assert re.match(r'299 Kibana-\S+ ".+"', warning), warning


@pytest.mark.kibana_requirement(
    "KBN-REQ-NEG-001",
    source="hapi, content negotiation",
    operations="GET /api/spaces/space/{id}",
    safety="read",
)
@pytest.mark.parametrize("coding", ["gzip", "identity", "br, gzip;q=0.5", "*"])
def test_coding_changes_no_content(kibana_client: KibanaClient, coding: str) -> None:
    """Whatever coding is asked for, what is said is the same."""
    plain = kibana_client.get(DEFAULT_SPACE, headers={"accept-encoding": "identity"})
    asked = kibana_client.get(DEFAULT_SPACE, headers={"accept-encoding": coding})
    assert asked.status_code == 200
    assert asked.json() == plain.json()


@pytest.mark.kibana_requirement(
    "KBN-REQ-NEG-002",
    level="SHOULD",
    source="Kibana source: Accept is not looked at",
    operations=_READ,
    safety="read",
)
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_api_speaks_json(kibana_client: KibanaClient, accept: str) -> None:
    """The API answers JSON whatever is accepted."""
    answer = kibana_client.get(SPACES, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.kibana_requirement(
    "KBN-REQ-NEG-003",
    source="RFC 9110, 9.3.2; hapi answers HEAD on every GET route",
    operations=_READ,
    safety="read",
)
def test_head_is_get_without_body(kibana_client: KibanaClient) -> None:
    """HEAD is answered as GET, without a body, and needs no kbn-xsrf."""
    answer = kibana_client.head(SPACES)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-type"] == kibana_client.get(SPACES).headers["content-type"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-NEG-004", source="Kibana source, core_app.ts", operations=_READ, safety="read"
)
def test_trailing_slash_is_another_path(kibana_client: KibanaClient) -> None:
    """A path with a slash at its end is not the operation's: it is redirected, or not there."""
    answer = kibana_client.get("/api/spaces/space/")
    assert answer.status_code in (301, 302, 404), f"{answer.status_code}: {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-NEG-005",
    level="SHOULD",
    source="Kibana source, http_config.ts: server.cors",
    operations=_READ,
    safety="read",
)
def test_options_is_no_route(kibana_client: KibanaClient) -> None:
    """OPTIONS is answered only where server.cors is switched on."""
    answer = kibana_client.request("OPTIONS", SPACES)
    if answer.status_code < 300:
        pytest.skip("needs server.cors off, found it on")
    assert answer.status_code == 404, f"{answer.status_code}: {answer.text[:200]}"
