"""What the suites of synthetics share."""

import pytest

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Handle, Resources


@pytest.fixture
def fleet(kibana_contract: Contract) -> None:
    """Skip where the contract has no agent policies: a private location is one."""
    if kibana_contract.find("POST /api/fleet/agent_policies") is None:
        pytest.skip("needs POST /api/fleet/agent_policies, and the contract has none")


@pytest.fixture
def location(fleet: None, kibana_resources: Resources) -> Handle:
    """A private location that no agent serves."""
    return kibana_resources.synthetics_private_location()


@pytest.fixture
def monitor(fleet: None, kibana_resources: Resources) -> Handle:
    """A disabled monitor on a private location that no agent serves."""
    return kibana_resources.synthetics_monitor()
