"""What to send: one case is one request to be, with what it is meant to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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
    INVALID. ``id`` is stable for a contract and a seed: it reproduces the case alone.

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

    @property
    def valid(self) -> bool:
        """True where the contract allows this request."""
        return self.rule is None
