"""Roles: what they may hold, how they are looked for, and how many are changed at once."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, Stranger, assert_refused, ok, shows, texts
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(flavor="traditional")
SOURCE = "Kibana source, security/server/routes/authorization/roles"
ONE = "/api/security/role/{}"
READ, WRITE, DELETE = (f"{method} /api/security/role/{{name}}" for method in ("GET", "PUT", "DELETE"))


def grants(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a role gives in Kibana, without members that are empty."""
    return [{k: v for k, v in grant.items() if v} for grant in role.get("kibana", ())]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-001", source=SOURCE, operations=["GET /api/security/role"], safety="read", tier="smoke"
)
def test_reserved_roles_are_listed(kibana_client: KibanaClient) -> None:
    """The list has the reserved roles too, and no name twice."""
    roles = ok(kibana_client.get("/api/security/role"))
    names = [role["name"] for role in roles]
    assert len(set(names)) == len(names)
    assert any((role.get("metadata") or {}).get("_reserved") for role in roles)


@pytest.mark.kibana_requirement("KBN-REQ-ROLES-002", source=SOURCE, operations=[READ], safety="read")
def test_an_unknown_role_is_not_found(kibana_client: KibanaClient, unique: Callable[[], str]) -> None:
    """A role that does not exist is answered 404."""
    assert_refused(kibana_client.get(ONE.format(unique())), 404)


