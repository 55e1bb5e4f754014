"""Other clients made of one, and the gates that none of them gets around."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.unit.wire.conftest import KEY, WHO, Loopback, Say

from pytest_kibana.errors import BudgetExhausted, SafetyRefusal, UsageError
from pytest_kibana.wire import (
    AsyncKibanaClient,
    Basic,
    Exchange,
    KibanaClient,
    Origin,
    RawHeader,
    Request,
    RetryPolicy,
    Session,
)


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
