"""Who is at the other end is learned from what it says, and four kinds of trouble are told apart."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.wire.conftest import Loopback, Say, Seen, loopback  # noqa: F401 - a fixture

from pytest_kibana.errors import (
    CredentialsRefused,
    EnvironmentTrouble,
    NotKibana,
    TargetNotReady,
    TargetUnreachable,
)
from pytest_kibana.target import Target, probe
from pytest_kibana.wire import Anonymous, ApiKey, Basic, Clock, Exchange, KibanaClient, Origin

WHO = Basic("someone", "canary-password-1")


def status(level: str = "available", **version: Any) -> dict[str, Any]:
    number = {"number": "9.1.4", "build_hash": "abc", "build_number": 7, "build_snapshot": False, **version}
    return {
        "name": "my-kibana",
        "uuid": "u-1",
        "version": number,
        "status": {
            "overall": {"level": level, "summary": "as it is"},
            "plugins": {"fleet": {"level": "available"}, "securitySolution": {"level": "degraded"}},
        },
    }


def kind(tier: str, enabled: bool) -> dict[str, Any]:
    return {"id": tier, "minimum_license_required": tier, "enabled_in_license": enabled}


XSRF = {"statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header."}


class Kibana:
    """What the loopback server says for each path; a value may be an answer or a function of the request."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.paths: dict[str, Any] = {
            "/api/status": Say(status()),
            "/api/actions/connector_types": Say(
                [kind("basic", True), kind("gold", True), kind("platinum", False)]
            ),
            "/api/alerting/rule_types": Say([kind("basic", True)]),
            "/api/spaces/space": lambda seen: Say(
                [], status=200 if seen.header("authorization") == KNOWN else 401
            ),
            "/api/spaces/_get_shareable_references": Say(XSRF, status=400),
        }
        server.route = self.answer

    def answer(self, seen: Seen) -> Say:
        found = self.paths.get(seen.target, Say({"statusCode": 404}, status=404))
        return found(seen) if callable(found) else found


KNOWN = WHO.headers()[0][1]


@pytest.fixture
def kibana(loopback: Loopback) -> Kibana:  # noqa: F811
    return Kibana(loopback)


@pytest.fixture
def client(kibana: Kibana) -> Iterator[KibanaClient]:
    with KibanaClient(kibana.server.url, WHO) as made:
        yield made


def test_everything_that_can_be_learned(client: KibanaClient) -> None:
    target = probe(client)
    assert target == Target(
        url=client.endpoint.url,
        name="my-kibana",
        version="9.1.4",
        flavor="traditional",
        build_hash="abc",
        build_number=7,
        uuid="u-1",
        level="available",
        plugins={"fleet": "available", "securitySolution": "degraded"},
        license="gold",
        anonymous=False,
        security_disabled=False,
        xsrf_exempt=False,
    )
    assert str(target.release) == "9.1.4"
    assert target.has_plugin("Fleet")
    assert not target.has_plugin("cases")
    assert (target.licensed("gold"), target.licensed("platinum"), target.licensed("nonsense")) == (
        True,
        False,
        None,
    )
    json.dumps(target.describe())


def test_probing_changes_nothing_and_says_that_it_probes(client: KibanaClient) -> None:
    seen: list[Exchange] = []
    probe(client.in_space("elsewhere").derive(listeners=(seen.append,), origin=Origin.HAND))
    assert {e.request.origin for e in seen} == {Origin.PROBE}
    assert {e.request.method for e in seen} == {"GET", "POST"}
    assert {e.request.path for e in seen if e.request.method == "POST"} == {
        "/api/spaces/_get_shareable_references"
    }
    assert {e.request.space for e in seen} == {None}
    assert "canary" not in repr(seen)


def test_flavor_and_snapshot(kibana: Kibana, client: KibanaClient) -> None:
    kibana.paths["/api/status"] = Say(status(build_flavor="serverless", number="9.2.0-SNAPSHOT"))
    target = probe(client)
    assert (target.serverless, target.version, target.snapshot) == (True, "9.2.0", True)
    kibana.paths["/api/status"] = Say(status(build_snapshot=True))
    assert probe(client).snapshot


def test_a_degraded_target_can_be_tested(kibana: Kibana, client: KibanaClient) -> None:
    kibana.paths["/api/status"] = Say(status("degraded"))
    assert probe(client).level == "degraded"


def test_an_unknown_licence_stays_unknown(kibana: Kibana, client: KibanaClient) -> None:
    kibana.paths["/api/actions/connector_types"] = kibana.paths["/api/alerting/rule_types"] = Say(status=403)
    target = probe(client)
    assert (target.license, target.licensed("basic")) == (None, None)


@pytest.mark.parametrize(
    ("served", "anonymous", "disabled"),
    [({None}, True, False), ({None, "wrong"}, True, True), (set(), False, False)],
)
def test_anonymous_access_and_disabled_security(
    kibana: Kibana, client: KibanaClient, served: set[Any], anonymous: bool, disabled: bool
) -> None:
    def answer(seen: Seen) -> Say:
        who = seen.header("authorization")
        return Say([], status=200 if (who if who is None else "wrong") in served else 401)

    kibana.paths["/api/spaces/space"] = answer
    target = probe(client)
    assert (target.anonymous, target.security_disabled) == (anonymous, disabled)


def test_one_operation_that_serves_strangers_is_its_defect_and_not_how_it_is_set_up(
    kibana: Kibana, client: KibanaClient
) -> None:
    """Were it taken for an anonymous provider, no other operation would be held to refuse strangers."""
    kibana.paths["/api/spaces/space"] = Say([])
    kibana.paths["/api/features"] = lambda seen: Say(
        [], status=200 if seen.header("authorization") == KNOWN else 401
    )
    target = probe(client)
    assert (target.anonymous, target.security_disabled) == (False, False)


