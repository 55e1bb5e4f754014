"""The ledger: a file that knows what a run made, whatever becomes of the run.

Each line is one JSON object, written and forced to the disk before anything else happens:

    {"ledger": 1, "run": …, "target": …, "pid": …, "at": …}          the head
    {"do": "intend", "n": 1, "resource": …, "space": …, "unique": …, "keys": {…}, "at": …}
    {"do": "made", "n": 1, "id": …}                                   the server said so
    {"do": "gone", "n": 1}                                            removed, or never made

An intent is on the disk before the create is sent. So a line that was torn by a crash is either an intent whose
request never left, or news about an intent that is there; both are safe to ignore. What is intended and not gone
may exist. While a process lives it holds a lock on its file; the kernel lets go of it at any kind of death.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pytest_kibana.errors import ResultsError

SUFFIX = ".ledger.jsonl"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that may exist.

    ``keys`` is what is needed to address it beside the ``id``, which is None until the server told it. ``before`` is
    what a setting said before it was changed. ``unique`` is the name by which a lost one is found. ``certain`` is
    False between the intent and the answer.
    """

    n: int
    resource: str
    space: str | None
    unique: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    before: Any = None
    at: float = 0.0
    certain: bool = False


class Ledger:
    """A ledger that this process keeps. Safe to share between threads.

    Args:
        path: the file; made with its folder where missing, and not shared with a living process.
        run: the run's part of names.
        target: what names the deployment, so that nobody sweeps another one with it.
        clock: seconds since the epoch.

    Raises:
        ResultsError: the file belongs to a process that lives, or cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        run: str = "",
        target: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[int, Entry] = {}
        with self._writable():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if not _locked(self._file):
            os.close(self._file)
            raise ResultsError(
                f"{self.path} is in use by a running process",
                hint="Give each process a ledger of its own, or wait until the other run is over.",
            )
        text = self.path.read_bytes()
        self.head, self._open = _read(text)
        self._next = max(self._open, default=0) + 1 + text.count(b'"intend"')
        # What a crash tore off never counted, and must not begin to count when the next line is appended to it.
        os.ftruncate(self._file, text.rfind(b"\n") + 1)
        if not self.head:
            self.head = {"ledger": _FORMAT, "run": run, "target": target, "pid": os.getpid(), "at": clock()}
            self._write(self.head)
            _sync_folder(self.path.parent)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What may exist, oldest first."""
        with self._lock:
            return tuple(self._open.values())

    def intend(
        self, resource: str, *, space: str | None, unique: str, keys: Mapping[str, Any], before: Any = None
    ) -> Entry:
        """Write down that something is about to be made. It is on the disk when this returns."""
        with self._lock:
            entry = Entry(self._next, resource, space, unique, dict(keys), before=before, at=self._clock())
            self._next += 1
            self._open[entry.n] = entry
            self._write(
                {
                    "do": "intend",
                    "n": entry.n,
                    "resource": resource,
                    "space": space,
                    "unique": unique,
                    "keys": entry.keys,
                    "before": before,
                    "at": entry.at,
                }
            )
            return entry

    def made(self, entry: Entry, id: str | None) -> Entry:
        """Write down that it was made, and what its id is."""
        with self._lock:
            certain = replace(entry, id=id, certain=True)
            self._open[entry.n] = certain
            self._write({"do": "made", "n": entry.n, "id": id})
            return certain

    def gone(self, entry: Entry) -> None:
        """Strike it out: it was removed, or never made. Striking twice changes nothing."""
        with self._lock:
            if self._open.pop(entry.n, None) is not None:
                self._write({"do": "gone", "n": entry.n})

    def close(self) -> None:
        """Let go of the file, and remove it where nothing is left to know."""
        with self._lock:
            if self._file < 0:
                return
            if not self._open:
                self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._writable():
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """What cannot be written down is not made: a full disk stops a create before it is sent."""
        try:
            yield
        except OSError as error:
            raise ResultsError(
                f"the ledger {self.path} cannot be written: {error.strerror}",
                hint="Make room, or choose another --kibana-ledger-dir.",
            ) from error


def abandoned(folder: str | Path) -> Iterator[Path]:
    """Yield the ledgers in a folder that no living process keeps."""
    for path in sorted(Path(folder).glob(f"*{SUFFIX}")):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue  # its run came to its end since the folder was read
        try:
            free = _locked(descriptor)
        finally:
            os.close(descriptor)
        if free:
            yield path


def living_runs(folder: str | Path) -> frozenset[str]:
    """Return the runs whose ledgers in a folder are kept by living processes."""
    folder = Path(folder)
    dead = set(abandoned(folder))
    living = (p for p in folder.glob(f"*{SUFFIX}") if p not in dead)
    return frozenset(str(_looked_at(p)[0].get("run", "")) for p in living) - {""}


def left_behind(folder: str | Path, target: str) -> tuple[Entry, ...]:
    """Return what dead runs may have left on a deployment, by the ledgers of a folder; nothing is locked or changed."""
    found: list[Entry] = []
    for path in abandoned(folder):
        head, entries = _looked_at(path)
        if head.get("target") == target:
            found += entries.values()
    return tuple(found)


def _looked_at(path: Path) -> tuple[dict[str, Any], dict[int, Entry]]:
    """Return what a ledger says that somebody may remove at any moment."""
    try:
        return _read(path.read_bytes())
    except FileNotFoundError:
        return {}, {}


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(text: bytes) -> tuple[dict[str, Any], dict[int, Entry]]:
    """Return the head and the open entries. A line without its end was torn by a crash, and is skipped."""
    head: dict[str, Any] = {}
    entries: dict[int, Entry] = {}
    for raw in text.split(b"\n")[:-1]:
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if not isinstance(line, dict):
            continue
        if "ledger" in line:
            head = head or line
        elif line.get("do") == "intend":
            entries[line["n"]] = Entry(**{k: v for k, v in line.items() if k != "do"})
        elif line.get("do") == "made" and line.get("n") in entries:
            entries[line["n"]] = replace(entries[line["n"]], id=line.get("id"), certain=True)
        elif line.get("do") == "gone":
            entries.pop(line["n"], None)
    return head, entries
