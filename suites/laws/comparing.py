"""How what was sent is held against what comes back, and one answer against another."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

# What a server changes by itself whenever an object changes, whatever the family.
BOOKKEEPING = frozenset(
    {
        *(
            "version",
            "_version",
            "revision",
            "updated",
            "updated_at",
            "updatedAt",
            "updated_on",
            "last_update",
        ),
        *("updated_by", "updatedBy", "updated_by_username", "updated_by_profile_uid", "last_modified"),
        *("accessCount", "accessDate", "execution_status", "last_run", "next_run", "monitoring", "username"),
    }
)
SECRET = frozenset({"secrets", "password", "apiKey", "api_key", "secret", "passphrase"})
"""Members that are sent and never come back."""


def missing(sent: Any, got: Any, *, ignored: Sequence[str] = (), at: str = "") -> Iterator[str]:
    """Yield what was sent and is not in the answer as it was sent, one sentence each.

    Servers fill in defaults, so members beside those that were sent are welcome. ``ignored`` are pointers
    (``*`` for any array index) of what the server changes by itself; secrets are not looked for.
    """
    if covered(at, ignored) or sent is None:
        return
    if isinstance(sent, Mapping):
        for name, value in sent.items():
            where = f"{at}/{name}"
            if name in SECRET or covered(where, ignored) or value is None:
                continue
            if not isinstance(got, Mapping) or name not in got:
                yield f"{where} was sent and is not there"
            else:
                yield from missing(value, got[name], ignored=ignored, at=where)
    elif isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        for number, (one, other) in enumerate(zip(_ordered(sent), _ordered(got), strict=True)):
            yield from missing(one, other, ignored=ignored, at=f"{at}/{number}")
    elif not same(sent, got):
        yield f"{at or '/'} is {short(got)} where {short(sent)} was sent"


def differences(before: Any, after: Any, *, ignored: Sequence[str] = (), at: str = "") -> Iterator[str]:
    """Yield where two states of one object differ, without what servers change by themselves."""
    if covered(at, ignored) or at.rpartition("/")[2] in BOOKKEEPING:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}, key=str):
            yield from differences(before.get(name), after.get(name), ignored=ignored, at=f"{at}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(_ordered(before), _ordered(after), strict=True)):
            yield from differences(one, other, ignored=ignored, at=f"{at}/{number}")
    elif not same(before, after) and not (_empty(before) and _empty(after)):
        yield f"{at or '/'} was {short(before)} and is {short(after)}"


def covered(pointer: str, patterns: Sequence[str]) -> bool:
    """Tell whether a pointer is one of the patterns or lies below one."""
    parts = pointer.split("/")
    for pattern in patterns:
        wanted = pattern.split("/")
        if len(wanted) <= len(parts) and all(w in ("*", p) for w, p in zip(wanted, parts, strict=False)):
            return True
    return False


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values mean the same: times as moments, numbers as numbers."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str) and one != other:
        first, second = moment(one), moment(other)
        return first is not None and first == second
    return bool(one == other)


def moment(text: Any) -> datetime | None:
    """Return the time that a text says in ISO 8601 with an offset, or None."""
    if not isinstance(text, str) or len(text) < len("2026-01-01T00:00Z"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None


def short(value: Any) -> str:
    """Return a value as a text that fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _ordered(items: list[Any]) -> list[Any]:
    """Return plain texts in one order: several families sort tags and the like."""
    return sorted(items) if items and all(isinstance(item, str) for item in items) else items
