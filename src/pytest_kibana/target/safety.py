"""What may be sent: safety classes, and the gate that every client carries.

Each operation has a class: ``read`` changes nothing, ``space`` is contained by a throwaway space, ``global``
changes the deployment and can be undone, ``disruptive`` hurts people, agents, keys or money. A person allows
classes up to one; what is above is refused before it is sent. The path decides, and not what a request says
of itself, so nothing can go round it.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol
from urllib.parse import unquote

from pytest_kibana.errors import OwnershipRefusal, SafetyRefusal, UsageError
from pytest_kibana.target.ids import ids_in_body, names_object, path_names_object
from pytest_kibana.target.operations import OperationsTable
from pytest_kibana.wire.exchange import Origin, Request

FLAG = "--kibana-allow"
_SHOWN = 100  # characters


class SafetyClass(IntEnum):
    """How much an operation can hurt; greater is worse."""

    READ = 0
    SPACE = 1
    GLOBAL = 2
    DISRUPTIVE = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, name: "str | SafetyClass") -> "SafetyClass":
        """Return the class of a name; raises :class:`UsageError` for another word."""
        try:
            return name if isinstance(name, SafetyClass) else cls[name.upper()]
        except KeyError:
            raise UsageError(
                f"{name!r} is not a safety class", hint="Use one of read, space, global and disruptive."
            ) from None


# Operations that name the spaces which they change in their path or body, where each must be owned.
_NAMES_ITS_SPACES = "/api/spaces/"


class Ownership(Protocol):
    """Knows what this run owns."""

    def owns(self, value: str) -> bool:
        """Tell whether an id is of an object or a space of this run, or is one that only this run could have
        made up.
        """
        ...


@dataclass(frozen=True, slots=True)
class OwnsNothing:
    """The ownership of a run that has made nothing yet."""

    def owns(self, value: str) -> bool:
        """Return False."""
        return False


class Owned:
    """A set of ids, and a mark that every name of this run carries. Safe to share between threads.

    Args:
        mark: text that is in every id that this run makes up, those of objects that shall not exist included.
            Empty for none.
    """

    def __init__(self, mark: str = "") -> None:
        self._mark = mark
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    def add(self, *values: str) -> None:
        """Take ids into possession: the server gave them to what this run made."""
        with self._lock:
            self._ids.update(values)

    def owns(self, value: str) -> bool:
        """Tell whether the id was added, or carries the mark."""
        return value in self._ids or bool(self._mark and self._mark in value)


@dataclass(slots=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None
    leaves: "dict[str, tuple[str, tuple[str, ...]]]" = field(default_factory=dict)


class _Paths:
    """Finds the label of an operation from method and path. A literal segment beats a parameter."""

    def __init__(self, labels: Mapping[str, Any]) -> None:
        self._root = _Node()
        for label in labels:
            method, _, path = label.partition(" ")
            self._add(method, path, label)

    def _add(self, method: str, path: str, label: str) -> None:
        node, names = self._root, list[str]()
        for segment in path.strip("/").split("/"):
            if segment.startswith("{"):
                if segment.endswith("?}"):
                    node.leaves.setdefault(method, (label, tuple(names)))
                names.append(segment.strip("{}?*"))
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment.lower(), _Node())
        node.leaves[method] = (label, tuple(names))

    def find(self, method: str, segments: list[str]) -> tuple[str, dict[str, str]] | None:
        found = self._walk(self._root, method, segments, 0, ())
        return (found[0], dict(zip(found[1], found[2], strict=False))) if found else None

    def _walk(
        self, node: _Node, method: str, segments: list[str], at: int, values: tuple[str, ...]
    ) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
        if at == len(segments):
            leaf = node.leaves.get(method)
            return (*leaf, values) if leaf else None
        child = node.literals.get(segments[at].lower())
        found = self._walk(child, method, segments, at + 1, values) if child else None
        if found is None and node.parameter is not None:
            found = self._walk(node.parameter, method, segments, at + 1, (*values, segments[at]))
        return found


@dataclass(frozen=True, slots=True)
class Classified:
    """What the policy makes of a request.

    ``operation`` is None where no known operation has its path. ``other_reading`` holds the path parameters that a
    proxy may see which decodes and resolves the path before Kibana does, where they are others.
    """

    safety: SafetyClass
    operation: str | None
    path_parameters: Mapping[str, str]
    other_reading: Mapping[str, str] = field(default_factory=dict)


class SafetyPolicy:
    """The gate. Callable with a request; give it to every client.

    Args:
        allow: the highest class that may be sent.
        facts: what is known of operations; it also says what an unknown one counts as.
        owned: what this run owns; see :class:`Ownership`.
    """

    def __init__(
        self,
        allow: str | SafetyClass,
        facts: OperationsTable,
        owned: Ownership | Callable[[str], bool] | None = None,
    ) -> None:
        self.allow = SafetyClass.of(allow)
        self._facts = facts
        self._classes = {label: SafetyClass.of(fact.safety) for label, fact in facts.items()}
        self._paths = _Paths(self._classes)
        owned = owned or OwnsNothing()
        self._owns: Callable[[str], bool] = owned.owns if hasattr(owned, "owns") else owned

    def __call__(self, request: Request) -> None:
        """Let the request pass, or refuse it.

        Raises:
            SafetyRefusal: its class is above what is allowed.
            OwnershipRefusal: it was generated, changes something, and names what this run does not own.
        """
        found = self.classify(request)
        if found.safety > self.allow and not self._takes_down(request, found):
            raise SafetyRefusal(
                f"{request.method} {_short(request.route)} was not sent: {found.operation or 'an unknown operation'} "
                f"is of class {found.safety}, and {self.allow} is the highest allowed",
                hint=f"If this deployment may be changed in this way, allow it with {FLAG}={found.safety}.",
            )
        if request.origin is Origin.GENERATED and found.safety > SafetyClass.READ:
            foreign = next(self._foreign(request, found), None)
            if foreign is not None:
                raise OwnershipRefusal(
                    f"{request.method} {_short(request.route)} was not sent: {foreign[0]} names "
                    f"{_short(foreign[1])!r}, which this run does not own",
                    hint="A generated change may only touch what the run made. Give it ids of resources of the run.",
                )

    def _takes_down(self, request: Request, found: Classified) -> bool:
        """Tell whether a factory takes away what it may make: what made it was allowed, and so is its end.

        Only what a space alone has can be taken away so, and only in a space of this run.
        """
        space = _space_of(request)
        if request.origin is not Origin.FACTORY or self.allow < SafetyClass.SPACE or space is None:
            return False
        return found.operation is not None and self._facts.of(found.operation).teardown and self._owns(space)

    def classify(self, request: Request) -> Classified:
        """Find the operation by method and path, and its class."""
        method = request.method.upper()
        readings = [self._read(method, segments) for segments in _readings(request.path)]
        first = readings[0]
        # The stricter holds of all readings, and of what the request says that it is.
        safety = max(reading.safety for reading in readings)
        if request.operation is not None and request.operation != first.operation:
            safety = max(safety, self._classes.get(request.operation, safety))
        return Classified(safety, first.operation, first.path_parameters, readings[-1].path_parameters)

    def _read(self, method: str, segments: list[str]) -> Classified:
        found = self._paths.find("GET" if method == "HEAD" else method, segments)
        if found is None:
            unknown = self._facts.defaults.of(f"{method} /{'/'.join(segments)}")
            return Classified(SafetyClass.of(unknown.safety), None, {})
        label, values = found
        return Classified(self._classes[label], label, values)

    def class_of(self, label: str) -> SafetyClass:
        """Return the class of an operation of the contract by its label."""
        return SafetyClass.of(self._facts.of(label).safety)

    def allows(self, label: str) -> bool:
        """Tell whether an operation may be sent at all."""
        return self.class_of(label) <= self.allow

    def foreign_ids(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Return place and value of everything in a request that this run does not own."""
        return tuple(self._foreign(request, self.classify(request)))

    def _foreign(self, request: Request, found: Classified) -> Iterator[tuple[str, str]]:
        """Yield place and value of whatever a request names that this run does not own."""
        return ((place, value) for place, value in _named(request, found) if not self._owns(value))


