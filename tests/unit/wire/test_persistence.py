"""Repeating, logging in again, and many requests at once: what a client does when one request is not enough."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.wire.conftest import Loopback, Say, Slept

from pytest_kibana.errors import CredentialsRefused, TargetUnreachable
from pytest_kibana.wire import (
    Anonymous,
    AsyncKibanaClient,
    Exchange,
    KibanaClient,
    Request,
    RetryPolicy,
    Session,
)

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
