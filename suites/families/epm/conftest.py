"""Packages that tests of the package manager share."""

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.session import Session


@pytest.fixture
def package(kibana_session: Session) -> Handle:
    """Return an installed package, the same for the whole run: installing one takes its time."""
    return kibana_session.factory.make("epm_package")


@pytest.fixture
def own(kibana_resources: Resources) -> str:
    """Return the name of a custom integration of this test, in its first version."""
    return kibana_resources.epm_custom_integration().id
