"""What settings of ``kibana.yml`` do to every request, by their own names. Sources: Kibana source (http_config.ts,
lifecycle_handlers.ts, security_response_headers_config.ts, spaces_client.ts), elastic/kibana#270870."""

import gzip

import httpx
import pytest

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.config import Config
from pytest_kibana.simulator.server import build
from tests.simulator.conftest import StandIn

ROLE = "/api/security/role/waived"
BODY = {"elasticsearch": {}}
NOT_FOUND = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}


def without_header(client: httpx.Client, scheme: str, method: str = "PUT", path: str = ROLE) -> int:
    said = client.said  # type: ignore[attr-defined]
    ways = {"apikey": f"ApiKey {said['api_key']}", "bearer": f"Bearer {said['bearer']}"}
    auth = ("elastic", "changeme") if scheme == "basic" else None
    headers = {"authorization": ways[scheme]} if scheme in ways else {}
    with httpx.Client(base_url=said["url"], auth=auth, headers=headers) as program:
        return program.request(method, path, json=BODY).status_code


class TestXsrf:
    def test_protection_can_be_disabled(self, stand_in: StandIn) -> None:
        client = stand_in(settings=("server.xsrf.disableProtection=true",))
        assert without_header(client, "basic") == 204

    def test_a_route_on_the_allowlist_needs_no_header_and_others_do(self, stand_in: StandIn) -> None:
        client = stand_in(settings=('server.xsrf.allowlist=["/api/security/role/{name}"]',))
        assert without_header(client, "basic") == 204
        assert without_header(client, "basic", "POST", "/api/saved_objects/_export") == 400

    @pytest.mark.parametrize(
        ("setting", "free"),
        [
            ('["apikey"]', {"apikey"}),
            ('["apikey","bearer"]', {"apikey", "bearer"}),
            ('["basic"]', set()),
            ("[]", set()),
        ],
    )
    def test_schemes_are_allowed_one_by_one_and_basic_never(
        self, stand_in: StandIn, setting: str, free: set[str]
    ) -> None:
        client = stand_in(settings=(f"server.xsrf.allowedSchemes={setting}",))
        for scheme in ("apikey", "bearer", "basic"):
            assert (scheme, without_header(client, scheme)) == (scheme, 204 if scheme in free else 400)

    def test_serverless_can_be_told_to_ask_everybody(self, stand_in: StandIn) -> None:
        client = stand_in(flavor="serverless", settings=("server.xsrf.allowedSchemes=[]",))
        assert without_header(client, "apikey") == 400


class TestRoutes:
    def test_an_excluded_route_is_unknown_even_to_nobody(self, stand_in: StandIn) -> None:
        client = stand_in(settings=('server.excludeRoutes=["/api/spaces/space/{id}"]',))
        assert client.get("/api/spaces/space/default").json() == NOT_FOUND
        assert client.get("/api/spaces/space/default", auth=("no", "body")).status_code == 404
        assert client.get("/api/spaces/space").status_code == 200

    def test_internal_routes_can_be_opened(self, stand_in: StandIn) -> None:
        path = "/api/licensing/info"
        assert stand_in().get(path).status_code == 400
        assert stand_in(settings=("server.restrictInternalApis=false",)).get(path).status_code == 200

    @pytest.mark.parametrize(("version", "open_"), [("8.18.0", True), ("9.0.0", False)])
    def test_internal_routes_were_open_before_9(self, stand_in: StandIn, version: str, open_: bool) -> None:
        answer = stand_in(version=version).get("/api/licensing/info")
        assert answer.status_code == (200 if open_ else 400)

    def test_the_largest_body_can_be_smaller_but_for_routes_with_a_limit_of_their_own(
        self, stand_in: StandIn
    ) -> None:
        client = stand_in(settings=("server.maxPayload=2048",))
        role = {"elasticsearch": {}, "metadata": {"x": "y" * 4096}}
        answer = client.put(ROLE, json=role)
        assert (answer.status_code, answer.json()["error"]) == (413, "Request Entity Too Large")
        assert answer.json()["message"] == "Payload content length greater than maximum allowed: 2048"
        line = b'{"type":"tag","id":"x","attributes":{"name":"%s"},"references":[]}' % (b"n" * 4096)
        imported = client.post("/api/saved_objects/_import", files={"file": ("e.ndjson", line)})
        assert imported.status_code == 200


class TestHeaders:
    def test_a_security_header_can_be_another_or_none(self, stand_in: StandIn) -> None:
        prefix = "server.securityResponseHeaders"
        client = stand_in(
            settings=(f"{prefix}.referrerPolicy=no-referrer", f"{prefix}.permissionsPolicy=null",
                      f"{prefix}.strictTransportSecurity=max-age=31536000")
        )  # fmt: skip
        headers = client.get("/api/spaces/space").headers
        assert headers["referrer-policy"] == "no-referrer"
        assert "permissions-policy" not in headers
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["x-content-type-options"] == "nosniff"

    def test_compression_can_be_off(self, stand_in: StandIn) -> None:
        for said, encoding in (("true", "gzip"), ("false", None)):
            client = stand_in(settings=(f"server.compression.enabled={said}",))
            with client.stream("GET", "/api/features", headers={"accept-encoding": "gzip"}) as answer:
                raw = b"".join(answer.iter_raw())
                assert answer.headers.get("content-encoding") == encoding
            assert (gzip.decompress(raw) if encoding else raw).startswith(b"[")


class TestOthers:
    def test_anybody_may_read_the_status_where_it_is_allowed(self, stand_in: StandIn) -> None:
        for said, there in (("false", False), ("true", True)):
            client = stand_in(settings=(f"status.allowAnonymous={said}",))
            answer = httpx.get(f"{client.base_url}/api/status")
            assert ("version" in answer.json()) is there

    @pytest.mark.parametrize(
        ("setting", "more"),
        [("xpack.spaces.allowFeatureVisibility", {"disabledFeatures": ["apm"]}),
         ("xpack.spaces.allowSolutionVisibility", {"solution": "es"})],
    )  # fmt: skip
    def test_a_space_may_be_forbidden_to_hide_features(
        self, stand_in: StandIn, setting: str, more: dict[str, object]
    ) -> None:
        client = stand_in(settings=(f"{setting}=false",))
        plain = {"id": "plain", "name": "Plain"}
        assert client.post("/api/spaces/space", json=plain).status_code == 200
        refused = client.post("/api/spaces/space", json={"id": "hiding", "name": "Hiding", **more})
        assert (refused.status_code, setting in refused.json()["message"]) == (400, True)
        assert client.put("/api/spaces/space/plain", json={**plain, **more}).status_code == 400
        assert client.get("/api/spaces/space/hiding").status_code == 404


class TestReading:
    @pytest.mark.parametrize("text", ["server.xsrf.allowList=[]", "server.maxPayload", "nothing=1"])
    def test_a_setting_that_is_none_is_refused_with_those_that_are_near(self, text: str) -> None:
        with pytest.raises(UsageError, match="has no setting"):
            build(Config("core", settings=(text,)))

    @pytest.mark.parametrize("text", ["server.maxPayload=much", "server.xsrf.disableProtection=1",
                                      "server.excludeRoutes=[1]", "server.maxPayload=true"])  # fmt: skip
    def test_a_value_of_another_kind_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="cannot be"):
            build(Config("core", settings=(text,)))

    def test_a_list_of_one_may_be_its_text(self, stand_in: StandIn) -> None:
        client = stand_in(settings=("server.excludeRoutes=/api/features",))
        assert client.get("/api/features").status_code == 404
