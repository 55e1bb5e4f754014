"""Which operations speak of a thing of which there is one, and which of them change it.

An index, an engine, a setting, a package: what one request does to it, every other request that needs it sees. Whoever
sends several requests at once has to know, or its answers depend on chance.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pytest_kibana.resources.catalogue import RESOURCES
from pytest_kibana.resources.model import File, Kind, Resource, Scope
from pytest_kibana.resources.recipes import Recipe
from pytest_kibana.resources.template import subjects
from pytest_kibana.target import load_facts

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Operation


@dataclass(frozen=True, slots=True)
class Claim:
    """Names of the things of which there is one that an operation needs as they are, and of those that it changes."""

    needs: frozenset[str]
    changes: frozenset[str]


def claims_for(contract: "Contract", recipes: Mapping[str, Recipe]) -> dict[str, Claim]:
    """Return what operations claim, by label; those that claim nothing are left out.

    Args:
        contract: whose operations.
        recipes: what they need (:func:`pytest_kibana.resources.recipes.recipes_for`).
    """
    found: dict[str, Claim] = {}
    for label, operation in contract.operations.items():
        recipe = recipes.get(label, Recipe())
        changes = frozenset(_changed(operation, recipe))
        needs = (frozenset(_needed(recipe)) | _near(operation)) - changes
        if needs or changes:
            found[label] = Claim(needs, changes)
    return found


def contended(claims: Mapping[str, Claim]) -> frozenset[str]:
    """Return the labels of operations that must be left to one worker: they need, or change, a thing of which the whole
    deployment has one, and that comes and goes. What there is one of in each space, each worker has in its own.
    """
    shared = {name for name, kind in _singles().items() if kind.scope is Scope.GLOBAL and kind.delete}
    changed = shared & {name for claim in claims.values() for name in claim.changes}
    return frozenset(label for label, claim in claims.items() if changed & (claim.needs | claim.changes))


@cache
def _singles() -> dict[str, Resource]:
    return {n: k for n, k in RESOURCES.items() if k.kind in (Kind.ENGINE, Kind.SETTING)}


def _needed(recipe: Recipe) -> Iterator[str]:
    """Yield what must stay as it is while a request is on its way, for itself or for what it is about."""
    body = recipe.body
    if isinstance(body, Mapping):
        body = [value for value in body.values() if not isinstance(value, File)]
    named = subjects([recipe.path, recipe.query, recipe.headers, body])
    made = (recipe.creates,) if recipe.creates else ()
    for name in _with_parents((*named, *recipe.needs, *recipe.wishes, *recipe.consumes, *made)):
        if name in _singles():
            yield name


def _with_parents(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = [name for name in names if name in RESOURCES]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            kind = RESOURCES[name]
            waiting += [one for one in (*kind.parents, *kind.requires) if one in RESOURCES]
    return found


def _near(operation: "Operation") -> frozenset[str]:
    """Return what is served beside it or above it: nobody declared what the operation has to do with it."""
    here = _segments(operation.path)
    return frozenset(name for name, kind in _singles().items() if _beside(here, kind))


def _changed(operation: "Operation", recipe: Recipe) -> Iterator[str]:
    if not operation.unsafe:
        return
    yield from {recipe.creates or "", *recipe.consumes} & _singles().keys()
    here = _segments(operation.path)
    sweeping = load_facts().of(operation.label).safety in ("global", "disruptive")
    for name, kind in _singles().items():
        below = any(here[: len(place)] == place for place in _places(kind))
        # What has no id in its path, and reaches beyond a space, is about all that its family has there.
        all_of_it = sweeping and "{" not in operation.path and recipe.creates is None
        engine = kind.kind is Kind.ENGINE and kind.scope is Scope.SPACE
        if below or (all_of_it and engine and _beside(here, kind)):
            yield name


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _beside(here: tuple[str, ...], kind: Resource) -> bool:
    return any(here[: len(place) - 1] == place[:-1] for place in _places(kind))


@cache
def _places_of(name: str) -> frozenset[tuple[str, ...]]:
    kind = RESOURCES[name]
    found = set()
    for call in (*kind.create, *kind.read, *kind.update, *kind.delete):
        segments = _segments(call.route)
        fixed = next((n for n, part in enumerate(segments) if "{" in part), len(segments))
        found.add(segments[:fixed])
    return frozenset(found)


def _places(kind: Resource) -> frozenset[tuple[str, ...]]:
    """Return the fixed beginnings of the paths at which a thing is served."""
    return _places_of(kind.name)
