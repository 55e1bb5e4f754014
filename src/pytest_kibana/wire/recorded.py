"""Making exchanges of what somebody else recorded, as if this run had spoken."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from pytest_kibana.contract import Contract
from pytest_kibana.wire import weather as sky
from pytest_kibana.wire.exchange import Exchange, Headers, Intent, Request, Weather
from pytest_kibana.wire.flow import read_answer
from pytest_kibana.wire.friendly import split_space
from pytest_kibana.wire.network import Reply
from pytest_kibana.wire.reading import BodyReader, Limits
from pytest_kibana.wire.redact import Redactor

_GZIP = b"\x1f\x8b"
_SENT_BY_THE_CONNECTION = frozenset({"host", "content-length", "connection", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Recording:
    """One request and its answer as a file holds them; ``status`` 0 says that there was none, ``bodiless`` that the
    answer had a body which the file does not hold.
    """

    method: str
    url: str
    request_headers: Headers = field(repr=False)
    request_body: bytes | None = field(repr=False)
    status: int
    response_headers: Headers = field(repr=False)
    response_body: bytes = field(repr=False)
    started: float = 0.0
    elapsed: float = 0.0
    http_version: str = "HTTP/1.1"
    bodiless: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a recording does not say by itself.

    ``base_path`` stands before Kibana's paths; ``contract`` names the operations; ``redactor`` takes out what
    the recorder left in.
    """

    base_path: str = ""
    contract: Contract | None = None
    redactor: Redactor = field(default_factory=Redactor)
    limits: Limits = field(default_factory=Limits)


def exchange_of(recording: Recording, number: int, context: Context) -> Exchange:
    """Return the exchange that a recording tells of, redacted and classified like one of this run."""
    parts = urlsplit(recording.url)
    space, path = split_space(parts.path.removeprefix(context.base_path) or "/")
    match = context.contract.match(recording.method, path) if context.contract is not None else None
    request = Request(
        method=recording.method.upper(),
        path=path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=tuple(
            (name, value)
            for name, value in recording.request_headers
            if not name.startswith(":") and name.lower() not in _SENT_BY_THE_CONNECTION
        ),
        body=recording.request_body,
        space=space,
        operation=match.operation.label if match else None,
        intent=Intent(kind="recorded"),
        path_parameters=match.path_parameters if match else {},
    )
    answer = weather = names = None
    if recording.status:
        answer, names = read_answer(_reply(recording, context.limits), context.limits)
        weather = sky.of_answer(
            answer.status, kbn_name=answer.header("kbn-name") is not None, body=answer.body, json=answer.json
        )
    else:
        weather = Weather("broken", "the recording holds no answer")
    if recording.bodiless:
        weather = weather or Weather("broken", "the recording does not hold the body of an answer")
    exchange = Exchange(
        f"recorded-{number}", request, recording.url, recording.started, recording.elapsed, answer, weather
    )
    return context.redactor.exchange(exchange, names)


def _reply(recording: Recording, limits: Limits) -> Reply:
    # Some recorders keep the bytes of the wire and some what they decoded, under the same headers.
    packed = recording.response_body.startswith(_GZIP)
    reader = BodyReader("gzip" if packed else None, limits.body)
    reader.feed(recording.response_body)
    raw = [
        (name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, value in _no_pseudo(recording)
    ]
    body = reader.body()
    return Reply(recording.status, raw, body, reader.truncated, reader.trouble, recording.http_version)


def _no_pseudo(recording: Recording) -> Iterable[tuple[str, str]]:
    return (pair for pair in recording.response_headers if not pair[0].startswith(":"))
