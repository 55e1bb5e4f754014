"""What an upgrade check stands on: who asks, what was promised, what may be made. A session lends it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import BudgetExhausted, HarnessError, SafetyRefusal
from pytest_kibana.resources import Factory, Handle, Resource, resource
from pytest_kibana.resources.calls import Reply
from pytest_kibana.resources.model import Call
from pytest_kibana.resources.removal import paged
from pytest_kibana.resources.template import subjects, value_at
from pytest_kibana.upgrade.meaning import masked
from pytest_kibana.upgrade.state import Member, Sight

if TYPE_CHECKING:
    from pytest_kibana.cases import Case
    from pytest_kibana.contract import Contract
    from pytest_kibana.resources import Listing, Recipe
    from pytest_kibana.target import Target
    from pytest_kibana.wire import Credentials

STORMY = frozenset({401, 429, 502, 503, 504})
"""Statuses that say nothing about the object that was asked for: nobody is judged by them."""
_MOST_PAGES = 100
_ENOUGH = 2
_SEARCHES = ("search", "query")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a check stands on.

    Attributes:
        factory: makes and asks as the run's own identity, with the ledger of the state.
        viewer: credentials of somebody who may only read, None where there are none.
        contract: what the deployment is held to now.
        target: what it is.
        cases: gives the cases of an operation, by label; empty where there are none.
        recipes: what operations need beside their schemas.
        say: is told what is being done, for people.
    """

    factory: Factory
    viewer: "Credentials | None"
    contract: "Contract"
    target: "Target"
    cases: Callable[[str], "Sequence[Case]"]
    recipes: "Mapping[str, Recipe]"
    say: Callable[[str], None] = lambda _line: None


def storm(reply: Reply) -> bool:
    """Tell whether a reply is the environment's, and says nothing about what was asked for."""
    return reply.status is None or reply.status in STORMY


def shape(label: str) -> str:
    """Return a label without the names of its parameters, which versions spell as they like."""
    return re.sub(r"\{[^}]*\}", "{}", label)


def _silent(reply: Reply) -> bool:
    """Tell whether nobody answered, or only something that stands before Kibana."""
    return storm(reply) and reply.status != 401


