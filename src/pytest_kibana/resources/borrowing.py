"""What is there without us: where nothing may be made, an operation that only reads is asked about somebody else's.

A fresh Kibana has roles, a default output, settings; a used one has policies, streams and hosts. Reading them is
harmless, and shows more than asking for what nobody has. What an operation would need, and neither may be made nor is
there, is said in one sentence.
"""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import HarnessError, ResourceTrouble
from pytest_kibana.resources.catalogue import RESOURCES, resource
from pytest_kibana.resources.handle import Handle
from pytest_kibana.resources.ledger import Entry
from pytest_kibana.resources.mark import marks_in
from pytest_kibana.resources.model import File, Kind, Resource, Safety, Scope
from pytest_kibana.resources.recipes import Recipe
from pytest_kibana.resources.template import Hole, Template, fill, holes, value_at
from pytest_kibana.resources.tending import Tending
from pytest_kibana.resources.values import Thing, Values
from pytest_kibana.target import load_facts

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract

_LOOKED_AT = 200


class Borrowing(Tending):
    """The part of a factory that finds what somebody else made."""

    @abstractmethod
    def _handle(
        self,
        kind: Resource,
        values: Values,
        body: Any,
        entry: Entry | None,
        *,
        sent: Any = None,
        owned: bool = True,
    ) -> Handle:
        """Return a handle of something."""

    def borrow(self, name: str) -> Handle:
        """Return one that is there without us, in the default space. It is read and left alone.

        Of something that lies in something else, and of which there is none, what is known are the keys of the latter.

        Raises:
            ResourceTrouble: there is none that is shown to us.
        """
        kind = resource(name)
        lenders: dict[str, Thing] = {}

        def lender(other: str) -> Thing:
            if other not in lenders:
                lenders[other] = self.borrow(other)
            return lenders[other]

        values = Values("", None, self._clock.now, lender)
        keys = {}
        for key, template in kind.keys.items():
            if not _new(template):
                with suppress(ResourceTrouble):
                    keys[key] = fill(template, values)
        shown = self._shown(kind, keys)
        if shown is not None:
            values.known = shown.keys
            return self._handle(kind, values, shown.body, None, owned=False)
        values.known = keys
        there = self._remover.there(kind, None, keys) if _addressed(kind, keys) else None
        if there is not None:
            return self._handle(kind, values, value_at(there.body, kind.reading_at), None, owned=False)
        if lenders and "id" not in keys:
            return self._handle(kind, values, None, None, owned=False)
        raise ResourceTrouble(
            f"the deployment shows no {kind.name}",
            hint="Make one, or allow that one is made.",
        )

    @abstractmethod
    def _require(self, name: str, space: str | None) -> None:
        """Make sure that something is there."""

    def _found(self, kind: Resource, space: str | None) -> Handle:
        """Return one that is there without us, or with what it requires. It is not ours: it is read and left alone."""
        found = next(self._remover.items(kind, space, kind.keys), None)
        if found is None and kind.requires:
            for needed in kind.requires:
                self._require(needed, space)
            found = next(self._remover.items(kind, space, kind.keys), None)
        if found is not None:
            item, listing = found
            values = Values("", space, self._clock.now, self._parents(space, {}))
            values.known = {"id": value_at(item, listing.id_at)}
            return self._handle(kind, values, item, None, owned=False)
        raise ResourceTrouble(
            f"there is no {kind.name} on the deployment, and none can be made",
            hint=f"{kind.lacking}.".capitalize(),
        )

    def _shown(self, kind: Resource, keys: Mapping[str, Any]) -> "_Shown | None":
        """Return a listed object; rather one that no run of ours made, for that one may go."""
        named = (
            (item, listing)
            for item, listing in islice(self._remover.items(kind, None, keys), _LOOKED_AT)
            if isinstance(value_at(item, listing.id_at), str)
        )
        found = min(named, key=lambda pair: bool(marks_in(json.dumps(pair[0]))), default=None)
        if found is None:
            return None
        item, listing = found
        more = {key: value_at(item, pointer) for key, pointer in listing.keys.items()}
        return _Shown({**keys, **more, "id": value_at(item, listing.id_at)}, item)


@dataclass(frozen=True, slots=True)
class _Shown:
    keys: Mapping[str, Any]
    body: Any


def _new(template: Template) -> bool:
    """Tell whether a key is a name that is given when something is made."""
    return any(not hole.names_resource for hole in holes(template))


def _addressed(kind: Resource, keys: Mapping[str, Any]) -> bool:
    named = {
        hole.part
        for call in kind.read
        for t in call.templates()
        for hole in holes(t)
        if hole.subject == "self"
    }
    return bool(kind.read) and named <= {*keys}


