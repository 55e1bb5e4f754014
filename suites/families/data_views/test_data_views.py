"""Data views: what a change keeps, labels of fields, runtime fields, the default, and swapping."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import (
    FEW,
    NO_SUCH_ID,
    Stranger,
    assert_refused,
    ok,
    part,
    shows,
    texts,
)
from pytest_kibana.suites.families.sources import API_TESTS, LIVE
from pytest_kibana.wire import KibanaClient

VIEWS = "/api/data_views/data_view"
ONE = VIEWS + "/{}"
FIELD = ONE + "/runtime_field"
DEFAULT = "/api/data_views/default"
SWAP = "/api/data_views/swap_references"
READ, CHANGE = f"GET {VIEWS}/{{viewId}}", f"POST {VIEWS}/{{viewId}}"
FIELDS = f"{VIEWS}/{{viewId}}/runtime_field"
NOTHING = {"source": "return;"}
LONG = {"type": "long", "script": {"source": "emit(1)"}}


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-001", source=LIVE, operations=[f"POST {VIEWS}", CHANGE, READ], tier="smoke"
)
def test_a_change_keeps_what_it_leaves_out(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change keeps title, time field and runtime fields that it leaves out."""
    view = kibana_resources.data_view(timeFieldName="@timestamp", runtimeFieldMap={"one": LONG})
    before = view.read()
    ok(here.post(ONE.format(view.id), json={"data_view": {"name": "renamed"}}))
    after = view.read()
    kept = ("id", "title", "timeFieldName", "runtimeFieldMap", "namespaces")
    assert part(after, *kept) == part(before, *kept)
    assert after["name"] == "renamed"


