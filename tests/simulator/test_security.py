"""Roles take effect, keys can be made and revoked, and 403 is said in Kibana's words. Sources: Kibana source
(roles/put.ts, api_authorization.ts) and what was observed on 9.4.3."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from tests.simulator.conftest import XSRF, StandIn

ROLE = "/api/security/role/tester"


@pytest.fixture(scope="module")
def kibana(stand_in: StandIn) -> httpx.Client:
    return stand_in(elasticsearch_port=0)


@pytest.fixture
def elasticsearch(kibana: httpx.Client) -> Iterator[httpx.Client]:
    url = kibana.said["elasticsearch_url"]  # type: ignore[attr-defined]
    with httpx.Client(base_url=url, auth=("elastic", "changeme")) as client:
        yield client


def key_with(elasticsearch: httpx.Client, privileges: list[str], resources: list[str]) -> dict[str, str]:
    applications = [{"application": "kibana-.kibana", "privileges": privileges, "resources": resources}]
    body = {
        "name": "k",
        "role_descriptors": {"r": {"cluster": [], "indices": [], "applications": applications}},
    }
    made = elasticsearch.post("/_security/api_key", json=body).json()
    return {"authorization": f"ApiKey {made['encoded']}", **XSRF}


class TestRoles:
    def test_a_role_is_made_with_204_and_read_as_sent(self, kibana: httpx.Client) -> None:
        body = {
            "description": "d",
            "elasticsearch": {"cluster": ["monitor"]},
            "kibana": [{"base": ["read"], "spaces": ["*"]}],
        }
        answer = kibana.put(ROLE, json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        role = kibana.get(ROLE).json()
        assert role["description"] == "d"
        assert role["elasticsearch"]["cluster"] == ["monitor"]
        assert role["kibana"][0]["base"] == ["read"]

    def test_create_only_refuses_a_role_that_exists(self, kibana: httpx.Client) -> None:
        kibana.put(ROLE, json={"elasticsearch": {}})
        answer = kibana.put(f"{ROLE}?createOnly=true", json={"elasticsearch": {}})
        assert (answer.status_code, answer.json()["message"]) == (
            409,
            "Role already exists and cannot be created: tester",
        )

    def test_an_unknown_feature_is_refused(self, kibana: httpx.Client) -> None:
        body = {"elasticsearch": {}, "kibana": [{"feature": {"no_such": ["all"]}, "spaces": ["*"]}]}
        answer = kibana.put("/api/security/role/odd", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("Role cannot be updated due to validation errors")

    def test_an_unknown_role_is_a_bare_404(self, kibana: httpx.Client) -> None:
        for method in ("GET", "DELETE"):
            assert kibana.request(method, "/api/security/role/nobody").json()["message"] == "Not Found"

    def test_roles_in_bulk_fail_one_by_one(self, kibana: httpx.Client) -> None:
        bad = {"elasticsearch": {}, "kibana": [{"feature": {"no_such": ["all"]}, "spaces": ["*"]}]}
        body = {"roles": {"bulk_a": {"elasticsearch": {}}, "bulk_b": bad}}
        answer = kibana.post("/api/security/roles", json=body)
        assert answer.status_code == 200
        assert answer.json()["created"] == ["bulk_a"]
        assert "bulk_b" in answer.json()["errors"]
        assert kibana.post(
            "/api/security/roles", json={"roles": {"bulk_a": {"elasticsearch": {}}}}
        ).json() == {"noop": ["bulk_a"]}

    def test_a_query_pages_and_counts(self, kibana: httpx.Client) -> None:
        found = kibana.post(
            "/api/security/role/_query", json={"size": 1, "filters": {"showReservedRoles": True}}
        ).json()
        assert (found["count"], len(found["roles"])) == (1, 1)
        assert found["total"] >= 4


class TestPrivileges:
    def test_a_reader_reads_and_does_not_write(self, kibana: httpx.Client) -> None:
        viewer = ("viewer", "changeme")
        assert kibana.get("/api/saved_objects/_find?type=tag", auth=viewer).status_code == 200
        answer = kibana.post("/api/short_url?a=b", json={"locatorId": "L", "params": {}}, auth=viewer)
        assert answer.status_code == 403
        assert answer.json()["error"] == "Forbidden"
        assert answer.json()["message"].startswith("API [POST /api/short_url?a=b] is unauthorized for user")

    def test_managing_spaces_is_refused_in_words_of_its_own(self, kibana: httpx.Client) -> None:
        viewer = ("viewer", "changeme")
        made = kibana.post("/api/spaces/space", json={"id": "v", "name": "v"}, auth=viewer)
        gone = kibana.delete("/api/spaces/space/default", auth=viewer)
        assert made.json()["message"] == "Unauthorized to create spaces"
        assert gone.json()["message"] == "Unauthorized to delete spaces"
        assert kibana.get("/api/spaces/space/v").status_code == 404

    def test_privileges_in_one_space_give_nothing_in_another(
        self, kibana: httpx.Client, elasticsearch: httpx.Client, nobody: httpx.Client
    ) -> None:
        kibana.post("/api/spaces/space", json={"id": "theirs", "name": "theirs"})
        headers = key_with(elasticsearch, ["space_all"], ["space:theirs"])
        body = {"locatorId": "L", "params": {}}
        assert nobody.post("/s/theirs/api/short_url", json=body, headers=headers).status_code == 200
        assert nobody.post("/api/short_url", json=body, headers=headers).status_code == 403
        assert nobody.get("/s/no-such/api/short_url/x", headers=headers).status_code == 403
        listed = nobody.get("/api/spaces/space", headers=headers).json()
        assert [s["id"] for s in listed] == ["theirs"]

    def test_a_feature_opens_its_own_family_alone(
        self, kibana: httpx.Client, elasticsearch: httpx.Client, nobody: httpx.Client
    ) -> None:
        headers = key_with(elasticsearch, ["feature_actions.read"], ["space:default"])
        assert nobody.get("/api/actions/connectors", headers=headers).status_code == 200
        assert nobody.get("/api/alerting/rules/_find", headers=headers).status_code == 403
        body = {"name": "x", "connector_type_id": ".server-log"}
        assert nobody.post("/api/actions/connector/own", json=body, headers=headers).status_code == 403

    def test_saved_objects_name_what_was_refused_and_refuse_the_whole_call(
        self, kibana: httpx.Client
    ) -> None:
        viewer = ("viewer", "changeme")
        rows = [
            {"type": "tag", "id": "t", "attributes": {}},
            {"type": "dashboard", "id": "d", "attributes": {}},
        ]
        answer = kibana.post("/api/saved_objects/_bulk_create", json=rows, auth=viewer)
        assert (answer.status_code, answer.json()["message"]) == (403, "Unable to bulk_create dashboard,tag")
        assert kibana.get("/api/saved_objects/tag/t").status_code == 404

    def test_a_role_that_changes_takes_effect_at_once(
        self, kibana: httpx.Client, elasticsearch: httpx.Client
    ) -> None:
        elasticsearch.put("/_security/user/joe", json={"password": "secret1", "roles": ["joes"]})
        joe = ("joe", "secret1")
        assert kibana.get("/api/actions/connectors", auth=joe).status_code == 403
        kibana.put(
            "/api/security/role/joes",
            json={"elasticsearch": {}, "kibana": [{"base": ["read"], "spaces": ["default"]}]},
        )
        assert kibana.get("/api/actions/connectors", auth=joe).status_code == 200
        kibana.delete("/api/security/role/joes")
        assert kibana.get("/api/actions/connectors", auth=joe).status_code == 403

    def test_roles_are_left_to_elasticsearch(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/security/role", auth=("viewer", "changeme")).status_code == 403


class TestKeys:
    def test_a_revoked_key_is_worth_nothing(self, elasticsearch: httpx.Client, nobody: httpx.Client) -> None:
        made = elasticsearch.post("/_security/api_key", json={"name": "short-lived"}).json()
        headers = {"authorization": f"ApiKey {made['encoded']}"}
        assert base64.b64decode(made["encoded"]).decode() == f"{made['id']}:{made['api_key']}"
        assert nobody.get("/api/features", headers=headers).status_code == 200
        elasticsearch.request("DELETE", "/_security/api_key", json={"ids": [made["id"]]})
        assert nobody.get("/api/features", headers=headers).status_code == 401

    def test_a_key_cannot_derive_another_one(self, kibana: httpx.Client, elasticsearch: httpx.Client) -> None:
        key = {"authorization": f"ApiKey {kibana.said['api_key']}"}  # type: ignore[attr-defined]
        with httpx.Client(base_url=elasticsearch.base_url, headers=key) as client:
            answer = client.post("/_security/api_key", json={"name": "derived"})
        assert answer.status_code == 400
        assert (
            "creating derived api keys requires an explicit role descriptor"
            in answer.json()["error"]["reason"]
        )


class TestElasticsearch:
    def test_it_says_who_it_is(self, elasticsearch: httpx.Client) -> None:
        answer = elasticsearch.get("/")
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
        assert answer.json()["version"]["number"]
        assert elasticsearch.get("/_license").json()["license"]["type"] == "trial"

    def test_indices_and_documents_are_kept(self, elasticsearch: httpx.Client) -> None:
        assert elasticsearch.put("/logs").json()["acknowledged"] is True
        assert elasticsearch.put("/logs").status_code == 400
        made = elasticsearch.post("/logs/_doc", json={"a": 1})
        assert made.status_code == 201
        assert elasticsearch.get(f"/logs/_doc/{made.json()['_id']}").json()["_source"] == {"a": 1}
        assert elasticsearch.delete("/logs").status_code == 200
        assert elasticsearch.delete("/logs").json()["error"]["type"] == "index_not_found_exception"

    def test_what_it_cannot_do_it_says(self, elasticsearch: httpx.Client) -> None:
        answer = elasticsearch.get("/_ml/anomaly_detectors")
        assert answer.status_code == 404
        assert "stand-in" in answer.json()["error"]["reason"]

    def test_it_demands_credentials(self, elasticsearch: httpx.Client) -> None:
        assert httpx.get(str(elasticsearch.base_url)).status_code == 401
