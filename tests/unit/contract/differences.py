"""The core contract, set against the published one: the same operations, parameters and bodies, but for corrections.

A *difference* is a place where a caller who trusts one of the two would be wrong by the other:

* an operation, parameter, property or status that only one of them has, or that only one of them requires;
* a request that only one of them accepts, told by types, enums, bounds, patterns and closedness;
* a successful answer that the core contract allows and the published one forbids;
* an example of the core contract that the published one refuses.

Where the published contract says nothing (no schema, a bare object), the core contract completes it; that is no
difference. Each difference needs a reason: an ``x-correction`` in the YAML, at that place or around it; the nearest
counts. A correction that no difference needs is stale, and fails too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import MediaType, Operation
from pytest_kibana.contract.translate import FORMATS

Node = dict[str, Any] | bool
# Bounds, the types they bind, and which of two is the weaker.
BOUNDS: dict[str, tuple[frozenset[str], Callable[..., Any]]] = {
    f"{side}{suffix}": (frozenset(types), weaker)
    for suffix, types in {
        "Length": {"string"},
        "imum": {"number", "integer"},
        "Items": {"array"},
        "Properties": {"object"},
    }.items()
    for side, weaker in (("min", min), ("max", max))
}
COMBINED = ("anyOf", "oneOf", "allOf", "$ref", "nullable")
JUST_DATA = ("example", "examples", "default", "enum")
DEPTH = 9


@dataclass(frozen=True)
class Site:
    """A schema, and the corrections that stand around it in the document, outermost first."""

    node: Node
    pointer: str = ""
    trail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One difference: the operation, the place inside it, what differs, and which corrections could explain it."""

    label: str
    place: str
    what: str
    trails: frozenset[tuple[str, ...]]

    @property
    def reasons(self) -> set[str]:
        """The nearest correction of each way that leads to the place."""
        return {trail[-1] for trail in self.trails if trail}

    def __str__(self) -> str:
        return f"{self.label} {self.place}: {self.what}"


