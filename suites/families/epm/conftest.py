"""Packages that tests of the package manager share."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.session import Session
from pytest_kibana.suites.families.asking import ok
from pytest_kibana.suites.families.epm.asks import OWN, VERSION
from pytest_kibana.suites.families.fleet import intended
from pytest_kibana.wire import KibanaClient


@pytest.fixture
def package(kibana_session: Session) -> Handle:
    """Return an installed package, the same for the whole run: installing one takes its time."""
    return kibana_session.factory.make("epm_package")


@pytest.fixture
def own(kibana_resources: Resources, kibana_client: KibanaClient, unique: Any) -> str:
    """Return the name of a custom integration that this test made by hand, in its first version."""
    name = intended(
        kibana_resources,
        "epm_custom_integration",
        id=kibana_resources.factory.mark.word(unique()),
        version=VERSION,
    )
    body = {"integrationName": name, "datasets": [{"name": f"{name}.log", "type": "logs"}]}
    ok(kibana_client.post(OWN, json=body))
    return name
