"""What to send: one case is one request to be, with what it is meant to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pytest_kibana.wire.exchange import Rule


class Kind(StrEnum):
    """Where a case came from, in the order in which cases are sent."""

    EXAMPLE = "example"
    SMALLEST = "smallest"
    BOUNDARY = "boundary"
    RANDOM = "random"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart body."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Case:
    """One request to be.

    ``path``, ``query`` and ``headers`` map parameter names to JSON values (not yet serialised); ``body`` is the JSON
    value, ``bytes``, text, or for multipart a mapping of field to value or :class:`Upload`. ``has_body`` tells an
    absent body from ``null``. ``media`` is the media type of the body. ``rule`` is set exactly when ``kind`` is
    INVALID. ``id`` is stable for a contract and a seed: it reproduces the case alone. ``invented`` is set
    where the name of no object at all stands in the place of an id: nobody promised that such a request succeeds.

    A string in path, query or body may hold placeholders ``${resource.id}``: the run puts the id of an object that
    it owns there, just before it sends (see :mod:`pytest_kibana.resources`).
    """

    id: str
    operation: str
    kind: Kind
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    media: str | None = None
    rule: Rule | None = None
    description: str = ""
    invented: bool = False

    @property
    def valid(self) -> bool:
        """True where the contract allows this request."""
        return self.rule is None

    @property
    def options(self) -> dict[str, Any]:
        """What a client's call needs beside the operation: ``client.call(case.operation, **case.options)``."""
        options: dict[str, Any] = {"path": self.path, "query": self.query, "headers": self.headers}
        if self.has_body:
            options |= {"json": self.body} | ({"media": self.media} if self.media else {})
        return options

    @property
    def certain(self) -> bool:
        """False where an invalid request breaks a promise that not every route makes.

        Routes without versions ignore the version, and some routes drop unknown query keys (Kibana source,
        http_server.ts and kbn-zod-helpers).
        """
        return self.rule is None or self.rule.keyword not in ("version", "unknown key")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one operation needs, beside keeping its schema, before Kibana can accept it.

    ``path`` and ``query`` give values to parameters by the names that the contract uses; ``body`` is a whole body, used
    where ``has_body`` is True. All may hold placeholders.
    """

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    media: str | None = None

    @classmethod
    def of(cls, recipe: "RecipeLike") -> "Recipe":
        """Return any recipe as one of ours. A file may hold text; it is sent in UTF-8."""
        body = recipe.body
        if isinstance(body, Mapping):
            body = {name: _upload(value) for name, value in body.items()}
        return cls(recipe.path, recipe.query, recipe.headers, body, recipe.has_body, recipe.media)


def _upload(value: Any) -> Any:
    if not all(hasattr(value, name) for name in ("filename", "content", "content_type")):
        return value
    content = value.content.encode() if isinstance(value.content, str) else value.content
    return Upload(value.filename, content, value.content_type)


class RecipeLike(Protocol):
    """What :meth:`Recipe.of` reads; the resources room has recipes of its own, with more in them."""

    @property
    def path(self) -> Mapping[str, Any]:
        """Values of path parameters."""

    @property
    def query(self) -> Mapping[str, Any]:
        """Values of query parameters."""

    @property
    def headers(self) -> Mapping[str, Any]:
        """Values of headers."""

    @property
    def body(self) -> Any:
        """The body, or what a multipart body maps to."""

    @property
    def has_body(self) -> bool:
        """Whether there is a body; None is JSON's ``null`` then."""

    @property
    def media(self) -> str | None:
        """Media type of the body."""


@dataclass(frozen=True, slots=True)
class CaseBudget:
    """How many cases of each kind one operation gets at most. The smallest valid request is always made.

    ``engine`` adds what Schemathesis finds, which takes about a hundred times longer than our own cases.
    """

    name: str = "standard"
    examples: int = 3
    boundary: int = 18
    random: int = 6
    invalid: int = 18
    engine: bool = False

    @property
    def per_operation(self) -> int:
        """Return the most cases that an operation can have."""
        return 1 + self.examples + self.boundary + self.random + self.invalid

    @classmethod
    def named(cls, name: str) -> "CaseBudget":
        """Return the budget of that name: ``smoke``, ``standard`` or ``thorough``.

        Raises:
            KeyError: there is no such budget.
        """
        return BUDGETS[name]

    @classmethod
    def of_size(cls, cases: int) -> "CaseBudget":
        """Return a budget of about so many cases for each operation, in the proportions of ``standard``."""
        rest = max(cases - 1, 0)
        examples, random = min(rest, max(1, rest // 12)), rest // 9
        boundary = (rest - examples - random) // 2
        return cls(f"{cases} per operation", examples, boundary, random, rest - examples - random - boundary)


BUDGETS: Mapping[str, CaseBudget] = {
    "smoke": CaseBudget("smoke", examples=1, boundary=3, random=0, invalid=4),
    "standard": CaseBudget(),
    "thorough": CaseBudget("thorough", examples=50, boundary=80, random=30, invalid=80, engine=True),
}


@dataclass(frozen=True, slots=True)
class Made:
    """The cases of one operation, in the order in which to send them, and why there are not more."""

    cases: tuple[Case, ...]
    trouble: tuple[str, ...] = ()
