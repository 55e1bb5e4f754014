"""Integrations that are kept alike on a remote cluster: how far that is."""

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import ok
from pytest_kibana.suites.families.fleet import Ask
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

STATUS = "GET /api/fleet/remote_synced_integrations/status"
REMOTE = "GET /api/fleet/remote_synced_integrations/{outputId}/remote_status"
STATES = {"completed", "synchronizing", "failed", "warning"}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSYNC-003", source=LIVE, operations=[STATUS], safety="read", since="9.1.0", tier="smoke"
)
@pytest.mark.kibana_requires(license="enterprise")
def test_each_integration_has_a_state(kibana_client: KibanaClient) -> None:
    """The status names integrations, none where nothing is synchronised, each in one of four states."""
    status = ok(kibana_client.get("/api/fleet/remote_synced_integrations/status"))
    unknown = {
        one.get("package_name"): one["sync_status"]
        for one in status["integrations"]
        if one["sync_status"] not in STATES
    }
    assert unknown == {}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSYNC-004", source=LIVE, operations=[REMOTE], safety="global", since="9.1.0"
)
@pytest.mark.parametrize("where", ["an unknown output", "an output of this cluster"])
@pytest.mark.kibana_requires(license="enterprise")
def test_only_remote_outputs_are_asked(
    kibana_resources: Resources, kibana_client: KibanaClient, where: str
) -> None:
    """The remote status of an output that leads to no remote cluster is refused."""
    output = kibana_resources.fleet_output() if where.endswith("cluster") else None
    ask = Ask(REMOTE).of(outputId=output.id) if output else Ask(REMOTE)
    answer = ask.send(kibana_client)
    assert answer.status_code in ((400,) if output else (400, 404)), f"{where}: {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLSYNC-005",
    level="SHOULD",
    source="Kibana docs: what a remote cluster says is asked of its Kibana",
    operations=[REMOTE],
    safety="disruptive",
    since="9.1.0",
)
@pytest.mark.kibana_requires(license="enterprise")
def test_a_remote_cluster_that_cannot_be_asked_is_said_so(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """The status of an output whose remote Kibana cannot be asked names no integration, or is refused."""
    output = kibana_resources.fleet_output(
        type="remote_elasticsearch",
        hosts=["https://remote.example.com:9200"],
        service_token="nobody's",
        sync_integrations=True,
        kibana_url="https://remote.example.com:5601",
        kibana_api_key="nobody's",
    )
    answer = Ask(REMOTE).of(outputId=output.id).send(kibana_client)
    if answer.status_code == 200:
        assert answer.json()["integrations"] == []
    else:
        assert answer.status_code in (400, 404), answer.text[:200]
