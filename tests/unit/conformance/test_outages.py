"""Outages: what a run waits for, what it repeats, and what it makes no finding of."""

import threading
import time
from dataclasses import dataclass, replace

from tests.unit.conformance.conftest import failing, of

from pytest_kibana.cases.model import Case, Kind
from pytest_kibana.conformance import Budget, Limits, Runner, conclude, plan
from pytest_kibana.conformance.weather import STATUS, Watch
from pytest_kibana.errors import ExitCode, TargetUnreachable
from pytest_kibana.evidence.model import Verdict
from pytest_kibana.wire.exchange import Answer, Exchange, Request, Weather

WELL = Exchange("x", STATUS, "http://k.example/api/status", 0.0, 0.01)


@dataclass
class Fixed:
    """A sender that has one answer."""

    exchange: Exchange

    def send(self, request: Request) -> Exchange:
        return self.exchange


def test_a_lost_connection_changes_no_verdict_and_is_one_line(run, small, reply):
    clean, _ = run()
    dropped: set[tuple[str, str]] = set()
    lock = threading.Lock()

    def drop_once(asked):
        if asked.path == "/api/status":
            return None
        with lock:
            key = (asked.method, asked.path)
            if key in dropped:
                return None
            dropped.add(key)
        return reply(drop=True)

    small.behave = drop_once
    outcomes, end = run()
    assert [(o.item, o.verdict) for o in outcomes] == [(o.item, o.verdict) for o in clean]
    assert [t.kind for t in end.troubles] == ["broken"]
    assert end.troubles[0].count == len(dropped)


def test_a_target_that_comes_back_is_waited_for(run, small):
    clean, _ = run()
    count = 0
    lock = threading.Lock()

    def go_away(asked):
        nonlocal count
        if asked.path == "/api/status":
            return
        with lock:
            count += 1
            if count in (3, 9) and not small.down:
                small.down = True
                threading.Timer(0.3, lambda: setattr(small, "down", False)).start()

    small.behave = go_away
    outcomes, end = run()
    assert [(o.item, o.verdict) for o in outcomes] == [(o.item, o.verdict) for o in clean]
    assert end.exit_code is ExitCode.CONFORMANT


def test_a_target_that_stays_away_leaves_the_rest_not_run(run, small):
    def go_away(asked):
        small.down = small.down or asked.path == "/api/things/1"

    small.behave = go_away
    outcomes, end = run(deadline=0.3)
    assert not failing(end)
    assert end.exit_code is ExitCode.INCOMPLETE
    assert any(s.kind == "weather" for o in outcomes for s in o.skips)
    assert Verdict.FAILED not in {o.verdict for o in outcomes}


def test_a_request_that_breaks_every_connection_is_a_finding(run, small, reply):
    small.behave = lambda asked: reply(drop=True) if asked.path == "/api/weather" else None
    _, end = run()
    assert failing(end) == [("KBN-R114", "GET /api/weather", "")]


def test_an_item_that_has_nothing_but_weather_is_given_up_after_two_requests(
    contract, small, senders, plain, known, reply, monkeypatch
):
    class Many:
        def cases(self, operation, group):
            if group != "responses" or operation.label != "GET /api/weather":
                return ()
            return [Case(f"c-{n}", operation.label, Kind.SMALLEST) for n in range(20)]

    said = {"statusCode": 503, "error": "Service Unavailable", "message": "License is not available."}
    small.behave = lambda asked: reply(503, said) if asked.path == "/api/weather" else None
    monkeypatch.setattr(Watch, "pause", lambda _watch, _repeats: None)
    planned = plan(contract, None, lambda _o: known())
    with Runner(planned, senders=senders(), source=Many(), resolver=plain) as runner:
        outcomes = list(runner.run())
        (told,) = runner.troubles()
    given_up = of(outcomes, "GET /api/weather-responses")
    assert (given_up.verdict, given_up.requests) == (Verdict.NOT_RUN, 0)
    assert told.count == sum(asked.path == "/api/weather" for asked in small.asked) == 3 * 2 * 8


def test_a_target_that_tells_its_status_and_nothing_else_is_gone_after_the_deadline():
    now = [0.0]
    well = replace(WELL, answer=Answer(200, (), b"{}"))
    watch = Watch(Fixed(well), deadline=10, budget=Budget(Limits()), clock=lambda: now[0])
    busy = Weather("overloaded", "Kibana's event loop is overloaded")
    for seconds, heard, sky in (
        (0, False, "CLEAR"),
        (9, True, "CLEAR"),
        (12, False, "CLEAR"),
        (21, False, "CLEAR"),
    ):
        now[0] = seconds
        assert watch.after(busy).name == sky
        if heard:
            watch.heard()
    now[0] = 22
    assert watch.after(Weather("broken", "it broke")).name == "CLEAR"  # that is judged, not waited for
    assert watch.after(busy).name == "GONE"
    assert "overloaded" in watch.farewell
    assert watch.gone


def test_an_object_that_cannot_be_made_in_an_outage_is_made_afterwards(
    contract, small, senders, source, plain, known
):
    tries: dict[str, int] = {}

    class Shaken(type(plain)):
        def resolve(self, case):
            tries[case.id] = tries.get(case.id, 0) + 1
            if tries[case.id] == 1:
                raise TargetUnreachable("nobody there", hint="wait")
            return case

    planned = plan(contract, None, lambda _o: known())
    with Runner(planned, senders=senders(), source=source, resolver=Shaken()) as runner:
        outcomes = list(runner.run())
    assert of(outcomes, "GET /api/things-responses").requests == 3
    assert all(o.verdict is not Verdict.FAILED for o in outcomes)


def test_ten_restarts_change_no_verdict(contract, small, senders, plain, known, reply):
    class Many:
        def cases(self, operation, group):
            if group != "responses" or operation.label not in ("GET /api/things", "GET /api/weather"):
                return ()
            return tuple(Case(f"c-{n}", operation.label, Kind.RANDOM) for n in range(150))

    def slow(asked):
        time.sleep(0.003)
        ours = asked.headers.get("authorization") == "ApiKey Z29vZDprZXk="
        return reply(body=5) if ours and asked.path == "/api/weather" else None

    small.behave = slow
    planned = plan(
        contract, None, lambda _o: known(), limits=Limits(per_operation=1000), selection=("GET *",)
    )
    restarts = 0

    def shake():
        nonlocal restarts
        while restarts < 10 and not done.wait(0.05):
            small.restart(0.05)
            restarts += 1

    done = threading.Event()
    shaking = threading.Thread(target=shake)
    with Runner(planned, senders=senders(), source=Many(), resolver=plain, weather_deadline=20) as runner:
        shaking.start()
        outcomes = list(runner.run())
        done.set()
        shaking.join()
        end = conclude(planned, outcomes, troubles=runner.troubles())
    assert restarts >= 5
    assert of(outcomes, "GET /api/things-responses").verdict is Verdict.PASSED
    assert of(outcomes, "GET /api/things-responses").requests == 150
    assert of(outcomes, "GET /api/weather-responses").requests == 150
    assert failing(end) == [("KBN-R103", "GET /api/weather", "")]
    assert end.exit_code is ExitCode.FINDINGS
    assert {t.kind for t in end.troubles} <= {"broken", "unreachable"}
    assert end.troubles
