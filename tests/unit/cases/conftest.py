"""A small contract with one of everything that matters to those who make up requests."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_kibana.cases.model import Case
from pytest_kibana.contract import Contract, load
from pytest_kibana.contract.model import Schema

STRING = {"type": "string"}
NODE = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string", "enum": ["leaf", "branch"]},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    },
    "additionalProperties": False,
}
THING = {
    "type": "object",
    "required": ["name", "amount", "owner"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 80},
        "amount": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number", "minimum": 0, "exclusiveMaximum": True, "maximum": 1},
        "owner": {"type": "object", "required": ["uid"], "properties": {"uid": STRING, "mail": STRING}},
        "every": {"type": "string", "pattern": r"^[1-9]\d*[smh]$"},
        "since": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "minItems": 1, "maxItems": 3},
        "marks": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        "note": {"type": "string", "nullable": True},
        "on": {"type": "boolean"},
        "tree": {"$ref": "#/components/schemas/Node"},
        "target": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["type", "index"],
                    "properties": {"type": {"type": "string", "enum": ["index"]}, "index": STRING},
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "required": ["type", "url"],
                    "properties": {
                        "type": {"type": "string", "enum": ["web"]},
                        "url": {"type": "string", "maxLength": 20},
                    },
                    "additionalProperties": False,
                },
            ]
        },
        "labels": {"type": "object", "additionalProperties": STRING},
    },
    "additionalProperties": False,
}
IMPOSSIBLE = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "string", "minLength": 5, "maxLength": 2}},
}


def _body(schema: Any, media: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"required": True, "content": {media: {"schema": schema, **more}}}


def _query(name: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _operation(name: str, tag: str = "things", **more: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": [tag], "responses": {"200": {"description": "fine"}}, **more}


ID = {"name": "id", "in": "path", "required": True, "schema": STRING}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "components": {"schemas": {"Node": NODE, "Thing": THING}},
    "paths": {
        "/api/things": {
            "get": _operation(
                "find-things",
                parameters=[
                    _query("page", {"type": "integer", "minimum": 1}),
                    _query("sort", {"type": "string", "enum": ["asc", "desc"]}, required=True),
                    _query("all", {"type": "boolean"}),
                    _query("text", STRING),
                    _query("fields", {"type": "array", "items": STRING, "maxItems": 4}),
                    _query("either", {"anyOf": [{"type": "array", "items": STRING}, STRING]}),
                    _query("has", {"type": "object", "required": ["id"], "properties": {"id": STRING}}),
                    {"name": "kbn-xsrf", "in": "header", "required": True, "schema": STRING},
                ],
            ),
            "post": _operation(
                "create-thing",
                parameters=[_query("strict", {"type": "boolean"})],
                requestBody=_body(
                    {"$ref": "#/components/schemas/Thing"},
                    examples={
                        "good": {"value": {"name": "mine", "amount": 2, "owner": {"uid": "u"}}},
                        "bad": {"value": {"name": "", "amount": 0}},
                    },
                ),
            ),
        },
        "/api/things/{id}": {
            "get": _operation("get-thing", parameters=[ID]),
            "put": _operation(
                "update-thing",
                parameters=[ID],
                requestBody=_body({"type": "object", "properties": {"name": STRING, "ref": STRING}}),
            ),
            "delete": _operation("delete-thing", parameters=[ID]),
        },
        "/api/things/{kind}/{size}": {
            "get": _operation(
                "sized",
                parameters=[
                    {"name": "kind", "in": "path", "required": True, "schema": {"enum": ["big", "small"]}},
                    {"name": "size", "in": "path", "required": True, "schema": {"type": "integer"}},
                ],
            ),
        },
        "/api/things/_import": {
            "post": _operation(
                "import-things",
                requestBody=_body(
                    {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "format": "binary"},
                            "mode": {"enum": ["a", "b"]},
                        },
                    },
                    "multipart/form-data",
                ),
            ),
        },
        "/api/things/_form": {
            "put": _operation(
                "change-form",
                requestBody=_body(
                    {
                        "oneOf": [
                            {
                                "type": "object",
                                "required": ["kind", number],
                                "properties": {
                                    "id": {"type": "string", "format": "uuid"},
                                    "kind": {"type": "string", "enum": [kind]},
                                    number: {"type": "integer", "maximum": 9},
                                },
                                "additionalProperties": False,
                            }
                            for kind, number in (("plain", "size"), ("fancy", "weight"))
                        ]
                    }
                ),
            ),
        },
        "/api/things/_bulk": {
            "post": _operation("bulk", requestBody=_body(STRING, "application/x-ndjson")),
        },
        "/api/things/_impossible": {
            "post": _operation("impossible", requestBody=_body(IMPOSSIBLE)),
        },
        "/api/things/_copy": {
            "get": _operation("copy-thing", requestBody=_body({"type": "object", "required": ["id"]})),
        },
        "/api/things/_search": {
            "post": _operation(
                "search-things",
                requestBody=_body({"type": "object", "properties": {"size": {"type": "integer"}}}),
            ),
        },
        "/api/things/_tree": {
            "post": _operation("grow-thing", requestBody=_body({"$ref": "#/components/schemas/Node"})),
        },
        "/api/status": {"get": _operation("status", "spaces")},
        "/api/spaces/space": {
            "post": _operation("create-space", "spaces", requestBody=_body({"type": "object"})),
        },
    },
}


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The contract, compiled."""
    folder = tmp_path_factory.mktemp("contract")
    path = folder / "things.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return load(path, cache_dir=folder / "cache")


@pytest.fixture(scope="session")
def compiled(
    published: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Contract]:
    """A contract by version, ``core`` for ours; each compiled once."""
    folder = tmp_path_factory.mktemp("compiled")
    known: dict[str, Contract] = {}

    def find(version: str) -> Contract:
        if version not in known:
            source = version if version == "core" else published(version)
            known[version] = load(source, cache_dir=folder)
        return known[version]

    return find


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


class Oracle:
    """A second opinion: python-jsonschema, which shares no code with the validator that proves cases."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._components = {"schemas": dict(contract.components)}

    def body_schema(self, case: Case) -> Schema | None:
        operation = self._contract.operations[case.operation]
        media = operation.body.media(case.media or "") if operation.body and case.has_body else None
        return media.schema if media and media.name == "application/json" else None

    def errors(self, schema: Schema, value: Any) -> list[tuple[str, str]]:
        """Return (pointer, keyword) of every error, those inside alternatives too."""
        if schema.json is True or schema.json is False:
            return [] if schema.json else [("", "not")]
        whole = {**schema.json, "components": self._components}
        validator = jsonschema.Draft7Validator(whole, format_checker=FORMATS)
        return [place for error in validator.iter_errors(value) for place in _places(error)]


def _places(error: jsonschema.ValidationError) -> Iterator[tuple[str, str]]:
    at = "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in error.absolute_path)
    yield at, str(error.validator)
    for inner in error.context or ():
        yield from _places(inner)


@pytest.fixture(scope="session")
def oracle() -> type[Oracle]:
    """A second judge of JSON bodies, given a contract."""
    return Oracle