@pytest.mark.kibana_requirement("KBN-REQ-ROLES-003", source=SOURCE, operations=[DELETE], safety="global")
def test_an_unknown_role_is_not_deleted(kibana_client: KibanaClient, unique: Callable[[], str]) -> None:
    """Deleting a role that does not exist is answered 404."""
    assert_refused(kibana_client.delete(ONE.format(unique())), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-004", source=SOURCE, operations=[READ, WRITE], safety="global", tier="smoke"
)
def test_a_role_is_replaced_without_a_word(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """Writing a role is answered 204 with no body, and replaces all of it."""
    space = kibana_resources.factory.space
    role = kibana_resources.role(kibana=[{"base": ["read"], "spaces": [space]}])
    assert shows(grants(role.read()), [{"base": ["read"], "spaces": [space]}])
    body = {"elasticsearch": {"cluster": ["monitor"]}, "kibana": [{"base": ["all"], "spaces": [space]}]}
    ok(kibana_client.put(ONE.format(role.id), json=body), 204)
    assert shows(grants(role.read()), [{"base": ["all"], "spaces": [space]}])
    assert role.body["elasticsearch"]["cluster"] == ["monitor"]
    ok(kibana_client.put(ONE.format(role.id), json={"elasticsearch": {}}), 204)
    assert not grants(role.read())
    assert not role.body["elasticsearch"]["cluster"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-005", source=SOURCE, operations=[WRITE], safety="global", since="8.10"
)
def test_create_only_overwrites_nothing(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A role that is only to be created, and exists, is refused with 409 and stays as it is."""
    role = kibana_resources.role()
    before = role.read()
    answer = kibana_client.put(
        ONE.format(role.id), query={"createOnly": True}, json={"elasticsearch": {"cluster": ["monitor"]}}
    )
    assert_refused(answer, 409, "already exists", role.id)
    assert role.read() == before


@pytest.mark.kibana_requirement("KBN-REQ-ROLES-006", source=SOURCE, operations=[WRITE], safety="global")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            {"kibana": [{"base": [], "feature": {"no_such_feature": ["all"]}, "spaces": ["*"]}]},
            id="unknown feature",
        ),
        pytest.param({"kibana": [{"base": ["no such base"], "spaces": ["*"]}]}, id="unknown base"),
        pytest.param(
            {"kibana": [{"base": ["all"], "feature": {"discover": ["all"]}, "spaces": ["*"]}]},
            id="base and feature",
        ),
        pytest.param({"noSuchMember": True}, id="unknown member"),
    ],
)
def test_an_impossible_role_is_refused(kibana_resources: Resources, broken: dict[str, Any]) -> None:
    """A role with an unknown privilege, or with both kinds at once, is refused with 400."""
    with pytest.raises(ResourceTrouble) as trouble:
        kibana_resources.role(**broken)
    assert trouble.value.status == 400, trouble.value.message


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-007", source=LIVE, operations=["POST /api/security/role/_query"], safety="read"
)
def test_roles_are_looked_for_page_by_page(kibana_client: KibanaClient) -> None:
    """A search tells the roles of its page, how many they are, and how many there are in all."""
    asked = {"from": 0, "size": 1, "filters": {"showReservedRoles": True}}
    page = ok(kibana_client.post("/api/security/role/_query", json=asked))
    assert page["count"] == len(page["roles"]) == 1
    assert page["total"] >= page["count"]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-008",
    source=LIVE,
    operations=[WRITE, "POST /api/security/role/_query"],
    safety="global",
)
def test_reserved_roles_can_be_left_out(kibana_resources: Resources, kibana_client: KibanaClient) -> None:
    """A search without reserved roles finds one's own, and no reserved one."""
    role = kibana_resources.role()
    asked = {"query": role.id, "size": 50, "filters": {"showReservedRoles": False}}
    found = ok(kibana_client.post("/api/security/role/_query", json=asked))["roles"]
    assert role.id in [one["name"] for one in found]
    assert not [one["name"] for one in found if (one.get("metadata") or {}).get("_reserved")]


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-009",
    level="SHOULD",  # one published contract (9.3) describes the body as a single role
    source=LIVE,
    operations=["POST /api/security/roles"],
    safety="global",
)
def test_many_roles_at_once_answer_each_for_itself(
    kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """Of many roles the changed, the unchanged and the refused are told apart, and the answer is 200."""
    changed, refused = kibana_resources.role(), kibana_resources.role()
    before = refused.read()
    bodies = {
        changed.id: {"elasticsearch": {"cluster": ["monitor"]}},
        refused.id: {
            "elasticsearch": {},
            "kibana": [{"base": [], "feature": {"no_such_feature": ["all"]}, "spaces": ["*"]}],
        },
    }
    answer = ok(kibana_client.post("/api/security/roles", json={"roles": bodies}))
    assert answer.get("updated") == [changed.id]
    assert list(answer.get("errors") or ()) == [refused.id]
    assert changed.read()["elasticsearch"]["cluster"] == ["monitor"]
    assert refused.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-010", source="Kibana docs, roles", operations=[READ], safety="global"
)
def test_roles_are_the_same_from_everywhere(
    kibana_resources: Resources, kibana_client: KibanaClient, other_space: KibanaClient
) -> None:
    """A role is the same through every space."""
    role = kibana_resources.role()
    assert ok(other_space.get(ONE.format(role.id))) == ok(kibana_client.get(ONE.format(role.id)))


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-011",
    source="Kibana source: authorization is Elasticsearch's",
    operations=[READ, WRITE, DELETE],
    safety="global",
    tier="smoke",
)
def test_strangers_see_and_change_no_role(stranger: Stranger, kibana_resources: Resources) -> None:
    """Neither somebody without credentials nor a viewer reads, writes or deletes a role."""
    role: Handle = kibana_resources.role()
    before = role.read()
    one = ONE.format(role.id)
    stranger.assert_refused(
        None, ("GET", one), ("PUT", one, {"elasticsearch": {"cluster": ["all"]}}), ("DELETE", one)
    )
    assert role.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-ROLES-012",
    source=SOURCE,
    operations=[READ, WRITE],
    safety="global",
    since="8.15",
    tier="thorough",
)
@FEW
@given(
    description=texts,
    base=st.sampled_from(["all", "read"]),
    cluster=st.lists(st.sampled_from(["monitor", "manage_ilm", "manage_pipeline"]), unique=True),
)
def test_a_role_reads_as_it_was_written(
    kibana_resources: Resources, description: str, base: str, cluster: list[str]
) -> None:
    """Whatever description and privileges a role is given, it reads back the same."""
    space = kibana_resources.factory.space
    role = kibana_resources.role(
        description=description,
        elasticsearch={"cluster": cluster},
        kibana=[{"base": [base], "spaces": [space]}],
    )
    now = role.read()
    assert now["description"] == description
    assert sorted(now["elasticsearch"]["cluster"]) == sorted(cluster)
    assert shows(grants(now), [{"base": [base], "spaces": [space]}])
