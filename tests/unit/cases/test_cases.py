"""What is made for each operation of a small contract."""

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kibana.cases import Case, CaseBudget, Kind, Recipe, Upload, cases_for, make_cases
from pytest_kibana.cases.coding import decode_case, encode_case
from pytest_kibana.cases.holes import has_holes
from pytest_kibana.cases.proof import Prover
from pytest_kibana.contract import Contract
from pytest_kibana.errors import ContractError

MANY = CaseBudget("many", examples=50, boundary=500, random=20, invalid=500)
CREATE = "POST /api/things"


def made(contract: Contract, label: str, **more: Any) -> tuple[Case, ...]:
    return cases_for(contract, label, seed=1, budget=MANY, **more)


def broken(contract: Contract, label: str, **more: Any) -> set[tuple[str, str, str]]:
    return {(c.rule.location, c.rule.at, c.rule.keyword) for c in made(contract, label, **more) if c.rule}


def test_an_operation_may_be_named_by_its_operation_id(contract: Contract) -> None:
    assert made(contract, "create-thing") == made(contract, CREATE)


def test_an_unknown_operation_is_an_error_with_the_nearest_name(contract: Contract) -> None:
    with pytest.raises(ContractError, match="no operation"):
        made(contract, "create-thong")


def test_kinds_come_in_their_order_and_the_smallest_is_always_there(contract: Contract) -> None:
    for label in contract.operations:
        cases = made(contract, label)
        kinds = [case.kind for case in cases]
        assert kinds == sorted(kinds, key=list(Kind).index)
        if label != "POST /api/things/_impossible":
            assert kinds.count(Kind.SMALLEST) == 1


def test_no_two_cases_send_the_same_and_ids_are_unique(contract: Contract) -> None:
    for label, operation in contract.operations.items():
        cases = made(contract, label)
        prover = Prover(contract, operation)
        requests = [prover.request(case) for case in cases]
        sent = [(r.path, r.query, r.headers, r.body) for r in requests]
        assert len(set(sent)) == len(sent)
        assert len({case.id for case in cases}) == len(cases)


def test_every_case_is_what_it_claims_to_be(contract: Contract) -> None:
    for label, operation in contract.operations.items():
        prover = Prover(contract, operation)
        for case in made(contract, label):
            assert (case.rule is None) == (case.kind is not Kind.INVALID)
            if case.rule is None:
                assert prover.valid(case), case
            elif case.rule.keyword not in ("version", "unknown key"):
                assert not prover.valid(case), case


def test_the_smallest_has_what_is_required_and_no_more(contract: Contract) -> None:
    smallest = next(c for c in made(contract, CREATE) if c.kind is Kind.SMALLEST)
    assert set(smallest.body) == {"name", "amount", "owner"}
    assert smallest.body["name"] == "${unique}"


def test_published_examples_come_first_if_they_are_valid_and_carry_the_mark_of_the_run(
    contract: Contract,
) -> None:
    examples = [c for c in made(contract, CREATE) if c.kind is Kind.EXAMPLE]
    assert [c.body for c in examples] == [{"name": "${unique}", "amount": 2, "owner": {"uid": "u"}}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 1),
        ("amount", 9),
        ("share", 0),
        ("tags", ["a", "a", "a"]),
        ("note", None),
        ("on", True),
        ("on", False),
        ("marks", []),
        ("labels", {}),
        ("note", ""),
    ],
)
def test_boundaries_of_the_schema_are_visited(contract: Contract, name: str, value: Any) -> None:
    bodies = [c.body for c in made(contract, CREATE) if c.kind is Kind.BOUNDARY]
    assert any(name in body and body[name] == value and type(body[name]) is type(value) for body in bodies)


def test_every_alternative_and_every_enumerated_value_is_visited(contract: Contract) -> None:
    bodies = [c.body for c in made(contract, CREATE) if c.valid and c.has_body]
    assert {b["target"]["type"] for b in bodies if "target" in b} == {"index", "web"}
    assert {b["tree"]["kind"] for b in bodies if "tree" in b} == {"leaf", "branch"}


def test_one_case_has_every_member(contract: Contract) -> None:
    fullest = max((c.body for c in made(contract, CREATE) if c.valid), key=len)
    assert len(fullest) == 13


EXPECTED = {
    ("body", "", "required"),
    ("body", "/name", "required"),
    ("body", "/owner/uid", "required"),
    ("body", "/name", "minLength"),
    ("body", "/name", "maxLength"),
    ("body", "/name", "type"),
    ("body", "/amount", "minimum"),
    ("body", "/amount", "maximum"),
    ("body", "/share", "exclusiveMaximum"),
    ("body", "/every", "pattern"),
    ("body", "/since", "format"),
    ("body", "/tags", "minItems"),
    ("body", "/tags", "maxItems"),
    ("body", "/tags/0", "maxLength"),
    ("body", "/marks", "uniqueItems"),
    ("body", "/tree/kind", "enum"),
    ("body", "/tree/kbnTestUnknownKey", "additionalProperties"),
    ("body", "/kbnTestUnknownKey", "additionalProperties"),
    ("body", "/labels/key1", "type"),
    ("body", "/target/url", "maxLength"),
    ("body", "/target/index", "required"),
    ("body", "", "malformed"),
    ("media type", "", "media type"),
}