@pytest.mark.kibana_requirement("KBN-REQ-DV-002", source=LIVE, operations=[READ, CHANGE])
@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("POST", "", {"data_view": {"name": "x"}}),
        ("DELETE", "", None),
        ("POST", "/fields", {"fields": {"a": {"customLabel": "x"}}}),
        ("POST", "/runtime_field", {"name": "x", "runtimeField": LONG}),
        ("PUT", "/runtime_field", {"name": "x", "runtimeField": LONG}),
        ("GET", "/runtime_field/x", None),
        ("DELETE", "/runtime_field/x", None),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_an_unknown_view_is_not_found(here: KibanaClient, method: str, tail: str, body: Any) -> None:
    """Whatever is asked of a data view that does not exist, the answer is 404."""
    more = {"json": body} if body else {}
    assert_refused(here.request(method, ONE.format(NO_SUCH_ID) + tail, **more), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-003", source=LIVE, operations=[f"POST {VIEWS}/{{viewId}}/fields", READ]
)
def test_fields_get_labels_and_lose_them(kibana_resources: Resources, here: KibanaClient) -> None:
    """A field's label shows once it is given, stays when another field gets one, and goes when it is set to null."""
    view = kibana_resources.data_view(runtimeFieldMap={"one": LONG, "two": LONG})

    def label(**labels: str | None) -> dict[str, Any]:
        fields = {name: {"customLabel": text} for name, text in labels.items()}
        ok(here.post(f"{ONE.format(view.id)}/fields", json={"fields": fields}))
        attributes = view.read()["fieldAttrs"]
        return {k: v["customLabel"] for k, v in attributes.items() if v.get("customLabel")}

    assert label(one="first") == {"one": "first"}
    assert label(two="second") == {"one": "first", "two": "second"}
    assert label(one=None) == {"two": "second"}


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-010",
    source=LIVE,
    operations=[
        f"POST {FIELDS}",
        f"PUT {FIELDS}",
        f"GET {FIELDS}/{{fieldName}}",
        f"DELETE {FIELDS}/{{fieldName}}",
    ],
    tier="smoke",
)
def test_a_runtime_field_lives_in_its_view(kibana_resources: Resources, here: KibanaClient) -> None:
    """A runtime field is made once, replaced or made by PUT, shown in its view, and gone when it is deleted."""
    view = kibana_resources.data_view()
    fields, body = FIELD.format(view.id), {"name": "one", "runtimeField": LONG}
    ok(here.post(fields, json=body))
    assert_refused(here.post(fields, json=body), 400)
    keyword = {"type": "keyword", "script": {"source": "emit('x')"}}
    ok(here.put(fields, json={"name": "one", "runtimeField": keyword}))
    ok(here.put(fields, json={"name": "two", "runtimeField": LONG}))
    shown = view.read()["runtimeFieldMap"]
    assert {name: field["type"] for name, field in shown.items()} == {"one": "keyword", "two": "long"}
    answer = here.delete(f"{fields}/one")
    assert answer.status_code in (200, 204), answer.text
    assert list(view.read()["runtimeFieldMap"]) == ["two"]
    assert_refused(here.get(f"{fields}/one"), 404)
    assert here.get(f"{fields}/two").status_code == 200


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-011", source=LIVE, operations=[f"POST {FIELDS}/{{fieldName}}", f"GET {FIELDS}/{{fieldName}}"]
)
def test_a_runtime_field_is_changed_by_name(kibana_resources: Resources, here: KibanaClient) -> None:
    """A change of a runtime field's script keeps its type."""
    view = kibana_resources.data_view(runtimeFieldMap={"one": LONG})
    one = f"{FIELD.format(view.id)}/one"
    ok(here.post(one, json={"runtimeField": {"script": {"source": "emit(2)"}}}))
    assert shows(view.read()["runtimeFieldMap"]["one"], {"type": "long", "script": {"source": "emit(2)"}})


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-020", source=LIVE, operations=[f"GET {DEFAULT}", f"POST {DEFAULT}"], tier="smoke"
)
def test_the_default_changes_by_force(kibana_resources: Resources, here: KibanaClient) -> None:
    """A space without data views has no default; one that is set is changed by force only."""
    assert shows(ok(here.get(DEFAULT)), {"data_view_id": ""})
    first, second = kibana_resources.data_view(), kibana_resources.data_view()

    def choose(view: Handle, **more: Any) -> str:
        answer = here.post(DEFAULT, json={"data_view_id": view.id, **more})
        assert answer.status_code in (200, 400), answer.text
        return str(ok(here.get(DEFAULT))["data_view_id"])

    assert choose(first, force=True) == first.id
    assert choose(second) == first.id
    assert choose(second, force=True) == second.id


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-022",
    source="elastic/terraform-provider-elasticstack, kibanaoapi/data_views.go: released versions answer an empty text",
    operations=[f"GET {DEFAULT}"],
    level="SHOULD",
)
def test_what_is_nowhere_has_no_default(kibana_resources: Resources, here: KibanaClient) -> None:
    """In a space that does not exist there is no default: it is said so, or the answer has the documented form."""
    answer = here.derive(space=kibana_resources.factory.mark.unique()).get(DEFAULT)
    if answer.status_code != 404:
        assert isinstance(ok(answer), dict), f"{answer.status_code}: {answer.text!r}"


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-021", source=LIVE, operations=[f"GET {DEFAULT}", f"POST {DEFAULT}"]
)
def test_every_space_has_its_own_default(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A default that is set in one space is none of another's."""
    view = kibana_resources.data_view()
    ok(here.post(DEFAULT, json={"data_view_id": view.id, "force": True}))
    assert shows(ok(other_space.get(DEFAULT)), {"data_view_id": ""})


@pytest.fixture
def board(kibana_resources: Resources, here: KibanaClient, unique: Callable[[], str]) -> tuple[str, Handle]:
    """A dashboard's path, and the data view that it refers to. Serverless keeps saved objects to itself."""
    view, key = kibana_resources.data_view(), unique()
    one = f"/api/saved_objects/dashboard/{key}"
    reference = {"type": "index-pattern", "id": view.id, "name": "view"}
    ok(here.post(one, json={"attributes": {"title": key}, "references": [reference]}))
    return one, view


def refers_to(here: KibanaClient, one: str) -> list[str]:
    """Return the ids that an object refers to."""
    return [reference["id"] for reference in ok(here.get(one))["references"]]


@pytest.mark.kibana_requires(flavor="traditional")
@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-030",
    source="Kibana docs, data views",
    operations=[f"POST {SWAP}", f"POST {SWAP}/_preview"],
    tier="smoke",
)
def test_references_are_swapped_and_only_then(
    board: tuple[str, Handle], kibana_resources: Resources, here: KibanaClient
) -> None:
    """A preview tells which objects a swap would change, and changes none; the swap changes just those."""
    one, view = board
    other = kibana_resources.data_view()
    asked = {"fromId": view.id, "toId": other.id}
    told = ok(here.post(f"{SWAP}/_preview", json=asked))["result"]
    assert [row["type"] for row in told] == ["dashboard"]
    assert refers_to(here, one) == [view.id]
    assert ok(here.post(SWAP, json=asked))["result"] == told
    assert refers_to(here, one) == [other.id]
    assert ok(here.post(f"{SWAP}/_preview", json=asked))["result"] == []


