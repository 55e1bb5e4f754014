"""Operations, parameters, media types, statuses and availability are compared, and not bodies alone."""

from typing import Any

import pytest
from tests.unit.contract.schemas import TEXT, obj, told

from pytest_kibana.contract import Contract, Maturity
from pytest_kibana.contract.diff import Class, diff


@pytest.fixture
def compare_operations(build: Any, opened: Any) -> Any:
    """Compare two contracts given as operations."""
    return lambda old, new: diff(opened(build(old)), opened(build(new)))


def operation(**more: Any) -> dict[str, Any]:
    return {"tags": ["t"], "operationId": "thing", "responses": {"200": {"description": ""}}, **more}


def query(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, **more}


def answers(*statuses: str, media: str = "application/json") -> dict[str, Any]:
    return {
        status: {"description": "", "content": {media: {"schema": {"type": "object"}}}} for status in statuses
    }


def test_operations_come_and_go(compare_operations: Any) -> None:
    old = {
        "GET /api/a": operation(deprecated=True),
        "GET /api/b/{x}": operation(operationId="b"),
        "GET /api/d": operation(operationId="d", **{"x-state": "Experimental"}),
    }
    new = {
        "GET /s/{spaceId}/api/b/{y}": operation(operationId="b"),
        "GET /api/c": operation(operationId="c", **{"x-state": "Technical Preview; added in 9.3.0"}),
    }
    found = compare_operations(old, new)
    assert {(c.operation, c.code, c.severity.name) for c in found.changes} == {
        ("GET /api/a", "operation-removed", "BREAKING"),
        ("GET /api/d", "operation-removed", "BREAKING"),
        ("GET /api/c", "operation-added", "ADDITION"),
    }
    assert found.shared == 1
    gone = {change.operation: change for change in found.of(Class.BREAKING)}
    assert gone["GET /api/a"].deprecated
    assert [c.operation for c in found.blocking()] == ["GET /api/a"]
    assert len(found.blocking(tuple(Maturity))) == 2
    assert found.among(["GET /api/c"]).counts == {Class.ADDITION: 1}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"parameters": [query("q", TEXT)]}, {}, ("query q", "parameter-removed", "BREAKING")),
        ({}, {"parameters": [query("q", TEXT)]}, ("query q", "parameter-added", "ADDITION")),
        (
            {},
            {"parameters": [query("q", TEXT, required=True)]},
            ("query q", "required-parameter-added", "BREAKING"),
        ),
        (
            {"parameters": [query("q", TEXT)]},
            {"parameters": [query("q", TEXT, required=True)]},
            ("query q", "parameter-became-required", "BREAKING"),
        ),
        (
            {"parameters": [query("q", {"enum": ["a", "b"]})]},
            {"parameters": [query("q", {"enum": ["a"]})]},
            ("query q", "request-enum-value-removed", "BREAKING"),
        ),
        (
            {"responses": answers("200")},
            {"responses": answers("201")},
            ("response 200", "success-status-removed", "BREAKING"),
        ),
        (
            {"responses": answers("200")},
            {"responses": answers("200", "404")},
            ("response 404", "status-added", "STRICT"),
        ),
        (
            {"responses": answers("200", "404")},
            {"responses": answers("200")},
            ("response 404", "error-status-removed", "ADDITION"),
        ),
        (
            {"responses": answers("200")},
            {"responses": {"200": {"description": ""}}},
            ("response 200", "media-type-removed", "BREAKING"),
        ),
        (
            {"responses": answers("200")},
            {"responses": answers("200", media="text/csv")},
            ("response 200", "media-type-added", "STRICT"),
        ),
        (
            {"responses": answers("200")},
            {"responses": {}},
            ("response 200", "success-status-removed", "UNDECIDED"),
        ),
        ({}, {"deprecated": True}, ("operation", "deprecated", "ADDITION")),
        ({}, {"operationId": "other"}, ("operation", "operation-id-changed", "ADDITION")),
        ({}, {"x-state": "Technical Preview"}, ("operation", "availability-changed", "STRICT")),
        ({"x-state": "Technical Preview"}, {}, ("operation", "availability-changed", "ADDITION")),
        (
            {},
            {"requestBody": {"content": {"application/json": {"schema": obj({"a": TEXT}, "a")}}}},
            ("request body", "required-body-added", "BREAKING"),
        ),
        (
            {"requestBody": {"content": {"application/json": {"schema": TEXT}}}},
            {},
            ("request body", "body-removed", "BREAKING"),
        ),
        (
            {"requestBody": {"content": {"text/csv": {"schema": TEXT}}}},
            {"requestBody": {"content": {"multipart/form-data": {"schema": TEXT}}}},
            ("request body", "media-type-removed", "BREAKING"),
        ),
    ],
)
def test_the_rest_of_an_operation_is_compared_too(
    compare_operations: Any, old: Any, new: Any, expected: Any
) -> None:
    found = compare_operations({"POST /api/a": operation(**old)}, {"POST /api/a": operation(**new)})
    assert expected in {(c.where, c.code, c.severity.name) for c in found.changes}


def test_headers_of_the_platform_and_names_of_path_parameters_mean_nothing(compare_operations: Any) -> None:
    def path(name: str, *more: Any) -> dict[str, Any]:
        return operation(parameters=[{"in": "path", "name": name, "required": True, "schema": TEXT}, *more])

    xsrf = {"in": "header", "name": "kbn-xsrf", "required": True, "schema": TEXT}
    assert compare_operations({"POST /api/{a}": path("a")}, {"POST /api/{b}": path("b", xsrf)}).changes == ()


def test_error_answers_break_strict_readers_at_most(build: Any, opened: Any) -> None:
    def contract(schema: Any) -> Contract:
        content = {"application/json": {"schema": schema}}
        responses = {"200": {"description": ""}, "400": {"description": "", "content": content}}
        found: Contract = opened(build({"GET /api/a": operation(responses=responses)}))
        return found

    found = diff(contract(obj({"error": TEXT}, "error")), contract(obj({"error": TEXT})))
    assert told(found) == {(".error", "response-field-became-optional", "STRICT")}
