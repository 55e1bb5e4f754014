"""What goes over the wire, what comes back, and what a client never does by itself."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.unit.wire.conftest import Loopback, Say

from pytest_kibana.contract import load
from pytest_kibana.contract.model import Match, Operation
from pytest_kibana.errors import (
    BudgetExhausted,
    ContractError,
    CredentialsRefused,
    SafetyRefusal,
    TargetUnreachable,
    UsageError,
)
from pytest_kibana.wire import (
    Anonymous,
    ApiKey,
    AsyncKibanaClient,
    Basic,
    Clock,
    Exchange,
    KibanaClient,
    Origin,
    RawHeader,
    Request,
    RetryPolicy,
    Session,
    Timeouts,
)

WHO = Basic("someone", "canary-password-1")
KEY = ApiKey.of("id", "canary-api-key-1")


class Slept(list[float]):
    """A clock that does not wait, and remembers how long it was asked to."""

    def clock(self) -> Clock:
        return Clock(sleep=self.append)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def seen() -> list[Exchange]:
    return []


@pytest.fixture
def client(loopback: Loopback, slept: Slept, seen: list[Exchange]) -> Iterator[KibanaClient]:
    with KibanaClient(loopback.url + "/base", WHO, listeners=(seen.append,), clock=slept.clock()) as made:
        yield made


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


class OneOperation:
    """As much of a contract as a client needs."""

    _operation = Operation("GET /api/thing/{id}", "GET", "/api/thing/{id}", "get-thing", "thing")

    def operation(self, _name: str) -> Operation:
        return self._operation

    def match(self, _method: str, path: str) -> Match:
        return Match(self._operation, {"id": path.rpartition("/")[2]})

    def resolve(self, schema: Any) -> Any:
        return schema


class TestViews:
    def test_identities_share_connections_and_not_credentials(
        self, client: KibanaClient, loopback: Loopback
    ) -> None:
        client.as_(KEY).get("/a")
        client.anonymous().get("/b")
        client.as_(RawHeader("Bearer x")).get("/c")
        assert loopback.seen[0].header("authorization") == KEY.headers()[0][1]
        assert "authorization" not in loopback.seen[1].names
        assert loopback.seen[2].header("authorization") == "Bearer x"
        assert client.credentials == WHO

    def test_every_identity_is_known_to_one_redactor(self, client: KibanaClient) -> None:
        client.as_(KEY)
        assert "canary-api-key-1" not in client.redactor.text("x canary-api-key-1 y")

    def test_spaces_are_ids_or_have_one(self, client: KibanaClient) -> None:
        class Space:
            id = "ab"

        assert client.in_space(Space()).space == client.in_space("ab").space == "ab"
        assert client.in_space("ab").in_space("default").space is None
        with pytest.raises(UsageError):
            client.in_space(3)

    def test_a_derived_client_keeps_gates_and_listeners(
        self, client: KibanaClient, seen: list[Exchange]
    ) -> None:
        def refuse(request: Request) -> None:
            raise SafetyRefusal("no", hint="never")

        gated = client.derive(gates=(refuse,)).as_(KEY).in_space("x").anonymous()
        with pytest.raises(SafetyRefusal):
            gated.get("/api/x")
        assert seen == []

    def test_closing_a_view_leaves_the_connections(self, client: KibanaClient) -> None:
        client.anonymous().close()
        assert client.get("/api/x").status_code == 200

    def test_nothing_prints_a_secret(self, client: KibanaClient) -> None:
        assert "canary" not in repr(client) + repr(client.as_(KEY)) + repr(client.__dict__)

    def test_secrets_of_the_endpoint_are_known_too(self) -> None:
        from pytest_kibana.wire import read_endpoint

        endpoint, _ = read_endpoint("http://k.example", proxy="http://u:canary%2Fproxy-1@127.0.0.1:1")
        with KibanaClient(replace(endpoint, client_key_password="canary-key-password")) as own:
            text = own.redactor.text("canary/proxy-1 canary%2Fproxy-1 canary-key-password")
        assert "canary" not in text

    def test_nothing_is_logged(self, loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        loopback.default = Say(headers={"set-cookie": "sid=canary-cookie-1"})
        with KibanaClient(loopback.url, Session("a", "canary-password-1")) as own:
            own.as_(KEY).post("/api/x", json={"secrets": {"a": "canary-secret-1"}})
            own.get("/api/x")
        assert "canary" not in caplog.text

    def test_a_credential_stands_in_no_argument_of_a_traceback(self, client: KibanaClient) -> None:
        def broken(_exchange: Exchange) -> None:
            raise RuntimeError("a listener with a bug")

        bad_header = Request("POST", "/api/x", headers=(("x", "a\r\nb"),), body=b"canary-secret-1")
        for view in (client.derive(listeners=(broken,)), client):
            with pytest.raises((RuntimeError, UsageError)) as caught:
                view.as_(KEY).send(bad_header if view is client else Request("GET", "/api/x"))
            for style in ("long", "short"):
                shown = str(caught.getrepr(style=style, showlocals=True, funcargs=True, tbfilter=False))
                assert "canary" not in shown.replace('b"canary-secret-1"', "")
                assert KEY.encoded not in shown

    def test_credentials_in_the_url_serve(self, loopback: Loopback) -> None:
        with KibanaClient(loopback.url.replace("//", "//a:canary-password-2@")) as own:
            own.get("/api/x")
            assert own.credentials == Basic("a", "canary-password-2")
        assert loopback.seen[0].header("authorization") == Basic("a", "canary-password-2").headers()[0][1]


class TestGates:
    def test_a_refused_request_is_not_sent(self, loopback: Loopback) -> None:
        asked: list[Request] = []

        def gate(request: Request) -> None:
            asked.append(request)
            if len(asked) > 2:
                raise BudgetExhausted("enough", hint="more")

        with KibanaClient(loopback.url, gates=(gate,), origin=Origin.FACTORY) as gated:
            gated.get("/a")
            gated.send(Request("GET", "/b"))
            with pytest.raises(BudgetExhausted):
                gated.get("/c")
        assert [s.target for s in loopback.seen] == ["/a", "/b"]
        assert asked[0].origin is Origin.FACTORY

    def test_httpx_clients_of_other_people_are_covered(
        self, client: KibanaClient, seen: list[Exchange]
    ) -> None:
        with httpx.Client(transport=client.transport(), base_url=client.endpoint.url) as theirs:
            assert theirs.post("/s/ab/api/x?q=1", json={"password": "hunter2hunter2"}).status_code == 200
            with pytest.raises(UsageError):
                theirs.get("http://elsewhere.example/")
        assert (seen[0].request.path, seen[0].request.space, seen[0].request.query) == (
            "/api/x",
            "ab",
            (("q", "1"),),
        )
        assert "hunter2" not in repr(seen)

    def test_async_ones_are_covered_too(self, loopback: Loopback, seen: list[Exchange]) -> None:
        async def run() -> None:
            own = AsyncKibanaClient(loopback.url, WHO, listeners=(seen.append,))
            async with own, httpx.AsyncClient(transport=own.transport(), base_url=loopback.url) as theirs:
                assert (await theirs.put("/api/x", json={"a": 1})).status_code == 200

        asyncio.run(run())
        assert (seen[0].request.path, seen[0].request.body) == ("/api/x", b'{"a":1}')
        assert loopback.seen[0].header("authorization") == WHO.headers()[0][1]

    def test_their_outages_are_httpx_errors(self, loopback: Loopback) -> None:
        def hang_up(handler: Any) -> None:
            handler.close_connection = True

        loopback.default = hang_up
        own = KibanaClient(loopback.url, retry=RetryPolicy(attempts=1))
        theirs = httpx.Client(transport=own.transport(), base_url=loopback.url)
        with own, theirs, pytest.raises(httpx.ConnectError):
            theirs.get("/api/x")


NOT_READY = Say("Kibana server is not ready yet", status=503, headers={"retry-after": "30"}, kbn=False)
OVERLOAD = Say(
    {"statusCode": 429, "error": "Too Many Requests", "message": "Server is overloaded"}, status=429
)


class TestRetry:
    def test_safe_methods_are_tried_again_with_backoff(
        self, client: KibanaClient, loopback: Loopback, slept: Slept, seen: list[Exchange]
    ) -> None:
        loopback.queue = [Say("bad", status=502, kbn=False), Say("gone", status=504, kbn=False)]
        assert client.get("/api/x").status_code == 200
        assert slept == [0.25, 0.5]
        assert [(e.attempt, e.weather and e.weather.kind) for e in seen] == [
            (1, "gateway"),
            (2, "gateway"),
            (3, None),
        ]

    def test_retry_after_is_honoured_up_to_the_cap(
        self, client: KibanaClient, loopback: Loopback, slept: Slept
    ) -> None:
        loopback.queue = [
            NOT_READY,
            Say(status=429, headers={"retry-after": "900"}),
            Say(status=503, headers={"retry-after": "soon"}),
        ]
        assert client.get("/api/x").status_code == 200
        assert slept == [30, 40, 1.0]

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("0", 0),
            ("7", 7),
            ("99999999999999999999", 40),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
            ("-3", 0.25),
            ("", 0.25),
        ],
    )
    def test_retry_after_may_be_anything(
        self, client: KibanaClient, loopback: Loopback, slept: Slept, value: str, seconds: float
    ) -> None:
        loopback.queue = [Say(status=503, headers={"retry-after": value})]
        assert client.get("/api/x").status_code == 200
        assert slept == [seconds]

    def test_attempts_end(self, client: KibanaClient, loopback: Loopback, slept: Slept) -> None:
        loopback.default = NOT_READY
        exchange = client.send(Request("GET", "/api/x"))
        assert (exchange.attempt, len(slept)) == (4, 3)
        assert exchange.weather is not None
        assert exchange.weather.kind == "not ready"
        assert exchange.answer is not None

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_unsafe_methods_are_never_sent_twice(
        self, client: KibanaClient, loopback: Loopback, method: str
    ) -> None:
        def hang_up(handler: Any) -> None:
            handler.close_connection = True

        for trouble in (NOT_READY, Say(status=429), Say("x", status=502, kbn=False), hang_up):
            loopback.seen.clear()
            loopback.queue = [trouble]
            client.send(Request(method, "/api/x"))
            assert len(loopback.seen) == 1

    def test_the_event_loop_limiter_is_asked_once_again_whatever_the_method(
        self, client: KibanaClient, loopback: Loopback
    ) -> None:
        loopback.queue = [OVERLOAD]
        assert client.send(Request("POST", "/api/x")).attempt == 2
        loopback.default = OVERLOAD
        for method in ("POST", "GET"):
            exchange = client.send(Request(method, "/api/x"))
            assert exchange.attempt == 2
            assert exchange.weather is not None
            assert exchange.weather.kind == "overloaded"

    def test_broken_connections_are_tried_again_for_safe_methods(
        self, client: KibanaClient, loopback: Loopback, seen: list[Exchange]
    ) -> None:
        def hang_up(handler: Any) -> None:
            handler.close_connection = True

        loopback.queue = [hang_up]
        assert client.get("/api/x").status_code == 200
        assert seen[0].weather is not None
        assert (seen[0].weather.kind, seen[0].answer) == ("broken", None)

    def test_a_status_document_is_what_was_asked_for(
        self, client: KibanaClient, loopback: Loopback, slept: Slept
    ) -> None:
        loopback.default = Say({"status": {"overall": {"level": "critical"}}}, status=503)
        exchange = client.send(Request("GET", "/api/status"))
        assert (exchange.attempt, exchange.weather) == (1, None)

    def test_an_answer_of_kibanas_own_is_an_answer(self, client: KibanaClient, loopback: Loopback) -> None:
        loopback.default = Say({"statusCode": 429, "message": "wait 5 s"}, status=429)
        exchange = client.send(Request("POST", "/api/fleet/epm/packages"))
        assert exchange.weather is None


class TestSession:
    def test_it_logs_in_once_and_sends_the_cookie(self, loopback: Loopback, seen: list[Exchange]) -> None:
        logins = []

        def route(asked: Any) -> Say:
            if asked.target == Session.LOGIN_PATH:
                logins.append(asked)
                return Say(
                    {"location": "/"},
                    headers={"set-cookie": f"sid=canary-cookie-{len(logins)}; HttpOnly; Path=/"},
                )
            return Say({"seen": asked.header("cookie")})

        loopback.route = route
        with KibanaClient(
            loopback.url, Session("someone", "canary-password-1"), listeners=(seen.append,)
        ) as own:
            assert own.get("/api/x").json() == {"seen": "sid=canary-cookie-1"}
            own.in_space("ab").post("/api/y")
        assert len(logins) == 1
        assert b'"providerName":"basic"' in logins[0].body
        assert {"kbn-xsrf", "x-elastic-internal-origin"} <= logins[0].names
        assert "canary" not in repr(seen)

    def test_many_threads_log_in_once(self, loopback: Loopback) -> None:
        loopback.default = Say(headers={"set-cookie": "sid=c1"})
        with KibanaClient(loopback.url, Session("a", "password-xyz")) as own, ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: own.get(f"/{n}"), range(20)))
        assert sum(s.target == Session.LOGIN_PATH for s in loopback.seen) == 1

    def test_it_logs_in_again_when_the_session_ended(self, loopback: Loopback) -> None:
        logins: list[int] = []

        def route(asked: Any) -> Say:
            if asked.target == Session.LOGIN_PATH:
                logins.append(1)
                return Say({}, headers={"set-cookie": f"sid=c{len(logins)}"})
            return Say(status=401) if asked.header("cookie") == "sid=c1" and len(loopback.seen) > 2 else Say()

        loopback.route = route
        with KibanaClient(loopback.url, Session("someone", "password-xyz")) as own:
            assert own.post("/api/x").status_code == 200
            assert own.post("/api/x").status_code == 200
        assert len(logins) == 2

    def test_an_outage_while_logging_in_is_what_came_of_the_request(self, loopback: Loopback) -> None:
        loopback.default = NOT_READY
        with KibanaClient(
            loopback.url, Session("someone", "password-xyz"), retry=RetryPolicy(attempts=1)
        ) as own:
            exchange = own.send(Request("GET", "/api/x", operation="GET /api/x"))
        assert exchange.weather is not None
        assert (exchange.weather.kind, exchange.request.operation) == ("not ready", "GET /api/x")

    def test_a_refused_login_is_refused_credentials(self, loopback: Loopback) -> None:
        loopback.default = Say({"statusCode": 401}, status=401)
        own = KibanaClient(loopback.url, Session("someone", "canary-password-1"))
        with own, pytest.raises(CredentialsRefused, match="cloud-basic") as caught:
            own.get("/api/x")
        assert "canary" not in str(caught.value)


class TestConcurrency:
    def test_threads_share_one_client(
        self, client: KibanaClient, loopback: Loopback, seen: list[Exchange]
    ) -> None:
        loopback.route = lambda asked: Say({"t": asked.target})
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda n: client.in_space("ab").get(f"/api/{n}").json()["t"], range(200)))
        assert answers == [f"/base/s/ab/api/{n}" for n in range(200)]
        assert len({e.id for e in seen}) == 200

    def test_as_many_connections_as_said_and_no_more(self, loopback: Loopback) -> None:
        from pytest_kibana.wire import read_endpoint

        gate, busy, most = threading.Semaphore(0), 0, 0
        lock = threading.Lock()

        def slow(handler: Any) -> None:
            nonlocal busy, most
            with lock:
                busy += 1
                most = max(most, busy)
            gate.acquire(timeout=0.2)
            with lock:
                busy -= 1
            Say().write(handler)

        loopback.default = slow
        endpoint = replace(read_endpoint(loopback.url)[0], connections=3)
        with KibanaClient(endpoint) as own, ThreadPoolExecutor(9) as pool:
            list(pool.map(lambda n: own.get(f"/{n}"), range(9)))
        assert most == 3


class TestAsync:
    def test_the_twin_does_the_same(self, loopback: Loopback, seen: list[Exchange]) -> None:
        waited: list[float] = []

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        async def run(own: AsyncKibanaClient) -> None:
            answers = await asyncio.gather(*(own.get(f"/api/{n}") for n in range(20)))
            assert all(a.status_code == 200 for a in answers)
            loopback.queue = [NOT_READY]
            assert (await own.in_space("ab").post("/api/x", json={})).status_code == 503
            loopback.queue = [NOT_READY]
            assert (await own.send(Request("GET", "/api/x"))).attempt == 2

        async def closing(own: AsyncKibanaClient) -> None:
            async with own:
                await run(own)

        loopback.default = Say(headers={"set-cookie": "sid=canary-cookie-1"})
        who = Session("a", "canary-password-1")
        asyncio.run(closing(AsyncKibanaClient(loopback.url, who, listeners=(seen.append,), sleep=sleep)))
        assert waited == [30]
        assert sum(s.target == Session.LOGIN_PATH for s in loopback.seen) == 1
        assert loopback.seen[-1].header("cookie") == "sid=canary-cookie-1"
        assert "canary" not in repr(seen)

    def test_no_answer_is_an_error(self) -> None:
        async def run() -> None:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            async with AsyncKibanaClient(url, Anonymous(), retry=RetryPolicy(attempts=1)) as own:
                with pytest.raises(TargetUnreachable):
                    await own.delete("/api/x")

        asyncio.run(run())
