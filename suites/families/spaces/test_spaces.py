"""Spaces: identity, what a change keeps, and what a deletion takes along."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.fixtures import SpaceFactory
from pytest_kibana.resources import Handle, Resources
from pytest_kibana.session import Deployment
from pytest_kibana.suites.families.asking import FEW, Stranger, assert_refused, ok, texts
from pytest_kibana.suites.families.conftest import Eventually
from pytest_kibana.wire import KibanaClient

SUITE = "Elastic's spaces_api_integration suite"
SCHEMA = "Kibana source, space_schema.ts"
ONE = "/api/spaces/space/{}"
ALL = {
    "include_authorized_purposes": False
}  # what leaving it out means; published contracts call it required


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-001", source=SUITE, operations=["POST /api/spaces/space"], tier="smoke"
)
@pytest.mark.parametrize("whose", ["own", "default"])
def test_a_taken_id_is_a_conflict(kibana_client: KibanaClient, kibana_space: Handle, whose: str) -> None:
    """A second space of one id is refused with 409, and with nothing but statusCode, error and message."""
    taken = kibana_space.id if whose == "own" else "default"
    answer = kibana_client.post("/api/spaces/space", json={"id": taken, "name": "a namesake"})
    assert_refused(answer, 409)
    assert answer.json() == {
        "statusCode": 409,
        "error": "Conflict",
        "message": f"A space with the identifier {taken} already exists.",
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-002",
    source=SUITE,
    operations=[f"{method} /api/spaces/space/{{id}}" for method in ("GET", "PUT", "DELETE")],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_space_is_not_found(
    kibana_client: KibanaClient, unique: Callable[[], str], method: str
) -> None:
    """Reading, changing or deleting a space that does not exist is answered 404, without a word more."""
    name = unique()
    body: dict[str, Any] = {"json": {"id": name, "name": name}} if method == "PUT" else {}
    answer = kibana_client.request(method, ONE.format(name), **body)
    assert_refused(answer, 404)
    assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-003", source=SUITE, operations=["DELETE /api/spaces/space/{id}"], safety="disruptive"
)
def test_the_default_space_stays(kibana_client: KibanaClient) -> None:
    """The default space cannot be deleted."""
    assert_refused(kibana_client.delete(ONE.format("default")), 400, "reserved")
    assert ok(kibana_client.get(ONE.format("default")))["id"] == "default"


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-004", source=SCHEMA, operations=["POST /api/spaces/space"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Upper-{}"),
        ("id", "with blank {}"),
        ("id", "with.dot-{}"),
        ("name", ""),
        ("initials", "abc"),
        ("color", "green"),
        ("color", "#12345"),
        ("imageUrl", "https://example.com/a.png"),
        ("solution", "no such solution"),
        ("disabledFeatures", "not a list"),
        ("noSuchField", "x"),
    ],
)
def test_what_the_schema_forbids_is_refused(
    kibana_space_factory: SpaceFactory, unique: Callable[[], str], field: str, value: str
) -> None:
    """A space whose id, name, initials, colour, image or solution break their rule is refused with 400."""
    with pytest.raises(ResourceTrouble) as trouble:
        kibana_space_factory(**{field: value.format(unique())})
    assert trouble.value.status == 400, trouble.value.message


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-005",
    source=f"{SCHEMA}; observed live",
    operations=["PUT /api/spaces/space/{id}", "GET /api/spaces/space/{id}"],
)
def test_a_change_keeps_texts_and_resets_features(
    kibana: Deployment, kibana_client: KibanaClient, kibana_space_factory: SpaceFactory
) -> None:
    """A change keeps the texts that it leaves out; disabled features that it leaves out are enabled again."""
    feature = next((one["id"] for one in kibana.features), None)
    if feature is None:
        pytest.skip("needs a feature that a space may disable, found none")
    told = {"description": "kept", "initials": "kt", "color": "#aabbcc"}
    try:
        space = kibana_space_factory(**told, disabledFeatures=[feature])
    except ResourceTrouble as trouble:
        pytest.skip(f"needs features that a space may disable, found: {trouble.message}")
    assert space.read()["disabledFeatures"], f"{feature} was disabled and is not"
    ok(kibana_client.put(ONE.format(space.id), json={"id": space.id, "name": "renamed"}))
    now = space.read()
    assert {k: now.get(k) for k in told} == told
    assert now["name"] == "renamed"
    assert now["disabledFeatures"] == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-006",
    level="SHOULD",
    source="Kibana source, spaces_client.ts",
    operations=["GET /api/spaces/space"],
)
def test_the_list_is_in_the_order_of_names(
    kibana_client: KibanaClient, kibana_space_factory: SpaceFactory
) -> None:
    """The list of spaces is sorted by name, whatever their ids."""
    late, early = kibana_space_factory(name="kbn-test b"), kibana_space_factory(name="kbn-test a")
    listed = [one["id"] for one in ok(kibana_client.get("/api/spaces/space", query=ALL))]
    assert listed.index(early.id) < listed.index(late.id)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-007",
    source="Kibana source; observed live",
    operations=["GET /api/spaces/space"],
    safety="read",
)
def test_purpose_and_all_purposes_exclude_each_other(kibana_client: KibanaClient) -> None:
    """One purpose and all purposes cannot be asked for together."""
    query = {"purpose": "any", "include_authorized_purposes": True}
    assert_refused(kibana_client.get("/api/spaces/space", query=query), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-008", source="Kibana docs, spaces", operations=["GET /api/spaces/space/{id}"]
)
def test_spaces_are_the_same_from_everywhere(
    kibana_client: KibanaClient, kibana_space: Handle, elsewhere: Resources
) -> None:
    """A space is read the same through any space, the default one by its name included."""
    plain = ok(kibana_client.get(ONE.format(kibana_space.id)))
    for space in ("default", kibana_space.id, elsewhere.factory.space):
        assert ok(kibana_client.get(f"/s/{space}{ONE.format(kibana_space.id)}")) == plain


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-009",
    source="Kibana source, spaces_client.ts; Elastic's spaces_api_integration suite polls up to 5 s",
    operations=["DELETE /api/spaces/space/{id}", "GET /api/data_views"],
)
def test_what_is_in_a_space_goes_with_it(
    kibana_session: Any, kibana_space_factory: SpaceFactory, elsewhere: Resources, eventually: Eventually
) -> None:
    """Deleting a space deletes what is in it, so that a new space of its id is empty, and nothing of another space."""
    doomed = kibana_space_factory()
    kept = elsewhere.data_view()
    with kibana_session.made_here(space=doomed) as factory:
        lost = factory.make("data_view")
        doomed.delete()
    again = kibana_space_factory(id=doomed.id).client

    def gone() -> bool:
        views = ok(again.get("/api/data_views"))["data_view"]
        return not any(view["id"] == lost.id for view in views)

    eventually("a deleted space's objects are gone", gone)
    assert again.get(f"/api/data_views/data_view/{lost.id}").status_code == 404
    assert kept.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-010",
    source=SUITE,
    operations=[
        "POST /api/spaces/space",
        "PUT /api/spaces/space/{id}",
        "DELETE /api/spaces/space/{id}",
    ],
    tier="smoke",
)
def test_strangers_change_no_space(stranger: Stranger, kibana_space: Handle) -> None:
    """Neither somebody without credentials nor a viewer makes, changes or deletes a space."""
    before = kibana_space.read()
    one, body = ONE.format(kibana_space.id), {"id": kibana_space.id, "name": "taken over"}
    # The id is taken, so that not even a Kibana that lets a stranger in makes anything.
    stranger.assert_refused(None, ("POST", "/api/spaces/space", body), ("PUT", one, body), ("DELETE", one))
    assert kibana_space.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-011",
    source=SCHEMA,
    operations=["POST /api/spaces/space", "GET /api/spaces/space/{id}"],
    tier="thorough",
)
@FEW
@given(
    name=texts,
    description=texts,
    initials=st.text(alphabet="aZ9", min_size=1, max_size=2),
    color=st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
)
def test_a_space_reads_as_it_was_made(
    kibana_session: Any, name: str, description: str, initials: str, color: str
) -> None:
    """Whatever name, description, initials and colour a space is given, it reads back the same."""
    told = {"name": name, "description": description, "initials": initials, "color": color}
    with kibana_session.made_here() as factory:
        now = factory.make("space", **told).read()
    assert {k: now.get(k) for k in told} == told


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-012",
    source="observed live; the contract documents no answer",
    operations=["POST /api/spaces/_disable_legacy_url_aliases"],
    safety="global",
)
def test_unknown_aliases_are_disabled_in_silence(
    kibana_client: KibanaClient, kibana_space: Handle, unique: Callable[[], str]
) -> None:
    """Disabling a legacy alias that does not exist is answered 204."""
    alias = {"targetSpace": kibana_space.id, "targetType": "tag", "sourceId": unique()}
    answer: httpx.Response = kibana_client.post(
        "/api/spaces/_disable_legacy_url_aliases", json={"aliases": [alias]}
    )
    ok(answer, 204)
