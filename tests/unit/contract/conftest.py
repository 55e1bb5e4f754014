"""Small documents of our own, and how to open them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import Contract, Schema, load_bytes

Build = Callable[..., dict[str, Any]]


@pytest.fixture
def build() -> Build:
    """Make an OpenAPI document from operations (by label) and component schemas."""

    def make(
        operations: dict[str, dict[str, Any]] | None = None,
        schemas: dict[str, Any] | None = None,
        **extra: Any,
    ) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        default = {"GET /api/thing": {"tags": ["things"], "responses": {"200": {"description": ""}}}}
        for label, operation in (default if operations is None else operations).items():
            method, path = label.split(" ")
            paths.setdefault(path, {})[method.lower()] = operation
        document: dict[str, Any] = {
            "openapi": "3.0.3",
            "info": {"title": "Small", "version": "1"},
            "paths": paths,
        }
        if schemas is not None:
            document["components"] = {"schemas": schemas}
        return document | extra

    return make


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[dict[str, Any]], Contract]:
    """Open a document through a cache of its own."""

    def open_document(document: dict[str, Any]) -> Contract:
        return load_bytes(json.dumps(document).encode(), name="small.json", cache_dir=tmp_path / "cache")

    return open_document


@pytest.fixture
def answer_schema(
    build: Build, opened: Callable[[dict[str, Any]], Contract]
) -> Callable[..., tuple[Contract, Schema]]:
    """Open a contract whose one answer has the given schema; return the contract and the translated schema."""

    def make(schema: Any, schemas: dict[str, Any] | None = None) -> tuple[Contract, Schema]:
        content = {"application/json": {"schema": schema}}
        operation = {"tags": ["t"], "responses": {"200": {"description": "", "content": content}}}
        contract = opened(build({"GET /api/thing": operation}, schemas))
        response = contract.operation("GET /api/thing").response(200)
        assert response is not None
        translated = response.content[0].schema
        assert translated is not None
        return contract, translated

    return make
