"""What the suites of the agent builder share."""

import pytest

from pytest_kibana.resources import Handle, Resources


@pytest.fixture
def tool(kibana_resources: Resources) -> Handle:
    """A tool that runs an ES|QL query over no index."""
    return kibana_resources.agent_builder_tool(tags=["made by a test"])


@pytest.fixture
def agent(kibana_resources: Resources) -> Handle:
    """An agent without instructions and without tools."""
    return kibana_resources.agent_builder_agent(labels=["made by a test"])
