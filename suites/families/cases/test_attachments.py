"""What hangs on a case: comments and files; and how cases are set up in a space."""

from typing import Any

import pytest

from pytest_kibana.resources import File, Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.sources import LIVE
from pytest_kibana.wire import KibanaClient

COMMENTS = "/api/cases/{}/comments"
ADD, EDIT = "POST /api/cases/{caseId}/comments", "PATCH /api/cases/{caseId}/comments"
READ, REMOVE = (f"{m} /api/cases/{{caseId}}/comments/{{commentId}}" for m in ("GET", "DELETE"))
CONFIGURE = "/api/cases/configure"


@pytest.fixture
def case(kibana_resources: Resources) -> Handle:
    """A case without comments."""
    return kibana_resources.case()


def said(text: str, **more: Any) -> dict[str, Any]:
    """Return the body of a comment."""
    return {"type": "user", "comment": text, "owner": "cases", **more}


@pytest.mark.kibana_requirement("KBN-REQ-CASES-020", source=LIVE, operations=[ADD], tier="smoke")
def test_a_comment_is_answered_with_the_case(case: Handle, here: KibanaClient) -> None:
    """Adding a comment is answered with the case, which counts it and is at a new version."""
    before = case.read()
    for number, text in enumerate(("first", "second"), start=1):
        now = ok(here.post(COMMENTS.format(case.id), json=said(text)))
        assert (now["id"], now["totalComment"]) == (case.id, number)
        assert now["comments"][-1]["comment"] == text
    assert now["version"] != before["version"]


@pytest.mark.kibana_requirement("KBN-REQ-CASES-021", source=LIVE, operations=[EDIT, READ], tier="smoke")
def test_an_old_version_changes_no_comment(
    case: Handle, kibana_resources: Resources, here: KibanaClient
) -> None:
    """A comment is changed at its version; at an old one the change is refused with 409 and changes nothing."""
    comment = kibana_resources.case_comment(case=case)
    path, old = COMMENTS.format(case.id), comment.read()["version"]
    ok(here.patch(path, json=said("newer", id=comment.id, version=old)))
    assert comment.read()["comment"] == "newer"
    assert_refused(here.patch(path, json=said("too late", id=comment.id, version=old)), 409)
    assert comment.read()["comment"] == "newer"


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-022",
    source=LIVE,
    operations=[REMOVE, "DELETE /api/cases/{caseId}/comments", "GET /api/cases/{caseId}"],
)
def test_comments_go_one_by_one_or_all(case: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """Deleting one comment leaves the others, deleting all leaves none; both are answered 204 with no body."""
    gone, *kept = (kibana_resources.case_comment(case=case) for _ in range(3))
    path = COMMENTS.format(case.id)
    ok(here.delete(f"{path}/{gone.id}"), 204)
    assert_refused(here.get(f"{path}/{gone.id}"), 404)
    assert [comment.exists() for comment in kept] == [True, True]
    assert case.read()["totalComment"] == 2
    ok(here.delete(path), 204)
    assert [comment.exists() for comment in kept] == [False, False]
    assert case.read()["totalComment"] == 0


@pytest.mark.kibana_requirement("KBN-REQ-CASES-023", source=LIVE, operations=[ADD, READ, REMOVE])
def test_a_comment_is_of_its_case(case: Handle, kibana_resources: Resources, here: KibanaClient) -> None:
    """A comment is not deleted through another case, and an unknown one is answered 404."""
    comment = kibana_resources.case_comment(case=kibana_resources.case())
    assert_refused(here.delete(f"{COMMENTS.format(case.id)}/{comment.id}"), 404)
    assert comment.exists()
    assert_refused(here.get(f"{COMMENTS.format(case.id)}/{NO_SUCH_ID}"), 404)


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-024",
    source="Kibana source, cases: excess keys are refused",
    operations=[ADD],
)
@pytest.mark.parametrize(
    "broken",
    [said("x", noSuchField=1), {"type": "user", "owner": "cases"}, said("x", type="no such type")],
    ids=["unknown field", "no text", "unknown type"],
)
def test_an_impossible_comment_is_refused(case: Handle, here: KibanaClient, broken: dict[str, Any]) -> None:
    """A comment without text, of an unknown type or with an unknown field is refused with 400, and is not there."""
    assert_refused(here.post(COMMENTS.format(case.id), json=broken), 400)
    assert case.read()["totalComment"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-025", source=LIVE, operations=["POST /api/cases/{caseId}/files"]
)
def test_a_file_is_taken(case: Handle, here: KibanaClient) -> None:
    """A file that is attached is answered with the case, at a new version; it is no comment of a person."""
    before = case.read()
    files = {"file": File("notes.txt", b"made by a test\n", "text/plain"), "filename": "notes"}
    now = ok(here.post(f"/api/cases/{case.id}/files", files=files))
    assert now["id"] == case.id
    assert now["version"] != before["version"]
    assert case.read()["totalComment"] == 0


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-026",
    level="SHOULD",  # published contracts describe no comment that is a file
    source=LIVE,
    operations=["POST /api/cases/{caseId}/files"],
)
def test_a_file_hangs_on_the_case(case: Handle, here: KibanaClient) -> None:
    """A file that is attached hangs on the case under its name."""
    files = {"file": File("notes.txt", b"made by a test\n", "text/plain"), "filename": "notes"}
    now = ok(here.post(f"/api/cases/{case.id}/files", files=files))
    attached = [one for one in now["comments"] if one["type"] == "externalReference"]
    assert len(attached) == 1
    described = attached[0]["externalReferenceMetadata"]["files"][0]
    assert part(described, "name", "extension", "mimeType") == {
        "name": "notes",
        "extension": "txt",
        "mimeType": "text/plain",
    }


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-030",
    source=LIVE,
    operations=[f"GET {CONFIGURE}", f"POST {CONFIGURE}", "PATCH /api/cases/configure/{configurationId}"],
)
def test_cases_are_set_up_per_space(
    kibana_resources: Resources, here: KibanaClient, other_space: KibanaClient
) -> None:
    """A space has no setup until it is given one; it is changed at its version, and no other space has it."""
    assert ok(here.get(CONFIGURE)) == []
    setup = kibana_resources.case_configuration()
    listed = ok(here.get(CONFIGURE))
    assert [(one["id"], one["owner"], one["closure_type"]) for one in listed] == [
        (setup.id, "cases", "close-by-user")
    ]
    old = listed[0]["version"]
    body = {"version": old, "closure_type": "close-by-pushing"}
    ok(here.patch(f"{CONFIGURE}/{setup.id}", json=body))
    assert_refused(here.patch(f"{CONFIGURE}/{setup.id}", json={**body, "closure_type": "close-by-user"}), 409)
    assert [one["closure_type"] for one in ok(here.get(CONFIGURE))] == ["close-by-pushing"]
    assert ok(other_space.get(CONFIGURE)) == []


@pytest.mark.kibana_requirement(
    "KBN-REQ-CASES-031", source=LIVE, operations=[f"GET {CONFIGURE}", f"POST {CONFIGURE}"]
)
def test_an_owner_has_one_setup(kibana_resources: Resources, here: KibanaClient) -> None:
    """An owner has one setup in a space: a second one takes the place of the first."""
    first, second = kibana_resources.case_configuration(), kibana_resources.case_configuration()
    assert first.id != second.id
    assert [one["id"] for one in ok(here.get(CONFIGURE, query={"owner": "cases"}))] == [second.id]
