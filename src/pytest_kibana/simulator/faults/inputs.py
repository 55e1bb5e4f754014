"""Faults of input: what is accepted, what is refused, and what breaks the server."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.faults.model import (
    Applies,
    Around,
    Bench,
    Fault,
    Proceed,
    changes,
    has_json_body,
)
from pytest_kibana.simulator.generic import declared
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.synthesis import MISSING
from pytest_kibana.simulator.world import Call

Json = Any
_DEEPEST = 5
_CRASH = "An internal server error occurred. Check Kibana server logs for details."


def _schema(operation: Operation | None) -> Json:
    media = (
        operation.body.media("application/json")
        if operation is not None and operation.body is not None
        else None
    )
    return media.schema.json if media is not None and media.schema is not None else True


def _demanding(operation: Operation, bench: Bench) -> bool:
    """Bodies of which the smallest is more than an empty object: something can be wrong with them."""
    return has_json_body(operation, bench) and not bench.schemas.valid(_schema(operation), {"unknown": 1})


def _closed(operation: Operation, bench: Bench) -> bool:
    if not has_json_body(operation, bench):
        return False
    smallest = bench.synthesiser.fit(_schema(operation), MISSING)
    return isinstance(smallest, dict) and not bench.schemas.valid(
        _schema(operation), {**smallest, "unknown": 1}
    )


def _has_options(operation: Operation, bench: Bench) -> bool:
    flat = bench.synthesiser.flat(_schema(operation))
    return isinstance(flat, dict) and bool(set(flat.get("properties", {})) - set(flat.get("required", ())))


def _typed_query(operation: Operation, bench: Bench) -> bool:
    def refuses(schema: Json) -> bool:
        return not bench.schemas.valid(schema, "no such value") and not bench.schemas.valid(
            schema, ["no such value"]
        )

    return any(refuses(p.schema.json) for p in operation.parameters_in("query"))


def _needs_query(operation: Operation, bench: Bench) -> bool:
    return any(p.required for p in operation.parameters_in("query"))


def values(body: Json) -> Iterator[Json]:
    """Yield every value in a body, and every key."""
    yield body
    if isinstance(body, dict):
        for key, value in body.items():
            yield key
            yield from values(value)
    elif isinstance(body, list):
        for value in body:
            yield from values(value)


def _crash_on(test: Any) -> Around:
    def around(call: Call, proceed: Proceed) -> Reply:
        if any(test(value) for value in values(call.body)):
            raise Refusal(500, _CRASH, family="platform")
        return proceed()

    return around


def _refuse_all(call: Call, proceed: Proceed) -> Reply:
    raise Refusal(
        400, "[request body]: expected a plain object value, but found [Object] instead.", family="platform"
    )


def _demand_options(call: Call, proceed: Proceed) -> Reply:
    names = declared(call.world, _schema(call.operation))
    for name in names:
        if isinstance(call.body, dict) and name not in call.body:
            text = f"[request body.{name}]: expected value of type [any] but got [undefined]"
            raise Refusal(400, text, family="platform")
    return proceed()


def _crash_when_refused(call: Call, proceed: Proceed) -> Reply:
    try:
        return proceed()
    except Refusal as refusal:
        if refusal.status == 400:
            raise Refusal(500, _CRASH, family="platform") from None
        raise


def _done_though_refused(call: Call, proceed: Proceed) -> Reply:
    """Do with a wrong body what would be done with a right one, and then refuse it."""
    schema = _schema(call.operation)
    if not call.present or call.world.schemas.valid(schema, call.body):
        return proceed()
    try:
        return proceed()
    except Refusal:
        sent = call.body
        call.body = call.world.synthesiser.fit(schema, sent)
        proceed()
        raise


def _known_only(call: Call, proceed: Proceed) -> Reply:
    """Take keys that a closed object does not know, and keep them."""
    schema = _schema(call.operation)
    sent = call.body
    if not isinstance(sent, dict) or call.world.schemas.valid(schema, sent):
        return proceed()
    fitted = call.world.synthesiser.fit(schema, sent)
    if not isinstance(fitted, dict) or any(fitted.get(k) != v for k, v in sent.items() if k in fitted):
        return proceed()
    call.body = fitted
    reply = proceed()
    extra = {k: v for k, v in sent.items() if k not in fitted}
    if isinstance(reply.body, dict):
        reply.exact, reply.body = True, {**reply.body, **extra}
    return reply


def _wrong_query_is_fine(call: Call, proceed: Proceed) -> Reply:
    try:
        return proceed()
    except Refusal as refusal:
        if refusal.status == 400 and refusal.message.startswith("[request query"):
            call.raw_query = _mended(call)
            return proceed()
        raise


def _mended(call: Call) -> str:
    """Return the query without what is wrong in it, and with what it lacks."""
    schemas, parameters = call.world.schemas, call.operation.parameters_in("query") if call.operation else ()
    sent = parse_qsl(call.raw_query, keep_blank_values=True)
    kept: list[tuple[str, str]] = []
    for parameter in parameters:
        mine = [(name, text) for name, text in sent if name == parameter.name]
        if mine and all(any(schemas.valid(parameter.schema.json, v) for v in _readings(t)) for _, t in mine):
            kept += mine
        elif parameter.required:
            value = call.world.synthesiser.fit(parameter.schema.json, MISSING)
            kept.append((parameter.name, value if isinstance(value, str) else json.dumps(value)))
    return urlencode(kept)


def _readings(text: str) -> Iterator[Json]:
    """Yield what a text in a query may mean."""
    try:
        read = json.loads(text)
    except ValueError:
        read = text
    for value in (text, read):
        yield value
        yield [value]


def _holds(test: Callable[[Json], bool]) -> Applies:
    """Apply where a body has a place whose schema passes the test."""

    def applies(operation: Operation, bench: Bench) -> bool:
        return has_json_body(operation, bench) and any(map(test, _schemas(bench, _schema(operation))))

    return applies


def _schemas(bench: Bench, schema: Json, depth: int = 0) -> Iterator[Json]:
    flat = bench.synthesiser.flat(schema)
    if not isinstance(flat, dict) or depth > _DEEPEST:
        return
    yield flat
    inner = [*flat.get("anyOf", ()), *flat.get("oneOf", ()), *flat.get("properties", {}).values()]
    for part in (*inner, flat.get("items", False)):
        yield from _schemas(bench, part, depth + 1)


def _plain(kind: str) -> Callable[[Json], bool]:
    """Schemas of a kind that bind it to nothing further."""
    binding = {"enum", "const", "pattern", "format", "minItems", "maxLength", "minLength"}
    return lambda schema: kind in _types(schema) and not binding & schema.keys()


def _edged(schema: Json) -> bool:
    return _plain("string")(schema) or ("integer" in _types(schema) and schema.get("minimum", 0) in (0, 1))


def _types(schema: Json) -> list[str]:
    kinds = schema.get("type", ())
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _edge(value: Json) -> bool:
    return value == "" or (
        isinstance(value, int | float) and not isinstance(value, bool) and value in (0, 1, -1)
    )


FAULTS = (
    Fault(
        "input.invalid_accepted",
        "A body that breaks its schema is accepted and kept.",
        ("invalid body refused",),
        _demanding,
        unchecked=True,
    ),
    Fault(
        "input.invalid_query_accepted",
        "A query that breaks its schema is accepted.",
        ("invalid query refused",),
        lambda o, b: _typed_query(o, b) or _needs_query(o, b),
        around=_wrong_query_is_fine,
    ),
    Fault(
        "input.unknown_key_accepted",
        "A key that a closed body does not know is accepted.",
        ("unknown key refused",),
        _closed,
        around=_known_only,
    ),
    Fault(
        "input.refused_yet_done",
        "A wrong body is refused, and something is made of it.",
        ("invalid body refused", "no side effect"),
        lambda o, b: _demanding(o, b) and changes(o, b),
        around=_done_though_refused,
    ),
    Fault(
        "input.valid_refused",
        "Every body is refused.",
        ("valid body accepted",),
        has_json_body,
        around=_refuse_all,
        of_success=True,
    ),
    Fault(
        "input.options_demanded",
        "A body without its optional keys is refused.",
        ("valid body accepted",),
        lambda o, b: has_json_body(o, b) and _has_options(o, b),
        around=_demand_options,
        of_success=True,
    ),
    Fault(
        "input.invalid_500",
        "A wrong request ends in a 500.",
        ("invalid body refused", "no 5xx"),
        _demanding,
        around=_crash_when_refused,
    ),
    Fault(
        "input.edge_500",
        "An empty text, or 0 or 1, ends in a 500.",
        ("no 5xx",),
        _holds(_edged),
        around=_crash_on(_edge),
    ),
    Fault(
        "input.unicode_500",
        "Text beyond ASCII ends in a 500.",
        ("no 5xx",),
        _holds(_plain("string")),
        around=_crash_on(lambda v: isinstance(v, str) and not v.isascii()),
    ),
    Fault(
        "input.long_text_500",
        "A text of more than 255 characters ends in a 500.",
        ("no 5xx",),
        _holds(_plain("string")),
        around=_crash_on(lambda v: isinstance(v, str) and len(v) > 255),
    ),
    Fault(
        "input.null_500",
        "A null ends in a 500.",
        ("no 5xx",),
        has_json_body,
        around=_crash_on(lambda v: v is None),
    ),
    Fault(
        "input.empty_list_500",
        "An empty list ends in a 500.",
        ("no 5xx",),
        _holds(_plain("array")),
        around=_crash_on(lambda v: v == []),
    ),
)
