"""Faults of answers: bodies, statuses and media types that are not what the contract says."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.faults.model import Bench, Fault, answers_json, role_of
from pytest_kibana.simulator.replies import NOTHING, Reply, envelope
from pytest_kibana.simulator.synthesis import MISSING, type_of
from pytest_kibana.simulator.world import Call, World

Json = Any
Path = tuple[str | int, ...]
Edit = Callable[[Any, Json, Json], Iterator[Json]]
"""Takes the schema tools, a schema and a value; yields values that could stand in its place."""

DROP = object()


def _success(operation: Operation | None) -> Json:
    response = operation.success if operation is not None else None
    media = response.media("application/json") if response is not None else None
    return media.schema.json if media is not None and media.schema is not None else True


def places(
    tools: World | Bench, schema: Json, value: Json, path: Path = (), depth: int = 0
) -> Iterator[tuple[Path, Json]]:
    """Yield each place of a value with the schema that speaks of it, outermost first."""
    flat = tools.synthesiser.flat(schema)
    if not isinstance(flat, dict) or depth > 12:
        return
    yield path, flat
    for arm in (*flat.get("anyOf", ()), *flat.get("oneOf", ())):
        if tools.schemas.valid(arm, value):
            yield from places(tools, arm, value, path, depth + 1)
            break
    if isinstance(value, dict):
        for name, inner in flat.get("properties", {}).items():
            if name in value:
                yield from places(tools, inner, value[name], (*path, name), depth + 1)
    elif isinstance(value, list) and value and isinstance(flat.get("items"), dict):
        yield from places(tools, flat["items"], value[0], (*path, 0), depth + 1)


def at(value: Json, path: Path) -> Json:
    """Return what stands at a path."""
    for step in path:
        value = value[step]
    return value


def put(value: Json, path: Path, new: Json) -> Json:
    """Return a copy with something else at a path."""
    if not path:
        return new
    copy = deepcopy(value)
    holder = at(copy, path[:-1])
    holder[path[-1]] = new
    return copy


def spoil(tools: World | Bench, schema: Json, value: Json, edit: Edit) -> Json:
    """Return the value with the first edit that makes it break its schema, MISSING where none does."""
    for path, inner in places(tools, schema, value):
        for new in edit(tools, inner, at(value, path)):
            spoiled = put(value, path, new)
            if not tools.schemas.valid(schema, spoiled):
                return spoiled
    return MISSING


def _schema_fault(name: str, breaks: str, edit: Edit) -> Fault:
    def applies(operation: Operation, bench: Bench) -> bool:
        schema = _success(operation)
        if schema is True or not answers_json(operation, bench):
            return False
        return spoil(bench, schema, bench.synthesiser.fit(schema, MISSING), edit) is not MISSING

    def after(call: Call, reply: Reply) -> Reply:
        if reply.status < 300 and not isinstance(reply.body, bytes) and reply.body is not NOTHING:
            spoiled = spoil(call.world, _success(call.operation), reply.body, edit)
            if spoiled is not MISSING:
                reply.body = spoiled
        return reply

    return Fault(name, breaks, ("response schema",), applies, after=after)


# -- edits -------------------------------------------------------------------------------------------------


def _drop_required(_: Any, schema: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            yield {k: v for k, v in value.items() if k != name}


def _wrong_type(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        return
    yield {"boolean": "yes", "integer": "many", "number": "many", "string": 12345, "null": 12345}[
        type_of(value)
    ]


def _null(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if value is not None:
        yield None


def _out_of_enum(_: Any, schema: Json, __: Json) -> Iterator[Json]:
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else ())
    if any(isinstance(v, str) for v in allowed):
        yield "never-heard-of"
    elif allowed:
        yield 987654321


def _extra(_: Any, schema: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict) and schema.get("additionalProperties") is False:
        yield {**value, "unannounced": "property"}


def _bad_date(_: Any, schema: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, str) and schema.get("format") in ("date-time", "date", "uuid", "uri"):
        yield "the day before yesterday"


def _out_of_bounds(_: Any, schema: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in schema:
            yield schema["minimum"] - 1
        if "maximum" in schema:
            yield schema["maximum"] + 1
    if isinstance(value, str) and schema.get("minLength"):
        yield ""
    if isinstance(value, str) and "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if isinstance(value, list) and schema.get("minItems"):
        yield []


def _number_as_text(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _array_for_object(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield [value]


def _object_for_array(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        yield {str(index): item for index, item in enumerate(value)}


def _text_off_pattern(_: Any, schema: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, str) and "pattern" in schema:
        yield "\u2603 off the pattern"


def _error_as_success(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        yield envelope(500, "An internal server error occurred. Check Kibana server logs for details.")


def _wrapped(_: Any, __: Json, value: Json) -> Iterator[Json]:
    yield {"response": value}


def _double(_: Any, __: Json, value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        yield json.dumps(value)


_MARKUP = (
    "</script><img src=x onerror=window.pwned=1>",
    '"><svg onload="window.pwned=1">',
    "javascript:window.pwned=1//<script>window.pwned=1</script>",
    "<!--<script>{{constructor.constructor('window.pwned=1')()}}",
)


def _hostile(value: Json, number: int = 0) -> Json:
    """Return markup in the place of each value, as one more key of each object and one more member of each array."""
    text = _MARKUP[number % len(_MARKUP)]
    if isinstance(value, dict):
        inner = {name: _hostile(part, number + at) for at, (name, part) in enumerate(value.items())}
        return {**inner, text: text, "__proto__": {"polluted": text}}
    if isinstance(value, list):
        return [*(_hostile(part, number + at) for at, part in enumerate(value[:3])), text]
    return text


def _markup(_: Any, __: Json, value: Json) -> Iterator[Json]:
    yield _hostile(value)


def _in_refusals(fault: Fault) -> Fault:
    """Put markup into what refusals say as well; their statuses stay."""
    spoil_success = fault.after
    assert spoil_success is not None

    def after(call: Call, reply: Reply) -> Reply:
        if reply.status >= 400 and isinstance(reply.body, dict):
            kept = {name: value for name, value in reply.body.items() if isinstance(value, int)}
            reply.body = {**_hostile(reply.body), **kept}
        return spoil_success(call, reply)

    return replace(fault, noticed_by=(*fault.noticed_by, "error envelope"), after=after)


# -- whole answers -----------------------------------------------------------------------------------------


def _if_success(change: Callable[[Call, Reply], None]) -> Callable[[Call, Reply], Reply]:
    def after(call: Call, reply: Reply) -> Reply:
        if reply.status < 300:
            change(call, reply)
        return reply

    return after


def _encoded(reply: Reply) -> bytes:
    if isinstance(reply.body, bytes):
        return reply.body
    return b"" if reply.body is NOTHING else json.dumps(reply.body).encode()


def _undocumented(call: Call, reply: Reply) -> None:
    documented = {r.status for r in call.operation.responses} if call.operation is not None else set()
    reply.status = next(
        s for s in (206, 203, 202, 201) if str(s) not in documented and "2XX" not in documented
    )


def _as_media(media: str) -> Callable[[Call, Reply], None]:
    def change(_: Call, reply: Reply) -> None:
        reply.media = media

    return change


def _bytes(make: Callable[[bytes], bytes]) -> Callable[[Call, Reply], None]:
    def change(_: Call, reply: Reply) -> None:
        if reply.body is not NOTHING:
            reply.body = make(_encoded(reply))

    return change


def _headless(_: Call, reply: Reply) -> None:
    reply.headers["content-type"] = ""


def _empty(_: Call, reply: Reply) -> None:
    reply.body = b""


def _filled(_: Call, reply: Reply) -> None:
    reply.status, reply.body = 200, {}


def _stale(call: Call, reply: Reply) -> Reply:
    """Answer each question as it was answered the first time."""
    if reply.status < 300 and call.route.method == "GET":
        memory = call.route.cache.setdefault("stale", {})
        reply.body = memory.setdefault((call.space, call.path, call.raw_query), deepcopy(reply.body))
    return reply


def _empty_success(operation: Operation, _: Bench) -> bool:
    return operation.success is not None and operation.success.status == "204"


def _moves(operation: Operation, _: Bench) -> bool:
    """Apply to reads of one thing that can be changed, and to lists of what can be made or changed."""
    role, resource = role_of(operation)
    if resource is None:
        return False
    return (
        bool(resource.update)
        if role == "read"
        else role == "list" and bool(resource.create or resource.update)
    )


def _closed_statuses(operation: Operation, bench: Bench) -> bool:
    return bool(operation.responses) and answers_json(operation, bench)


FAULTS = (
    _schema_fault("response.drop_required", "A required property is missing.", _drop_required),
    _schema_fault("response.wrong_type", "A value has another type.", _wrong_type),
    _schema_fault("response.null", "A value is null that may not be.", _null),
    _schema_fault("response.out_of_enum", "A value is none of those listed.", _out_of_enum),
    _schema_fault("response.extra_property", "A closed object has one property more.", _extra),
    _schema_fault("response.bad_format", "A date, id or URL is none.", _bad_date),
    _schema_fault(
        "response.out_of_bounds", "A value is too small, too large, too short or too long.", _out_of_bounds
    ),
    _schema_fault("response.number_as_text", "A number is sent as text.", _number_as_text),
    _schema_fault("response.array_for_object", "An object is sent in an array.", _array_for_object),
    _schema_fault("response.object_for_array", "An array is sent as an object.", _object_for_array),
    _schema_fault("response.off_pattern", "A text breaks its pattern.", _text_off_pattern),
    _schema_fault("response.error_as_success", "A failure is called a success.", _error_as_success),
    _schema_fault("response.wrapped", "A value is wrapped in another object.", _wrapped),
    _schema_fault("response.double_encoded", "JSON is sent as JSON text.", _double),
    _in_refusals(
        _schema_fault(
            "response.markup", "A value is markup and script in place of what it should be.", _markup
        )
    ),
    Fault(
        "response.undocumented_status",
        "A success has a status that is not documented.",
        ("documented status",),
        _closed_statuses,
        after=_if_success(_undocumented),
    ),
    Fault(
        "response.wrong_media_type",
        "JSON is called HTML.",
        ("media type",),
        answers_json,
        after=_if_success(_as_media("text/html; charset=utf-8")),
    ),
    Fault(
        "response.no_media_type",
        "The content type is missing.",
        ("media type", "required headers"),
        answers_json,
        after=_if_success(_headless),
    ),
    Fault(
        "response.truncated",
        "The JSON ends in the middle.",
        ("readable body",),
        answers_json,
        after=_if_success(_bytes(lambda raw: raw[: len(raw) // 2])),
    ),
    Fault(
        "response.not_json",
        "The body is no JSON.",
        ("readable body",),
        answers_json,
        after=_if_success(_bytes(lambda _: b"It worked.")),
    ),
    Fault(
        "response.nan",
        "The body holds a number that JSON does not know.",
        ("readable body", "response schema"),
        answers_json,
        after=_if_success(_bytes(lambda raw: b'{"value":NaN,"was":' + raw + b"}")),
    ),
    Fault(
        "response.wrong_encoding",
        "The body is not UTF-8.",
        ("readable body", "response schema"),
        answers_json,
        after=_if_success(_bytes(lambda raw: raw[:-1] + b',"caf\xe9":"\xff\xfe"' + raw[-1:])),
    ),
    Fault(
        "response.empty",
        "The body is empty.",
        ("readable body", "response schema"),
        answers_json,
        after=_if_success(_empty),
    ),
    Fault(
        "response.body_for_nothing",
        "200 with a body where 204 without one is promised.",
        ("documented status",),
        _empty_success,
        after=_if_success(_filled),
    ),
    Fault(
        "response.stale",
        "A read answers what was true at first.",
        ("read after write",),
        _moves,
        after=_stale,
    ),
)
