"""Enrollment keys: with which agents come. A deleted one stays, and opens nothing."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import intended, listed_ids, need_space_awareness
from pytest_kibana.suites.families.sources import CONTRACT, LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/enrollment_api_keys", "/api/fleet/enrollment_api_keys/{}"
LIST, MAKE = f"GET {ALL}", f"POST {ALL}"
READ, REMOVE = f"GET {ALL}/{{keyId}}", f"DELETE {ALL}/{{keyId}}"
MANY = f"POST {ALL}/_bulk_delete"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLKEY-005", source=LIVE, operations=[LIST, MAKE, READ, REMOVE], safety="global", tier="smoke"
)
def test_a_key_lives_and_is_revoked(kibana_resources: Resources, here: KibanaClient) -> None:
    """A key is made active, is read and listed; its name ends in its id; revoked, it still reads, as inactive."""
    policy = kibana_resources.fleet_agent_policy()
    name = intended(kibana_resources, "fleet_enrollment_api_key", fleet_agent_policy=policy.id)
    made = ok(name.became(here.post(ALL, json={"policy_id": policy.id, "name": name})))
    key = made["item"]
    assert (made["action"], key["active"], key["policy_id"]) == ("created", True, policy.id)
    assert key["name"].startswith(name)
    assert key["id"] in key["name"]
    assert key["api_key"]
    one = ONE.format(key["id"])
    assert part(ok(here.get(one))["item"], "id", "name", "active") == part(key, "id", "name", "active")
    assert key["id"] in listed_ids(ok(here.get(ALL, query={"perPage": 1000}))["items"])
    assert ok(here.delete(one))["action"] == "deleted"
    after = ok(here.get(one))["item"]
    assert part(after, "id", "active", "policy_id") == {
        "id": key["id"],
        "active": False,
        "policy_id": policy.id,
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLKEY-006", source=LIVE, operations=[MAKE, LIST], safety="global", tier="smoke"
)
def test_a_policy_has_a_key(kibana_resources: Resources, here: KibanaClient) -> None:
    """An agent policy comes with an enrollment key of its own, which a filter finds."""
    policy = kibana_resources.fleet_agent_policy()
    found = ok(here.get(ALL, query={"kuery": f'policy_id:"{policy.id}"', "perPage": 20}))
    assert [one["policy_id"] for one in found["items"]] == [policy.id]
    assert (found["total"], found["page"], found["perPage"]) == (1, 1, 20)
    assert found["items"][0]["active"] is True


@pytest.mark.kibana_requirement("KBN-REQ-FLKEY-007", source=LIVE, operations=[MAKE], safety="global")
@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        pytest.param({"policy_id": NO_SUCH_ID}, (400, 404), id="unknown policy"),
        pytest.param({"name": "without a policy"}, (400,), id="no policy"),
        pytest.param({"policy_id": 1}, (400,), id="a number for a policy"),
        pytest.param({"policy_id": NO_SUCH_ID, "no_such_field": 1}, (400,), id="unknown field"),
    ],
)
def test_a_key_needs_its_policy(here: KibanaClient, body: dict[str, Any], statuses: tuple[int, ...]) -> None:
    """A key for a policy that does not exist, or for none, is refused."""
    answer = here.post(ALL, json=body)
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:200]}"


@pytest.mark.kibana_requirement("KBN-REQ-FLKEY-008", source=TERRAFORM, operations=[LIST], safety="global")
def test_pages_of_keys(kibana_resources: Resources, here: KibanaClient) -> None:
    """Pages of keys are as long as was asked, follow one another, and hold every key once."""
    policy = kibana_resources.fleet_agent_policy()
    made = {kibana_resources.fleet_enrollment_api_key(fleet_agent_policy=policy).id for _ in range(2)}
    asked = {"kuery": f'policy_id:"{policy.id}"', "perPage": 2}
    pages = [ok(here.get(ALL, query={**asked, "page": page})) for page in (1, 2)]
    assert [len(page["items"]) for page in pages] == [2, 1]
    assert {page["total"] for page in pages} == {3}
    seen = listed_ids(one for page in pages for one in page["items"])
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


@pytest.mark.kibana_requirement("KBN-REQ-FLKEY-009", source=CONTRACT, operations=[LIST], safety="read")
@pytest.mark.parametrize("query", [{"page": "one"}, {"perPage": "many"}], ids=["page", "size"])
def test_a_page_that_is_none_is_refused(kibana_client: KibanaClient, query: dict[str, str]) -> None:
    """A page or a size that is not a number is refused with 400."""
    assert_refused(kibana_client.get(ALL, query=query), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLKEY-010",
    source="Kibana source, fleet/server/services: keys are of one space where Fleet knows spaces",
    operations=[READ, REMOVE, LIST],
    safety="global",
    since="9.1.0",
)
def test_a_key_is_of_one_space(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A key is neither read nor listed nor revoked from another space than that of its policy."""
    need_space_awareness(here)
    key = kibana_resources.fleet_enrollment_api_key()
    assert_refused(other_space.get(ONE.format(key.id)), 404)
    assert_refused(other_space.delete(ONE.format(key.id)), 404)
    assert key.id not in listed_ids(ok(other_space.get(ALL, query={"perPage": 1000}))["items"])
    assert ok(here.get(ONE.format(key.id)))["item"]["active"] is True


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLKEY-011",
    level="SHOULD",
    source="Kibana API documentation: enrollment keys are revoked in bulk",
    operations=[MANY],
    safety="disruptive",
    since="9.5.0",
)
def test_keys_are_revoked_together(kibana_resources: Resources, here: KibanaClient) -> None:
    """Several keys of one policy are revoked with one call, and still read, as inactive."""
    policy = kibana_resources.fleet_agent_policy()
    keys = [kibana_resources.fleet_enrollment_api_key(fleet_agent_policy=policy) for _ in range(2)]
    answer = here.post(f"{ALL}/_bulk_delete", json={"ids": [key.id for key in keys]})
    assert answer.status_code < 300, f"{answer.status_code} {answer.text[:200]}"
    assert [ok(here.get(ONE.format(key.id)))["item"]["active"] for key in keys] == [False, False]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLKEY-012", source=LIVE, operations=[MAKE, READ], safety="global", tier="thorough"
)
@FEW
@given(name=texts)
def test_a_key_is_called_what_it_was_called(kibana_resources: Resources, unique: Any, name: str) -> None:
    """Whatever a key is called, its name begins with that."""
    called = f"{unique()} {name}"
    key = kibana_resources.fleet_enrollment_api_key(name=called)
    assert key.read()["name"].startswith(called)