class Reader:
    """Reads schemas of one contract as lists of alternatives, each without references and combinations."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas

    def alternatives(self, site: Site, depth: int = 0) -> list[Site]:
        """Return what the schema allows, one entry for each arm."""
        if isinstance(site.node, bool) or depth > DEPTH:
            return [Site({}, site.pointer, site.trail)]
        node, trail = site.node, site.trail
        if "x-correction" in node:
            trail = (*trail, site.pointer)
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[-1]
            return self.alternatives(
                Site(self.schemas[name], f"#/components/schemas/{name}", trail), depth + 1
            )
        base = {k: v for k, v in node.items() if k not in COMBINED}
        for keyword in ("properties", "additionalProperties", "items"):
            if keyword in base:
                base[keyword] = self._sites(base[keyword], keyword, Site({}, site.pointer, trail))
        if node.get("nullable") and "type" in base:
            base["type"] = [base["type"], "null"]
        found = [Site(base, site.pointer, trail)]
        for keyword in ("anyOf", "oneOf"):
            arms = [
                arm
                for number, inner in enumerate(node.get(keyword) or ())
                for arm in self.alternatives(
                    Site(inner, f"{site.pointer}/{keyword}/{number}", trail), depth + 1
                )
            ]
            found = [both(one, arm) for one in found for arm in arms] if arms else found
        for number, inner in enumerate(node.get("allOf") or ()):
            arms = self.alternatives(Site(inner, f"{site.pointer}/allOf/{number}", trail), depth + 1)
            found = [both(one, arm) for one in found for arm in arms]
        return found

    @staticmethod
    def _sites(value: Any, keyword: str, at: Site) -> Any:
        if keyword == "properties":
            return {k: [Site(v, f"{at.pointer}/properties/{k}", at.trail)] for k, v in value.items()}
        return value if isinstance(value, bool) else [Site(value, f"{at.pointer}/{keyword}", at.trail)]

    def shape(self, sites: list[Site]) -> "Shape":
        """Return what the schemas allow together."""
        return Shape([found for site in sites for found in self.alternatives(site)])


def both(one: Site, two: Site) -> Site:
    """Join a schema and one of its arms: what both say holds."""
    assert isinstance(one.node, dict)
    assert isinstance(two.node, dict)
    joined = {**one.node, **two.node}
    joined["properties"] = {**one.node.get("properties", {}), **two.node.get("properties", {})}
    for name in one.node.get("properties", {}).keys() & two.node.get("properties", {}).keys():
        joined["properties"][name] = one.node["properties"][name]  # an arm only narrows what stands around it
    joined["required"] = sorted({*one.node.get("required", ()), *two.node.get("required", ())})
    if one.node.get("additionalProperties") is False:
        joined["additionalProperties"] = False
    trail = two.trail if len(two.trail) >= len(one.trail) else one.trail
    return Site({k: v for k, v in joined.items() if v not in ({}, [])}, one.pointer, trail)


@dataclass
class Shape:
    """What several alternatives allow together, keyword by keyword."""

    arms: list[Site]
    trails: frozenset[tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.trails = frozenset(arm.trail for arm in self.arms)

    def _with(self, kinds: frozenset[str]) -> list[dict[str, Any]]:
        nodes = [arm.node for arm in self.arms if isinstance(arm.node, dict)]
        return [node for node in nodes if kinds & types_of(node) or not types_of(node)]

    @cached_property
    def types(self) -> frozenset[str]:
        """Types that are allowed; empty for all."""
        found = [types_of(arm.node) for arm in self.arms if isinstance(arm.node, dict)]
        return frozenset() if not all(found) else frozenset().union(*found)

    @cached_property
    def values(self) -> frozenset[Any] | None:
        """The only values that are allowed, or None."""
        lists = [
            arm.node.get("enum")
            for arm in self.arms
            if isinstance(arm.node, dict) and types_of(arm.node) != {"null"}
        ]
        if not lists or not all(lists):
            return None
        return frozenset(value for values in lists for value in values or () if value is not None)

    def bound(self, keyword: str) -> Any:
        """The weakest bound of all arms, or None where one has none."""
        found = [node.get(keyword) for node in self._with(BOUNDS[keyword][0])]
        return BOUNDS[keyword][1](found) if found and None not in found else None

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of texts; none where an arm takes any text."""
        found = [node.get("pattern") for node in self._with(frozenset({"string"}))]
        return tuple(sorted({p for p in found if p is not None})) if None not in found else ()

    @cached_property
    def formats(self) -> frozenset[str]:
        """The formats that are asserted; none where an arm takes any text."""
        found = [node.get("format") for node in self._with(frozenset({"string"}))]
        return frozenset(found) & FORMATS if None not in found else frozenset()

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        """The arms that allow objects."""
        return self._with(frozenset({"object"}))

    @cached_property
    def closed(self) -> bool:
        """Whether no arm allows properties that it does not name."""
        return bool(self.objects) and all(n.get("additionalProperties") is False for n in self.objects)

    @cached_property
    def required(self) -> frozenset[str]:
        """Properties that every arm requires."""
        lists = [frozenset(n.get("required", ())) for n in self.objects]
        return frozenset.intersection(*lists) if lists else frozenset()

    @cached_property
    def properties(self) -> dict[str, list[Site]]:
        """Named properties of all arms."""
        found: dict[str, list[Site]] = {}
        for node in self.objects:
            for name, sites in node.get("properties", {}).items():
                found.setdefault(name, []).extend(sites)
        return found

    def inner(self, keyword: str) -> list[Site]:
        """Schemas of items or of further properties, of all arms."""
        found = [arm.node.get(keyword) for arm in self.arms if isinstance(arm.node, dict)]
        return [site for sites in found if isinstance(sites, list) for site in sites]

    @cached_property
    def silent(self) -> bool:
        """Whether it says no more than "anything" or "an object"."""
        if any(arm.node.get("enum") for arm in self.arms if isinstance(arm.node, dict)):
            return False
        if self.types <= {"object"}:
            says = ("properties", "required", "additionalProperties", "minProperties")
            return not any(n.get(k) not in (None, True) for n in self.objects for k in says)
        return self.types == {"array"} and not self.inner("items") and self.bound("minItems") is None


def some_text(node: Node) -> Node:
    """Return the schema without the rule that a text is not empty."""
    return {k: v for k, v in node.items() if (k, v) != ("minLength", 1)} if isinstance(node, dict) else node


def types_of(node: dict[str, Any]) -> frozenset[str]:
    """Return the types that a schema without combinations names."""
    given = node.get("type", [])
    return frozenset([given] if isinstance(given, str) else given)


