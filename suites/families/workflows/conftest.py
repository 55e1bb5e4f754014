"""What the suites of workflows share: a workflow that prints a line, where workflows are switched on."""

from collections.abc import Callable

import pytest

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources

Maker = Callable[..., Handle]


@pytest.fixture
def workflows(kibana_resources: Resources) -> Maker:
    """Make disabled workflows of one step that prints; skips where workflows are switched off."""

    def make(**fields: object) -> Handle:
        try:
            return kibana_resources.workflow(**fields)  # type: ignore[arg-type]
        except ResourceTrouble as trouble:
            if trouble.status in (403, 404):
                pytest.skip(f"needs workflows (workflows:ui:enabled), found: {trouble.message}")
            raise

    return make


@pytest.fixture
def workflow(workflows: Maker) -> Handle:
    """A disabled workflow of one step that prints."""
    return workflows()
