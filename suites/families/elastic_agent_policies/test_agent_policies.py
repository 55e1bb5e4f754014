"""Agent policies: their life, their names, their revisions, and what of them agents are given."""

from typing import Any

import pytest
from hypothesis import given

from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import Ask, intended, listed_ids, need_space_awareness
from pytest_kibana.suites.families.sources import CONTRACT, LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/fleet/agent_policies", "/api/fleet/agent_policies/{}"
LIST, MAKE, MANY = f"GET {ALL}", f"POST {ALL}", f"POST {ALL}/_bulk_get"
READ, CHANGE = f"GET {ALL}/{{agentPolicyId}}", f"PUT {ALL}/{{agentPolicyId}}"
COPY, REMOVE = f"POST {ALL}/{{agentPolicyId}}/copy", f"POST {ALL}/delete"
FULL, DOWNLOAD, OUTPUTS = (f"{READ}/{tail}" for tail in ("full", "download", "outputs"))
OUTPUTS_OF, UPGRADES = f"POST {ALL}/outputs", f"{READ}/auto_upgrade_agents_status"
KUBERNETES, KUBERNETES_FILE = "GET /api/fleet/kubernetes", "GET /api/fleet/kubernetes/download"
PLAIN = {"namespace": "default", "description": "made by a test", "monitoring_enabled": []}
# Else the system package would be installed for the whole deployment.
QUIET = {"sys_monitoring": False}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-005",
    source=TERRAFORM,
    operations=[LIST, MAKE, READ, CHANGE, REMOVE],
    safety="global",
    tier="smoke",
)
def test_a_policy_lives(kibana_resources: Resources, here: KibanaClient) -> None:
    """A policy is made at revision 1, read, listed, changed to the next revision, and gone when it is deleted."""
    name = intended(kibana_resources, "fleet_agent_policy")
    made = ok(name.became(here.post(ALL, query=QUIET, json={**PLAIN, "name": name})))["item"]
    assert part(made, "name", "revision", *PLAIN) == {**PLAIN, "name": name, "revision": 1}
    one = ONE.format(made["id"])
    same = ("id", "name", "revision", *PLAIN)
    assert part(ok(here.get(one))["item"], *same) == part(made, *same)
    assert made["id"] in listed_ids(ok(here.get(ALL, query={"perPage": 1000}))["items"])
    new = {"name": f"{name} again", "namespace": "elsewhere", "description": "changed by a test"}
    assert part(ok(here.put(one, json=new))["item"], *new) == new
    after = ok(here.get(one))["item"]
    assert part(after, "id", *new) == {**new, "id": made["id"]}
    assert after["revision"] == 2
    gone = ok(here.post(f"{ALL}/delete", json={"agentPolicyId": made["id"]}))
    assert part(gone, "id", "name") == {"id": made["id"], "name": new["name"]}
    assert_refused(here.get(one), 404)
    assert_refused(here.post(f"{ALL}/delete", json={"agentPolicyId": made["id"]}), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-006", source=TERRAFORM, operations=[MAKE, CHANGE, COPY], safety="global"
)
@pytest.mark.parametrize("how", ["make", "change", "copy"])
def test_names_are_unique(kibana_resources: Resources, here: KibanaClient, how: str) -> None:
    """A name that another policy has is refused with 409, whether one is made, changed or copied."""
    taken, other = kibana_resources.fleet_agent_policy(), kibana_resources.fleet_agent_policy()
    name, one = taken.read()["name"], ONE.format(other.id)
    before = other.read()
    body = {"name": name, "namespace": "default"}
    answer = {
        "make": lambda: here.post(ALL, query=QUIET, json=body),
        "change": lambda: here.put(one, json=body),
        "copy": lambda: here.post(f"{one}/copy", json={"name": name}),
    }[how]()
    assert_refused(answer, 409)
    assert part(other.read(), "name", "revision") == part(before, "name", "revision")


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-007", source=TERRAFORM, operations=[COPY, READ], safety="global"
)
def test_a_copy_is_alike_and_on_its_own(kibana_resources: Resources, here: KibanaClient) -> None:
    """A copy has an id and a name of its own, all else of its source, and outlives it."""
    source = kibana_resources.fleet_agent_policy(description="the first", inactivity_timeout=600)
    source.update(description="the first, changed")
    name = intended(kibana_resources, "fleet_agent_policy")
    copy = ok(name.became(here.post(f"{ONE.format(source.id)}/copy", json={"name": name})))["item"]
    alike = ("namespace", "description", "monitoring_enabled", "inactivity_timeout")
    assert copy["id"] != source.id
    assert copy["name"] == name
    assert part(copy, *alike) == part(source.read(), *alike)
    source.delete()
    assert part(ok(here.get(ONE.format(copy["id"])))["item"], "name", *alike) == part(copy, "name", *alike)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-008", source=TERRAFORM, operations=[CHANGE, READ], safety="global"
)
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"name": "without a namespace"}, id="no namespace"),
        pytest.param({"namespace": "default"}, id="no name"),
        pytest.param({"name": "", "namespace": "default"}, id="empty name"),
        pytest.param({"name": "x", "namespace": "default", "monitoring_enabled": ["poems"]}, id="poems"),
        pytest.param({"name": "x", "namespace": "default", "inactivity_timeout": -1}, id="negative"),
        pytest.param({"name": "x", "namespace": "default", "no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_change_is_refused(
    kibana_resources: Resources, here: KibanaClient, broken: dict[str, Any]
) -> None:
    """A change without name or namespace, or with unknown members, is refused, and changes nothing."""
    policy = kibana_resources.fleet_agent_policy()
    before = policy.read()
    assert_refused(here.put(ONE.format(policy.id), json=broken), 400)
    assert part(policy.read(), "name", "revision") == part(before, "name", "revision")


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-009", source=TERRAFORM, operations=[MAKE, LIST], safety="global"
)
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"namespace": ""}, id="empty namespace"),
        pytest.param({"namespace": "With Capitals"}, id="a namespace that no index can have"),
        pytest.param({"monitoring_enabled": "logs"}, id="no list"),
        pytest.param({"no_such_field": 1}, id="unknown field"),
    ],
)
def test_an_impossible_policy_is_refused(
    kibana_resources: Resources, here: KibanaClient, broken: dict[str, Any]
) -> None:
    """A policy with an invalid namespace, or with unknown members, is refused with 400."""
    name = intended(kibana_resources, "fleet_agent_policy")
    assert_refused(name.became(here.post(ALL, query=QUIET, json={**PLAIN, "name": name, **broken})), 400)
    found = ok(here.get(ALL, query={"kuery": f'ingest-agent-policies.name:"{name}"'}))
    assert found["items"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-010", source=TERRAFORM, operations=[MAKE, READ], safety="global"
)
def test_an_id_may_be_chosen(kibana_resources: Resources, here: KibanaClient, unique: Any) -> None:
    """A policy may be given an id, by which it is read; the id is no one else's: 409."""
    policy = kibana_resources.fleet_agent_policy(id=unique())
    assert ok(here.get(ONE.format(policy.id)))["item"]["id"] == policy.id
    again = {**PLAIN, "id": policy.id, "name": f"{policy.read()['name']} again"}
    assert_refused(here.post(ALL, query=QUIET, json=again), 409)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-011", source=TERRAFORM, operations=[MAKE], safety="global", since="9.3.6"
)
@pytest.mark.parametrize(
    "key", ["", "a/b", "a..b", "__proto__", "x" * 256], ids=lambda key: key[:9] or "empty"
)
def test_an_id_is_no_path(here: KibanaClient, unique: Any, key: str) -> None:
    """An id that is empty, too long, or could lead elsewhere is refused with 400."""
    body = {**PLAIN, "id": key, "name": unique()}
    assert_refused(here.post(ALL, query=QUIET, json=body), 400)


