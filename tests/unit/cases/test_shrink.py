"""A failing case becomes small, stays what it was, and costs no more requests than it may."""

from typing import Any

import pytest

from pytest_kibana.cases import Case, CaseBudget, Kind, cases_for
from pytest_kibana.cases.proof import Prover
from pytest_kibana.cases.shrink import shrink, size
from pytest_kibana.contract import Contract

LABEL = "POST /api/things"
BODY: dict[str, Any] = {
    "name": "${unique}",
    "amount": 7,
    "owner": {"uid": "somebody", "mail": "x"},
    "tags": ["one", "two", "three"],
    "note": "zażółć " * 10,
    "marks": [1, 22, 333, 4444],
    "labels": {"a": "1", "b": "2", "c": "3"},
    "on": True,
}


def case(**more: Any) -> Case:
    return Case("x", LABEL, Kind.RANDOM, body={**BODY, **more}, has_body=True, media="application/json")


def reduced(contract: Contract, start: Case, fails: Any, requests: int = 500) -> tuple[Case, int]:
    result = shrink(contract, contract.operations[start.operation], start, fails, requests=requests)
    return result.case, result.requests


def test_what_does_not_matter_goes_and_what_matters_stays(contract: Contract) -> None:
    small, _ = reduced(contract, case(), lambda c: 333 in c.body.get("marks", []))
    assert small.body == {"name": "${unique}", "amount": 1, "owner": {"uid": ""}, "marks": [333]}


def test_a_valid_case_stays_valid_at_every_step(contract: Contract) -> None:
    prover = Prover(contract, contract.operations[LABEL])
    seen: list[Case] = []

    def fails(tried: Case) -> bool:
        seen.append(tried)
        return "note" in tried.body

    small, spent = reduced(contract, case(), fails)
    assert all(prover.valid(c) for c in seen)
    assert len(seen) == spent
    assert small.body["note"] == ""


def test_an_invalid_case_goes_on_breaking_its_rule(contract: Contract) -> None:
    budget = CaseBudget("many", 0, 0, 0, 400)
    for start in cases_for(contract, LABEL, seed=1, budget=budget):
        if start.rule is None or isinstance(start.body, bytes):
            continue
        small, _ = reduced(contract, start, lambda _: True, requests=60)
        prover = Prover(contract, contract.operations[LABEL])
        found = prover.broken_rule(small, start.rule, loose=True)
        assert found is not None
        assert (found.at, found.keyword) == (start.rule.at, start.rule.keyword)


@pytest.mark.parametrize("allowed", [0, 1, 7, 30])
def test_no_more_requests_than_allowed(contract: Contract, allowed: int) -> None:
    asked = 0

    def fails(_: Case) -> bool:
        nonlocal asked
        asked += 1
        return True

    _, spent = reduced(contract, case(), fails, requests=allowed)
    assert spent == asked <= allowed


def test_what_never_fails_again_is_returned_as_it_was(contract: Contract) -> None:
    start = case()
    small, _ = reduced(contract, start, lambda _: False)
    assert small == start


def test_no_request_is_tried_twice_and_no_step_grows(contract: Contract) -> None:
    tried: list[Case] = []

    def fails(smaller: Case) -> bool:
        tried.append(smaller)
        return len(tried) % 3 == 0

    small, _ = reduced(contract, case(), fails)
    assert len({repr(c) for c in tried}) == len(tried)
    assert size(small) < size(case())


def test_query_parameters_are_dropped_too(contract: Contract) -> None:
    label = "GET /api/things"
    start = Case(
        "x", label, Kind.RANDOM, query={"sort": "asc", "page": 500, "text": "long text", "all": True}
    )
    small, _ = reduced(contract, start, lambda c: "page" in c.query)
    assert small.query == {"sort": "asc", "page": 1}
