"""Clients for others: the viewer, nobody, and somebody with just the role that a test describes."""

from typing import Any

import pytest

from pytest_kibana import Handle
from pytest_kibana.fixtures import ClientFactory


def test_a_viewer_reads_and_cannot_write(
    kibana_client_factory: ClientFactory, kibana_space: Handle, a_case: dict[str, Any]
) -> None:
    viewer = kibana_client_factory(viewer=True, space=kibana_space)
    assert viewer.get("/api/cases/_find").status_code == 200
    assert viewer.post("/api/cases", json=a_case).status_code == 403


def test_nobody_gets_in(kibana_client_factory: ClientFactory) -> None:
    assert kibana_client_factory(anonymous=True).get("/api/cases/_find").status_code == 401


@pytest.mark.kibana_safety("global")
def test_a_role_for_one_space_is_good_for_that_space_alone(
    kibana_client_factory: ClientFactory, kibana_space: Handle, a_case: dict[str, Any]
) -> None:
    writer = kibana_client_factory(role={"kibana": [{"base": ["all"], "spaces": [kibana_space.id]}]})
    assert writer.in_space(kibana_space).post("/api/cases", json=a_case).status_code == 200
    assert writer.in_space("default").post("/api/cases", json=a_case).status_code == 403
