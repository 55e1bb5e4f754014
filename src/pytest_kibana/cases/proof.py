"""Proof that a case is valid, or invalid, as the server will see it.

A case is written down as the request that will be sent (:func:`pytest_kibana.wire.request.build_request`), and the
request is read back the way Kibana reads it. Where Kibana may read a text in several ways (``1`` is text and a number,
one query key is a value and a list of one), a parameter counts as invalid only if *no* reading is valid, and as valid
if some reading is. What cannot be proven is not sent.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import unquote

from pytest_kibana.cases.holes import STAND_INS, StandIn, has_holes, stood_in
from pytest_kibana.cases.model import Case, Upload
from pytest_kibana.contract.model import Body, Json, JsonSchema, Operation, Parameter, Schema, Violation
from pytest_kibana.errors import UsageError
from pytest_kibana.wire.exchange import Request, Rule
from pytest_kibana.wire.request import build_request

NDJSON: Final = frozenset({"application/ndjson", "application/x-ndjson"})
SENT_BY_CLIENT: Final = frozenset(
    {"kbn-xsrf", "elastic-api-version", "authorization", "content-type", "accept", "kbn-version", "cookie"}
)
"""Headers that every client adds or that carry credentials: not a case's to vary."""


class Promises(Protocol):
    """What making cases needs of a contract; :class:`pytest_kibana.contract.Contract` has it."""

    @property
    def components(self) -> Mapping[str, JsonSchema]:
        """The named schemas, translated."""

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether the value keeps the schema."""

    def violations(self, schema: Schema, value: Any) -> tuple[Violation, ...]:
        """Return every way in which the value breaks the schema."""

    def resolve(self, json_schema: JsonSchema) -> JsonSchema:
        """Follow a reference to a component."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One part of a request that no reading makes valid. ``name`` is a parameter's name, empty for the body."""

    location: str
    name: str
    keyword: str
    violations: tuple[Violation, ...] = ()


