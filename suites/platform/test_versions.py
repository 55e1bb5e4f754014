"""Versions of the public API, where a route is versioned; which ones are is learned at run time."""

import pytest

from pytest_kibana.suites.platform.conftest import PUBLIC_VERSION, assert_envelope, message_of
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, core_versioned_route.ts and route_version_utils.ts"
_HEADER = "elastic-api-version"


@pytest.mark.kibana_requirement("KBN-REQ-VER-001", source=_SOURCE, tier="smoke", safety="read")
def test_public_version_is_served(kibana_client: KibanaClient, versioned: dict[str, bool]) -> None:
    """The public version is accepted by every public route, versioned or not, and leaving it out means the same."""
    for path in versioned:
        asked = kibana_client.get(path, headers={_HEADER: PUBLIC_VERSION})
        plain = kibana_client.get(path, headers={_HEADER: None})
        assert asked.status_code == plain.status_code, f"{path}: {asked.status_code} and {plain.status_code}"


@pytest.mark.kibana_requirement("KBN-REQ-VER-002", source=_SOURCE, safety="read")
def test_unknown_version_is_refused(kibana_client: KibanaClient, versioned_path: str) -> None:
    """A version that is not is answered 400, with the versions that there are."""
    answer = kibana_client.get(versioned_path, headers={_HEADER: "2020-01-01"})
    assert_envelope(answer, 400)
    assert PUBLIC_VERSION in message_of(answer)
    assert "2020-01-01" in message_of(answer)


@pytest.mark.kibana_requirement("KBN-REQ-VER-003", source=_SOURCE, safety="read")
@pytest.mark.parametrize("version", ["1", "latest", "2023-10", "2023-10-31T00:00:00Z"])
def test_malformed_version_is_refused(kibana_client: KibanaClient, versioned_path: str, version: str) -> None:
    """A version that is not a date is answered 400."""
    assert_envelope(kibana_client.get(versioned_path, headers={_HEADER: version}), 400)


@pytest.mark.kibana_requirement("KBN-REQ-VER-004", level="SHOULD", source=_SOURCE, safety="read")
def test_version_is_no_query_parameter(kibana_client: KibanaClient, versioned_path: str) -> None:
    """The version is not taken from the query, but for routes that say so."""
    answer = kibana_client.get(versioned_path, query={"apiVersion": PUBLIC_VERSION})
    assert_envelope(answer, 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-VER-005", source=_SOURCE, operations="GET /api/status", safety="read"
)
def test_unversioned_routes_ignore_it(kibana_client: KibanaClient, versioned: dict[str, bool]) -> None:
    """A route that is not versioned does not look at the version: the status is served."""
    if versioned.get("/api/status"):
        pytest.skip("needs that the status is unversioned, found it versioned")
    answer = kibana_client.get("/api/status", headers={_HEADER: "2020-01-01"})
    assert answer.status_code in (200, 503), answer.text[:300]
