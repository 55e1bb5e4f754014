"""Markers: what a test needs, which operation it is about, and what it knows to be otherwise."""

import pytest

from pytest_kibana import KibanaClient
from pytest_kibana.contract.model import Operation


@pytest.mark.kibana_operation("GET /api/status")
def test_status_is_of_its_family(kibana_operation: Operation, kibana_client: KibanaClient) -> None:
    assert kibana_operation.family == "system"
    assert kibana_client.call(kibana_operation.label).status_code == 200


@pytest.mark.kibana_requires(flavor="serverless")
def test_only_on_serverless(kibana_client: KibanaClient) -> None:
    assert kibana_client.get("/api/status").json()["version"]["build_flavor"] == "serverless"


@pytest.mark.kibana_safety("disruptive")
def test_only_where_everything_is_allowed(kibana_client: KibanaClient) -> None:
    assert kibana_client.post("/api/encrypted_saved_objects/_rotate_key").status_code == 200


@pytest.mark.kibana_expect_deviation(
    "KBN-R103", reason="this project runs behind a proxy that edits the document"
)
def test_a_deviation_that_is_expected(kibana_client: KibanaClient) -> None:
    assert kibana_client.get("/api/status").status_code == 200
