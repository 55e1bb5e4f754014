"""Synthetics parameters: written with a value that is never shown, one or many at once, in one space."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import FEW, NO_SUCH_ID, assert_refused, ok, part, texts
from pytest_kibana.suites.families.sources import API_TESTS, AUTHENTICATION, LIVE
from pytest_kibana.suites.families.tables import Ask, guarded, once, rows
from pytest_kibana.wire import KibanaClient

ALL, ONE = "/api/synthetics/params", "/api/synthetics/params/{}"
MAKE, LIST = f"POST {ALL}", f"GET {ALL}"
READ, CHANGE, REMOVE = (f"{m} {ALL}/{{id}}" for m in ("GET", "PUT", "DELETE"))
# Contracts up to 9.3 document DELETE, servers take POST (kibana-py; Terraform provider), and later contracts say so.
BULKS = (f"DELETE {ALL}/_bulk_delete", f"POST {ALL}/_bulk_delete")

REFUSED = (
    *(
        Ask(label, (NO_SUCH_ID,), json=body)
        for label, body in ((READ, None), (CHANGE, {"value": "x"}), (REMOVE, None))
    ),
    Ask(MAKE, json={"key": "kbn-test"}, status=400, name="without a value"),
    Ask(MAKE, json={"value": "kbn-test"}, status=400, name="without a key"),
    Ask(MAKE, json=[{"key": "kbn-test"}], status=400, name="one of many without a value"),
    Ask(CHANGE, (NO_SUCH_ID,), json={"tags": "none"}, status=(400, 404), name="to tags that are no list"),
    *(Ask(label, json={"ids": 1}, status=(400, 404), name="of no list") for label in BULKS),
)

WRITING = (Ask(MAKE, json={"key": "a", "value": "b"}), *REFUSED)


@pytest.fixture
def param(kibana_resources: Resources) -> Handle:
    """A parameter of this space alone."""
    return kibana_resources.synthetics_param(description="made by a test", tags=["one"])


def delete_many(client: KibanaClient, *keys: str) -> dict[str, bool]:
    """Delete parameters by the address that is served, and return of each whether it was there."""
    answer = client.request("POST", f"{ALL}/_bulk_delete", json={"ids": list(keys)})
    if answer.status_code in (404, 405):
        answer = client.request("DELETE", f"{ALL}/_bulk_delete", json={"ids": list(keys)})
    return {one["id"]: one["deleted"] for one in ok(answer)}


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNPARAM-001", source=LIVE, operations=[MAKE, READ, LIST], tier="smoke"
)
def test_a_value_is_never_shown(param: Handle, here: KibanaClient) -> None:
    """A parameter shows its key, its description and its tags, and never its value, neither alone nor in the list."""
    alone = ok(here.get(ONE.format(param.id)))
    (listed,) = [one for one in ok(here.get(ALL)) if one["id"] == param.id]
    for shown in (alone, listed):
        assert part(shown, "key", "description", "tags") == part(param.sent, "key", "description", "tags")
        assert "value" not in shown


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-002", source=LIVE, operations=[MAKE, LIST])
def test_many_are_made_at_once(here: KibanaClient, unique: Callable[[], str]) -> None:
    """A list of parameters is answered by a list, and each is there."""
    keys = [unique() for _ in range(3)]
    made = ok(here.post(ALL, json=[{"key": key, "value": "made by a test"} for key in keys]))
    assert sorted(one["key"] for one in made) == sorted(keys)
    assert {one["id"] for one in made} <= {one["id"] for one in ok(here.get(ALL))}


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-003", source=LIVE, operations=[CHANGE, READ])
def test_a_change_keeps_what_it_leaves_out(param: Handle, here: KibanaClient) -> None:
    """A change of the tags keeps key and description; what the answer shows is not looked at (it was seen stale)."""
    ok(here.put(ONE.format(param.id), json={"tags": ["two"]}))
    wanted = {"key": param.sent["key"], "description": "made by a test", "tags": ["two"]}
    assert part(param.read(), *wanted) == wanted


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-004", source="observed on 9.4.3", operations=[MAKE, READ])
@pytest.mark.kibana_operation(*BULKS)
def test_many_are_deleted_at_once(kibana_resources: Resources, here: KibanaClient) -> None:
    """Each id of a list answers for itself whether it was deleted, and what is not on the list stays."""
    first, second, spared = (kibana_resources.synthetics_param() for _ in range(3))
    assert delete_many(here, first.id, NO_SUCH_ID, second.id) == {
        first.id: True,
        NO_SUCH_ID: False,
        second.id: True,
    }
    assert_refused(here.get(ONE.format(first.id)), 404)
    assert spared.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-SYNPARAM-005",
    level="SHOULD",
    source="published contracts up to 9.3",
    operations=[BULKS[0], MAKE],
)
def test_many_are_deleted_as_documented(kibana_resources: Resources, here: KibanaClient) -> None:
    """Parameters are deleted by the method that contracts up to 9.3 document."""
    gone = kibana_resources.synthetics_param()
    answer = ok(here.request("DELETE", f"{ALL}/_bulk_delete", json={"ids": [gone.id]}))
    assert [part(one, "id", "deleted") for one in answer] == [{"id": gone.id, "deleted": True}]


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-006", source=LIVE, operations=[REMOVE, READ])
def test_one_is_deleted(param: Handle, here: KibanaClient) -> None:
    """Deleting one says so under its id."""
    assert [part(one, "id", "deleted") for one in ok(here.delete(ONE.format(param.id)))] == [
        {"id": param.id, "deleted": True}
    ]
    assert_refused(here.get(ONE.format(param.id)), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-007", source=LIVE, operations=[MAKE, READ, LIST, REMOVE])
def test_parameters_are_of_one_space(param: Handle, other_space: KibanaClient) -> None:
    """A parameter that is not shared cannot be read, changed, deleted or seen from another space."""
    one = ONE.format(param.id)
    assert_refused(other_space.get(one), 404)
    assert_refused(other_space.put(one, json={"description": "taken over"}), 404)
    assert other_space.delete(one).status_code == 404
    assert [p["id"] for p in ok(other_space.get(ALL)) if p["id"] == param.id] == []
    assert param.read()["description"] == "made by a test"


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-008", source=LIVE)
@pytest.mark.parametrize("ask", rows(*REFUSED))
def test_what_makes_no_sense_is_refused(ask: Ask, here: KibanaClient) -> None:
    """A parameter that does not exist is answered 404; one without key or value is refused with 400."""
    ask.assert_answered(here)


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-009", source=AUTHENTICATION, tier="smoke")
@pytest.mark.parametrize("ask", rows(Ask(LIST), *once(REFUSED)))
def test_nobody_asks(ask: Ask, nobody: KibanaClient, kibana_space: Handle) -> None:
    """Without credentials nobody reads or changes parameters."""
    ask.assert_kept_from(nobody.in_space(kibana_space), 401)


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-010", source=API_TESTS)
@pytest.mark.parametrize("ask", rows(*guarded(ask for ask in WRITING if ask.label != BULKS[0])))
def test_a_viewer_changes_nothing(ask: Ask, viewer: KibanaClient, kibana_space: Handle) -> None:
    """A viewer makes, changes and deletes no parameter."""
    ask.assert_kept_from(viewer.in_space(kibana_space), 403)


@pytest.mark.kibana_requirement("KBN-REQ-SYNPARAM-011", source=LIVE, operations=[MAKE, READ], tier="thorough")
@FEW
@given(description=texts, tags=st.lists(texts, max_size=3, unique=True))
def test_a_parameter_reads_as_it_was_made(
    kibana_resources: Resources, description: str, tags: list[str]
) -> None:
    """Whatever description and tags a parameter is given, it reads back the same."""
    told: dict[str, Any] = {"description": description, "tags": tags}
    assert part(kibana_resources.synthetics_param(**told).read(), *told) == told
