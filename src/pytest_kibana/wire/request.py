"""From values to a request: parameters and bodies written the way Kibana reads them.

Kibana's own reading differs from OpenAPI's letter in the query: a parameter that its schema calls an array is
read from one key as JSON text, and from several keys as a list; an object is JSON text; booleans are ``true``
and ``false`` (observed on 9.4.3).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from pytest_kibana.contract.model import JsonSchema, Operation, Parameter
from pytest_kibana.errors import UsageError
from pytest_kibana.wire.body import encode_body
from pytest_kibana.wire.exchange import Intent, Origin, Request

API_VERSION = "2023-10-31"
_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_ARRAY, _SCALAR = "array", "scalar"
Resolve = Callable[[JsonSchema], JsonSchema]


def build_request(
    operation: Operation,
    *,
    path: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    body: Any = None,
    has_body: bool | None = None,
    media: str | None = None,
    space: str | None = None,
    origin: Origin = Origin.HAND,
    intent: Intent | None = None,
    defaults: bool = True,
    resolve: Resolve | None = None,
) -> Request:
    """Write one request.

    Args:
        operation: whose request it is.
        path: values of the path parameters. The last one may be absent where the operation's tail is optional.
        query: values by parameter name. A name that the contract does not have is sent all the same. ``None``
            cannot be said in a query, and is left unsaid.
        headers: values by header name, declared or not. ``None`` leaves out a header that ``defaults`` adds.
        body: JSON value; ``bytes`` or text as they are; for multipart a mapping (see
            :func:`pytest_kibana.wire.body.encode_body`).
        has_body: tells ``null`` from no body; by default a body of None is no body.
        media: media type of the body; by default the first JSON one that the operation accepts.
        space: id of the space to speak to; None is the default space.
        origin: who asks.
        intent: what the request is meant to show.
        defaults: add what Kibana demands of every client unless ``headers`` says otherwise: ``kbn-xsrf`` on unsafe
            methods, ``elastic-api-version`` on public routes, ``accept-encoding: gzip``.
        resolve: follows a reference to a component (:meth:`Contract.resolve`), so that arrays among the parameters
            are recognised where their schemas are references.

    Raises:
        UsageError: a path parameter is missing, or a value cannot travel in a header.
    """
    values = dict(path or {})
    has_body = body is not None if has_body is None else has_body
    lines: dict[str, str] = standard_headers(operation.method, operation.path) if defaults else {}
    content: bytes | None = None
    if has_body:
        media = media or default_media(operation)
        declared = operation.body.media(media.split(";", 1)[0].strip().lower()) if operation.body else None
        content, content_type = encode_body(body, media, declared.encoding if declared else {})
        lines["content-type"] = content_type
    _set_headers(lines, operation, headers or {})
    return Request(
        method=operation.method,
        path=fill_path(operation, values),
        query=tuple(query_pairs(operation, query or {}, resolve)),
        headers=tuple(lines.items()),
        body=content,
        space=space,
        operation=operation.label,
        origin=origin,
        intent=intent or Intent(),
        path_parameters={k: text_of(v) for k, v in values.items() if v is not None},
    )


def _set_headers(lines: dict[str, str], operation: Operation, given: Mapping[str, Any]) -> None:
    """Set, replace or remove (None) header lines; what the contract declares as cookies becomes one line."""
    cookie_names = {p.name for p in operation.parameters_in("cookie")}
    cookies = []
    for name, value in given.items():
        if value is None:
            lines.pop(name.lower(), None)
        elif name in cookie_names:
            cookies.append(f"{name}={quote(text_of(value), safe='')}")
        else:
            lines[name.lower()] = header_text(name, value)
    if cookies:
        lines["cookie"] = "; ".join(cookies)


def standard_headers(method: str, path: str) -> dict[str, str]:
    """Return the headers that a well-behaved client sends for a method and path, in lower case."""
    lines = {"accept-encoding": "gzip"}
    if method not in ("GET", "HEAD", "OPTIONS"):
        lines["kbn-xsrf"] = "pytest-kibana"
    if path.startswith("/api/"):
        lines["elastic-api-version"] = API_VERSION
    return lines


def default_media(operation: Operation) -> str:
    """Return the media type that a body has when nobody says which."""
    offered = [m.name for m in operation.body.content] if operation.body else []
    json_like = (m for m in offered if m == "application/json" or m.endswith("+json"))
    return next(json_like, offered[0] if offered else "application/json")


def fill_path(operation: Operation, values: Mapping[str, Any]) -> str:
    """Return the operation's path with its parameters filled in, each percent-encoded as one segment.

    Raises:
        UsageError: a parameter has no value, and is not the optional tail.
    """
    segments = []
    template = operation.path.split("/")
    for position, segment in enumerate(template):
        if "{" not in segment:
            segments.append(segment)
            continue
        name = segment[segment.index("{") + 1 : segment.index("}")].rstrip("?*")
        value = values.get(name)
        if value is not None:
            before, after = segment[: segment.index("{")], segment[segment.index("}") + 1 :]
            segments.append(before + path_text(value) + after)
        elif not (operation.optional_tail and position == len(template) - 1):
            raise UsageError(
                f"{operation.label} needs a value for the path parameter {name!r}",
                hint=f"Give path={{{name!r}: …}}.",
            )
    return "/".join(segments)


def path_text(value: Any) -> str:
    """Return a value as one segment of a path. Dot segments are encoded, else they would be resolved away."""
    text = ",".join(text_of(v) for v in value) if isinstance(value, list | tuple) else text_of(value)
    encoded = _quote(text)
    return encoded.replace(".", "%2E") if encoded in (".", "..") else encoded


def query_pairs(
    operation: Operation, values: Mapping[str, Any], resolve: Resolve | None = None
) -> Iterator[tuple[str, str]]:
    """Yield name and text for each key of the query, not yet percent-encoded."""
    declared = {p.name: p for p in operation.parameters_in("query")}
    for name, value in values.items():
        if value is None:
            continue
        parameter = declared.get(name)
        if not isinstance(value, list | tuple):
            yield from _one(name, value, parameter)
        elif parameter is not None and parameter.json_encoded:
            yield name, _json(value)
        elif parameter is not None and not parameter.explode:
            yield name, _SEPARATORS.get(parameter.style, ",").join(text_of(v) for v in value)
        elif len(value) > 1 or _accepts_scalar(parameter, resolve):
            yield from ((name, text_of(v)) for v in value)
        else:
            # One key alone is read as JSON text and would fail; an empty list can be said in no other way.
            yield name, _json(value)


def _one(name: str, value: Any, parameter: Parameter | None) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and parameter is not None and parameter.style == "deepObject":
        yield from ((f"{name}[{key}]", text_of(v)) for key, v in value.items())
    else:
        yield name, _json(value) if parameter is not None and parameter.json_encoded else text_of(value)


def _accepts_scalar(parameter: Parameter | None, resolve: Resolve | None) -> bool:
    """Tell whether one bare key would be read as a value: the schema is not an array and nothing else."""
    return parameter is None or _SCALAR in shapes(parameter.schema.json, resolve)


def shapes(schema: JsonSchema, resolve: Resolve | None = None) -> frozenset[str]:
    """Return which of ``array`` and ``scalar`` a schema allows. What is unknown or open allows both."""
    if resolve is not None:
        schema = resolve(schema)
    if not isinstance(schema, dict) or "$ref" in schema:
        return frozenset({_ARRAY, _SCALAR})
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return frozenset().union(*(shapes(s, resolve) for s in schema[union]))
    if "allOf" in schema and "type" not in schema:
        return frozenset({_ARRAY, _SCALAR}).intersection(*(shapes(s, resolve) for s in schema["allOf"]))
    kinds = schema.get("type")
    if kinds is None:
        return frozenset({_ARRAY}) if "items" in schema else frozenset({_ARRAY, _SCALAR})
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    found = {_ARRAY} if "array" in kinds else set()
    return frozenset(found | ({_SCALAR} if kinds - {"array", "null", "object"} else set()))


def header_text(name: str, value: Any) -> str:
    """Return a header's value as text.

    Raises:
        UsageError: it holds a line break or a NUL, which no header can carry.
    """
    text = ",".join(text_of(v) for v in value) if isinstance(value, list | tuple) else text_of(value)
    if any(c in text for c in "\r\n\0"):
        raise UsageError(
            f"the header {name} cannot carry a line break or a NUL", hint="Leave the character out."
        )
    return text


def text_of(value: Any) -> str:
    """Return a parameter's value as Kibana reads it back: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else _json(value)


def target_of(base_path: str, request: Request) -> str:
    """Return the request target: base path, space prefix, path and query."""
    target = base_path + request.route
    if request.query:
        target += "?" + "&".join(f"{_quote(k)}={_quote(v)}" for k, v in request.query)
    return target


def _quote(text: str) -> str:
    # A lone surrogate cannot be written in UTF-8; the replacement character is what a browser sends.
    return quote(text, safe="", errors="replace")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def merge_headers(*groups: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers of all groups; a later one replaces the earlier of the same name."""
    merged: dict[str, tuple[str, str]] = {}
    for group in groups:
        merged.update((name.lower(), (name, value)) for name, value in group)
    return tuple(merged.values())
