"""Rarer manners: 405 of two families, warnings, streams of events, waivers, and 503 for want of a licence. Sources:
Kibana source (authentication_service.ts, http_config.ts, timeline and exception list routes), observed on 9.4.3."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.simulator.conftest import XSRF, StandIn


@pytest.fixture(scope="module")
def solutions(published: Callable[[str], Path], stand_in: StandIn) -> httpx.Client:
    """A stand-in that plays a whole release."""
    return stand_in(contract=str(published("9.3")))


class TestNotAllowed:
    def test_a_timeline_is_not_made_by_changing_it(self, solutions: httpx.Client) -> None:
        body = {"timelineId": "none", "version": "WzEsMV0=", "timeline": {"title": "x"}}
        answer = solutions.patch("/api/timeline", json=body)
        assert answer.status_code == 405
        assert "please use POST instead" in answer.text

    def test_lists_of_endpoints_are_not_duplicated(self, solutions: httpx.Client) -> None:
        for kind, status in (("endpoint", 405), ("detection", 200)):
            body = {"name": "x", "description": "x", "type": kind, "list_id": f"dup-{kind}"}
            solutions.post("/api/exception_lists", json=body)
            query = f"list_id=dup-{kind}&namespace_type=single&include_expired_exceptions=true"
            assert solutions.post(f"/api/exception_lists/_duplicate?{query}").status_code == status


class TestWarnings:
    @pytest.mark.parametrize(
        ("path", "deprecated"),
        [
            ("/api/saved_objects/_find?type=tag", True),
            ("/api/detection_engine/signals/migration_status?from=now-30d", True),
            ("/api/spaces/space", False),
        ],
    )
    def test_what_is_deprecated_says_so_and_else_nothing(
        self, solutions: httpx.Client, path: str, deprecated: bool
    ) -> None:
        answer = solutions.get(path)
        assert answer.status_code == 200
        warning = answer.headers.get("warning", "")
        assert warning.startswith("299 Kibana-9.3.0 ") is deprecated

    def test_a_header_that_came_with_9(self, published: Callable[[str], Path], stand_in: StandIn) -> None:
        name = "content-security-policy-report-only"
        for version, there in (("8.18", False), ("9.3", True)):
            client = stand_in(contract=str(published(version)))
            assert (name in client.get("/api/spaces/space").headers) is there


class TestStreams:
    def test_a_chat_is_a_stream_that_says_when_it_is_done(self, solutions: httpx.Client) -> None:
        body = {"name": "x", "connector_type_id": ".gen-ai",
                "config": {"apiProvider": "OpenAI", "apiUrl": "https://example.com"},
                "secrets": {"apiKey": "k"}}  # fmt: skip
        made = solutions.post("/api/actions/connector", json=body)
        assert made.status_code == 200, made.text
        message = {"@timestamp": "2026-01-01T00:00:00.000Z", "message": {"role": "user", "content": "hello"}}
        asked = {"connectorId": made.json()["id"], "messages": [message], "persist": False}
        answer = solutions.post("/api/observability_ai_assistant/chat/complete", json=asked)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
        assert answer.text.rstrip().endswith("data: [DONE]")


class TestWaivers:
    def test_serverless_asks_no_program_for_xsrf(self, stand_in: StandIn) -> None:
        said = stand_in(flavor="serverless").said  # type: ignore[attr-defined]
        for header in (f"ApiKey {said['api_key']}", f"Bearer {said['bearer']}"):
            with httpx.Client(base_url=said["url"], headers={"authorization": header}) as program:
                assert program.put("/api/security/role/waived", json={"elasticsearch": {}}).status_code == 204

    def test_elsewhere_everybody_is_asked(self, kibana: httpx.Client) -> None:
        said = kibana.said  # type: ignore[attr-defined]
        for header in (f"ApiKey {said['api_key']}", f"Bearer {said['bearer']}"):
            with httpx.Client(base_url=said["url"], headers={"authorization": header}) as program:
                assert program.put("/api/security/role/asked", json={"elasticsearch": {}}).status_code == 400


class TestOthers:
    def test_a_browser_is_led_out(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/security/logout", headers={"accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (302, "/security/logged_out")
        assert kibana.get("/security/logged_out", auth=None).status_code == 200  # type: ignore[arg-type]

    def test_nobody_is_known_without_a_licence(self, stand_in: StandIn) -> None:
        client = stand_in(faults=("weather.no_license@*",))
        answer = client.get("/api/spaces/space")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.json()["message"].startswith("License information could not be obtained")
        assert client.get("/api/status").status_code == 200

    def test_new_copies_overwrite_nothing(self, kibana: httpx.Client) -> None:
        body = {"objects": [], "spaces": ["default"], "createNewCopies": True, "overwrite": True}
        for path in ("/api/spaces/_copy_saved_objects",):
            assert kibana.post(path, json=body).status_code == 400
        line = b'{"type":"tag","id":"x","attributes":{"name":"n"},"references":[]}'
        path = "/api/saved_objects/_import?createNewCopies=true&overwrite=true"
        assert kibana.post(path, files={"file": ("e.ndjson", line)}).status_code == 400

    def test_any_value_serves_as_a_header_against_forgery(self, kibana: httpx.Client) -> None:
        for value in ("false", "0", ""):
            answer = kibana.put(
                "/api/security/role/v", json={"elasticsearch": {}}, headers={"kbn-xsrf": value}
            )
            assert answer.status_code == 204
        assert XSRF["kbn-xsrf"] == "true"


class TestReleases:
    """A release knows what was there when it came out; what came later is an unknown path."""

    @pytest.mark.parametrize(
        ("path", "since"),
        [("/api/maintenance_window/_find", "9.2.0"), ("/api/agent_builder/tools", "9.2.0"),
         ("/api/spaces/space", "8.0.0")],
    )  # fmt: skip
    def test_operations_come_with_their_release(
        self, published: Callable[[str], Path], stand_in: StandIn, path: str, since: str
    ) -> None:
        for version in ("8.18.0", "9.1.3", "9.3.0"):
            client = stand_in(contract=str(published("9.3")), version=version)
            answer = client.get(path)
            there = [int(part) for part in version.split(".")] >= [int(part) for part in since.split(".")]
            assert (version, answer.status_code) == (version, 200 if there else 404)
            assert client.get("/api/status").json()["version"]["number"] == version
