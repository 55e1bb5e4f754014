"""OpenAPI schemas mean in draft 7 what Kibana means by them."""

from typing import Any

import jsonschema
import pytest

FIVE = [{"items": {}, "type": "array"}, *({"type": t} for t in ("boolean", "number", "object", "string"))]
NEVER: dict[str, Any] = {"not": {}}

# (what it shows, schema, values that keep it, values that break it)
CASES: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("type and nullable", {"type": "string", "nullable": True}, ["a", None], [1]),
    ("nullable alone is anything", {"nullable": True}, [1, None, "a", [], {}], []),
    ("reference and nullable", {"$ref": "#/components/schemas/Text", "nullable": True}, ["a", None], [1]),
    (
        "anyOf and nullable",
        {"anyOf": [{"type": "string"}, {"type": "number"}], "nullable": True},
        ["a", 1, None],
        [[]],
    ),
    (
        "oneOf and nullable",
        {"oneOf": [{"type": "string"}, {"type": "array"}], "nullable": True},
        ["a", None],
        [1],
    ),
    (
        "allOf and nullable",
        {"allOf": [{"$ref": "#/components/schemas/Text"}], "nullable": True},
        ["a", None],
        [1],
    ),
    (
        "type, oneOf and nullable",
        {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "nullable": True},
        [{"a": 1}, None],
        [{}, 1],
    ),
    (
        "type, allOf and nullable",
        {"type": "object", "allOf": [{"required": ["a"]}], "nullable": True},
        [{"a": 1}, None],
        [{}, 1],
    ),
    ("enum and nullable", {"enum": ["a"], "nullable": True}, ["a", None], ["b"]),
    ("typed enum and nullable", {"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b", 1]),
    (
        "empty enum and nullable is null",
        {"anyOf": [{"type": "string"}, {"enum": [], "nullable": True}]},
        [None],
        [1],
    ),
    (
        "condition, its forbidding arm",
        {"anyOf": FIVE, "nullable": True, "oneOf": [{"type": "number"}, NEVER]},
        [1, None],
        ["a"],
    ),
    (
        "condition in a condition",
        {
            "anyOf": FIVE,
            "nullable": True,
            "oneOf": [NEVER, {"anyOf": FIVE, "nullable": True, "oneOf": [{"type": "string"}, NEVER]}],
        },
        ["a", None],
        [1],
    ),
    (
        "five types and nullable is anything",
        {"anyOf": FIVE, "nullable": True},
        [1, None, "a", [], {}, True],
        [],
    ),
    ("never", {"properties": {"a": NEVER}}, [{}, {"b": 1}], [{"a": 1}]),
    ("exclusive minimum of 3.0", {"minimum": 3, "exclusiveMinimum": True}, [4], [3, 2]),
    ("inclusive minimum of 3.0", {"minimum": 3, "exclusiveMinimum": False}, [3], [2]),
    ("exclusive maximum of 3.0", {"maximum": 3, "exclusiveMaximum": True}, [2], [3]),
    ("exclusive bounds of 3.1", {"exclusiveMinimum": 3, "exclusiveMaximum": 5}, [4], [3, 5]),
    ("type list of 3.1", {"type": ["string", "null"]}, ["a", None], [1]),
    ("const of 3.1", {"const": "a"}, ["a"], ["b"]),
    (
        "tuple of 3.1",
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "number"}},
        [["a", 1]],
        [[1]],
    ),
    ("oneOf whose arms overlap", {"oneOf": [{"type": "object"}, {"type": "object"}]}, [{}], [1]),
    ("misspelt type", {"type": "objects"}, [{}], ["a"]),
    ("unknown type", {"type": "file"}, [1, "a"], []),
    ("required is null", {"type": "object", "required": None}, [{}], [1]),
    ("required is an object", {"type": "object", "required": {"anyOf": ["a"]}}, [{}], [1]),
    ("required is a boolean", {"type": "string", "required": True}, ["a"], [1]),
    ("required is empty", {"type": "object", "required": []}, [{}], [1]),
    ("array without items", {"type": "array"}, [[1, "a"]], [{}]),
    ("unknown keyword", {"type": "object", "additionalproperties": False}, [{"a": 1}], [1]),
    ("unknown format", {"type": "string", "format": "nonempty"}, ["", "a"], [1]),
    ("format of another type", {"type": "object", "format": "uuid"}, [{}], ["a"]),
    (
        "a uuid, of any version and in any case",
        {"type": "string", "format": "uuid"},
        ["2eb7189e-2b1f-4a6f-8f3e-0a1b2c3d4e5f", "2EB7189E-2B1F-1A6F-8F3E-0A1B2C3D4E5F"],
        ["", "a", "2eb7189e2b1f4a6f8f3e0a1b2c3d4e5f", "2eb7189e-2b1f-4a6f-8f3e-0a1b2c3d4e5f\n"],
    ),
    (
        "date-time is asserted",
        {"type": "string", "format": "date-time"},
        ["2026-01-01T00:00:00Z"],
        ["soon", "2026-01-01T00:00:00Z\n"],
    ),
    ("additionalProperties {} is open", {"type": "object", "additionalProperties": {}}, [{"a": 1}], [1]),
    (
        "closed object",
        {"type": "object", "additionalProperties": False, "properties": {"a": {}}},
        [{"a": 1}],
        [{"b": 1}],
    ),
    ("rule of another type", {"type": "array", "items": {}, "minLength": 3}, [[]], ["abc"]),
    ("a pattern that is none", {"type": "string", "pattern": "(["}, ["a"], [1]),
    (
        "discriminator is advice",
        {"oneOf": [{"type": "object"}], "discriminator": {"propertyName": "x", "mapping": {"a": "#/no"}}},
        [{}],
        [1],
    ),
    (
        "allOf with a closed arm means the union",
        {
            "allOf": [
                {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"b": {"type": "number"}}},
            ]
        },
        [{"a": "x", "b": 1}],
        [{"a": 1}, {"b": "x"}, {"c": 1}],
    ),
    (
        "allOf in which one arm forbids what another requires",
        {
            "allOf": [
                {"properties": {"name": NEVER}},
                {"type": "object", "required": ["name", "b"], "properties": {"name": {"type": "string"}}},
            ]
        },
        [{"b": 1}],
        [{"name": "x", "b": 1}, {}],
    ),
    (
        "a property called like a keyword",
        {"properties": {"default": {"type": "string"}, "$ref": {"type": "string"}}},
        [{"default": "a"}],
        [{"default": 1}, {"$ref": 1}],
    ),
]


