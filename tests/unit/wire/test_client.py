"""What goes over the wire, what comes back, and what a client never does by itself."""

import asyncio
import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.wire.conftest import WHO, Loopback, Say

from pytest_kibana.contract import load
from pytest_kibana.contract.model import Match, Operation
from pytest_kibana.errors import ContractError, TargetUnreachable, UsageError
from pytest_kibana.wire import AsyncKibanaClient, Exchange, KibanaClient, Request, RetryPolicy, Timeouts


class OneOperation:
    """As much of a contract as a client needs."""

    _operation = Operation("GET /api/thing/{id}", "GET", "/api/thing/{id}", "get-thing", "thing")

    def operation(self, _name: str) -> Operation:
        return self._operation

    def match(self, _method: str, path: str) -> Match:
        return Match(self._operation, {"id": path.rpartition("/")[2]})

    def resolve(self, schema: Any) -> Any:
        return schema


class TestBare:
    """``send`` adds authentication, host and length, and nothing else."""

    def test_only_what_the_request_says_is_sent(self, client: KibanaClient, loopback: Loopback) -> None:
        client.send(Request("GET", "/api/x", query=(("a", "b c"),), space="ab"))
        assert loopback.seen[0].target == "/base/s/ab/api/x?a=b%20c"
        assert loopback.seen[0].names == {"host", "authorization"}

    def test_a_body_brings_its_length_and_no_type(self, client: KibanaClient, loopback: Loopback) -> None:
        client.send(Request("POST", "/api/x", body=b"{}"))
        client.send(Request("POST", "/api/x"))
        assert loopback.seen[0].names == {"host", "authorization", "content-length"}
        assert (loopback.seen[0].body, loopback.seen[1].header("content-length")) == (b"{}", "0")

    @pytest.mark.parametrize("path", ["/api/a%2Fb", "/api/../x", "/api//x", "/api/%2E%2E/", "/api/{id}"])
    def test_the_path_travels_as_it_is_written(
        self, client: KibanaClient, loopback: Loopback, path: str
    ) -> None:
        client.send(Request("GET", path))
        assert loopback.seen[0].target == "/base" + path

    def test_a_header_of_the_case_replaces_authentication(
        self, client: KibanaClient, loopback: Loopback
    ) -> None:
        client.send(Request("GET", "/", headers=(("Authorization", "ApiKey wrong"),)))
        assert [v for k, v in loopback.seen[0].headers if k.lower() == "authorization"] == ["ApiKey wrong"]

    def test_an_http_error_is_an_answer(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = Say({"statusCode": 500}, status=500)
        exchange = client.send(Request("POST", "/api/x"))
        assert exchange.weather is None
        assert exchange.answer is not None
        assert (exchange.answer.status, exchange.answer.json) == (500, {"statusCode": 500})

    def test_the_exchange_is_timed_and_numbered(self, client: KibanaClient, seen: list[Exchange]) -> None:
        ids = {client.send(Request("GET", "/")).id for _ in range(3)}
        assert len(ids) == 3
        assert all(0 < e.elapsed < 5 and e.started > 1e9 for e in seen)

    def test_what_http_cannot_carry_is_our_mistake(self, client: KibanaClient) -> None:
        with pytest.raises(UsageError):
            client.send(Request("GET", "/", headers=(("x", "a\r\nb"),)))

    def test_redirects_are_not_followed_and_cookies_not_kept(
        self, client: KibanaClient, loopback: Loopback
    ) -> None:
        loopback.default = Say(status=302, headers={"location": "/login", "set-cookie": "sid=1"})
        for _ in range(2):
            exchange = client.send(Request("GET", "/"))
            assert exchange.answer is not None
            assert exchange.answer.status == 302
        assert len(loopback.seen) == 2
        assert "cookie" not in loopback.seen[1].names


class TestFriendly:
    def test_what_a_well_behaved_client_says(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = Say({"ok": True})
        response = client.in_space("ab").post("/api/x?y=1", json={"a": 1}, query={"z": True, "l": ["1", "2"]})
        assert response.json() == {"ok": True}
        asked = loopback.seen[0]
        assert asked.target == "/base/s/ab/api/x?y=1&z=true&l=1&l=2"
        assert asked.header("kbn-xsrf")
        assert asked.header("elastic-api-version") == "2023-10-31"
        assert asked.header("content-type") == "application/json"
        assert asked.header("accept-encoding") == "gzip"
        assert asked.body == b'{"a":1}'

    def test_headers_can_be_replaced_and_left_out(self, client: KibanaClient, loopback: Loopback) -> None:
        client.post("/api/x", headers={"Kbn-Xsrf": None, "User-Agent": "me", "x": 1})
        assert "kbn-xsrf" not in loopback.seen[0].names
        assert loopback.seen[0].header("user-agent") == "me"
        assert loopback.seen[0].header("x") == "1"

    def test_internal_paths_say_that_they_know(self, client: KibanaClient, loopback: Loopback) -> None:
        client.get("/internal/x")
        assert loopback.seen[0].header("x-elastic-internal-origin")
        assert "elastic-api-version" not in loopback.seen[0].names

    def test_the_caller_sees_what_the_exchange_hides(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = Say({"encoded": "c2VjcmV0LXZhbHVl"})
        response = client.post("/api/keys", json={"password": "hunter2hunter2"})
        exchange = response.extensions["kibana_exchange"]
        assert response.json() == {"encoded": "c2VjcmV0LXZhbHVl"}
        assert "c2VjcmV0LXZhbHVl" not in repr(exchange)
        assert "hunter2" not in repr(exchange)
        assert exchange.answer.json == {"encoded": "x0XxxxX0XXXxxXXx"}

    def test_gzip_is_undone(self, client: KibanaClient, loopback: Loopback) -> None:
        import gzip

        loopback.default = Say(
            gzip.compress(b'{"a":1}'),
            headers={"content-encoding": "gzip", "content-type": "application/json"},
        )
        response = client.get("/api/x")
        assert response.json() == {"a": 1}
        assert response.extensions["kibana_exchange"].answer.json == {"a": 1}

    def test_paths_must_be_paths_below_the_base(self, client: KibanaClient) -> None:
        for path in ("api/x", "http://elsewhere/api/x", "//elsewhere/x", ""):
            with pytest.raises(UsageError):
                client.get(path)

    def test_a_space_in_the_path_wins_and_is_understood(
        self, client: KibanaClient, seen: list[Exchange]
    ) -> None:
        client.in_space("ab").get("/s/cd/api/x")
        assert (seen[0].request.space, seen[0].request.path) == ("cd", "/api/x")

    def test_unicode_and_spaces_are_encoded_once(self, client: KibanaClient, loopback: Loopback) -> None:
        client.get("/api/a b/ü/%2F")
        assert loopback.seen[0].target == "/base/api/a%20b/%C3%BC/%2F"

    def test_no_answer_is_an_error_that_says_where(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with KibanaClient(url, WHO, retry=RetryPolicy(attempts=1)) as lost:
            with pytest.raises(TargetUnreachable, match=url):
                lost.get("/api/status")
            exchange = lost.send(Request("GET", "/"))
        assert exchange.answer is None
        assert exchange.weather is not None
        assert exchange.weather.kind == "unreachable"

    def test_one_kind_of_body(self, client: KibanaClient) -> None:
        with pytest.raises(UsageError):
            client.post("/api/x", json={}, content=b"x")

    def test_a_call_may_say_its_space_and_its_time(self, client: KibanaClient, loopback: Loopback) -> None:
        client.in_space("ab").get("/api/x", space="cd")
        assert loopback.seen[0].target == "/base/s/cd/api/x"
        loopback.default = lambda _handler: time.sleep(1)
        began = time.monotonic()
        with pytest.raises(TargetUnreachable, match="in time"):
            client.post("/api/x", timeout=0.2)
        assert time.monotonic() - began < 0.9

    def test_a_call_by_operation_may_say_its_space_too(
        self, client: KibanaClient, loopback: Loopback
    ) -> None:
        label, path = "GET /api/cases/{caseId}", {"caseId": "c"}
        known = client.derive(contract=load("core"), space="ab")
        for space in ("cd", None, "default", SimpleNamespace(id="ef")):
            known.call(label, path=path, space=space)
        known.call(label, path=path)

        async def ask() -> None:
            other = AsyncKibanaClient(client.endpoint, contract=load("core"), space="ab")
            async with other as asynchronous:
                await asynchronous.call(label, path=path, space="cd")

        asyncio.run(ask())
        spaces = [said.target.removeprefix("/base").removesuffix("/api/cases/c") for said in loopback.seen]
        assert spaces == ["/s/cd", "", "", "/s/ef", "/s/ab", "/s/cd"]

    @pytest.mark.parametrize("kind", [KibanaClient, AsyncKibanaClient])
    def test_an_option_that_no_client_has_is_named(self, kind: Any) -> None:
        with pytest.raises(TypeError, match=f"{kind.__name__}.*spaces"):
            kind("http://127.0.0.1:9", spaces="ab")

    def test_patience_gives_some_requests_more_time(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = lambda handler: (time.sleep(0.3), Say().write(handler))
        short = client.derive(patience=lambda r: Timeouts(total=0.1) if r.path == "/api/short" else None)
        assert short.send(Request("POST", "/api/short")).weather is not None
        assert short.send(Request("POST", "/api/long")).weather is None

    def test_head_has_no_body(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = Say({"a": 1})
        assert client.head("/api/x").content == b""

    def test_calls_by_operation(self, client: KibanaClient, loopback: Loopback) -> None:
        with pytest.raises(ContractError):
            client.call("get-thing")
        named = client.derive(contract=OneOperation())  # type: ignore[arg-type]
        response = named.call("get-thing", path={"id": "a/b"}, query={"q": True})
        assert loopback.seen[-1].target == "/base/api/thing/a%2Fb?q=true"
        assert response.extensions["kibana_exchange"].request.operation == "GET /api/thing/{id}"
        by_path = named.get("/api/thing/x").extensions["kibana_exchange"].request
        assert (by_path.operation, dict(by_path.path_parameters)) == ("GET /api/thing/{id}", {"id": "x"})
