"""A violation names the deepest meaningful place, in our words, and keeps its identity over regenerated contracts."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RULES: list[tuple[Any, Any, str, str, str]] = [
    ({"type": "string"}, 1, "", "type", "is a number, the contract says string"),
    ({"type": "string"}, None, "", "type", "is null, the contract says string"),
    ({"type": ["string", "null"]}, True, "", "type", "is a boolean, the contract says string or null"),
    ({"required": ["a"]}, {}, "", "required", "lacks the required property `a`"),
    (
        {"properties": {"a": {"type": "array"}}},
        {"a": {}},
        "/a",
        "type",
        "is an object, the contract says array",
    ),
    (
        {"additionalProperties": False, "properties": {"a": {}}},
        {"b": 1},
        "",
        "additionalProperties",
        "has the property `b`, which the contract does not allow",
    ),
    (
        {"type": "object", "additionalProperties": False},
        {"b": 1},
        "",
        "additionalProperties",
        "has the property `b`, which the contract does not allow",
    ),
    ({"enum": ["a", "b"]}, "c", "", "enum", "is not `a` or `b`, which is all that the contract lists"),
    ({"enum": list("abcdefgh")}, "z", "", "enum", "is none of the 8 values that the contract lists"),
    ({"const": "a"}, "c", "", "const", "is not `a`, which is all that the contract lists"),
    ({"items": {"minimum": 3}}, [4, 2], "/1", "minimum", "is less than 3, the contract's minimum"),
    ({"maximum": 3}, 4, "", "maximum", "is more than 3, the contract's maximum"),
    ({"minLength": 1}, "", "", "minLength", "is shorter than the contract's 1 character"),
    ({"maxLength": 2}, "abc", "", "maxLength", "is longer than the contract's 2 characters"),
    ({"minItems": 1}, [], "", "minItems", "has fewer than the contract's 1 item"),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, "", "maxProperties", "has more than the contract's 1 property"),
    (
        {"uniqueItems": True},
        [1, 1],
        "",
        "uniqueItems",
        "holds an item twice, the contract says that each is unique",
    ),
    ({"pattern": "^a"}, "b", "", "pattern", "does not match the contract's pattern `^a`"),
    (
        {"type": "string", "format": "uuid"},
        "00000000000040008000000000000000",
        "",
        "format",
        "is no uuid, which is the format that the contract says",
    ),
    (
        {"type": "string", "format": "date-time"},
        "x",
        "",
        "format",
        "is no date-time, which is the format that the contract says",
    ),
    (
        {"properties": {"a": {"not": {}}}},
        {"a": 1},
        "/a",
        "not",
        "is present, and the contract allows nothing here",
    ),
    ({"not": {"type": "string"}}, "a", "", "not", "is of a form that the contract forbids"),
]


@pytest.mark.parametrize(
    ("schema", "value", "at", "keyword", "sentence"), RULES, ids=[f"{n}-{r[3]}" for n, r in enumerate(RULES)]
)
def test_each_rule_has_its_sentence(
    answer_schema: Any, schema: Any, value: Any, at: str, keyword: str, sentence: str
) -> None:
    contract, translated = answer_schema(schema)
    assert [(v.at, v.keyword, v.sentence) for v in contract.violations(translated, value)] == [
        (at, keyword, sentence)
    ]


def test_a_value_of_the_wrong_type_breaks_one_rule(answer_schema: Any) -> None:
    """It is none of the listed values either, and that would be the same defect twice."""
    contract, translated = answer_schema({"properties": {"a": {"type": "string", "enum": ["x"]}}})
    assert [v.keyword for v in contract.violations(translated, {"a": 1})] == ["type"]


def test_every_missing_and_every_unexpected_property_is_its_own_violation(answer_schema: Any) -> None:
    contract, translated = answer_schema(
        {"required": ["a", "b"], "properties": {"a": {}, "b": {}}, "additionalProperties": False}
    )
    sentences = {v.sentence for v in contract.violations(translated, {"x": 1, "y": 2})}
    assert sentences == {
        "lacks the required property `a`",
        "lacks the required property `b`",
        "has the property `x`, which the contract does not allow",
        "has the property `y`, which the contract does not allow",
    }


def test_a_name_with_a_slash_is_escaped(answer_schema: Any) -> None:
    contract, translated = answer_schema({"additionalProperties": {"type": "string"}})
    assert [v.at for v in contract.violations(translated, {"a/b~c": 1})] == ["/a~1b~0c"]


ARMS = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "size"],
            "properties": {"type": {"enum": ["box"]}, "size": {"type": "number"}},
        },
        {
            "type": "object",
            "required": ["type", "name"],
            "properties": {"type": {"enum": ["tag"]}, "name": {"type": "string"}},
        },
        {"type": "string"},
    ],
    "nullable": True,
}


@pytest.mark.parametrize(
    ("value", "at", "sentence"),
    [
        ({"type": "tag", "size": 1, "name": 2}, "/name", "is a number, the contract says string"),
        ({"type": "box", "name": "x"}, "", "lacks the required property `size`"),
        ({"type": "box", "size": "x"}, "/size", "is text, the contract says number"),
        (7, "", "is a number, the contract says object, string or null"),
    ],
)
def test_what_is_said_is_what_breaks_in_the_arm_that_was_meant(
    answer_schema: Any, value: Any, at: str, sentence: str
) -> None:
    contract, translated = answer_schema(ARMS)
    assert [(v.at, v.sentence) for v in contract.violations(translated, value)] == [(at, sentence)]


def test_the_nearest_component_is_named_and_the_place_inside_it(answer_schema: Any) -> None:
    schemas = {
        "Rule": {
            "type": "object",
            "properties": {"actions": {"type": "array", "items": {"$ref": "#/components/schemas/Action"}}},
        },
        "Action": {"type": "object", "properties": {"group": {"type": "string"}}},
    }
    contract, translated = answer_schema(
        {"type": "object", "properties": {"rule": {"$ref": "#/components/schemas/Rule"}}}, schemas
    )
    (violation,) = contract.violations(translated, {"rule": {"actions": [{"group": 1}]}})
    assert (violation.component, violation.schema_at) == ("Action", "/properties/group")
    assert violation.at == "/rule/actions/0/group"
    (violation,) = contract.violations(translated, {"rule": {"actions": 1}})
    assert (violation.component, violation.schema_at) == ("Rule", "/properties/actions")
    (violation,) = contract.violations(translated, {"rule": 1})
    assert violation.component == "Rule"
    (violation,) = contract.violations(translated, 1)
    assert violation.component is None
    assert violation.schema_at == "#/paths/~1api~1thing/get/responses/200/content/application~1json/schema"


def test_an_identity_survives_regeneration(answer_schema: Any) -> None:
    """Arms in another order, a wrapping ``allOf``, an added arm: the same rule is broken at the same place."""
    contract, translated = answer_schema({"properties": {"x": ARMS}})
    again = copy.deepcopy(ARMS)
    again["oneOf"].insert(0, {"type": "array"})
    again["oneOf"].reverse()
    other, regenerated = answer_schema({"allOf": [{"properties": {"x": {"allOf": [again]}}}]})
    value = {"x": {"type": "tag", "name": 2}}
    assert contract.violations(translated, value) == other.violations(regenerated, value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "size", "x"]), inner)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(value=JSON)
def test_there_are_violations_exactly_where_a_value_is_invalid(answer_schema: Any, value: Any) -> None:
    contract, translated = answer_schema({"anyOf": [ARMS, {"type": "array", "items": ARMS}]})
    violations = contract.violations(translated, value)
    assert bool(violations) is not contract.is_valid(translated, value)
    for violation in violations:
        here = value
        for token in violation.at.split("/")[1:]:
            here = here[int(token)] if isinstance(here, list) else here[token]
        assert violation.sentence
        assert violation.keyword
