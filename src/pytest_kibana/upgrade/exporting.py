"""Exports: files that people keep, and that must still be readable by the Kibana of after.

What an export holds is taken into an empty throwaway space, before the upgrade and after it: what it came to then is
what it must come to now.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_kibana.errors import HarnessError
from pytest_kibana.resources import File, Handle
from pytest_kibana.resources.calls import Caller, Reply
from pytest_kibana.resources.model import MULTIPART, Call
from pytest_kibana.resources.template import Hole, value_at
from pytest_kibana.upgrade.ground import Ground, storm
from pytest_kibana.upgrade.state import Exported, Member, State

if TYPE_CHECKING:
    from collections.abc import Iterator

_NDJSON = "application/ndjson"


@dataclass(frozen=True, slots=True)
class Way:
    """How things of a resource leave and come back.

    Attributes:
        resource: of what.
        out, back: labels of the operations.
        query: of the export; a value that begins with ``@`` is that key of the object, and makes one file for each.
        objects: where the export names all objects in its body: the member, and the keys that name one.
        more: further members of that body.
        taken: query of the import.
        count_at: pointers to how many were taken, the first that is there counts; empty where success is all it says.
        needs: what must be there in the space before the import.
    """

    resource: str
    out: str
    back: str
    query: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[str, tuple[str, ...]] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    count_at: tuple[str, ...] = ()
    needs: str | None = None


WAYS: tuple[Way, ...] = (
    Way(
        "saved_object",
        "POST /api/saved_objects/_export",
        "POST /api/saved_objects/_import",
        objects=("objects", ("type", "id")),
        more={"includeReferencesDeep": True},
        taken={"createNewCopies": "true"},
        count_at=("/successCount",),
    ),
    Way(
        "detection_rule",
        "POST /api/detection_engine/rules/_export",
        "POST /api/detection_engine/rules/_import",
        objects=("objects", ("rule_id",)),
        count_at=("/success_count",),
    ),
    Way(
        "exception_list",
        "POST /api/exception_lists/_export",
        "POST /api/exception_lists/_import",
        query={
            "id": "@id",
            "list_id": "@list_id",
            "namespace_type": "@namespace_type",
            "include_expired_exceptions": "true",
        },
        count_at=("/success_count",),
    ),
    Way(
        "value_list",
        "POST /api/lists/items/_export",
        "POST /api/lists/items/_import",
        query={"list_id": "@id"},
        taken={"type": "keyword"},
        needs="value_list_index",
    ),
    Way(
        "timeline",
        "POST /api/timeline/_export",
        "POST /api/timeline/_import",
        query={"file_name": "timelines"},
        objects=("ids", ("id",)),
        count_at=("/success_count", "/timelines_installed"),
    ),
)


class Exporter:
    """Exports the population, and tries imports.

    Args:
        state: where the files are kept.
        ground: who asks.
    """

    def __init__(self, state: State, ground: Ground) -> None:
        self.state = state
        self.ground = ground
        self._caller = Caller(ground.factory.client, ground.contract)

    def export(self, members: Iterable[Member]) -> "Iterator[Exported]":
        """Export what the contract has exports for; each is kept as a file, and taken back once to see that it can be.

        Args:
            members: the population; of kinds of a space, those of the first one.
        """
        mine = [member for member in members if member.side == "a"]
        for way in WAYS:
            some = [member for member in mine if member.resource == way.resource]
            if not some or self.ground.contract.find(way.out) is None:
                continue
            for name, call, named in _calls(way, some):
                reply = self._send(call, some[0].space)
                if reply is None or not reply.ok or not reply.text.strip():
                    continue
                path = self.state.write(f"exports/{name}.ndjson", reply.text)
                found = Exported(name, path.name, way.out, tuple(member.key for member in named))
                back = self.take_in(found)
                if back is not None:
                    found = replace(found, status=back[0], imported=back[1], why=back[2])
                yield found

    def take_in(self, exported: Exported) -> tuple[int | None, int | None, str] | None:
        """Import an export into an empty space of its own.

        Returns:
            The status, how many were taken (None where none were), and what was said; None where it cannot be tried.
        """
        way = next((way for way in WAYS if way.out == exported.label), None)
        path = self.state.exports / exported.file
        if way is None or not path.is_file() or self.ground.contract.find(way.back) is None:
            return None
        content = path.read_bytes()
        with self._space(way.needs) as space:
            file = File(f"{exported.name}.ndjson", content, _NDJSON)
            call = Call(way.back, query=way.taken, body={"file": file}, media=MULTIPART)
            reply = self._send(call, space.id)
        if reply is None:
            return None
        if storm(reply):
            return None, None, str(reply)
        if not reply.ok:
            return reply.status, None, str(reply)
        counts = [value_at(reply.body, pointer) for pointer in way.count_at]
        count = next((c for c in counts if isinstance(c, int)), None)
        return reply.status, 1 if not way.count_at else count, reply.text[:300]

    @contextmanager
    def _space(self, needs: str | None) -> "Iterator[Handle]":
        factory = self.ground.factory.within()
        space = factory.make("space")
        try:
            if needs is not None:
                factory.make(needs, space=space)
            yield space
        finally:
            with suppress(HarnessError):  # what is left is in the ledger, and goes with everything else
                factory.cleanup()

    def _send(self, call: Call, space: str | None) -> Reply | None:
        try:
            return self._caller.send(call, _nothing, space=space)
        except HarnessError:
            return None


def _calls(way: Way, members: Sequence[Member]) -> "Iterator[tuple[str, Call, Sequence[Member]]]":
    """Yield name, call and members of each file of a way."""
    if way.objects is not None:
        where, keys = way.objects
        named = [{key: _key(member, key) for key in keys} for member in members]
        rows: list[Any] = [row[keys[0]] for row in named] if where == "ids" else list(named)
        yield way.resource, Call(way.out, query=way.query, body={where: rows, **way.more}), members
        return
    for member in members:
        query = {name: _key(member, v[1:]) if v.startswith("@") else v for name, v in way.query.items()}
        yield f"{way.resource}-{member.variant}", Call(way.out, query=query), [member]


def _key(member: Member, name: str) -> Any:
    return member.id if name == "id" else member.keys[name]


def _nothing(hole: Hole) -> Any:
    return str(hole)  # a file may hold what looks like a hole, and is sent as it is
