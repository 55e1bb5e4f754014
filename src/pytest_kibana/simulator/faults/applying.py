"""Where the faults of memory can show: what an operation does, to what kind of thing, and what it says of it."""

import re
from collections.abc import Iterator
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator import listing
from pytest_kibana.simulator.faults.model import Applies, Bench, role_of, shows
from pytest_kibana.simulator.inventory import Resource
from pytest_kibana.simulator.routing import anonymous

_OWN = re.compile(r"name|title|creat|updat|date|time|id$|slug|type", re.IGNORECASE)
"""Members in which two things differ because somebody made them so."""


def does(*roles: str) -> Applies:
    """Apply where an operation does one of these to a thing."""

    def applies(operation: Operation, bench: Bench) -> bool:
        return role_of(operation)[0] in roles

    return applies


def shown_by(role: str, names: tuple[str, ...]) -> Applies:
    """Apply where an operation of this role is documented to show one of these properties."""
    return lambda operation, bench: role_of(operation)[0] == role and shows(bench, operation, names)


def of_makeable(*roles: str) -> Applies:
    """Apply where the thing can be made, so that somebody knows that it must be there."""

    def applies(operation: Operation, bench: Bench) -> bool:
        role, resource = role_of(operation)
        return role in roles and resource is not None and bool(resource.create)

    return applies


def asks(names: tuple[str, ...]) -> Applies:
    """Apply where a list lets one of these be asked for."""

    def applies(operation: Operation, bench: Bench) -> bool:
        asked = {p.name for p in operation.parameters_in("query")}
        return of_makeable("list")(operation, bench) and bool(asked & set(names))

    return applies


def sorts(operation: Operation, bench: Bench) -> bool:
    """Apply where a list can be sorted by what differs: what is computed is the same of all things of a stand-in."""
    if not asks(listing.SORTS)(operation, bench):
        return False
    by = next(p for p in operation.parameters_in("query") if p.name in listing.SORTS)
    allowed = bench.synthesiser.flat(by.schema.json)
    named = allowed.get("enum") if isinstance(allowed, dict) else None
    return named is None or any(_OWN.search(str(name)) for name in named)


def chosen(operation: Operation, bench: Bench) -> bool:
    """Apply where whoever makes a thing may choose its id, and none is replaced by it."""
    role, resource = role_of(operation)
    if role != "create" or resource is None or resource.upsert:
        return False
    replaces = operation.method == "PUT" and any(label.startswith("POST") for label in resource.create)
    told = _is_item(operation, resource) or _takes(operation, bench, {*resource.keys, *resource.aliases})
    return told and not replaces and (resource.chosen or bool(resource.aliases))


def _is_item(operation: Operation, resource: Resource) -> bool:
    """Tell whether the path is that of one thing, and so names it."""
    path = anonymous(operation.path)
    items = (label.partition(" ")[2] for label in (*resource.read, *resource.delete))
    return path.endswith("}") and path in items


def _takes(operation: Operation, bench: Bench, names: set[str]) -> bool:
    """Tell whether a body is documented to have one of these members, at its top or in a wrapper."""
    media = operation.body.media("application/json") if operation.body is not None else None
    if media is None or media.schema is None:
        return False
    top = list(_members(bench, media.schema.json))
    inner = [name for _, part in top for name, _ in _members(bench, part)]
    return bool(names & {*inner, *(name for name, _ in top)})


def _members(bench: Bench, schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members that a schema names, in any of its alternatives."""
    flat = bench.synthesiser.flat(schema)
    if isinstance(flat, dict):
        yield from flat.get("properties", {}).items()
        for one in (*flat.get("anyOf", ()), *flat.get("oneOf", ())):
            yield from _members(bench, one)


def unchosen(operation: Operation, bench: Bench) -> bool:
    """Apply where Kibana chooses the id of a thing that is made: one whose path is that of the thing names it."""
    role, resource = role_of(operation)
    if role != "create" or resource is None:
        return False
    named = _is_item(operation, resource)
    return not (named or resource.chosen or resource.aliases or resource.upsert or resource.single)


def listed(operation: Operation, bench: Bench) -> bool:
    """Tell whether the contract has a list of such things."""
    resource = role_of(operation)[1]
    return resource is not None and any(bench.contract.find(label) is not None for label in resource.list)


def of_several(role: str) -> Applies:
    """Apply where there may be several things, each with its id."""

    def applies(operation: Operation, bench: Bench) -> bool:
        found, resource = role_of(operation)
        return found == role and resource is not None and bool(resource.create) and not resource.single

    return applies


def scoped(operation: Operation, bench: Bench) -> bool:
    """Apply where a thing is made that lives in one space, and not in another thing that does."""
    role, resource = role_of(operation)
    return role == "create" and resource is not None and not (resource.everywhere or resource.parent)


def versioned(operation: Operation, bench: Bench) -> bool:
    """Apply where an update may name the version that it changes."""
    role, resource = role_of(operation)
    takes = resource is not None and (bool(resource.version) or resource.name == "saved_object")
    return role == "update" and takes


def bulk(operation: Operation, bench: Bench) -> bool:
    """Requests in bulk that are answered one by one: the answer has an array at its top."""
    if not (operation.unsafe and "_bulk" in operation.path):
        return False
    answer = _answer(operation, bench)
    parts = [bench.synthesiser.flat(part) for part in answer.get("properties", {}).values()]
    return answer.get("type") == "array" or any(
        isinstance(p, dict) and p.get("type") == "array" for p in parts
    )


def totals(operation: Operation, bench: Bench) -> bool:
    """Apply where a list is documented to say how many there are."""
    known = set(_answer(operation, bench).get("properties", {}))
    return role_of(operation)[0] == "list" and bool(known & set(listing.TOTALS))


def _answer(operation: Operation, bench: Bench) -> dict[str, Any]:
    """Return the schema of a success, without references; an empty one where none is documented."""
    success = operation.success
    media = success.media("application/json") if success is not None else None
    if media is None or media.schema is None:
        return {}
    flat = bench.synthesiser.flat(media.schema.json)
    return flat if isinstance(flat, dict) else {}


def names_itself(operation: Operation, bench: Bench) -> bool:
    """Apply where a read is documented to show the id that it was asked for: of the one thing of its kind, none is."""
    role, resource = role_of(operation)
    if role != "read" or resource is None or resource.single:
        return False
    answer = _answer(operation, bench).get("properties", {})
    inner = [bench.synthesiser.flat(part) for part in answer.values()]
    places = [answer, *(part.get("properties", {}) for part in inner if isinstance(part, dict))]
    shown = [bench.synthesiser.flat(place[resource.field]) for place in places if resource.field in place]
    return any(isinstance(one, dict) and one.get("type") == "string" for one in shown)


def at(*labels: str) -> Applies:
    """Apply at these operations."""

    def applies(operation: Operation, bench: Bench) -> bool:
        return f"{operation.method} {anonymous(operation.path)}" in labels

    return applies