@pytest.mark.kibana_requires(flavor="traditional")
@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-031", source="Kibana docs, data views", operations=[f"POST {SWAP}"]
)
def test_a_swap_takes_the_old_view_away_when_asked(
    board: tuple[str, Handle], kibana_resources: Resources, here: KibanaClient
) -> None:
    """A swap that is to delete does so once nothing refers to the old view any more, and says so."""
    one, view = board
    other = kibana_resources.data_view()
    answer = ok(here.post(SWAP, json={"fromId": view.id, "toId": other.id, "delete": True}))
    assert shows(answer["deleteStatus"], {"remainingRefs": 0, "deletePerformed": True})
    assert refers_to(here, one) == [other.id]
    assert not view.exists()


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-040",
    source=API_TESTS,
    operations=[f"POST {VIEWS}", CHANGE, f"POST {DEFAULT}"],
    tier="smoke",
)
def test_strangers_change_no_view(
    stranger: Stranger, kibana_resources: Resources, kibana_space: Handle
) -> None:
    """Neither somebody without credentials nor a viewer makes, changes or deletes a data view."""
    view = kibana_resources.data_view()
    before, one = view.read(), ONE.format(view.id)
    stranger.assert_refused(
        kibana_space,
        ("POST", VIEWS, {"data_view": {"title": "taken-over-*"}}),
        ("POST", one, {"data_view": {"name": "taken over"}}),
        ("POST", f"{one}/runtime_field", {"name": "x", "runtimeField": LONG}),
        ("DELETE", one),
    )
    assert view.read() == before


@pytest.mark.kibana_requirement(
    "KBN-REQ-DV-041",
    source=API_TESTS,
    operations=[f"POST {VIEWS}", READ],
    tier="thorough",
)
@FEW
@given(
    name=texts,
    time=st.sampled_from([None, "@timestamp", "event.created"]),
    runtime=st.dictionaries(
        st.from_regex(r"[a-z]{1,6}(\.[a-z]{1,6})?", fullmatch=True),
        st.sampled_from(["long", "double", "keyword", "date", "boolean", "ip"]),
        max_size=3,
    ),
)
def test_a_view_reads_as_it_was_made(
    kibana_resources: Resources, name: str, time: str | None, runtime: dict[str, str]
) -> None:
    """Whatever name, time field and runtime fields a data view is given, it reads back the same."""
    told: dict[str, Any] = {
        "runtimeFieldMap": {k: {"type": kind, "script": NOTHING} for k, kind in runtime.items()}
    }
    if time:
        told["timeFieldName"] = time
    # Names are unique in a space; examples of one test share theirs.
    view = kibana_resources.data_view(**told, name=f"{name} {len(kibana_resources.factory.handles)}")
    now = view.read()
    assert part(now, *told) == told
    assert now["name"] == view.sent["data_view"]["name"]