@pytest.mark.parametrize(
    ("schema", "good", "bad"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_schema_means_what_kibana_means(
    answer_schema: Any, schema: Any, good: list[Any], bad: list[Any]
) -> None:
    contract, translated = answer_schema(schema, {"Text": {"type": "string"}})
    components = {"components": {"schemas": dict(contract.components)}}
    second = jsonschema.Draft7Validator(
        {**translated.json, **components} if isinstance(translated.json, dict) else translated.json,
        format_checker=jsonschema.FormatChecker(),
    )
    for value in good:
        assert contract.is_valid(translated, value), value
        assert second.is_valid(value), value
    for value in bad:
        assert not contract.is_valid(translated, value), value
        assert contract.violations(translated, value), value


@pytest.mark.parametrize(
    "schema", [{}, {"description": "x"}, {"nullable": True}, {"anyOf": [{}, {"type": "string"}]}]
)
def test_a_schema_that_says_nothing_is_vacuous(answer_schema: Any, schema: Any) -> None:
    """Validating against it proves nothing, and the checks must be able to tell."""
    _, translated = answer_schema(schema)
    assert translated.vacuous


def test_a_reference_keeps_its_name(answer_schema: Any) -> None:
    _, translated = answer_schema({"$ref": "#/components/schemas/Text"}, {"Text": {"type": "string"}})
    assert translated.component == "Text"
    assert translated.json == {"$ref": "#/components/schemas/Text"}


def test_a_schema_may_contain_itself(answer_schema: Any) -> None:
    tree = {
        "type": "object",
        "properties": {"inner": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    contract, translated = answer_schema({"$ref": "#/components/schemas/Tree"}, {"Tree": tree})
    assert contract.is_valid(translated, {"inner": [{"inner": []}]})
    assert [v.at for v in contract.violations(translated, {"inner": [{"inner": [1]}]})] == [
        "/inner/0/inner/0"
    ]


def test_a_reference_to_elsewhere_in_the_document_is_written_out(answer_schema: Any) -> None:
    schemas = {"Outer": {"properties": {"x": {"type": "string"}}}}
    contract, translated = answer_schema({"$ref": "#/components/schemas/Outer/properties/x"}, schemas)
    assert translated.json == {"type": "string"}
    assert contract.components.keys() == {"Outer"}


def test_facts_that_generators_use_survive(answer_schema: Any) -> None:
    _, translated = answer_schema({"type": "string", "default": "d", "example": "e", "description": "gone"})
    assert translated.json == {"type": "string", "default": "d", "examples": ["e"]}
