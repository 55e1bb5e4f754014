"""Agentless policies, and the managed integrations that follow them: what Elastic Cloud runs itself, for money."""

from typing import Any

import httpx
import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.session import Session
from pytest_kibana.suites.families.asking import assert_refused, ok, part, said
from pytest_kibana.suites.families.fleet import Ask, every, intended
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/agentless_policies", "/api/fleet/agentless_policies/{}"
NEW = "/api/fleet/managed_integrations"
MAKE, REMOVE = f"POST {ALL}", f"DELETE {ALL}/{{policyId}}"
MANAGED = f"POST {NEW}"
BODY = {"name": "never made", "package": {"name": "no_such_package", "version": "1.0.0"}}
UPGRADE = {"policyIds": ["no-such-policy"]}
DOCS = "Kibana API documentation: managed integrations"


def made(answer: httpx.Response) -> dict[str, Any]:
    """Return what a create made; skip where only Elastic Cloud makes any."""
    if answer.status_code == 400 and (
        "serverless" in said(answer).lower() or "cloud" in said(answer).lower()
    ):
        pytest.skip(f"needs Elastic Cloud, found {said(answer)[:160]}")
    item = ok(answer).get("item")
    assert isinstance(item, dict), f"{answer.text[:200]}, where the policy is promised"
    return item


@pytest.fixture
def package(kibana_session: Session) -> dict[str, str]:
    """Return an installed package."""
    installed = kibana_session.factory.make("epm_package")
    return {"name": installed.id, "version": installed.value("version")}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLLESS-004", source=LIVE, operations=[MAKE], safety="disruptive", since="9.3.0"
)
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"package": None}, id="no package"),
        pytest.param({"package": {"name": "udp"}}, id="no version"),
        pytest.param({"inputs": "none"}, id="inputs are a text"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_policy_is_refused(kibana_client: KibanaClient, broken: dict[str, Any]) -> None:
    """An agentless policy without a package, or with unknown members, is refused with 400."""
    assert_refused(kibana_client.post(ALL, json={**BODY, **broken}), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLLESS-005", source=LIVE, operations=[MAKE, REMOVE], safety="disruptive", since="9.3.0"
)
def test_a_policy_is_made_and_deleted(
    kibana_resources: Resources, here: KibanaClient, package: dict[str, str]
) -> None:
    """An agentless policy is made of a package where Elastic Cloud runs it, and deleted by its id."""
    name = intended(kibana_resources, "fleet_agentless_policy")
    item = made(name.became(here.post(ALL, json={"name": name, "package": package})))
    assert item["name"] == name
    assert part(item["package"], *package) == package
    assert ok(here.delete(ONE.format(item["id"]), query={"force": True}))["id"] == item["id"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLLESS-006",
    level="SHOULD",
    source="observed on 9.4.3, where an id that nothing has is answered 200 and repeated; 404 would be better",
    operations=[REMOVE],
    safety="disruptive",
    since="9.3.0",
)
def test_deleting_what_is_not_there_changes_nothing(here: KibanaClient, unique: Any) -> None:
    """Deleting an agentless policy that does not exist says so, or repeats its id."""
    name = unique()
    answer = here.delete(ONE.format(name))
    assert answer.status_code in (200, 404), f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code == 200:
        assert answer.json()["id"] == name


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLLESS-007", level="SHOULD", source=DOCS, safety="read", since="9.5.0"
)
@every([Ask(f"GET {NEW}/{{policyId}}"), Ask(f"PUT {NEW}/{{policyId}}", BODY)])
def test_an_unknown_integration_is_not_found(ask: Ask, kibana_client: KibanaClient) -> None:
    """A managed integration that does not exist is refused, as is everything where Elastic Cloud is not."""
    answer = ask.send(kibana_client)
    assert answer.status_code in (400, 404), f"{ask.label}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLLESS-008",
    level="SHOULD",
    source=DOCS,
    operations=[
        MANAGED,
        f"GET {NEW}",
        f"GET {NEW}/{{policyId}}",
        f"PUT {NEW}/{{policyId}}",
        f"DELETE {NEW}/{{policyId}}",
    ],
    safety="disruptive",
    since="9.5.0",
)
def test_an_integration_lives(here: KibanaClient, unique: Any, package: dict[str, str]) -> None:
    """A managed integration is made, read, listed, replaced whole, and gone when it is deleted."""
    body: dict[str, Any] = {"name": unique(), "package": package, "description": "made by a test"}
    item = made(here.post(NEW, json=body))
    one = f"{NEW}/{item['id']}"
    try:
        assert ok(here.get(one))["item"]["name"] == body["name"]
        assert item["id"] in [row["id"] for row in ok(here.get(NEW, query={"perPage": 1000}))["items"]]
        del body["description"]
        ok(here.put(one, json=body))
        assert not ok(here.get(one))["item"].get("description")
        other = {**body, "package": {**package, "name": "no_such_package"}}
        assert_refused(here.put(one, json=other), 400)
    finally:
        gone = here.delete(one, query={"force": True})
    assert gone.status_code < 300, f"{gone.status_code} {gone.text[:200]}"
    assert here.get(one).status_code in (400, 404)
