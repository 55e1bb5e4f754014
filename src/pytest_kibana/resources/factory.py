"""The factory: makes things in a deployment, and takes every one of them away again."""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import HarnessError, LeftoversError, ResourceTrouble, SafetyRefusal, UsageError
from pytest_kibana.resources.borrowing import Borrowing
from pytest_kibana.resources.calls import Caller, Reply, merged
from pytest_kibana.resources.catalogue import PREPARATIONS, RESOURCES, resource
from pytest_kibana.resources.handle import Handle
from pytest_kibana.resources.ledger import Entry, Ledger
from pytest_kibana.resources.mark import RunMark
from pytest_kibana.resources.model import NOTHING, Call, Kind, Resource, Safety, Scope
from pytest_kibana.resources.ownership import Belongings
from pytest_kibana.resources.removal import Removed, Remover
from pytest_kibana.resources.template import Hole, fill, holes, subjects, value_at
from pytest_kibana.resources.tending import plain, text
from pytest_kibana.resources.values import Thing, Values

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.resources.facade import Resources
    from pytest_kibana.wire import Credentials, KibanaClient

_UNSET: Any = object()
_MOST_TRIES = 2


class Factory(Borrowing):
    """Makes resources, and removes them.

    Args:
        client: who asks; its gates decide what may be made. Requests are marked as those of a factory.
        ledger: where intents are written before anything is made.
        mark: gives names.
        contract: chooses between the forms of an operation in different versions; by default the client's.
        space: where things of a space are made unless said otherwise: an id, a handle, None for the default space.
        allow: the highest safety class that may be sent; what could not be removed again is not made.
        belongings: the ids that the run owns; shared by the factories of a run.

    A factory may be shared between threads. It is a context manager that cleans up.
    """

    def __init__(
        self,
        client: "KibanaClient",
        *,
        ledger: Ledger,
        mark: RunMark,
        contract: "Contract | None" = None,
        space: "str | Handle | None" = None,
        belongings: Belongings | None = None,
        allow: str | None = None,
    ) -> None:
        self.client = client
        self.ledger = ledger
        self.mark = mark
        self.space = _space_id(space)
        self._clock = client.clock
        self._caller = Caller(client, contract)
        self._remover = Remover(self._caller, now=self._clock.now, sleep=self._clock.sleep)
        self.allow = Safety(allow) if allow else Safety.DISRUPTIVE
        self.belongings = belongings or Belongings(mark)
        self._entries: dict[int, Entry] = {}
        self._made: list[Handle] = []
        self._once: dict[tuple[str, ...], Handle | Reply] = {}
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._lock = threading.RLock()

    # -- making

    def make(
        self,
        name: str | Resource,
        /,
        *,
        space: "str | Handle | None" = _UNSET,
        body: Any = None,
        **fields: Any,
    ) -> Handle:
        """Make one.

        Args:
            name: of the resource, or its declaration where it is to be made in another way than the catalogue says.
            space: where; by default the factory's space. Things of the whole deployment ignore it.
            body: the whole body, in place of the smallest valid one.
            fields: members of the body, keys of the object (``id`` where the client chooses it), or parents by the
                name of their resource (``case=case``). A handle stands for its id.

        Raises:
            ResourceTrouble: Kibana refuses, or gives no answer.
            SafetyRefusal: the request is of a class that was not allowed.
            UsageError: there is no such resource, or none can be made.
        """
        kind = name if isinstance(name, Resource) else resource(name)
        return self._make(kind, space=space, body=body, fields=fields)

    def attempt(
        self,
        kind: Resource,
        *,
        beside: Handle,
        change: Callable[[Any], Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        credentials: "Credentials | None" = None,
    ) -> tuple[Reply, Handle]:
        """Send a create that is to be refused.

        Args:
            kind: of what.
            beside: an object with the same parents, in whose space it would be.
            change: turns the smallest body into the one that is sent.
            headers: beside the standard ones; None leaves one out.
            credentials: of somebody else.

        Returns:
            The reply, and what stands for the object that there must not be; hand it to :meth:`dismiss`.

        Raises:
            SafetyRefusal: the request is of a class that was not allowed.
            ResourceTrouble: a parent cannot be made.
        """
        values = Values(self.mark.unique(), beside.space, self._clock.now, self._parents(beside.space, {}))
        values.known = {
            key: beside.keys[key] if subjects(template) else fill(template, values)
            for key, template in kind.keys.items()
        }
        call = self._caller.choose(kind.create, undocumented=True)
        assert call is not None
        self._know(call, values)
        entry = self._intend(kind, values)
        reply = self._caller.send(
            call, values, space=beside.space, change=change, headers=headers, credentials=credentials
        )
        found = kind.id_in(reply.body) if reply.ok and not kind.chooses_id else None
        if found is not None:  # it was let in, and may bear no name of ours by which to find it
            values.known = {**values.known, "id": found}
            entry = self.ledger.made(entry, found)
        return reply, self._handle(kind, values, reply.body, entry, sent=reply.sent)

    def dismiss(self, handle: Handle, *, made: bool) -> None:
        """Forget what :meth:`attempt` tried to make, or remove it where it was made all the same."""
        if handle.entry is not None:
            if made:
                self._undo(handle.entry)
            else:
                self.ledger.gone(handle.entry)

    @property
    def contract(self) -> "Contract | None":
        """The contract by which forms of an operation are chosen."""
        return self._caller.contract

    def _make(self, kind: Resource, *, space: Any, body: Any, fields: Mapping[str, Any]) -> Handle:
        if kind.kind is Kind.FOUND:
            return self._found(kind, None if kind.scope is Scope.GLOBAL else self._where(space))
        if not kind.makeable:
            raise UsageError(
                f"no {kind.name} can be made: {kind.lacking or 'its API has no way to'}",
                hint="`pytest-kibana resources` says which can.",
            )
        if kind.safety.rank > self.allow.rank:
            raise SafetyRefusal(
                f"no {kind.name} was made: it, or its removal, is of class {kind.safety}, and {self.allow} is the "
                "highest allowed",
                hint=f"If this deployment may be changed in this way, allow it with --kibana-allow={kind.safety}.",
            )
        where = self._where(space) if kind.scope is Scope.SPACE else None
        if kind.kind is Kind.ENGINE:
            address = {k: str(plain(v)) for k, v in fields.items() if k in kind.keys}
            key = (kind.name, where or "", *sorted(f"{k}={v}" for k, v in address.items()))
            found = self._at_most_once(key, lambda: self._create(kind, where, body, fields))
            assert isinstance(found, Handle)
            return found
        return self._create(kind, where, body, fields)

    def _where(self, space: Any) -> str | None:
        return self.space if space is _UNSET else _space_id(space)

    def _create(self, kind: Resource, space: str | None, body: Any, fields: Mapping[str, Any]) -> Handle:
        parents = {n: v for n, v in fields.items() if isinstance(v, Handle) and v.resource.name == n}
        values = Values(self.mark.unique(), space, self._clock.now, self._parents(space, parents))
        for needed in kind.requires:
            self._require(needed, space)
        given = {n: plain(v) for n, v in fields.items() if n not in parents}
        keys = {
            k: given.pop(k) if k in given else fill(template, values) for k, template in kind.keys.items()
        }
        values.known = keys
        if kind.kind is Kind.SETTING:
            return self._set(kind, values, given)
        if kind.kind is Kind.ENGINE:
            there = self._remover.there(kind, space, keys)
            if there is not None:
                return self._handle(kind, values, kind.object_in(there.body), None, owned=False)
        call = self._caller.choose(kind.create, undocumented=True)
        assert call is not None
        self._know(call, values)
        entry = self._intend(kind, values)
        reply = self._send_create(call, values, entry, body, given)
        for _ in range(_MOST_TRIES if kind.safety is not Safety.DISRUPTIVE else 0):
            if reply.status is not None:
                break
            # No answer: what the request may have made goes before it is made again under the same name.
            self._undo(entry)
            entry = self._intend(kind, values)
            reply = self._send_create(call, values, entry, body, given)
        return self._settle(kind, values, entry, reply)

    def _send_create(
        self, call: Call, values: Values, entry: Entry, body: Any, given: Mapping[str, Any]
    ) -> Reply:
        def change(smallest: Any) -> Any:
            return plain(body) if body is not None else merged(smallest, call.root, given)

        if call.body is NOTHING and (given or body is not None):
            what = ", ".join(given) or "body"
            raise UsageError(f"{call.label} takes no body, so {what} cannot be given", hint="Leave it out.")
        try:
            return self._caller.send(call, values, space=values.space, change=change)
        except SafetyRefusal:
            self.ledger.gone(entry)
            raise

    def _settle(self, kind: Resource, values: Values, entry: Entry, reply: Reply) -> Handle:
        if not reply.ok:
            if not reply.lost:
                self.ledger.gone(entry)
            else:
                self._undo(entry)
            trouble = ResourceTrouble(f"no {kind.name} could be made: {reply}", hint=reply.advice(kind.needs))
            trouble.status = reply.status
            raise trouble
        if "id" not in kind.keys and kind.id_at is not None:
            found = kind.id_in(reply.body)
            if found is None:
                self._undo(entry)
                raise ResourceTrouble(
                    f"a {kind.name} was made, and its id cannot be found at {kind.id_at}: {reply}",
                    hint="This version of Kibana is not known to answer like this: report it, with the answer.",
                )
            values.known = {**values.known, "id": found}
        entry = self.ledger.made(entry, text(values.known.get("id")))
        handle = self._handle(kind, values, value_at(reply.body, kind.made_at), entry, sent=reply.sent)
        if kind.kind is Kind.RECORD:
            self.ledger.gone(entry)  # nothing but the end of its space or parent removes it
        if kind.read_within:
            self.until(lambda: self._read(handle).ok, kind.read_within)
        return handle

    def _intend(self, kind: Resource, values: Values, before: Any = None) -> Entry:
        entry = self.ledger.intend(
            kind.name, space=values.space, unique=values.unique, keys=values.known, before=before
        )
        with self._lock:
            self._entries[entry.n] = entry
        return entry

    def _undo(self, entry: Entry) -> None:
        """Take away what a lost create may have made. What is left stays in the ledger, for :meth:`cleanup`."""
        done = self._remover.remove(entry)
        if done.trouble is None and done.found:
            self.ledger.gone(entry)

    def _set(self, kind: Resource, values: Values, given: Mapping[str, Any]) -> Handle:
        """Change a setting, having written down what it said before."""
        there = self._remover.there(kind, values.space, values.known)
        call = self._caller.choose(kind.update)
        if there is None or call is None:
            hint = "It is changed only when it can be put back as it was."
            raise ResourceTrouble(f"the {kind.name} cannot be read", hint=hint)
        self._know(call, values)
        before = kind.object_in(there.body)
        entry = self._intend(kind, values, before)
        return self._settle(kind, values, entry, self._send_create(call, values, entry, None, given))

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
        handle = Handle(
            self,
            kind,
            keys=values.known,
            space=values.space,
            unique=values.unique,
            body=body,
            sent=sent,
            entry=entry,
            owned=owned,
        )
        if owned:
            self.own([v for k, v in handle.keys.items() if k == "id" or holes(kind.keys.get(k, ""))])
        with self._lock:
            self._made.append(handle)
        return handle

    def _parents(self, space: str | None, given: Mapping[str, Handle]) -> Callable[[str], Thing]:
        """Return what finds the parents of one object: those that were given, else one of its own each."""
        found: dict[str, Thing] = dict(given)

        def find(name: str) -> Thing:
            if name not in found and resource(name).kind is Kind.FOUND:
                raise UsageError(
                    f"a {name} belongs to somebody else, and none is used unless you name it",
                    hint=f"Give one: {name}=kibana_resources.factory.make({name!r}).",
                )
            if name not in found:
                found[name] = self._make(resource(name), space=space, body=None, fields={})
            return found[name]

        return find

    def _know(self, call: Call, values: Values) -> None:
        """Make every parent that a call names before the intent is written, so that no intent waits for another."""
        for template in call.templates():
            for name in subjects(template):
                values.others(name)

    def need(self, name: str) -> None:
        """Make sure that something is there once: a preparation, or a thing of which there is one.

        Raises:
            ResourceTrouble, SafetyRefusal, UsageError: as for :meth:`make`.
        """
        if name in RESOURCES and RESOURCES[name].kind is Kind.SETTING:
            # Once alone: what a second look would take for its old value is what we made of it.
            self._at_most_once((name, self.space or ""), lambda: self.make(name))
        else:
            self._require(name, self.space)

    def forget(self, name: str) -> None:
        """Forget that a thing of which there is one was made: a request took it away, so it is made again."""
        with self._lock:
            for key in [key for key in self._once if key[0] == name]:
                del self._once[key]

    def _require(self, name: str, space: str | None) -> None:
        if name in RESOURCES:
            self._make(RESOURCES[name], space=space, body=None, fields={})
            return
        preparation = PREPARATIONS[name]
        where = space if preparation.scope is Scope.SPACE else None

        def prepare() -> Reply:
            done = self._caller.send(preparation.done, _no_holes, space=where)
            if done.ok:
                return done
            reply = self._caller.send(preparation.call, _no_holes, space=where)
            if not reply.ok:
                raise ResourceTrouble(
                    f"the deployment could not be prepared ({name}): {reply}", hint=preparation.summary
                )
            return reply

        self._at_most_once((name, where or ""), prepare)

    def _at_most_once(self, key: tuple[str, ...], make: Callable[[], Handle | Reply]) -> Handle | Reply:
        """Return what was made under a key, making it the first time; other threads wait for it."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._once:
                self._once[key] = make()
            return self._once[key]

    # -- cleaning up

    @property
    def handles(self) -> tuple[Handle, ...]:
        """Everything that was made, oldest first."""
        with self._lock:
            return tuple(self._made)

    def adopt(self, entry: Entry) -> None:
        """Take over the cleaning of something that a request of somebody else made under our ledger."""
        with self._lock:
            self._entries[entry.n] = entry
        self.own(entry.id)

    def own(self, value: Any) -> None:
        """Take ids into possession: texts, also inside lists."""
        if isinstance(value, str):
            self.belongings.add(value)
        elif isinstance(value, list | tuple):
            for one in value:
                self.own(one)

    def owns(self, value: str) -> bool:
        """Tell whether an id is of something that this run made, or is a name that only this run gives."""
        return self.belongings.owns(value)

    def now(self) -> float:
        """Seconds since the epoch, by the client's clock."""
        return self._clock.now()

    @cached_property
    def resources(self) -> "Resources":
        """One method for each resource that can be made."""
        from pytest_kibana.resources.facade import Resources

        return Resources(self)

    def within(self, space: "str | Handle | None" = None) -> "Factory":
        """Return another factory on the same ledger that makes things in a space, and cleans up only its own."""
        return Factory(
            self.client,
            ledger=self.ledger,
            mark=self.mark,
            contract=self._caller.contract,
            space=space,
            belongings=self.belongings,
            allow=self.allow.value,
        )

    def cleanup(self) -> tuple[Removed, ...]:
        """Remove everything that was made and is still there, newest first; doing it twice does nothing.

        What lies in a space of ours is removed with that space, but for what would outlive it.

        Returns:
            What became of each.

        Raises:
            LeftoversError: something could not be removed; all else was.
        """
        with self._lock:
            mine = tuple(e for e in self.ledger.entries if e.n in self._entries)
            done = tuple(self._remove_all(mine))
            self._made.clear()
            self._once.clear()
        left = [str(d) for d in done if d.trouble]
        if left:
            raise LeftoversError(
                "not everything that this run made could be removed:\n    " + "\n    ".join(left),
                hint=f"`pytest-kibana sweep` tries again; what is left is written in {self.ledger.path}.",
            )
        return done

    def _remove_all(self, entries: tuple[Entry, ...]) -> "list[Removed]":
        done: list[Removed] = []
        spaces = {str(e.keys.get("id")) for e in entries if e.resource == "space"}
        for entry in reversed(entries):
            kind = RESOURCES[entry.resource]
            if entry.space in spaces and kind.scope is Scope.SPACE and not kind.outlives_space:
                continue
            name = entry.id or entry.unique
            if done and done[-1].silent:
                # Each question to a target that is gone takes its time; one says enough.
                done.append(Removed(entry.resource, name, entry.space, True, "not tried", silent=True))
                continue
            try:
                removed = self._remover.remove(entry)
            except HarnessError as trouble:
                removed = Removed(entry.resource, name, entry.space, found=True, trouble=trouble.message)
            done.append(removed)
            if removed.trouble is None:
                self._struck(entry)
        return done

    def _struck(self, entry: Entry) -> None:
        """Strike an entry out, and with a space everything that was in it."""
        self.ledger.gone(entry)
        if entry.resource == "space":
            for inside in self.ledger.entries:
                kind = RESOURCES[inside.resource]
                if inside.space == entry.keys.get("id") and kind.scope is Scope.SPACE:
                    self.ledger.gone(inside)

    def __enter__(self) -> "Factory":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.cleanup()


def _space_id(space: Any) -> str | None:
    name = getattr(space, "id", space)
    return None if name in (None, "default") else str(name)


def _no_holes(hole: Hole) -> Any:
    raise UsageError(f"a preparation has no placeholder {hole}", hint="Give it a body without placeholders.")
