"""One defect is one finding, under a name that survives a regenerated contract."""

import json
import random
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.checks import Look, Problem, judge
from pytest_kibana.conformance import Budget, Limits, merge, of_contract
from pytest_kibana.conformance.example import as_data, console, curl
from pytest_kibana.conformance.findings import Findings, identity
from pytest_kibana.contract import load
from pytest_kibana.errors import BudgetExhausted
from pytest_kibana.evidence.model import About, Finding, Level, Severity
from pytest_kibana.wire.exchange import Answer, Exchange, Intent, Origin, Request

HEADERS = (("kbn-name", "k"), ("content-type", "application/json"))


def exchange(
    body, method="GET", path="/api/things", *, sent=None, headers=(), case="c", query=(), identity="main"
) -> Exchange:
    request = Request(
        method,
        path,
        query,
        headers,
        sent,
        operation=f"{method} {path}",
        intent=Intent("accepted", "k", case, None, identity),
    )
    raw = json.dumps(body).encode()
    return Exchange(
        "x", request, f"http://h/b{path}", 0, 0.1, Answer(200, HEADERS, raw, json=body, is_json=True)
    )


def found(contract, body, label="GET /api/things", **more):
    operation = contract.operation(label)
    findings = Findings()
    one = exchange(body, **more)
    for check, verdict, problems in judge(Look(one, operation, contract), ["KBN-R103"]):
        for problem in problems:
            findings.see(check, verdict, problem, one, operation)
    return list(findings)


def shuffled(value, rng):
    """Return the same document with its objects in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {k: shuffled(v, rng) for k, v in items}
    return [shuffled(v, rng) for v in value] if isinstance(value, list) else value


@given(seed=st.integers(0, 10_000))
def test_identity_survives_a_regenerated_contract(document, contract, tmp_path_factory, seed):
    again = shuffled(document, random.Random(seed))
    more = {f"Other{n}": {"type": "string"} for n in range(seed % 5)}
    again["components"]["schemas"] = {**more, **again["components"]["schemas"]}
    place = tmp_path_factory.mktemp("again")
    (place / "c.json").write_text(json.dumps(again))
    other = load(place / "c.json", cache_dir=place)
    body = [{"id": "1", "name": 5}, {"id": 7, "name": "x"}]
    assert {f.identity for f in found(contract, body)} == {f.identity for f in found(other, body)}


def test_identity_tells_defects_apart(contract):
    names = [f.identity for f in found(contract, [{"id": 1, "name": 5}])]
    assert len(set(names)) == len(names) == 2
    a = identity("GET /a", "KBN-R105", Problem("", keyword="500"))
    assert a != identity("GET /b", "KBN-R105", Problem("", keyword="500"))
    assert a == identity("GET /a", "KBN-R105", Problem("in other words", keyword="500"))


def test_the_smallest_example_is_kept(contract):
    operation = contract.operation("GET /api/things")
    findings = Findings()
    for n in (3, 1, 2):
        one = exchange([{"id": 1, "name": "x"}] * n, case=f"c{n}")
        for check, verdict, problems in judge(Look(one, operation, contract), ["KBN-R103"]):
            for problem in problems:
                findings.see(check, verdict, problem, one, operation)
    (only,) = findings
    assert (only.count, only.case) == (3, "c1")


WORDS = st.sampled_from(["a", "b", "c"])
FINDING = st.builds(
    Finding,
    identity=WORDS,
    code=st.just("KBN-R103"),
    title=st.just("t"),
    sentence=st.just("s"),
    operation=WORDS,
    about=st.just(About.DEPLOYMENT),
    level=st.just(Level.MUST),
    severity=st.sampled_from(Severity),
    operations=WORDS.map(lambda w: (w,)),
    count=st.integers(1, 5),
    case=WORDS,
    status=st.sampled_from(["new", "tolerated", "known"]),
)


@given(st.lists(FINDING, max_size=8), st.randoms())
def test_merging_does_not_care_for_order_or_grouping(parts, rng):
    whole = merge(parts)
    mixed = list(parts)
    rng.shuffle(mixed)
    cut = rng.randint(0, len(mixed))
    facts = lambda fs: sorted((f.identity, f.count, f.operations, f.status) for f in fs)  # noqa: E731
    assert facts(merge(mixed)) == facts(whole)
    assert facts(merge([*merge(mixed[:cut]), *merge(mixed[cut:])])) == facts(whole)
    assert sum(f.count for f in whole) == sum(f.count for f in parts)


def test_defects_of_the_contract_are_findings_about_it(contract):
    said = of_contract(contract)
    assert {f.about for f in said} <= {About.CONTRACT}
    assert {f.status for f in said} <= {"tolerated"}


# examples


def test_curl_names_the_credential_and_quotes_the_rest():
    one = exchange(
        {},
        "POST",
        sent=b'{"a":"it\'s"}',
        headers=(("kbn-xsrf", "x"), ("authorization", "ApiKey secret"), ("x", "$(rm)")),
    )
    line = curl(one)
    assert "$KIBANA_API_KEY" in line
    assert "secret" not in line
    assert "'x: $(rm)'" in line
    assert '"it\'"\'"\'s"' in line


def test_curl_of_a_stranger_has_no_credential():
    assert "KIBANA_API_KEY" not in curl(exchange({}, identity="anonymous"))


def test_bytes_travel_as_base64():
    assert "base64 -d" in curl(exchange({}, "POST", sent=b"\xff\x00"))


def test_console_lines():
    assert console(exchange({}, query=(("q", "a b"),))) == "GET kbn:/api/things?q=a%20b"
    assert console(exchange({}, "POST", sent=b'{"a":1}')) == 'POST kbn:/api/things\n{\n  "a": 1\n}'
    assert console(exchange({}, "POST", sent=b"nope")) is None
    assert console(exchange({}, "HEAD")) is None


def test_an_example_is_bounded():
    data = as_data(exchange("x" * 500_000))
    assert len(data["response"]["body"]) <= 20_001
    assert data["response"]["bytes"] == 500_002


# budget


@given(st.integers(1, 40), st.integers(1, 8), st.data())
def test_a_budget_is_never_exceeded_whoever_asks_first(most, workers, data):
    asked = data.draw(st.lists(st.integers(0, 12), min_size=workers, max_size=workers))
    budget = Budget(Limits(requests=most))
    admitted = []

    def work(times):
        for _ in range(times):
            try:
                budget.admit(Request("GET", "/api/x"))
            except BudgetExhausted:
                return
            admitted.append(1)

    threads = [threading.Thread(target=work, args=(n,)) for n in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == budget.used == min(most, sum(asked))


def test_asking_whether_the_target_is_there_costs_nothing():
    budget = Budget(Limits(requests=1))
    for _ in range(5):
        budget.admit(Request("GET", "/api/status", origin=Origin.PROBE))
    assert budget.used == 0
    budget.admit(Request("GET", "/api/x"))
    with pytest.raises(BudgetExhausted, match="1 requests"):
        budget.admit(Request("GET", "/api/x"))


def test_time_spent_waiting_for_the_target_is_given_back():
    now = [0.0]
    budget = Budget(Limits(seconds=10), clock=lambda: now[0])
    budget.admit(Request("GET", "/api/x"))
    now[0] = 12.0
    assert budget.exhausted
    budget.pause(5.0)
    assert not budget.exhausted
    assert budget.seconds == 7.0
