"""From a concrete method and path to the operation that the contract promises there.

A tree of path segments. Literal segments beat parameters, as in Kibana's router; where the literal branch leads
nowhere the parameter branch is tried.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from pytest_kibana.contract import known

_SPACE = re.compile(r"^/s/([^/]+)(/.*|$)", re.DOTALL)
_PARAMETER = re.compile(r"\{([^}]*)\}")


def shape(path: str) -> str:
    """Return the path with its parameters made nameless: what Kibana's router sees."""
    return _PARAMETER.sub("{}", path)


@dataclass(frozen=True, slots=True)
class Route:
    """What the tree needs to know of an operation."""

    label: str
    method: str
    path: str
    optional_tail: bool = False


@dataclass(slots=True)
class _Node:
    literal: "dict[str, _Node]" = field(default_factory=dict)
    mixed: "list[tuple[re.Pattern[str], _Node]]" = field(default_factory=list)
    parameter: "_Node | None" = None
    ends: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    greedy: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """Finds the operation of a concrete path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        given = list(routes)
        for route in given:
            self._add(route, route.path)
        for route in given:
            if route.optional_tail:
                self._add(route, route.path.rsplit("/", 1)[0])

    def _add(self, route: Route, path: str) -> None:
        node = self._root
        for segment in path.split("/")[1:]:
            node = _step(node, segment)
        names = tuple(_PARAMETER.findall(path))
        node.ends.setdefault(route.method, (route.label, names))
        if (route.method, shape(path)) in known.GREEDY_TAILS:
            node.greedy.setdefault(route.method, (route.label, names))

    def find(self, method: str, path: str) -> tuple[str, dict[str, str], str | None] | None:
        """Return label, decoded path parameters and space of a request, or None.

        Args:
            method: in any case.
            path: below the base path, percent-encoded, perhaps with ``/s/{space}``; a query is ignored.
        """
        method, path = method.upper(), path.split("?", 1)[0]
        space = _SPACE.match(path)
        if space:
            found = self._find(method, space[2])
            if found:
                return *found, unquote(space[1])
        found = self._find(method, path)
        return (*found, None) if found else None

    def methods(self, path: str) -> frozenset[str]:
        """Return the methods that the contract knows for a concrete path."""
        methods = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
        return frozenset(method for method in methods if self.find(method, path))

    def _find(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        if not path.startswith("/"):
            return None
        segments = path.split("/")[1:]
        if len(segments) > 1 and not segments[-1]:
            segments.pop()
        hit = _walk(self._root, segments, 0, method, ())
        if hit is None:
            return None
        (label, names), values = hit
        return label, dict(zip(names, values, strict=False))


def _step(node: _Node, segment: str) -> _Node:
    if segment.startswith("{") and segment.endswith("}") and segment.count("{") == 1:
        node.parameter = node.parameter or _Node()
        return node.parameter
    if "{" in segment:
        pattern = re.compile(
            "(.+?)".join(re.escape(part) for part in _PARAMETER.sub("\0", segment).split("\0"))
        )
        for known_pattern, inner in node.mixed:
            if known_pattern.pattern == pattern.pattern:
                return inner
        inner = _Node()
        node.mixed.append((pattern, inner))
        return inner
    return node.literal.setdefault(segment, _Node())


Hit = tuple[tuple[str, tuple[str, ...]], tuple[str, ...]]


def _walk(node: _Node, segments: list[str], at: int, method: str, values: tuple[str, ...]) -> Hit | None:
    if at == len(segments):
        end = node.ends.get(method)
        return (end, values) if end else None
    segment = unquote(segments[at])
    inner = node.literal.get(segment)
    hit = _walk(inner, segments, at + 1, method, values) if inner else None
    if hit is None:
        for pattern, mixed in node.mixed:
            match = pattern.fullmatch(segment)
            hit = hit or (
                _walk(mixed, segments, at + 1, method, (*values, *match.groups())) if match else None
            )
    if hit is None and node.parameter and segments[at]:
        hit = _walk(node.parameter, segments, at + 1, method, (*values, segment))
        greedy = node.parameter.greedy.get(method)
        if hit is None and greedy:
            return greedy, (*values, unquote("/".join(segments[at:])))
    return hit
