"""Reading a request: parameters from text to values, bodies from bytes to values, and what is refused on the way.

Kibana reads query values by the type that its schema wants: ``true`` is a boolean, ``5`` a number, an object is
JSON text, and an array is a repeated key or one JSON text (seen on 9.4.3).
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from pytest_kibana.contract.model import Operation, Parameter
from pytest_kibana.simulator.forms import Upload, inflated, parts_of
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.routing import Route
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.synthesis import Synthesiser
from pytest_kibana.simulator.wording import refusal_text

Json = Any
_IGNORED_HEADERS = frozenset({"kbn-xsrf", "elastic-api-version", "content-type", "accept", "authorization"})


_CLOSED_QUERIES = frozenset({"/api/status", "/api/spaces/space"})
"""Routes whose query is refused for what it does not know. Others do so too, but contracts lag behind those."""


_FILES = ("file", "sourcemap", "content")
"""Parts of a form that are files; the others are text, however they were sent."""


def parse_query(text: str) -> dict[str, list[str]]:
    """Return the values of each key, in order."""
    found: dict[str, list[str]] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(key, []).append(value)
    return found


def read_payload(raw: bytes, headers: Mapping[str, str], route: Route) -> tuple[Json, bool]:
    """Return the body of a request and whether there was one.

    Raises:
        Refusal: 413, 415 and malformed JSON, in hapi's words.
    """
    length = headers.get("content-length", "")
    too_long = Refusal(
        413, f"Payload content length greater than maximum allowed: {route.limit}", family="platform"
    )
    if len(raw) > route.limit or (length.isdigit() and int(length) > route.limit):
        raise too_long
    if "content-encoding" in headers:
        raw = inflated(raw, headers["content-encoding"], route.limit)
        if len(raw) > route.limit:
            raise too_long
    if not raw:
        return None, False
    declared = headers.get("content-type", "application/json")
    media = declared.split(";")[0].strip().lower()
    if media == "multipart/form-data" and media in route.media:
        return parts_of(raw, declared), True
    if media not in route.media and not re.fullmatch(r"application/[\w.+-]*\+json", media):
        raise Refusal(415, family="platform")
    if media == "application/json" or media.endswith("+json"):
        try:
            return json.loads(raw, parse_constant=_no_json), True
        except (ValueError, RecursionError):
            raise Refusal(400, "Invalid request payload JSON format", family="platform") from None
    return raw, True


def _no_json(constant: str) -> Json:
    raise ValueError(constant)


class Intake:
    """Checks requests against the contract and turns their parameters into values."""

    def __init__(self, schemas: Schemas, synthesiser: Synthesiser) -> None:
        self.schemas = schemas
        self.synthesiser = synthesiser

    def parameters(
        self,
        operation: Operation,
        values: tuple[str, ...],
        query: dict[str, list[str]],
        headers: Mapping[str, str],
    ) -> dict[str, Json]:
        """Return the query as values; path and headers are only checked.

        Raises:
            Refusal: a parameter is missing or breaks its schema.
        """
        names = re.findall(r"\{([^{}?*]+)\??\*?\}", operation.path)
        given = dict(zip(names, values, strict=False))
        for parameter in operation.parameters:
            text = given.get(parameter.name)
            if parameter.location == "path" and text is not None:
                self._value(parameter, [text], "params")
            elif parameter.location == "header" and parameter.name.lower() not in _IGNORED_HEADERS:
                raw = headers.get(parameter.name.lower())
                if raw is not None or parameter.required:
                    self._value(parameter, [] if raw is None else [raw], "headers")
        if operation.path in _CLOSED_QUERIES:
            _demand_known(operation, query)
        read: dict[str, Json] = {key: raws[0] if len(raws) == 1 else raws for key, raws in query.items()}
        for parameter in operation.parameters_in("query"):
            raws = query.get(parameter.name) or query.get(f"{parameter.name}[]") or []
            if not raws and parameter.style == "deepObject":
                self._deep(parameter, query, read)
            elif raws or parameter.required:
                read[parameter.name] = self._value(parameter, raws, "query")
        return read

    def _deep(self, parameter: Parameter, query: dict[str, list[str]], read: dict[str, Json]) -> None:
        prefix = parameter.name + "["
        found = {k[len(prefix) : -1]: v[0] for k, v in query.items() if k.startswith(prefix)}
        if found:
            read[parameter.name] = self.synthesiser.fit(parameter.schema.json, found)

    def _value(self, parameter: Parameter, raws: list[str], where: str) -> Json:
        schema = parameter.schema.json
        if not raws:
            inner = self.synthesiser.flat(schema)
            kind = inner.get("type", "any") if isinstance(inner, dict) else "any"
            name = kind if isinstance(kind, str) else kind[0]
            raise Refusal(
                400,
                f"[request {where}.{parameter.name}]: expected value of type [{name}] but got [undefined]",
                family="platform",
            )
        first: Json = raws[0]
        for number, candidate in enumerate(self._readings(parameter, raws)):
            first = candidate if number == 0 else first
            if self.schemas.valid(schema, candidate):
                return candidate
        error = next(iter(self.schemas.errors(schema, first)), None)
        text = (
            f"[request {where}]"
            if error is None
            else refusal_text(error, f"{where}.{parameter.name}", schema)
        )
        raise Refusal(400, text, family="platform")

    def _readings(self, parameter: Parameter, raws: list[str]) -> Iterator[Json]:
        """Yield what the text may mean, the likeliest first."""
        types = set(self._types(parameter.schema.json, 0))
        if len(raws) == 1:
            raw = raws[0]
            if parameter.json_encoded or types & {"object"} or (types & {"array"} and raw[:1] == "["):
                with contextlib.suppress(ValueError):  # what is no JSON is one of the other readings
                    yield json.loads(raw)
            yield from _scalars(raw, types)
            if "array" in types:
                yield from ([scalar] for scalar in self._items(parameter, [raw]))
                yield [item for text in raw.split(",") for item in self._items(parameter, [text])]
            yield raw
        yield self._items(parameter, raws)
        yield raws

    def _items(self, parameter: Parameter, raws: list[str]) -> list[Json]:
        schema = self.synthesiser.flat(parameter.schema.json)
        arms = [schema, *(schema.get("anyOf", ()) if isinstance(schema, dict) else ())]
        arms += schema.get("oneOf", ()) if isinstance(schema, dict) else ()
        inner = next(
            (
                self.synthesiser.flat(a).get("items")
                for a in arms
                if isinstance(a, dict)
                and isinstance(self.synthesiser.flat(a), dict)
                and self.synthesiser.flat(a).get("items")
            ),
            True,
        )
        types = set(self._types(inner, 0))
        return [next(_scalars(raw, types), raw) for raw in raws]

    def _types(self, schema: Json, depth: int) -> Iterator[str]:
        """Yield every type that a schema allows somewhere at its top."""
        schema = self.synthesiser.flat(schema)
        if not isinstance(schema, dict) or depth > 8:
            return
        kinds = schema.get("type", ())
        yield from [kinds] if isinstance(kinds, str) else kinds
        for value in schema.get("enum", ()):
            yield "integer" if isinstance(value, int) else "string"
        for arm in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self._types(arm, depth + 1)

    def body(self, operation: Operation, value: Json, present: bool, media: str) -> Json:
        """Return the body as handlers see it: checked, and without keys that its schema does not know.

        Raises:
            Refusal: it is missing or breaks its schema.
        """
        if operation.body is None or operation.method == "GET":
            return value
        kind = operation.body.media(media) or next(
            (m for m in operation.body.content if m.name == "application/json"), None
        )
        if kind is None or kind.schema is None:
            return value
        schema = kind.schema.json
        if not present:
            empty = self.schemas.valid(schema, {}) or self.schemas.valid(schema, None)
            if operation.body.required and kind.name == "application/json" and not empty:
                text = "[request body]: expected a plain object value, but found [null] instead."
                raise Refusal(400, text, family="platform")
            return None
        if isinstance(value, dict) and media == "multipart/form-data":
            self._form(schema, value)
            return value
        if isinstance(value, bytes):
            return value
        if not self.schemas.valid(schema, value):
            error = next(iter(self.schemas.errors(schema, value)), None)
            text = (
                "[request body]"
                if error is None
                else refusal_text(error, "body", self.synthesiser.flat(schema))
            )
            raise Refusal(400, text, family="platform")
        return value

    def _form(self, schema: Json, fields: dict[str, Json]) -> None:
        inner = self.synthesiser.flat(schema)
        for name in inner.get("required", ()) if isinstance(inner, dict) else ():
            if name not in fields:
                text = f"[request body.{name}]: expected value of type [Stream] but got [undefined]"
                raise Refusal(400, text, family="platform")
        for name in fields.keys() - set(_FILES):
            fields[name] = _as_text(fields[name])


def _as_text(sent: Json) -> Json:
    if isinstance(sent, list):
        return [_as_text(one) for one in sent]
    return sent.content.decode("utf-8", "replace") if isinstance(sent, Upload) else sent


def _demand_known(operation: Operation, query: dict[str, list[str]]) -> None:
    known = {p.name for p in operation.parameters_in("query")} | {"elasticInternalOrigin"}
    for name in query:
        if name.removesuffix("[]") not in known:
            text = f"[request query]: Additional properties are not allowed ('{name}' was unexpected)"
            raise Refusal(400, text, family="platform")


def _scalars(raw: str, types: set[str]) -> Iterator[Json]:
    """Yield what one text means as a number or a boolean, where the schema has room for those."""
    if types & {"boolean"} and raw in ("true", "false"):
        yield raw == "true"
    if types & {"integer", "number"} and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", raw):
        number = float(raw)
        yield int(number) if number.is_integer() else number
    if "null" in types and raw == "null":
        yield None
    if "string" in types:
        yield raw
