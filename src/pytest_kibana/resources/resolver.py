"""The resolver: puts ids of objects that the run owns where cases have holes, just before they are sent.

What comes of a request must not depend on what was sent before. Objects that requests only read are shared; an
operation that changes objects has its own; what a request takes away is made for it alone. It also keeps watch over
what generated requests make themselves.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pytest_kibana.errors import HarnessError, OwnershipRefusal, ResourceTrouble, SafetyRefusal, UsageError
from pytest_kibana.resources.catalogue import NAMES, RESOURCES
from pytest_kibana.resources.claims import claims_for
from pytest_kibana.resources.factory import Factory
from pytest_kibana.resources.handle import Handle
from pytest_kibana.resources.inventing import Inventions
from pytest_kibana.resources.ledger import Entry
from pytest_kibana.resources.mark import marks_in, trace
from pytest_kibana.resources.model import Kind, Resource, Safety, Scope
from pytest_kibana.resources.recipes import Recipe
from pytest_kibana.resources.template import Hole, fill, holes, places, put, value_at
from pytest_kibana.resources.values import Thing, Values
from pytest_kibana.target import load_facts

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Operation
    from pytest_kibana.wire.exchange import Exchange, Request


class CaseLike(Protocol):
    """What the resolver needs of a case; see :class:`pytest_kibana.cases.Case`."""

    @property
    def operation(self) -> str:
        """Label of the operation."""

    @property
    def path(self) -> Mapping[str, Any]:
        """Values of path parameters, holes among them."""

    @property
    def query(self) -> Mapping[str, Any]:
        """Values of query parameters, holes among them."""

    @property
    def headers(self) -> Mapping[str, Any]:
        """Values of headers, holes among them."""

    @property
    def body(self) -> Any:
        """The body, holes in it."""

    @property
    def valid(self) -> bool:
        """Whether the contract allows the request."""


_ABSENT = object()
_READ = "what is read"
_INVENTED = "where nothing is known"
_MOST_REMADE = 2
_MOST_TRIES = 3
C = TypeVar("C", bound=CaseLike)


@dataclass(frozen=True, slots=True)
class _Lent:
    """An object that a request may take away."""

    handle: Handle
    operation: str


@dataclass(frozen=True, slots=True)
class _Nobodys:
    """An object that is not there: whatever is asked of it is a name that only this run gives."""

    name: str
    owned: bool = False

    def value(self, part: str | None = None, pointer: str | None = None) -> Any:
        """Return the name."""
        return self.name


class Resolver:
    """Fills holes with objects of a factory. Safe to share between threads.

    Args:
        factory: makes the objects; its space is the throwaway space of the run.
        contract: whose operations the cases are of.
        recipes: what operations need (:func:`pytest_kibana.resources.recipes.recipes_for`).

    Give :meth:`heard` to the clients as a listener, so that what requests make is written down and removed.
    """

    def __init__(self, factory: Factory, contract: "Contract", recipes: Mapping[str, Recipe]) -> None:
        self._factory = factory
        self._contract = contract
        self._recipes = recipes
        self._facts = load_facts()
        self._claims = claims_for(contract, recipes)
        self._inventions = Inventions(factory, contract, self._other_space)
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], Handle] = {}
        self._failed: dict[str, list[HarnessError]] = {}
        self._making: dict[tuple[str, str], threading.Lock] = {}
        self._spare: dict[str, list[Handle]] = {}
        self._lent: dict[str, _Lent] = {}
        self._expected: dict[str, Entry] = {}
        self._remade: dict[tuple[str | None, str], int] = {}

    def resolve(self, case: C) -> C:
        """Return the case with every hole filled.

        Raises:
            ResourceTrouble: an object that it needs cannot be made here.
            SafetyRefusal: making it would need more than was allowed.
        """
        operation = self._contract.operations[case.operation]
        recipe = self._recipes.get(case.operation, Recipe())
        self._demand_allowed(case.operation)
        values = Values(
            self._factory.mark.unique(),
            self._factory.space,
            self._factory.now,
            self._finder(case.operation, recipe, self._use(operation)),
        )
        for name in recipe.needs:
            self._need(name, operation)
        if recipe.choices and case.valid:
            self._need_chosen(case, operation, recipe)
        for name in recipe.without:
            self._take_away(name)
        for name in recipe.wishes:
            with suppress(SafetyRefusal, ResourceTrouble, UsageError):
                self._pooled(name, _READ)
        lookup = _lenient(values, self._factory)
        filled: Any = replace(
            case,  # type: ignore[type-var]
            path=fill(case.path, lookup),
            query=fill(case.query, lookup),
            headers=fill(case.headers, lookup),
            body=_fill_body(case.body, lookup),
        )
        filled = replace(filled, body=pinned(filled.body, recipe.pins, lookup))
        if self._may_invent(operation, recipe):
            filled = self._inventions.into(filled, operation)
        kind = RESOURCES.get(recipe.creates or "")
        if kind is not None and _outlives(kind):
            filled = self._expect(kind, recipe, filled, values)
        found: C = filled
        return found

    def _demand_allowed(self, label: str) -> None:
        """Write down no intent of a request that will not be sent: what may be done can become less during a run."""
        safety = Safety(str(self._facts.of(label).safety))
        if safety.rank > self._factory.allow.rank:
            raise SafetyRefusal(
                f"{label} was not sent: it is of class {safety}, and {self._factory.allow} is the highest allowed",
                hint="The credentials of the run may make no throwaway space, or --kibana-allow says less.",
            )

    def _use(self, operation: "Operation") -> str:
        """Return whose objects an operation gets: those that all who read share, or its own."""
        reads = operation.method == "GET" or self._facts.of(operation.label).safety == "read"
        return _READ if reads else operation.label

    def _finder(self, operation: str, recipe: Recipe, use: str) -> Callable[[str], Thing]:
        """Return what finds the objects of one case; two holes about one resource mean the same object."""
        found: dict[str, Thing] = {}
        changed = self._claims[operation].changes if operation in self._claims else frozenset()

        def find(name: str) -> Thing:
            if name not in found:
                if RESOURCES[name].kind is Kind.FOUND:
                    found[name] = self._somebodys(name, use)
                elif name in recipe.consumes:
                    found[name] = self._lend(name, operation)
                else:
                    found[name] = self._pooled(name, use)
                if name in changed:
                    _demand_ours(found[name], name)
            return found[name]

        return find

    def _somebodys(self, name: str, use: str) -> Thing:
        """Return what is there without us where it is only read; else, and where there is none, what nobody has."""
        if use == _READ:
            with suppress(ResourceTrouble, SafetyRefusal):
                return self._pooled(name, use)
        return _Nobodys(self._factory.mark.unique())

    def _pooled(self, name: str, use: str) -> Handle:
        key = (name, use)
        with self._lock:
            lock = self._making.setdefault(key, threading.Lock())
        with lock:
            if key not in self._pools:
                self._pools[key] = self._make_or_borrow(name) if use == _READ else self._make(name)
            return self._pools[key]

    def _make_or_borrow(self, name: str) -> Handle:
        """Make an object to be read; where that is not allowed, take one that somebody else made."""
        try:
            return self._make(name)
        except (SafetyRefusal, ResourceTrouble) as trouble:
            if isinstance(trouble, SafetyRefusal) or RESOURCES[name].kind is Kind.FOUND:
                with suppress(ResourceTrouble):
                    return self._factory.borrow(name)
            raise

    def _need_chosen(self, case: CaseLike, operation: "Operation", recipe: Recipe) -> None:
        """Make the one that a request names where there is one each of a few, as of the types of entities. Where that
        is not allowed, what only reads may find that somebody else made that very one. It is a choice where the
        contract allows no name of ours in its place.
        """
        given: dict[str, dict[str, str]] = {}
        for parameter in operation.parameters:
            chosen, said = recipe.choices.get(parameter.name), case.path.get(parameter.name)
            if chosen is None or parameter.location != "path" or holes(said):
                continue
            hole = holes(chosen)[0]
            if hole.subject in recipe.needs and not self._contract.is_valid(
                parameter.schema, self._factory.mark.unique()
            ):
                given.setdefault(hole.subject, {})[str(hole.part)] = str(said)
        for name, keys in given.items():
            try:
                self._factory.make(name, **keys)
            except SafetyRefusal:
                there = self._pooled(name, _READ) if self._use(operation) == _READ else None
                if there is None or any(there.value(part) != value for part, value in keys.items()):
                    raise
            except ResourceTrouble:
                if not self._is_asked(name, operation):
                    raise

    def _need(self, name: str, operation: "Operation") -> None:
        """Make sure that something is there once. What only reads may find that it is there already."""
        try:
            self._factory.need(name)
        except SafetyRefusal:
            if self._use(operation) != _READ:
                raise
            self._make_or_borrow(name)
        except ResourceTrouble:
            if not self._is_asked(name, operation):
                raise

    def _is_asked(self, name: str, operation: "Operation") -> bool:
        """Tell whether it is the operation itself that reads or changes a setting, or switches an engine on: its answer
        shows why that cannot be done, and no harm is done where the change would go with the throwaway space.
        """
        kind = RESOURCES.get(name)
        if kind is None or kind.kind not in (Kind.SETTING, Kind.ENGINE):
            return False
        setting = kind.kind is Kind.SETTING
        changing = kind.update if setting else kind.create
        calls = (*(kind.read if setting else ()), *(changing if kind.scope is Scope.SPACE else ()))
        return any(self._contract.find(call.label) is operation for call in calls)

    def _lend(self, name: str, operation: str) -> Handle:
        with self._lock:
            spare = self._spare.get(name)
            handle = spare.pop() if spare else None
        handle = handle or self._make(name)
        if RESOURCES[name].kind is Kind.OBJECT:
            with self._lock:
                self._lent[handle.id] = _Lent(handle, operation)
        return handle

    def _take_away(self, name: str) -> None:
        """Take away that of which there is one, for a request is about to make it; the ledger still has it.

        What cannot be made is not there, and the request shows why: it is sent where what it makes goes with the space.
        """
        try:
            handle = self._make(name)
        except ResourceTrouble:
            if RESOURCES[name].scope is Scope.SPACE:
                return
            raise
        delete = self._factory.known(handle.resource.delete)
        if delete is not None:
            self._factory.ask(handle, delete)
        self._forget((name,))

    def _make(self, name: str) -> Handle:
        """Make an object. What could not be made is tried again, for a request may have been in the way, but seldom."""
        failed = self._failed.setdefault(name, [])
        if len(failed) >= _MOST_TRIES:
            raise failed[-1]
        try:
            return self._factory.make(name)
        except HarnessError as trouble:
            failed.append(trouble)
            raise

    # -- what requests make and take away

    def _expect(self, kind: Resource, recipe: Recipe, case: Any, values: Values) -> Any:
        """Write down what a request is about to make, under a name by which it can be found."""
        if case.valid and isinstance(case.body, Mapping):
            lookup = _lenient(values, self._factory)
            for pointer, text in places(recipe.body):
                there = value_at(case.body, pointer)
                if "${unique" in text and isinstance(there, str) and trace(there) is None:
                    case = replace(case, body=put(case.body, pointer, fill(text, lookup)))
        # An id grammar may take no hyphens, so it is the run that tells whether a name is ours.
        said = json.dumps([case.path, case.query, case.body], default=repr)
        name = next((n for n in marks_in(said) if self._factory.owns(n)), None)
        if name is None:
            return case
        keys = {key: _key(kind, recipe, case, key, values) for key in kind.keys}
        if not all(self._mine(keys[key]) for key, template in kind.keys.items() if holes(template)):
            return case  # what is not ours is not ours to remove, and the gate stops the request
        space = self._factory.space if kind.scope is Scope.SPACE else None
        entry = self._factory.ledger.intend(kind.name, space=space, unique=name, keys=keys)
        self._factory.adopt(entry)
        with self._lock:
            self._expected[name] = entry
        return case

    def _may_invent(self, operation: "Operation", recipe: Recipe) -> bool:
        """Tell whether nothing stays that nobody knows of, where a request names what is not there.

        Some operations make what they do not find. That goes with a throwaway space, or is written down by
        :meth:`_expect`; a request about an object of ours makes no other.
        """
        safety = self._facts.of(operation.label).safety
        if safety in ("read", "space"):
            return safety == "space"
        about_ours = any(holes(value) for value in recipe.path.values())
        return operation.method in ("GET", "DELETE") or recipe.creates is not None or about_ours

    def _other_space(self) -> str | None:
        with suppress(SafetyRefusal, ResourceTrouble, UsageError):
            return self._pooled("space", _INVENTED).id
        return None

    def _mine(self, value: Any) -> bool:
        return isinstance(value, str) and self._factory.owns(value)

    def heard(self, exchange: "Exchange") -> None:
        """Take note of an exchange: what was made is ours now, what was taken away need not be removed."""
        request, answer = exchange.request, exchange.answer
        if request.operation is None or answer is None or exchange.weather:
            return
        recipe = self._recipes.get(request.operation)
        if recipe is None or request.origin != "generated":
            return
        said = _said(request)
        if recipe.creates:
            self._heard_create(RESOURCES[recipe.creates], said, answer.status, answer.json, request.space)
        if recipe.consumes:
            self._heard_delete(recipe.consumes, said, answer.status)

    def _heard_create(self, kind: Resource, said: str, status: int, body: Any, space: str | None) -> None:
        if not _outlives(kind) or status >= 500:
            return
        with self._lock:
            names = [n for n in marks_in(said) if n in self._expected]
            entries = [self._expected.pop(n) for n in names]
        ledger = self._factory.ledger
        if not 200 <= status < 300:
            for entry in entries:
                ledger.gone(entry)
            return
        found = None if kind.chooses_id else kind.id_in(body)
        if not entries and found is not None:
            entries = [ledger.intend(kind.name, space=space, unique=found, keys={})]
        for entry in entries if found is not None or kind.chooses_id or kind.id_at is None else ():
            self._factory.adopt(ledger.made(entry, found))

    def _heard_delete(self, names: tuple[str, ...], said: str, status: int) -> None:
        if 200 <= status < 300:
            self._forget(names)
        with self._lock:
            for name in [n for n in self._lent if n in said]:
                lent = self._lent.pop(name)
                if 400 <= status < 500 and status != 404:
                    self._spare.setdefault(lent.handle.resource.name, []).append(lent.handle)

    def spoilt(self, exchange: "Exchange") -> bool:
        """Tell whether a good request was about an object that is no longer good; the next gets another.

        A request of another operation may have taken it away, changed its name, or emptied what it lies in, and then
        Kibana does not find it. Some operations find nothing however good the object is, so each is believed a few
        times only.
        """
        request, answer = exchange.request, exchange.answer
        if request.intent.expect != "accepted" or answer is None or answer.status != 404:
            return False
        said, found = _said(request), False
        with self._lock:
            for key, handle in list(self._pools.items()):
                names = [v for v in handle.keys.values() if isinstance(v, str) and len(v) > 8]
                blamed = (request.operation, key[0])
                if any(n in said for n in names) and self._remade.get(blamed, 0) < _MOST_REMADE:
                    self._remade[blamed] = self._remade.get(blamed, 0) + 1
                    del self._pools[key]
                    found = True
        return found

    def _forget(self, names: tuple[str, ...]) -> None:
        """Make anew what there is one of and a request took away, and everything that needs it."""
        gone = {name for name in names if RESOURCES[name].kind is Kind.ENGINE}
        while more := {n for n, k in RESOURCES.items() if gone & set(k.parents)} - gone if gone else None:
            gone |= more
        with self._lock:
            for key in [key for key in self._pools if key[0] in gone]:
                del self._pools[key]
        for name in gone:
            self._factory.forget(name)


def _said(request: "Request") -> str:
    """Return everything in a request that may name an object."""
    return f"{request.path} {request.query} {(request.body or b'').decode('utf-8', 'replace')}"


def _demand_ours(thing: Thing, name: str) -> None:
    """Keep requests that change something from what somebody else has installed for the whole deployment."""
    kind = RESOURCES[name]
    if kind.kind is Kind.ENGINE and kind.scope is Scope.GLOBAL and not getattr(thing, "owned", True):
        raise OwnershipRefusal(
            f"nothing was sent that may change {name} {thing.value('id', None)}: it was there before this run",
            hint="A generated change may only touch what the run made. Remove it to have it tested.",
        )


def _outlives(kind: Resource) -> bool:
    """Tell whether something of this kind stays when the throwaway space is deleted."""
    removable = kind.kind is Kind.OBJECT and bool(kind.delete)
    return removable and (kind.scope is Scope.GLOBAL or kind.outlives_space)


def _lenient(values: Values, factory: Factory) -> Callable[[Hole], Any]:
    """Return a lookup that leaves alone what only looks like a hole, and makes ours what it fills in."""

    def lookup(hole: Hole) -> Any:
        known = hole.subject in NAMES if hole.names_resource else hole.subject != "self"
        if not known:
            return str(hole)
        value = values(hole)
        if hole.subject == "uuid" or (
            hole.names_resource and getattr(values.others(hole.subject), "owned", False)
        ):
            factory.own(value)
        return value

    return lookup


def pinned(body: Any, pins: Mapping[str, Any], lookup: Callable[[Hole], Any]) -> Any:
    """Return the body without what would harm: pinned members have their one value, or a type that is refused."""
    for pointer, value in pins.items():
        there = value_at(body, pointer, _ABSENT)
        parent = value_at(body, pointer.rpartition("/")[0])
        if isinstance(value, str):
            if isinstance(parent, Mapping) and (there is _ABSENT or isinstance(there, str)):
                body = put(body, pointer, fill(value, lookup))
        elif type(there) is type(value):
            body = put(body, pointer, value)
    return body


def _fill_body(body: Any, lookup: Callable[[Hole], Any]) -> Any:
    if isinstance(body, Mapping):
        return {fill(k, lookup): _fill_body(v, lookup) for k, v in body.items()}
    if isinstance(body, list):
        return [_fill_body(v, lookup) for v in body]
    if is_dataclass(body) and not isinstance(body, type):
        file: Any = body
        content = str(fill(file.content.decode("utf-8", "surrogateescape"), lookup))
        return replace(
            file, filename=fill(file.filename, lookup), content=content.encode("utf-8", "surrogateescape")
        )
    return fill(body, lookup)


def _key(kind: Resource, recipe: Recipe, case: Any, key: str, values: Values) -> Any:
    """Return the value that a request gives to a key of the object that it makes."""
    for call in kind.create:
        wanted = f"${{self.{key}}}"
        for name, text in call.path.items():
            position = list(call.path).index(name)
            if text == wanted and position < len(case.path):
                return list(case.path.values())[position]
        for pointer, text in places(call.body if isinstance(call.body, Mapping) else {}):
            if text == wanted:
                return value_at(case.body, pointer)
    return fill(kind.keys[key], values)
