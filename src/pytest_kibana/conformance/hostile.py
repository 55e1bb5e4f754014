"""Texts that break servers which put them somewhere unread: quotes, null bytes, the name of JavaScript's prototype.

Each is a change to a good request, and makes no claim: a server may take it or refuse it, and must not fail at it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from pytest_kibana.contract.model import Operation, Parameter
from pytest_kibana.wire.exchange import Request

# No star, question mark or comma: a name that holds one may mean more objects than one.
QUOTES = "'\"\\%_{}<>&;|`$()"
NULL = "\0"
PROTOTYPE = b'"__proto__":{"kbn-test":true}'
PROSE = frozenset({"name", "title", "description", "label", "comment", "note", "message", "text", "summary"})
"""Members that are read by people, and name no object."""

UNKNOWN = "0bad-0bad'\"\\%25 \u017c\U0001f6d1"
"""An id that nothing has, and that has to be encoded and escaped with care."""

LONG = f"0bad-0bad-{'a' * 700}"
"""An id that nothing has, and that is longer than an id in Elasticsearch may be: 512 bytes."""

Change = Callable[[Request], Request]


def hostile(operation: Operation) -> Iterator[tuple[str, Change]]:
    """Yield what to call each change, and the change."""
    if operation.method == "GET":
        if operation.path.endswith("}") and operation.parameters_in("path"):
            yield "hostile id", partial(_another_id, UNKNOWN)
            yield "long id", partial(_another_id, LONG)
        free = next((p for p in operation.parameters_in("query") if not p.required and _free(p)), None)
        if free is not None:
            yield "hostile query", partial(_hostile_query, free.name)
    elif operation.body is not None and operation.body.media("application/json") is not None:
        yield "prototype key", _prototype
        yield "quoted text", partial(_longer, QUOTES)
        yield "null text", partial(_longer, NULL)


def _free(parameter: Parameter) -> bool:
    schema = parameter.schema.json
    bound = {"enum", "const", "pattern", "format"}
    return isinstance(schema, dict) and schema.get("type") == "string" and not bound & schema.keys()


def _another_id(text: str, request: Request) -> Request:
    before, _, last = request.path.rpartition("/")
    known = set(request.path_parameters.values())
    return replace(request, path=f"{before}/{quote(text, safe='')}") if unquote(last) in known else request


def _hostile_query(name: str, request: Request) -> Request:
    others = tuple(pair for pair in request.query if pair[0] != name)
    return replace(request, query=(*others, (name, f"kbn-test {QUOTES}")))


def _prototype(request: Request) -> Request:
    body = (request.body or b"").strip()
    if not body.startswith(b"{"):
        return request
    rest = body[1:].lstrip()
    return replace(request, body=b"{" + PROTOTYPE + (b"" if rest.startswith(b"}") else b",") + rest)


def _longer(suffix: str, request: Request) -> Request:
    """Put the suffix behind the last text of the body that is there for people and carries the mark of this run."""
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        return request
    places = [(holder, key) for holder, key, value in _texts(body) if key in PROSE and "kbn" in value]
    if not places:
        return request
    holder, key = places[-1]
    holder[key] += suffix
    return replace(request, body=json.dumps(body).encode())


def _texts(value: Any) -> Iterator[tuple[Any, Any, str]]:
    for key, member in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if isinstance(member, str):
            yield value, key, member
        else:
            yield from _texts(member)
