"""Who may do what: somebody who may read may not write, and a space's privileges end at its walls."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Handle
from pytest_kibana.suites.platform.conftest import SPACES, assert_envelope
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, api_authorization.ts; Elastic's own API tests assert it"
_WRITES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "data view": (
        "POST /api/data_views/data_view",
        "GET /api/data_views",
        {"data_view": {"title": "{name}-*", "name": "{name}", "allowNoIndex": True}},
    ),
    "connector": (
        "POST /api/actions/connector/{id}",
        "GET /api/actions/connectors",
        {"name": "{name}", "connector_type_id": ".server-log"},
    ),
    "space": ("POST /api/spaces/space", "GET /api/spaces/space", {"id": "{name}", "name": "{name}"}),
}


@pytest.mark.kibana_requirement(
    "KBN-REQ-ATZ-001", source=_SOURCE, operations="GET /api/spaces/space", tier="smoke", safety="read"
)
def test_viewer_may_read(viewer: KibanaClient) -> None:
    """Somebody who may read is served what can be read."""
    assert viewer.get(SPACES).status_code == 200


@pytest.mark.kibana_requirement("KBN-REQ-ATZ-002", source=_SOURCE, safety="space")
@pytest.mark.parametrize("what", list(_WRITES))
def test_viewer_may_not_write(viewer: KibanaClient, kibana_contract, kibana_space_factory, what: str) -> None:  # type: ignore[no-untyped-def]
    """Somebody who may only read is answered 403 where something would be made, and nothing is made."""
    create, listing, body = _WRITES[what]
    for label in (create, listing):
        if kibana_contract.find(label) is None:
            pytest.skip(f"needs {label}, and the contract has none")
    space = kibana_space_factory()
    name = f"{space.unique}-v"
    path = create.split(" ", 1)[1].replace("{id}", name)
    answer = viewer.in_space(space).post(path, json=_named(body, name))
    assert_envelope(answer, 403)
    assert name not in space.client.get(listing.split(" ", 1)[1]).text, "what was refused is there"


@pytest.mark.kibana_requirement("KBN-REQ-ATZ-003", source=_SOURCE, safety="space")
def test_privileges_end_at_the_space(
    kibana_client_factory: Callable[..., KibanaClient],
    kibana_contract: Contract,
    kibana_space_factory: Callable[..., Handle],
) -> None:
    """Privileges in one space give nothing in another."""
    if kibana_contract.find("GET /api/data_views") is None:
        pytest.skip("needs GET /api/data_views, and the contract has none")
    mine, other = kibana_space_factory(), kibana_space_factory()
    reader = kibana_client_factory(role={"kibana": [{"base": ["read"], "spaces": [mine.id]}]})
    assert reader.in_space(mine).get("/api/data_views").status_code == 200
    for space in (other, None):
        answer = reader.in_space(space).get("/api/data_views")
        assert answer.status_code in (403, 404), f"another space is open: {answer.status_code}"


def _named(body: Any, name: str) -> Any:
    if isinstance(body, dict):
        return {key: _named(value, name) for key, value in body.items()}
    return body.replace("{name}", name) if isinstance(body, str) else body
