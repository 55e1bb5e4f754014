"""Outputs: where agents send their data. One is the default, and stays it."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, said, texts
from pytest_kibana.suites.families.fleet import (
    AUTHENTICATION,
    LIVE,
    PRIVILEGES,
    TERRAFORM,
    Ask,
    assert_changes_nothing,
    assert_reads_what_is_granted,
    changing,
    every,
    intended,
    listed_ids,
    missing,
    reading,
)
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/outputs", "/api/fleet/outputs/{}"
KEYS = "POST /api/fleet/logstash_api_keys"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{outputId}}" for method in ("GET", "PUT", "DELETE"))
HEALTH = f"{READ}/health"
PLAIN = {
    "type": "elasticsearch",
    "hosts": ["http://localhost:9200"],
    "is_default": False,
    "is_default_monitoring": False,
}
KAFKA = {
    "type": "kafka",
    "hosts": ["kafka.example.com:9092"],
    "auth_type": "none",
    "connection_type": "plaintext",
    "topic": "nowhere",
    "is_default": False,
    "is_default_monitoring": False,
}
ASKS = (
    Ask(LIST),
    Ask(MAKE, {**PLAIN, "name": "never made"}),
    Ask(READ, unknown=404),
    Ask(CHANGE, {"name": "taken over"}, unknown=404),
    Ask(REMOVE, unknown=404),
    Ask(HEALTH),
    Ask(KEYS),
)


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-001", source=AUTHENTICATION, safety="read", tier="smoke")
@every(ASKS)
def test_nobody_is_served(ask: Ask, nobody: KibanaClient) -> None:
    """Nobody lists, reads, makes, changes or deletes an output, nor gets a key for Logstash."""
    ask.assert_refused(nobody, 401)


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-002", source=PRIVILEGES, safety="read", tier="smoke")
@changing(ASKS)
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer makes, changes and deletes no output, and gets no key."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-003", level="SHOULD", source=PRIVILEGES, safety="read")
@reading(ASKS)
def test_a_viewer_reads_what_is_granted(ask: Ask, viewer: KibanaClient, kibana_contract: Contract) -> None:
    """A viewer reads outputs where the privileges of the operation are for readers."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-004", source=LIVE, safety="read")
@missing(ASKS)
def test_an_unknown_output_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """An output that is not there is answered 404, whatever is asked of it."""
    ask.assert_unknown(kibana_client)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLOUT-005",
    source=TERRAFORM,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_an_output_lives(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """An output is made, read, listed and renamed, keeps what a change leaves out, and is gone when it is deleted."""
    name = intended(kibana_resources, "fleet_output")
    made = ok(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name})))["item"]
    assert part(made, "name", *PLAIN) == {**PLAIN, "name": name}
    one = ONE.format(made["id"])
    assert part(ok(kibana_client.get(one))["item"], *made) == made
    assert made["id"] in listed_ids(ok(kibana_client.get(ALL))["items"])
    changed = ok(kibana_client.put(one, json={"name": f"{name} again"}))["item"]
    assert part(changed, "id", "name", *PLAIN) == {**PLAIN, "id": made["id"], "name": f"{name} again"}
    assert ok(kibana_client.get(one))["item"]["name"] == f"{name} again"
    assert ok(kibana_client.delete(one)) == {"id": made["id"]}
    assert_refused(kibana_client.get(one), 404)
    assert_refused(kibana_client.delete(one), 404)


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
    """An output of Kafka that says nothing of it is compressed by gzip and waits for one acknowledgement."""
    name = intended(kibana_resources, "fleet_output")
    made = ok(name.became(kibana_client.post(ALL, json={**KAFKA, "name": name})))["item"]
    assert part(made, *KAFKA) == KAFKA
    shown = ok(kibana_client.get(ONE.format(made["id"])))["item"]
    assert part(shown, "compression", "required_acks") == {"compression": "gzip", "required_acks": 1}


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-008", source=LIVE, operations=[MAKE, LIST], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"type": "carrier-pigeon"}, id="unknown type"),
        pytest.param({"hosts": []}, id="no host"),
        pytest.param({"hosts": "http://localhost:9200"}, id="hosts are no list"),
        pytest.param({"is_default": "perhaps"}, id="no boolean"),
        pytest.param({"name": 1}, id="name is no text"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_output_is_refused(
    kibana_resources: Resources, kibana_client: KibanaClient, broken: dict[str, Any]
) -> None:
    """An output of an unknown type, without hosts, or with what outputs do not have is refused with 400."""
    name = intended(kibana_resources, "fleet_output")
    assert_refused(name.became(kibana_client.post(ALL, json={**PLAIN, "name": name, **broken})), 400)
    assert name not in {one["name"] for one in ok(kibana_client.get(ALL))["items"]}


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


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLOUT-011", source="Kibana docs: outputs belong to no space", operations=[READ], safety="global"
)
def test_outputs_are_of_every_space(kibana_resources: Resources, here: KibanaClient) -> None:
    """An output is seen from every space."""
    output = kibana_resources.fleet_output()
    assert ok(here.get(ONE.format(output.id)))["item"]["id"] == output.id


@pytest.mark.kibana_requirement("KBN-REQ-FLOUT-012", source=LIVE, operations=[KEYS], safety="disruptive")
def test_a_key_for_logstash(kibana_client: KibanaClient) -> None:
    """A key for Logstash is an id and a secret with a colon between; who came with a key gets none."""
    answer = kibana_client.post("/api/fleet/logstash_api_keys")
    if answer.status_code >= 400 and "derived" in said(answer):
        pytest.skip(f"needs other credentials than an API key, found {said(answer)[:120]}")
    key, _, secret = ok(answer)["api_key"].partition(":")
    assert key
    assert secret


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLOUT-013", source=LIVE, operations=[MAKE, READ, CHANGE], safety="global", tier="thorough"
)
@FEW
@given(first=texts, second=texts)
def test_an_output_is_called_what_it_was_called(
    kibana_resources: Resources, unique: Any, first: str, second: str
) -> None:
    """Whatever an output is called, and called again, it reads so."""
    before, after = f"{unique()} {first}", f"{unique()} {second}"
    output = kibana_resources.fleet_output(name=before)
    assert output.read()["name"] == before
    output.update(name=after)
    assert output.read()["name"] == after
