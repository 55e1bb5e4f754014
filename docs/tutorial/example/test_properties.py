"""Property tests: what the contract allows is accepted, whatever it is; what it does not allow is refused."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from pytest_kibana import Handle, KibanaClient, strategies
from pytest_kibana.cases import Case

FEW = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    # A fixture is made once for all examples of a test. Here that is meant: they share a space.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(body=strategies.request_bodies("POST /api/short_url"))
def test_a_short_url_is_what_was_asked_for(kibana_space: Handle, body: dict[str, Any]) -> None:
    body = {key: value for key, value in body.items() if key != "slug"}  # a slug can be taken only once
    answer = kibana_space.client.call("POST /api/short_url", json=body)
    assert answer.status_code == 200
    assert answer.json()["locator"]["id"] == body["locatorId"]


@FEW
@given(case=strategies.invalid_requests("POST /api/spaces/space"))
def test_a_space_that_breaks_a_rule_is_refused(kibana_client: KibanaClient, case: Case) -> None:
    answer = kibana_client.call(case.operation, query=case.query, json=case.body)
    assert answer.status_code == 400, case.rule
