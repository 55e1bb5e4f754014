"""What is wrong with a contract is found, named with its place, and stops nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest

import pytest_kibana.contract as contract_room
from pytest_kibana.contract import KINDS

THING = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}


def get(schema: Any = None, **more: Any) -> dict[str, Any]:
    media: dict[str, Any] = {} if schema is None else {"schema": schema}
    return {
        "tags": ["t"],
        "responses": {"200": {"description": "", "content": {"application/json": media}}},
        **more,
    }


def post(media: dict[str, Any], name: str = "application/json") -> dict[str, Any]:
    return {
        "tags": ["t"],
        "requestBody": {"content": {name: media}},
        "responses": {"200": {"description": ""}},
    }


def query(**parameter: Any) -> dict[str, Any]:
    return get(THING, parameters=[{"in": "query", "name": "q", **parameter}])


# What a defect of one kind is besides.
ALSO = {"enum-empty": {"unsatisfiable"}, "example-invalid": {"body-not-required"}}

FORBIDDING = {"allOf": [{"properties": {"a": {"not": {}}}}, {"type": "object", "required": ["a"]}]}

# Each: kind of defect, the operations that have it, their components.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no-responses", {"GET /api/a": {"tags": ["t"]}}, {}),
    ("no-responses", {"GET /api/a": {"tags": ["t"], "responses": {}}}, {}),
    ("response-without-schema", {"GET /api/a": get()}, {}),
    ("request-without-schema", {"POST /api/a": post({})}, {}),
    ("no-tag", {"GET /api/a": {"responses": {"200": {"description": ""}}}}, {}),
    ("media-type-misspelt", {"POST /api/a": post({"schema": {}}, "application:json")}, {}),
    ("media-type-misspelt", {"POST /api/a": post({"schema": {}}, "application/gzip; application/zip")}, {}),
    (
        "get-with-body",
        {"GET /api/a": {**get(THING), "requestBody": {"content": {"application/json": {"schema": {}}}}}},
        {},
    ),
    ("body-not-required", {"POST /api/a": post({"schema": THING})}, {}),
    (
        "path-parameter-optional",
        {"GET /api/{a}": get(THING, parameters=[{"in": "path", "name": "a", "schema": {}}])},
        {},
    ),
    ("parameter-malformed", {"GET /api/a": get(THING, parameters=[{"in": "body", "name": "a"}])}, {}),
    ("query-object", {"GET /api/a": query(schema={"type": "object"})}, {}),
    (
        "status-malformed",
        {"GET /api/a": {"tags": ["t"], "responses": {"ok": {}, "200": {"description": ""}}}},
        {},
    ),
    ("clashing-templates", {"GET /api/a/{x}": get(THING), "PUT /api/a/{y}": get(THING)}, {}),
    ("clashing-templates", {"GET /s/{spaceId}/api/a": get(THING), "GET /api/a": get(THING)}, {}),
    ("unknown-keyword", {"GET /api/a": get({"type": "object", "additionalproperties": False})}, {}),
    ("unknown-type", {"GET /api/a": get({"type": "objects"})}, {}),
    ("keyword-on-wrong-type", {"GET /api/a": get({"type": "array", "items": {}, "minLength": 1})}, {}),
    ("required-malformed", {"GET /api/a": get({"type": "object", "required": None})}, {}),
    ("required-empty", {"GET /api/a": get({"type": "object", "required": []})}, {}),
    ("required-undeclared", {"GET /api/a": get({"type": "object", "required": ["a"], "properties": {}})}, {}),
    ("array-without-items", {"GET /api/a": get({"type": "array"})}, {}),
    ("malformed-keyword", {"GET /api/a": get({"type": "array", "items": [{}]})}, {}),
    ("pattern-unreadable", {"GET /api/a": get({"type": "string", "pattern": "(["})}, {}),
    ("enum-empty", {"GET /api/a": get({"enum": []})}, {}),
    ("schema-not-object", {"GET /api/a": get({"properties": {"x": "string"}})}, {}),
    ("example-not-json", {"POST /api/a": post({"schema": {}, "example": "{nope"})}, {}),
    ("example-invalid", {"POST /api/a": post({"schema": THING, "example": {"a": 1}})}, {}),
    ("example-invalid", {"GET /api/a": query(schema={"type": "string"}, example=1)}, {}),
    (
        "example-invalid",
        {"GET /api/a": get({"type": "object", "properties": {"x": {"type": "string", "example": 1}}})},
        {},
    ),
    ("unsatisfiable", {"GET /api/a": get({"type": "string", "enum": [1]})}, {}),
    (
        "unsatisfiable",
        {"GET /api/a": get({"$ref": "#/components/schemas/X"})},
        {"X": {"type": "string", "enum": [1]}},
    ),
    ("all-of-contradiction", {"GET /api/a": get(FORBIDDING)}, {}),
    (
        "all-of-closed",
        {
            "GET /api/a": get(
                {
                    "allOf": [
                        {"additionalProperties": False, "properties": {"a": {}}},
                        THING,
                        {"properties": {"b": {}}},
                    ]
                }
            )
        },
        {},
    ),
    ("one-of-overlap", {"GET /api/a": get({"oneOf": [THING, {"type": "object"}]})}, {}),
]


@pytest.mark.parametrize(
    ("kind", "operations", "schemas"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_a_defect_is_found_and_stops_nothing(
    build: Any, opened: Any, kind: str, operations: Any, schemas: Any
) -> None:
    healthy = {"GET /api/healthy": get(THING)}
    contract = opened(build({**operations, **healthy}, schemas))
    found = [defect for defect in contract.defects if defect.kind == kind]
    assert found, contract.defects
    assert all(defect.pointer.startswith("#/") and defect.sentence for defect in found)
    others = {defect.kind for defect in contract.defects} - {kind}
    assert others <= ALSO.get(kind, set()), "nothing else is claimed"
    schema = contract.operation("GET /api/healthy").response(200).content[0].schema
    assert contract.is_valid(schema, {"a": "x"})
    assert not contract.is_valid(schema, {})
    for operation in contract.operations.values():
        for response in operation.responses:
            for media in response.content:
                if media.schema:
                    contract.violations(media.schema, {"a": "x"})


def test_every_kind_of_defect_is_explained_and_shown_here() -> None:
    """The catalogue, the code that finds defects, and these cases speak of the same kinds."""
    room = Path(contract_room.__file__).parent
    found = set()
    for module in ("compiler", "translate", "mending", "audit"):
        found |= set(re.findall(r'(?:note|Defect)\(\s*f?"([a-z{}-]+)"', (room / f"{module}.py").read_text()))
    found = {kind.replace("{what}", word) for kind in found for word in ("request", "response")}
    assert found == set(KINDS)
    assert {case[0] for case in CASES} | {"circular-reference"} == set(KINDS)


def test_a_reference_in_a_circle_is_read_as_anything(build: Any, opened: Any) -> None:
    loop = {"properties": {"a": {"$ref": "#/components/schemas/Loop/properties/a/properties/b"}}}
    schemas = {"Loop": {"properties": {"a": {"properties": {"b": loop}}}}}
    contract = opened(build({"GET /api/a": get({"$ref": "#/components/schemas/Loop"})}, schemas))
    assert {defect.kind for defect in contract.defects} == {"circular-reference"}
    schema = contract.operation("GET /api/a").response(200).content[0].schema
    assert contract.is_valid(schema, {"a": {"b": {"a": {"a": 1}}}})


def test_a_healthy_contract_has_no_defects(build: Any, opened: Any) -> None:
    operations = {
        "GET /api/a": get(THING),
        "POST /api/a": {**post({"schema": THING}), "responses": get(THING)["responses"]},
    }
    operations["POST /api/a"]["requestBody"]["required"] = True
    assert opened(build(operations)).defects == ()


def test_an_answer_is_not_judged_by_a_schema_that_nothing_satisfies(build: Any, opened: Any) -> None:
    contract = opened(
        build({"GET /api/a": get({"type": "object", "required": ["x"], "properties": {"x": {"enum": []}}})})
    )
    schema = contract.operation("GET /api/a").response(200).content[0].schema
    assert contract.is_valid(schema, {"whatever": 1})


def test_a_request_of_contradicting_parts_is_read_as_meant(build: Any, opened: Any) -> None:
    """The upsert of a stream forbids in one part the name that a part deeper down requires."""
    inner = {
        "allOf": [
            {
                "allOf": [
                    {
                        "type": "object",
                        "required": ["name", "rule"],
                        "properties": {"name": {"type": "string"}},
                    }
                ]
            }
        ]
    }
    outer = {
        "allOf": [
            {"properties": {"stream": {"properties": {"name": {"not": {}}}}}},
            {"type": "object", "required": ["stream"], "properties": {"stream": inner}},
        ]
    }
    contract = opened(build({"PUT /api/a": post({"schema": outer})}))
    schema = contract.operation("PUT /api/a").body.content[0].schema
    assert contract.is_valid(schema, {"stream": {"rule": 1}})
    assert not contract.is_valid(schema, {"stream": {"rule": 1, "name": "x"}})
    assert not contract.is_valid(schema, {"stream": {}})


def test_a_defect_says_whose_it_is(build: Any, opened: Any) -> None:
    contract = opened(build({"GET /api/a": get({"type": "array"})}, {"X": {"type": "array"}}))
    assert {(d.operation, d.pointer) for d in contract.defects} == {
        (None, "#/components/schemas/X"),
        ("GET /api/a", "#/paths/~1api~1a/get/responses/200/content/application~1json/schema"),
    }
