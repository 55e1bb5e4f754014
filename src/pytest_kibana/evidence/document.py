"""The results document: ``results.jsonl``, the truth that every report is made from.

One JSON object a line: a header, then verdicts, findings, skips, troubles and coverage in any order, then a
footer. Each line is flushed when it is written, so whatever ends a run leaves a readable prefix; a document
without a footer is an interrupted run, and never looks complete.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from pytest_kibana.errors import ResultsError
from pytest_kibana.evidence.codec import from_json, schema, text
from pytest_kibana.evidence.model import (
    FamilyCoverage,
    Finding,
    Footer,
    Header,
    Record,
    RequirementRecord,
    SkipRecord,
    TroubleRecord,
    VerdictRecord,
)

SCHEMA_VERSION = 1
"""Number in the header; a reader refuses a greater one."""

_MOST_LINE = 64 * 1024 * 1024

R = TypeVar("R")


class ResultsWriter:
    """Writes one results document, line by line; safe to use from several threads.

    Opening writes the header. :meth:`close` writes the footer; leaving a ``with`` block without it leaves an
    interrupted document, which is what it is.

    Raises:
        ResultsError: the file exists already (pass ``overwrite``), or cannot be written.
    """

    def __init__(self, path: Path, header: Header, *, overwrite: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w" if overwrite else "x", encoding="utf-8", newline="\n")
        except FileExistsError:
            raise ResultsError(
                f"{path} exists",
                hint="Choose another --kibana-report-dir, or pass --kibana-report-overwrite.",
            ) from None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self.write(header)
        except ResultsError:
            self.leave()
            raise

    def _unwritable(self, error: OSError) -> ResultsError:
        return ResultsError(
            f"{self.path} cannot be written: {error.strerror}",
            hint="Make room, or choose another --kibana-report-dir.",
        )

    def write(self, *records: Record) -> None:
        """Append records and flush them.

        Raises:
            ResultsError: the disk is full, or :meth:`close` was called.
        """
        lines = "".join([f"{text(record)}\n" for record in records])
        with self._lock:
            if self._file.closed:
                raise ResultsError(f"{self.path} is complete already", hint="Write before the footer.")
            try:
                self._file.write(lines)
                self._file.flush()
            except OSError as error:
                raise self._unwritable(error) from error

    def close(self, footer: Footer) -> None:
        """Write the footer and close the file."""
        self.write(footer)
        with self._lock:
            self._file.close()

    def leave(self) -> None:
        """Close the file without a footer: what it holds stays an interrupted document."""
        with self._lock, suppress(OSError):  # what a full disk refused was told when it was written
            self._file.close()

    def __enter__(self) -> "ResultsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()


@dataclass(frozen=True, slots=True)
class Results:
    """A results document that was read. ``footer`` is None where the run was interrupted.

    ``torn`` is True where the last line was cut in the middle, which only an interrupted run leaves behind.
    """

    path: Path
    header: Header
    records: tuple[Record, ...]
    footer: Footer | None
    torn: bool = False
    _kinds: dict[type[Any], tuple[Any, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def interrupted(self) -> bool:
        """True where the run did not come to its end."""
        return self.footer is None

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Return the records of one kind, in the order of the file."""
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = tuple([r for r in self.records if isinstance(r, kind)])
        return found

    @property
    def requirements(self) -> tuple[RequirementRecord, ...]:
        """The outcomes of the tests of the suites."""
        return self.of(RequirementRecord)

    @property
    def verdicts(self) -> tuple[VerdictRecord, ...]:
        """The outcomes of checks."""
        return self.of(VerdictRecord)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The defects."""
        return self.of(Finding)

    @property
    def skips(self) -> tuple[SkipRecord, ...]:
        """What was not tested, and why."""
        return self.of(SkipRecord)

    @property
    def troubles(self) -> tuple[TroubleRecord, ...]:
        """What the environment did."""
        return self.of(TroubleRecord)

    @property
    def coverage(self) -> tuple[FamilyCoverage, ...]:
        """Coverage by family."""
        return self.of(FamilyCoverage)


def read_results(path: str | Path) -> Results:
    """Read and validate a results document, or the ``results.jsonl`` of a report folder.

    Raises:
        ResultsError: the file is missing, empty, of a newer schema, or a line is not what it must be; the
            message names the line. A last line without its end, and a missing footer, are no errors.
    """
    place = Path(path)
    place = place / "results.jsonl" if place.is_dir() else place
    header: Header | None = None
    footer: Footer | None = None
    records: list[Record] = []
    lines = _Lines(place)
    for number, record in lines:
        if footer is not None:
            raise _broken(place, number, "stands after the footer")
        if header is None and not isinstance(record, Header):
            raise _broken(place, number, "is not the header, which every results document begins with")
        if isinstance(record, Header):
            if header is not None:
                raise _broken(place, number, "is a second header")
            header = _understood(place, record)
        elif isinstance(record, Footer):
            footer = record
        else:
            records.append(record)
    if header is None:
        raise ResultsError(f"{place} is empty", hint="The run ended before it began; run it again.")
    return Results(place, header, tuple(records), footer, torn=lines.torn)


class _Lines:
    """Yields (line number, record); remembers whether the last line was torn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = False

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        try:
            with self.path.open("rb") as file:
                number = 0
                while raw := file.readline(_MOST_LINE):
                    number += 1
                    if not raw.endswith(b"\n"):
                        if len(raw) >= _MOST_LINE:
                            raise _broken(self.path, number, "is longer than 64 MB")
                        self.torn = True
                        return
                    if raw.strip():
                        yield number, _record(self.path, number, raw)
        except OSError as error:
            raise ResultsError(
                f"{self.path} cannot be read: {error.strerror}", hint="Name a results.jsonl or its folder."
            ) from error


