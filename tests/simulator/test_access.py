"""Who may do what, and in which words it is refused. Sources: Kibana source (roles/put.ts, api_authorization.ts,
api_keys/create.ts, saved_object_test_utils.ts) and what was observed on 9.4.3."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import XSRF, StandIn

Json = Any
ROLE = "/api/security/role"
MARKED = {**XSRF, "x-elastic-internal-origin": "test"}


@pytest.fixture(scope="module")
def kibana(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    return stand_in(contract=str(published("9.3")), elasticsearch_port=0)


@pytest.fixture(scope="module")
def elasticsearch(kibana: httpx.Client) -> Iterator[httpx.Client]:
    url = kibana.said["elasticsearch_url"]  # type: ignore[attr-defined]
    with httpx.Client(base_url=url, auth=("elastic", "changeme")) as client:
        yield client


@pytest.fixture
def somebody(kibana: httpx.Client, elasticsearch: httpx.Client) -> Iterator[Callable[..., httpx.Client]]:
    """Return a client of a new user whose one role gives these privileges of Kibana."""
    made: list[tuple[str, httpx.Client]] = []

    def make(*kibana_privileges: Json, cluster: tuple[str, ...] = ()) -> httpx.Client:
        name = f"somebody{len(made)}"
        body = {"elasticsearch": {"cluster": list(cluster)}, "kibana": list(kibana_privileges)}
        assert kibana.put(f"{ROLE}/{name}", json=body).status_code == 204
        elasticsearch.put(f"/_security/user/{name}", json={"password": "secret1", "roles": [name]})
        client = httpx.Client(base_url=kibana.base_url, auth=(name, "secret1"), headers=XSRF)
        made.append((name, client))
        return client

    yield make
    for name, client in made:
        client.close()
        kibana.delete(f"{ROLE}/{name}")
        elasticsearch.delete(f"/_security/user/{name}")


class TestRoles:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"elasticsearch": {}, "odd": 1},
            {"elasticsearch": {"odd": 1}},
            {"elasticsearch": {}, "kibana": [{"base": ["everything"], "spaces": ["*"]}]},
            {"elasticsearch": {}, "kibana": [{"base": ["all"], "feature": {"ml": ["all"]}, "spaces": ["*"]}]},
            {"elasticsearch": {}, "kibana": [{"feature": {"ml": ["everything"]}, "spaces": ["*"]}]},
        ],
    )
    def test_what_is_wrong_is_refused(self, kibana: httpx.Client, body: Json) -> None:
        assert kibana.put(f"{ROLE}/wrong", json=body).status_code == 400
        assert kibana.get(f"{ROLE}/wrong").status_code == 404

    def test_a_name_has_its_length(self, kibana: httpx.Client) -> None:
        assert kibana.put(f"{ROLE}/{'x' * 1024}", json={"elasticsearch": {}}).status_code == 204
        assert kibana.put(f"{ROLE}/{'x' * 1025}", json={"elasticsearch": {}}).status_code == 400
        kibana.delete(f"{ROLE}/{'x' * 1024}")

    def test_reserved_roles_are_listed_and_stay(self, kibana: httpx.Client) -> None:
        listed = {role["name"]: role for role in kibana.get(ROLE).json()}
        assert listed["superuser"]["metadata"]["_reserved"] is True
        assert {"kibana_admin", "viewer", "editor"} <= set(listed)
        assert kibana.put(f"{ROLE}/superuser", json={"elasticsearch": {}}).status_code == 400

    def test_replacing_deprecated_privileges_may_be_asked_for(self, kibana: httpx.Client) -> None:
        assert kibana.get(f"{ROLE}?replaceDeprecatedPrivileges=true").status_code == 200

    def test_it_is_the_same_everywhere_and_put_twice(self, kibana: httpx.Client) -> None:
        for _ in range(2):
            assert kibana.put(f"/s/elsewhere{ROLE}/twice", json={"elasticsearch": {}}).status_code == 204
        assert kibana.get(f"{ROLE}/twice").status_code == 200
        assert kibana.delete(f"{ROLE}/twice").status_code == 204
        assert kibana.delete(f"{ROLE}/twice").status_code == 404

    def test_fields_and_documents_are_platinum(
        self, published: Callable[[str], Path], stand_in: StandIn
    ) -> None:
        indices = [{"names": ["x"], "privileges": ["read"], "field_security": {"grant": ["a"]}}]
        body = {"elasticsearch": {"indices": indices}}
        for licence, status in (("gold", 403), ("platinum", 204)):
            client = stand_in(contract=str(published("9.3")), license=licence)
            assert client.put(f"{ROLE}/fls", json=body).status_code == status


class TestRefusals:
    def test_the_message_has_the_method_the_path_and_the_query(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        client = somebody({"feature": {"dashboard": ["read"]}, "spaces": ["default"]})
        answer = client.get("/s/default/api/actions/connectors?a=b")
        said = answer.json()
        assert (answer.status_code, said["statusCode"], said["error"]) == (403, 403, "Forbidden")
        assert said["message"].startswith("API [GET /api/actions/connectors?a=b] is unauthorized for user")

    def test_the_privileges_that_are_missing_are_named(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        client = somebody({"feature": {"dashboard": ["read"]}, "spaces": ["default"]})
        message = client.get("/api/fleet/agent_policies").json()["message"]
        assert "this action is granted by the Kibana privileges [" in message

    def test_nothing_happened(self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]) -> None:
        client = somebody({"base": ["read"], "spaces": ["*"]})
        assert client.post("/api/actions/connector/kept", json={
            "name": "x", "connector_type_id": ".server-log"}).status_code == 403  # fmt: skip
        assert kibana.get("/api/actions/connector/kept").status_code == 404

    def test_spaces_are_refused_in_words_of_their_own(self, somebody: Callable[..., httpx.Client]) -> None:
        client = somebody({"base": ["all"], "spaces": ["default"]})
        said = [
            client.post("/api/spaces/space", json={"id": "x", "name": "x"}).json()["message"],
            client.put("/api/spaces/space/default", json={"id": "default", "name": "x"}).json()["message"],
            client.delete("/api/spaces/space/other").json()["message"],
            client.get("/api/spaces/space/other").json()["message"],
        ]
        assert said == [
            "Unauthorized to create spaces",
            "Unauthorized to update spaces",
            "Unauthorized to delete spaces",
            "Unauthorized to get other space",
        ]

    def test_a_space_that_is_not_there_is_refused_to_those_who_are_not_global(
        self, somebody: Callable[..., httpx.Client]
    ) -> None:
        local = somebody({"base": ["all"], "spaces": ["default"]})
        everywhere = somebody({"base": ["all"], "spaces": ["*"]})
        assert local.get("/s/no-such-space/api/actions/connectors").status_code == 403
        assert everywhere.get("/s/no-such-space/api/actions/connectors").status_code == 200

    @pytest.mark.parametrize(
        ("method", "path", "body", "words"),
        [
            ("POST", "/tag", {"attributes": {"name": "x"}}, "Unable to create tag"),
            ("PUT", "/tag/x", {"attributes": {"name": "x"}}, "Unable to update tag"),
            ("DELETE", "/tag/x", None, "Unable to delete tag"),
            ("POST", "/_bulk_create", [{"type": "tag", "attributes": {}}, {"type": "dashboard", "attributes": {}}],
             "Unable to bulk_create dashboard,tag"),
            ("POST", "/_bulk_delete", [{"type": "tag", "id": "x"}], "Unable to bulk_delete tag"),
        ],
    )  # fmt: skip
    def test_saved_objects_name_action_and_types(
        self, somebody: Callable[..., httpx.Client], method: str, path: str, body: Json, words: str
    ) -> None:
        client = somebody({"base": ["read"], "spaces": ["*"]})
        answer = client.request(method, f"/api/saved_objects{path}", json=body)
        assert (answer.status_code, answer.json()["message"]) == (403, words)

    def test_one_type_that_is_forbidden_spoils_the_whole_call(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        client = somebody({"feature": {"savedObjectsTagging": ["all"]}, "spaces": ["*"]})
        rows = [{"type": "tag", "id": "t", "attributes": {"name": "x"}}]
        assert client.post("/api/saved_objects/_bulk_create", json=rows).status_code == 200
        mixed = [*rows, {"type": "dashboard", "id": "d", "attributes": {"title": "x"}}]
        answer = client.post("/api/saved_objects/_bulk_create?overwrite=true", json=mixed)
        assert (answer.status_code, answer.json()["message"]) == (403, "Unable to bulk_create dashboard")
        assert client.post("/api/saved_objects/_bulk_get", json=rows).status_code == 200
        kibana.delete("/api/saved_objects/tag/t")

    def test_importing_is_refused_bare(self, somebody: Callable[..., httpx.Client]) -> None:
        client = somebody({"base": ["read"], "spaces": ["*"]})
        line = b'{"type":"tag","id":"i","attributes":{"name":"n"},"references":[]}'
        answer = client.post("/api/saved_objects/_import", files={"file": ("e.ndjson", line)})
        assert answer.status_code == 403
        assert answer.json()["message"] in ("Forbidden", "Unable to bulk_create tag")

    def test_spaces_that_one_may_not_see_are_a_question_mark(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        kibana.post("/api/spaces/space", json={"id": "unseen", "name": "x"})
        made = kibana.post("/api/data_views/data_view", json={"data_view": {"title": "seen-*"}}).json()
        key = made["data_view"]["id"]
        kibana.post(
            "/api/spaces/_update_objects_spaces",
            json={"objects": [{"type": "index-pattern", "id": key}], "spacesToAdd": ["unseen"],
                  "spacesToRemove": []},
        )  # fmt: skip
        client = somebody({"base": ["read"], "spaces": ["default"]})
        row = client.get(f"/api/saved_objects/index-pattern/{key}").json()
        assert row["namespaces"] == ["default", "?"]
        view = client.get(f"/api/data_views/data_view/{key}").json()["data_view"]
        assert view["namespaces"] == ["default", "?"]
        assert kibana.get(f"/api/saved_objects/index-pattern/{key}").json()["namespaces"] == [
            "default",
            "unseen",
        ]
        kibana.delete("/api/spaces/space/unseen")


class TestPrivileges:
    def test_readers_of_a_space_read_there_alone(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        client = somebody({"base": ["read"], "spaces": ["default"]})
        assert client.get("/api/cases/tags").status_code == 200
        assert client.get("/s/other/api/cases/tags").status_code == 403

    @pytest.mark.parametrize(
        ("feature", "opened", "closed"),
        [
            ("dashboard_v2", "/api/saved_objects/_find?type=dashboard", "/api/cases/tags"),
            ("generalCasesV3", "/api/cases/tags", "/api/actions/connectors"),
            ("actions", "/api/actions/connectors", "/api/cases/tags"),
            ("fleetv2", "/api/fleet/agent_policies", "/api/actions/connectors"),
            ("siemV4", "/api/detection_engine/tags", "/api/fleet/agent_policies"),
            ("osquery", "/api/osquery/packs", "/api/fleet/agent_policies"),
            ("slo", "/api/observability/slos", "/api/osquery/packs"),
            ("maintenanceWindow", "/api/maintenance_window/_find", "/api/osquery/packs"),
        ],
    )
    def test_a_feature_opens_its_family_alone(
        self, somebody: Callable[..., httpx.Client], feature: str, opened: str, closed: str
    ) -> None:
        client = somebody({"feature": {feature: ["read"]}, "spaces": ["*"]})
        assert client.get(opened).status_code == 200
        assert client.get(closed).status_code == 403

    def test_the_owner_of_a_case_decides_the_feature(
        self, kibana: httpx.Client, somebody: Callable[..., httpx.Client]
    ) -> None:
        body = {"title": "x", "description": "x", "tags": [], "settings": {"syncAlerts": False},
                "connector": {"id": "none", "name": "none", "type": ".none", "fields": None}}  # fmt: skip
        client = somebody({"feature": {"generalCasesV3": ["all"]}, "spaces": ["*"]})
        assert client.post("/api/cases", json={**body, "owner": "cases"}).status_code == 200
        assert client.post("/api/cases", json={**body, "owner": "observability"}).status_code == 403

    def test_cluster_privileges_open_what_is_left_to_elasticsearch(
        self, somebody: Callable[..., httpx.Client]
    ) -> None:
        plain = somebody({"base": ["all"], "spaces": ["*"]})
        manager = somebody(cluster=("manage_security",))
        assert (plain.get(ROLE).status_code, manager.get(ROLE).status_code) == (403, 200)

    def test_everybody_who_is_known_may_look_at_health_and_features(
        self, somebody: Callable[..., httpx.Client]
    ) -> None:
        client = somebody(cluster=())
        for path in ("/api/features", "/api/task_manager/_health", "/api/status"):
            assert client.get(path).status_code == 200


class TestKeys:
    def test_kibana_mints_keys_for_programs_of_its_own(self, kibana: httpx.Client) -> None:
        descriptors = {"r": {"elasticsearch": {"cluster": []},
                             "kibana": [{"base": ["read"], "spaces": ["default"]}]}}  # fmt: skip
        made = kibana.post(
            "/internal/security/api_key", json={"name": "k", "kibana_role_descriptors": descriptors},
            headers=MARKED,
        ).json()  # fmt: skip
        assert {"id", "name", "api_key", "encoded"} <= set(made)
        assert base64.b64decode(made["encoded"]).decode() == f"{made['id']}:{made['api_key']}"
        with httpx.Client(
            base_url=kibana.base_url, headers={"authorization": f"ApiKey {made['encoded']}"}
        ) as key:
            assert key.get("/api/actions/connectors").status_code == 200
            assert key.get("/s/other/api/actions/connectors").status_code == 403

    def test_a_key_cannot_mint_another(self, kibana: httpx.Client) -> None:
        key = {"authorization": f"ApiKey {kibana.said['api_key']}", **XSRF}  # type: ignore[attr-defined]
        with httpx.Client(base_url=kibana.base_url, headers=key) as client:
            answer = client.post("/api/apm/agent_keys", json={"name": "k", "privileges": ["event:write"]})
        assert answer.status_code in (400, 403, 500)
        assert "creating derived api keys requires an explicit role descriptor" in answer.json()["message"]

    def test_agent_keys_are_encoded_from_id_and_secret(self, kibana: httpx.Client) -> None:
        made = kibana.post("/api/apm/agent_keys", json={"name": "k", "privileges": ["event:write"]}).json()
        key = made["agentKey"]
        assert base64.b64decode(key["encoded"]).decode() == f"{key['id']}:{key['api_key']}"


class TestSessions:
    def login(self, client: httpx.Client, **more: Json) -> httpx.Response:
        body = {"providerType": "basic", "providerName": "basic", "currentURL": "/app/home",
                "params": {"username": "elastic", "password": "changeme"}, **more}  # fmt: skip
        return client.post("/internal/security/login", json=body, headers=MARKED)

    def test_a_cookie_is_as_good_as_a_password(self, nobody: httpx.Client) -> None:
        assert self.login(nobody).json() == {"location": "/app/home"}
        made = nobody.post(
            "/api/saved_objects/tag/by-cookie", json={"attributes": {"name": "x"}}, headers=XSRF
        )
        assert made.status_code == 200

    def test_a_cookie_does_not_replace_xsrf(self, nobody: httpx.Client) -> None:
        self.login(nobody)
        answer = nobody.post("/api/saved_objects/tag/by-cookie-2", json={"attributes": {"name": "x"}})
        assert answer.json()["message"] == "Request must contain a kbn-xsrf header."

    def test_params_are_for_passwords_alone(self, nobody: httpx.Client) -> None:
        answer = self.login(nobody, providerType="saml", providerName="saml1")
        assert answer.status_code == 400

    def test_sessions_of_nobody_are_none(self, kibana: httpx.Client) -> None:
        query = {"provider": {"type": "basic"}, "username": "nobody-at-all"}
        answer = kibana.post("/api/security/session/_invalidate", json={"match": "query", "query": query})
        assert (answer.status_code, answer.json()) == (200, {"total": 0})
        refused = kibana.post(
            "/api/security/session/_invalidate",
            json={"match": "query", "query": query},
            auth=("viewer", "changeme"),
        )
        assert refused.status_code == 403

    def test_a_session_that_was_ended_is_worth_nothing(
        self, kibana: httpx.Client, nobody: httpx.Client
    ) -> None:
        self.login(nobody)
        assert nobody.get("/api/spaces/space").status_code == 200
        query = {"provider": {"type": "basic"}, "username": "elastic"}
        kibana.post("/api/security/session/_invalidate", json={"match": "query", "query": query})
        assert nobody.get("/api/spaces/space").status_code == 401
