"""A run over real HTTP: what it sends, in which order, and what it finds."""

import time
from dataclasses import replace
from datetime import date

import pytest
from tests.unit.conformance.conftest import Known, failing, of

from pytest_kibana.cases.model import Case, Kind
from pytest_kibana.conformance import Limits, Outcome, Runner, conclude, merge, plan
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence.deviations import Deviations, read_deviations
from pytest_kibana.evidence.model import HARNESS, About, Verdict


def test_a_clean_deployment_has_no_findings_about_it(run):
    outcomes, end = run()
    assert [f for f in end.findings if f.about is not About.CONTRACT] == []
    assert end.exit_code is ExitCode.CONFORMANT
    assert {o.operation for o in outcomes if o.succeeded} == set(end_labels(end, outcomes))


def end_labels(end, outcomes):
    return {o.operation for o in outcomes}


def test_one_defect_is_one_finding_with_its_pointer_and_a_way_to_see_it_again(run, small, reply):
    def broken(asked):
        if asked.path == "/api/things" and asked.method == "GET" and "authorization" in asked.headers:
            return (
                reply(body=[{"id": "1"}, {"id": "2"}])
                if asked.headers["authorization"].endswith("prZXk=")
                else None
            )
        return None

    small.behave = broken
    outcomes, end = run()
    assert failing(end) == [("KBN-R103", "GET /api/things", "/*")] or failing(end) == [
        ("KBN-R103", "GET /api/things", "/*/name")
    ]
    found = next(f for f in end.findings if f.status == "new")
    assert found.count >= 3
    assert found.component == "Thing"
    assert "$KIBANA_API_KEY" in (found.curl or "")
    assert "Z29v" not in (found.curl or "")
    assert found.console == "GET kbn:/api/things"
    text = of(outcomes, "GET /api/things-responses").message()
    assert "KBN-R103" in text
    assert "curl -X GET" in text
    assert "< 200 application/json" in text


def test_a_component_broken_in_several_operations_is_one_finding(run, small, reply):
    def broken(asked):
        if "authorization" not in asked.headers or "version" in asked.headers.get("elastic-api-version", ""):
            return None
        if asked.method == "GET" and asked.path == "/api/things":
            return reply(body=[{"id": "1", "name": 5}])
        if asked.method == "GET" and asked.path.startswith("/api/things/"):
            return reply(body={"id": "1", "name": 5})
        return None

    small.behave = broken
    _, end = run()
    found = [f for f in end.findings if f.code == "KBN-R103"]
    assert len(found) == 1
    assert found[0].operations == ("GET /api/things", "GET /api/things/{id}")


def test_outcomes_survive_the_way_through_a_worker(run, small, reply):
    small.behave = lambda asked: reply(500, {"a": 1}) if asked.path == "/api/weather" else None
    outcomes, _ = run()
    assert [Outcome.from_json(o.to_json()) for o in outcomes] == outcomes


def test_findings_do_not_depend_on_the_order_of_the_parts(run, small, reply):
    small.behave = lambda asked: reply(500, {"a": 1}) if asked.path != "/api/status" else None
    outcomes, _ = run()
    parts = [f for o in outcomes for f in o.findings]
    assert merge(parts) == merge(reversed(parts))


def test_what_is_refused_unread_at_first_is_judged_like_any_other(run, small, reply):
    refused = {"statusCode": 400, "error": "Bad Request", "message": "[request body.name]: no"}
    busy = {"statusCode": 429, "error": "Too Many Requests", "message": "Server is overloaded"}
    asked_before = []

    def now_and_then(asked):
        if asked.path != "/api/things" or asked.method != "POST":
            return None
        asked_before.append(asked)
        return reply(429, busy) if len(asked_before) % 2 else reply(400, refused)

    small.behave = now_and_then
    _, end = run(concurrency=1)
    assert "KBN-I202" in {f.code for f in end.findings if f.operation == "POST /api/things"}


@pytest.mark.parametrize("most", [1, 5, 17])
def test_the_budget_of_requests_is_never_exceeded(run, small, most):
    _, end = run(limits=Limits(requests=most), concurrency=8)
    assert len(small.requests) == end.requests <= most


