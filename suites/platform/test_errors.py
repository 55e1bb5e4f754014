"""Errors: what is refused, with which status, in which envelope. All on routes that change nothing."""

from collections.abc import Iterator

import pytest

from pytest_kibana.contract import Contract
from pytest_kibana.suites.platform.conftest import assert_envelope, message_of
from pytest_kibana.wire import KibanaClient

_ENVELOPE = "Kibana source, response_adapter.ts"
_ROUTER = "Kibana source, http_server.ts and core_app.ts"
_HAPI = "hapi, payload parsing; Kibana docs, server.maxPayload"
_POST = "POST /api/spaces/_get_shareable_references"
_PATH = "/api/spaces/_get_shareable_references"


@pytest.mark.kibana_requirement("KBN-REQ-ERR-001", source=_ENVELOPE, tier="smoke", safety="read")
def test_unknown_route(kibana_client: KibanaClient) -> None:
    """A path that is not a route is answered 404, and the message is the bare phrase."""
    answer = kibana_client.get("/api/kbn-test-no-such-route")
    assert_envelope(answer, 404)
    assert message_of(answer) == "Not Found"


@pytest.mark.kibana_requirement(
    "KBN-REQ-ERR-002",
    level="SHOULD",
    source=_ENVELOPE,
    operations="GET /api/actions/connector/{id}",
    safety="read",
)
def test_unknown_object_is_no_unknown_route(kibana_client: KibanaClient) -> None:
    """An object that does not exist is answered 404 with a message of its own, so that it is told from a route."""
    answer = kibana_client.get("/api/actions/connector/kbn-test-no-such-connector")
    assert_envelope(answer, 404)
    assert message_of(answer) != "Not Found"


@pytest.mark.kibana_requirement("KBN-REQ-ERR-003", source=_ROUTER, operations=_POST, safety="read")
def test_wrong_method_is_404(kibana_client: KibanaClient) -> None:
    """A method that a path does not have is answered 404: the router knows no 405."""
    assert_envelope(kibana_client.get(_PATH), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ERR-004", source=_HAPI, operations=_POST, tier="smoke", safety="read"
)
@pytest.mark.parametrize("body", [b'{"objects": [', b"{'objects': []}", b'{"objects": []}}'])
def test_malformed_json(kibana_client: KibanaClient, body: bytes) -> None:
    """A body that is not JSON is answered 400."""
    assert_envelope(kibana_client.post(_PATH, content=body), 400)


@pytest.mark.kibana_requirement("KBN-REQ-ERR-005", source=_HAPI, operations=_POST, safety="read")
@pytest.mark.parametrize("media", ["text/plain", "application/xml", "text/html"])
def test_wrong_media_type(kibana_client: KibanaClient, media: str) -> None:
    """A body of a type that the route does not read is answered 415."""
    assert_envelope(kibana_client.post(_PATH, content=b'{"objects": []}', media=media), 415)


@pytest.mark.kibana_requirement("KBN-REQ-ERR-006", source=_ENVELOPE, operations=_POST, safety="read")
@pytest.mark.parametrize("body", [{}, {"objects": 1}, {"objects": [{"type": "tag"}]}, []])
def test_invalid_body(kibana_client: KibanaClient, body: object) -> None:
    """A body that breaks the schema is answered 400, with a message that says where."""
    answer = kibana_client.post(_PATH, json=body)
    assert_envelope(answer, 400)
    assert "request body" in message_of(answer)


@pytest.mark.kibana_requirement("KBN-REQ-LIM-001", source=_HAPI, operations=_POST, safety="read")
def test_payload_limit(kibana_client: KibanaClient) -> None:
    """A body over the limit, 1 MiB unless configured, is answered 413."""
    answer = kibana_client.post(_PATH, content=b'{"objects": []' + b" " * 1_100_000 + b"}")
    if answer.status_code == 200:
        pytest.skip("needs server.maxPayload of 1 MiB, found more")
    assert_envelope(answer, 413)


@pytest.mark.kibana_requirement(
    "KBN-REQ-LIM-002", source="the contract: maximum of page sizes", safety="read"
)
def test_page_size_limit(kibana_client: KibanaClient, kibana_contract: Contract) -> None:
    """A page larger than the contract allows is answered 400."""
    limits = list(_page_limits(kibana_contract))
    if not limits:
        pytest.skip("needs a list with a maximum for its pages, and the contract has none")
    served = []
    for label, name, most in limits[:6]:
        answer = kibana_client.call(label, query={name: most + 1})
        assert answer.status_code < 500, f"{label}: {answer.text[:200]}"
        if answer.status_code < 300:
            served.append(f"{label} with {name}={most + 1}")
    assert not served, f"served, and over the maximum: {', '.join(served)}"


def _page_limits(contract: Contract) -> Iterator[tuple[str, str, int]]:
    """Yield label, parameter and maximum of every list whose only need is a page size."""
    for operation in contract.operations.values():
        if operation.method != "GET" or "{" in operation.path:
            continue
        asked = operation.parameters_in("query")
        if any(p.required for p in asked):
            continue
        for parameter in asked:
            schema = parameter.schema.json
            most = schema.get("maximum") if isinstance(schema, dict) else None
            if parameter.name in ("per_page", "perPage") and isinstance(most, int):
                yield operation.label, parameter.name, most
