"""Proof that a case is valid, or invalid, as the server will see it.

A case is written down as the request that will be sent (:func:`pytest_kibana.wire.request.build_request`), and the
request is read back the way Kibana reads it. Where Kibana may read a text in several ways (``1`` is text and a number,
one query key is a value and a list of one), a parameter counts as invalid only if *no* reading is valid, and as valid
if some reading is. What cannot be proven is not sent.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from pytest_kibana.cases.holes import STAND_INS, has_holes, stood_in
from pytest_kibana.cases.model import Case, Upload
from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Json, Operation, Parameter, Schema, Violation
from pytest_kibana.errors import UsageError
from pytest_kibana.wire.exchange import Request
from pytest_kibana.wire.request import build_request

NDJSON: Final = frozenset({"application/ndjson", "application/x-ndjson"})
SENT_BY_CLIENT: Final = frozenset(
    {"kbn-xsrf", "elastic-api-version", "authorization", "content-type", "accept", "kbn-version", "cookie"}
)
"""Headers that every client adds or that carry credentials: not a case's to vary."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One part of a request that no reading makes valid. ``name`` is a parameter's name, empty for the body."""

    location: str
    name: str
    keyword: str
    violations: tuple[Violation, ...] = ()


class Prover:
    """Proves the cases of one operation."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self._contract = contract
        self._operation = operation

    def valid(self, case: Case) -> bool:
        """Tell whether the contract allows the request that the case becomes."""
        if not self._has_holes(case):
            return not self.faults(case)
        return any(not self.faults(case, value) for value in STAND_INS)

    def faults(self, case: Case, stand_in: Any = STAND_INS[0]) -> tuple[Fault, ...]:
        """Return the invalid parts of the request that the case becomes, with something in place of holes."""
        try:
            request = self.request(case, stand_in)
        except UsageError:
            return (Fault("path", "", "unsendable"),)
        return tuple(self._faults(request, case, stand_in))

    def request(self, case: Case, stand_in: Any = STAND_INS[0]) -> Request:
        """Return the request that the case becomes.

        Raises:
            UsageError: it cannot be written.
        """
        holes = self._has_holes(case)

        def filled(part: Any) -> Any:
            return stood_in(part, stand_in) if holes else part

        return build_request(
            self._operation,
            path=filled(case.path),
            query=filled(case.query),
            headers=filled(case.headers),
            body=filled(case.body),
            has_body=case.has_body,
            media=case.media,
            defaults=False,
            resolve=self._contract.resolve,
        )

    @staticmethod
    def _has_holes(case: Case) -> bool:
        return (
            has_holes(case.path) or has_holes(case.query) or has_holes(case.body) or has_holes(case.headers)
        )

    def _faults(self, request: Request, case: Case, stand_in: Any) -> Iterator[Fault]:
        pairs: dict[str, list[str]] = {}
        for name, text in request.query:
            pairs.setdefault(name, []).append(text)
        segments = dict(_segments(self._operation, request.path))
        headers = {name.lower(): text for name, text in request.headers}
        for parameter in self._operation.parameters:
            if parameter.location == "header" and parameter.name.lower() in SENT_BY_CLIENT:
                continue
            texts: list[str] | None = None
            if parameter.location == "query":
                texts = _query_texts(parameter, pairs)
            elif parameter.location == "path":
                texts = segments.get(parameter.name)
            elif parameter.name.lower() in headers:
                texts = [headers[parameter.name.lower()]]
            fault = self._parameter_fault(parameter, texts)
            if fault:
                yield fault
        yield from self._body_faults(request, case, stand_in)

    def _parameter_fault(self, parameter: Parameter, texts: list[str] | None) -> Fault | None:
        if texts is None:
            optional = not parameter.required or parameter.location in ("path", "cookie")
            return None if optional else Fault(parameter.location, parameter.name, "required")
        if texts == [""] and not parameter.required:
            return None  # some servers take an empty value for none
        schema = parameter.schema
        if schema.vacuous or any(self._contract.is_valid(schema, r) for r in readings(parameter, texts)):
            return None
        return Fault(parameter.location, parameter.name, "schema")

    def _body_faults(self, request: Request, case: Case, stand_in: Any) -> Iterator[Fault]:
        body = self._operation.body
        if body is None:
            return
        if request.body is None:
            if body.required:
                yield Fault("body", "", "required")
            return
        media = body.media((case.media or "").split(";", 1)[0].strip().lower())
        if media is None:
            yield Fault("media type", "", "media type")
            return
        if media.schema is None or media.schema.vacuous:
            return
        seen = list(_body_readings(media.name, request.body, stood_in(case.body, stand_in)))
        if any(self._contract.is_valid(media.schema, value) for value in seen):
            return
        keyword = "schema" if seen else "malformed"
        yield Fault("body", "", keyword, self._violations(media.schema, seen))

    def _violations(self, schema: Schema, seen: list[Json]) -> tuple[Violation, ...]:
        return self._contract.violations(schema, seen[0]) if seen else ()

    def seen_body(self, case: Case) -> Json:
        """Return the body of a JSON case as the server reads it."""
        request = self.request(case)
        return json.loads(request.body or b"null")


