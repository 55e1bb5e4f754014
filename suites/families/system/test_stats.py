"""Figures about the process of Kibana: served for long, and in no contract until it is."""

import pytest

from pytest_kibana.suites.families.asking import ok
from pytest_kibana.wire import KibanaClient

STATS = "GET /api/stats"


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-010", source="observed on 9.4.3", operations=[STATS], safety="read"
)
def test_figures_are_told(kibana_client: KibanaClient) -> None:
    """The figures say of which Kibana they are, and how its process does."""
    told = ok(kibana_client.get("/api/stats"))
    assert told["kibana"]["uuid"]
    assert isinstance(told["process"], dict)
    assert told["process"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYSTEM-011", source="Kibana source, stats.ts", operations=[STATS], safety="read"
)
def test_nobody_is_told_more_than_is_open(nobody: KibanaClient) -> None:
    """Without credentials nobody is told the figures, unless the status is open to anybody."""
    answer = nobody.get("/api/stats")
    assert answer.status_code in (200, 401)
    if answer.status_code == 200:
        assert "usage" not in answer.json()
