"""A rule and its connector: resources come from factories, and are gone after the test."""

import pytest

from pytest_kibana import Handle, KibanaClient, Resources


def test_rule_survives_its_connector(kibana_space: Handle, kibana_resources: Resources) -> None:
    connector = kibana_resources.connector()
    rule = kibana_resources.rule(actions=[connector.as_action()])
    connector.delete()
    answer = kibana_space.client.call("GET /api/alerting/rule/{id}", path={"id": rule.id})
    assert answer.status_code == 200
    assert answer.json()["actions"][0]["id"] == connector.id


def test_a_rule_is_known_by_the_name_that_it_was_given(kibana_resources: Resources) -> None:
    rule = kibana_resources.rule(name="nightly")
    rule.update(name="hourly")
    assert rule.read()["name"] == "hourly"


@pytest.mark.kibana_requires(version=">=9.0")
def test_spaces_say_who_made_them(kibana_space: Handle, kibana_client: KibanaClient) -> None:
    answer = kibana_client.call("get-spaces-space-id", path={"id": kibana_space.id})
    assert answer.json()["description"] == "made by the example project"
