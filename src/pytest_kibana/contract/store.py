"""The compiled form of a contract: how it is written, kept in the cache, and opened in pieces.

A compiled contract is a text of JSON lines. The first names the format and carries the sha256 of all that follows, so
that a damaged file is noticed; the second is an index: for each operation and component its name, and where its own
line begins and ends. Opening reads two lines; everything else is decoded when it is first asked for. It is JSON and not
pickle, because a cache must not be able to run code.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pytest_kibana.contract.model import (
    Availability,
    Body,
    Defect,
    Example,
    JsonSchema,
    Maturity,
    MediaType,
    Operation,
    Parameter,
    Privileges,
    Response,
    ResponseHeader,
    Schema,
)

if TYPE_CHECKING:
    from pytest_kibana.contract.compiler import Compiled

_FORMAT = "pytest-kibana compiled contract"
_DEFECTS = "pytest-kibana defects of a contract"
_DOCUMENT = "pytest-kibana document of a contract"

# Raise this whenever the compiled form of the same document would differ.
VERSION = 9

Value = TypeVar("Value")


class Damaged(Exception):
    """The bytes are not a compiled contract of this version; compile it anew."""


def dump(compiled: "Compiled") -> bytes:
    """Write a compiled contract."""
    lines: list[bytes] = []
    position = 0

    def add(value: Any) -> tuple[int, int]:
        nonlocal position
        line = _encode(value)
        lines.append(line)
        start, position = position, position + len(line)
        return start, position

    operations = [
        (
            o.label,
            o.method,
            o.path,
            o.operation_id,
            o.family,
            o.published_path,
            o.optional_tail,
            *add(asdict(o)),
        )
        for o in compiled.operations
    ]
    components = [(name, *add(json_schema)) for name, json_schema in compiled.components.items()]
    defects = add([_defect_row(defect) for defect in compiled.defects])
    index = _encode(
        {
            "title": compiled.title,
            "openapi": compiled.openapi,
            "operations": operations,
            "components": components,
            "defects": defects,
        }
    )
    rest = b"".join([index, *lines])
    return _sealed(_FORMAT, rest)


def _defect_row(defect: Defect) -> tuple[str, str, str, str | None]:
    return defect.kind, defect.pointer, defect.sentence, defect.operation


def _encode(value: Any) -> bytes:
    return (
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    )


class Opened:
    """A compiled contract whose parts are decoded on demand.

    Raises:
        Damaged: the bytes are not what :func:`dump` writes.
    """

    def __init__(self, data: bytes) -> None:
        start = _checked(data, _FORMAT)
        self._base = data.index(b"\n", start) + 1
        index = json.loads(data[start : self._base])
        self._data = data
        self.title: str = index["title"]
        self.openapi: str = index["openapi"]
        self.rows: list[list[Any]] = index["operations"]
        self._defects: tuple[int, int] = index["defects"]
        self.operations: Mapping[str, Operation] = Lazy(
            {row[0]: (row[-2], row[-1]) for row in self.rows}, lambda span: read_operation(self._at(span))
        )
        self.components: Mapping[str, JsonSchema] = Lazy(
            {name: (begin, end) for name, begin, end in index["components"]}, self._at
        )

    def defects(self) -> tuple[Defect, ...]:
        """Return the defects that were found when the contract was compiled."""
        return tuple(Defect(*row) for row in self._at(self._defects))

    def _at(self, span: tuple[int, int]) -> Any:
        return json.loads(self._data[self._base + span[0] : self._base + span[1]])


def dump_defects(defects: Sequence[Defect]) -> bytes:
    """Write defects that were sought later."""
    return _sealed(_DEFECTS, _encode([_defect_row(defect) for defect in defects]))


def read_defects(data: bytes) -> tuple[Defect, ...]:
    """Read what :func:`dump_defects` wrote.

    Raises:
        Damaged: the bytes are something else.
    """
    return tuple(Defect(*row) for row in json.loads(data[_checked(data, _DEFECTS) :]))


def dump_document(document: Mapping[str, Any]) -> bytes:
    """Write a document that was not published as JSON, or not as one file."""
    return _sealed(_DOCUMENT, _encode(document))


def read_document(data: bytes) -> dict[str, Any]:
    """Read what :func:`dump_document` wrote.

    Raises:
        Damaged: the bytes are something else.
    """
    document: dict[str, Any] = json.loads(data[_checked(data, _DOCUMENT) :])
    return document


def _sealed(kind: str, rest: bytes) -> bytes:
    head = {"format": kind, "compiler": VERSION, "sha256": hashlib.sha256(rest).hexdigest()}
    return _encode(head) + rest


def _checked(data: bytes, kind: str) -> int:
    """Return where the sealed part of a cache file begins, having compared it with its sha256."""
    try:
        start = data.index(b"\n") + 1
        head = json.loads(data[:start])
        whole = head["format"] == kind and head["compiler"] == VERSION
        whole = whole and hashlib.sha256(memoryview(data)[start:]).hexdigest() == head["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged from error
    if not whole:
        raise Damaged
    return start


class Lazy(Mapping[str, Value], Generic[Value]):
    """A mapping in a fixed order whose values are made when first asked for, and then kept."""

    def __init__(
        self, spans: Mapping[str, tuple[int, int]], make: Callable[[tuple[int, int]], Value]
    ) -> None:
        self._spans = spans
        self._make = make
        self._made: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        try:
            return self._made[name]
        except KeyError:
            return self._made.setdefault(name, self._make(self._spans[name]))

    def __contains__(self, name: object) -> bool:
        return name in self._spans

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


def read_operation(data: Mapping[str, Any]) -> Operation:
    """Make an operation of the JSON data that :func:`dump` wrote."""
    privileges = data["privileges"]
    availability = data["availability"]
    body = data["body"]
    return Operation(
        **{
            **data,
            "parameters": tuple(_parameter(p) for p in data["parameters"]),
            "body": Body(body["required"], _content(body["content"])) if body else None,
            "responses": tuple(_response(r) for r in data["responses"]),
            "availability": Availability(Maturity(availability["maturity"]), availability["since"]),
            "privileges": Privileges(tuple(privileges["names"]), privileges["mode"]) if privileges else None,
        }
    )


def _schema(data: Mapping[str, Any]) -> Schema:
    return Schema(data["pointer"], data["json"], data["component"])


def _examples(rows: list[dict[str, Any]]) -> tuple[Example, ...]:
    return tuple(Example(**row) for row in rows)


def _parameter(data: Mapping[str, Any]) -> Parameter:
    return Parameter(**{**data, "schema": _schema(data["schema"]), "examples": _examples(data["examples"])})


def _content(rows: list[dict[str, Any]]) -> tuple[MediaType, ...]:
    return tuple(
        MediaType(
            row["name"],
            _schema(row["schema"]) if row["schema"] else None,
            _examples(row["examples"]),
            row["encoding"],
        )
        for row in rows
    )


def _response(data: Mapping[str, Any]) -> Response:
    headers = tuple(ResponseHeader(h["name"], h["required"], _schema(h["schema"])) for h in data["headers"])
    return Response(data["status"], _content(data["content"]), headers)


def read_cached(path: Path) -> bytes | None:
    """Return the bytes of a cache file, or None where there is none that can be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def write_cached(path: Path, data: bytes) -> bool:
    """Write a cache file whole or not at all; return False where the cache cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return False
    return True
