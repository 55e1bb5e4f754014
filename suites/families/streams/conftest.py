"""What the suites of streams share: a stream of the test's own, where streams are switched on."""

import pytest

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources


@pytest.fixture
def stream(kibana_resources: Resources) -> Handle:
    """A stream that takes over nothing: forked off the root with a condition that is never true."""
    try:
        return kibana_resources.stream()
    except ResourceTrouble as trouble:
        if trouble.status in (400, 403, 404, 422):
            pytest.skip(f"needs wired streams, which nobody switched on here: {trouble.message}")
        raise
