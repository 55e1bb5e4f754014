"""What a handle asks of its factory: to read, find, change and remove one object."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import ResourceTrouble, UsageError
from pytest_kibana.resources.calls import Caller, Reply, merged
from pytest_kibana.resources.handle import Handle
from pytest_kibana.resources.ledger import Entry
from pytest_kibana.resources.model import Call, Resource
from pytest_kibana.resources.removal import Remover
from pytest_kibana.resources.template import fill, value_at
from pytest_kibana.resources.values import Thing, Values

if TYPE_CHECKING:
    from pytest_kibana.wire import Clock, Credentials

_POLL = 0.5


class Tending(ABC):
    """The half of a factory that looks after what was made."""

    _caller: Caller
    _remover: Remover
    _clock: "Clock"

    @abstractmethod
    def _parents(self, space: str | None, given: Mapping[str, Handle]) -> Callable[[str], Thing]:
        """Return what finds the objects that a call names."""

    @abstractmethod
    def _struck(self, entry: Entry) -> None:
        """Strike an entry out of the ledger."""

    def read(self, handle: Handle) -> Any:
        """Read an object; see :meth:`Handle.read`."""
        if self._caller.choose(handle.resource.read) is None and handle.resource.listing:
            return self._read_from_list(handle)
        reply = self._read(handle)
        if not reply.ok:
            raise ResourceTrouble(
                f"{handle} cannot be read: {reply}", hint="Was it removed by somebody else?"
            )
        handle.body = handle.resource.object_in(reply.body)
        return handle.body

    def _read_from_list(self, handle: Handle) -> Any:
        item = self._in_list(handle)
        if item is None:
            raise ResourceTrouble(f"{handle} is not in any list", hint="Was it removed by somebody else?")
        handle.body = item
        return item

    def _in_list(self, handle: Handle) -> Any | None:
        for item, listing in self._remover.items(handle.resource, handle.space, handle.keys):
            if text(value_at(item, listing.id_at)) == handle.id:
                return item
        return None

    def exists(self, handle: Handle) -> bool:
        """Tell whether an object is there; see :meth:`Handle.exists`."""
        kind = handle.resource
        if self._caller.choose(kind.read) is None and kind.listing:
            return self._in_list(handle) is not None
        reply = self._read(handle)
        if not reply.ok:
            return False
        if kind.gone == "inactive" and kind.inactive_at:
            return bool(value_at(kind.object_in(reply.body), kind.inactive_at))
        return all(value_at(reply.body, p) == v for p, v in kind.present.items())

    def _read(self, handle: Handle) -> Reply:
        call = self._caller.choose(handle.resource.read)
        if call is None:
            raise UsageError(
                f"a {handle.resource.name} cannot be read", hint="The contract has no operation that does it."
            )
        return self._send(handle, call)

    def listed(self, handle: Handle) -> Any | None:
        """Return an object's item of the list; see :meth:`Handle.listed`."""
        kind = handle.resource
        if not kind.listing:
            raise UsageError(f"a {kind.name} is not in any list", hint="Read it by its id.")
        found: list[Any] = []

        def look() -> bool:
            found[:] = [
                keys
                for keys in self._remover.search(kind, handle.space, handle.keys, lambda _: True)
                if text(keys["id"]) == handle.id
            ]
            return bool(found)

        self.until(look, kind.listed_within)
        return found[0] if found else None

    def update(self, handle: Handle, changes: Mapping[str, Any]) -> Any:
        """Change an object; see :meth:`Handle.update`."""
        kind = handle.resource
        call = self._caller.choose(kind.update)
        if call is None:
            raise UsageError(f"a {kind.name} cannot be changed", hint="Make another one.")
        if kind.version_at and not handle.body:
            self.read(handle)
        carried = _carried(kind, call, handle.sent)

        def change(smallest: Any) -> Any:
            body = merged(smallest, call.root, carried)
            return merged(body, call.root, {n: plain(v) for n, v in changes.items()})

        reply = self._send(handle, call, change)
        if not reply.ok:
            raise ResourceTrouble(
                f"{handle} could not be changed: {reply}", hint="Kibana's own words are above."
            )
        if kind.read:
            return self.read(handle)
        return reply.body

    def delete(self, handle: Handle) -> None:
        """Remove an object; see :meth:`Handle.delete`."""
        if not handle.removable or handle.entry is None:
            return
        done = self._remover.remove(handle.entry)
        if done.trouble:
            raise ResourceTrouble(
                f"it could not be removed: {done}", hint="`pytest-kibana sweep` tries again."
            )
        self._struck(handle.entry)
        handle.entry = None
        kind = handle.resource
        if kind.gone_within and kind.gone == "404":
            self.until(lambda: not self._read(handle).ok, kind.gone_within)

    def known(self, calls: Sequence[Call]) -> Call | None:
        """Return the first of several forms of a call that the contract has, None where it has none."""
        return self._caller.choose(calls)

    def ask(
        self,
        handle: Handle,
        call: Call,
        *,
        space: str | EllipsisType | None = ...,
        keys: Mapping[str, Any] | None = None,
        change: Callable[[Any], Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        credentials: "Credentials | None" = None,
    ) -> Reply:
        """Send a declared call about an object and return what came back, a refusal too; nothing is written down.

        Args:
            handle: what the call is about.
            call: one of its declaration's calls.
            space: another space to ask in; None is the default space.
            keys: other keys than the object's, such as an id that nothing has.
            change: turns the filled body into the one that is sent.
            headers: beside the standard ones; None leaves one out.
            credentials: of somebody else.

        Raises:
            SafetyRefusal, BudgetExhausted: nothing was sent.
        """
        where = handle.space if isinstance(space, EllipsisType) else space
        return self._caller.send(
            call,
            self._values(handle, keys),
            space=where,
            change=change,
            headers=headers,
            credentials=credentials,
        )

    def filled(self, handle: Handle, template: Any) -> Any:
        """Return a template of an object's declaration with its holes filled."""
        return fill(template, self._values(handle))

    def _values(self, handle: Handle, keys: Mapping[str, Any] | None = None) -> Values:
        return Values(
            handle.unique,
            handle.space,
            self._clock.now,
            self._parents(handle.space, {}),
            {"id": handle.id, **handle.keys, **(keys or {})},
            handle.body,
        )

    def _send(self, handle: Handle, call: Call, change: Callable[[Any], Any] | None = None) -> Reply:
        return self._caller.send(call, self._values(handle), space=handle.space, change=change)

    def until(self, there: Callable[[], bool], within: float) -> bool:
        """Ask until it is so, for at most so many seconds; once where that is 0."""
        end = self._clock.monotonic() + within
        while not there():
            if self._clock.monotonic() >= end:
                return False
            self._clock.sleep(min(_POLL, within))
        return True


def _carried(kind: Resource, call: Call, sent: Any) -> dict[str, Any]:
    """Return what an update that replaces everything has to say again."""
    if call.semantics != "full":
        return {}
    root = next((c.root for c in kind.create if c.root), "")
    before = value_at(sent, root)
    if not isinstance(before, Mapping):
        return {}
    return {k: v for k, v in before.items() if k not in kind.create_only}


def plain(value: Any) -> Any:
    """Return a value in which handles are replaced by their ids."""
    if isinstance(value, Handle):
        return value.id
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def text(value: Any) -> str | None:
    """Return a value as text, None as None."""
    return None if value is None else str(value)
