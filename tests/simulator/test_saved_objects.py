"""Saved objects. Sources: Kibana source (saved_object_test_utils.ts) and what was observed on 9.0.1 and 9.4.3."""

import json
from typing import Any

import httpx
import pytest

OBJECTS = "/api/saved_objects"


def make(kibana: httpx.Client, kind: str, key: str, **body: object) -> dict[str, object]:
    answer = kibana.post(
        f"{OBJECTS}/{kind}/{key}?overwrite=true", json={"attributes": {"title": key}, **body}
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, object] = answer.json()
    return made


class TestOne:
    def test_it_is_made_read_changed_and_removed(self, kibana: httpx.Client) -> None:
        made = make(kibana, "dashboard", "one")
        assert made["namespaces"] == ["default"]
        assert made["created_at"] == made["updated_at"]
        changed = kibana.put(f"{OBJECTS}/dashboard/one", json={"attributes": {"description": "d"}}).json()
        assert changed["attributes"] == {"title": "one", "description": "d"}
        assert changed["version"] != made["version"]
        gone = kibana.delete(f"{OBJECTS}/dashboard/one")
        assert (gone.status_code, gone.json()) == (200, {})
        missing = kibana.get(f"{OBJECTS}/dashboard/one")
        assert missing.json()["message"] == "Saved object [dashboard/one] not found"

    def test_an_id_is_made_up_where_none_is_given(self, kibana: httpx.Client) -> None:
        assert len(kibana.post(f"{OBJECTS}/tag", json={"attributes": {"name": "n"}}).json()["id"]) == 36

    def test_an_id_that_is_taken_is_a_conflict_unless_overwritten(self, kibana: httpx.Client) -> None:
        make(kibana, "tag", "taken", attributes={"name": "n"})
        answer = kibana.post(f"{OBJECTS}/tag/taken", json={"attributes": {"name": "n"}})
        assert answer.json() == {
            "statusCode": 409,
            "error": "Conflict",
            "message": "Saved object [tag/taken] conflict",
        }

    def test_an_unknown_type_is_refused(self, kibana: httpx.Client) -> None:
        answer = kibana.post(f"{OBJECTS}/no-such", json={"attributes": {}})
        assert answer.json()["message"] == "Unsupported saved object type: 'no-such'"

    def test_attributes_beyond_a_strict_mapping_are_refused(self, kibana: httpx.Client) -> None:
        answer = kibana.post(f"{OBJECTS}/tag", json={"attributes": {"name": "n", "odd": 1}})
        assert answer.status_code == 400
        assert "mapping set to strict" in answer.json()["message"]

    def test_a_stale_version_changes_nothing(self, kibana: httpx.Client) -> None:
        made = make(kibana, "tag", "stale", attributes={"name": "first"})
        kibana.put(f"{OBJECTS}/tag/stale", json={"attributes": {"name": "second"}})
        answer = kibana.put(
            f"{OBJECTS}/tag/stale", json={"attributes": {"name": "x"}, "version": made["version"]}
        )
        assert answer.status_code == 409
        assert kibana.get(f"{OBJECTS}/tag/stale").json()["attributes"]["name"] == "second"

    def test_resolving_finds_it_exactly(self, kibana: httpx.Client) -> None:
        make(kibana, "tag", "resolved", attributes={"name": "n"})
        found = kibana.get(f"{OBJECTS}/resolve/tag/resolved").json()
        assert (found["outcome"], found["saved_object"]["id"]) == ("exactMatch", "resolved")


class TestBulk:
    def test_results_come_in_order_with_errors_inside(self, kibana: httpx.Client) -> None:
        make(kibana, "tag", "bulk", attributes={"name": "n"})
        wanted = [{"type": "tag", "id": "none"}, {"type": "tag", "id": "bulk"}]
        rows = kibana.post(f"{OBJECTS}/_bulk_get", json=wanted).json()["saved_objects"]
        assert [row["id"] for row in rows] == ["none", "bulk"]
        assert rows[0]["error"]["statusCode"] == 404
        assert "error" not in rows[1]

    def test_creating_fails_object_by_object(self, kibana: httpx.Client) -> None:
        objects = [{"type": "tag", "id": "b1", "attributes": {"name": "n"}}]
        kibana.post(f"{OBJECTS}/_bulk_create", json=objects)
        row = kibana.post(f"{OBJECTS}/_bulk_create", json=objects).json()["saved_objects"][0]
        assert row["error"]["statusCode"] == 409

    def test_deleting_says_what_is_gone(self, kibana: httpx.Client) -> None:
        make(kibana, "tag", "b2", attributes={"name": "n"})
        wanted = [{"type": "tag", "id": "b2"}, {"type": "tag", "id": "never"}]
        rows = kibana.post(f"{OBJECTS}/_bulk_delete", json=wanted).json()["statuses"]
        assert [row["success"] for row in rows] == [True, False]


class TestFind:
    @pytest.fixture(autouse=True)
    def three(self, kibana: httpx.Client) -> None:
        for number, name in enumerate(("apple", "banana", "cherry")):
            reference = [{"name": "r", "type": "tag", "id": f"t{number}"}]
            make(kibana, "search", name, attributes={"title": name}, references=reference)

    def find(self, kibana: httpx.Client, **params: object) -> dict[str, object]:
        found: dict[str, object] = kibana.get(f"{OBJECTS}/_find", params={"type": "search", **params}).json()  # type: ignore[dict-item]
        return found

    def test_pages_are_disjoint_and_the_total_is_the_sum(self, kibana: httpx.Client) -> None:
        pages = [self.find(kibana, per_page=2, page=n)["saved_objects"] for n in (1, 2, 3)]
        ids = [row["id"] for page in pages for row in page]  # type: ignore[union-attr,attr-defined]
        assert sorted(ids) == ["apple", "banana", "cherry"]
        assert self.find(kibana)["total"] == 3

    def test_it_sorts_searches_and_follows_references(self, kibana: httpx.Client) -> None:
        rows = self.find(kibana, sort_field="title", sort_order="desc")["saved_objects"]
        assert [row["id"] for row in rows] == ["cherry", "banana", "apple"]  # type: ignore[union-attr,index]
        assert self.find(kibana, search="ban*", search_fields="title")["total"] == 1
        assert self.find(kibana, has_reference=json.dumps({"type": "tag", "id": "t2"}))["total"] == 1
        assert self.find(kibana, filter='search.attributes.title: "apple"')["total"] == 1