@pytest.mark.kibana_requirement("KBN-REQ-FLPOL-012", source=LIVE, operations=[LIST], safety="global")
def test_lists_are_filtered_sorted_and_paged(kibana_resources: Resources, here: KibanaClient) -> None:
    """Lists hold what the filter says, in the order that is asked for, in pages that follow one another."""
    stem = kibana_resources.factory.mark.unique()
    wanted = {
        letter: kibana_resources.fleet_agent_policy(name=f"{stem}-{letter}", namespace="sorted").id
        for letter in "bca"
    }
    kibana_resources.fleet_agent_policy()
    asked = {"kuery": 'ingest-agent-policies.namespace:"sorted"', "sortField": "name", "perPage": 2}
    for order, letters in (("asc", "abc"), ("desc", "cba")):
        pages = [ok(here.get(ALL, query={**asked, "sortOrder": order, "page": page})) for page in (1, 2, 3)]
        assert [[one["id"] for one in page["items"]] for page in pages] == [
            [wanted[letters[0]], wanted[letters[1]]],
            [wanted[letters[2]]],
            [],
        ]
        assert {part(page, "total", "perPage")["total"] for page in pages} == {3}
        assert [page["page"] for page in pages] == [1, 2, 3]


@pytest.mark.kibana_requirement("KBN-REQ-FLPOL-013", source=CONTRACT, operations=[LIST], safety="read")
@pytest.mark.parametrize(
    "query", [{"page": "one"}, {"sortOrder": "sideways"}, {"full": "perhaps"}], ids=["page", "order", "full"]
)
def test_a_question_without_sense_is_refused(kibana_client: KibanaClient, query: dict[str, str]) -> None:
    """A page that is not a number and an unknown order are refused with 400."""
    assert_refused(kibana_client.get(ALL, query=query), 400)


