"""Package policies: integrations in agent policies. Making one installs its package, so little of this is harmless."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import Ask, every, intended, listed_ids, need_space_awareness
from pytest_kibana.suites.families.sources import CONTRACT, LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/package_policies", "/api/fleet/package_policies/{}"
LIST, MAKE, MANY = f"GET {ALL}", f"POST {ALL}", f"POST {ALL}/_bulk_get"
READ, CHANGE, REMOVE = (f"{method} {ALL}/{{packagePolicyId}}" for method in ("GET", "PUT", "DELETE"))
REMOVE_MANY, UPGRADE, TRY = (f"POST {ALL}/{tail}" for tail in ("delete", "upgrade", "upgrade/dryrun"))


@pytest.fixture
def body(kibana_resources: Resources) -> dict[str, Any]:
    """Return what makes a package policy: an integration that is installed, in an agent policy of this test."""
    package = kibana_resources.epm_package()
    policy = kibana_resources.fleet_agent_policy()
    return {
        "namespace": "default",
        "description": "made by a test",
        "policy_ids": [policy.id],
        "package": {"name": package.id, "version": package.value("version")},
        "inputs": {},
    }


def named(client: KibanaClient, name: str) -> list[dict[str, Any]]:
    """Return the package policies of a name."""
    found: list[dict[str, Any]] = ok(
        client.get(ALL, query={"kuery": f'ingest-package-policies.name:"{name}"'})
    )["items"]
    return found


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-005",
    source=TERRAFORM,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="disruptive",
    tier="smoke",
)
def test_a_package_policy_lives(
    kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]
) -> None:
    """A package policy is made at revision 1, read, found, changed to the next revision, and gone when deleted."""
    name = intended(kibana_resources, "fleet_package_policy")
    made = ok(name.became(here.post(ALL, json={**body, "name": name})))["item"]
    same = ("namespace", "description", "policy_ids")
    assert part(made, "name", "revision", *same) == {**part(body, *same), "name": name, "revision": 1}
    assert part(made["package"], "name", "version") == body["package"]
    one = ONE.format(made["id"])
    assert part(ok(here.get(one))["item"], "id", "name", *same) == part(made, "id", "name", *same)
    assert listed_ids(named(here, name)) == [made["id"]]
    new = {**body, "name": f"{name} again", "description": "changed by a test"}
    assert part(ok(here.put(one, json=new))["item"], "name", "description") == part(
        new, "name", "description"
    )
    after = ok(here.get(one))["item"]
    assert part(after, "id", "name", *same) == {"id": made["id"], "name": new["name"], **part(new, *same)}
    assert after["revision"] == 2
    assert ok(here.delete(one, query={"force": True}))["id"] == made["id"]
    assert_refused(here.get(one), 404)
    assert_refused(here.delete(one), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-006", source=TERRAFORM, operations=[MAKE, LIST], safety="disruptive"
)
def test_names_are_unique(kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]) -> None:
    """A name that another package policy has is refused with 409, and nothing is made."""
    one = kibana_resources.fleet_package_policy(policy_ids=body["policy_ids"])
    name = one.read()["name"]
    assert_refused(here.post(ALL, json={**body, "name": name}), 409)
    assert listed_ids(named(here, name)) == [one.id]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-007", source=LIVE, operations=[MAKE, LIST], safety="disruptive"
)
@pytest.mark.parametrize(
    ("broken", "statuses"),
    [
        pytest.param({"policy_ids": [NO_SUCH_ID]}, (404,), id="unknown agent policy"),
        pytest.param(
            {"package": {"name": "no_such_package", "version": "1.0.0"}}, (404,), id="unknown package"
        ),
        pytest.param({"package": {"name": "udp"}}, (400,), id="no version"),
        pytest.param({"namespace": "With Capitals"}, (400,), id="a namespace that no index can have"),
        pytest.param({"inputs": "none"}, (400,), id="inputs are a text"),
        pytest.param({"no_such_field": 1}, (400,), id="unknown field"),
    ],
)
def test_an_impossible_package_policy_is_refused(
    kibana_resources: Resources,
    here: KibanaClient,
    body: dict[str, Any],
    broken: dict[str, Any],
    statuses: tuple[int, ...],
) -> None:
    """A package policy of a package or for an agent policy that does not exist, or otherwise broken, is refused."""
    name = intended(kibana_resources, "fleet_package_policy")
    answer = name.became(here.post(ALL, json={**body, "name": name, **broken}))
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:200]}"
    assert named(here, name) == []


@pytest.mark.kibana_requirement("KBN-REQ-FLPKG-008", source=LIVE, operations=[MANY], safety="disruptive")
def test_several_are_read_at_once(
    kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]
) -> None:
    """Several are read with one call; one that is missing spoils it, unless it may be passed over."""
    agents = body["policy_ids"]
    wanted = sorted(kibana_resources.fleet_package_policy(policy_ids=agents).id for _ in range(2))
    assert sorted(listed_ids(ok(here.post(f"{ALL}/_bulk_get", json={"ids": wanted}))["items"])) == wanted
    some = [*wanted, NO_SUCH_ID]
    assert_refused(here.post(f"{ALL}/_bulk_get", json={"ids": some}), 404)
    found = ok(here.post(f"{ALL}/_bulk_get", json={"ids": some, "ignoreMissing": True}))["items"]
    assert sorted(listed_ids(found)) == wanted


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-009", source=LIVE, operations=[REMOVE_MANY, READ], safety="disruptive"
)
def test_several_are_deleted_at_once(
    kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]
) -> None:
    """Several are deleted with one call that answers for each by its id."""
    agents = body["policy_ids"]
    gone = [kibana_resources.fleet_package_policy(policy_ids=agents) for _ in range(2)]
    wanted = {"packagePolicyIds": [one.id for one in gone], "force": True}
    rows = ok(here.post(f"{ALL}/delete", json=wanted))
    assert {row["id"]: row["success"] for row in rows} == {one.id: True for one in gone}
    assert [one.exists() for one in gone] == [False, False]


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-010",
    level="SHOULD",
    source="Kibana source, package_policy/handlers.ts",
    operations=[REMOVE_MANY, UPGRADE, TRY],
    safety="disruptive",
)
@pytest.mark.parametrize("tail", ["delete", "upgrade", "upgrade/dryrun"])
def test_nothing_is_done_to_what_is_not_there(here: KibanaClient, tail: str) -> None:
    """A package policy that does not exist is neither deleted nor upgraded: the whole, or its row, says so."""
    answer = here.post(f"{ALL}/{tail}", json={"packagePolicyIds": [NO_SUCH_ID]})
    if answer.status_code == 200:
        assert [row for row in answer.json() if row.get("success") is True] == []
        return
    assert answer.status_code in (400, 404), f"{answer.status_code} {answer.text[:200]}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-011", source=TERRAFORM, operations=[UPGRADE, TRY, READ], safety="disruptive"
)
def test_what_is_new_needs_no_upgrade(
    kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]
) -> None:
    """An upgrade is tried without an effect, answers for the policy that was named, and leaves it what it was."""
    one = kibana_resources.fleet_package_policy(policy_ids=body["policy_ids"])
    before, wanted = one.read(), {"packagePolicyIds": [one.id]}
    [tried] = ok(here.post(f"{ALL}/upgrade/dryrun", json=wanted))
    assert tried["hasErrors"] is False
    assert part(one.read(), "revision", "package") == part(before, "revision", "package")
    [done] = ok(here.post(f"{ALL}/upgrade", json=wanted))
    assert done["id"] == one.id
    assert part(one.read(), "name", "policy_ids") == part(before, "name", "policy_ids")


@pytest.mark.kibana_requirement("KBN-REQ-FLPKG-012", source=CONTRACT, safety="read")
@every(
    [
        Ask(LIST, query={"page": "one"}),
        Ask(LIST, query={"sortOrder": "sideways"}),
        Ask(TRY, {"packagePolicyIds": "all"}),
        Ask(REMOVE_MANY, {"packagePolicyIds": "all"}),
        Ask(UPGRADE, {}),
    ]
)
def test_a_question_without_sense_is_refused(ask: Ask, kibana_client: KibanaClient) -> None:
    """A page that is not a number, an unknown order, and a text where ids belong are refused with 400."""
    ask.assert_refused(kibana_client, 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-013",
    source=TERRAFORM,
    operations=[MAKE, "GET /api/fleet/agent_policies/{agentPolicyId}", READ],
    safety="disruptive",
)
def test_an_agent_policy_holds_its_packages(
    kibana_resources: Resources, here: KibanaClient, body: dict[str, Any]
) -> None:
    """An agent policy shows the package policies in it, goes to its next revision with them, and takes them along."""
    [policy] = body["policy_ids"]
    path = f"/api/fleet/agent_policies/{policy}"
    before = ok(here.get(path))["item"]["revision"]
    one = kibana_resources.fleet_package_policy(policy_ids=[policy])
    after = ok(here.get(path))["item"]
    assert listed_ids(after["package_policies"]) == [one.id]
    assert after["revision"] > before
    ok(here.post("/api/fleet/agent_policies/delete", json={"agentPolicyId": policy, "force": True}))
    assert_refused(here.get(ONE.format(one.id)), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-014",
    source="Kibana source, fleet/server/services: integrations are of one space where Fleet knows spaces",
    operations=[READ, REMOVE, LIST],
    safety="disruptive",
    since="9.1.0",
)
def test_a_package_policy_is_of_one_space(
    kibana_resources: Resources, other_space: KibanaClient, body: dict[str, Any]
) -> None:
    """A package policy is neither read, listed nor deleted from another space than its own."""
    need_space_awareness(other_space)
    one: Handle = kibana_resources.fleet_package_policy(policy_ids=body["policy_ids"])
    assert_refused(other_space.get(ONE.format(one.id)), 404)
    assert_refused(other_space.delete(ONE.format(one.id), query={"force": True}), 404)
    assert one.id not in listed_ids(ok(other_space.get(ALL, query={"perPage": 1000}))["items"])
    assert one.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPKG-015", source=TERRAFORM, operations=[MAKE, READ], safety="disruptive", tier="thorough"
)
@FEW
@given(name=texts, description=texts)
def test_a_package_policy_says_what_it_was_told(
    kibana_resources: Resources, unique: Any, body: dict[str, Any], name: str, description: str
) -> None:
    """Whatever a package policy is called and however it is described, it reads back the same."""
    called = f"{unique()} {name}"
    one = kibana_resources.fleet_package_policy(
        name=called, description=description, policy_ids=body["policy_ids"]
    )
    assert part(one.read(), "name", "description") == {"name": called, "description": description}
