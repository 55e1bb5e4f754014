"""The comfortable face of the clients: calls by operation or by path in, ``httpx.Response`` out."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypedDict
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from pytest_kibana.contract import Contract, Operation
from pytest_kibana.errors import ContractError, TargetUnreachable, UsageError
from pytest_kibana.wire.body import encode_body
from pytest_kibana.wire.endpoint import Endpoint
from pytest_kibana.wire.exchange import Exchange, Origin, Request
from pytest_kibana.wire.flow import Outcome
from pytest_kibana.wire.network import Reply
from pytest_kibana.wire.request import build_request, header_text, merge_headers, standard_headers, text_of


class Options(TypedDict, total=False):
    """What may be said beside method and path of a call. At most one of ``json``, ``content`` and ``files``.

    Attributes:
        query: values of query parameters, by name.
        json: JSON body; None is ``null``.
        content: body as bytes or text.
        files: fields of a multipart body, by name: text, bytes, an open file, a path, ``(filename, content)`` or
            ``(filename, content, media type)``, or a list of these.
        headers: added to, or replacing, the standard ones; None leaves one out.
        media: media type of the body.
        space: another space than the client's.
        timeout: seconds that this call may take.
    """

    query: Mapping[str, Any]
    json: Any
    content: bytes | str
    files: Mapping[str, Any]
    headers: Mapping[str, Any]
    media: str
    space: Any
    timeout: float


class CallOptions(Options, total=False):
    """What may be said beside the operation: as :class:`Options`, and ``path``, values of path parameters by name."""

    path: Mapping[str, Any]


UNSET: Any = object()
USER_AGENT = "pytest-kibana"
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_PARAMETER = re.compile(r"\{([^}?*]+)[?*]?\}")
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def space_id(space: Any) -> str | None:
    """Return the id of a space given as an id, as anything with an ``id``, or as None for the default space."""
    name = getattr(space, "id", space)
    if name is None or name == "default":
        return None
    if not isinstance(name, str) or not name:
        raise UsageError(f"{space!r} is not a space", hint="Give the id of a space, or an object with an id.")
    return name


_SAID_OTHERWISE = {
    "params": "The values of query parameters are query={…}.",
    "body": "A JSON body is json=…, other bytes are content=….",
    "data": "A JSON body is json=…, a form's fields are files={…}, other bytes are content=….",
    "path": "Put the values into the path, or call the operation: client.call('GET /api/…/{id}', path={…}).",
    "path_params": "The values of path parameters are path={…}.",
    "auth": "A client speaks for one identity: kibana_client_factory(credentials=…) makes another client.",
    "cookies": "A cookie is a header: headers={'cookie': …}.",
}
"""What other clients call the options of a call."""
_MAPPINGS = frozenset({"path", "query", "headers", "files"})


def known_options(given: Mapping[str, Any], known: type) -> None:
    """Refuse what is not an option of a call.

    Raises:
        UsageError: names the option that may have been meant.
    """
    names = list(known.__annotations__)
    for name in given:
        if name not in names:
            meant = _SAID_OTHERWISE.get(name) or f"It takes {', '.join(names)}."
            if name not in _SAID_OTHERWISE and "path" in names:
                meant = f"The value of a parameter is path={{{name!r}: …}} or query={{{name!r}: …}}. {meant}"
            raise UsageError(f"a call has no option {name}=…", hint=meant)
        if name in _MAPPINGS and given[name] is not None and not isinstance(given[name], Mapping):
            raise UsageError(
                f"{name}=… is a {type(given[name]).__name__}, not a mapping",
                hint=f"Give {name}={{'name': value}}; a list as value repeats the name.",
            )


def by_operation(
    operation: str | Operation,
    contract: Contract | None,
    *,
    path: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    json: Any = UNSET,
    content: bytes | str | None = None,
    files: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    media: str | None = None,
    space: Any = None,
    origin: Origin = Origin.HAND,
) -> Request:
    """Build the request of a call by label, operationId, or the operation itself.

    Raises:
        ContractError: no contract, or no such operation in it.
        UsageError: a path parameter is missing or not the operation's, or more than one kind of body is given.
    """
    name = operation.label if isinstance(operation, Operation) else operation
    if not isinstance(name, str):
        raise UsageError(
            f"{name!r} is not an operation",
            hint="Name it: client.call('GET /api/spaces/space/{id}', path={…}).",
        )
    if contract is None:
        raise ContractError(
            f"{name} cannot be called by name: this client has no contract",
            hint="Give the client a contract, or call the path: client.get('/api/…').",
        )
    found = contract.operation(name)
    declared = _PARAMETER.findall(found.path)
    for given in path or {}:
        if given not in declared:
            raise UsageError(
                f"{found.label} has no path parameter {given!r}",
                hint=f"It has {', '.join(map(repr, declared))}." if declared else "It has none.",
            )
    has_body, body, media = _body(json, content, files, media)
    return build_request(
        found,
        path=path,
        query=query,
        headers={"user-agent": USER_AGENT, "accept": "*/*", **(headers or {})},
        body=body,
        has_body=has_body,
        media=media,
        space=space_id(space),
        origin=origin,
        resolve=contract.resolve,
    )


def by_path(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    json: Any = UNSET,
    content: bytes | str | None = None,
    files: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    media: str | None = None,
    contract: Contract | None = None,
    space: Any = None,
    origin: Origin = Origin.HAND,
) -> Request:
    """Build the request of a call by path, which may carry a query and a space prefix of its own."""
    if not path.startswith("/") or path.startswith("//"):
        raise UsageError(
            f"{path!r} is not a path below the base path",
            hint="Begin with one slash: client.get('/api/status').",
        )
    parts = urlsplit(path)
    encoded = quote(parts.path, safe=_PATH_SAFE)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *_pairs(query or {})]
    method = method.upper()
    has_body, body, media = _body(json, content, files, media)
    lines: list[tuple[str, str]] = [("user-agent", USER_AGENT), ("accept", "*/*")]
    own, encoded = split_space(encoded)
    lines += standard_headers(method, encoded).items()
    if encoded.startswith("/internal/"):
        lines.append(("x-elastic-internal-origin", USER_AGENT))
    written: bytes | None = None
    if has_body:
        written, content_type = encode_body(body, media or "application/json")
        lines.append(("content-type", content_type))
    given = {k.lower(): v for k, v in (headers or {}).items()}
    lines = [line for line in lines if line[0] not in given]
    match = contract.match(method, encoded) if contract is not None else None
    return Request(
        method=method,
        path=encoded,
        query=tuple(pairs),
        headers=merge_headers(lines, ((k, header_text(k, v)) for k, v in given.items() if v is not None)),
        body=written,
        space=own if own is not None else space_id(space),
        operation=match.operation.label if match else None,
        origin=origin,
        path_parameters=match.path_parameters if match else {},
    )


def from_httpx(
    request: httpx.Request, endpoint: Endpoint, contract: Contract | None, origin: Origin
) -> Request:
    """Turn a request that somebody's own httpx client made, and that was read, into one of ours.

    Raises:
        UsageError: it aims at another place than the endpoint.
    """
    target = request.url.raw_path.decode("ascii")
    here = (request.url.scheme, request.url.host, request.url.port or endpoint.port)
    if here != (endpoint.scheme, endpoint.host, endpoint.port) or not target.startswith(
        endpoint.base_path + "/"
    ):
        raise UsageError(
            f"{request.url} is not at {endpoint.url}",
            hint="Make the httpx client with base_url=client.endpoint.url.",
        )
    path, _, query = target[len(endpoint.base_path) :].partition("?")
    space, path = split_space(path)
    match = contract.match(request.method, path) if contract is not None else None
    body = request.content
    return Request(
        method=request.method,
        path=path,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=tuple(
            (k, v)
            for k, v in request.headers.items()
            if k not in ("host", "content-length", "transfer-encoding")
        ),
        body=body or None,
        space=space,
        operation=match.operation.label if match else None,
        origin=origin,
        path_parameters=match.path_parameters if match else {},
    )


def split_space(path: str) -> tuple[str | None, str]:
    """Return the space that a path begins with (``/s/{id}/…``), or None, and the rest of the path."""
    if not path.startswith("/s/"):
        return None, path
    name, slash, rest = path[3:].partition("/")
    return (name, f"/{rest}") if slash and name else (None, path)


def response(outcome: Outcome) -> httpx.Response:
    """Return the answer as httpx gives one, unredacted, for the caller alone.

    Raises:
        TargetUnreachable: there was no answer.
    """
    exchange = outcome.exchange
    if outcome.reply is None:
        raise TargetUnreachable(
            f"{exchange.request.method} {exchange.url}: {_why_no_answer(outcome)}",
            hint="Check that Kibana runs and can be reached from here, and how long it takes to answer.",
        )
    return _response(outcome.reply, exchange)


def to_httpx(outcome: Outcome, request: httpx.Request) -> httpx.Response:
    """Return the answer to somebody's own httpx client; raises ``httpx.ConnectError`` where there was none."""
    if outcome.reply is None:
        raise httpx.ConnectError(_why_no_answer(outcome), request=request)
    return _response(outcome.reply, outcome.exchange)