@pytest.mark.parametrize("rule", sorted(EXPECTED), ids=" ".join)
def test_rules_of_a_body_are_broken(contract: Contract, rule: tuple[str, str, str]) -> None:
    assert rule in broken(contract, CREATE)


def test_an_unknown_key_is_claimed_invalid_only_where_the_contract_forbids_it(contract: Contract) -> None:
    assert ("body", "/owner/kbnTestUnknownKey", "additionalProperties") not in broken(contract, CREATE)
    assert not any(k == "additionalProperties" for _, _, k in broken(contract, "PUT /api/things/{id}"))


def test_no_claim_is_made_about_a_body_that_no_server_reads(contract: Contract) -> None:
    assert {r[0] for r in broken(contract, "GET /api/things/_copy")} <= {"version", "query"}
    assert broken(contract, "POST /api/things/_import") == {("body", "/file", "required")}


def test_a_missing_body_is_claimed_invalid_only_where_an_empty_one_is(contract: Contract) -> None:
    assert ("body", "", "required") in broken(contract, CREATE)
    assert ("body", "", "required") not in broken(contract, "POST /api/things/_search")


def test_query_parameters_are_broken_only_in_ways_that_survive_being_text(contract: Contract) -> None:
    rules = broken(contract, "GET /api/things")
    assert {r for r in rules if r[0] == "query"} >= {
        ("query", "/sort", "required"),
        ("query", "/sort", "enum"),
        ("query", "/page", "minimum"),
        ("query", "/page", "type"),
        ("query", "/all", "type"),
        ("query", "/fields", "maxItems"),
        ("query", "/has", "type"),
        ("query", "/has/id", "required"),
    }
    # Everything in a query is text, and one text may be a list of one.
    assert not any(at in ("/text", "/either", "/fields") and keyword == "type" for _, at, keyword in rules)


def test_kbn_xsrf_and_its_kind_are_not_a_cases_business(contract: Contract) -> None:
    for case in made(contract, "GET /api/things"):
        assert not case.headers
        assert case.rule is None or case.rule.location != "header"


def test_path_parameters_keep_to_their_schema_and_are_broken_only_as_text(contract: Contract) -> None:
    cases = made(contract, "GET /api/things/{kind}/{size}")
    assert {c.path["kind"] for c in cases if c.valid} == {"big", "small"}
    rules = broken(contract, "GET /api/things/{kind}/{size}")
    assert ("path", "/kind", "enum") in rules
    assert ("path", "/size", "type") in rules
    assert all(str(c.path["kind"]) not in ("", ".", "..") for c in cases)


def test_an_id_in_a_path_is_the_runs_own(contract: Contract) -> None:
    bindings = {"GET /api/things/{id}": {("path", "id"): "${thing.id}"}}
    assert {c.path["id"] for c in made(contract, "GET /api/things/{id}", bindings=bindings)} == {
        "${thing.id}"
    }
    assert {c.path["id"] for c in made(contract, "DELETE /api/things/{id}")} == {"${unique}"}


def test_a_recipe_is_kept_while_one_thing_varies(contract: Contract) -> None:
    label = "PUT /api/things/{id}"
    recipe = Recipe(
        path={"id": "${thing.id}"}, body={"name": "${unique}", "ref": "${other.id}"}, has_body=True
    )
    cases = [c for c in made(contract, label, recipes={label: recipe}) if c.valid and not c.invented]
    assert len(cases) > 1
    for case in cases:
        assert case.path == {"id": "${thing.id}"}
        assert case.body["ref"] == "${other.id}"
        assert case.body["name"].startswith("${unique}")


def test_what_names_nothing_stands_in_place_of_a_reference_and_is_not_sure_to_succeed(
    contract: Contract,
) -> None:
    label = "PUT /api/things/{id}"
    recipe = Recipe(path={"id": "${thing.id}"}, body={"name": "n", "ref": "${other.id}"}, has_body=True)
    cases = [c for c in made(contract, label, recipes={label: recipe}) if c.invented]
    names = {str(c.body["ref"]) for c in cases}
    assert all(name.startswith("${unique} ") for name in names)
    assert any(len(name) > 255 for name in names)
    assert any(not name.isascii() for name in names)
    assert all(c.valid and decode_case(label, encode_case(c)).invented for c in cases)


def test_what_only_the_run_can_know_stays_in_the_other_forms_of_a_body(contract: Contract) -> None:
    label = "PUT /api/things/_form"
    recipe = Recipe(body={"id": "${thing.id}", "kind": "plain", "size": 1}, has_body=True)
    cases = [c for c in made(contract, label, recipes={label: recipe}) if isinstance(c.body, dict)]
    fancy = [c for c in cases if "weight" in c.body and (c.rule is None or c.rule.at != "/id")]
    assert {c.valid for c in fancy} == {True, False}
    assert {c.body["id"] for c in fancy} == {"${thing.id}"}


