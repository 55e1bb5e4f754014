"""Making the population: several objects of every kind that the deployment and the safety class allow.

Of each kind: the smallest, one with every member that its declaration knows, one with difficult texts, one that was
changed after it was made, some that Hypothesis made, and some that point at others (:mod:`.links`). Kinds of a space
are made in two of them. What was made is written down before the next thing is asked for, so that a process that died
goes on where it was.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pytest_kibana.errors import BudgetExhausted, HarnessError, ResourceTrouble, SafetyRefusal, UsageError
from pytest_kibana.resources import RESOURCES, Handle, Kind, Resource, Scope
from pytest_kibana.resources.removal import Remover
from pytest_kibana.resources.resolver import pinned
from pytest_kibana.resources.sweeping import children_first
from pytest_kibana.resources.template import Hole, fill, holes, places, put, subjects, value_at
from pytest_kibana.resources.values import Values
from pytest_kibana.upgrade.ground import Ground
from pytest_kibana.upgrade.links import LINKED, WORDS, Linked
from pytest_kibana.upgrade.meaning import missing
from pytest_kibana.upgrade.state import SIDES, Member, Population, Rehearsal, State, line_of

GENERATED = 2
_ATTEMPTS = 6
FILE = "population.jsonl"


class NotHere(Exception):
    """Nothing of this kind is made here; the text says why."""


class Maker:
    """Makes the population of one state.

    Args:
        state: where it is written down.
        ground: who makes it.
        population: what was made so far; it grows.
        generated: how many that Hypothesis made there shall be of each kind.
        only: names of the resources to make, with what they need; empty for all.
    """

    def __init__(
        self,
        state: State,
        ground: Ground,
        population: Population,
        *,
        generated: int = GENERATED,
        only: Collection[str] = (),
    ) -> None:
        self.state = state
        self.ground = ground
        self.population = population
        self.generated = generated
        self.only = frozenset(only)
        self._handles: dict[str, Handle] = {}
        self._seen = 0

    def tidy(self) -> int:
        """Remove what an earlier process made and did not live to write down; return how many there were."""
        known = {member.entry for member in self.population.members.values()}
        ledger = self.ground.factory.ledger
        lost = [entry for entry in ledger.entries if entry.n not in known]
        for entry in reversed(lost):
            self.ground.factory.adopt(entry)
            with suppress(HarnessError):
                self._remover.remove(entry)
                ledger.gone(entry)
        return len(lost)

    @property
    def _remover(self) -> Remover:
        from pytest_kibana.resources.calls import Caller

        clock = self.ground.factory.client.clock
        return Remover(
            Caller(self.ground.factory.client, self.ground.contract), now=clock.now, sleep=clock.sleep
        )

    def make(self) -> None:
        """Make all that is not there yet."""
        self._spaces()
        kinds = list(reversed(children_first(list(RESOURCES.values()))))
        for kind in kinds:
            if (
                kind.name == "space"
                or kind.name in self.population.done
                or kind.name in self.population.skips
            ):
                continue
            try:
                self._of(kind)
            except NotHere as reason:
                self._skip(kind.name, str(reason))
            self.state.note(FILE, do="done", what=kind.name)
        for linked in LINKED:
            if linked.resource not in self.population.skips:
                self._link(RESOURCES[linked.resource], linked, self.population.spaces["a"])

    # -- spaces

    def _spaces(self) -> None:
        kind = RESOURCES["space"]
        for side, members in zip(SIDES, ({**_full(kind), "description": WORDS}, {}), strict=True):
            if f"space/all/{side}" not in self.population.members:
                self._keep(self.ground.factory.make("space", **members), side, "all")

    # -- one kind

    def _of(self, kind: Resource) -> None:
        reason = self._reason(kind)
        if reason:
            raise NotHere(reason)
        self.ground.say(f"making {kind.name}")
        if kind.scope is Scope.GLOBAL:
            self._rehearse(kind, "all", None)
            self._variants(kind, "all", None, ("smallest", "full", "words", "changed"))
            self._generated(kind, "all", None)
            return
        one, other = (self.population.spaces[side] for side in SIDES)
        if kind.kind is not Kind.OBJECT:
            self._variants(kind, "a", one, ("smallest",))
            return
        self._rehearse(kind, "a", one)
        self._variants(kind, "a", one, ("smallest", "full", "words", "changed"))
        self._generated(kind, "a", one)
        self._variants(kind, "b", other, ("smallest", "full"))

    def _reason(self, kind: Resource) -> str | None:
        """Return why nothing of a kind is made, or None."""
        if self.only and kind.name not in self.only:
            return "other resources were asked for"
        if not kind.makeable:
            return kind.lacking or "its API has no way to make one"
        if kind.needs:
            return f"it {kind.needs}"
        if self.ground.target.flavor not in kind.flavors:
            return f"needs {' or '.join(kind.flavors)}, found {self.ground.target.flavor}"
        calls = kind.create or kind.update
        if not any(self.ground.contract.find(call.label) for call in calls):
            return "the contract has no operation that makes one"
        if kind.scope is Scope.GLOBAL and kind.kind is Kind.SETTING:
            return "a setting of the whole deployment is not left changed across an upgrade"
        if kind.kind is Kind.RECORD and kind.scope is Scope.GLOBAL:
            return "nothing could remove it after the upgrade"
        return None

    def _variants(self, kind: Resource, side: str, space: str | None, names: Sequence[str]) -> None:
        for name in names:
            members = self._members(kind, name)
            if members is None or f"{kind.name}/{side}/{name}" in self.population.members:
                continue
            try:
                handle = self._made(kind, side, space, members)
            except ResourceTrouble as trouble:
                if name == "smallest":
                    raise NotHere(trouble.message) from None
                self._skip(f"{kind.name}/{side}/{name}", trouble.message)
                continue
            changed = self._change(handle) if name == "changed" else {}
            if changed is not None:
                self._keep(handle, name, side, changed=changed)

    def _members(self, kind: Resource, variant: str) -> dict[str, Any] | None:
        """Return the members that make a variant, None where it would be like another."""
        full = _full(kind)
        if variant == "smallest" or kind.kind is not Kind.OBJECT:
            return {}
        if variant == "words":
            words = {k: _worded(v) for k, v in {**full, **kind.change}.items() if _worded(v) != v}
            return {**full, **words} if words and _flat(words) else None
        if variant == "changed":
            return full if kind.change and kind.update else None
        return full or None

    def _made(
        self, kind: Resource, side: str, space: str | None, members: Mapping[str, Any], body: Any = None
    ) -> Handle:
        """Make one; its parents are those of the population, where there are some."""
        parents = {
            name: self._handles[f"{name}/{where}/smallest"]
            for name in kind.parents
            for where in (side, "all")
            if f"{name}/{where}/smallest" in self._handles
        }
        try:
            return self.ground.factory.make(kind.name, space=space, body=body, **{**parents, **members})
        except (SafetyRefusal, UsageError) as refusal:
            raise NotHere(refusal.message) from None

    def _change(self, handle: Handle) -> dict[str, Any] | None:
        """Change an object as its declaration knows; return the members, None where it was refused."""
        factory = self.ground.factory
        members = {k: factory.filled(handle, v) for k, v in handle.resource.change.items()}
        try:
            handle.update(**members)
        except HarnessError as trouble:
            self._skip(f"{handle.resource.name}/changed", trouble.message)
            with suppress(HarnessError):
                handle.delete()
            return None
        return members

    def _rehearse(self, kind: Resource, side: str, space: str | None) -> None:
        """Learn on an object made for it what can be done with a kind before the upgrade."""
        if kind.name in self.population.rehearsals:
            return
        try:
            handle = self._made(kind, side, space, {})
        except ResourceTrouble as trouble:
            raise NotHere(trouble.message) from None
        self._note_parents(handle, side)
        factory = self.ground.factory
        update, effect = None, False
        if kind.change and factory.known(kind.update):
            members = {k: factory.filled(handle, v) for k, v in kind.change.items()}
            try:
                shown = handle.update(**members)
                update, effect = 200, not list(missing(members, shown, kind.volatile))
            except ResourceTrouble as trouble:
                update = trouble.status or 400
            except HarnessError:
                update = None
        delete, gone = None, False
        if handle.removable:
            with suppress(HarnessError):
                handle.delete()
                delete = 200
                gone = kind.gone == "404" and bool(factory.known(kind.read)) and not handle.exists()
        found = Rehearsal(kind.name, update, effect, delete, gone)
        self.population.rehearsals[kind.name] = found
        self.state.note(FILE, do="rehearsed", **line_of(found))

    # -- what Hypothesis made

    def _generated(self, kind: Resource, side: str, space: str | None) -> None:
        call = self.ground.factory.known(kind.create)
        if call is None or not self.generated:
            return
        known = self.ground.contract.find(call.label)
        cases = [
            case
            for case in (self.ground.cases(known.label) if known else ())
            if case.valid and isinstance(case.body, Mapping) and call.media == (case.media or call.media)
        ]
        for case in _rich_first(cases)[:_ATTEMPTS]:
            made = sum(
                m.resource == kind.name and m.variant.startswith("made-") for m in self._members_of(side)
            )
            if made >= self.generated:
                return
            name = self.ground.factory.mark.unique()
            try:
                keys, body = self._ordered(kind, call, case.body, side=side, space=space, name=name)
                handle = self._made(kind, side, space, keys, body)
            except (ResourceTrouble, NotHere, LookupError):
                continue  # the contract allows more than Kibana takes; what it refuses is judged elsewhere
            handle.unique = name
            self._keep(handle, f"made-{made + 1}", side)

    def _members_of(self, side: str) -> list[Member]:
        return [member for member in self.population.members.values() if member.side == side]

    def _ordered(
        self, kind: Resource, call: Any, body: Any, *, side: str, space: str | None, name: str
    ) -> tuple[dict[str, Any], Any]:
        """Return keys and body of what a case describes, under a name of ours and without what would harm."""
        factory = self.ground.factory
        values = Values(name, space, factory.now, lambda other: self._handles[f"{other}/{side}/smallest"])

        def lookup(hole: Hole) -> Any:
            return str(hole) if hole.subject == "self" else values(hole)

        filled = fill(body, lookup)
        for pointer, text in places(call.body if isinstance(call.body, Mapping) else {}):
            if "${unique" in text and isinstance(value_at(filled, pointer), str):
                filled = put(filled, pointer, fill(text, lookup))
        keys: dict[str, Any] = {}
        for key, template in kind.keys.items():
            keys[key] = fill(template, lookup)
            for pointer, text in places(call.body if isinstance(call.body, Mapping) else {}):
                if text == f"${{self.{key}}}":
                    filled = put(filled, pointer, keys[key])
        known = self.ground.contract.find(call.label)
        recipe = self.ground.recipes.get(known.label) if known else None
        keys = {k: v for k, v in keys.items() if not subjects(kind.keys[k])}
        return keys, pinned(filled, recipe.pins if recipe else kind.pins, lookup)

    # -- what points at others

    def _link(self, kind: Resource, linked: Linked, space: str) -> None:
        key = f"{kind.name}/a/{linked.variant}"
        if key in self.population.members or key in self.population.skips:
            return
        factory = self.ground.factory
        name = factory.mark.unique()
        values = Values(name, space, factory.now, lambda other: self._handles[f"{other}/a/smallest"])

        def lookup(hole: Hole) -> Any:
            if not hole.names_resource:
                return values(hole)
            variant, _, part = (hole.part or "smallest").partition("__")
            return self._handles[f"{hole.subject}/a/{variant}"].value(part or "id")

        try:
            members = fill({**linked.members}, lookup)
            handle = self._made(kind, "a", space, {**members, **fill({**linked.keys}, lookup)})
        except KeyError as lacking:
            self._skip(key, f"needs {lacking.args[0]}, which could not be made")
        except (ResourceTrouble, NotHere, BudgetExhausted) as trouble:
            self._skip(key, str(getattr(trouble, "message", trouble)))
        else:
            self._keep(handle, linked.variant, "a")

    # -- writing down

    def _keep(
        self, handle: Handle, variant: str, side: str, *, changed: Mapping[str, Any] | None = None
    ) -> None:
        self._note_parents(handle, side)
        key = f"{handle.resource.name}/{side}/{variant}"
        call = self.ground.factory.known(handle.resource.create or handle.resource.update)
        known = self.ground.contract.find(call.label) if call else None
        member = Member(
            key=key,
            resource=handle.resource.name,
            variant=variant,
            side=side,
            space=handle.space,
            id=handle.id,
            keys=handle.keys,
            unique=handle.unique,
            entry=handle.entry.n if handle.entry else None,
            sent=handle.sent,
            create=known.label if known else "",
            root=call.root if call else "",
            changed=changed or {},
        )
        self._handles[key] = handle
        if handle.owned or handle.resource.kind is not Kind.ENGINE:
            self.population.members[key] = member
            self.state.note(FILE, do="made", **line_of(member))

    def _note_parents(self, handle: Handle, side: str) -> None:
        """Write down what the factory made beside what it was asked for: parents that were not there yet."""
        made = self.ground.factory.handles
        fresh, self._seen = made[self._seen :], len(made)
        for number, other in enumerate(fresh):
            removable = other.entry is not None and other.resource.kind is not Kind.RECORD
            if other is handle or not other.owned or not removable:
                continue
            where = side if other.resource.scope is Scope.SPACE else "all"
            smallest = f"{other.resource.name}/{where}/smallest"
            variant = "smallest" if smallest not in self._handles else f"parent-{self._seen}-{number}"
            key = f"{other.resource.name}/{where}/{variant}"
            member = Member(
                key, other.resource.name, variant, where, other.space, other.id, other.keys, other.unique,
                other.entry.n if other.entry else None, other.sent,
            )  # fmt: skip
            self._handles[key] = other
            self.population.members[key] = member
            self.state.note(FILE, do="made", **line_of(member))

    def remember(self, handles: Mapping[str, Handle]) -> None:
        """Take over the handles of what an earlier process made."""
        self._handles.update(handles)

    def _skip(self, what: str, why: str) -> None:
        self.population.skips[what] = why
        self.state.note(FILE, do="skipped", what=what, why=why)


def _full(kind: Resource) -> dict[str, Any]:
    """Return the members beside the smallest that need nothing else."""
    return {name: value for name, value in kind.full.items() if not subjects(value) and not holes(value)}


def _flat(words: Mapping[str, Any]) -> bool:
    """Tell whether members can be set one by one: a nested one would take the place of all beside it."""
    return not any(isinstance(value, Mapping) for value in words.values())


def _worded(value: Any) -> Any:
    """Return a value whose prose is replaced by difficult text."""
    if isinstance(value, str):
        return WORDS if " " in value and not holes(value) else value
    if isinstance(value, list):
        return [_worded(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _worded(item) for name, item in value.items()}
    return value


def _rich_first(cases: Sequence[Any]) -> list[Any]:
    """Return cases so that those with most in them come first, and each says something else than the one before."""
    return sorted(cases, key=lambda case: (case.kind == "smallest", -_size(case.body)))


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(_size(inner) for inner in value.values())
    return 1 + sum(_size(inner) for inner in value) if isinstance(value, list) else 1