def _why_no_answer(outcome: Outcome) -> str:
    weather = outcome.exchange.weather
    return weather.sentence if weather else "there was no answer"


def _response(reply: Reply, exchange: Exchange) -> httpx.Response:
    answer = httpx.Response(
        reply.status,
        # The body is already decoded; what framed it on the wire is no longer true of it.
        headers=[(k, v) for k, v in reply.headers if k.lower().decode("latin-1") not in _FRAMING],
        content=reply.body,
        request=httpx.Request(exchange.request.method, exchange.url),
        extensions={"http_version": reply.http_version.encode("ascii"), "kibana_exchange": exchange},
    )
    answer.elapsed = timedelta(seconds=exchange.elapsed)
    return answer


def _body(json: Any, content: Any, files: Any, media: str | None) -> tuple[bool, Any, str | None]:
    given = [json is not UNSET, content is not None, files is not None]
    if sum(given) > 1:
        raise UsageError("more than one of json, content and files is given", hint="Give one kind of body.")
    if files is not None:
        return True, files, media or "multipart/form-data"
    if content is not None:
        body = content.encode("utf-8") if isinstance(content, str) else content
        return True, body, media or "application/json"
    return (True, json, media) if json is not UNSET else (False, None, media)


def _pairs(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, text_of(item))
        for name, value in query.items()
        if value is not None
        for item in (value if isinstance(value, list | tuple) else [value])
    ]
