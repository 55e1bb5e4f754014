"""Spaces and what is between them. Sources: Kibana source (space_schema.ts, spaces_client.ts,
on_post_auth_interceptor.ts) and what was observed on 9.4.3."""

from collections.abc import Iterator

import httpx
import pytest

from tests.simulator.conftest import StandIn

SPACES = "/api/spaces/space"


@pytest.fixture
def space(kibana: httpx.Client) -> Iterator[str]:
    kibana.post(SPACES, json={"id": "mine", "name": "Mine"})
    yield "mine"
    kibana.delete(f"{SPACES}/mine")


def tag(kibana: httpx.Client, key: str, space: str = "default") -> httpx.Response:
    return kibana.post(f"/s/{space}/api/saved_objects/tag/{key}", json={"attributes": {"name": key}})


class TestLifecycle:
    def test_a_space_is_made_with_200_and_deleted_with_204(self, kibana: httpx.Client) -> None:
        made = kibana.post(SPACES, json={"id": "brief", "name": "  Brief  "})
        assert (made.status_code, made.json()["name"]) == (200, "Brief")
        gone = kibana.delete(f"{SPACES}/brief")
        assert (gone.status_code, gone.content) == (204, b"")
        for method in ("GET", "DELETE"):
            answer = kibana.request(method, f"{SPACES}/brief")
            assert answer.json() == {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

    @pytest.mark.parametrize("key", ["mine", "default"])
    def test_an_id_that_is_taken_is_a_conflict_with_exactly_three_keys(
        self, kibana: httpx.Client, space: str, key: str
    ) -> None:
        answer = kibana.post(SPACES, json={"id": key, "name": "again"})
        message = f"A space with the identifier {key} already exists."
        assert answer.json() == {"error": "Conflict", "statusCode": 409, "message": message}

    def test_the_default_space_is_reserved(self, kibana: httpx.Client) -> None:
        answer = kibana.delete(f"{SPACES}/default")
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            "The default space cannot be deleted because it is reserved.",
        )

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"id": "Upper"}, "must be lower case, a-z, 0-9, '_', and '-' are allowed"),
            ({"color": "red"}, "color"),
            ({"initials": "abc"}, "initials"),
            ({"imageUrl": "http://x"}, "imageUrl"),
            ({"solution": "none"}, "solution"),
            ({"name": ""}, "name"),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_a_wrong_property_is_refused_by_name(
        self, kibana: httpx.Client, wrong: dict[str, object], named: str
    ) -> None:
        answer = kibana.post(SPACES, json={"id": "wrong", "name": "x", **wrong})
        assert answer.status_code == 400
        assert named in answer.json()["message"]
        assert kibana.get(f"{SPACES}/wrong").status_code == 404

    def test_an_update_keeps_what_is_left_out_but_for_disabled_features(
        self, kibana: httpx.Client, space: str
    ) -> None:
        whole = {
            "id": space,
            "name": "Mine",
            "description": "d",
            "color": "#aabbcc",
            "disabledFeatures": ["ml"],
        }
        kibana.put(f"{SPACES}/{space}", json=whole)
        kibana.put(f"{SPACES}/{space}", json={"id": space, "name": "New"})
        kept = kibana.get(f"{SPACES}/{space}").json()
        assert (kept["name"], kept["description"], kept["color"]) == ("New", "d", "#aabbcc")
        assert kept["disabledFeatures"] == []

    def test_a_solution_view_disables_what_is_outside_of_it(self, kibana: httpx.Client, space: str) -> None:
        kibana.put(
            f"{SPACES}/{space}",
            json={"id": space, "name": "x", "solution": "es", "disabledFeatures": ["dashboard"]},
        )
        disabled = kibana.get(f"{SPACES}/{space}").json()["disabledFeatures"]
        assert {"apm", "siemV4", "slo", "dashboard_v2"} <= set(disabled)
        assert "dashboard" not in disabled

    def test_the_list_is_sorted_by_name(self, kibana: httpx.Client, space: str) -> None:
        names = [s["name"] for s in kibana.get(SPACES).json()]
        assert names == sorted(names, key=str.lower)

    def test_purpose_and_authorized_purposes_exclude_each_other(self, kibana: httpx.Client) -> None:
        assert (
            kibana.get(SPACES, params={"purpose": "any", "include_authorized_purposes": "true"}).status_code
            == 400
        )

    def test_there_is_a_most(self, stand_in: StandIn) -> None:
        client = stand_in(max_spaces=2)
        assert client.post(SPACES, json={"id": "a", "name": "a"}).status_code == 200
        answer = client.post(SPACES, json={"id": "b", "name": "b"})
        assert answer.status_code == 400
        assert "xpack.spaces.maxSpaces" in answer.json()["message"]


class TestRouting:
    def test_the_default_space_needs_no_prefix(self, kibana: httpx.Client) -> None:
        tag(kibana, "plain")
        assert kibana.get("/api/saved_objects/tag/plain").status_code == 200

    @pytest.mark.parametrize("prefix", ["/s/UPPER", "/s/a%20b"])
    def test_a_segment_that_is_no_space_id_makes_the_path_unknown(
        self, kibana: httpx.Client, prefix: str
    ) -> None:
        assert kibana.get(f"{prefix}/api/saved_objects/_find?type=tag").json()["message"] == "Not Found"

    def test_a_space_that_does_not_exist_is_not_refused(self, kibana: httpx.Client) -> None:
        assert kibana.get("/s/no-such-space/api/saved_objects/_find?type=tag").json()["total"] == 0

    def test_objects_of_one_space_are_unknown_in_another(self, kibana: httpx.Client, space: str) -> None:
        tag(kibana, "here", space)
        assert kibana.get("/api/saved_objects/tag/here").status_code == 404
        assert kibana.get(f"/s/{space}/api/saved_objects/tag/here").status_code == 200
        assert tag(kibana, "here").status_code == 200  # the same id is free elsewhere

    def test_spaces_and_roles_are_the_same_everywhere(self, kibana: httpx.Client, space: str) -> None:
        kibana.put("/api/security/role/anywhere", json={"elasticsearch": {}})
        assert kibana.get(f"/s/{space}/api/security/role/anywhere").status_code == 200
        assert kibana.get(f"/s/{space}{SPACES}/default").status_code == 200


