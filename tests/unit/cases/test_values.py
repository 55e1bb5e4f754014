"""One generator, several choosers: what it makes fits, whoever chooses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.cases import texts
from pytest_kibana.cases.choosers import Fullest, Random, Simplest
from pytest_kibana.cases.rules import admits, broken
from pytest_kibana.cases.shapes import Shapes, join, key_of, kinds_of
from pytest_kibana.cases.values import Unsatisfiable, Values
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Schema

NODE: dict[str, Any] = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]}},
}
ENDLESS: dict[str, Any] = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
}
COMPONENTS: dict[str, Any] = {"Node": NODE, "Endless": ENDLESS, "Self": {"$ref": "#/components/schemas/Self"}}
SCHEMAS: list[Any] = [
    {"type": "string", "minLength": 3, "maxLength": 3},
    {"type": "string", "pattern": r"^[1-9]\d*[smhd]$"},
    {"type": "string", "pattern": "[smdh]$", "minLength": 4},
    {"type": "string", "pattern": "^(?:a|b){2,3}-[^x]$"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "ipv4"},
    {"type": "integer", "exclusiveMinimum": 3, "maximum": 4},
    {"type": "integer", "multipleOf": 5, "minimum": 11},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": ["string", "null"]},
    {"enum": [None, 1, "a"]},
    {"const": {"a": 1}},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 3},
    {
        "type": "array",
        "items": [{"type": "string"}, {"type": "integer"}],
        "additionalItems": False,
        "minItems": 2,
    },
    {"type": "array", "contains": {"const": 7}},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    {"type": "object", "maxProperties": 1, "properties": {"a": True, "b": True}},
    {"type": "object", "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False},
    {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string"}}}]},
    {"anyOf": [{"type": "string"}, {"type": "integer"}], "not": {"type": "string"}},
    {"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"},
    {
        "allOf": [
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        ]
    },
    {"$ref": "#/components/schemas/Node"},
    {"$ref": "#/components/schemas/Self"},
    True,
    {},
]


@pytest.fixture(scope="module")
def values() -> Values:
    return Values(Shapes(COMPONENTS))


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_every_chooser_makes_what_fits(values: Values, contract: Contract, schema: Any) -> None:
    choosers = [Simplest(), Fullest(), *(Random(str(n)) for n in range(30))]
    for chooser in choosers:
        value = values.make(schema, chooser)
        assert admits(values.shapes, values.shapes.of(schema), value)
        if "$ref" not in str(schema):
            assert contract.is_valid(Schema("#/x", schema), value)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"enum": []},
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "array", "minItems": 2, "maxItems": 1},
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"type": "array", "items": {"enum": [1, 2]}, "minItems": 3, "uniqueItems": True},
        {"$ref": "#/components/schemas/Endless"},
        {"anyOf": [False, {"enum": []}]},
        {"type": "string", "not": {}},
    ],
    ids=str,
)
def test_what_nothing_fits_is_said_and_not_searched_forever(values: Values, schema: Any) -> None:
    for chooser in (Simplest(), Fullest(), Random("1")):
        with pytest.raises(Unsatisfiable):
            values.make(schema, chooser)


def test_the_same_seed_makes_the_same_value(values: Values) -> None:
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 5}
    assert values.make(schema, Random("x")) == values.make(schema, Random("x"))
    assert values.make(schema, Random("x")) != values.make(schema, Random("y"))


def test_one_and_true_are_different_values() -> None:
    assert key_of(1) != key_of(True)
    assert kinds_of(True) == {"boolean"}
    shapes = Shapes({})
    assert broken(shapes.of({"enum": [1]}), True) == ("enum",)
    assert broken(shapes.of({"enum": [1]}), 1.0) == ()


def test_joining_closed_objects_allows_what_both_allow() -> None:
    shapes = Shapes({})
    a = shapes.of({"properties": {"a": {}, "b": {}}, "additionalProperties": False})
    b = shapes.of({"properties": {"b": {"type": "string"}, "c": {}}})
    both = join(a, b)
    assert both.property("a") is not False
    assert both.property("b") == {"type": "string"}
    assert both.property("c") is False
    assert both.property("other") is False


@given(
    st.sampled_from([r"^\d{3}-\w+$", "[smdh]$", "^(ab|cd)*e?$", r"\.json$", "^[^/]+$", r"^\S{1,4}$", "a.c"]),
    st.text(),
)
def test_text_made_for_a_pattern_keeps_it(pattern: str, seed: str) -> None:
    assert texts.keeps(pattern, texts.matching(pattern, Random(seed)))


def test_a_dollar_is_the_very_end_as_in_ecma_script() -> None:
    assert not texts.keeps("^a$", "a\n")
    assert texts.keeps(r"^a\$$", "a$")
    assert texts.keeps("[$]", "$")


def test_an_unreadable_pattern_is_kept_by_everything() -> None:
    assert texts.keeps("(", "x")
    assert texts.matching("(", Simplest()) == "a"


def test_the_parser_of_patterns_is_where_it_was() -> None:
    """It belongs to the interpreter and is not documented; this tells when it moves."""
    assert [str(op) for op, _ in texts._PARSER.parse("a[b-c]d*")] == ["LITERAL", "IN", "MAX_REPEAT"]


@pytest.mark.parametrize("form", texts.UNFORMATTED)
def test_the_wrong_text_of_a_format_is_wrong_and_the_right_one_right(form: str) -> None:
    shape = Shapes({}).of({"type": "string", "format": form})
    made = texts.formatted(form, Random("1"))
    assert made is not None
    assert broken(shape, made) == ()
    assert broken(shape, texts.UNFORMATTED[form]) == ("format",)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("/schedule/interval", "1h"),
        ("/hosts/0", "https://example.org"),
        ("/start_date", "2026-01-01T00:00:00.000Z"),
    ],
)
def test_plain_text_is_such_as_the_name_of_its_place_wants(values: Values, at: str, text: str) -> None:
    assert values.make({"type": "string"}, Simplest(), at=at) == text
    assert values.make({"type": "string", "maxLength": 1}, Simplest(), at=at) == "a"