def _record(path: Path, number: int, raw: bytes) -> Record:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _broken(path, number, f"is not JSON ({error})") from None
    trouble = _trouble(line)
    if trouble:
        raise _broken(path, number, trouble)
    return from_json(line)


def _trouble(line: Any) -> str | None:
    if not isinstance(line, dict) or line.get("type") not in _validators():
        return "is no record that this version knows"
    for error in _validators()[line["type"]].iter_errors(line):
        at = "/".join(map(str, error.instance_path))
        return f"breaks the schema at /{at}: {error.message[:200]}"
    return None


@lru_cache(maxsize=1)
def _validators() -> dict[str, Any]:
    import jsonschema_rs

    whole = schema()
    return {word: jsonschema_rs.Draft202012Validator(part) for word, part in whole["$defs"].items()}


def _understood(path: Path, header: Header) -> Header:
    if header.schema > SCHEMA_VERSION:
        raise ResultsError(
            f"{path} is written in schema {header.schema}, this version reads up to {SCHEMA_VERSION}",
            hint="Read it with the version of pytest-kibana that wrote it, or a later one.",
        )
    return header


def _broken(path: Path, number: int, what: str) -> ResultsError:
    return ResultsError(
        f"{path}, line {number} {what}",
        hint="The file was changed or damaged after it was written; use the original, or run again.",
    )


def write_results(
    path: Path, header: Header, records: Iterable[Record], footer: Footer | None, *, overwrite: bool = False
) -> Path:
    """Write a whole document at once; without a footer it stays an interrupted one."""
    with ResultsWriter(path, header, overwrite=overwrite) as writer:
        writer.write(*records)
        if footer is not None:
            writer.close(footer)
    return path


def as_read(path: Path, header: Header, records: Iterable[Record], footer: Footer) -> Results:
    """Return what a reader of a document finds in it that was just written whole, without reading it.

    Verdicts, which are nearly all of a document, hold nothing that JSON would change.
    """

    def again(record: R) -> R:
        return cast(R, from_json(json.loads(text(cast(Record, record)))))

    read = tuple(one if isinstance(one, VerdictRecord) else again(one) for one in records)
    return Results(path, again(header), read, again(footer))


def published_schema() -> str:
    """Return the text of ``docs/reference/results.schema.json``."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(published_schema())
