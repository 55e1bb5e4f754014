"""What the stand-in remembers: records in tables, by kind and space, and the clock that dates them."""

import base64
import time
import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = Any
EVERYWHERE = "*"
"""The space under which things are kept that are the same whatever the prefix of the path says."""


class Clock:
    """Times that only move forward, and ids that never repeat."""

    def __init__(self) -> None:
        self._last = 0
        self._sequence = 0

    def millis(self) -> int:
        """Return milliseconds since 1970; two calls never see the same one."""
        self._last = max(int(time.time() * 1000), self._last + 1)
        return self._last

    def now(self) -> str:
        """Return the time as Kibana writes it: ISO 8601, UTC, milliseconds, ``Z``."""
        return stamp(self.millis())

    def uuid(self) -> str:
        """Return a fresh id."""
        return str(uuid.uuid4())

    def sequence(self) -> int:
        """Return the next number of a count that all writes share."""
        self._sequence += 1
        return self._sequence

    @property
    def count(self) -> int:
        """How many writes there were."""
        return self._sequence

    def resume(self, sequence: int) -> None:
        """Go on counting where an earlier life stopped."""
        self._sequence = max(self._sequence, sequence)

    def version(self) -> str:
        """Return a version as saved objects carry it: base64 of ``[sequence,term]`` (seen as ``WzQxLDFd``)."""
        return base64.b64encode(f"[{self.sequence()},1]".encode()).decode()


def stamp(millis: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 text."""
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"


@dataclass(slots=True)
class Record:
    """One thing that was made. ``value`` is the object as its family keeps it; the rest is about it."""

    id: str
    value: Json
    parent: str = ""
    created_at: str = ""
    updated_at: str = ""
    created_by: str = ""
    updated_by: str = ""
    version: str = ""
    facts: dict[str, Json] = field(default_factory=dict)


Table = dict[str, Record]


class Store:
    """Tables of records. A table is found by the kind of thing and the space it lives in."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._tables: dict[tuple[str, str], Table] = {}

    def table(self, kind: str, space: str = EVERYWHERE) -> Table:
        """Return the table, an empty one when nothing was kept yet."""
        found = self._tables.get((kind, space))
        if found is None:
            found = self._tables[kind, space] = {}
        return found

    def tables(self) -> Iterator[tuple[str, str, Table]]:
        """Yield kind, space and table of everything that is kept."""
        for (kind, space), table in list(self._tables.items()):
            yield kind, space, table

    def drop_space(self, space: str, kinds: frozenset[str] | None = None) -> None:
        """Forget what lives in a space: all of it, or only the named kinds."""
        for kind, where in list(self._tables):
            if where == space and (kinds is None or kind in kinds):
                del self._tables[kind, where]

    def put(
        self, kind: str, space: str, key: str, value: Json, *, by: str = "elastic", parent: str = ""
    ) -> Record:
        """Keep a new thing, dated now."""
        now = self.clock.now()
        record = Record(key, value, parent, now, now, by, by, self.clock.version())
        self.table(kind, space)[key] = record
        return record

    def touch(self, record: Record, by: str = "elastic") -> Record:
        """Date a record anew and give it another version, after its value was changed."""
        record.updated_at, record.updated_by = self.clock.now(), by
        record.version = self.clock.version()
        return record

    def snapshot(self) -> dict[tuple[str, str], Table]:
        """Return a copy of everything that is kept."""
        return deepcopy(self._tables)

    def restore(self, tables: dict[tuple[str, str], Table]) -> None:
        """Go back to a copy."""
        for key, table in self._tables.items():
            table.clear()
            table.update(tables.get(key, {}))
        for key, table in tables.items():
            self._tables.setdefault(key, table)
