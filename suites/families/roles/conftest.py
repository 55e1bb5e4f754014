"""Who may look at roles."""

import pytest

from pytest_kibana.suites.families.asking import said
from pytest_kibana.wire import KibanaClient


@pytest.fixture(autouse=True)
def roles_are_ours_to_see(kibana_client: KibanaClient) -> None:
    """Skip where the credentials may not manage security, with Elasticsearch's own words."""
    answer = kibana_client.get("/api/security/role")
    if answer.status_code in (403, 404):
        pytest.skip(f"needs to manage roles, found {answer.status_code}: {said(answer)[:200]}")
