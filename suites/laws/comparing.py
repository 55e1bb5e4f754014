"""How what was sent is held against what comes back, and one answer against another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_kibana.resources.likeness import BOOKKEEPING, SECRET, covered, same


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


def short(value: Any) -> str:
    """Return a value as a text that fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _ordered(items: list[Any]) -> list[Any]:
    """Return plain texts in one order: several families sort tags and the like."""
    return sorted(items) if items and all(isinstance(item, str) for item in items) else items
