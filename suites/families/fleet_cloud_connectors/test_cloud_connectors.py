"""Cloud connectors: roles and secrets by which integrations get into a cloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, ok, part
from pytest_kibana.suites.families.fleet_objects import aws
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/cloud_connectors", "/api/fleet/cloud_connectors/{}"
MAKE, READ = f"POST {ALL}", f"GET {ALL}/{{cloudConnectorId}}"
USAGE = f"{READ}/usage"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLCLOUD-007",
    level="SHOULD",
    source="Kibana API documentation: the package policies that use a connector",
    operations=[USAGE],
    since="9.4.0",
    safety="global",
)
def test_nothing_uses_a_new_connector(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A cloud connector that was just made is used by no package policy."""
    connector = kibana_resources.fleet_cloud_connector()
    assert connector.read()["packagePolicyCount"] == 0
    used = ok(kibana_client.get(f"{ONE.format(connector.id)}/usage", query={"page": 1, "perPage": 10}))
    assert part(used, "items", "total") == {"items": [], "total": 0}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLCLOUD-008", source=LIVE, operations=[MAKE, READ], safety="global", tier="thorough"
)
@FEW
@given(
    account=st.from_regex("[0-9]{12}", fullmatch=True),
    role=st.from_regex("[A-Za-z][A-Za-z0-9+=.@_-]{0,20}", fullmatch=True),
)
def test_a_connector_is_for_the_role_that_was_named(
    kibana_resources: Resources, account: str, role: str
) -> None:
    """Whatever role a cloud connector is for, it reads back the same."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    variables = {**aws("x")["vars"], "role_arn": {"type": "text", "value": arn}}
    connector = kibana_resources.fleet_cloud_connector(vars=variables)
    assert connector.read()["vars"]["role_arn"]["value"] == arn
