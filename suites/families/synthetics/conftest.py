"""What the suites of synthetics share."""

import pytest

from pytest_kibana.resources import Handle, Resources


@pytest.fixture
def location(kibana_resources: Resources) -> Handle:
    """A private location that no agent serves."""
    return kibana_resources.synthetics_private_location()


@pytest.fixture
def monitor(kibana_resources: Resources) -> Handle:
    """A disabled monitor on a private location that no agent serves."""
    return kibana_resources.synthetics_monitor()
