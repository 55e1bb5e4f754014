"""Uninstall tokens: without one, a protected agent stays where it is. Each policy has one."""

from typing import Any

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import assert_refused, ok, part
from pytest_kibana.suites.families.fleet import Ask, listed_ids, need_space_awareness
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/uninstall_tokens", "/api/fleet/uninstall_tokens/{}"
LIST, READ = f"GET {ALL}", f"GET {ALL}/{{uninstallTokenId}}"
ROTATE = f"POST {ALL}/{{agentPolicyId}}/rotate"


def tokens_of(client: KibanaClient, policy: str) -> list[dict[str, Any]]:
    """Return the tokens of a policy, as they are listed."""
    found: list[dict[str, Any]] = ok(client.get(ALL, query={"policyId": policy}))["items"]
    return found


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLUNIN-005", source=LIVE, operations=[LIST, READ], safety="global", tier="smoke"
)
def test_a_policy_has_a_token(kibana_resources: Resources, here: KibanaClient) -> None:
    """A policy comes with one token; the list shows whose it is, and only reading it shows what it says."""
    policy = kibana_resources.fleet_agent_policy()
    [listed] = tokens_of(here, policy.id)
    assert listed["policy_id"] == policy.id
    assert "token" not in listed
    token = ok(here.get(ONE.format(listed["id"])))["item"]
    assert part(token, "id", "policy_id") == part(listed, "id", "policy_id")
    assert token["token"]


@pytest.mark.kibana_requirement("KBN-REQ-FLUNIN-006", source=LIVE, operations=[LIST], safety="global")
def test_policies_have_tokens_of_their_own(kibana_resources: Resources, here: KibanaClient) -> None:
    """Tokens of two policies are two, and what one says is not what the other says."""
    policies = [kibana_resources.fleet_agent_policy().id for _ in range(2)]
    listed = [one for policy in policies for one in tokens_of(here, policy)]
    assert [one["policy_id"] for one in listed] == policies
    said = {ok(here.get(ONE.format(one["id"])))["item"]["token"] for one in listed}
    assert len(said) == 2


@pytest.mark.kibana_requirement("KBN-REQ-FLUNIN-007", source=LIVE, operations=[LIST], safety="global")
def test_pages_of_tokens(kibana_resources: Resources, here: KibanaClient) -> None:
    """Pages of tokens are as long as was asked, follow one another, and hold every token once."""
    policies = {kibana_resources.fleet_agent_policy().id for _ in range(6)}
    pages = [ok(here.get(ALL, query={"perPage": 5, "page": page})) for page in (1, 2)]
    assert {(one["perPage"], one["total"]) for one in pages} == {(5, pages[0]["total"])}
    assert [one["page"] for one in pages] == [1, 2]
    seen = listed_ids(one for page in pages for one in page["items"])
    assert len(seen) == len(set(seen))
    if pages[0]["total"] == 6:  # the space is new, but before 9.1 it means nothing
        assert {one["policy_id"] for page in pages for one in page["items"]} == policies


@pytest.mark.kibana_requirement("KBN-REQ-FLUNIN-008", source=LIVE, operations=[LIST], safety="read")
@pytest.mark.parametrize(
    "query",
    [{"policyId": "x", "search": "y"}, {"page": "one"}, {"perPage": 4}],
    ids=["policy and search", "no page", "too few"],
)
def test_a_question_without_sense_is_refused(kibana_client: KibanaClient, query: dict[str, Any]) -> None:
    """A policy and a search exclude one another, a page is a number, and has five or more: else 400."""
    assert_refused(kibana_client.get(ALL, query=query), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLUNIN-009",
    source="Kibana source, fleet/server/services: tokens are of one space where Fleet knows spaces",
    operations=[LIST, READ],
    safety="global",
    since="9.1.0",
)
def test_a_token_is_of_one_space(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A token is neither listed nor read from another space than that of its policy."""
    need_space_awareness(here)
    policy = kibana_resources.fleet_agent_policy()
    [token] = tokens_of(here, policy.id)
    assert tokens_of(other_space, policy.id) == []
    assert_refused(other_space.get(ONE.format(token["id"])), 404)


@pytest.mark.kibana_requirement("KBN-REQ-FLUNIN-010", source=LIVE, operations=[LIST, READ], safety="global")
def test_a_token_never_changes_its_policy(kibana_resources: Resources, here: KibanaClient) -> None:
    """When its policy is deleted, a token is gone, or still says for whom it was: never for another policy."""
    policy = kibana_resources.fleet_agent_policy()
    [token] = tokens_of(here, policy.id)
    policy.delete()
    answer = here.get(ONE.format(token["id"]))
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert answer.json()["item"]["policy_id"] == policy.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLUNIN-011",
    level="SHOULD",
    source="Kibana API documentation: the token of a policy is changed",
    operations=[ROTATE, READ],
    safety="disruptive",
    since="9.5.0",
)
def test_a_policy_gets_a_new_token(kibana_resources: Resources, here: KibanaClient) -> None:
    """After a change of token, the newest token of a policy says something else than before."""
    policy = kibana_resources.fleet_agent_policy()
    before = {one["id"] for one in tokens_of(here, policy.id)}
    said = {ok(here.get(ONE.format(key)))["item"]["token"] for key in before}
    nowhere = Ask(ROTATE).send(here)
    assert nowhere.status_code in (400, 404), f"{nowhere.status_code} {nowhere.text[:200]}"
    answer = Ask(ROTATE).of(agentPolicyId=policy.id).send(here)
    assert answer.status_code < 300, f"{answer.status_code} {answer.text[:200]}"
    after = {ok(here.get(ONE.format(one["id"])))["item"]["token"] for one in tokens_of(here, policy.id)}
    assert after - said
