"""Contracts are compared by meaning: what breaks a client is named with a witness, what is only spelt anew is not."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.contract.schemas import NUMBER, TEXT, obj, told

from pytest_kibana.contract import Operation
from pytest_kibana.contract.diff import Change, Class, Diff, diff, to_json, to_markdown

LABEL = "POST /api/thing"


@pytest.fixture
def compare(build: Any, opened: Any) -> Any:
    """Compare two contracts that differ in the body or the answer of one operation."""

    def operation(body: Any, answer: Any, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"tags": ["t"], "responses": {"200": {"description": ""}}, **more}
        if body is not None:
            made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        if answer is not None:
            made["responses"]["200"]["content"] = {"application/json": {"schema": answer}}
        return made

    def make(
        old: Any = None,
        new: Any = None,
        *,
        answer: bool = False,
        schemas: tuple[Any, Any] = ({}, {}),
        **more: Any,
    ) -> Diff:
        sides = [
            opened(build({LABEL: operation(*((None, side) if answer else (side, None)), **more)}, components))
            for side, components in zip((old, new), schemas, strict=True)
        ]
        return diff(*sides)

    return make


def only(found: Diff) -> Change:
    (change,) = found.changes
    return change


# Tightened requests, wherever the tightening stands.


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (obj({"a": TEXT}), obj({"a": TEXT}, "a"), (".a", "request-field-became-required")),
        (obj({"a": TEXT}), obj({"a": TEXT, "b": TEXT}, "b"), (".b", "request-required-field-added")),
        (obj({"a": TEXT}), obj({"a": TEXT}, additionalProperties=False), ("", "request-object-closed")),
        (obj({"a": TEXT}), obj({"a": NUMBER}), (".a", "request-type-changed")),
        (obj({"a": {"type": ["string", "number"]}}), obj({"a": TEXT}), (".a", "request-type-narrowed")),
        (obj({"a": {**TEXT, "nullable": True}}), obj({"a": TEXT}), (".a", "request-null-removed")),
        (obj({"a": TEXT}), obj({"a": {"enum": ["x", "y"]}}), (".a", "request-enum-introduced")),
        (obj({"a": {"enum": ["x", "y"]}}), obj({"a": {"enum": ["x"]}}), (".a", "request-enum-value-removed")),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "maxLength": 100}}), (".a", "request-limit-tightened")),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "minLength": 1}}), (".a", "request-limit-tightened")),
        (
            obj({"a": {**TEXT, "maxLength": 50}}),
            obj({"a": {**TEXT, "maxLength": 10}}),
            (".a", "request-limit-tightened"),
        ),
        (obj({"a": NUMBER}), obj({"a": {**NUMBER, "minimum": 1}}), (".a", "request-limit-tightened")),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "pattern": "^[a-z]+$"}}), (".a", "request-limit-tightened")),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "format": "date-time"}}), (".a", "request-limit-tightened")),
        (
            obj({"a": {"type": "array", "items": TEXT}}),
            obj({"a": {"type": "array", "items": NUMBER}}),
            (".a[]", "request-type-changed"),
        ),
        (
            obj({"a": {"type": "array", "items": TEXT}}),
            obj({"a": {"type": "array", "items": TEXT, "minItems": 1}}),
            (".a", "request-limit-tightened"),
        ),
        (
            {"type": "object", "additionalProperties": TEXT},
            {"type": "object", "additionalProperties": NUMBER},
            ("{*}", "request-type-changed"),
        ),
        (
            obj({"a": TEXT, "b": TEXT}, additionalProperties=False),
            obj({"a": TEXT}, additionalProperties=False),
            (".b", "request-field-removed"),
        ),
        (obj({"a": TEXT, "b": TEXT}), obj({"a": TEXT}), (".b", "request-field-removed")),
    ],
)
def test_inline_body_tightened(compare: Any, old: Any, new: Any, expected: tuple[str, str]) -> None:
    change = only(compare(old, new))
    assert (change.at, change.code, change.severity) == (*expected, Class.BREAKING)
    assert change.witnessed
    assert change.operation == LABEL
    assert change.where == "request body"


def test_a_place_of_another_type_is_named_with_what_it_asks_for(compare: Any) -> None:
    old = obj({"steps": {"type": "array", "items": TEXT}})
    new = obj({"steps": obj({"list": {"type": "array", "items": TEXT}}, "list")})
    found = compare(old, new)
    assert told(found) == {
        (".steps", "request-type-changed", "BREAKING"),
        (".steps.list", "request-required-field-added", "BREAKING"),
        (".steps[]", "request-field-removed", "BREAKING"),
    }
    assert all(change.witnessed for change in found.changes)


def test_component_body_tightened(compare: Any) -> None:
    reference = {"$ref": "#/components/schemas/Thing"}
    schemas = ({"Thing": obj({"a": TEXT})}, {"Thing": obj({"a": {**TEXT, "maxLength": 3}})})
    change = only(compare(reference, reference, schemas=schemas))
    assert (change.at, change.code, change.severity) == (".a", "request-limit-tightened", Class.BREAKING)
    assert len(change.witness["a"]) > 3


def test_nested_body_tightened(compare: Any) -> None:
    def nested(inner: Any) -> Any:
        return obj(
            {
                "list": {
                    "type": "array",
                    "items": obj({"map": {"type": "object", "additionalProperties": inner}}, "map"),
                }
            }
        )

    change = only(compare(nested(obj({"a": TEXT})), nested(obj({"a": TEXT}, "a"))))
    assert (change.at, change.severity) == (".list[].map{*}.a", Class.BREAKING)
    assert change.witness == {"list": [{"map": {"extra": {}}}]}


def test_oneof_body_tightened(compare: Any) -> None:
    def arms(size: Any) -> Any:
        box = obj({"type": {"enum": ["box"]}, "size": size}, "type", "size")
        tag = obj({"type": {"enum": ["tag"]}, "name": TEXT}, "type", "name")
        return {"oneOf": [box, tag], "discriminator": {"propertyName": "type"}}

    change = only(compare(arms(NUMBER), arms({**NUMBER, "maximum": 9})))
    assert (change.at, change.code, change.severity) == (".size", "request-limit-tightened", Class.BREAKING)
    assert change.witness["type"] == "box"
    assert change.witness["size"] > 9


def test_an_arm_that_is_gone_is_noticed_though_no_place_changed(compare: Any) -> None:
    """The union of the arms says the same at every place; only together do the fields tell."""
    pairs = [
        obj({"a": {"enum": [x]}, "b": {"enum": [y]}}, "a", "b")
        for x, y in (("p", "q"), ("r", "s"), ("p", "s"), ("r", "q"))
    ]
    change = only(compare({"oneOf": pairs}, {"oneOf": pairs[:2]}))
    assert (change.code, change.severity) == ("request-changed", Class.BREAKING)
    assert change.witness in ({"a": "p", "b": "s"}, {"a": "r", "b": "q"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (obj({"a": TEXT}, "a"), obj({"a": TEXT})),
        (obj({"a": TEXT}), obj({"a": {"type": ["string", "number"]}})),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "nullable": True}})),
        (obj({"a": {"enum": ["x"]}}), obj({"a": {"enum": ["x", "y"]}})),
        (obj({"a": {"enum": ["x"]}}), obj({"a": TEXT})),
        (obj({"a": {**TEXT, "maxLength": 3}}), obj({"a": TEXT})),
        (obj({"a": TEXT}, additionalProperties=False), obj({"a": TEXT})),
        (
            obj({"a": TEXT}, additionalProperties=False),
            obj({"a": TEXT, "b": TEXT}, additionalProperties=False),
        ),
        (obj({"a": TEXT}), obj({"a": TEXT, "b": TEXT})),
    ],
)
def test_loosening_no_flag(compare: Any, old: Any, new: Any) -> None:
    """An optional name on an open object narrows it by the letter; it is reported as an addition all the same."""
    assert only(compare(old, new)).severity is Class.ADDITION


def test_response_only_no_flag(compare: Any) -> None:
    """What tightens an answer is a stronger promise."""
    new = obj({"a": {**TEXT, "maxLength": 3}}, "a", additionalProperties=False)
    found = compare(obj({"a": {**TEXT, "nullable": True}}), new, answer=True)
    assert {change.severity for change in found.changes} == {Class.ADDITION}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (obj({"a": TEXT, "b": TEXT}, "b"), obj({"a": TEXT}), (".b", "response-field-removed", "BREAKING")),
        (obj({"a": TEXT, "b": TEXT}), obj({"a": TEXT}), (".b", "response-field-removed", "BREAKING")),
        (obj({"a": TEXT}, "a"), obj({"a": TEXT}), (".a", "response-field-became-optional", "BREAKING")),
        (obj({"a": TEXT}), obj({"a": NUMBER}), (".a", "response-type-changed", "BREAKING")),
        (obj({"a": TEXT}), obj({"a": {**TEXT, "nullable": True}}), (".a", "response-null-added", "BREAKING")),
        (obj({"a": {"enum": ["x"]}}), obj({"a": TEXT}), (".a", "response-enum-dropped", "BREAKING")),
        (TEXT, {}, ("", "response-type-widened", "BREAKING")),
        (
            obj({"a": {"enum": ["x"]}}),
            obj({"a": {"enum": ["x", "y"]}}),
            (".a", "response-enum-value-added", "STRICT"),
        ),
        (
            obj({}, additionalProperties=False),
            obj({"a": TEXT}, additionalProperties=False),
            (".a", "response-field-added", "STRICT"),
        ),
        (
            obj({}, additionalProperties=False),
            obj({"a": TEXT}, "a", additionalProperties=False),
            (".a", "response-field-added", "STRICT"),
        ),
        (obj({"a": {**TEXT, "maxLength": 3}}), obj({"a": TEXT}), (".a", "response-limit-loosened", "STRICT")),
        (obj({}), obj({"a": TEXT}), (".a", "response-field-added", "ADDITION")),
        (
            obj({"a": {"enum": ["x", "y"]}}),
            obj({"a": {"enum": ["x"]}}),
            (".a", "response-enum-value-removed", "ADDITION"),
        ),
    ],
)
def test_answers_are_judged_by_what_readers_rely_on(compare: Any, old: Any, new: Any, expected: Any) -> None:
    change = only(compare(old, new, answer=True))
    assert (change.at, change.code, change.severity.name) == expected
    assert change.witnessed is (change.severity is not Class.ADDITION)


# Spellings. Each pair means the same.

RESPELLED = [
    ({**TEXT, "nullable": True}, {"anyOf": [TEXT, {"enum": [], "nullable": True}]}),
    ({**TEXT, "nullable": True}, {"type": ["string", "null"]}),
    ({"nullable": True}, {}),
    (
        {"$ref": "#/components/schemas/Text", "nullable": True},
        {"allOf": [{"$ref": "#/components/schemas/Text"}], "nullable": True},
    ),
    (obj({"a": TEXT}), {"allOf": [obj({"a": TEXT})]}),
    (obj({"a": TEXT}), {"anyOf": [obj({"a": TEXT})]}),
    (obj({"a": TEXT}), obj({"a": {"$ref": "#/components/schemas/Text"}})),
    (obj({"a": TEXT, "b": TEXT}, "a", "b"), {"allOf": [obj({"a": TEXT}, "a"), obj({"b": TEXT}, "b")]}),
    ({"enum": ["x", "y"]}, {"anyOf": [{"enum": ["y"]}, {"enum": ["x"]}]}),
    ({"type": "string", "enum": ["x"]}, {"enum": ["x"]}),
    ({"oneOf": [TEXT, NUMBER]}, {"anyOf": [NUMBER, TEXT]}),
    ({"anyOf": [{"enum": ["x"]}, TEXT]}, TEXT),
    ({"minimum": 3, "exclusiveMinimum": False, "type": "number"}, {"minimum": 3, "type": "number"}),
    (obj({"a": TEXT}, additionalProperties={}), obj({"a": TEXT}, additionalProperties=True)),
    ({**TEXT, "description": "of old", "example": "x"}, {**TEXT, "description": "anew"}),
    (obj({"a": {"not": {}}, "b": TEXT}), obj({"b": TEXT, "a": {"not": {}}})),
    ({"type": "boolean"}, {"enum": [True, False], "type": "boolean"}),
    ({"type": "boolean"}, {"oneOf": [{"enum": [True]}, {"enum": [False]}]}),
    (TEXT, {**TEXT, "minLength": 0}),
    ({"type": "array", "items": {}}, {"type": "array", "minItems": 0}),
    ({"type": "number"}, {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
]


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize(("one", "two"), [*RESPELLED, *((two, one) for one, two in RESPELLED)])
def test_no_respelling_is_a_change(compare: Any, one: Any, two: Any, answer: bool) -> None:
    schemas = {"Text": TEXT}
    found = compare(obj({"x": one}), obj({"x": two}), answer=answer, schemas=(schemas, schemas))
    assert found.changes == ()


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            TEXT,
            NUMBER,
            {"type": "boolean"},
            {"enum": ["x", "y"]},
            {**TEXT, "nullable": True},
            {**TEXT, "maxLength": 5},
        ]
    ),
    lambda inner: (
        st.builds(
            lambda properties, required, closed: obj(
                properties, *[n for n in properties if n in required], additionalProperties=not closed
            ),
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.sets(st.sampled_from("abc")),
            st.booleans(),
        )
        | st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda arms: {"oneOf": arms}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(old=SCHEMAS, new=SCHEMAS)
def test_every_witness_of_a_request_is_one(compare: Any, build: Any, opened: Any, old: Any, new: Any) -> None:
    """A witness is taken by the old contract, and refused by the new one, unless the change says why not."""
    found = compare(old, new)

    def takes(schema: Any, value: Any) -> bool:
        body = {"content": {"application/json": {"schema": schema}}}
        contract = opened(build({LABEL: {"tags": ["t"], "requestBody": body}}))
        return bool(contract.is_valid(contract.operation(LABEL).body.content[0].schema, value))

    for change in found.of(Class.BREAKING):
        assert change.witnessed
        assert takes(old, change.witness)
        undescribed = change.code == "request-field-removed"
        assert undescribed or change.reason or not takes(new, change.witness)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(schema=SCHEMAS)
def test_a_contract_does_not_differ_from_itself(compare: Any, schema: Any) -> None:
    found = compare(schema, copy.deepcopy(schema))
    assert found.changes == ()
    assert found.respelled == 0


def test_a_schema_that_contains_itself_can_be_compared(compare: Any) -> None:
    def tree(leaf: Any) -> Any:
        return {
            "Tree": obj(
                {"leaf": leaf, "inner": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}
            )
        }

    reference = {"$ref": "#/components/schemas/Tree"}
    assert compare(reference, reference, schemas=(tree(TEXT), tree(TEXT))).changes == ()
    found = compare(reference, reference, schemas=(tree(TEXT), tree(NUMBER)))
    assert (".leaf", "request-type-changed", "BREAKING") in told(found)


def test_a_union_with_a_looser_arm_still_names_the_change(compare: Any) -> None:
    """Published unions often hold an arm without required members, which takes everything; it must hide nothing."""

    def union(field: Any) -> Any:
        return {"oneOf": [obj({"kind": TEXT, "unit": field}, "kind"), obj({"other": TEXT})]}

    change = only(compare(union(TEXT), union({"enum": ["s", "m"]})))
    assert (change.at, change.code, change.severity) == (".unit", "request-enum-introduced", Class.BREAKING)
    assert change.reason


def test_a_change_in_one_arm_that_the_union_as_a_whole_hides_is_named(compare: Any) -> None:
    """Another arm has the same property without the limit, so that the union says the same at every place."""

    def union(limited: Any) -> Any:
        box = obj({"kind": {"enum": ["box"]}, "name": limited}, "kind", additionalProperties=False)
        tag = obj({"kind": {"enum": ["tag"]}, "name": TEXT}, "kind", additionalProperties=False)
        return obj({"list": {"type": "array", "items": {"oneOf": [tag, box]}}})

    change = only(compare(union(TEXT), union({**TEXT, "maxLength": 2})))
    assert (change.at, change.code, change.severity) == (
        ".list[].name",
        "request-limit-tightened",
        Class.BREAKING,
    )
    assert change.witness["list"][0]["kind"] == "box"


def test_schemas_that_stand_for_too_much_are_compared_in_bounded_time(compare: Any) -> None:
    """Twenty levels of ten references stand for more than any machine could write out."""
    levels = {
        f"L{n}": obj({f"p{i}": {"$ref": f"#/components/schemas/L{n + 1}"} for i in range(10)})
        for n in range(20)
    }
    old, new = ({**levels, "L20": obj({"a": leaf})} for leaf in (TEXT, {**TEXT, "maxLength": 1}))
    reference = {"$ref": "#/components/schemas/L0"}
    found = compare(reference, reference, schemas=(old, new))
    assert 0 < len(found.changes) <= 1000
    assert {change.severity for change in found.changes} == {Class.BREAKING}


def test_a_diff_can_be_printed_and_read_by_machines(compare: Any) -> None:
    import json

    found = compare(obj({"a": TEXT, "b": TEXT}), obj({"a": NUMBER}))
    text = to_markdown(found)
    assert f"### `{LABEL}`" in text
    assert "request-type-changed" in text
    assert "witness" in text
    data = json.loads(json.dumps(to_json(found)))
    assert data["counts"]["breaking"] == 2
    assert {change["at"] for change in data["changes"]} == {".a", ".b"}
    assert all(change["class"] == "breaking" and "witness" in change for change in data["changes"])
    assert Operation.__name__ not in text