class Looker:
    """Looks at members of the population: reads, lists, searches, and asks who else may see them.

    Args:
        ground: who asks.
        members: the population by key.
        spaces: ids of the two throwaway spaces by side.
    """

    def __init__(self, ground: Ground, members: Mapping[str, Member], spaces: Mapping[str, str]) -> None:
        self.ground = ground
        self.members = members
        self.spaces = spaces
        self._entries = {entry.n: entry for entry in ground.factory.ledger.entries}
        self._lists: dict[tuple[Any, ...], list[Any] | None] = {}
        self._waited_for: set[tuple[str, str | None]] = set()
        self._silent: Counter[str] = Counter()

    def handle(self, member: Member, body: Any = None) -> Handle:
        """Return a handle of a member, as if this process had made it."""
        entry = self._entries.get(member.entry) if member.entry is not None else None
        return Handle(
            self.ground.factory,
            resource(member.resource),
            keys=member.keys,
            space=member.space,
            unique=member.unique,
            body=body,
            sent=member.sent,
            entry=entry,
        )

    # -- reading

    def reading(self, kind: Resource, wanted: str = "") -> Call | None:
        """Return the call that reads: the one of that label where the contract has it, else its first choice.

        Where the contract has none, the one of that label is asked all the same: clients of before do so too.
        """
        factory = self.ground.factory
        same = [call for call in kind.read if wanted and shape(self.label(call)) == shape(wanted)]
        return factory.known(same) or factory.known(kind.read) or (same[0] if same else None)

    def label(self, call: Call) -> str:
        """Return the label of a call as the contract writes it."""
        found = self.ground.contract.find(call.label)
        return found.label if found else call.label

    def read(self, member: Member, wanted: str = "") -> Sight:
        """Read a member; where nothing reads it, take what the list shows."""
        kind, handle = resource(member.resource), self.handle(member)
        call = self.reading(kind, wanted)
        if call is None:
            return self._from_list(member, handle)
        reply = self.ask(handle, call)
        if reply is None:
            return Sight(member.key, self.label(call), note="reading it is not allowed in this run")
        note = str(reply) if storm(reply) or not reply.ok else ""
        status = None if storm(reply) else reply.status
        return Sight(
            member.key, self.label(call), status, masked(reply.body), kind.reading_in(reply.body), note=note
        )

    def _from_list(self, member: Member, handle: Handle) -> Sight:
        listing = self.listing(handle.resource)
        if listing is None:
            return Sight(member.key, note="the contract has no operation that shows it")
        label = self.label(listing.call)
        items = self.items(handle, listing)
        if items is None:
            return Sight(member.key, label, note="the list was not answered")
        found = next((item for item in items if str(value_at(item, listing.id_at)) == member.id), None)
        return Sight(member.key, label, 200 if found is not None else 404, masked(found))

    def ask(self, handle: Handle, call: Call, **how: Any) -> Reply | None:
        """Ask a call about an object; None where the run may not send it.

        Where an operation gave no answer twice in a row, it is not asked again: each time would take as long.
        """
        if self._silent[call.label] >= _ENOUGH:
            return Reply(call.label, None, why=f"{call.label} gave no answer twice, and was not asked again")
        try:
            reply = self.ground.factory.ask(handle, call, **how)
        except (SafetyRefusal, BudgetExhausted):
            return None
        self._silent[call.label] = self._silent[call.label] + 1 if _silent(reply) else 0
        return reply

    # -- lists

    def listing(self, kind: Resource) -> "Listing | None":
        """Return the list that the contract has, None where it has none."""
        call = self.ground.factory.known([page.call for page in kind.listing])
        return next((page for page in kind.listing if page.call is call), None) if call else None

    def items(self, handle: Handle, listing: "Listing") -> list[Any] | None:
        """Return a whole list, asked once for all members in it; None where it was not answered."""
        kind = handle.resource
        parents = {k: str(handle.keys.get(k)) for k, t in kind.keys.items() if subjects(t)}
        key = (kind.name, handle.space, *sorted(parents.items()))
        if key not in self._lists:
            self._lists[key] = self._pages(handle, listing)
        return self._lists[key]

    def _pages(self, handle: Handle, listing: "Listing", **query: Any) -> list[Any] | None:
        rows: list[Any] = []
        for number in range(listing.first, listing.first + _MOST_PAGES):
            call = paged(listing, number)
            reply = self.ask(handle, replace(call, query={**call.query, **query}))
            page = value_at(reply.body, listing.items) if reply is not None and reply.ok else None
            if not isinstance(page, list):
                return None
            rows += page
            if listing.page is None or len(page) < listing.size:
                break
        return rows

    # -- the whole sight

    def look(self, member: Member, wanted: str = "", asked: Sight | None = None) -> Sight:
        """Look at a member in every way.

        Args:
            member: which.
            wanted: the operation to read it by, where the contract has it.
            asked: how it was seen before: only what showed something then is asked again.
        """
        sight = self.read(member, wanted)
        handle = self.handle(member, value_at(sight.body, sight.object) if sight.object else sight.body)
        listing = self.listing(handle.resource)
        listed, taken_for, found = None, None, {}
        if listing is not None:
            listed, taken_for = self._listed(member, handle, listing, there=sight.status != 404)
            found = dict(self._searched(member, handle, listing, asked))
        access = self._access(member, handle, wanted) if sight.status is not None else {}
        return replace(sight, listed=listed, taken_for=taken_for, found=found, access=access)

    def _listed(
        self, member: Member, handle: Handle, listing: "Listing", *, there: bool
    ) -> tuple[int | None, str | None]:
        """Return how often the list has a member, and the id under which it has one of that name instead."""
        where = (member.resource, member.space)
        count = 0

        def shown() -> bool:
            nonlocal count
            items = self.items(handle, listing)
            count = sum(str(value_at(item, listing.id_at)) == member.id for item in items or ())
            if not count and items is not None:
                self._lists = {k: v for k, v in self._lists.items() if k[:2] != where}
            return bool(count) or items is None

        # A list that is behind is waited for once: what it lacks then, it lacks.
        patient = there and where not in self._waited_for
        if not self.ground.factory.until(shown, handle.resource.listed_within if patient else 0.0):
            self._waited_for.add(where)
        items = self.items(handle, listing)
        if items is None:
            return None, None
        return count, None if count else self._namesake(member, items, listing)

    def _namesake(self, member: Member, items: Sequence[Any], listing: "Listing") -> str | None:
        """Return the id of an item that has the member's name and is no other member."""
        others = {m.id for m in self.members.values() if m.resource == member.resource}
        for item in items:
            shown = str(value_at(item, listing.id_at))
            names = [value_at(item, pointer) for pointer in listing.named_at]
            if shown not in others and member.unique in names:
                return shown
        return None

    def _searched(
        self, member: Member, handle: Handle, listing: "Listing", asked: Sight | None
    ) -> "Iterator[tuple[str, int]]":
        """Yield how often each search for the member's name has it."""
        searches: dict[str, dict[str, Any]] = {}
        if listing.finds:
            searches["finds"] = {k: self.ground.factory.filled(handle, v) for k, v in listing.finds.items()}
        else:
            operation = self.ground.contract.find(listing.call.label)
            takes = {p.name for p in operation.parameters_in("query")} if operation else set()
            searches = {name: {name: f'"{member.unique}"'} for name in _SEARCHES if name in takes}
        for name, query in searches.items():
            if asked is not None and not asked.found.get(name):
                continue
            rows = self._pages(handle, listing, **query)
            if rows is not None:
                yield name, sum(str(value_at(row, listing.id_at)) == member.id for row in rows)

    def _access(self, member: Member, handle: Handle, wanted: str) -> dict[str, int]:
        """Return what others are answered who ask for it; who gets no answer is left out."""
        call = self.reading(handle.resource, wanted)
        if call is None:
            return {}
        from pytest_kibana.wire import Anonymous

        asks: list[tuple[str, dict[str, Any]]] = [("nobody", {"credentials": Anonymous()})]
        if self.ground.viewer is not None:
            asks.append(("viewer", {"credentials": self.ground.viewer}))
        if member.side in self.spaces and handle.resource.name != "space":
            other = next(space for side, space in self.spaces.items() if side != member.side)
            asks += [("elsewhere", {"space": other}), ("default", {"space": None})]
        seen: dict[str, int] = {}
        for who, how in asks:
            reply = self.ask(handle, call, **how)
            if reply is not None and reply.status is not None and reply.status not in STORMY - {401}:
                seen[who] = reply.status
        return seen

    def viewer_changes(self, member: Member, body: Any) -> int | None:
        """Return what who may only read is answered who changes a member; None where that cannot be asked."""
        handle = self.handle(member, body)
        call = self.ground.factory.known(handle.resource.update)
        if call is None or self.ground.viewer is None or not handle.resource.change:
            return None
        with suppress(HarnessError):
            reply = self.ask(handle, call, credentials=self.ground.viewer)
            if reply is not None and reply.status is not None and reply.status not in STORMY - {401}:
                return reply.status
        return None
