"""A space is changed as a whole, and seen so from everywhere."""

import pytest

from pytest_kibana.resources import Handle
from pytest_kibana.suites.families.asking import ok, part
from pytest_kibana.wire import KibanaClient


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-110",
    source="Elastic's spaces_api_integration suite",
    operations=["PUT /api/spaces/space/{id}", "GET /api/spaces/space/{id}"],
    tier="smoke",
)
def test_a_space_is_renamed(kibana_client: KibanaClient, kibana_space: Handle) -> None:
    """A change is answered with the space as it is then, and the next read says the same."""
    told = {"id": kibana_space.id, "name": "renamed by a test", "description": "changed", "color": "#aabbcc"}
    path = f"/api/spaces/space/{kibana_space.id}"
    assert part(ok(kibana_client.put(path, json=told)), *told) == told
    assert part(ok(kibana_client.get(path)), *told) == told
