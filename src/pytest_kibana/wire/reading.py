"""Reading answers within bounds: bytes kept, gzip undone, JSON parsed, whatever a server sends.

A server may be hostile or merely broken: an endless stream, a gzip bomb, ten thousand brackets, bytes that
are not UTF-8. None of it may crash a run or fill its memory; all of it must be told apart.
"""

import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

RawHeaders = list[tuple[bytes, bytes]]

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_ENCODED = frozenset({"gzip", "x-gzip", "deflate"})
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an answer is kept. ``body`` counts bytes after decompression; ``depth`` counts JSON levels."""

    body: int = 16 * 1024 * 1024
    depth: int = 128


class BodyReader:
    """Takes the chunks of one body, undoes its content encoding, and stops at the limit.

    Args:
        content_encoding: value of the header, or None.
        limit: bytes to keep at most.
    """

    def __init__(self, content_encoding: str | None, limit: int) -> None:
        self._room = limit
        self._kept: list[bytes] = []
        self._inflate: Any = None
        self._fed = False
        self.truncated = False
        self.trouble: str | None = None
        name = (content_encoding or "identity").strip().lower()
        if name in _ENCODED:
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif name not in ("identity", ""):
            self.trouble = f"its content encoding is {name!r}, which was not asked for"

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; False says that nothing more is wanted."""
        if self._inflate is None:
            return self._keep(chunk)
        self._fed = self._fed or bool(chunk)
        try:
            while chunk:
                if not self._keep(self._inflate.decompress(chunk, self._room + 1)):
                    return False
                if not self._inflate.eof:
                    break
                # gzip may have several members, one after the other.
                chunk = self._inflate.unused_data
                if chunk:
                    self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        except zlib.error:
            self.trouble = "it claims to be compressed, and is damaged"
            return False
        return True

    def _keep(self, data: bytes) -> bool:
        if len(data) > self._room:
            self.truncated = True
            data = data[: self._room]
        if data:
            self._kept.append(data)
            self._room -= len(data)
        return not self.truncated

    def body(self) -> bytes:
        """Return what was kept."""
        if (
            self._inflate is not None
            and self._fed
            and not (self._inflate.eof or self.truncated or self.trouble)
        ):
            self.trouble = "it claims to be compressed, and ends too early"
        return self._kept[0] if len(self._kept) == 1 else b"".join(self._kept)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON body that was read: the value, whether it is JSON at all, what is wrong with it, and the names of all
    members of all objects in it.
    """

    value: Any = None
    is_json: bool = False
    trouble: str | None = None
    names: Collection[str] = ()


def parse_json(body: bytes, *, depth: int = 128) -> Parsed:
    """Read JSON strictly, and name whatever another parser would reject.

    Never raises. A duplicate key keeps its last value and is named; ``NaN`` and ``Infinity`` are not JSON; a
    value nested deeper than ``depth`` is not kept; a lone surrogate is replaced.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as trouble:
        return Parsed(trouble=f"not UTF-8 at byte {trouble.start}")
    notes: list[str] = []
    if text.startswith("\ufeff"):
        notes.append("begins with a byte order mark")
        text = text[1:]
    names: set[str] = set()
    try:
        value = _load(text, notes, names)
    except RecursionError:
        return Parsed(trouble=f"nested deeper than {depth} levels")
    except json.JSONDecodeError as trouble:
        return Parsed(trouble=f"not JSON: {trouble.msg} at character {trouble.pos}")
    except ValueError as trouble:
        return Parsed(trouble=str(trouble))
    if text.count("[") + text.count("{") > depth and _deeper_than(value, depth):
        return Parsed(trouble=f"nested deeper than {depth} levels")
    if "\\u" in text and _SURROGATE.search(text):
        value = _without_surrogates(value, notes)
    return Parsed(value, True, "; ".join(dict.fromkeys(notes)) or None, names)


def _load(text: str, notes: list[str], names: set[str]) -> Any:
    def whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        names.update(found)
        if len(found) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = next(key for key, count in counts.items() if count > 1)
            notes.append(f"the key {twice[:60]!r} stands twice in one object")
        return found

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            notes.append("a number is too large for double precision")
            return sys.float_info.max if value > 0 else -sys.float_info.max
        return value

    def integer(digits: str) -> int:
        try:
            return int(digits)
        except ValueError:
            raise ValueError(f"a number of {len(digits)} digits") from None

    def constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    if len(text) > _LONG_NUMBER:
        return json.loads(
            text, object_pairs_hook=whole, parse_float=number, parse_int=integer, parse_constant=constant
        )
    return json.loads(text, object_pairs_hook=whole, parse_float=number, parse_constant=constant)


_LONG_NUMBER = sys.int_info.default_max_str_digits  # a shorter text holds no number that int() refuses


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(depth):
        if not level:
            return False
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def _without_surrogates(value: Any, notes: list[str]) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        notes.append("a lone surrogate stands in a string")
        return json.loads(text.encode("utf-8", "replace"))
    return value


def is_json_type(media_type: str | None) -> bool:
    """Tell whether a media type (type/subtype) claims JSON."""
    return media_type is not None and (media_type == "application/json" or media_type.endswith("+json"))


def text_headers(raw: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Return headers as text; bytes that are not ASCII are read as UTF-8 where they are, else as Latin-1."""
    return tuple((_text(k).lower(), _text(v)) for k, v in raw)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