@pytest.mark.kibana_requirement("KBN-REQ-FLPOL-014", source=LIVE, operations=[MANY], safety="global")
def test_several_are_read_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Several policies are read with one call; one that is missing spoils it, unless it may be passed over."""
    wanted = [kibana_resources.fleet_agent_policy().id for _ in range(2)]
    assert sorted(listed_ids(ok(here.post(f"{ALL}/_bulk_get", json={"ids": wanted}))["items"])) == sorted(
        wanted
    )
    some = [*wanted, NO_SUCH_ID]
    assert_refused(here.post(f"{ALL}/_bulk_get", json={"ids": some}), 404)
    found = ok(here.post(f"{ALL}/_bulk_get", json={"ids": some, "ignoreMissing": True}))["items"]
    assert sorted(listed_ids(found)) == sorted(wanted)


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-015", source=LIVE, operations=[FULL, DOWNLOAD], safety="global"
)
def test_what_agents_are_given(kibana_resources: Resources, here: KibanaClient) -> None:
    """What agents of a policy are given is its id and revision and where to send; as a file it says the same."""
    policy = kibana_resources.fleet_agent_policy()
    full = ok(here.get(f"{ONE.format(policy.id)}/full"))["item"]
    assert part(full, "id", "revision") == part(policy.read(), "id", "revision")
    assert full["outputs"]
    file = here.get(f"{ONE.format(policy.id)}/download")
    assert file.status_code == 200
    assert policy.id in file.text


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-016", source=LIVE, operations=[OUTPUTS, OUTPUTS_OF], safety="global"
)
def test_where_agents_send(kibana_resources: Resources, here: KibanaClient) -> None:
    """A policy that names no output sends its data to the default one; asked for several, the answer is the same."""
    policies = [kibana_resources.fleet_agent_policy().id for _ in range(2)]
    default = [one["id"] for one in ok(here.get("/api/fleet/outputs"))["items"] if one["is_default"]]
    each = [ok(here.get(f"{ONE.format(policy)}/outputs"))["item"] for policy in policies]
    assert [[one["data"]["output"]["id"]] for one in each] == [default, default]
    together = ok(here.post(f"{ALL}/outputs", json={"ids": policies}))["items"]
    assert {one["agentPolicyId"]: one["data"]["output"]["id"] for one in together} == dict.fromkeys(
        policies, default[0]
    )


@pytest.mark.kibana_requirement("KBN-REQ-FLPOL-017", source=LIVE, operations=[UPGRADES], safety="global")
@pytest.mark.kibana_requires(license="enterprise")
def test_a_policy_without_agents_upgrades_none(kibana_resources: Resources, here: KibanaClient) -> None:
    """A policy that no agent has counts no agents and no versions."""
    policy = kibana_resources.fleet_agent_policy()
    told = ok(here.get(f"{ONE.format(policy.id)}/auto_upgrade_agents_status"))
    assert part(told, "currentVersions", "totalAgents") == {"currentVersions": [], "totalAgents": 0}


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-018", source=LIVE, operations=[KUBERNETES, KUBERNETES_FILE], safety="read"
)
def test_a_manifest_for_kubernetes(kibana_client: KibanaClient) -> None:
    """There is a manifest with which Kubernetes runs an agent, to be shown and to be fetched as a file."""
    query = {"fleetServer": "https://fleet.example.com:8220", "enrolToken": "nobody's"}
    assert ok(kibana_client.get("/api/fleet/kubernetes", query=query))["item"]
    file = kibana_client.get("/api/fleet/kubernetes/download", query=query)
    assert file.status_code == 200
    assert file.content


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-019",
    source="Kibana source, fleet/server/services: policies are of one space where Fleet knows spaces",
    operations=[READ, CHANGE, REMOVE, LIST],
    safety="global",
    since="9.1.0",
)
def test_a_policy_is_of_one_space(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A policy is neither read, listed, changed, copied nor deleted from another space than its own."""
    need_space_awareness(here)
    policy = kibana_resources.fleet_agent_policy()
    before = policy.read()
    for ask in (
        *(Ask(label) for label in (READ, FULL, DOWNLOAD, OUTPUTS)),
        Ask(CHANGE, {"name": "taken over", "namespace": "default"}),
        Ask(COPY, {"name": "a copy of nothing"}),
        Ask(REMOVE, {"agentPolicyId": policy.id}),
        Ask(MANY, {"ids": [policy.id]}),
    ):
        ask.of(agentPolicyId=policy.id).assert_refused(other_space, 404)
    assert policy.id not in listed_ids(ok(other_space.get(ALL, query={"perPage": 1000}))["items"])
    assert part(ok(here.get(ONE.format(policy.id)))["item"], "name", "revision") == part(
        before, "name", "revision"
    )


@pytest.mark.kibana_requirement(
    "KBN-REQ-FLPOL-020", source=TERRAFORM, operations=[MAKE, READ, CHANGE], safety="global", tier="thorough"
)
@FEW
@given(name=texts, description=texts)
def test_a_policy_says_what_it_was_told(
    kibana_resources: Resources, unique: Any, name: str, description: str
) -> None:
    """Whatever a policy is called and however it is described, it reads back the same."""
    called = f"{unique()} {name}"
    policy = kibana_resources.fleet_agent_policy(name=called, description=description)
    assert part(policy.read(), "name", "description") == {"name": called, "description": description}
    policy.update(name=f"{called}!", description=description[::-1].strip() or "x")
    assert policy.read()["name"] == f"{called}!"