def _named(request: Request, found: Classified) -> Iterator[tuple[str, str]]:
    """Yield place and value of every object and space that a request names, the space it speaks to included."""
    space = _space_of(request)
    if space is not None:
        yield "the space", space
    elif found.safety is SafetyClass.SPACE and _NAMES_ITS_SPACES not in (found.operation or ""):
        yield "the space", "default"
    for parameters in ({**request.path_parameters, **found.path_parameters}, found.other_reading):
        for name, value in parameters.items():
            if path_names_object(name):
                yield f"the path parameter {name}", value
    for name, value in request.query:
        if names_object(name):
            yield from ((f"the query parameter {name}", single) for single in _listed(value) if single)
    if request.body:
        yield from ((f"the body at {at}", value) for at, value in ids_in_body(request.body))


def _readings(path: str) -> list[list[str]]:
    """Return the segments of a path below the space prefix, in every way in which somebody may read it.

    Kibana splits first and decodes then. A proxy before it may decode first, and resolve dots and empty
    segments, and so turn a harmless path into another; that reading comes second where it differs.
    """
    path = path.split("?", 1)[0]
    readings = [_below_space([unquote(s) for s in path.strip("/").split("/")])]
    if any(sign in path for sign in ("%", "//", "/.", "\\")):
        resolved: list[str] = []
        for segment in unquote(path).replace("\\", "/").split("/"):
            if segment == "..":
                resolved = resolved[:-1]
            elif segment not in (".", ""):
                resolved.append(segment)
        if (other := _below_space(resolved)) != readings[0]:
            readings.append(other)
    return readings


def _below_space(segments: list[str]) -> list[str]:
    return segments[2:] if len(segments) > 2 and segments[0] == "s" else segments


def _short(text: str) -> str:
    """Return a text fit for a message; generated values can be thousands of characters long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _space_of(request: Request) -> str | None:
    if request.space and request.space != "default":
        return request.space
    parts = request.path.split("/")
    return unquote(parts[2]) if len(parts) > 3 and parts[1] == "s" else None


def _listed(value: str) -> Iterator[str]:
    """Yield the ids of one query value: one, a JSON list of them, or several between commas."""
    text = value.strip()
    if text.startswith("["):
        yield from (found for _, found in ids_in_body(b'{"ids":' + text.encode("utf-8", "replace") + b"}"))
    else:
        yield from (piece.strip() for piece in text.split(","))