class TestDeletion:
    def test_saved_objects_go_with_their_space(self, kibana: httpx.Client) -> None:
        kibana.post(SPACES, json={"id": "doomed", "name": "doomed"})
        tag(kibana, "inside", "doomed")
        tag(kibana, "outside")
        kibana.delete(f"{SPACES}/doomed")
        kibana.post(SPACES, json={"id": "doomed", "name": "doomed"})
        assert kibana.get("/s/doomed/api/saved_objects/tag/inside").status_code == 404
        assert kibana.get("/api/saved_objects/tag/outside").status_code == 200
        kibana.delete(f"{SPACES}/doomed")


class TestBetweenSpaces:
    def test_a_copy_conflicts_the_second_time_and_is_resolved_by_overwriting(
        self, kibana: httpx.Client, space: str
    ) -> None:
        tag(kibana, "copied")
        objects = [{"type": "tag", "id": "copied"}]
        body = {"objects": objects, "spaces": [space], "createNewCopies": False, "overwrite": False}
        first = kibana.post("/api/spaces/_copy_saved_objects", json=body).json()[space]
        assert (first["success"], first["successCount"]) == (True, 1)
        second = kibana.post("/api/spaces/_copy_saved_objects", json=body).json()[space]
        assert second["success"] is False
        assert second["errors"][0]["error"]["type"] == "conflict"
        retries = {space: [{"type": "tag", "id": "copied", "overwrite": True}]}
        resolved = kibana.post(
            "/api/spaces/_resolve_copy_saved_objects_errors",
            json={"objects": objects, "retries": retries, "createNewCopies": False},
        ).json()[space]
        assert resolved["success"] is True

    def test_new_copies_get_new_ids(self, kibana: httpx.Client, space: str) -> None:
        tag(kibana, "again")
        body = {"objects": [{"type": "tag", "id": "again"}], "spaces": [space], "createNewCopies": True}
        done = kibana.post("/api/spaces/_copy_saved_objects", json=body).json()[space]["successResults"][0]
        assert done["destinationId"] != "again"

    def test_data_views_are_shared_and_unshared(self, kibana: httpx.Client, space: str) -> None:
        made = kibana.post("/api/data_views/data_view", json={"data_view": {"title": "shared-*"}}).json()[
            "data_view"
        ]
        where = {
            "objects": [{"type": "index-pattern", "id": made["id"]}],
            "spacesToAdd": [space],
            "spacesToRemove": [],
        }
        done = kibana.post("/api/spaces/_update_objects_spaces", json=where).json()["objects"][0]
        assert done["spaces"] == ["default", space]
        path = f"/s/{space}/api/data_views/data_view/{made['id']}"
        assert kibana.get(path).json()["data_view"]["namespaces"] == ["default", space]
        back = {**where, "spacesToAdd": [], "spacesToRemove": [space]}
        kibana.post("/api/spaces/_update_objects_spaces", json=back)
        assert kibana.get(path).status_code == 404

    def test_sharing_from_the_wrong_space_fails_object_by_object(
        self, kibana: httpx.Client, space: str
    ) -> None:
        where = {
            "objects": [{"type": "index-pattern", "id": "none"}],
            "spacesToAdd": [space],
            "spacesToRemove": [],
        }
        answer = kibana.post("/api/spaces/_update_objects_spaces", json=where)
        assert answer.status_code == 200
        assert answer.json()["objects"][0]["error"]["statusCode"] == 404

    def test_aliases_that_nobody_knows_are_disabled_with_204(self, kibana: httpx.Client) -> None:
        body = {"aliases": [{"targetSpace": "x", "targetType": "tag", "sourceId": "y"}]}
        assert kibana.post("/api/spaces/_disable_legacy_url_aliases", json=body).status_code == 204


class TestFindingEverywhere:
    def test_objects_of_named_spaces_are_found_and_shared_ones_once(
        self, kibana: httpx.Client, space: str
    ) -> None:
        assert (
            kibana.post(
                f"/s/{space}/api/saved_objects/lens/here-{space}", json={"attributes": {}}
            ).status_code
            == 200
        )
        shared = {"attributes": {"title": "s-*"}, "initialNamespaces": ["default", space]}
        assert kibana.post(f"/api/saved_objects/index-pattern/shared-{space}", json=shared).status_code == 200

        def found(**query: object) -> list[str]:
            answer = kibana.get(
                "/api/saved_objects/_find",
                params={"type": ["lens", "index-pattern"], "per_page": 100, **query},
            )  # type: ignore[dict-item]
            return sorted(o["id"] for o in answer.json()["saved_objects"] if o["id"].endswith(space))

        assert found() == [f"shared-{space}"]
        assert found(namespaces=space) == found(namespaces="*") == [f"here-{space}", f"shared-{space}"]
