"""What was said: requests and answers as values.

An :class:`Exchange` is frozen and redacted when it is made, so nothing that keeps, prints or ships one can leak
a credential. Redaction keeps types and lengths (a secret string becomes another string), so that an answer can
still be judged against its schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Headers = tuple[tuple[str, str], ...]


class Origin(StrEnum):
    """Who made a request. The safety policy is stricter with what a generator made up."""

    PROBE = "probe"
    HAND = "hand"
    FACTORY = "factory"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class Rule:
    """The one rule of the contract (or of the platform) that a request breaks on purpose.

    ``location`` is where the broken part travels, ``at`` the JSON pointer of the value inside it, ``keyword`` the
    schema keyword or a word such as ``malformed``, ``sentence`` what the report prints.
    """

    location: Literal["path", "query", "header", "body", "method", "media type", "version", "credentials"]
    at: str
    keyword: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request was meant to show. ``expect`` is None where the sender makes no claim."""

    expect: Literal["accepted", "refused"] | None = None
    kind: str = "hand"
    case: str | None = None
    rule: Rule | None = None
    identity: str = "main"


@dataclass(frozen=True, slots=True)
class Request:
    """A request before it is sent.

    ``path`` is absolute below the base path, percent-encoded, and without the space prefix, which ``space`` holds.
    ``headers`` are exactly those to send besides authentication, host and length: what a case leaves out
    stays out. ``operation`` is a label, or None for a path outside the contract. Headers and body are left out of
    its ``repr``: a request before it is sent is not yet redacted, and tracebacks print arguments.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    space: str | None = None
    operation: str | None = None
    origin: Origin = Origin.HAND
    intent: Intent = Intent()
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def route(self) -> str:
        """Path with the space prefix, as Kibana sees it below the base path."""
        return f"/s/{self.space}{self.path}" if self.space and self.space != "default" else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, redacted. ``json`` is the parsed body where it is JSON, else None; see ``is_json``.

    ``truncated`` is True where the body was longer than the limit in force and was cut; ``body`` is what was
    kept, already decoded from gzip. ``json_trouble`` says why a body that claims to be JSON could not be read, or
    which thing in it other parsers reject (duplicate key, NaN).
    """

    status: int
    headers: Headers
    body: bytes = b""
    json: Any = None
    is_json: bool = False
    json_trouble: str | None = None
    truncated: bool = False
    http_version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """Return the first header of that name, compared without case, or None."""
        wanted = name.lower()
        return next((v for k, v in self.headers if k.lower() == wanted), None)

    @property
    def media_type(self) -> str | None:
        """Type/subtype of the content type, in lower case, or None where there is no content type."""
        value = self.header("content-type")
        return value.split(";", 1)[0].strip().lower() if value else None


@dataclass(frozen=True, slots=True)
class Weather:
    """Why there was no answer, or why the answer was not one: an outage, never a finding.

    ``kind`` is a stable word: ``unreachable``, ``broken``, ``timeout``, ``not ready``, ``overloaded``, ``gateway``.
    """

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. Either ``answer`` or ``weather`` is set (both for a 503 from a proxy).

    ``started`` is seconds since the epoch, ``elapsed`` seconds until the body was read. ``leaked`` lists JSON
    pointers of the answer at which a known secret of ours stood.
    """

    id: str
    request: Request
    url: str
    started: float
    elapsed: float
    answer: Answer | None = None
    weather: Weather | None = None
    attempt: int = 1
    leaked: tuple[str, ...] = ()
