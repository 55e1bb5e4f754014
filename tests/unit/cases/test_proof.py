"""Valid and invalid are claims about what the server reads, after serialisation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.cases import Case, Kind
from pytest_kibana.cases.proof import Prover, coerced, readings
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Parameter, Schema
from pytest_kibana.wire.exchange import Rule

FIND = "GET /api/things"


def find(**query: object) -> Case:
    return Case("x", FIND, Kind.RANDOM, query={"sort": "asc", **query})


@pytest.fixture
def prover(contract: Contract) -> Prover:
    return Prover(contract, contract.operations[FIND])


def parameter(json_schema: dict[str, object]) -> Parameter:
    return Parameter("p", "query", False, Schema("#/x", json_schema))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("[1]", [1]),
        ('{"a":1}', {"a": 1}),
    ],
)
def test_a_text_may_be_read_as_what_it_spells(text: str, value: object) -> None:
    assert coerced(text) == value
    assert value in list(readings(parameter({}), [text]))


@pytest.mark.parametrize("text", ["", "abc", "{not json", "-", " ", "1,2"])
def test_a_text_that_spells_nothing_is_itself(text: str) -> None:
    assert coerced(text) == text


@given(st.text())
def test_every_text_can_be_read_as_itself_and_as_a_list_of_one(text: str) -> None:
    found = list(readings(parameter({}), [text]))
    assert text in found
    assert [text] in found


def test_a_number_in_a_query_is_not_a_wrong_type_for_text(prover: Prover) -> None:
    assert prover.valid(find(text=1))
    assert prover.valid(find(text=True))


def test_a_number_written_as_text_is_a_number_in_a_query(prover: Prover) -> None:
    assert prover.valid(find(page="3"))
    assert not prover.valid(find(page="three"))
    assert not prover.valid(find(page="0"))


def test_null_vanishes_from_a_query_and_breaks_nothing_there(prover: Prover) -> None:
    assert prover.valid(find(page=None))
    assert not prover.valid(find(sort=None))


def test_a_single_value_is_a_list_of_one(prover: Prover) -> None:
    assert prover.valid(find(fields=["a"]))
    assert prover.valid(find(fields="a"))
    assert not prover.valid(find(fields=["a", "b", "c", "d", "e"]))


def test_an_empty_value_of_an_optional_parameter_proves_nothing(prover: Prover) -> None:
    assert prover.valid(find(page=""))


def test_a_missing_parameter_is_a_fault_only_if_required(prover: Prover) -> None:
    assert [f.keyword for f in prover.faults(Case("x", FIND, Kind.RANDOM))] == ["required"]


def test_an_empty_segment_of_a_path_is_no_proof_of_anything(contract: Contract) -> None:
    label = "GET /api/things/{id}"
    prover = Prover(contract, contract.operations[label])
    case = Case("x", label, Kind.INVALID, path={"id": ""})
    assert not prover.valid(case)
    assert prover.broken_rule(case, Rule("path", "/id", "minLength", "empty")) is None


def test_a_case_that_breaks_two_rules_is_no_proof_of_one(prover: Prover) -> None:
    rule = Rule("query", "/page", "minimum", "too low")
    assert prover.broken_rule(find(page=0), rule) == rule
    assert prover.broken_rule(find(page=0, all="maybe"), rule) is None
    assert prover.broken_rule(find(page=1), rule) is None
    assert prover.broken_rule(find(page="x"), rule) is None


def test_holes_are_valid_where_some_id_would_be(contract: Contract) -> None:
    label = "POST /api/things"
    prover = Prover(contract, contract.operations[label])
    body = {"name": "${unique}", "amount": "${thing:/size}", "owner": {"uid": "${user.id}"}}
    case = Case("x", label, Kind.RANDOM, body=body, has_body=True, media="application/json")
    assert prover.valid(case)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_json_body_arrives_as_it_was(contract: Contract, value: object) -> None:
    label = "PUT /api/things/{id}"
    prover = Prover(contract, contract.operations[label])
    case = Case("x", label, Kind.RANDOM, {"id": "i"}, body=value, has_body=True, media="application/json")
    assert json.loads(prover.request(case).body or b"") == value
    assert not prover.valid(case)  # the body must be an object
