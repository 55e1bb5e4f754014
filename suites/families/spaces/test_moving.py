"""Objects between spaces: copied, copied again, shared and taken back."""

from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, Stranger, assert_refused, ok
from pytest_kibana.suites.families.sources import LIVE, TERRAFORM
from pytest_kibana.wire import KibanaClient

SUITE = "Elastic's spaces_api_integration suite; observed live"
COPY = "/api/spaces/_copy_saved_objects"
RESOLVE = "/api/spaces/_resolve_copy_saved_objects_errors"
SHARE = "/api/spaces/_update_objects_spaces"


@pytest.fixture
def view(kibana_resources: Resources) -> Handle:
    """A data view of this space: a type of object that can be copied and shared."""
    return kibana_resources.data_view()


@pytest.fixture
def target(elsewhere: Resources) -> str:
    """The space that objects are moved to."""
    assert elsewhere.factory.space
    return elsewhere.factory.space


def one(view: Handle) -> dict[str, str]:
    """Return how a data view is named among objects."""
    return {"type": "index-pattern", "id": view.id}


def title_of(client: KibanaClient, key: str) -> str:
    """Return the title of a data view."""
    return str(ok(client.get(f"/api/data_views/data_view/{key}"))["data_view"]["title"])


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-020", source=SUITE, operations=[f"POST {COPY}", f"POST {RESOLVE}"], tier="smoke"
)
def test_copy_then_conflict_then_overwrite(
    here: KibanaClient, other_space: KibanaClient, view: Handle, target: str
) -> None:
    """A first copy succeeds, a second is a conflict that changes nothing, and resolving it by overwriting succeeds."""
    asked = {"objects": [one(view)], "spaces": [target], "createNewCopies": False, "includeReferences": False}
    first = ok(here.post(COPY, json=asked))[target]
    assert (first["success"], first["successCount"]) == (True, 1), first
    made = first["successResults"][0]
    key = made.get("destinationId") or made["id"]
    assert title_of(other_space, key) == view.body["title"]

    view.update(title=f"{view.unique}-changed-*")
    second = ok(here.post(COPY, json=asked))[target]
    assert (second["success"], second["successCount"]) == (False, 0), second
    conflict = second["errors"][0]
    assert (conflict["type"], conflict["id"], conflict["error"]["type"]) == (
        "index-pattern",
        view.id,
        "conflict",
    )
    assert title_of(other_space, key) != f"{view.unique}-changed-*"

    retry: dict[str, Any] = {**one(view), "overwrite": True}
    if conflict["error"].get("destinationId"):
        retry["destinationId"] = conflict["error"]["destinationId"]
    resolved = ok(
        here.post(
            RESOLVE,
            json={"objects": [one(view)], "retries": {target: [retry]}, "createNewCopies": False},
        )
    )[target]
    assert (resolved["success"], resolved["successCount"]) == (True, 1), resolved
    assert title_of(other_space, key) == f"{view.unique}-changed-*"


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-021", source=SUITE, operations=[f"POST {COPY}"])
def test_new_copies_have_ids_of_their_own(
    here: KibanaClient, other_space: KibanaClient, view: Handle, target: str
) -> None:
    """A new copy has a new id, which the answer tells, and never conflicts."""
    asked = {"objects": [one(view)], "spaces": [target], "createNewCopies": True, "includeReferences": False}
    keys = []
    for _ in range(2):
        part = ok(here.post(COPY, json=asked))[target]
        assert part["success"], part
        keys.append(part["successResults"][0]["destinationId"])
    assert len({view.id, *keys}) == 3
    assert [title_of(other_space, key) for key in keys] == [view.body["title"]] * 2


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-022", source=SUITE, operations=[f"POST {COPY}"])
def test_new_copies_overwrite_nothing(here: KibanaClient, view: Handle, target: str) -> None:
    """New copies and overwriting exclude each other."""
    asked = {"objects": [one(view)], "spaces": [target], "createNewCopies": True, "overwrite": True}
    assert_refused(here.post(COPY, json=asked), 400)


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-023", source=SUITE, operations=[f"POST {SHARE}"])
def test_share_and_take_back(
    here: KibanaClient, other_space: KibanaClient, view: Handle, target: str
) -> None:
    """A shared object is one object in both spaces; taking it back restores where it was."""
    assert view.space
    shared = ok(
        here.post(SHARE, json={"objects": [one(view)], "spacesToAdd": [target], "spacesToRemove": []})
    )["objects"]
    assert [(o["type"], o["id"], sorted(o["spaces"])) for o in shared] == [
        ("index-pattern", view.id, sorted([view.space, target]))
    ]
    ok(
        other_space.post(
            f"/api/data_views/data_view/{view.id}", json={"data_view": {"title": f"{view.unique}-shared-*"}}
        )
    )
    assert view.read()["title"] == f"{view.unique}-shared-*"
    assert sorted(view.body["namespaces"]) == sorted([view.space, target])

    back = ok(here.post(SHARE, json={"objects": [one(view)], "spacesToAdd": [], "spacesToRemove": [target]}))
    assert back["objects"][0]["spaces"] == [view.space]
    assert other_space.get(f"/api/data_views/data_view/{view.id}").status_code == 404
    assert view.read()["namespaces"] == [view.space]


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-024", source=TERRAFORM, operations=[f"POST {SHARE}"])
def test_sharing_answers_for_each_object(
    here: KibanaClient, other_space: KibanaClient, view: Handle, target: str
) -> None:
    """Sharing answers 200 with a part for each object in their order; one that is not here is an error of its part."""
    unknown = {"type": "index-pattern", "id": NO_SUCH_ID}
    asked = {"objects": [unknown, one(view)], "spacesToAdd": [target], "spacesToRemove": []}
    first, second = ok(here.post(SHARE, json=asked))["objects"]
    assert (first["id"], first["error"]["statusCode"]) == (NO_SUCH_ID, 404)
    assert second["id"] == view.id
    assert "error" not in second