@dataclass(frozen=True, slots=True)
class Reach:
    """What operations can be asked about where not everything may be made.

    ``borrowers`` are the labels of those that are asked about what somebody else made; ``lacking`` says by label what
    an operation needs, and there is none of.
    """

    borrowers: frozenset[str] = frozenset()
    lacking: Mapping[str, str] = field(default_factory=dict)


def reach(
    contract: "Contract",
    recipes: Mapping[str, Recipe],
    bindings: Mapping[str, Mapping[tuple[str, str], str]],
    factory: Borrowing,
    allow: str,
) -> Reach:
    """Find out what operations can be asked about.

    Args:
        contract: whose operations.
        recipes: what they need (:func:`pytest_kibana.resources.recipes.recipes_for`).
        bindings: what further parameters take (:func:`pytest_kibana.resources.recipes.bindings_for`).
        factory: looks for what is there; it makes nothing.
        allow: the highest safety class that may be sent.
    """
    facts, highest = load_facts(), Safety(allow)
    borrowed = _Borrowed(factory)
    borrowers, lacking = set(), {}
    for label in contract.operations:
        safety = Safety(str(facts.of(label).safety))
        if safety.rank > highest.rank:
            continue
        needed = list(_needed(recipes.get(label, Recipe()), bindings.get(label, {})))
        beyond = [hole for hole in needed if _beyond(hole.subject, highest)]
        if safety is not Safety.READ:
            # What changes something is asked about what this run owns; what cannot be made has a name that nobody has.
            beyond = [hole for hole in beyond if RESOURCES[hole.subject].kind is not Kind.FOUND]
        if not beyond:
            continue
        missing = next((h.subject for h in beyond if safety is not Safety.READ or not borrowed.has(h)), None)
        ours = [h for h in needed if h not in beyond and RESOURCES[h.subject].scope is Scope.SPACE]
        if missing is None and not ours:
            borrowers.add(label)
        elif missing is not None:
            lacking[label] = _sentence(RESOURCES[missing], own=safety is not Safety.READ)
        else:
            lacking[label] = (
                f"needs {_a(beyond[0].subject)} in the space of {_a(ours[0].subject)}, and none may be made there"
            )
    return Reach(frozenset(borrowers), lacking)


def _sentence(kind: Resource, *, own: bool) -> str:
    if kind.kind is Kind.FOUND:
        return f"needs {_a(kind.name)}, and the deployment shows none: {kind.lacking}"
    there = " of this run's own" if own else ", and the deployment shows none"
    return f"needs {_a(kind.name)}{there}; making one is {_cost(kind.name)}"


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _needed(recipe: Recipe, bindings: Mapping[tuple[str, str], str]) -> Iterator[Hole]:
    """Yield every hole about a resource, and one for each thing of which there is one that must be there."""
    body = recipe.body
    if isinstance(body, Mapping):
        body = [[k, v] for k, v in body.items() if not isinstance(v, File)]
    for template in (recipe.path, recipe.query, recipe.headers, body, list(bindings.values())):
        yield from (hole for hole in holes(template) if hole.names_resource)
    for name in recipe.needs:
        if name in RESOURCES and RESOURCES[name].kind is not Kind.SETTING:
            yield Hole(name)


def _cost(name: str) -> Safety:
    """Return the safety class of making one, with all that it lies in or needs."""
    kind = RESOURCES.get(name)
    if kind is None:
        return Safety.READ  # a preparation
    parents = [p for p in kind.parents if p != name]
    own = Safety.READ if kind.kind is Kind.FOUND else kind.safety
    return max([own, *map(_cost, parents)], key=lambda s: s.rank)


def _beyond(name: str, highest: Safety) -> bool:
    """Tell whether none can be had by making it."""
    kind = RESOURCES[name]
    found = kind.kind is Kind.FOUND and not kind.requires
    return found or _cost(name).rank > highest.rank


class _Borrowed:
    """What was looked for already."""

    def __init__(self, factory: Borrowing) -> None:
        self._factory = factory
        self._found: dict[str, Mapping[str, Any] | None] = {}

    def has(self, hole: Hole) -> bool:
        """Tell whether there is one, and what is asked of it is known."""
        name = hole.subject
        if name not in self._found:
            try:
                self._found[name] = self._factory.borrow(name).keys
            except HarnessError:
                self._found[name] = None
        keys = self._found[name]
        single = RESOURCES[name].kind is not Kind.OBJECT and RESOURCES[name].id_at is None
        return keys is not None and (single or (hole.part or "id") in keys)
