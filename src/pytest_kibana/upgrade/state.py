"""The state of an upgrade check: a folder that outlives the process, the machine, and the deployment's version.

``docs/reference/upgrade-state.md`` describes every file. What grows is written line by line and forced to the disk, so
that whatever ends a process leaves a readable prefix; what is replaced is replaced as a whole. A torn last line never
counted.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_kibana.errors import ResultsError, UsageError

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract

FORMAT = 1
PHASES = ("preparing", "prepared", "verifying", "verified", "aborted")
SIDES = ("a", "b")
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Member:
    """One object of the population, as it was made.

    Attributes:
        key: names it in the state: ``rule/a/smallest``.
        resource: its kind.
        variant: how it was made: smallest, full, words, changed, made-1 ..., linked, parent.
        side: ``a`` or ``b`` for the two throwaway spaces, ``all`` for what belongs to no space.
        space: id of its space, None for none.
        id, keys, unique: what addresses it.
        entry: number of its line in the ledger, None where nothing removes it but the end of its space.
        sent: the body that made it; ``create`` the label of the operation, ``root`` the pointer under which an update
            or a read shows what was sent.
        changed: the members that an update gave it before the upgrade.
    """

    key: str
    resource: str
    variant: str
    side: str
    space: str | None
    id: str
    keys: Mapping[str, Any]
    unique: str
    entry: int | None
    sent: Any = None
    create: str = ""
    root: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """How one object was seen, at one time.

    Attributes:
        key: of the member.
        label: the operation that read it; the one that lists it, where nothing reads it.
        status: what the read was answered; None where no answer came.
        body: what the read showed, and ``object`` the pointer in it under which the object stands.
        listed: how often the list had it; None where it was not asked or not answered.
        found: how often a search for its name had it, by query parameter.
        access: what others were answered by who they are: nobody, viewer, elsewhere, default, viewer changes.
        note: why something could not be looked at.
        taken_for: the id under which the list shows an object of this name, where it is another.
    """

    key: str
    label: str = ""
    status: int | None = None
    body: Any = None
    object: str = ""
    listed: int | None = None
    found: Mapping[str, int] = field(default_factory=dict)
    access: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    taken_for: str | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was possible with a kind before the upgrade, tried on an object that was made for it.

    ``update`` and ``delete`` are statuses, None where the contract has no such operation or it was not tried;
    ``effect`` tells whether the change showed afterwards, ``gone`` whether the object was gone after the delete.
    """

    resource: str
    update: int | None = None
    effect: bool = False
    delete: int | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """One export, and what its import came to when it was tried at once.

    ``file`` is its name in ``exports/``; ``imported`` the number of objects that an import into an empty space took,
    None where it took none or could not be tried; ``status`` and ``why`` are that import's.
    """

    name: str
    file: str
    label: str
    members: tuple[str, ...]
    status: int | None = None
    imported: int | None = None
    why: str = ""


@dataclass(slots=True)
class Population:
    """Everything that ``population.jsonl`` says."""

    members: dict[str, Member] = field(default_factory=dict)
    sights: dict[str, Sight] = field(default_factory=dict)
    volatile: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rehearsals: dict[str, Rehearsal] = field(default_factory=dict)
    skips: dict[str, str] = field(default_factory=dict)
    exports: dict[str, Exported] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    @property
    def spaces(self) -> dict[str, str]:
        """Ids of the two throwaway spaces by side."""
        named = {side: self.members.get(f"space/all/{side}") for side in SIDES}
        return {side: member.id for side, member in named.items() if member is not None}


