"""What keeps the state on disk while a stand-in serves, so that it outlives a process that is killed.

Beside the data file stands a journal: one line of JSON for each answer before which something was kept or forgotten, on
the disk before the answer leaves. A line names whole records, so that reading a line twice does no harm; a last line
that was cut off belongs to an answer that never left, and is passed over.
"""

import json
import os
from pathlib import Path
from typing import Any

from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.store import Record, Store

Json = Any
Place = tuple[str, str, str]
"""Kind, space and key of a record."""

_LAYOUT = 1
_FIELDS = tuple(Record.__slots__)
_write = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


class Journal:
    """Keeps a store on disk.

    Args:
        store: what is kept. What the file holds is put into it.
        path: the data file, which need not exist yet. The journal's name is that and ``.journal``.

    Raises:
        UsageError: the file is not one that a stand-in wrote.
    """

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        self._path = path
        self._beside = path.with_name(path.name + ".journal")
        self._known: dict[Place, str] = {}
        self._count = 0
        self._file = -1
        try:
            self._load()
        except (OSError, ValueError, KeyError, TypeError) as trouble:
            raise UsageError(
                f"{path} does not hold the state of a stand-in ({trouble})",
                hint="Name a file that a stand-in wrote, or one that does not exist yet.",
            ) from trouble

    def _load(self) -> None:
        rows: dict[Place, str] = {}
        count = 0
        if self._path.exists():
            document = json.loads(self._path.read_text())
            if document["layout"] != _LAYOUT:
                raise KeyError("layout")
            count = int(document["sequence"])
            rows = {_place(row): _write(row["record"]) for row in document["records"]}
        if self._beside.exists():
            for line in self._beside.read_bytes().split(b"\n")[:-1]:
                change = json.loads(line)
                count = int(change["sequence"])
                for row in change["rows"]:
                    if row["record"] is None:
                        rows.pop(_place(row), None)
                    else:
                        rows[_place(row)] = _write(row["record"])
        for (kind, space, key), text in rows.items():
            self._store.table(kind, space)[key] = Record(**json.loads(text))
        self._store.clock.resume(count)

    def open(self) -> None:
        """Begin to keep: write the data file anew, and an empty journal beside it."""
        self.compact()
        self._file = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def keep(self, *, changing: bool) -> None:
        """Put what changed since the last time on the disk.

        Args:
            changing: whether the request that was just carried out may have changed something; one that only reads is
                looked at where it counted a write.
        """
        if self._file < 0 or not (changing or self._count != self._store.clock.count):
            return
        now = self._rows()
        rows = [_row(place, text) for place, text in now.items() if self._known.get(place) != text]
        rows += [_row(place, "null") for place in self._known.keys() - now.keys()]
        self._known, self._count = now, self._store.clock.count
        if rows:
            line = f'{{"sequence":{self._count},"rows":[{",".join(rows)}]}}\n'.encode()
            while line:
                line = line[os.write(self._file, line) :]
            os.fdatasync(self._file)

    def compact(self) -> None:
        """Write everything to the data file, so that half a file never takes the place of a whole one."""
        self._known, self._count = self._rows(), self._store.clock.count
        rows = ",\n".join(_row(place, text) for place, text in self._known.items())
        draft = self._path.with_name(self._path.name + ".new")
        with draft.open("w") as file:
            file.write(f'{{"layout":{_LAYOUT},"sequence":{self._count},"records":[{rows}]}}')
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def close(self) -> None:
        """Write everything to the data file; the journal is not needed any more."""
        self.compact()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._beside.unlink(missing_ok=True)

    def _rows(self) -> dict[Place, str]:
        return {
            (kind, space, key): _write({name: getattr(record, name) for name in _FIELDS})
            for kind, space, table in self._store.tables()
            for key, record in table.items()
        }


def _row(place: Place, text: str) -> str:
    return f'{{"place":{_write(place)},"record":{text}}}'


def _place(row: Json) -> Place:
    kind, space, key = row["place"]
    return str(kind), str(space), str(key)