def test_the_budget_of_seconds_ends_a_run(run, small, reply):
    def slow(asked):
        if asked.path != "/api/status":
            time.sleep(0.05)

    small.behave = slow
    outcomes, _ = run(limits=Limits(seconds=0.2), concurrency=2)
    assert 1 <= len(small.requests) <= 12
    assert any(s.kind == "budget" for o in outcomes for s in o.skips)


def test_several_reads_are_in_flight_and_changes_of_one_resource_are_not(run, small):
    together: list[int] = []

    def watch(asked):
        if asked.path == "/api/status":
            return
        with small.lock:
            changes = [a for a in small.under_way if a.method in ("POST", "DELETE")]
        together.append(len(changes))
        time.sleep(0.01)

    small.behave = watch
    run(concurrency=8)
    assert small.most_at_once > 1
    assert max(together) == 1


def test_a_bug_of_ours_is_an_error_of_its_item_alone(contract, small, senders, source, plain, known):
    class Broken(type(plain)):
        def resolve(self, case):
            if case.operation == "GET /api/weather":
                raise ZeroDivisionError
            return case

    planned = plan(contract, None, lambda _o: known())
    with Runner(planned, senders=senders(), source=source, resolver=Broken()) as runner:
        outcomes = list(runner.run())
    assert of(outcomes, "GET /api/weather-responses").verdict is Verdict.ERROR
    assert "ZeroDivisionError" in (of(outcomes, "GET /api/weather-responses").error or "")
    assert of(outcomes, "GET /api/things-responses").verdict is Verdict.PASSED
    assert conclude(planned, outcomes).exit_code is ExitCode.INTERNAL


def test_a_bug_of_ours_is_a_line_of_the_results_without_secrets(
    contract, small, senders, source, plain, known
):
    """It names the item, the operation and what was raised, once, and keeps the secrets that it quotes."""

    class Broken(type(plain)):
        def resolve(self, case):
            if case.operation == "GET /api/weather":
                raise ValueError("cannot read Key-c4n4ry\nin two lines: Key-c4n4ry")
            return case

    planned = plan(contract, None, lambda _o: known())
    with Runner(
        planned,
        senders=senders(),
        source=source,
        resolver=Broken(),
        clean=lambda text: text.replace("Key-c4n4ry", "Xxx"),
    ) as runner:
        outcomes = [Outcome.from_json(outcome.to_json()) for outcome in runner.run()]
    concluded = conclude(planned, outcomes)
    told = [t for t in concluded.troubles if t.kind == HARNESS and "-responses" in t.sentence]
    assert [t.operation for t in told] == ["GET /api/weather"]
    assert told[0].sentence == ("GET /api/weather-responses: ValueError: cannot read Xxx in two lines: Xxx")
    assert all("c4n4ry" not in (outcome.error or "") for outcome in outcomes)
    assert not any(f.operation == "GET /api/weather" for f in concluded.findings)


def test_an_item_asked_for_out_of_turn_comes_next(contract, small, senders, source, plain, known):
    planned = plan(contract, None, lambda _o: known())
    with Runner(planned, senders=senders(), source=source, resolver=plain) as runner:
        last = planned.items[-1].key
        assert runner.outcome(last).item == last
        assert runner.outcome("GET /api/things-responses").verdict is Verdict.PASSED


def test_one_case_can_be_sent_alone(run, small):
    _, end = run(only_case="c-make-1")
    assert [(a.method, a.body) for a in small.requests] == [("POST", b'{"name":"nn"}')]
    assert end.requests == 1


def test_a_run_that_checked_nothing_is_not_green(run):
    _, end = run(only_case="no-such-case")
    assert end.exit_code is ExitCode.NOTHING_CHECKED
    assert end.verdict is Verdict.UNKNOWN


