"""How the platform refuses, in which order and in which words. Sources: Kibana source (http_server.ts,
lifecycle_handlers.ts, core_versioned_route.ts, core_app.ts, status.ts), and answers observed on 9.0.1 and 9.4.3."""

import base64
import gzip
import json

import httpx
import pytest

from tests.simulator.conftest import XSRF, StandIn

SPACE = {"id": "manners", "name": "Manners"}
NOT_FOUND = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
UNAUTHORIZED = {"statusCode": 401, "error": "Unauthorized", "message": "Unauthorized"}


def envelope(status: int, error: str, message: str) -> dict[str, object]:
    return {"statusCode": status, "error": error, "message": message}


class TestRoutes:
    def test_an_unknown_route_is_a_bare_404(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/nothing_here")
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
    def test_a_wrong_method_is_a_404_and_never_a_405(self, kibana: httpx.Client, method: str) -> None:
        assert kibana.request(method, "/api/status").json() == NOT_FOUND

    def test_options_is_not_routed(self, kibana: httpx.Client) -> None:
        assert kibana.options("/api/status").status_code == 404

    def test_head_answers_like_get_without_a_body(self, kibana: httpx.Client) -> None:
        answer = kibana.head("/api/spaces/space")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["kbn-name"] == "kibana-stand-in"

    def test_a_get_with_a_trailing_slash_is_redirected_with_encoded_slashes(
        self, kibana: httpx.Client
    ) -> None:
        answer = kibana.get("/api/spaces/space/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/api%2Fspaces%2Fspace")

    def test_another_method_with_a_trailing_slash_is_a_404(self, kibana: httpx.Client) -> None:
        assert kibana.post("/api/spaces/space/", json=SPACE).status_code == 404

    def test_an_encoded_slash_stays_inside_its_parameter(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/security/role/a%2Fb").status_code == 404
        assert kibana.put("/api/security/role/a%2Fb", json={"elasticsearch": {}}).status_code == 204
        assert kibana.get("/api/security/role/a%2Fb").json()["name"] == "a/b"


class TestAuthentication:
    def test_nobody_is_401_with_exactly_three_keys(self, nobody: httpx.Client) -> None:
        answer = nobody.get("/api/spaces/space")
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
        assert len(answer.content) == 66

    def test_an_unknown_get_is_401_before_it_is_404(self, nobody: httpx.Client) -> None:
        assert nobody.get("/api/nothing_here").status_code == 401

    def test_an_unknown_post_is_404_for_nobody(self, nobody: httpx.Client) -> None:
        assert nobody.post("/api/nothing_here", headers=XSRF).status_code == 404

    def test_401_comes_before_xsrf_and_before_the_body(self, nobody: httpx.Client) -> None:
        assert nobody.post("/api/spaces/space", content=b"{").status_code == 401

    @pytest.mark.parametrize(
        "header",
        [
            "Basic " + base64.b64encode(b"elastic:wrong").decode(),
            "ApiKey bm9uZTpub25l",
            "Bearer none",
            "ApiKey %",
        ],
    )
    def test_wrong_credentials_are_401_with_what_elasticsearch_said(
        self, nobody: httpx.Client, header: str
    ) -> None:
        answer = nobody.get("/api/spaces/space", headers={"authorization": header})
        said = answer.json()
        assert answer.status_code == 401
        assert (said["statusCode"], said["error"]) == (401, "Unauthorized")
        assert said["message"].startswith("[security_exception")

    def test_every_kind_of_credentials_is_known(self, kibana: httpx.Client, nobody: httpx.Client) -> None:
        said = kibana.said  # type: ignore[attr-defined]
        for header in (
            f"ApiKey {said['api_key']}",
            f"Bearer {said['bearer']}",
            f"ApiKey {said['viewer_api_key']}",
        ):
            assert nobody.get("/api/spaces/space", headers={"authorization": header}).status_code == 200

    def test_a_session_is_opened_by_login(self, nobody: httpx.Client) -> None:
        body = {
            "providerType": "basic",
            "providerName": "basic",
            "currentURL": "/",
            "params": {"username": "elastic", "password": "changeme"},
        }
        marked = {**XSRF, "x-elastic-internal-origin": "test"}
        answer = nobody.post("/internal/security/login", json=body, headers=marked)
        assert answer.status_code == 200
        assert "sid=" in answer.headers["set-cookie"]
        assert nobody.get("/api/spaces/space").status_code == 200

    def test_a_failed_login_is_401(self, nobody: httpx.Client) -> None:
        body = {
            "providerType": "basic",
            "providerName": "basic",
            "currentURL": "/",
            "params": {"username": "x", "password": "y"},
        }
        marked = {**XSRF, "x-elastic-internal-origin": "test"}
        assert nobody.post("/internal/security/login", json=body, headers=marked).status_code == 401

    def test_logout_sends_programs_away(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/security/logout")
        assert answer.status_code == 400
        assert answer.json()["message"] == "Client should be able to process redirect response."


class TestXsrf:
    def test_an_unsafe_request_needs_the_header(self, kibana: httpx.Client) -> None:
        with httpx.Client(base_url=kibana.base_url, auth=("elastic", "changeme")) as bare:
            answer = bare.post("/api/spaces/space", json=SPACE)
            assert answer.json() == envelope(400, "Bad Request", "Request must contain a kbn-xsrf header.")
            assert bare.get("/api/spaces/space/manners").status_code == 404

    def test_any_value_will_do(self, kibana: httpx.Client) -> None:
        answer = kibana.put("/api/security/role/xsrf", json={"elasticsearch": {}}, headers={"kbn-xsrf": ""})
        assert answer.status_code == 204

    def test_kbn_version_serves_too_when_it_is_the_release(self, kibana: httpx.Client) -> None:
        release = kibana.get("/api/status").json()["version"]["number"]
        with httpx.Client(base_url=kibana.base_url, auth=("elastic", "changeme")) as bare:
            right = bare.put(
                "/api/security/role/xsrf", json={"elasticsearch": {}}, headers={"kbn-version": release}
            )
            wrong = bare.get("/api/spaces/space", headers={"kbn-version": "7.0.0"})
        assert right.status_code == 204
        assert wrong.status_code == 400
        assert wrong.json()["message"].startswith("Browser client is out of date, please refresh the page")
        assert wrong.json()["attributes"] == {"expected": release, "got": "7.0.0"}


class TestVersions:
    def test_an_unknown_version_is_named_with_the_routes_template(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/spaces/space/default", headers={"elastic-api-version": "2020-01-01"})
        message = 'No version "2020-01-01" available for [get] [/api/spaces/space/{id}]. '
        message += "Available versions are: [2023-10-31]"
        assert answer.json() == envelope(400, "Bad Request", message)
        assert "elastic-api-version" not in answer.headers

    def test_a_malformed_version_is_no_date(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/spaces/space", headers={"elastic-api-version": "1"})
        message = 'Invalid version. Received "1", expected a valid date string formatted as YYYY-MM-DD.'
        assert answer.json()["message"] == message

    def test_the_query_does_not_carry_the_version(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/spaces/space?apiVersion=2023-10-31")
        assert answer.status_code == 400
        assert answer.json()["message"].startswith('Use of query parameter "apiVersion" is not allowed.')

    @pytest.mark.parametrize(
        "path", ["/api/status", "/api/saved_objects/_find?type=tag", "/api/actions/connectors"]
    )
    def test_routes_on_the_plain_router_do_not_look(self, kibana: httpx.Client, path: str) -> None:
        assert kibana.get(path, headers={"elastic-api-version": "2020-01-01"}).status_code == 200

    def test_the_published_version_is_accepted_and_said(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/spaces/space", headers={"elastic-api-version": "2023-10-31"})
        assert (answer.status_code, answer.headers["elastic-api-version"]) == (200, "2023-10-31")


class TestBodies:
    def test_malformed_json(self, kibana: httpx.Client) -> None:
        answer = kibana.post(
            "/api/spaces/space", content=b'{"id":', headers={"content-type": "application/json"}
        )
        assert answer.json() == envelope(400, "Bad Request", "Invalid request payload JSON format")

    def test_a_body_that_is_no_json_is_415(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space", content=b"id=1", headers={"content-type": "text/plain"})
        assert answer.json() == envelope(415, "Unsupported Media Type", "Unsupported Media Type")

    def test_a_body_beyond_the_limit_is_413(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space", json={**SPACE, "description": "x" * 1_100_000})
        message = "Payload content length greater than maximum allowed: 1048576"
        assert answer.json() == envelope(413, "Request Entity Too Large", message)

    def test_the_body_is_read_before_xsrf_is_asked_for(self, kibana: httpx.Client) -> None:
        with httpx.Client(base_url=kibana.base_url, auth=("elastic", "changeme")) as bare:
            answer = bare.post(
                "/api/spaces/space", content=b"{", headers={"content-type": "application/json"}
            )
        assert answer.json()["message"] == "Invalid request payload JSON format"

    def test_an_unknown_key_is_refused_where_the_schema_is_closed(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space", json={**SPACE, "foo": 1})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("[request body")
        assert "('foo' was unexpected)" in answer.json()["message"]

    def test_a_missing_key_is_named_with_its_type(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space", json={"id": "manners"})
        assert (
            answer.json()["message"]
            == "[request body.name]: expected value of type [string] but got [undefined]"
        )

    def test_a_wrong_type_is_named(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space", json={"id": "manners", "name": 5})
        assert (
            answer.json()["message"]
            == "[request body.name]: expected value of type [string] but got [number]"
        )

    def test_no_body_where_one_is_needed(self, kibana: httpx.Client) -> None:
        answer = kibana.post("/api/spaces/space")
        message = "[request body]: expected a plain object value, but found [null] instead."
        assert answer.json() == envelope(400, "Bad Request", message)


class TestQueries:
    def test_values_are_read_by_their_type(self, kibana: httpx.Client) -> None:
        one = kibana.get("/api/saved_objects/_find", params={"type": "tag", "page": "1", "per_page": "5"})
        assert (one.json()["page"], one.json()["per_page"]) == (1, 5)

    def test_arrays_are_repeated_keys(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/saved_objects/_find?type=tag&type=dashboard").status_code == 200

    def test_objects_are_json(self, kibana: httpx.Client) -> None:
        wanted = json.dumps({"type": "index-pattern", "id": "x"})
        answer = kibana.get("/api/saved_objects/_find", params={"type": "tag", "has_reference": wanted})
        assert (answer.status_code, answer.json()["total"]) == (200, 0)

    def test_a_value_of_another_type_is_refused(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/saved_objects/_find", params={"type": "tag", "per_page": "many"})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("[request query.per_page]")


class TestInternalRoutes:
    def test_an_internal_route_says_what_it_is(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/licensing/info")
        message = (
            "uri [/api/licensing/info] with method [get] "
            "exists but is not available with the current configuration"
        )
        assert answer.json() == envelope(400, "Bad Request", message)

    @pytest.mark.parametrize("how", ["header", "query"])
    def test_the_marker_opens_it(self, kibana: httpx.Client, how: str) -> None:
        if how == "header":
            answer = kibana.get("/api/licensing/info", headers={"x-elastic-internal-origin": "test"})
        else:
            answer = kibana.get("/api/licensing/info?elasticInternalOrigin=true")
        assert answer.json()["license"]["type"] == "trial"


class TestHeaders:
    @pytest.mark.parametrize("path", ["/api/status", "/api/nothing_here", "/api/spaces/space/none"])
    def test_security_headers_are_on_every_answer(self, kibana: httpx.Client, path: str) -> None:
        headers = kibana.get(path).headers
        assert headers["kbn-name"] == "kibana-stand-in"
        assert headers["cache-control"] == "private, no-cache, no-store, must-revalidate"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert {"content-security-policy", "permissions-policy", "date"} <= headers.keys()
        assert len(headers["kbn-license-sig"]) == 64
        assert headers["content-type"] == "application/json; charset=utf-8"

    @pytest.mark.parametrize("path", ["/api/spaces/space/none", "/api/status"])
    def test_public_routes_say_their_version(self, kibana: httpx.Client, path: str) -> None:
        assert kibana.get(path).headers["elastic-api-version"] == "2023-10-31"

    def test_refusals_of_the_platform_do_not(self, kibana: httpx.Client, nobody: httpx.Client) -> None:
        assert "elastic-api-version" not in kibana.get("/api/nothing_here").headers
        assert "elastic-api-version" not in nobody.get("/api/spaces/space").headers

    def test_large_answers_are_compressed_when_asked_for(self, kibana: httpx.Client) -> None:
        with kibana.stream("GET", "/api/features", headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
            assert answer.headers["content-encoding"] == "gzip"
            assert json.loads(gzip.decompress(raw))
        plain = kibana.get("/api/features", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers

    def test_deprecated_operations_warn(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/saved_objects/_find?type=tag").headers["warning"].startswith("299 Kibana-")


class TestStatus:
    def test_it_says_that_this_is_a_stand_in(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/status").json()
        assert said["name"] == "kibana-stand-in"
        assert said["version"]["build_flavor"] == "traditional"
        assert said["status"]["overall"]["level"] == "available"
        assert "alerting" in said["status"]["plugins"]

    @pytest.mark.parametrize("auth", [None, ("elastic", "wrong")])
    def test_without_valid_credentials_it_tells_the_level_alone(
        self, nobody: httpx.Client, auth: tuple[str, str] | None
    ) -> None:
        answer = nobody.get("/api/status", auth=auth)
        assert answer.status_code == 200
        assert answer.json() == {"status": {"overall": {"level": "available"}}}

    def test_the_old_format_lists_statuses(self, kibana: httpx.Client) -> None:
        said = kibana.get("/api/status?v7format=true").json()["status"]
        assert said["overall"]["state"] == "green"
        assert isinstance(said["statuses"], list)

    def test_both_formats_are_one_too_many(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/status?v7format=true&v8format=true").status_code == 400


class TestSettings:
    def test_while_booting_everything_is_503_in_plain_text(self, stand_in: StandIn) -> None:
        client = stand_in(boot_seconds=60)
        for path in ("/api/status", "/api/nothing_here"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (503, "Kibana server is not ready yet")
            assert answer.headers["retry-after"] == "30"
            assert "json" not in answer.headers["content-type"]

    def test_a_base_path_is_demanded(self, stand_in: StandIn) -> None:
        client = stand_in(base_path="/kibana")
        origin = str(client.base_url).removesuffix("/").removesuffix("/kibana")
        assert client.get("/api/status").status_code == 200
        assert client.get("/s/default/api/spaces/space").status_code == 200
        assert client.get(f"{origin}/api/status").json() == NOT_FOUND
        assert client.get(f"{origin}/kibanas/api/status").status_code == 404

    def test_serverless_knows_no_passwords_and_waives_xsrf_for_keys(self, stand_in: StandIn) -> None:
        client = stand_in(flavor="serverless")
        said = client.said  # type: ignore[attr-defined]
        assert client.get("/api/spaces/space").status_code == 401
        with httpx.Client(
            base_url=said["url"], headers={"authorization": f"ApiKey {said['api_key']}"}
        ) as key:
            assert key.put("/api/security/role/r", json={"elasticsearch": {}}).status_code == 204
            assert key.get("/api/status").json()["version"]["build_flavor"] == "serverless"
            kept = key.get("/api/saved_objects/tag/x")
            assert "is not available with the current configuration" in kept.json()["message"]
            refused = key.post("/api/spaces/space", json={"id": "s", "name": "s", "solution": "es"})
            assert "forbidden in serverless" in refused.json()["message"]

    def test_the_licence_is_the_one_asked_for(self, stand_in: StandIn) -> None:
        client = stand_in(license="basic", version="9.2.1")
        marked = {"x-elastic-internal-origin": "test"}
        assert client.get("/api/licensing/info", headers=marked).json()["license"]["type"] == "basic"
        assert client.get("/api/status").json()["version"]["number"] == "9.2.1"
