"""Which refusal wins when a request is wrong in several ways. Source: Kibana source (http_server.ts,
lifecycle_handlers.ts, core_versioned_route.ts): route, credentials, payload, xsrf, release, fence around internal
routes, privileges, version, validation, handler."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any
PATH = "/api/spaces/space"
INTERNAL = "/internal/security/api_key"
MOST = 1_048_576

WRONGS: dict[str, tuple[int, str]] = {
    "route": (404, "Not Found"),
    "credentials": (401, "Unauthorized"),
    "payload": (400, "Invalid request payload JSON format"),
    "xsrf": (400, "Request must contain a kbn-xsrf header."),
    "privileges": (403, "Unauthorized to create spaces"),
    "version": (400, 'No version "1999-01-01"'),
    "validation": (400, "[request body"),
    "handler": (409, "A space with the identifier default already exists."),
}
"""What can be wrong with creating a space, the strongest first, and how each is refused when it is alone."""


def send(kibana: httpx.Client, wrongs: set[str]) -> httpx.Response:
    """Ask for a space in a way that is wrong in all these respects."""
    headers = {"content-type": "application/json"}
    auth: Json = ("viewer", "changeme") if "privileges" in wrongs else ("elastic", "changeme")
    if "credentials" in wrongs:
        auth = None
    if "xsrf" not in wrongs:
        headers["kbn-xsrf"] = "true"
    if "version" in wrongs:
        headers["elastic-api-version"] = "1999-01-01"
    content = b'{"id":"default","name":"x"}' if "handler" in wrongs else b'{"id":"order","name":"x"}'
    if "validation" in wrongs:
        content = b'{"id":5}'
    if "payload" in wrongs:
        content = b"{"
    path = f"{PATH}/none/none" if "route" in wrongs else PATH
    with httpx.Client(base_url=kibana.base_url, auth=auth) as bare:
        return bare.post(path, content=content, headers=headers)


@pytest.mark.parametrize("wrong", WRONGS)
def test_each_alone_is_refused_in_its_words(kibana: httpx.Client, wrong: str) -> None:
    answer = send(kibana, {wrong})
    status, words = WRONGS[wrong]
    assert answer.status_code == status
    assert answer.json()["message"].startswith(words)
    assert answer.json()["statusCode"] == status


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(WRONGS, 2)))
def test_of_two_the_earlier_wins(kibana: httpx.Client, first: str, second: str) -> None:
    answer = send(kibana, {first, second})
    status, words = WRONGS[first]
    assert (answer.status_code, answer.json()["message"][: len(words)]) == (status, words)
    assert kibana.get(f"{PATH}/order").status_code == 404


def test_all_at_once_is_an_unknown_route(kibana: httpx.Client) -> None:
    assert send(kibana, set(WRONGS)).status_code == 404


@pytest.mark.parametrize("wrong", ["413", "415"])
def test_credentials_come_before_size_and_media_type(kibana: httpx.Client, wrong: str) -> None:
    content = b"x" * (MOST + 1) if wrong == "413" else b"x"
    headers = {"content-type": "application/json" if wrong == "413" else "text/plain"}
    bare = httpx.Client(base_url=kibana.base_url)
    with bare:
        assert bare.post(PATH, content=content, headers=headers).status_code == 401
        known = bare.post(PATH, content=content, headers=headers, auth=("viewer", "changeme"))
    assert known.status_code == int(wrong)  # before xsrf, and before the privilege that a viewer lacks


class TestInternal:
    def test_the_fence_comes_after_xsrf_and_release(self, kibana: httpx.Client) -> None:
        with httpx.Client(base_url=kibana.base_url, auth=("elastic", "changeme")) as bare:
            assert "kbn-xsrf" in bare.post(INTERNAL, json={"name": "x"}).json()["message"]
            aged = bare.post(INTERNAL, json={"name": "x"}, headers={"kbn-version": "1.0.0"})
            assert aged.json()["message"].startswith("Browser client is out of date")
        assert "exists but is not available" in kibana.post(INTERNAL, json={"name": "x"}).json()["message"]

    def test_nobody_learns_whether_it_exists(self, nobody: httpx.Client) -> None:
        assert nobody.get("/api/licensing/info").status_code == 401

    def test_a_marker_of_false_is_none(self, kibana: httpx.Client) -> None:
        assert kibana.get("/api/licensing/info?elasticInternalOrigin=false").status_code == 400

    def test_the_message_names_the_path_without_space_and_query(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/s/default/api/licensing/info?a=b").json()["message"]
        assert answer.startswith("uri [/api/licensing/info] with method [get] exists but")


class TestOverload:
    def test_it_is_429_before_anybody_is_asked_for_credentials(self, stand_in: StandIn) -> None:
        client = stand_in(faults=("weather.overloaded@*",))
        with httpx.Client(base_url=client.base_url) as bare:
            answer = bare.get(PATH)
        assert answer.json() == {
            "statusCode": 429,
            "error": "Too Many Requests",
            "message": "Server is overloaded",
        }
        assert "retry-after" not in answer.headers

    def test_the_status_is_told_all_the_same(self, stand_in: StandIn) -> None:
        assert stand_in(faults=("weather.overloaded@*",)).get("/api/status").status_code == 200


class TestVersions:
    def test_the_header_counts_for_every_method(self, kibana: httpx.Client) -> None:
        for method in ("GET", "PUT", "DELETE"):
            answer = kibana.request(method, f"{PATH}/default", headers={"elastic-api-version": "1999-01-01"})
            assert f"available for [{method.lower()}] [{PATH}/{{id}}]" in answer.json()["message"]

    @pytest.mark.parametrize("version", ["20231031", "x", "2023-1-1"])
    def test_what_is_no_date_is_malformed(self, kibana: httpx.Client, version: str) -> None:
        answer = kibana.get(PATH, headers={"elastic-api-version": version})
        if version.strip() == "2023-10-31":  # what surrounds a header's value is no part of it
            assert answer.status_code == 200
        else:
            assert answer.json()["message"] == (
                f'Invalid version. Received "{version}", expected a valid date string formatted as YYYY-MM-DD.'
            )

    def test_a_version_in_the_query_is_refused_even_beside_a_good_header(self, kibana: httpx.Client) -> None:
        headers = {"elastic-api-version": "2023-10-31"}
        answer = kibana.get(f"{PATH}?apiVersion=2023-10-31", headers=headers)
        assert answer.json()["message"] == (
            'Use of query parameter "apiVersion" is not allowed. Please specify the API version using the '
            '"elastic-api-version" header.'
        )

    def test_a_refusal_of_validation_says_the_version(self, kibana: httpx.Client) -> None:
        answer = kibana.post(PATH, json={"id": 5})
        assert (answer.status_code, answer.headers["elastic-api-version"]) == (400, "2023-10-31")

    @pytest.mark.parametrize("wrong", ["route", "credentials", "payload", "xsrf", "privileges", "version"])
    def test_refusals_before_the_handler_do_not(self, kibana: httpx.Client, wrong: str) -> None:
        assert "elastic-api-version" not in send(kibana, {wrong}).headers

    def test_internal_routes_never_say_it(self, kibana: httpx.Client) -> None:
        answer = kibana.get("/api/licensing/info", headers={"x-elastic-internal-origin": "x"})
        assert "elastic-api-version" not in answer.headers

    def test_routes_of_plain_routers_of_every_family_do_not_look(
        self, published: Callable[[str], Path], stand_in: StandIn
    ) -> None:
        client = stand_in(contract=str(published("9.3")))
        for path in ("/api/alerting/_health", "/api/cases/tags", "/api/task_manager/_health"):
            answer = client.get(path, headers={"elastic-api-version": "1999-01-01"})
            assert (path, answer.status_code) == (path, 200)