class Prover:
    """Proves the cases of one operation."""

    def __init__(self, contract: Promises, operation: Operation) -> None:
        self._contract = contract
        self._operation = operation
        self._stand_in: StandIn = STAND_INS[0]

    def valid(self, case: Case) -> bool:
        """Tell whether the contract allows the request that the case becomes."""
        if not self.faults(case):
            return True
        if not has_holes([case.path, case.query, case.headers, case.body]):
            return False
        kept = self._stand_in
        for self._stand_in in STAND_INS:
            if not self.faults(case):
                return True  # what fits this case's holes most likely fits those of the next
        self._stand_in = kept
        return False

    def broken_rule(self, case: Case, rule: Rule, *, loose: bool = False) -> Rule | None:
        """Return the one rule that a case breaks, if it breaks exactly one, and that where it is meant to.

        Args:
            case: as it will be sent.
            rule: what is meant to be broken. Its pointer names the missing or unexpected member itself.
            loose: the keyword may turn out to be another one at the same place, where alternatives were chosen from.
        """
        faults = self.faults(case)
        if len(faults) != 1 or faults[0].location != rule.location:
            return None
        fault = faults[0]
        if not fault.violations:
            return rule if fault.keyword == rule.keyword else None
        found = {(v.at, v.keyword) for v in fault.violations}
        if len(found) != 1:
            return None
        at, keyword = found.pop()
        member = rule.keyword in ("required", "additionalProperties")
        at = f"/{fault.name}{at}" if fault.name else at
        if at != (rule.at.rsplit("/", 1)[0] if member else rule.at):
            return None
        if keyword == rule.keyword or (keyword == "const" and rule.keyword == "enum"):
            return rule
        return replace(rule, keyword=keyword) if loose and not member else None

    def sole_rule(self, case: Case) -> Rule | None:
        """Return the rule that a case breaks, if it breaks exactly one, wherever that may be.

        Missing and undeclared members are left out: what broke cannot be told from the place of the violation.
        """
        faults = self.faults(case)
        if len(faults) != 1 or len(found := {(v.at, v.keyword): v for v in faults[0].violations}) != 1:
            return None
        ((at, keyword), violation) = found.popitem()
        fault = faults[0]
        where = fault.location
        if where not in ("path", "query", "header", "body") or keyword in (
            "required",
            "additionalProperties",
        ):
            return None
        what = (
            f"{where} parameter {fault.name}{at}" if fault.name else f"body member {at}" if at else "the body"
        )
        pointer = f"/{fault.name}{at}" if fault.name else at
        return Rule(where, pointer, keyword, f"{what} {violation.sentence}")  # type: ignore[arg-type]

    def faults(self, case: Case) -> tuple[Fault, ...]:
        """Return the invalid parts of the request that the case becomes, with something in place of holes."""
        try:
            request = self.request(case)
        except UsageError:
            return (Fault("path", "", "unsendable"),)
        return tuple(self._faults(request, case))

    def request(self, case: Case) -> Request:
        """Return the request that the case becomes.

        Raises:
            UsageError: it cannot be written.
        """

        def filled(part: Any) -> Any:
            return stood_in(part, self._stand_in) if has_holes(part) else part

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

    def _faults(self, request: Request, case: Case) -> Iterator[Fault]:
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
        yield from self._body_faults(request, case)

    def _parameter_fault(self, parameter: Parameter, texts: list[str] | None) -> Fault | None:
        if texts is None:
            optional = not parameter.required or parameter.location in ("path", "cookie")
            return None if optional else Fault(parameter.location, parameter.name, "required")
        if texts == [""]:
            if parameter.location == "path":
                return Fault("path", parameter.name, "unsendable")  # an empty segment is another route
            if not parameter.required:
                return None  # some servers take an empty value for none
        schema = parameter.schema
        if schema.vacuous:
            return None
        seen = list(readings(parameter, texts))
        if any(self._contract.is_valid(schema, value) for value in seen):
            return None
        # The last reading that is no list is what a validator is told: a number where the text is one.
        told = next((v for v in reversed(seen) if not isinstance(v, list)), seen[-1])
        told = seen[-1] if self._lists(schema) else told
        return Fault(parameter.location, parameter.name, "schema", self._contract.violations(schema, told))

    def _lists(self, schema: Schema) -> bool:
        json_schema = self._contract.resolve(schema.json)
        return isinstance(json_schema, dict) and json_schema.get("type") == "array"

    def _body_faults(self, request: Request, case: Case) -> Iterator[Fault]:
        body = self._operation.body
        if body is None:
            return
        if request.body is None:
            if body.required and not self._may_be_absent(body):
                yield Fault("body", "", "required")
            return
        media = body.media((case.media or "").split(";", 1)[0].strip().lower())
        if media is None:
            yield Fault("media type", "", "media type")
            return
        if media.schema is None or media.schema.vacuous:
            return
        seen = list(_body_readings(media.name, request.body, stood_in(case.body, self._stand_in)))
        if any(self._contract.is_valid(media.schema, value) for value in seen):
            return
        keyword = "schema" if seen else "malformed"
        yield Fault("body", "", keyword, self._violations(media.schema, seen))

    def _may_be_absent(self, body: Body) -> bool:
        """Tell whether a server that reads no body as null, or as an empty object, finds that valid."""
        readings: tuple[Json, ...] = ({}, None, "")
        return any(
            media.schema is None or any(self._contract.is_valid(media.schema, value) for value in readings)
            for media in body.content
        )

    def _violations(self, schema: Schema, seen: list[Json]) -> tuple[Violation, ...]:
        return self._contract.violations(schema, seen[0]) if seen else ()


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
        yield text
        rows = [coerced(line) for line in text.splitlines() if line.strip()]
        if not any(isinstance(row, str) for row in rows):
            yield rows
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
