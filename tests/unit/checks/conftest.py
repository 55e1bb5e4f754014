"""A contract for looks, and a short way to write one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pytest_kibana.checks import Look, Step
from pytest_kibana.contract import Contract, load
from pytest_kibana.wire.exchange import Answer, Exchange, Intent, Request, Rule, Weather

ERROR = {
    "type": "object",
    "required": ["reason"],
    "additionalProperties": False,
    "properties": {"reason": {"type": "string"}},
}
THING = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
}
REF = {"$ref": "#/components/schemas/Thing"}


def _json(schema: Any, **more: Any) -> dict[str, Any]:
    return {"description": "an answer", "content": {"application/json": {"schema": schema}}, **more}


def _op(name: str, responses: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": ["things"], "summary": name, "responses": responses, **more}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "looks", "version": "1"},
    "paths": {
        "/api/things": {
            "get": _op("list", {"200": _json({"type": "array", "items": REF}), "400": _json(ERROR)}),
            "post": _op(
                "make",
                {
                    "201": _json(
                        REF,
                        headers={
                            "location": {"required": True, "schema": {"type": "string", "minLength": 3}}
                        },
                    ),
                    "501": {"description": "not on this licence"},
                },
                description="[Required authorization] Route required privileges: things_write.",
                requestBody={"content": {"application/json": {"schema": THING}}},
            ),
        },
        "/api/things/{id}": {
            "parameters": [ID],
            "get": _op("read", {"200": _json(REF)}),
            "put": _op("change", {"200": _json(REF)}),
            "delete": _op("remove", {"204": {"description": "gone"}}, deprecated=True),
        },
        "/api/things/_bulk": {"post": _op("bulk", {"200": _json({"type": "array"})})},
        "/api/things/_export": {"post": _op("export", {"200": {"description": "lines"}})},
        "/api/things/_resolve_errors": {"post": _op("resolve", {"200": _json({"type": "object"})})},
        "/api/silent": {"get": _op("silent", {"200": {"description": "something"}})},
        "/api/fleet/things": {"get": _op("versioned", {"200": _json({"type": "array"})})},
        "/api/status": {"get": _op("status", {"200": _json({"type": "object"})})},
    },
    "components": {"schemas": {"Thing": THING}},
}

HEADERS = {
    "kbn-name": "k",
    "content-type": "application/json; charset=utf-8",
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "elastic-api-version": "2023-10-31",
}


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    place = tmp_path_factory.mktemp("looks")
    file = place / "looks.json"
    file.write_text(json.dumps(DOCUMENT))
    return load(file, cache_dir=place / "cache")


def envelope(status: int, phrase: str, text: str = "said", **more: Any) -> dict[str, Any]:
    return {"statusCode": status, "error": phrase, "message": text, **more}


class Looks:
    """Makes looks: ``looks("GET /api/things", 200, [...])``."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    error = staticmethod(envelope)

    def __call__(
        self,
        label: str,
        status: int = 200,
        body: Any = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        extra: tuple[tuple[str, str], ...] = (),
        text: str | bytes | None = None,
        intent: Intent | None = None,
        method: str | None = None,
        leaked: tuple[str, ...] = (),
        query: tuple[tuple[str, str], ...] = (),
        elapsed: float = 0.01,
        attempt: int = 1,
        weather: Weather | None = None,
        json_trouble: str | None = None,
        truncated: bool = False,
        sent: Any = None,
        asked: Mapping[str, str] | None = None,
        **look: Any,
    ) -> Look:
        operation = self.contract.operation(label)
        lines = {**HEADERS, **(headers or {})}
        is_json = text is None and status != 204
        raw = (
            json.dumps(body).encode()
            if is_json
            else (text.encode() if isinstance(text, str) else text or b"")
        )
        answer = Answer(
            status,
            (*((k, v) for k, v in lines.items() if v is not None), *extra),
            raw,
            json=body if is_json else None,
            is_json=is_json,
            json_trouble=json_trouble,
            truncated=truncated,
        )
        request = Request(
            method or operation.method,
            operation.path.replace("{id}", "a"),
            query=query,
            headers=tuple((asked or {}).items()),
            operation=operation.label,
            intent=intent or Intent(),
            body=None if sent is None else json.dumps(sent).encode(),
            path_parameters={"id": "a"} if "{id}" in operation.path else {},
        )
        exchange = Exchange(
            "x",
            request,
            f"http://k.example{request.path}",
            0.0,
            elapsed,
            None if weather else answer,
            weather,
            attempt,
            leaked,
        )
        return Look(exchange, operation, self.contract, **{"version": "9.1.0", **look})

    def step(self, action: str, look: Look, subject: str | None = "a", **more: Any) -> Step:
        return Step(action, look.exchange, subject, **more)

    def story(self, *steps: Step, traits: tuple[str, ...] = ()) -> Look:
        last = steps[-1].exchange
        operation = self.contract.operation(last.request.operation or "")
        return Look(last, operation, self.contract, story=steps, traits=frozenset(traits))


@pytest.fixture(scope="session")
def looks(contract: Contract) -> Looks:
    return Looks(contract)


@pytest.fixture(scope="session")
def refusal() -> Callable[..., Intent]:
    def make(location: str, at: str, keyword: str) -> Intent:
        return Intent("refused", "invalid", "c-1", Rule(location, at, keyword, "one rule is broken"))

    return make


@pytest.fixture(scope="session")
def changed() -> Callable[..., Any]:
    return replace