def test_a_recipe_that_breaks_the_contract_is_done_without_and_told(contract: Contract) -> None:
    recipe = Recipe(body={"name": 1, "amount": 1, "owner": {"uid": "u"}}, has_body=True)
    result = make_cases(contract, CREATE, seed=1, recipes={CREATE: recipe})
    assert result.cases
    assert any("recipe" in reason for reason in result.trouble)


def test_a_body_that_nothing_satisfies_is_told_and_not_sent(contract: Contract) -> None:
    result = make_cases(contract, "POST /api/things/_impossible", seed=1)
    assert result.cases == ()
    assert "no valid request can be made" in result.trouble[0]


def test_an_operation_without_input_gets_what_most_routes_refuse_and_says_that_it_is_not_certain(
    contract: Contract,
) -> None:
    invalid = [c for c in made(contract, "GET /api/status") if c.rule]
    assert {c.rule.keyword for c in invalid if c.rule} == {"version", "unknown key"}
    assert not any(c.certain for c in invalid)


def test_only_the_name_of_a_body_of_another_media_type_is_wrong(contract: Contract) -> None:
    cases = made(contract, "POST /api/spaces/space")
    (base,) = [c for c in cases if c.kind is Kind.SMALLEST]
    (other,) = [c for c in cases if c.rule and c.rule.keyword == "media type"]
    assert other.media == "application/xml"
    assert other.body == base.body


def test_a_multipart_body_has_its_file(contract: Contract) -> None:
    for case in made(contract, "POST /api/things/_import"):
        if case.valid:
            assert isinstance(case.body["file"], Upload)
            assert case.media == "multipart/form-data"


def test_values_survive_being_written_and_read(contract: Contract) -> None:
    for label in contract.operations:
        for case in made(contract, label):
            if case.media == "application/json" and not isinstance(case.body, bytes):
                assert json.loads(json.dumps(case.body)) == case.body


def test_the_budget_is_kept_and_distinct_scenarios_come_before_more_of_one(contract: Contract) -> None:
    small = CaseBudget("small", examples=1, boundary=6, random=2, invalid=6)
    cases = cases_for(contract, CREATE, seed=1, budget=small)
    counts = Counter(c.kind for c in cases)
    assert counts == {
        Kind.EXAMPLE: 1,
        Kind.SMALLEST: 1,
        Kind.BOUNDARY: 6,
        Kind.RANDOM: 2,
        Kind.INVALID: 6,
    }
    assert len({(c.rule.location, c.rule.keyword) for c in cases if c.rule}) == 6


def test_a_parameter_comes_to_its_turn_beside_a_large_body(contract: Contract) -> None:
    budget = CaseBudget("few", examples=0, boundary=4, random=0, invalid=6)
    cases = cases_for(contract, CREATE, seed=1, budget=budget)
    assert "query" in {c.rule.location for c in cases if c.rule}
    assert any(c.query for c in cases if c.valid)


def test_a_smaller_budget_sends_cases_of_the_larger_one_under_the_same_ids(contract: Contract) -> None:
    few = cases_for(contract, CREATE, seed=1, budget=CaseBudget("few", 1, 4, 1, 4))
    many = {c.id: c for c in made(contract, CREATE)}
    assert all(many[c.id] == c for c in few)


def test_another_seed_chooses_and_invents_otherwise(contract: Contract) -> None:
    budget = CaseBudget("few", 1, 8, 4, 8)
    one, two = (cases_for(contract, CREATE, seed=s, budget=budget) for s in (1, 2))
    assert {c.id for c in one} != {c.id for c in two}


@pytest.mark.parametrize("size", [1, 2, 5, 30, 100])
def test_a_budget_by_size_is_no_larger_than_it_says(size: int) -> None:
    assert CaseBudget.of_size(size).per_operation == size


def test_random_cases_differ_from_one_another(contract: Contract) -> None:
    bodies = [json.dumps(c.body) for c in made(contract, CREATE) if c.kind is Kind.RANDOM]
    assert len(bodies) == len(set(bodies)) == 20


def test_what_is_created_carries_the_mark_of_the_run(contract: Contract) -> None:
    for case in made(contract, CREATE):
        if case.valid:
            assert has_holes(case.body["name"]), case


def test_a_recipe_of_another_room_is_read_with_its_files(contract: Contract) -> None:
    file = SimpleNamespace(
        filename="x.ndjson", content='{"a":"${unique}"}\n', content_type="application/x-ndjson"
    )
    theirs = SimpleNamespace(
        path={},
        query={},
        headers={},
        body={"file": file},
        has_body=True,
        media="multipart/form-data",
        why="because",
    )
    label = "POST /api/things/_import"
    smallest = next(c for c in made(contract, label, recipes={label: theirs}) if c.kind is Kind.SMALLEST)
    assert smallest.body == {"file": Upload("x.ndjson", b'{"a":"${unique}"}\n', "application/x-ndjson")}
