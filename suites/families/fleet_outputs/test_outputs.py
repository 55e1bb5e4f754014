"""Outputs: where agents send their data. One is the default, and stays it."""

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import ok, part, said
from pytest_kibana.suites.families.fleet import intended
from pytest_kibana.suites.families.sources import LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/outputs", "/api/fleet/outputs/{}"
KEYS = "POST /api/fleet/logstash_api_keys"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{outputId}}" for method in ("GET", "PUT", "DELETE"))
HEALTH = f"{READ}/health"
KAFKA = {
    "type": "kafka",
    "hosts": ["kafka.example.com:9092"],
    "auth_type": "none",
    "connection_type": "plaintext",
    "topic": "nowhere",
    "is_default": False,
    "is_default_monitoring": False,
}


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-006", source=LIVE, operations=[HEALTH], safety="global")
def test_nobody_reported_on_a_new_output(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """The health of an output that no agent uses is unknown."""
    output = kibana_resources.fleet_output()
    health = ok(kibana_client.get(f"{ONE.format(output.id)}/health"))
    assert health["state"] == "UNKNOWN"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLOUT-007", source=TERRAFORM, operations=[MAKE, READ], safety="global"
)
def test_kafka_has_defaults(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A Kafka output that says nothing about it is compressed with gzip and waits for one acknowledgement."""
    name = intended(kibana_resources, "fleet_output")
    made = ok(name.became(kibana_client.post(ALL, json={**KAFKA, "name": name})))["item"]
    assert part(made, *KAFKA) == KAFKA
    shown = ok(kibana_client.get(ONE.format(made["id"])))["item"]
    assert part(shown, "compression", "required_acks") == {"compression": "gzip", "required_acks": 1}


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-009", source=LIVE, operations=[LIST, READ], safety="read")
def test_one_output_is_the_default(kibana_client: KibanaClient) -> None:
    """At most one output is the default for data, and at most one for monitoring."""
    outputs = ok(kibana_client.get(ALL))["items"]
    for flag in ("is_default", "is_default_monitoring"):
        default = [one["id"] for one in outputs if one[flag]]
        assert len(default) <= 1, f"{flag}: {default}"
        if default:
            assert ok(kibana_client.get(ONE.format(default[0])))["item"][flag] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLOUT-010", source=LIVE, operations=[LIST, CHANGE, REMOVE], safety="disruptive"
)
def test_the_default_stays(kibana_client: KibanaClient) -> None:
    """The default output is neither deleted nor made an ordinary one."""
    before = next((one for one in ok(kibana_client.get(ALL))["items"] if one["is_default"]), None)
    if before is None:
        pytest.skip("needs a default output, found none")
    one = ONE.format(before["id"])
    answer = kibana_client.delete(one)
    assert answer.status_code in (400, 403), f"{answer.status_code} {answer.text[:200]}"
    demoted = {"name": before["name"], "type": before["type"], "hosts": before["hosts"], "is_default": False}
    answer = kibana_client.put(one, json=demoted)
    assert answer.status_code in (400, 403), f"{answer.status_code} {answer.text[:200]}"
    assert ok(kibana_client.get(one))["item"] == before


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-012", source=LIVE, operations=[KEYS], safety="disruptive")
def test_a_key_for_logstash(kibana_client: KibanaClient) -> None:
    """A key for Logstash is an id and a secret with a colon between; who came with a key gets none."""
    answer = kibana_client.post("/api/fleet/logstash_api_keys")
    if answer.status_code >= 400 and "derived" in said(answer):
        pytest.skip(f"needs other credentials than an API key, found {said(answer)[:120]}")
    key, _, secret = ok(answer)["api_key"].partition(":")
    assert key
    assert secret
