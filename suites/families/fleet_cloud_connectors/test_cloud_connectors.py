"""Cloud connectors: roles and secrets by which integrations get into a cloud."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part
from pytest_kibana.suites.families.fleet import (
    AUTHENTICATION,
    LIVE,
    PRIVILEGES,
    Ask,
    assert_changes_nothing,
    assert_reads_what_is_granted,
    changing,
    every,
    intended,
    listed_ids,
    missing,
    names,
    reading,
)
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/cloud_connectors", "/api/fleet/cloud_connectors/{}"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
WHOLE = {"perPage": 1000}
"""There may be more of them than the 20 of a page: they are of no space."""
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{cloudConnectorId}}" for method in ("GET", "PUT", "DELETE"))
USAGE = f"{READ}/usage"


def aws(name: str) -> dict[str, Any]:
    """Return a connector for a role that nobody has, with a secret that is not there."""
    return {
        "name": name,
        "cloudProvider": "aws",
        "vars": {
            "role_arn": {"type": "text", "value": f"arn:aws:iam::123456789012:role/{name}"},
            "external_id": {
                "type": "password",
                "value": {"id": "ABCDEFGHIJKLMNOPQRST", "isSecretRef": True},
            },
        },
    }


# An id that nothing has is answered 400 here: observed on 9.4.3. No contract says so, and 404 would be better.
ASKS = (
    Ask(LIST),
    Ask(MAKE, aws("never made")),
    Ask(READ, unknown=(400, 404)),
    Ask(CHANGE, {"name": "taken over"}, unknown=(400, 404)),
    Ask(REMOVE, unknown=(400, 404)),
    Ask(USAGE),
)


@pytest.mark.kibana_requirement("KBN-REQ-FLCLOUD-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Nobody lists, reads, makes, changes or deletes a cloud connector."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-FLCLOUD-002", source=PRIVILEGES, safety="read", tier="smoke")
@changing(ASKS)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer makes, changes and deletes no cloud connector."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLCLOUD-003", level="SHOULD", source=PRIVILEGES, safety="read")
@reading(ASKS)
def test_a_viewer_reads_what_is_granted(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer reads cloud connectors where the privileges of the operation are for readers."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLCLOUD-004", source=LIVE, safety="read")
@missing(ASKS)
def test_an_unknown_connector_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A cloud connector that is not there is refused, whatever is asked of it: with 400, and 404 would be better."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLCLOUD-005",
    source=LIVE,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_a_connector_lives(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A cloud connector is made, read, listed and renamed, keeps its provider and variables, and can be deleted."""
    name = intended(kibana_resources, "fleet_cloud_connector")
    made = ok(name.became(kibana_client.post(ALL, json=aws(name))))["item"]
    assert part(made, "name", "cloudProvider", "packagePolicyCount") == {
        "name": name,
        "cloudProvider": "aws",
        "packagePolicyCount": 0,
    }
    one = ONE.format(made["id"])
    kept = ("id", "cloudProvider", "vars")
    assert part(ok(kibana_client.get(one))["item"], *kept, "name") == part(made, *kept, "name")
    assert made["id"] in listed_ids(ok(kibana_client.get(ALL, query=WHOLE))["items"])
    ok(kibana_client.put(one, json={"name": f"{name}-again"}))
    after = ok(kibana_client.get(one))["item"]
    assert part(after, *kept, "name") == {**part(made, *kept), "name": f"{name}-again"}
    assert ok(kibana_client.delete(one))["id"] == made["id"]
    assert kibana_client.get(one).status_code in (400, 404)
    assert made["id"] not in listed_ids(ok(kibana_client.get(ALL, query=WHOLE))["items"])


@pytest.mark.kibana_requirement("KBN-REQ-FLCLOUD-006", source=LIVE, operations=[MAKE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"cloudProvider": "the sky"}, id="unknown provider"),
        pytest.param({"name": ""}, id="empty name"),
        pytest.param({"vars": None}, id="no variables"),
        pytest.param({"vars": {"role_arn": {"type": "text"}}}, id="a variable without value"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_connector_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, broken: dict[str, Any]
) -> None:
    """A cloud connector of an unknown provider, or with broken variables, is refused with 400."""
    name = intended(kibana_resources, "fleet_cloud_connector")
    assert_refused(name.became(kibana_client.post(ALL, json={**aws(name), **broken})), 400)
    assert name not in names(ok(kibana_client.get(ALL, query=WHOLE))["items"])


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
    """Whatever role a cloud connector is for, it reads so."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    variables = {**aws("x")["vars"], "role_arn": {"type": "text", "value": arn}}
    connector = kibana_resources.fleet_cloud_connector(vars=variables)
    assert connector.read()["vars"]["role_arn"]["value"] == arn