class TestFiles:
    def test_what_is_exported_can_be_imported(self, kibana: httpx.Client) -> None:
        make(kibana, "tag", "ref", attributes={"name": "ref"})
        make(kibana, "dashboard", "exported", references=[{"name": "r", "type": "tag", "id": "ref"}])
        body = {"objects": [{"type": "dashboard", "id": "exported"}], "includeReferencesDeep": True}
        answer = kibana.post(f"{OBJECTS}/_export", json=body)
        assert answer.headers["content-type"] == "application/ndjson"
        assert answer.headers["content-disposition"] == 'attachment; filename="export.ndjson"'
        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert rows[-1]["exportedCount"] == 2
        for kind, key in (("dashboard", "exported"), ("tag", "ref")):
            kibana.delete(f"{OBJECTS}/{kind}/{key}")
        files = {"file": ("export.ndjson", answer.content)}
        done = kibana.post(f"{OBJECTS}/_import", files=files).json()
        assert (done["success"], done["successCount"]) == (True, 2)
        again = kibana.post(f"{OBJECTS}/_import", files=files).json()
        assert (again["success"], again["errors"][0]["error"]["type"]) == (False, "conflict")
        copies = kibana.post(f"{OBJECTS}/_import?createNewCopies=true", files=files).json()
        assert all(row["destinationId"] != row["id"] for row in copies["successResults"])
        retries = json.dumps([{"type": "tag", "id": "ref", "overwrite": True}])
        resolved = kibana.post(
            f"{OBJECTS}/_resolve_import_errors", files=files, data={"retries": retries}
        ).json()
        assert (resolved["success"], resolved["successCount"]) == (True, 1)

    @pytest.mark.parametrize(("name", "extension"), [("export.txt", ".txt"), ("export", ""), ("a.B", ".b")])
    def test_a_file_of_another_kind_is_refused(self, kibana: httpx.Client, name: str, extension: str) -> None:
        answer = kibana.post(f"{OBJECTS}/_import", files={"file": (name, b"{}")})
        assert answer.json()["message"] == f"Invalid file extension {extension}"

    def test_types_that_no_release_knows_cannot_be_exported(self, kibana: httpx.Client) -> None:
        for kinds in ("nothing", ["tag", "nothing"]):
            answer = kibana.post("/api/saved_objects/_export", json={"type": kinds})
            assert (answer.status_code, answer.json()["message"]) == (
                400,
                "Trying to export non-exportable type(s): nothing",
            )
        for kind in ("*", "alert", "canvas-element"):
            assert kibana.post("/api/saved_objects/_export", json={"type": kind}).status_code == 200


class TestDecisions:
    """What becomes of an object of a file that was refused is decided one by one."""

    LOST = (
        b'{"type":"dashboard","id":"lost","attributes":{"title":"x"},'
        b'"references":[{"type":"index-pattern","id":"nowhere","name":"i"}]}'
    )

    def decided(self, kibana: httpx.Client, **decision: object) -> dict[str, Any]:
        files = {"file": ("f.ndjson", self.LOST)}
        retries = json.dumps([{"type": "dashboard", "id": "lost", **decision}])
        path = "/api/saved_objects/_resolve_import_errors"
        answer = kibana.post(path, files=files, data={"retries": retries})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def test_references_that_lead_nowhere_are_an_error_until_they_are_replaced_or_ignored(
        self, kibana: httpx.Client
    ) -> None:
        first = kibana.post("/api/saved_objects/_import", files={"file": ("f.ndjson", self.LOST)}).json()
        assert first["errors"][0]["error"]["type"] == "missing_references"
        assert self.decided(kibana)["success"] is False
        kibana.post(f"{OBJECTS}/index-pattern/there", json={"attributes": {"title": "there-*"}})
        swap = {"type": "index-pattern", "from": "nowhere", "to": "there"}
        assert self.decided(kibana, replaceReferences=[swap])["successCount"] == 1
        shown = kibana.get(f"{OBJECTS}/dashboard/lost").json()
        assert shown["references"][0]["id"] == "there"
        assert self.decided(kibana, ignoreMissingReferences=True, overwrite=True)["success"] is True
        assert kibana.get(f"{OBJECTS}/dashboard/lost").json()["references"][0]["id"] == "nowhere"

    def test_another_copy_gets_another_id(self, kibana: httpx.Client) -> None:
        (made,) = self.decided(kibana, createNewCopy=True)["successResults"]
        assert made["destinationId"] != "lost"

    def test_types_are_told_to_the_management(self, kibana: httpx.Client) -> None:
        path = "/api/kibana/management/saved_objects/_allowed_types"
        rows = kibana.get(path, headers={"x-elastic-internal-origin": "x"}).json()["types"]
        kinds = {row["name"]: row["namespaceType"] for row in rows}
        assert (kinds["dashboard"], kinds["index-pattern"], kinds["config-global"]) == (
            "multiple-isolated", "multiple", "agnostic",
        )  # fmt: skip
        assert kibana.get(path).status_code == 400
