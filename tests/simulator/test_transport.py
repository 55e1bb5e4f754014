"""Methods, paths, sizes, media types, compression and pages. Sources: Kibana source (core_app.ts, http_config.ts,
authentication_service.ts, response_adapter.ts) and answers observed on 9.0.1 and 9.4.3."""

import gzip
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.simulator.conftest import StandIn

SPACES = "/api/spaces/space"


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


class TestMethods:
    @pytest.mark.parametrize("path", [SPACES, f"{SPACES}/default", "/api/status", "/api/features"])
    def test_head_has_the_status_and_headers_of_get(self, kibana: httpx.Client, path: str) -> None:
        got, head = kibana.get(path), kibana.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        for name in ("content-type", "elastic-api-version", "cache-control", "kbn-name"):
            assert head.headers[name] == got.headers[name]

    def test_head_of_what_is_missing_is_404(self, kibana: httpx.Client) -> None:
        assert kibana.head(f"{SPACES}/none").status_code == 404
        assert kibana.head("/api/nothing").status_code == 404

    def test_head_needs_credentials_and_no_xsrf(self, kibana: httpx.Client, nobody: httpx.Client) -> None:
        assert nobody.head(SPACES).status_code == 401
        with httpx.Client(base_url=kibana.base_url, auth=("elastic", "changeme")) as bare:
            assert bare.head(SPACES).status_code == 200

    def test_head_is_for_gets_alone(self, kibana: httpx.Client) -> None:
        assert kibana.head("/api/saved_objects/_export").status_code == 404

    def test_options_is_unknown_to_everybody(self, nobody: httpx.Client) -> None:
        answer = nobody.options(SPACES)
        assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_a_wrong_method_is_404_for_nobody_too(self, nobody: httpx.Client, method: str) -> None:
        assert nobody.request(method, SPACES).status_code == 404


class TestPaths:
    def test_an_empty_id_is_a_trailing_slash(self, kibana: httpx.Client) -> None:
        answer = kibana.get(f"{SPACES}/")
        assert (answer.status_code, answer.headers["location"]) == (302, "/api%2Fspaces%2Fspace")
        assert kibana.get(answer.headers["location"]).status_code == 404
        for method in ("PUT", "DELETE"):
            assert kibana.request(method, f"{SPACES}/", json={}).status_code == 404

    def test_base_path_comes_before_the_space(self, stand_in: StandIn) -> None:
        client = stand_in(base_path="/k")
        assert client.get("/s/default/api/spaces/space/default").status_code == 200
        assert client.get("/api/spaces/space/").headers["location"] == "/k/api%2Fspaces%2Fspace"
        origin = str(client.base_url).removesuffix("/").removesuffix("/k")
        assert client.get(f"{origin}/s/default/k/api/status").status_code == 404

    @pytest.mark.parametrize("path", ["//api/status", "/api//status", "/API/status", "/api/status/x"])
    def test_paths_are_taken_letter_by_letter(self, kibana: httpx.Client, path: str) -> None:
        url = urlsplit(str(kibana.base_url))
        wire = http.client.HTTPConnection(str(url.hostname), url.port)
        wire.request("GET", path, headers={"authorization": kibana.build_request("GET", "/").headers.get(
            "authorization", "Basic ZWxhc3RpYzpjaGFuZ2VtZQ==")})  # fmt: skip
        assert wire.getresponse().status == 404
        wire.close()

    @pytest.mark.parametrize(
        ("long", "short", "method"),
        [
            ("/api/actions/connector/{}", "/api/actions/connector", "POST"),
            ("/api/alerting/rule/{}", "/api/alerting/rule", "POST"),
        ],
    )
    def test_a_last_segment_that_is_optional_may_be_left_out(
        self, solutions: httpx.Client, long: str, short: str, method: str
    ) -> None:
        answer = solutions.request(method, short, json={})
        assert answer.status_code == 400  # the body is refused, so the route is there
        assert answer.json()["message"].startswith("[request body")

    def test_a_package_needs_no_version(self, solutions: httpx.Client) -> None:
        assert solutions.get("/api/fleet/epm/packages/nginx").json()["item"]["name"] == "nginx"