def test_a_failure_is_shown_by_a_smaller_request(contract, small, senders, plain, known, reply):
    class Long:
        def cases(self, operation, group):
            if (operation.label, group) != ("POST /api/things", "responses"):
                return ()
            body = {"name": "a rather long name", "size": 123456}
            return (
                Case(
                    "c-long", operation.label, Kind.RANDOM, body=body, has_body=True, media="application/json"
                ),
            )

    def broken(asked):
        return reply(body={"id": 5}) if asked.method == "POST" and b"name" in asked.body else None

    small.behave = broken
    planned = plan(contract, None, lambda _o: known())
    with Runner(planned, senders=senders(), source=Long(), resolver=plain) as runner:
        outcomes = list(runner.run())
    found = next(f for o in outcomes for f in o.findings if f.code == "KBN-R103" and f.pointer == "/id")
    assert found.count == 1
    assert found.case == "c-long"
    sent = found.exchange["request"]["body"]
    assert "size" not in sent
    assert len(sent) < len('{"name":"a rather long name"}')


def test_what_a_list_knows_does_not_fail(contract, run, small, reply):
    small.behave = lambda asked: reply(body=5) if asked.path == "/api/weather" else None
    outcomes, end = run()
    assert end.exit_code is ExitCode.FINDINGS
    planned = plan(contract, None, lambda _o: Known())
    mark = lambda f: replace(f, status="known", deviation="D-1")  # noqa: E731
    excused = conclude(planned, outcomes, known=mark)
    assert excused.exit_code is ExitCode.CONFORMANT
    assert excused.verdict is Verdict.KNOWN
    assert {f.deviation for f in excused.findings} == {"D-1"}
    assert not any(o.marked(mark).failed for o in outcomes)


def test_a_listed_deviation_that_did_not_occur_fails_the_list(contract, run):
    entry = """
[[deviation]]
id = "D-9"
operations = ["GET /api/weather"]
contract = "an object"
server = "a number"
signs = [{ codes = ["KBN-R103"] }]
versions = ">=8.18"
source = "a test"
observed = ["9.1"]
confidence = "observed"
"""
    outcomes, _ = run()
    planned = plan(contract, None, lambda _o: Known())
    lists = Deviations(read_deviations(entry, "test")).at(
        version="9.1.4", flavor="traditional", contract="9.1", today=date(2026, 11, 23)
    )
    end = conclude(planned, outcomes, deviations=lists)
    assert [t.kind for t in end.lapsed] == ["stale deviation"]
    assert end.exit_code is ExitCode.FINDINGS


def test_what_another_operation_took_away_is_asked_for_anew_and_judged_once(
    contract, small, senders, source, plain, known, reply
):
    """A verdict does not depend on what was sent before: an object that is gone is replaced, once for each answer."""

    class Robbed(type(plain)):
        def resolve(self, case):
            gone = case.operation == "GET /api/things/{id}" and not self.told
            return replace(case, path={"id": "gone"}) if gone else case

        told = False

        def spoilt(self, exchange):
            gone = exchange.answer is not None and exchange.answer.status == 404
            first = gone and exchange.request.path.endswith("/gone") and not self.told
            self.told = self.told or first
            return first

    def behave(asked):
        gone = {"statusCode": 404, "error": "Not Found", "message": "no"}
        return reply(404, gone) if "gone" in asked.path else None

    planned = plan(contract, None, lambda _o: known())
    small.behave = behave
    with Runner(planned, senders=senders(), source=source, resolver=Robbed()) as runner:
        outcome = of(list(runner.run(["GET /api/things/{id}-responses"])), "GET /api/things/{id}-responses")
    assert outcome.verdicts[0].statuses == {"200": 1}
    assert sum("gone" in asked.path for asked in small.asked) == 1


def test_an_operation_that_refuses_whatever_is_valid_is_told_once(run, small, reply):
    """No exchange shows it alone: the run judges when it has sent all that it has."""

    def refusing(asked):
        return (
            reply(409, body={"statusCode": 409, "error": "Conflict", "message": "no"})
            if asked.method == "POST"
            else None
        )

    small.behave = refusing
    _, end = run()
    told = [f for f in end.findings if f.code == "KBN-I213"]
    assert [(f.operation, f.count, f.about) for f in told] == [("POST /api/things", 1, About.UNDECIDED)]
