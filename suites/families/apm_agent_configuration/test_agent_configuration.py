"""APM agent configuration: one per service and environment, replaced only when told so, the same in every space."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, shows
from pytest_kibana.suites.families.sources import AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ALL = "/api/apm/settings/agent-configuration"
MAKE, LIST, REMOVE = f"PUT {ALL}", f"GET {ALL}", f"DELETE {ALL}"
VIEW, SEARCH, ENVIRONMENTS, AGENT = (
    f"GET {ALL}/view",
    f"POST {ALL}/search",
    f"GET {ALL}/environments",
    f"GET {ALL}/agent_name",
)
NOBODYS = {"name": f"kbn-test-no-such-service-{NO_SUCH_ID}", "environment": "nowhere"}
SETTINGS = {"transaction_sample_rate": "0.1"}

REFUSED = (
    Ask(MAKE, json={"service": NOBODYS}, status=400, name="without settings"),
    Ask(MAKE, json={"settings": SETTINGS}, status=400, name="without a service"),
    Ask(REMOVE, json={"service": NOBODYS}, says=("not found",)),
    Ask(REMOVE, json={}, status=(400, 404), name="without a service"),
    Ask(VIEW, query=NOBODYS),
    Ask(SEARCH, json={}, status=400, reads=True, name="without a service"),
    Ask(AGENT, status=400, name="without a service"),
)
OPEN = (Ask(LIST, status=200), Ask(ENVIRONMENTS, query={"serviceName": NOBODYS["name"]}, status=200))


@pytest.fixture
def configuration(kibana_resources: Resources) -> Handle:
    """The configuration of a service that does not exist."""
    return kibana_resources.apm_agent_configuration()


def service_of(configuration: Handle) -> dict[str, Any]:
    """Return the service that a configuration is for."""
    return {"name": configuration.id, "environment": configuration.keys["environment"]}


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-001", source=LIVE, operations=[MAKE, VIEW, LIST], safety="global", tier="smoke"
)
def test_a_configuration_is_of_one_service(configuration: Handle, kibana_client: KibanaClient) -> None:
    """A configuration is found by service and environment together, and listed with what it sets."""
    service = service_of(configuration)
    seen = ok(kibana_client.get(f"{ALL}/view", query=service))
    assert seen["service"] == service
    assert seen["settings"] == configuration.sent["settings"]
    assert_refused(kibana_client.get(f"{ALL}/view", query={**service, "environment": "another"}), 404)
    listed = ok(kibana_client.get(ALL))["configurations"]
    assert [one["settings"] for one in listed if one["service"] == service] == [seen["settings"]]


@pytest.mark.kibana_requirement("KBN-REQ-APMCONF-002", source=LIVE, operations=[MAKE, VIEW], safety="global")
def test_one_is_replaced_only_when_told_so(configuration: Handle, kibana_client: KibanaClient) -> None:
    """A second configuration of one service is refused with 400, and replaces the first where overwriting is asked."""
    service = service_of(configuration)
    first = ok(kibana_client.get(f"{ALL}/view", query=service))
    other = {"service": service, "settings": {"capture_body": "off"}}
    assert_refused(kibana_client.put(ALL, json=other), 400, "already exists")
    assert ok(kibana_client.get(f"{ALL}/view", query=service)) == first
    ok(kibana_client.put(ALL, json=other, query={"overwrite": True}))
    after = ok(kibana_client.get(f"{ALL}/view", query=service))
    assert after["settings"] == {"capture_body": "off"}
    assert after["etag"] != first["etag"], "agents see by the etag that they have to fetch anew"


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-003", source=LIVE, operations=[MAKE, SEARCH], safety="global"
)
def test_an_agent_finds_its_configuration(configuration: Handle, kibana_client: KibanaClient) -> None:
    """An agent that asks for its service and environment is given the document with its settings."""
    found = ok(kibana_client.post(f"{ALL}/search", json={"service": service_of(configuration)}))
    assert found["_source"]["service"] == service_of(configuration)
    assert found["_source"]["settings"] == configuration.sent["settings"]
    assert found["_source"]["applied_by_agent"] is False


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-004", source=LIVE, operations=[MAKE, ENVIRONMENTS], safety="global"
)
def test_environments_say_what_is_configured(configuration: Handle, kibana_client: KibanaClient) -> None:
    """The environments of a service say which have a configuration; one of them stands for all."""
    asked = {"serviceName": configuration.id}
    answer = ok(kibana_client.get(f"{ALL}/environments", query=asked))["environments"]
    taken = {one["name"]: one["alreadyConfigured"] for one in answer}
    assert taken[configuration.keys["environment"]] is True
    assert taken["ALL_OPTION_VALUE"] is False


@pytest.mark.kibana_requirement("KBN-REQ-APMCONF-005", source=LIVE, operations=[AGENT], safety="read")
def test_a_service_that_never_reported_has_no_agent(kibana_client: KibanaClient) -> None:
    """The agent of a service that never sent anything is not known: 200 without a name."""
    answer = ok(kibana_client.get(f"{ALL}/agent_name", query={"serviceName": NOBODYS["name"]}))
    assert not answer.get("agentName")


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-006", source=LIVE, operations=[MAKE, VIEW, REMOVE], safety="global"
)
def test_configurations_are_of_every_space(
    configuration: Handle, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A configuration is the same from every space; deleted in one, it is gone from all."""
    service = service_of(configuration)
    assert ok(other_space.get(f"{ALL}/view", query=service))["service"] == service
    assert shows(ok(other_space.request("DELETE", ALL, json={"service": service})), {"result": "deleted"})
    assert_refused(here.get(f"{ALL}/view", query=service), 404)


@pytest.mark.kibana_requirement("KBN-REQ-APMCONF-007", source=LIVE, safety="read")
@pytest.mark.parametrize("ask", rows(*REFUSED, *OPEN))
def test_what_makes_no_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A configuration without service or settings is refused with 400; one that does not exist is answered 404."""
    ask.assert_answered(kibana_client)


@pytest.mark.kibana_requirement("KBN-REQ-APMCONF-008", source=AUTHENTICATION, safety="read", tier="smoke")
@pytest.mark.parametrize("ask", rows(*once((*REFUSED, *OPEN))))
def test_nobody_asks(ask: Ask, nobody: KibanaClient) -> None:
    """Without credentials nobody reads or changes a configuration."""
    ask.assert_kept_from(nobody, 401)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-009", source="Kibana source, agent_configuration/route.ts", safety="read"
)
@pytest.mark.parametrize("ask", rows(*guarded(REFUSED)))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient) -> None:
    """A viewer makes and deletes no configuration."""
    ask.assert_kept_from(viewer, 403)


@pytest.mark.kibana_requirement(
    "KBN-REQ-APMCONF-010", source=LIVE, operations=[MAKE, VIEW], safety="global", tier="thorough"
)
@FEW
@given(rate=st.integers(0, 100), recording=st.booleans())
def test_settings_read_as_they_were_written(
    kibana_resources: Resources, kibana_client: KibanaClient, rate: int, recording: bool
) -> None:
    """Settings travel as text, and read as they were written."""
    settings = {"transaction_sample_rate": str(rate / 100), "recording": str(recording).lower()}
    made = kibana_resources.apm_agent_configuration(settings=settings)
    assert ok(kibana_client.get(f"{ALL}/view", query=service_of(made)))["settings"] == settings