class Comparison:
    """Sets one operation of the core contract against its published namesake."""

    def __init__(self, core: Contract, document: dict[str, Any], published: Contract) -> None:
        self.core, self.document, self.published = core, document, published
        self.ours = Reader(document["components"]["schemas"])
        self.theirs = Reader(dict(published.components))
        self.found: list[Difference] = []
        self.label = ""

    def all(self) -> list[Difference]:
        """Return every difference of every operation."""
        for label, operation in self.core.operations.items():
            self.label = label
            path, method = operation.published_path, operation.method.lower()
            item = self.document["paths"][path]
            pointer = f"#/paths/{path}/{method}"
            trail = self._trail((), item[method], pointer)
            other = self.published.find(label)
            if other is None or other.label.split()[0] != operation.method:
                self._note("", "is not published", trail)
                continue
            above = [(p, f"#/paths/{path}/parameters/{n}") for n, p in enumerate(item.get("parameters", []))]
            own = [(p, f"{pointer}/parameters/{n}") for n, p in enumerate(item[method].get("parameters", []))]
            self._parameters(operation, other, [*above, *own], trail)
            self._body(operation, other, item[method], pointer, trail)
            self._success(operation, other, item[method], pointer, trail)
        return self.found

    def _note(self, place: str, what: str, *trails: tuple[str, ...]) -> None:
        self.found.append(Difference(self.label, place, what, frozenset(trails)))

    @staticmethod
    def _trail(trail: tuple[str, ...], node: dict[str, Any], pointer: str) -> tuple[str, ...]:
        return (*trail, pointer) if "x-correction" in node else trail

    def _follow(self, node: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
        if "$ref" not in node:
            return node, pointer
        _, _, kind, name = node["$ref"].split("/")
        return self.document["components"][kind][name], node["$ref"]

    def _parameters(
        self,
        ours: Operation,
        theirs: Operation,
        raw: list[tuple[dict[str, Any], str]],
        trail: tuple[str, ...],
    ) -> None:
        other = {(p.location, p.name): p for p in theirs.parameters}
        for entry, given in raw:
            node, pointer = self._follow(entry, given)
            where, name = node["in"], node["name"]
            place = f"{where} parameter {name}"
            mine = self._trail(trail, node, pointer)
            match = other.pop((where, name), None)
            if match is None:
                self._note(place, "is not published", mine)
                continue
            if match.required != bool(node.get("required")):
                self._note(place, f"is published as {'required' if match.required else 'optional'}", mine)
            schema = node["schema"] if "schema" in node else next(iter(node["content"].values()))["schema"]
            if ("content" in node) and not match.json_encoded:
                self._note(place, "travels as JSON, which is not published", mine)
            theirs_too = match.schema.json
            if where == "path":  # a segment of a path cannot be empty, whoever says so
                schema, theirs_too = some_text(schema), some_text(theirs_too)
            self._compare(Site(schema, f"{pointer}/schema", mine), Site(theirs_too), place, request=True)
        for where, name in other:
            self._note(f"{where} parameter {name}", "is published only", trail)

    def _body(
        self, ours: Operation, theirs: Operation, raw: dict[str, Any], at: str, trail: tuple[str, ...]
    ) -> None:
        if ours.body is None or theirs.body is None:
            if (ours.body is None) != (theirs.body is None):
                self._note("body", "only one of them has", trail)
            return
        node, pointer = self._follow(raw["requestBody"], f"{at}/requestBody")
        mine = self._trail(trail, node, pointer)
        if ours.body.required != theirs.body.required:
            self._note("body", f"is published as {'required' if theirs.body.required else 'optional'}", mine)
        self._media(ours.body.content, theirs.body.content, node, pointer, "body", mine, request=True)

    def _success(
        self, ours: Operation, theirs: Operation, raw: dict[str, Any], at: str, trail: tuple[str, ...]
    ) -> None:
        published = {r.status: r for r in theirs.responses if r.status[:1] == "2"}
        for response in ours.responses:
            if response.status[:1] != "2":
                continue
            node, pointer = self._follow(
                raw["responses"][response.status], f"{at}/responses/{response.status}"
            )
            mine = self._trail(trail, node, pointer)
            place = f"answer {response.status}"
            match = published.pop(response.status, None)
            if match:
                self._media(response.content, match.content, node, pointer, place, mine, request=False)
            elif theirs.responses:
                self._note(place, "is not published", mine)
        for status in published:
            self._note(f"answer {status}", "is published only", trail)

    def _media(
        self,
        ours: tuple[MediaType, ...],
        theirs: tuple[MediaType, ...],
        raw: dict[str, Any],
        at: str,
        place: str,
        trail: tuple[str, ...],
        *,
        request: bool,
    ) -> None:
        if not theirs:
            return  # the published contract does not say what the body is
        if {m.name for m in ours} != {m.name for m in theirs}:
            self._note(place, f"is published as {', '.join(sorted(m.name for m in theirs))}", trail)
            return
        for media in ours:
            match = next(m for m in theirs if m.name == media.name)
            if match.schema is None:
                continue
            before = len(self.found)
            node = raw["content"][media.name]["schema"]
            site = Site(node, f"{at}/content/{media.name}/schema", trail)
            self._compare(site, Site(match.schema.json), place, request=request)
            for example in media.examples:
                if not self.published.is_valid(match.schema, example.value) and len(self.found) == before:
                    self._note(place, f"the example {example.name} is refused", trail)

    def _compare(self, ours: Site, theirs: Site, place: str, *, request: bool) -> None:
        self._shapes([ours], [theirs], place, request, set())

    def _shapes(
        self, ours: list[Site], theirs: list[Site], place: str, request: bool, seen: set[Any]
    ) -> None:
        key = (tuple(s.pointer for s in ours), tuple(id(s.node) for s in theirs))
        mine, other = self.ours.shape(ours), self.theirs.shape(theirs)
        if key in seen or (other.silent and (mine.types <= other.types or not other.types)):
            return
        seen.add(key)
        for what in (request_differences if request else answer_differences)(mine, other):
            self._note(place, what, *mine.trails)
        for name in mine.properties.keys() & other.properties.keys():
            self._shapes(mine.properties[name], other.properties[name], f"{place}/{name}", request, seen)
        for name in mine.properties.keys() - other.properties.keys():
            trails = {t for s in mine.properties[name] for a in self.ours.alternatives(s) for t in [a.trail]}
            if other.closed or (request and not other.inner("additionalProperties")):
                self._note(f"{place}/{name}", "is not published", *trails)
        if request and mine.closed:
            for name in other.properties.keys() - mine.properties.keys():
                self._note(f"{place}/{name}", "is published only", *mine.trails)
        for keyword, step in (("items", "*"), ("additionalProperties", "{}")):
            inner, outer = mine.inner(keyword), other.inner(keyword)
            if inner and outer:
                self._shapes(inner, outer, f"{place}/{step}", request, seen)


def request_differences(ours: Shape, theirs: Shape) -> Iterator[str]:
    """Yield how the requests that two shapes accept differ, leaving properties aside."""
    if ours.types != theirs.types:
        yield f"has type {sorted(ours.types)}, published {sorted(theirs.types)}"
    if ours.values != theirs.values:
        yield f"takes {listed(ours.values)}, published {listed(theirs.values)}"
    for keyword in BOUNDS:
        if ours.bound(keyword) != theirs.bound(keyword):
            yield f"has {keyword} {ours.bound(keyword)}, published {theirs.bound(keyword)}"
    if ours.patterns != theirs.patterns:
        yield f"has the patterns {ours.patterns}, published {theirs.patterns}"
    if ours.formats != theirs.formats:
        yield f"has the formats {sorted(ours.formats)}, published {sorted(theirs.formats)}"
    if "object" in ours.types and (ours.required != theirs.required):
        yield f"requires {sorted(ours.required)}, published {sorted(theirs.required)}"
    if "object" in ours.types and theirs.properties and ours.closed != theirs.closed:
        yield f"is {'closed' if ours.closed else 'open'}, published {'closed' if theirs.closed else 'open'}"


def listed(values: frozenset[Any] | None) -> str:
    """Write values down, for people."""
    return "anything" if values is None else ", ".join(sorted(map(str, values)))


def answer_differences(ours: Shape, theirs: Shape) -> Iterator[str]:
    """Yield what answers one shape allows and the other forbids, leaving properties aside."""
    wider = "number" in theirs.types and "integer" in ours.types
    beyond = ours.types - theirs.types - ({"integer"} if wider else set())
    if theirs.types and (beyond or not ours.types):
        yield f"has type {sorted(ours.types)}, published {sorted(theirs.types)}"
    if theirs.values is not None and not (ours.values is not None and ours.values <= theirs.values):
        yield f"takes {listed(ours.values)}, published {listed(theirs.values)}"
    if theirs.required - ours.required:
        yield f"does not require {sorted(theirs.required - ours.required)}"
    if theirs.closed and not ours.closed:
        yield "is open, published closed"


def corrections_of(document: dict[str, Any]) -> dict[str, str]:
    """Return every correction of the core contract by the pointer of its place."""
    found: dict[str, str] = {}

    def walk(node: Any, pointer: str) -> None:
        if isinstance(node, dict):
            if "x-correction" in node:
                found[pointer] = node["x-correction"]
            for key, value in node.items():
                if key not in JUST_DATA:
                    walk(value, f"{pointer}/{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                walk(value, f"{pointer}/{number}")

    walk(document, "#")
    return found


def compare(
    core: Contract, document: dict[str, Any], published: Contract
) -> tuple[list[Difference], list[str]]:
    """Return the differences that nothing explains, and the corrections that explain nothing."""
    differences = Comparison(core, document, published).all()
    used = {pointer for difference in differences for pointer in difference.reasons}
    return [d for d in differences if not d.reasons], sorted(corrections_of(document).keys() - used)
