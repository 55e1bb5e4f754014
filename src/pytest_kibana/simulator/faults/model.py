"""What a fault is: something that goes wrong at one operation, by name, and only when asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.inventory import RESOURCES, Resource
from pytest_kibana.simulator.replies import Reply
from pytest_kibana.simulator.routing import anonymous
from pytest_kibana.simulator.schemas import Schemas
from pytest_kibana.simulator.store import Clock
from pytest_kibana.simulator.synthesis import Synthesiser
from pytest_kibana.simulator.world import Call, World

Json = Any
Proceed = Callable[[], Reply]
Around = Callable[[Call, Proceed], Reply]
After = Callable[[Call, Reply], Reply]
Stage = Callable[[Call, Proceed], None]
Migrate = Callable[[World, Resource], bool]
Headers = list[tuple[bytes, bytes]]
Wire = Callable[[Any, int, Headers, bytes], Awaitable[tuple[int, Headers, bytes]]]


class Bench:
    """What is needed to tell whether a fault can show at an operation: the contract's schemas."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.schemas = Schemas(contract)
        self.synthesiser = Synthesiser(self.schemas, Clock())


Applies = Callable[[Operation, Bench], bool]


def always(operation: Operation, bench: Bench) -> bool:
    """Any operation."""
    return True


def unsafe(operation: Operation, bench: Bench) -> bool:
    """Operations for which Kibana demands ``kbn-xsrf``."""
    return operation.unsafe


def reads(operation: Operation, bench: Bench) -> bool:
    """GETs."""
    return operation.method == "GET"


def has_json_body(operation: Operation, bench: Bench) -> bool:
    """Operations that take a JSON body with a schema, and read it: the body of a GET means nothing."""
    if not operation.unsafe:
        return False
    media = operation.body.media("application/json") if operation.body is not None else None
    return media is not None and media.schema is not None and not media.schema.vacuous


def answers_json(operation: Operation, bench: Bench) -> bool:
    """Operations whose success is documented with a JSON body."""
    success = operation.success
    return success is not None and any(m.name == "application/json" for m in success.content)


def changes(operation: Operation, bench: Bench) -> bool:
    """Operations that make, change or remove a thing of which somebody can see that it was done: what is made under an
    id that nobody was told shows in a list only.
    """
    role, resource = role_of(operation)
    if role not in ("create", "update", "delete") or resource is None:
        return False
    known = resource.upsert or resource.single or resource.chosen or bool(resource.aliases)
    ways = resource.list if role == "create" and not known else (*resource.read, *resource.list)
    return any(bench.contract.find(label) is not None for label in ways)


def shows(bench: Bench, operation: Operation, names: tuple[str, ...]) -> bool:
    """Tell whether a success is documented to show one of these properties, at its top or in a wrapper."""
    success = operation.success
    media = success.media("application/json") if success is not None else None
    if media is None or media.schema is None:
        return False
    top = _properties(bench, media.schema.json)
    inner = (name for part in top.values() for name in _properties(bench, part))
    return bool(set(names) & {*top, *inner})


def _properties(bench: Bench, schema: Json) -> dict[str, Json]:
    flat = bench.synthesiser.flat(schema)
    found = flat.get("properties", {}) if isinstance(flat, dict) else {}
    return found if isinstance(found, dict) else {}


def role_of(operation: Operation) -> tuple[str, Resource | None]:
    """Return what an operation does to which kind of thing; ("", None) where it is no resource's."""
    return _ROLES.get(f"{operation.method} {anonymous(operation.path)}", ("", None))


def kind_of(label: str) -> Resource | None:
    """Return the kind of thing that an operation is about, by its label without parameter names."""
    return _ROLES.get(label, ("", None))[1]


_ROLES: dict[str, tuple[str, Resource | None]] = {
    label: (role, resource)
    for resource in reversed(RESOURCES)
    for label, role in reversed([*resource.roles()])
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    Attributes:
        name: ``group.what``.
        breaks: one sentence: what is wrong then.
        noticed_by: in plain words, the kinds of check that must notice.
        applies: where it can show.
        stages: replacements of stages of the engine; None leaves the stage out. A replacement may call
            ``proceed`` to do the operation although it refuses it afterwards.
        around: runs instead of the handler, and may call it.
        after: changes the reply, refusals included.
        wire: takes over when the answer is about to be sent; a status of 0 says that it was dealt with.
        unchecked: the request is not held against the contract.
        slack: checks inside handlers that are left out (``version``).
        of_success: it shows only where something succeeds when nothing is wrong.
        migrate: is done once to what is kept of the kind of thing, when the data is of an older release; it tells
            whether there was something to do it to.
    """

    name: str
    breaks: str
    noticed_by: tuple[str, ...]
    applies: Applies = always
    stages: Mapping[str, Stage | None] = field(default_factory=dict)
    around: Around | None = None
    after: After | None = None
    wire: Wire | None = None
    unchecked: bool = False
    slack: frozenset[str] = frozenset()
    migrate: Migrate | None = None
    of_success: bool = False

    @property
    def group(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]