class TestBodies:
    @pytest.mark.parametrize("over", [0, 1])
    def test_the_limit_itself_is_allowed(self, kibana: httpx.Client, over: int) -> None:
        rest = 1_048_576 - len(b'{"id":"","name":"x"}') + over
        content = b'{"id":"' + b"A" * rest + b'","name":"x"}'
        answer = kibana.post(SPACES, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == (413 if over else 400)

    def test_uploads_may_be_larger(self, kibana: httpx.Client) -> None:
        line = json.dumps({"type": "tag", "id": "big", "attributes": {"name": "x" * 2_000_000}}).encode()
        answer = kibana.post("/api/saved_objects/_import?overwrite=true", files={"file": ("e.ndjson", line)})
        assert (answer.status_code, answer.json()["successCount"]) == (200, 1)
        kibana.delete("/api/saved_objects/tag/big")

    @pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/octet-stream"])
    def test_what_is_no_json_is_415(self, kibana: httpx.Client, media: str) -> None:
        answer = kibana.post(SPACES, content=b"{}", headers={"content-type": media})
        assert answer.json() == {
            "statusCode": 415,
            "error": "Unsupported Media Type",
            "message": "Unsupported Media Type",
        }

    def test_a_form_is_for_uploads_only(self, kibana: httpx.Client) -> None:
        assert kibana.post(SPACES, files={"file": b"{}"}).status_code == 415

    def test_an_upload_is_a_form_only(self, kibana: httpx.Client) -> None:
        assert kibana.post("/api/saved_objects/_import", json={"file": "x"}).status_code == 415

    @pytest.mark.parametrize(
        "media", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json", None]
    )
    def test_json_has_many_names(self, kibana: httpx.Client, media: str | None) -> None:
        headers = {} if media is None else {"content-type": media}
        answer = kibana.post(SPACES, content=b'{"id":"NO","name":"x"}', headers=headers)
        assert "must be lower case" in answer.json()["message"]

    @pytest.mark.parametrize("content", [b"{", b"[1,", b"nul", b'{"a":1}}', b"\xff", b'{"a":NaN}'])
    def test_malformed_json_is_named(self, kibana: httpx.Client, content: bytes) -> None:
        answer = kibana.post(SPACES, content=content, headers={"content-type": "application/json"})
        assert answer.json()["message"] == "Invalid request payload JSON format"

    def test_a_body_where_none_is_read_does_not_matter(self, kibana: httpx.Client) -> None:
        answer = kibana.request(
            "DELETE", f"{SPACES}/none", content=b"{", headers={"content-type": "application/json"}
        )
        assert answer.status_code == 404


class TestAnswers:
    def test_gzip_is_spoken_where_it_is_understood(self, kibana: httpx.Client) -> None:
        for accepted, encoding in (("gzip", "gzip"), ("gzip, br", "gzip"), ("br", None), ("identity", None)):
            with kibana.stream("GET", "/api/features", headers={"accept-encoding": accepted}) as answer:
                raw = b"".join(answer.iter_raw())
                assert answer.headers.get("content-encoding") == encoding
                assert answer.headers["vary"] == "accept-encoding"
                assert json.loads(gzip.decompress(raw) if encoding else raw)

    def test_gzip_that_is_worth_nothing_is_not_sent(self, kibana: httpx.Client) -> None:
        with kibana.stream("GET", "/api/features", headers={"accept-encoding": "gzip;q=0"}) as answer:
            answer.read()
            assert "content-encoding" not in answer.headers

    def test_small_answers_travel_as_they_are(self, kibana: httpx.Client) -> None:
        answer = kibana.get(f"{SPACES}/default", headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in answer.headers

    def test_204_has_neither_body_nor_type(self, kibana: httpx.Client) -> None:
        answer = kibana.put("/api/security/role/t", json={"elasticsearch": {}})
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-type" not in answer.headers

    def test_connections_are_kept(self, kibana: httpx.Client) -> None:
        url = urlsplit(str(kibana.base_url))
        wire = http.client.HTTPConnection(str(url.hostname), url.port)
        for _ in range(3):
            wire.request("GET", "/api/status")
            wire.getresponse().read()
            assert wire.sock is not None
        wire.close()


class TestPages:
    """A browser that knows nobody is sent to log in; programs are told 401."""

    def test_a_page_sends_strangers_to_log_in(self, nobody: httpx.Client) -> None:
        answer = nobody.get("/app/dashboards?a=b")
        assert answer.status_code == 302
        assert answer.headers["location"] == "/login?next=%2Fapp%2Fdashboards%3Fa%3Db"

    def test_a_program_is_told_401(self, nobody: httpx.Client) -> None:
        assert nobody.get("/app/dashboards", headers={"kbn-xsrf": "true"}).status_code == 401

    def test_a_page_is_html(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/app/home")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert "stand-in" in answer.text

    def test_the_root_leads_into_a_space(self, kibana: httpx.Client) -> None:
        assert kibana.get("/").headers["location"] == "/spaces/enter"
        assert kibana.get("/spaces/enter").headers["location"] == "/app/home"

    def test_logging_in_is_open(self, nobody: httpx.Client) -> None:
        assert nobody.get("/login").status_code == 200

    def test_a_page_of_a_space_that_is_not_there_leads_to_the_choice(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/s/no-such-space/app/home")
        assert (answer.status_code, answer.headers["location"]) == (302, "/spaces/space_selector")

    def test_a_page_of_a_disabled_feature_is_not_there(self, kibana: httpx.Client) -> None:
        kibana.post(SPACES, json={"id": "paged", "name": "x", "disabledFeatures": ["ml"]})
        assert kibana.get("/s/paged/app/ml").status_code == 404
        assert kibana.get("/app/ml").status_code == 200
        kibana.delete(f"{SPACES}/paged")
