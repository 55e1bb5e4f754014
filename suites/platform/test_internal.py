"""The fence around internal routes: who does not say that it is Kibana's own is not let through."""

import pytest

from pytest_kibana.suites.platform.conftest import assert_envelope, message_of
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, lifecycle_handlers.ts; server.restrictInternalApis is the default from 9.0"
_INTERNAL = ("/internal/security/me", "/internal/spaces/_active_space", "/api/licensing/info")


@pytest.mark.kibana_requirement("KBN-REQ-INT-001", source=_SOURCE, since="9.0", safety="read")
@pytest.mark.parametrize("path", _INTERNAL)
def test_internal_routes_are_fenced(kibana_client: KibanaClient, path: str) -> None:
    """An internal route is answered 400 to who does not say that it is internal, and names itself."""
    answer = kibana_client.get(path, headers={"x-elastic-internal-origin": None})
    if answer.status_code == 404:
        pytest.skip(f"needs the internal route {path}, found none")
    if answer.status_code < 300:
        pytest.skip(f"needs server.restrictInternalApis, found {path} open")
    assert_envelope(answer, 400)
    assert path in message_of(answer)


@pytest.mark.kibana_requirement(
    "KBN-REQ-INT-002", source="elastic/kibana#184408", since="9.0", tier="smoke", safety="read"
)
def test_public_reads_are_not_fenced(kibana_client: KibanaClient, reads: tuple[str, ...]) -> None:
    """What the contract documents is not behind the fence."""
    fenced = [path for path in reads if "exists but is not available" in message_of(kibana_client.get(path))]
    assert not fenced, f"documented, and internal here: {', '.join(fenced)}"
