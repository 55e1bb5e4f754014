"""Laws that hold for every operation of our own contract and of the published ones."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.cases import BUDGETS, Case, CaseBudget, Kind, make_cases
from pytest_kibana.cases.holes import stood_in
from pytest_kibana.cases.proof import Prover
from pytest_kibana.cases.refusals import PROMISED
from pytest_kibana.cases.shapes import Shapes
from pytest_kibana.cases.values import Values
from pytest_kibana.contract import Contract

VERSIONS = ("core", "8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows")
BUDGET = CaseBudget("test", examples=2, boundary=12, random=3, invalid=20)
Compiled = Callable[[str], Contract]
Whole = tuple[Contract, dict[str, tuple[Case, ...]]]
_MADE: dict[str, dict[str, tuple[Case, ...]]] = {}


@pytest.fixture(params=VERSIONS)
def whole(request: pytest.FixtureRequest, compiled: Compiled) -> Whole:
    """A contract and the cases of all its operations, each made once."""
    contract = compiled(request.param)
    if request.param not in _MADE:
        values = Values(Shapes(contract.components))
        results = {
            o: make_cases(contract, o, seed=7, budget=BUDGET, values=values) for o in contract.operations
        }
        for label, made in results.items():
            assert made.cases or made.trouble, label
        _MADE[request.param] = {label: made.cases for label, made in results.items()}
    return contract, _MADE[request.param]


def test_every_operation_has_a_smallest_valid_case(whole: Whole) -> None:
    _, cases = whole
    assert [label for label, made in cases.items() if not any(c.kind is Kind.SMALLEST for c in made)] == []


def test_every_operation_has_an_invalid_case(whole: Whole) -> None:
    _, cases = whole
    assert [label for label, made in cases.items() if all(c.valid for c in made)] == []


def test_no_two_cases_of_an_operation_are_the_same(whole: Whole) -> None:
    contract, cases = whole
    for label, made in cases.items():
        prover = Prover(contract, contract.operations[label])
        requests = [prover.request(c) for c in made]
        assert len({(r.path, r.query, r.headers, r.body) for r in requests}) == len(made), label
        assert len({c.id for c in made}) == len(made), label


def test_valid_cases_are_valid_to_both_validators(whole: Whole, oracle: Any) -> None:
    contract, cases = whole
    judge = oracle(contract)
    number = 0
    for label, made in cases.items():
        prover = Prover(contract, contract.operations[label])
        for case in made:
            if not case.valid:
                continue
            assert prover.valid(case), (label, case)
            schema = judge.body_schema(case)
            number += 1
            if schema and number % 7 == 0:
                body = json.loads(json.dumps(stood_in(case.body)))
                assert contract.is_valid(schema, body), (label, case)
                assert judge.errors(schema, body) == [], (label, case)


def test_invalid_bodies_break_the_rule_that_they_name(whole: Whole, oracle: Any) -> None:
    contract, cases = whole
    judge = oracle(contract)
    number = 0
    for made in cases.values():
        for case in made:
            schema = judge.body_schema(case)
            rule = case.rule
            if rule is None or schema is None or isinstance(case.body, bytes) or rule.location != "body":
                continue
            if rule.keyword == "format" and not rule.sentence.endswith("date-time"):
                continue  # python-jsonschema has no opinion on most formats
            number += 1
            body = stood_in(case.body)
            assert not contract.is_valid(schema, body), case
            if number % 5 == 0:
                at = (
                    rule.at.rsplit("/", 1)[0]
                    if rule.keyword in ("required", "additionalProperties")
                    else rule.at
                )
                assert (at, rule.keyword) in _with_aliases(judge.errors(schema, body)), case


def _with_aliases(places: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Alternatives that all want another type, or one listed value, are named by what they want."""
    found = set(places)
    found |= {(at, "enum") for at, keyword in places if keyword in ("const", "type", "anyOf")}
    return found | {(at, "type") for at, keyword in places if keyword == "anyOf"}


def test_invalid_cases_break_exactly_one_part_of_the_request(
    whole: Whole,
) -> None:
    contract, cases = whole
    for label, made in cases.items():
        prover = Prover(contract, contract.operations[label])
        for case in made:
            if case.rule is None or case.rule.keyword in PROMISED:
                continue
            faults = prover.faults(case)
            assert len(faults) == 1, (label, case)
            assert faults[0].location == case.rule.location, (label, case)
            assert len({(v.at, v.keyword) for v in faults[0].violations}) <= 1, (label, case)


_PRINT = """
import sys
from pathlib import Path
from pytest_kibana.cases import make_cases
from pytest_kibana.cases.coding import encode_made
from pytest_kibana.contract import load
import hashlib, json
contract = load("core", cache_dir=Path(sys.argv[1]))
digest = hashlib.sha256()
for label in contract.operations:
    digest.update(json.dumps(encode_made(label, make_cases(contract, label, seed=5))).encode())
print(digest.hexdigest())
"""


def test_cases_are_the_same_in_every_process_and_under_every_hash_seed(tmp_path: Path) -> None:
    printed = set()
    for hash_seed in ("0", "1", "4711"):
        environment: dict[str, Any] = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(
            [sys.executable, "-c", _PRINT, str(tmp_path)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(run.stdout)
    assert len(printed) == 1


def test_a_standard_run_of_9_1_has_what_it_takes(compiled: Compiled) -> None:
    """At least twenty cases for an operation with a body, and no operation without a valid and an invalid one."""
    contract = compiled("9.1")
    values = Values(Shapes(contract.components))
    total = sum(
        len(make_cases(contract, o, seed=1, budget=BUDGETS["standard"], values=values).cases)
        for o in contract.operations
    )
    assert total > 8_000
