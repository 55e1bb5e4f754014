"""Where a law is tried: one kind of resource, a throwaway space, and another beside it."""

import copy
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Call, Factory, Handle, Listing, Resource
from pytest_kibana.resources.template import subjects, value_at
from pytest_kibana.suites.laws.comparing import missing
from pytest_kibana.wire import Credentials


class NotHere(Exception):
    """The law cannot be tried here; the text says what was needed and what was found."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to send a request so that it must be refused.

    Attributes:
        name: what is wrong with it, as the end of "it was refused …".
        headers: beside the standard ones; None leaves one out.
        credentials: of somebody else.
        breaks: whether the body is to break its schema.
    """

    name: str
    headers: Mapping[str, str | None] = field(default_factory=dict)
    credentials: Credentials | None = None
    breaks: bool = False


@dataclass(frozen=True)
class Bench:
    """A kind of resource, and two factories: one makes things here, the other in another space.

    Attributes:
        kind: whose laws are tried.
        here: the factory in whose space things are made.
        there: the factory of another space.
        ways: in which requests are refused here.
    """

    kind: Resource
    here: Factory
    there: Factory
    ways: tuple[Way, ...] = ()

    # -- making

    def make(self, factory: Factory | None = None, **fields: Any) -> Handle:
        """Make one; raises :class:`NotHere` where the deployment does not let us, with its own words.

        A 5xx is no refusal: it is returned as :class:`ResourceTrouble`, and breaks the law that it hits.
        """
        try:
            return (factory or self.here).make(self.kind, **fields)
        except ResourceTrouble as trouble:
            if trouble.status is not None and trouble.status >= 500:
                raise
            raise NotHere(f"needs a {self.kind.name}, found: {trouble.message}") from None

    def rich(self, factory: Factory | None = None) -> Handle:
        """Make one with the optional members that its declaration knows."""
        return self.make(factory, **{k: v for k, v in self.kind.full.items() if not subjects(v)})

    def sibling(self, handle: Handle) -> Handle:
        """Make another one beside this, with the same parents."""
        return self.make(**{k: handle.keys[k] for k, t in self.kind.keys.items() if subjects(t)})

    def own_keys(self, handle: Handle) -> dict[str, Any]:
        """Return the keys of an object that its maker chose: those that are no id of a parent."""
        return {k: handle.keys[k] for k, t in self.kind.keys.items() if not subjects(t)}

    # -- asking

    def status(self, handle: Handle, role: str, **how: Any) -> int:
        """Ask a declared call about an object; return the status."""
        call = self.call(role)
        reply = self.here.ask(handle, call, **how)
        if reply.status is None:
            raise NotHere(f"there was no answer: {reply.why}")
        own = value_at(reply.body, call.status_at) if call.status_at else None
        return own if isinstance(own, int) else reply.status

    def call(self, role: str) -> Call:
        """Return the call of a role that the contract has; see :meth:`has`."""
        found = self.here.known(self._calls(role))
        if found is None:
            raise NotHere(f"needs an operation to {role} a {self.kind.name}, and the contract has none")
        return found

    def has(self, role: str) -> bool:
        """Tell whether the contract has an operation for a role."""
        return self.here.known(self._calls(role)) is not None

    def _calls(self, role: str) -> tuple[Call, ...]:
        return calls_of(self.kind, role)

    def listing(self) -> Listing:
        """Return the list that the contract has."""
        call = self.call("listing")
        return next(page for page in self.kind.listing if page.call is call)

    def change(self, handle: Handle, *, again: bool = False) -> dict[str, Any]:
        """Return the change that the declaration knows, filled; ``again`` makes its prose another one."""
        filled = {k: self.here.filled(handle, v) for k, v in self.kind.change.items()}
        return {k: f"{v} again" if again and _prose(v) else v for k, v in filled.items()}

    def changing(self, handle: Handle, *, again: bool = False) -> Callable[[Any], Any]:
        """Return what puts the declared change into the body of an update, at its place."""
        from pytest_kibana.resources.calls import merged

        call = self.call("update")
        root, changes = call.root, self.change(handle, again=again)
        if call.semantics == "full":
            sent = value_at(handle.sent, self.call("create").root)
            carried = sent if isinstance(sent, Mapping) else {}
            # What names the object is said by the call itself: it may be about another one.
            names = {str(value) for value in handle.keys.values()}
            kept = {
                k: v for k, v in carried.items() if k not in self.kind.create_only and str(v) not in names
            }
            changes = kept | changes
        return lambda body: merged(body, root, changes)

    def items(self, handle: Handle, *, space: Any = ..., size: int | None = None) -> Iterator[Any]:
        """Yield the items of a whole list, page by page."""
        listing = self.listing()
        size = size or listing.size
        for number in range(listing.first, listing.first + 200):
            page = self.page(handle, number, size, space=space)
            rows = value_at(page, listing.items)
            rows = rows if isinstance(rows, list) else []
            yield from rows
            if listing.page is None or len(rows) < size:
                return

    def page(self, handle: Handle, number: int, size: int, *, space: Any = ..., **asked: Any) -> Any:
        """Return the answer that is one page of a list, asked for with more in its query; raises :class:`NotHere`
        where it is refused.
        """
        listing = self.listing()
        query = {**listing.call.query, **asked}
        if listing.page:
            query[listing.page] = number
        if listing.per_page:
            query[listing.per_page] = size
        reply = self.here.ask(handle, replace(listing.call, query=query), space=space)
        if not reply.ok:
            raise NotHere(f"needs the list, found: {reply}")
        rows = value_at(reply.body, listing.items)
        if not isinstance(rows, list) and not (listing.sparse and rows is None):  # the response checks say so
            raise NotHere(
                f"needs a list at {listing.items or 'the top'}, and {listing.call.label} shows none there"
            )
        return reply.body

    def ids(self, handle: Handle, *, space: Any = ...) -> list[str]:
        """Return the ids of a whole list, in its order."""
        pointer = self.listing().id_at
        return [str(value_at(item, pointer)) for item in self.items(handle, space=space)]

    def see(self, handle: Handle) -> Any:
        """Return the object as a read shows it, or where nothing reads it alone, as the list does; raises
        :class:`ResourceTrouble` where neither shows it.
        """
        if not self.has("read") and self.has("listing"):
            self.until(lambda: handle.id in self.ids(handle), self.kind.listed_within)
        return self.here.read(handle)

    def update(self, handle: Handle, changes: Mapping[str, Any]) -> Any:
        """Change an object, and return it as it is seen then: lists may take their time to show a change."""
        if self.has("read") or not self.has("listing"):
            return self.here.update(handle, changes)
        before = copy.deepcopy(self.see(handle))
        self.here.update(handle, changes)
        self.until(lambda: self.see(handle) != before, self.kind.listed_within)
        return handle.body

    def lost(self, sent: Any, shown: Any) -> Iterator[str]:
        """Yield what was sent and does not show in the object as it is read, at the places where it is shown."""
        ignored, place = self.kind.volatile, self.kind.members_in(shown)
        members = value_at(shown, place) if place else shown
        if not isinstance(sent, Mapping):
            yield from missing(sent, members, ignored=ignored, at=place)
            return
        elsewhere = self.kind.shown_at
        here = {k: v for k, v in sent.items() if k not in elsewhere}
        yield from missing(here, members, ignored=ignored, at=place)
        for name, pointer in elsewhere.items():
            if pointer and name in sent:
                yield from missing(sent[name], value_at(shown, pointer), ignored=ignored, at=pointer)

    # -- waiting

    def until(self, holds: Callable[[], bool], within: float) -> bool:
        """Ask until it is so, for at most so many seconds, which the declaration knows; once where that is 0."""
        return self.here.until(holds, within)

    # -- ids that nothing has

    def unknown(self, handle: Handle) -> dict[str, Any]:
        """Return keys like those of an object, with an id that nothing has, of the same form."""
        return {"id": unlike(handle.id, self.here)}


def _prose(value: Any) -> bool:
    return isinstance(value, str) and " " in value


def unlike(known: str, factory: Factory) -> str:
    """Return an id of the form of a known one that nothing has."""
    try:
        uuid.UUID(known)
    except ValueError:
        return factory.mark.unique() if known.startswith("kbn") else str(uuid.uuid4())
    return str(uuid.uuid4())


def calls_of(kind: Resource, role: str) -> tuple[Call, ...]:
    """Return the calls of a role: create, read, listing, update or delete; ``sight`` is a read, or the list of what
    nothing reads alone.
    """
    if role == "sight":
        role = "read" if kind.read else "listing"
    if role == "listing":
        return tuple(page.call for page in kind.listing)
    if role == "create" and not kind.create:
        return kind.update
    found: Mapping[str, tuple[Call, ...]] = {
        "create": kind.create,
        "read": kind.read,
        "update": kind.update,
        "delete": kind.delete,
    }
    return found[role]
