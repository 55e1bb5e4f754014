"""What test authors get keeps the contract, shrinks, and says when it cannot exist."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from pytest_kibana.cases.holes import has_holes
from pytest_kibana.cases.proof import Prover
from pytest_kibana.cases.strategies import invalid_requests, request_bodies, requests
from pytest_kibana.contract import Contract
from pytest_kibana.errors import ContractError

CREATE = "POST /api/things"
QUICK = settings(
    max_examples=60, suppress_health_check=list(HealthCheck), deadline=None, database=None, derandomize=True
)


@QUICK
@given(data=st.data())
def test_bodies_keep_the_contract_and_hold_no_placeholder(contract: Contract, data: st.DataObject) -> None:
    body = data.draw(request_bodies(contract, CREATE))
    media = contract.operations[CREATE].body
    assert media is not None
    schema = media.content[0].schema
    assert schema is not None
    assert contract.is_valid(schema, json.loads(json.dumps(body)))
    assert not has_holes(body)


@QUICK
@given(data=st.data())
def test_requests_are_valid_and_invalid_ones_break_the_rule_they_name(
    contract: Contract, data: st.DataObject
) -> None:
    label = data.draw(st.sampled_from(["GET /api/things", CREATE, "PUT /api/things/{id}"]))
    prover = Prover(contract, contract.operations[label])
    assert prover.valid(data.draw(requests(contract, label)))
    broken = data.draw(invalid_requests(contract, label))
    assert broken.rule is not None
    assert prover.broken_rule(broken, broken.rule, loose=True) == broken.rule


def test_a_recursive_schema_gives_trees_of_some_depth(contract: Contract) -> None:
    tree = find(
        request_bodies(contract, "POST /api/things/_tree"),
        lambda node: any(child.get("children") for child in node.get("children", [])),
        settings=settings(QUICK, max_examples=5_000),
        random=Random(1),
    )
    assert tree["children"][0]["children"][0]["kind"] == "leaf"


def test_examples_shrink_to_the_smallest(contract: Contract) -> None:
    body = find(
        request_bodies(contract, CREATE),
        lambda b: b["amount"] >= 3,
        settings=settings(QUICK, phases=[Phase.generate, Phase.shrink]),
        random=Random(1),
    )
    assert len(body.pop("name")) == 1
    assert body == {"amount": 3, "owner": {"uid": ""}}


def test_both_numbers_of_every_schema_can_be_drawn(contract: Contract) -> None:
    drawn = request_bodies(contract, CREATE)
    assert find(drawn, lambda b: b["amount"] == 9, settings=settings(database=None))
    assert find(
        drawn, lambda b: 0 <= b.get("share", 2) < 1, settings=settings(database=None, max_examples=2_000)
    )


@pytest.mark.parametrize("label", ["GET /api/status", "POST /api/things/_import"])
def test_bodies_of_what_has_none_are_an_error_that_names_the_way_out(contract: Contract, label: str) -> None:
    with pytest.raises(ContractError, match="no JSON body") as caught:
        request_bodies(contract, label)
    assert "requests(" in caught.value.hint


def test_a_schema_that_nothing_satisfies_is_an_error_at_once(contract: Contract) -> None:
    with pytest.raises(ContractError, match="no request satisfies"):
        requests(contract, "POST /api/things/_impossible")


def test_nothing_to_break_is_an_error_at_once(contract: Contract) -> None:
    with pytest.raises(ContractError, match="proven invalid"):
        invalid_requests(contract, "GET /api/status")
