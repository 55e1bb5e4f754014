"""Records and JSON: each frozen record becomes one JSON object and back, and their JSON Schema is made from them."""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from json.encoder import encode_basestring_ascii
from math import isfinite
from operator import attrgetter
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

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

KINDS: Mapping[str, type[Any]] = {
    "header": Header,
    "verdict": VerdictRecord,
    "finding": Finding,
    "requirement": RequirementRecord,
    "skip": SkipRecord,
    "trouble": TroubleRecord,
    "coverage": FamilyCoverage,
    "footer": Footer,
}
"""Word in a line's ``type`` and the record that it stands for."""

_WORD = {kind: word for word, kind in KINDS.items()}

Converter = Callable[[Any], Any]

_MEMBERS: dict[type[Any], tuple[tuple[str, Converter], ...]] = {}


def to_json(record: Record) -> dict[str, Any]:
    """Return the JSON object of a record; its first member is ``type``."""
    made: dict[str, Any] = {"type": _WORD[type(record)]}
    for name, _ in _members(type(record)):
        made[name] = _plain(getattr(record, name))
    return made


def text(record: Record) -> str:
    """Return the line of JSON that stands for a record, without its end."""
    kind = type(record)
    values, writers = _WRITERS.get(kind) or _writer(kind)
    return "".join([write(value) for write, value in zip(writers, values(record), strict=True)]) + "}"


Writer = Callable[[Any], str]

_WRITERS: dict[type[Any], tuple[Callable[[Any], tuple[Any, ...]], tuple[Writer, ...]]] = {}


def _writer(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[Writer, ...]]:
    """Return what takes a record apart, and what writes each member with its name before it."""
    hints = get_type_hints(kind)
    names = [name for name, _ in _members(kind)]
    starts = [f'{{"type":"{_WORD[kind]}","{names[0]}":', *(f',"{name}":' for name in names[1:])]
    writers = [
        _sparing(_member(start, hints[one.name]), one)
        for start, one in zip(starts, fields(kind), strict=True)
    ]
    return _WRITERS.setdefault(kind, (attrgetter(*names), tuple(writers)))


def _sparing(write: Writer, member: Field[Any]) -> Writer:
    """Return a writer that leaves out nothing, false, zero and what is empty, where a reader fills just that in.

    A run has a hundred thousand records, and every eighth byte of them would say that there is nothing to say.
    """
    if _needed(member) or _default(member):
        return write
    default = _default(member)
    # A zero where null is what is filled in says something, and stays.
    return lambda value: write(value) if value or value != default else ""


def _member(start: str, hint: Any) -> Writer:
    """Return what writes a member; the types of most members of most records have a short way."""
    if hint is str:
        # A lone surrogate from a hostile answer cannot be written as UTF-8; JSON's own escape can hold it.
        return lambda value: start + encode_basestring_ascii(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        words = {member: start + encode_basestring_ascii(member.value) for member in hint}
        return words.__getitem__
    if hint == dict[str, int]:
        return _counts(start)
    if hint is bool:
        return {True: f"{start}true", False: f"{start}false"}.__getitem__
    nothing, known = f"{start}null", _SHORT.get(hint, _ENCODER.encode)
    return lambda value: nothing if value is None else start + known(value)


def _counts(start: str) -> Writer:
    """Return what writes counts. Neighbours in a document share them, so the last are remembered."""
    last: tuple[Mapping[str, int] | None, str] = None, ""

    def write(counts: Mapping[str, int]) -> str:
        nonlocal last
        held, said = last
        if held is not counts:
            words = [f"{encode_basestring_ascii(word)}:{count:d}" for word, count in counts.items()]
            said = f"{start}{{{','.join(words)}}}"
            last = counts, said
        return said

    return write


def from_json(line: Mapping[str, Any]) -> Record:
    """Return the record of a JSON object that fits :func:`schema`.

    Raises:
        KeyError: ``type`` names no record.
        TypeError, ValueError: a member is missing, or is of another type.
    """
    kind = KINDS[line["type"]]
    given = {name: convert(line[name]) for name, convert in _members(kind) if name in line}
    made: Record = kind(**given)
    return made


_SCALARS = frozenset({str, int, float, bool, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:  # nearly everything is: a run has a million of them
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(member) for member in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    return value


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=True, separators=(",", ":"), allow_nan=False, default=_plain
)  # what it writes itself is plain already

_SHORT: Final[Mapping[Any, Writer]] = {
    str | None: encode_basestring_ascii,
    float | None: lambda value: repr(value) if isfinite(value) else _ENCODER.encode(value),
}


def _members(kind: type[Any]) -> tuple[tuple[str, Converter], ...]:
    if kind not in _MEMBERS:
        hints = get_type_hints(kind)
        _MEMBERS[kind] = tuple((item.name, _reader(hints[item.name])) for item in fields(kind))
    return _MEMBERS[kind]


def _reader(hint: Any) -> Converter:
    origin = get_origin(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if origin is tuple:
        return tuple
    if origin in (Union, types.UnionType):
        inner = [arm for arm in get_args(hint) if arm is not type(None)]
        convert = _reader(inner[0])
        return lambda value: None if value is None else convert(value)
    return _same


def _same(value: Any) -> Any:
    return value


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line of a results document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pytest-kibana:results",
        "title": "One line of a pytest-kibana results document (results.jsonl)",
        "type": "object",
        "required": ["type"],
        "oneOf": [{"$ref": f"#/$defs/{word}"} for word in KINDS],
        "$defs": {word: _object(word, kind) for word, kind in KINDS.items()},
    }


def _object(word: str, kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {"type": {"const": word}}
    required = ["type"]
    for item in fields(kind):
        properties[item.name] = _schema_of(hints[item.name])
        if _needed(item):
            required.append(item.name)
        else:
            properties[item.name]["default"] = _plain(_default(item))
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split("\n\n", 1)[0].split()),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _needed(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _default(item: Field[Any]) -> Any:
    """Return what a reader fills in for a member that may be missing."""
    return item.default_factory() if item.default_factory is not MISSING else item.default


_SIMPLE: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
}


def _schema_of(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(arguments[1])}
    if origin in (Union, types.UnionType):
        arms = [arm for arm in arguments if arm is not type(None)]
        return {"anyOf": [*(_schema_of(arm) for arm in arms), {"type": "null"}]}
    raise TypeError(f"no JSON Schema for {hint}")  # a record grew a type that this module must learn


assert all(is_dataclass(kind) for kind in KINDS.values())
