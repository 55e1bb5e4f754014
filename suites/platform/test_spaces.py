"""How requests find their space, and what a space takes with it. An unknown space is no error of the platform's."""

import pytest

from pytest_kibana.suites.platform.conftest import DEFAULT_SPACE, SPACES, assert_envelope
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, on_request_interceptor.ts; Elastic's spaces_api_integration suite asserts it"


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPC-001", source=_SOURCE, operations="GET /api/spaces/space/{id}", tier="smoke", safety="read"
)
def test_default_space_is_no_prefix(kibana_client: KibanaClient) -> None:
    """``/s/default`` and no prefix are the same."""
    plain, prefixed = kibana_client.get(DEFAULT_SPACE), kibana_client.get(f"/s/default{DEFAULT_SPACE}")
    assert (prefixed.status_code, prefixed.json()) == (plain.status_code, plain.json())


@pytest.mark.kibana_requirement("KBN-REQ-SPC-002", source=_SOURCE, safety="read")
@pytest.mark.parametrize("segment", ["Upper", "with%20space", "dot.ted"])
def test_what_is_no_space_id_is_no_prefix(kibana_client: KibanaClient, segment: str) -> None:
    """A prefix that is not the id of a space is part of the path, and such a route is not there."""
    assert_envelope(kibana_client.get(f"/s/{segment}/api/spaces/space"), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPC-003", source=_SOURCE, operations="GET /api/spaces/space", safety="space"
)
def test_spaces_are_seen_from_everywhere(kibana_space) -> None:  # type: ignore[no-untyped-def]
    """The list of spaces is the same in every space."""
    listed = {space["id"] for space in kibana_space.client.get(SPACES).json()}
    assert {"default", kibana_space.id} <= listed


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPC-004", source=_SOURCE, operations="POST /api/spaces/space", tier="smoke", safety="space"
)
def test_a_taken_id_is_refused(kibana_space) -> None:  # type: ignore[no-untyped-def]
    """A space with an id that is taken is answered 409, with exactly error, message and statusCode."""
    answer = kibana_space.client.in_space(None).post(
        "/api/spaces/space", json={"id": kibana_space.id, "name": "another"}
    )
    assert_envelope(answer, 409)
    assert set(answer.json()) == {"error", "message", "statusCode"}
    assert kibana_space.read()["name"] != "another"


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPC-005", source=_SOURCE, operations="DELETE /api/spaces/space/{id}", safety="space"
)
def test_a_space_takes_its_objects_and_no_others(kibana_space_factory, kibana_session) -> None:  # type: ignore[no-untyped-def]
    """With a space goes what is in it, and nothing of another space."""
    kind = next((k for k in ("data_view", "connector") if _makeable(kibana_session, k)), None)
    if kind is None:
        pytest.skip("needs data views or connectors, and the contract has neither")
    doomed, other = kibana_space_factory(), kibana_space_factory()
    with kibana_session.made_here(space=doomed) as inside, kibana_session.made_here(space=other) as beside:
        lost, kept = inside.make(kind), beside.make(kind)
        doomed.delete()
        again = kibana_space_factory(
            id=doomed.id
        )  # what was left behind would show in a space of the same id
        assert inside.until(lambda: not lost.exists(), 10), f"{lost} is there after its space was removed"
        assert kept.exists(), f"{kept} went with another space"
        again.delete()


def _makeable(session, kind: str) -> bool:  # type: ignore[no-untyped-def]
    from pytest_kibana.resources import resource

    calls = (*resource(kind).create, *resource(kind).read)
    return all(session.contract.find(call.label) for call in calls)
