"""How many agents have which status."""

import pytest

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, ok
from pytest_kibana.suites.families.fleet import offered_agents
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

PATH = "/api/fleet/agent_status"
STATUS = f"GET {PATH}"
EACH = ("online", "error", "offline", "inactive", "updating", "unenrolled", "orphaned", "uninstalled")


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGSTAT-002", source=LIVE, operations=[STATUS], safety="read", tier="smoke"
)
def test_no_part_is_more_than_the_whole(kibana_client: KibanaClient) -> None:
    """Agents of each status are counted, and none of the counts is more than that of all agents."""
    counts = ok(kibana_client.get(PATH))["results"]
    wrong = {name: counts[name] for name in EACH if name in counts and not 0 <= counts[name] <= counts["all"]}
    assert wrong == {}
    assert counts["active"] <= counts["all"]


@pytest.mark.kibana_requirement("KBN-REQ-AGSTAT-003", source=LIVE, operations=[STATUS], safety="global")
@pytest.mark.parametrize("name", ["policyId", "policyIds"])
def test_a_new_policy_has_no_agents(kibana_resources: Resources, here: KibanaClient, name: str) -> None:
    """Asked for the agents of a policy that was just made, all counts are zero."""
    policy = kibana_resources.fleet_agent_policy()
    value = [policy.id, NO_SUCH_ID] if name == "policyIds" else policy.id
    counts = ok(here.get(PATH, query={name: value}))["results"]
    assert {key: count for key, count in counts.items() if count} == {}


@pytest.mark.kibana_requirement("KBN-REQ-AGSTAT-004", source=LIVE, operations=[STATUS], safety="read")
def test_agents_of_a_policy_are_counted(kibana_client: KibanaClient) -> None:
    """Asked for the agents of a policy that has some, they are counted, under the status that they have."""
    agent = offered_agents(kibana_client)[0]
    counts = ok(kibana_client.get(PATH, query={"policyId": agent["policy_id"]}))["results"]
    query = {"kuery": f'fleet-agents.policy_id:"{agent["policy_id"]}"', "perPage": 1000}
    statuses = [one["status"] for one in ok(kibana_client.get("/api/fleet/agents", query=query))["items"]]
    assert counts["all"] >= len(statuses)
    assert {s: counts[s] >= statuses.count(s) for s in statuses if s in counts} == {
        s: True for s in statuses if s in counts
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-AGSTAT-005",
    level="SHOULD",
    source="Kibana source, fleet/server/routes/agent/handlers.ts: one policy is a text",
    operations=[STATUS],
    safety="read",
)
def test_no_more_than_one_policy_by_that_name(kibana_client: KibanaClient) -> None:
    """Two policies where one is asked for are refused with 400."""
    answer = kibana_client.get(PATH, query={"policyId": ["first", "second"]})
    assert answer.status_code == 400, f"{answer.status_code} {answer.text[:200]}"
