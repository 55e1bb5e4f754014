"""Which operation a path means: a trie of segments in which the literal beats the parameter."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation

SPACE = re.compile(r"^/s/([a-z0-9_\-]+)(?=/|$)")
"""The prefix that Kibana strips; a segment outside this pattern leaves the path an unknown one."""

_PARAMETER = re.compile(r"\{([^{}?*]+)\??\*?\}")
_REST = frozenset({"filePath"})  # EPM serves files by a path of several segments
_STRAY = re.compile(r"%(?![0-9a-fA-F]{2})")
_MIB = 1024 * 1024

UNVERSIONED = (
    "/api/status",
    "/api/stats",
    "/api/features",
    "/api/oas",
    "/api/saved_objects",
    "/api/encrypted_saved_objects",
    "/api/spaces/_",
    "/api/short_url",
    "/api/alerting",
    "/api/actions",
    "/api/cases",
    "/api/logstash",
    "/api/upgrade_assistant",
    "/api/task_manager",
    "/api/uptime",
    "/api/ml",
    "/api/licensing",
    "/api/security/logout",
    "/api/security/session",
    "/internal",
)
"""Prefixes of routes that stand on the plain router and so do not negotiate versions."""

LARGE = {
    "/api/saved_objects/_import": 25 * _MIB,
    "/api/saved_objects/_resolve_import_errors": 25 * _MIB,
    "/api/detection_engine/rules/_import": 10 * _MIB,
    "/api/exception_lists/_import": 9_000_000,
    "/api/lists/items/_import": 9_000_000,
    "/api/fleet/epm/packages": 100 * _MIB,
    "/api/apm/sourcemaps": 100 * _MIB,
    "/api/cases/{}/files": 100 * _MIB,
    "/api/timeline/_import": 10 * _MIB,
    "/api/synthetics/project/{}/monitors/_bulk_update": 50 * _MIB,
}
"""How many bytes a body may have where it is more than ``server.maxPayload``."""
MAX_PAYLOAD = _MIB

OPTIONAL_TAILS = frozenset(
    {
        "POST /api/alerting/rule/{}",
        "POST /api/actions/connector/{}",
        "GET /api/fleet/epm/packages/{}/{}",
        "PUT /api/fleet/epm/packages/{}/{}",
        "POST /api/fleet/epm/packages/{}/{}",
        "DELETE /api/fleet/epm/packages/{}/{}",
    }
)
"""Operations whose last segment may be left out, which OpenAPI cannot say (seen on 9.4.3)."""


def anonymous(label: str) -> str:
    """Return a label or path without the names of its parameters: contracts disagree about those."""
    return _PARAMETER.sub("{}", label)


@dataclass(slots=True)
class Route:
    """Something that can be asked for: an operation of the contract, or a route that the contract leaves out."""

    method: str
    template: str
    operation: Operation | None
    internal: bool = False
    versioned: bool = True
    open: bool = False  # credentials are looked at, and not demanded
    xsrf: bool = True
    limit: int = MAX_PAYLOAD
    media: frozenset[str] = frozenset({"application/json"})
    array: bool = False  # its body may be a list, where no contract says what it is
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """``METHOD /path/{}``: what family modules and tables call this route."""
        return f"{self.method} {anonymous(self.template)}"


NOWHERE = Route("", "", None)
"""The route of a call that has not been looked up, or that leads nowhere."""


class _Node:
    __slots__ = ("literals", "mixed", "parameter", "rest", "route")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.mixed: list[tuple[re.Pattern[str], _Node]] = []
        self.parameter: _Node | None = None
        self.rest: Route | None = None
        self.route: Route | None = None


class Router:
    """Finds routes. Each method has a trie of its own, since Kibana knows no 405."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._roots: dict[str, _Node] = {}
        self.routes: dict[str, Route] = {}
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Add a route; one that is there already keeps its place."""
        if route.label in self.routes:
            return
        self.routes[route.label] = route
        segments = route.template.removeprefix("/").split("/")
        self._insert(route, segments)
        if route.label in OPTIONAL_TAILS or (route.operation and route.operation.optional_tail):
            self._insert(route, segments[:-1])

    def _insert(self, route: Route, segments: list[str]) -> None:
        node = self._roots.setdefault(route.method, _Node())
        for segment in segments:
            whole = _PARAMETER.fullmatch(segment)
            if whole and whole[1] in _REST:
                node.rest = node.rest or route
                return
            node = self._step(node, segment, whole is not None)
        node.route = node.route or route

    @staticmethod
    def _step(node: _Node, segment: str, parameter: bool) -> _Node:
        if parameter:
            node.parameter = node.parameter or _Node()
            return node.parameter
        if "{" not in segment:
            return node.literals.setdefault(segment, _Node())
        pattern = re.compile("([^/]+)".join(re.escape(p) for p in re.split(r"\{[^{}]*\}", segment)))
        for known, child in node.mixed:
            if known.pattern == pattern.pattern:
                return child
        child = _Node()
        node.mixed.append((pattern, child))
        return child

    def find(self, method: str, raw_path: str) -> tuple[Route, tuple[str, ...]] | None:
        """Return the route of a path and the values of its parameters, in order; None where nothing is there.

        Segments are cut before they are decoded, so that ``%2F`` stays inside its parameter.
        """
        root = self._roots.get(method)
        if root is None or not raw_path.startswith("/"):
            return None
        segments = raw_path[1:].split("/")
        if "%" in raw_path:
            segments = [unquote(s) for s in segments]
        values: list[str] = []
        route = _walk(root, segments, 0, values)
        return None if route is None else (route, tuple(values))


def well_encoded(raw_path: str) -> bool:
    """Tell whether every percent sign of a path begins an encoded byte, and the bytes are texts."""
    if "%" not in raw_path:
        return True
    try:
        unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        return False
    return _STRAY.search(raw_path) is None


def _walk(node: _Node, segments: list[str], at: int, values: list[str]) -> Route | None:
    if at == len(segments):
        return node.route
    segment = segments[at]
    child = node.literals.get(segment)
    if child is not None and (found := _walk(child, segments, at + 1, values)):
        return found
    if not segment:
        return None
    for pattern, child in node.mixed:
        if matched := pattern.fullmatch(segment):
            values.extend(matched.groups())
            if found := _walk(child, segments, at + 1, values):
                return found
            del values[-len(matched.groups()) :]
    if node.parameter is not None:
        values.append(segment)
        if found := _walk(node.parameter, segments, at + 1, values):
            return found
        values.pop()
    if node.rest is not None:
        values.append("/".join(segments[at:]))
        return node.rest
    return None


def route_of(operation: Operation) -> Route:
    """Return the route that serves an operation of the contract."""
    template = operation.path
    media = {m.name for m in operation.body.content} if operation.body else set()
    if "application/gzip" in media:
        media.add("application/zip")  # contracts write both as one name, which is none
    return Route(
        method=operation.method,
        template=template,
        operation=operation,
        internal=operation.internal or template.startswith("/internal/"),
        versioned=not template.startswith(UNVERSIONED),
        open=template in ("/api/status", "/api/oas"),
        limit=LARGE.get(anonymous(template), MAX_PAYLOAD),
        media=frozenset(media or {"application/json"}),
    )


def router_of(contract: Contract, version: str | None = None) -> Router:
    """Return a router that knows every operation of the contract, or those that a version already had."""
    limit = numbers(version) if version else None
    return Router(
        route_of(operation)
        for operation in contract.operations.values()
        if limit is None or not operation.availability.since or numbers(operation.availability.since) <= limit
    )


def numbers(version: str) -> tuple[int, ...]:
    """Return a version such as ``9.1.0-SNAPSHOT`` as numbers that compare."""
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())