def _segments(operation: Operation, path: str) -> Iterator[tuple[str, list[str]]]:
    for template, actual in zip(operation.path.split("/"), path.split("/"), strict=False):
        if "{" in template:
            before, _, rest = template.partition("{")
            name, _, after = rest.partition("}")
            text = actual.removeprefix(before)
            yield name.rstrip("?*"), [unquote(text.removesuffix(after) if after else text)]


def _query_texts(parameter: Parameter, pairs: Mapping[str, list[str]]) -> list[str] | None:
    if parameter.style == "deepObject":
        members = {
            k[len(parameter.name) + 1 : -1]: v[0]
            for k, v in pairs.items()
            if k.startswith(f"{parameter.name}[")
        }
        if members:
            return [json.dumps(members)]
    return pairs.get(parameter.name)


def readings(parameter: Parameter, texts: list[str]) -> Iterator[Json]:
    """Yield every value that Kibana may read from the texts of one parameter."""
    lists = [texts]
    if len(texts) == 1:
        text = texts[0]
        yield text
        other = coerced(text)
        if other is not text:
            yield other
            if isinstance(other, dict):
                yield {k: coerced(v) if isinstance(v, str) else v for k, v in other.items()}
        if not parameter.json_encoded and "," in text:
            lists.append(text.split(","))
    for items in lists:
        yield items
        read = [coerced(item) for item in items]
        if read != items:
            yield read


def coerced(text: str) -> Json:
    """Return the number, boolean, null, list or object that a text spells, or the text itself."""
    stripped = text.strip()
    if not stripped:
        return text
    if stripped.lower() in ("true", "false"):
        return stripped.lower() == "true"
    if stripped[0] not in '-+.0123456789[{"nN':
        return text
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        pass
    try:
        return float(stripped)
    except ValueError:
        return text


def _body_readings(media: str, content: bytes, value: Any) -> Iterator[Json]:
    """Yield every value that the server may read from a body."""
    if media == "multipart/form-data":
        if isinstance(value, Mapping):
            # Contracts call a file text, an object, or nothing.
            forms: tuple[Json, ...] = ("", {})
            for file in forms:
                fields = {name: _field_text(item, file) for name, item in value.items()}
                yield fields
                yield {k: coerced(v) if isinstance(v, str) else v for k, v in fields.items()}
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        yield content.decode("latin-1")
        return
    if media in NDJSON:
        try:
            yield [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            return
        yield text
    elif media in ("application/json", "text/json") or media.endswith("+json"):
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            return
    else:
        yield text


def _field_text(item: Any, file: Json) -> Any:
    if isinstance(item, Upload | bytes):
        return file
    if isinstance(item, list | tuple):
        return [_field_text(i, file) for i in item]
    return item if isinstance(item, str) else json.dumps(item)


def without_holes(case: Case, stand_in: Any = STAND_INS[0]) -> Case:
    """Return the case with something in place of each hole, for proofs and for strategies."""
    return replace(
        case,
        path=stood_in(case.path, stand_in),
        query=stood_in(case.query, stand_in),
        headers=stood_in(case.headers, stand_in),
        body=stood_in(case.body, stand_in),
    )