@pytest.mark.parametrize(
    ("answer", "exempt"),
    [(Say(XSRF, status=400), False), (Say({}), True), (Say(status=404), None), (Say(status=500), None)],
)
def test_whether_xsrf_is_asked_for(kibana: Kibana, client: KibanaClient, answer: Say, exempt: Any) -> None:
    kibana.paths["/api/spaces/_get_shareable_references"] = answer
    assert probe(client).xsrf_exempt is exempt


@pytest.mark.parametrize(
    ("name", "stand_in"), [("kibana-stand-in", True), ("my-kibana", False), ("outstanding", False)]
)
def test_a_stand_in_is_reported(kibana: Kibana, client: KibanaClient, name: str, stand_in: bool) -> None:
    kibana.paths["/api/status"] = Say({**status(), "name": name})
    assert probe(client).stand_in is stand_in


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://someone:canary-password-2@127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with KibanaClient("http://kibana.example", WHO) as client, pytest.raises(TargetUnreachable) as told:
        probe(client)
    assert "through the proxy http://127.0.0.1:9 that the environment names" in told.value.message
    assert "NO_PROXY" in told.value.hint
    assert "canary" not in str(told.value)


def test_nothing_there_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with KibanaClient(url, WHO) as lost, pytest.raises(TargetUnreachable, match=url):
        probe(lost)


def test_the_wrong_scheme_is_hinted_at(kibana: Kibana) -> None:
    url = kibana.server.url.replace("http:", "https:")
    with KibanaClient(url, WHO) as wrong, pytest.raises(TargetUnreachable, match="Check the scheme"):
        probe(wrong)


UNVERSIONED = {"status": {"overall": {"level": "available"}}}


@pytest.mark.parametrize(
    ("answer", "trouble", "words"),
    [
        (Say(UNVERSIONED), CredentialsRefused, "no version"),
        (Say({"statusCode": 401}, status=401), CredentialsRefused, "401"),
        (Say({"statusCode": 403}, status=403), CredentialsRefused, "403"),
        (Say("Kibana server is not ready yet", status=503), TargetNotReady, "not ready yet"),
        (Say("Kibana server is not ready yet", status=503, kbn=False), TargetNotReady, "not ready yet"),
        (Say(status("critical"), status=503), TargetNotReady, "critical: as it is"),
        (Say({"status": {"overall": {"level": "unavailable"}}}, status=503), TargetNotReady, "unavailable"),
        (Say("<h1>Bad Gateway</h1>", status=502, kbn=False), TargetNotReady, "502"),
        (Say({"message": "Server is overloaded"}, status=429), TargetNotReady, "overloaded"),
        (Say({"message": "License is not available."}, status=503), TargetNotReady, "License"),
        (Say("<html>log in</html>", kbn=False), NotKibana, "text/html"),
        (Say("", status=302, headers={"location": "/login"}, kbn=False), NotKibana, "/login"),
        (Say({"hello": "world"}, kbn=False), NotKibana, "no status document"),
        (Say([1, 2], kbn=False), NotKibana, "no status document"),
        (Say({"statusCode": 404}, status=404), NotKibana, "base path|HTTP 404"),
        (
            Say(
                {"error": "no handler"}, status=400, kbn=False, headers={"x-elastic-product": "Elasticsearch"}
            ),
            NotKibana,
            "is Elasticsearch",
        ),
        (Say(status(number="banana")), NotKibana, "banana"),
    ],
)
def test_four_kinds_of_trouble(
    kibana: Kibana, client: KibanaClient, answer: Say, trouble: type[EnvironmentTrouble], words: str
) -> None:
    kibana.paths["/api/status"] = answer
    with pytest.raises(trouble, match=words) as caught:
        probe(client)
    assert type(caught.value) is trouble
    assert caught.value.hint
    assert "canary" not in str(caught.value)


def test_an_open_status_page_does_not_hide_refused_credentials(kibana: Kibana, client: KibanaClient) -> None:
    kibana.paths["/api/actions/connector_types"] = Say({"statusCode": 401}, status=401)
    with pytest.raises(CredentialsRefused, match="connector_types"):
        probe(client)


def test_missing_credentials_are_named_as_missing(kibana: Kibana, client: KibanaClient) -> None:
    kibana.paths["/api/status"] = Say(UNVERSIONED)
    with pytest.raises(CredentialsRefused, match="none were given"):
        probe(client.as_(Anonymous()))
    with pytest.raises(CredentialsRefused, match="api key"):
        probe(client.as_(ApiKey.of("id", "canary-key-1")))


class Ticking:
    """A clock on which sleeping is the only thing that takes time."""

    def __init__(self) -> None:
        self.time = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.time, sleep=self.sleep)


def test_it_waits_for_readiness_and_no_longer_than_said(kibana: Kibana) -> None:
    ticking = Ticking()
    not_ready = Say("Kibana server is not ready yet", status=503, headers={"retry-after": "30"})
    with KibanaClient(kibana.server.url, WHO, clock=ticking.clock()) as patient:
        kibana.server.queue = [not_ready, not_ready, Say(status("unavailable"), status=503)]
        assert probe(patient, wait=60, poll=2).version == "9.1.4"
        assert ticking.time == 6
        kibana.paths["/api/status"] = not_ready
        with pytest.raises(TargetNotReady):
            probe(patient, wait=5, poll=2)
        assert ticking.time == 11
        kibana.paths["/api/status"] = Say("<html>", kbn=False)
        with pytest.raises(NotKibana):
            probe(patient, wait=60)
        assert ticking.time == 11
