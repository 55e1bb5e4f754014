"""Saved objects that leave as a file and come back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import (
    FEW,
    NO_SUCH_ID,
    assert_refused,
    lines,
    ndjson,
    ok,
    part,
    texts,
)
from pytest_kibana.suites.families.saved_objects.conftest import EXPORT, IMPORT, Box
from pytest_kibana.suites.families.sources import API_TESTS
from pytest_kibana.wire import KibanaClient

pytestmark = pytest.mark.kibana_requires(flavor="traditional")
LIVE = "observed live; Elastic's saved_object_api_integration suite"
BOTH = [f"POST {EXPORT}", f"POST {IMPORT}"]
RETRY = "/api/saved_objects/_resolve_import_errors"
KEPT = ("type", "id", "attributes", "references")


def dashboard_on(view: Handle, resources: Resources) -> Handle:
    """Make a dashboard that refers to a data view."""
    reference = {"type": "index-pattern", "id": view.id, "name": "view"}
    return resources.saved_object(
        type="dashboard", body={"attributes": {"title": view.unique}, "references": [reference]}
    )


@pytest.mark.kibana_requirement("KBN-REQ-SO-040", source=LIVE, operations=[f"POST {EXPORT}"], tier="smoke")
def test_an_export_is_a_file_of_lines(box: Box, kibana_resources: Resources) -> None:
    """An export is NDJSON to be kept as a file; its last line says how many there are and what is missing."""
    tags = [kibana_resources.saved_object(), kibana_resources.saved_object()]
    objects, answer = box.out(tags)
    assert answer.headers["content-type"].startswith("application/ndjson")
    assert "attachment" in answer.headers.get("content-disposition", "")
    assert sorted(one["id"] for one in objects) == sorted(tag.id for tag in tags)
    details = lines(answer)[-1]
    assert part(details, "exportedCount", "missingRefCount", "missingReferences") == {
        "exportedCount": 2,
        "missingRefCount": 0,
        "missingReferences": [],
    }


@pytest.mark.kibana_requirement("KBN-REQ-SO-041", source=LIVE, operations=[f"POST {EXPORT}"])
def test_details_can_be_left_out(box: Box, kibana_resources: Resources) -> None:
    """An export without details has a line for each object and no other."""
    tag = kibana_resources.saved_object()
    _, answer = box.out([tag], excludeExportDetails=True)
    assert [one["id"] for one in lines(answer)] == [tag.id]


@pytest.mark.kibana_requirement("KBN-REQ-SO-042", source=LIVE, operations=[f"POST {EXPORT}"])
@pytest.mark.parametrize("deep", [True, False])
def test_references_come_along_when_asked(
    box: Box, kibana_resources: Resources, here: KibanaClient, deep: bool
) -> None:
    """With its references, an export has what an object refers to; without, the object alone."""
    view = kibana_resources.data_view()
    board = dashboard_on(view, kibana_resources)
    objects, _ = box.out([board], includeReferencesDeep=deep)
    assert {one["id"] for one in objects} == ({board.id, view.id} if deep else {board.id})


@pytest.mark.kibana_requirement("KBN-REQ-SO-043", source=LIVE, operations=[f"POST {EXPORT}"])
def test_an_export_by_type_is_of_this_space(
    box: Box, kibana_resources: Resources, elsewhere: Resources
) -> None:
    """An export of a type has all objects of that type in the space, and none of another space."""
    mine, _other = kibana_resources.saved_object(), elsewhere.saved_object()
    answer = box.client.post(EXPORT, json={"type": ["tag"], "excludeExportDetails": True})
    assert [one["id"] for one in lines(answer)] == [mine.id]


@pytest.mark.kibana_requirement("KBN-REQ-SO-044", source=LIVE, operations=BOTH, tier="smoke")
def test_what_was_exported_and_deleted_comes_back(box: Box, kibana_resources: Resources) -> None:
    """Exported, deleted and imported, objects are what they were, with what they refer to."""
    view = kibana_resources.data_view()
    board = dashboard_on(view, kibana_resources)
    before = board.read()
    objects, _ = box.out([board], includeReferencesDeep=True)
    board.delete()
    view.delete()
    answer = box.back(objects)
    assert part(answer, "success", "successCount") == {"success": True, "successCount": 2}, answer
    assert part(board.read(), *KEPT) == part(before, *KEPT)
    assert view.read()["title"] == view.sent["data_view"]["title"]


@pytest.mark.kibana_requirement("KBN-REQ-SO-045", source=LIVE, operations=BOTH, tier="smoke")
def test_an_import_overwrites_when_asked(box: Box, kibana_resources: Resources) -> None:
    """Importing what is there is a conflict that changes nothing, unless overwriting is asked for."""
    tag = kibana_resources.saved_object()
    objects, _ = box.out([tag])
    tag.update(attributes={"description": "newer"})
    refused = box.back(objects)
    assert part(refused, "success", "successCount") == {"success": False, "successCount": 0}, refused
    conflict = refused["errors"][0]
    assert (conflict["type"], conflict["id"], conflict["error"]["type"]) == ("tag", tag.id, "conflict")
    assert tag.read()["attributes"]["description"] == "newer"
    assert box.back(objects, overwrite=True)["success"]
    assert tag.read()["attributes"] == objects[0]["attributes"]


@pytest.mark.kibana_requirement("KBN-REQ-SO-046", source=LIVE, operations=BOTH)
def test_one_conflict_does_not_keep_the_others(box: Box, kibana_resources: Resources) -> None:
    """Of a file of which one object is there already, the others are imported."""
    there, gone = kibana_resources.saved_object(), kibana_resources.saved_object()
    objects, _ = box.out([there, gone])
    gone.delete()
    answer = box.back(objects)
    assert part(answer, "success", "successCount") == {"success": False, "successCount": 1}, answer
    assert [one["id"] for one in answer["errors"]] == [there.id]
    assert [one["id"] for one in answer["successResults"]] == [gone.id]


@pytest.mark.kibana_requirement("KBN-REQ-SO-047", source=LIVE, operations=BOTH)
def test_new_copies_point_at_new_copies(box: Box, kibana_resources: Resources, here: KibanaClient) -> None:
    """New copies have new ids, which the answer tells, and refer to one another and no longer to the originals."""
    view = kibana_resources.data_view()
    board = dashboard_on(view, kibana_resources)
    objects, _ = box.out([board], includeReferencesDeep=True)
    answer = box.back(objects, createNewCopies=True)
    assert part(answer, "success", "successCount") == {"success": True, "successCount": 2}, answer
    moved = {one["id"]: one["destinationId"] for one in answer["successResults"]}
    assert set(moved) == {board.id, view.id}
    assert not set(moved.values()) & set(moved)
    copy = ok(here.get(f"/api/saved_objects/dashboard/{moved[board.id]}"))
    assert [one["id"] for one in copy["references"]] == [moved[view.id]]


@pytest.mark.kibana_requirement("KBN-REQ-SO-048", source="Kibana docs, import", operations=[f"POST {IMPORT}"])
def test_new_copies_overwrite_nothing(here: KibanaClient, unique: Callable[[], str]) -> None:
    """New copies and overwriting exclude each other."""
    rows = [{"type": "tag", "id": unique(), "attributes": {"name": "x"}, "references": []}]
    query = {"createNewCopies": True, "overwrite": True}
    assert_refused(here.post(IMPORT, files=ndjson(rows), query=query), 400)


@pytest.mark.kibana_requirement("KBN-REQ-SO-049", source="Kibana docs, import", operations=[f"POST {IMPORT}"])
def test_missing_references_are_told(box: Box, kibana_resources: Resources, here: KibanaClient) -> None:
    """An object that refers to a data view which is nowhere is not imported, and the answer names the data view."""
    view = kibana_resources.data_view()
    board = dashboard_on(view, kibana_resources)
    objects, _ = box.out([board])
    lost = [
        {**one, "references": [{**ref, "id": NO_SUCH_ID} for ref in one["references"]]} for one in objects
    ]
    board.delete()
    answer = box.back(lost)
    assert not answer["success"]
    error = answer["errors"][0]["error"]
    assert error["type"] == "missing_references"
    assert [(ref["type"], ref["id"]) for ref in error["references"]] == [("index-pattern", NO_SUCH_ID)]
    assert_refused(here.get(f"/api/saved_objects/dashboard/{board.id}"), 404)


@pytest.mark.kibana_requirement("KBN-REQ-SO-050", source=LIVE, operations=[*BOTH, f"POST {RETRY}"])
def test_import_errors_are_resolved_one_by_one(box: Box, kibana_resources: Resources) -> None:
    """Of conflicts, those that are decided to be overwritten are, and the others stay as they are."""
    decided, left = kibana_resources.saved_object(), kibana_resources.saved_object()
    objects, _ = box.out([decided, left])
    for tag in (decided, left):
        tag.update(attributes={"description": "newer"})
    retries = json.dumps([{"type": "tag", "id": decided.id, "overwrite": True}])
    answer = ok(box.client.post(RETRY, files={**ndjson(objects), "retries": retries}))
    assert part(answer, "success", "successCount") == {"success": True, "successCount": 1}, answer
    assert decided.read()["attributes"]["description"] == ""
    assert left.read()["attributes"]["description"] == "newer"


@pytest.mark.kibana_requirement("KBN-REQ-SO-051", source="Kibana docs, import", operations=[f"POST {IMPORT}"])
@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"file": File("import.txt", b'{"type":"tag","id":"x"}\n', "text/plain")}, id="no ndjson"
        ),
        pytest.param({"other": "x"}, id="no file"),
    ],
)
def test_only_files_of_lines_are_imported(here: KibanaClient, files: dict[str, Any]) -> None:
    """What is not a file, or not one whose name ends in .ndjson, is refused with 400."""
    assert_refused(here.post(IMPORT, files=files), 400)


@pytest.mark.kibana_requirement(
    "KBN-REQ-SO-052",
    source="Kibana contract; observed live",
    operations=["POST /api/encrypted_saved_objects/_rotate_key"],
    safety="disruptive",
)
def test_rotating_keys_answers_or_says_why_not(kibana_client: KibanaClient) -> None:
    """Rotating the encryption key counts what it did, or says that there is no old key, or that it runs already."""
    answer = kibana_client.post("/api/encrypted_saved_objects/_rotate_key", timeout=300)
    assert answer.status_code in (200, 400, 429), answer.text[:300]
    if answer.status_code == 200:
        assert {"total", "successful", "failed"} <= set(answer.json())


@pytest.mark.kibana_requirement("KBN-REQ-SO-053", source=API_TESTS, operations=BOTH, tier="thorough")
@FEW
@given(name=texts, description=st.one_of(st.just(""), texts))
def test_a_file_keeps_every_text(
    box: Box, kibana_resources: Resources, unique: Callable[[], str], name: str, description: str
) -> None:
    """Whatever texts an object has, they come back from a file as they were."""
    told = {"name": name, "description": description, "color": "#00bfb3"}
    tag = kibana_resources.saved_object(attributes=told)
    objects, _ = box.out([tag])
    tag.delete()
    assert box.back(objects)["success"]
    assert tag.read()["attributes"] == told