@pytest.mark.kibana_requirement("KBN-REQ-SPACES-025", source=TERRAFORM, operations=[f"POST {SHARE}"])
def test_sharing_is_done_from_where_the_object_is(
    other_space: KibanaClient, view: Handle, target: str
) -> None:
    """Through a space that an object is not in, it cannot be shared."""
    asked = {"objects": [one(view)], "spacesToAdd": [target], "spacesToRemove": []}
    found = ok(other_space.post(SHARE, json=asked))["objects"][0]
    assert found["error"]["statusCode"] == 404
    assert view.read()["namespaces"] == [view.space]


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-026", source=LIVE, operations=["POST /api/spaces/_get_shareable_references"]
)
def test_what_goes_along_is_told(here: KibanaClient, view: Handle) -> None:
    """What would be shared along with an object is told with the spaces that it is in, the object itself included."""
    found = ok(here.post("/api/spaces/_get_shareable_references", json={"objects": [one(view)]}))["objects"]
    mine = next(o for o in found if o["id"] == view.id)
    assert (mine["type"], mine["spaces"]) == ("index-pattern", [view.space])


@pytest.mark.kibana_requirement(
    "KBN-REQ-SPACES-027", source=SUITE, operations=[f"POST {COPY}", f"POST {SHARE}"]
)
def test_nobody_moves_anything(nobody: KibanaClient, view: Handle, target: str, kibana_space: Handle) -> None:
    """Without credentials nobody copies objects into another space, or shares them."""
    stranger = Stranger("nobody", nobody, 401)
    stranger.assert_refused(
        kibana_space,
        ("POST", COPY, {"objects": [one(view)], "spaces": [target]}),
        ("POST", SHARE, {"objects": [one(view)], "spacesToAdd": [target], "spacesToRemove": []}),
    )
    assert view.read()["namespaces"] == [view.space]
