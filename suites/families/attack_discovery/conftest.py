"""What attack discovery needs: a licence that has it, and somebody who may ask for it."""

import pytest

from pytest_kibana.suites.families.asking import said
from pytest_kibana.wire import KibanaClient


@pytest.fixture
def discovery(here: KibanaClient) -> KibanaClient:
    """A client that may use attack discovery in this test's space; skip where the deployment has none."""
    answer = here.get("/api/attack_discovery/schedules/_find")
    if answer.status_code == 403:
        pytest.skip(f"needs attack discovery, found 403: {said(answer)[:200]}")
    return here
