"""The key pair with which Fleet signs what it tells its agents. Changing it makes every enrolled agent deaf."""

import pytest

from pytest_kibana.suites.families.asking import assert_refused, ok
from pytest_kibana.suites.families.sources import CONTRACT, LIVE
from pytest_kibana.wire import KibanaClient

PATH = "/api/fleet/message_signing_service/rotate_key_pair"
ROTATE = f"POST {PATH}"


@pytest.mark.kibana_requirement("KBN-REQ-FLSIGN-003", source=LIVE, operations=[ROTATE], safety="disruptive")
@pytest.mark.parametrize("query", [{}, {"acknowledge": False}], ids=["not said", "said no"])
def test_it_has_to_be_meant(kibana_client: KibanaClient, query: dict[str, bool]) -> None:
    """The key pair stays where the consequences are not acknowledged: 400, and the answer says what to say."""
    assert_refused(kibana_client.post(PATH, query=query), 400, "acknowledge")


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSIGN-004", source=CONTRACT, operations=[ROTATE], safety="disruptive"
)
def test_the_key_pair_changes(kibana_client: KibanaClient) -> None:
    """Where it is acknowledged, and no agent is there to become deaf, the key pair changes and the answer says so."""
    agents = ok(kibana_client.get("/api/fleet/agents", query={"kuery": "status:online", "perPage": 1}))
    if agents["total"]:
        pytest.skip(f"needs a deployment without agents at work, found {agents['total']}")
    assert ok(kibana_client.post(PATH, query={"acknowledge": True}))["message"]
