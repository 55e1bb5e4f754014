"""What was promised: the values that a compiled contract is made of.

Everything here is frozen and holds plain data; reading, translating and validating live in the other modules
of this room. A *label* (``POST /api/spaces/space``) names an operation everywhere in the project: the method
in upper case, and the path as Kibana serves it, without base path and without the ``/s/{spaceId}`` prefix that
some contracts write into it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

JsonSchema = dict[str, Any] | bool
Json = Any
Location = Literal["path", "query", "header", "cookie"]

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Maturity(StrEnum):
    """How far an operation is promised to stay. Unknown text counts as stable, so a break is never under-rated."""

    STABLE = "generally available"
    PREVIEW = "technical preview"
    BETA = "beta"
    EXPERIMENTAL = "experimental"


@dataclass(frozen=True, slots=True)
class Availability:
    """Parsed ``x-state``. ``since`` is a version such as ``9.1.0``, or None where the contract does not say."""

    maturity: Maturity = Maturity.STABLE
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Privileges:
    """The API privileges of a "Required authorization" line; ``mode`` says whether all or any one is needed."""

    names: tuple[str, ...]
    mode: Literal["all", "any"] = "all"


@dataclass(frozen=True, slots=True)
class Schema:
    """A JSON Schema (draft 7) made from an OpenAPI schema, and where that stands in the published document.

    ``json`` refers to components as ``{"$ref": "#/components/schemas/<name>"}``; :attr:`Contract.components`
    resolves them. ``pointer`` is an RFC 6901 pointer that begins with ``#/``. ``component`` is the component's
    name where the schema is one (or nothing but a reference to one).
    """

    pointer: str
    json: JsonSchema = field(repr=False)
    component: str | None = None

    @property
    def vacuous(self) -> bool:
        """True where every value is valid, so that validating against it proves nothing."""
        return self.json is True or self.json == {}


@dataclass(frozen=True, slots=True)
class Example:
    """A published example. ``value`` is decoded when the contract gave JSON as text."""

    name: str
    value: Json
    pointer: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path, query, header or cookie parameter. ``style`` and ``explode`` are OpenAPI's, defaults filled in.

    ``json_encoded`` is True where the value travels as JSON text (``content: application/json``, or an object in
    the query, which Kibana reads as JSON text).
    """

    name: str
    location: Location
    required: bool
    schema: Schema
    style: str = "form"
    explode: bool = True
    json_encoded: bool = False
    deprecated: bool = False
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaType:
    """One representation of a body. ``name`` is type/subtype in lower case, mended where it was misspelt.

    ``schema`` is None where the contract gives none. ``encoding`` maps a multipart field to its content type.
    """

    name: str
    schema: Schema | None = None
    examples: tuple[Example, ...] = ()
    encoding: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request may carry. ``required`` as Kibana means it (an object with required members is needed)."""

    required: bool
    content: tuple[MediaType, ...]

    def media(self, name: str) -> MediaType | None:
        """Return the representation called ``name`` (type/subtype), or None."""
        return next((m for m in self.content if m.name == name), None)


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """A response header that the contract documents."""

    name: str
    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Response:
    """A documented answer. ``status`` is ``200``, a range such as ``4XX``, or ``default``."""

    status: str
    content: tuple[MediaType, ...] = ()
    headers: tuple[ResponseHeader, ...] = ()

    def covers(self, status: int) -> bool:
        """Tell whether this answer documents the HTTP status (``default`` covers all)."""
        return self.status in (str(status), f"{status // 100}XX", "default")

    def media(self, name: str) -> MediaType | None:
        """Return the representation called ``name`` (type/subtype), or None."""
        return next((m for m in self.content if m.name == name), None)


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with the contract itself, found while it was compiled.

    ``kind`` is a stable word such as ``no-responses`` or ``example-invalid``; ``pointer`` is where it stands;
    ``sentence`` is ours. ``operation`` is the label of the operation it belongs to, or None.
    """

    kind: str
    pointer: str
    sentence: str
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    label: str
    method: str
    path: str
    operation_id: str
    family: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: tuple[Response, ...] = ()
    availability: Availability = Availability()
    deprecated: bool = False
    privileges: Privileges | None = None
    internal: bool = False
    space_aware: bool = True
    optional_tail: bool = False  # the last path segment may be left out: "/x/{id?}"
    published_path: str = ""
    pointer: str = ""

    @property
    def unsafe(self) -> bool:
        """True where Kibana demands ``kbn-xsrf`` (Kibana source, lifecycle_handlers.ts)."""
        return self.method in UNSAFE_METHODS

    def parameters_in(self, location: Location) -> tuple[Parameter, ...]:
        """Return the parameters of one location, in the contract's order."""
        return tuple(p for p in self.parameters if p.location == location)

    def response(self, status: int) -> Response | None:
        """Return the answer documented for the status: the exact one before the range before ``default``."""
        ranked = sorted(
            (r for r in self.responses if r.covers(status)),
            key=lambda r: (r.status == "default", r.status.endswith("XX")),
        )
        return ranked[0] if ranked else None

    @property
    def success(self) -> Response | None:
        """Return the lowest documented 2xx answer, or None."""
        return min((r for r in self.responses if r.status[:1] == "2"), key=lambda r: r.status, default=None)


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks a schema.

    ``at`` is the JSON pointer of the offending value (``""`` is the whole), ``keyword`` the rule, ``component``
    the nearest named schema, ``schema_at`` the rule's place inside that component (or inside the document), and
    ``sentence`` says it for people without repeating the value.
    """

    at: str
    keyword: str
    sentence: str
    component: str | None = None
    schema_at: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What a concrete method and path mean to the contract."""

    operation: Operation
    path_parameters: Mapping[str, str]
    space: str | None = None