class State:
    """The folder. Only one process works on it at a time.

    Args:
        folder: where; made where missing.

    Raises:
        ResultsError: another process works on it, or it is of a later format.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise ResultsError(
                f"another process works on {self.folder}", hint="Wait until it ends, or stop it."
            ) from None
        try:
            self.manifest = self._read_manifest()
        except ResultsError:
            os.close(self._lock)
            raise

    @classmethod
    def existing(cls, folder: str | Path) -> "State":
        """Open a folder that ``prepare`` made.

        Raises:
            UsageError: there is none.
            ResultsError: it cannot be worked on.
        """
        if not (Path(folder) / _MANIFEST).is_file():
            raise UsageError(
                f"{folder} holds no state of an upgrade check",
                hint="Make one before the upgrade: pytest-kibana upgrade prepare --url … --state DIR.",
            )
        return cls(folder)

    # -- files

    @property
    def ledger(self) -> Path:
        """The ledger of everything that was made."""
        return self.folder / "population.ledger.jsonl"

    @property
    def before(self) -> Path:
        """Folder of the run's results before the upgrade."""
        return self.folder / "before"

    @property
    def after(self) -> Path:
        """Folder of the run's results after it."""
        return self.folder / "after"

    @property
    def exports(self) -> Path:
        """Folder of the exports."""
        return self.folder / "exports"

    def close(self) -> None:
        """Let others work on the folder; doing it twice does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # -- the manifest

    @property
    def phase(self) -> str:
        """How far it is: one of :data:`PHASES`, or empty for a new folder."""
        return str(self.manifest.get("phase", ""))

    def say(self, **members: Any) -> None:
        """Write members of the manifest; the file is replaced as a whole."""
        self.manifest = {"format": FORMAT, **self.manifest, **members}
        self.write(_MANIFEST, json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")

    def write(self, name: str, text: str) -> Path:
        """Replace a file of the folder as a whole; return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        with draft.open("w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return path

    def _read_manifest(self) -> dict[str, Any]:
        path = self.folder / _MANIFEST
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text("utf-8"))
            known = isinstance(found, dict) and found["format"] == FORMAT and found["phase"] in PHASES
        except (ValueError, KeyError) as trouble:
            raise ResultsError(
                f"{path} cannot be read: {trouble!r}", hint="Restore it, or start with another folder."
            ) from None
        if not known:
            raise ResultsError(
                f"{path} is of another format than {FORMAT}",
                hint="Use the version of pytest-kibana that wrote it; its manifest names it.",
            )
        return dict(found)

    # -- what grows

    def note(self, name: str, /, **line: Any) -> None:
        """Append a line to a file of lines; it is on the disk when this returns."""
        data = json.dumps(line, separators=(",", ":"), default=plain).encode() + b"\n"
        path = self.folder / name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.ftruncate(descriptor, _whole(path))
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the lines of a file of lines; a torn one is left out."""
        path = self.folder / name
        if not path.is_file():
            return
        for raw in path.read_bytes().split(b"\n")[:-1]:
            try:
                line = json.loads(raw)
            except ValueError:
                raise ResultsError(
                    f"{path} has a line that is not JSON",
                    hint="Restore it; without it nothing can be judged.",
                ) from None
            yield line

    def population(self) -> Population:
        """Read the population; what was said last of a member counts."""
        found = Population()
        for line in self.lines("population.jsonl"):
            what = line.pop("do")
            if what == "made":
                member = made(Member, line)
                found.members[member.key] = member
            elif what == "seen":
                sight = made(Sight, line)
                found.sights[sight.key] = sight
            elif what == "volatile":
                found.volatile[line["resource"]] = tuple(line["pointers"])
            elif what == "rehearsed":
                found.rehearsals[line["resource"]] = made(Rehearsal, line)
            elif what == "exported":
                found.exports[line["name"]] = made(Exported, line)
            elif what == "skipped":
                found.skips[line["what"]] = line["why"]
            elif what == "done":
                found.done.add(line["what"])
        return found

    # -- the contract of before

    def keep_contract(self, contract: "Contract") -> None:
        """Keep what was promised before: a deployment's own contract is gone after its upgrade."""
        self.write("contract.json", json.dumps(contract.document(), ensure_ascii=False, default=str))

    def contract(self) -> "Contract":
        """Open the contract of before.

        Raises:
            ResultsError: it is not there.
            ContractError: it cannot be read.
        """
        from pytest_kibana.contract import load_bytes

        path = self.folder / "contract.json"
        if not path.is_file():
            raise ResultsError(f"{path} is missing", hint="Restore it, or prepare again.")
        said = self.manifest.get("contract", {})
        return load_bytes(
            path.read_bytes(),
            name=str(said.get("source", "contract.json")),
            version=said.get("version"),
            flavor=said.get("flavor"),
            overlays=(),  # they are in it already
        )


def _whole(path: Path) -> int:
    """Return the length of a file up to the end of its last whole line."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            step = min(end, 65536)
            file.seek(end - step)
            found = file.read(step).rfind(b"\n")
            if found >= 0:
                return end - step + found + 1
            end -= step
    return 0


def made(kind: type[Any], line: Mapping[str, Any]) -> Any:
    """Return a record from a line; members that this version does not know are left out."""
    known = {item.name for item in fields(kind)}
    values = {name: value for name, value in line.items() if name in known}
    return kind(**{n: tuple(v) if n == "members" else v for n, v in values.items()})


def plain(value: Any) -> Any:
    """Return what JSON has no form for in one that it has: files as their parts, bytes as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "filename"):
        return {"filename": value.filename, "content": value.content, "content_type": value.content_type}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def line_of(record: Any) -> dict[str, Any]:
    """Return the members of a record, as one line says them."""
    return {item.name: getattr(record, item.name) for item in fields(record)}
