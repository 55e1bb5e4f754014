"""One object before and after: where it says something else, and in which way.

Two readings are compared as values: times as moments, numbers as numbers, a set of texts in any order. What a server
changes by itself is left out: what its declaration names, what every server keeps books about, and what two readings
before the upgrade, some time apart, did not agree on.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from pytest_kibana.resources import likeness
from pytest_kibana.resources.likeness import SECRET, covered, moment, same

# What a server changes by itself whenever it touches an object, and what a new release moves.
BOOKKEEPING = likeness.BOOKKEEPING | {
    "@timestamp",
    "coreMigrationVersion",
    "last_modified_at",
    "last_modified_by",
    "migrationVersion",
    "took",
    "typeMigrationVersion",
    "updated_at_ms",
}
_CREATED = re.compile(r"created(?:_?at|At|_on|_date|Date)?$|date_created$", re.IGNORECASE)
_INDEX = re.compile(r"/\d+(?=/|$)")


class Way(StrEnum):
    """In which way a place says something else."""

    GONE = "gone"
    ADDED = "added"
    VALUE = "value"
    TYPE = "type"
    TEXT = "text"
    ORDER = "order"
    ITEMS = "items"
    MORE = "more"
    TIME = "time"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Change:
    """One place of an object that says something else than before; ``at`` is its JSON pointer."""

    at: str
    way: Way
    before: Any = None
    after: Any = None

    @property
    def name(self) -> str:
        """The last step of the pointer that is a name."""
        steps = [step for step in self.at.split("/") if step and not step.isdigit()]
        return steps[-1] if steps else ""

    def __str__(self) -> str:
        where = self.at or "the whole"
        if self.way is Way.GONE:
            return f"{where} said {short(self.before)} and is gone"
        if self.way is Way.ADDED:
            return f"{where} is new and says {short(self.after)}"
        if self.way is Way.ORDER:
            return f"{where} has its {len(self.before)} items in another order"
        if self.way in (Way.ITEMS, Way.MORE):
            return f"{where} had {len(self.before)} items and has {len(self.after)}"
        return f"{where} said {short(self.before)} and says {short(self.after)}"


def changes(before: Any, after: Any, ignored: Sequence[str] = (), at: str = "") -> Iterator[Change]:
    """Yield every place at which two readings of one object say something else.

    Args:
        before: the reading of before.
        after: the reading of after.
        ignored: pointers (``*`` for any one step) of what is not to be compared, with everything below.
        at: pointer of the two.
    """
    if covered(at, ignored) or at.rpartition("/")[2] in BOOKKEEPING:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(before, after, ignored, at)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(before, after, ignored, at)
    elif not same(before, after) and not (empty(before) and empty(after)):
        yield Change(at, _way(at, before, after), before, after)


def _members(
    before: Mapping[str, Any], after: Mapping[str, Any], ignored: Sequence[str], at: str
) -> Iterator[Change]:
    for name, value in before.items():
        where = f"{at}/{escaped(name)}"
        if name in after:
            yield from changes(value, after[name], ignored, where)
        elif not empty(value) and not covered(where, ignored) and name not in BOOKKEEPING:
            yield Change(where, Way.GONE, value)
    for name, value in after.items():
        where = f"{at}/{escaped(name)}"
        if (
            name not in before
            and not empty(value)
            and not covered(where, ignored)
            and name not in BOOKKEEPING
        ):
            yield Change(where, Way.ADDED, None, value)


def _items(before: list[Any], after: list[Any], ignored: Sequence[str], at: str) -> Iterator[Change]:
    if len(before) != len(after):
        grown = len(before) < len(after) and _reordered(before, after, ignored, at)
        yield Change(at, Way.MORE if grown else Way.ITEMS, before, after)
        return
    if before and all(isinstance(item, str) for item in (*before, *after)):
        # Several families sort tags and the like.
        if Counter(before) != Counter(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from changes(one, other, ignored, f"{at}/{number}")
        return
    inner = [
        change
        for number, (one, other) in enumerate(zip(before, after, strict=True))
        for change in changes(one, other, ignored, f"{at}/{number}")
    ]
    if inner and len(before) > 1 and _reordered(before, after, ignored, at):
        yield Change(at, Way.ORDER, before, after)
    else:
        yield from inner


def _reordered(before: list[Any], after: list[Any], ignored: Sequence[str], at: str) -> bool:
    """Tell whether every item is still there, wherever it stands."""
    left = list(after)
    for one in before:
        found = next((other for other in left if not any(changes(one, other, ignored, f"{at}/0"))), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _way(at: str, before: Any, after: Any) -> Way:
    if isinstance(before, bool) and isinstance(after, bool):
        return Way.FLAG
    if kind(before) != kind(after):
        return Way.TYPE
    if isinstance(before, str) and isinstance(after, str):
        if damaged(before, after):
            return Way.TEXT
        if _CREATED.search(at) and moment(before) and moment(after):
            return Way.TIME
    if kind(before) == "number" and _CREATED.search(at):
        return Way.TIME
    return Way.VALUE


def kind(value: Any) -> str:
    """Return the JSON type of a value; whole numbers are numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def damaged(before: str, after: str) -> bool:
    """Tell whether a text is what a wrong encoding, a cut, or an escape too many makes of the one before."""
    if "�" in after and "�" not in before:
        return True
    wrong = [before.encode("utf-8", "replace").decode(name, "replace") for name in ("latin-1", "cp1252")]
    wrong += [before.encode(name, "replace").decode(name) for name in ("ascii", "latin-1")]
    wrong.append(before.encode("ascii", "ignore").decode())
    cut = len(after) >= 3 and len(after) < len(before) and before.startswith(after)
    return after != before and (after in wrong or cut)


def volatile(first: Any, second: Any) -> tuple[str, ...]:
    """Return the pointers on which two readings of an object that nobody changed do not agree, items as ``*``."""
    return tuple(dict.fromkeys(_INDEX.sub("/*", change.at) for change in changes(first, second)))


def empty(value: Any) -> bool:
    """Tell whether a value says nothing: servers fill in and leave out such members as they like."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def missing(sent: Any, got: Any, ignored: Sequence[str] = (), at: str = "") -> Iterator[str]:
    """Yield the pointers of what was sent and does not show as it was sent; secrets are not looked for."""
    if covered(at, ignored) or sent is None:
        return
    if isinstance(sent, Mapping):
        for name, value in sent.items():
            where = f"{at}/{escaped(name)}"
            if name in SECRET or value is None or covered(where, ignored):
                continue
            if not isinstance(got, Mapping) or name not in got:
                yield where
            else:
                yield from missing(value, got[name], ignored, where)
    elif any(changes(sent, got, ignored, at)):
        yield at


def secrets(body: Any, at: str = "") -> Iterator[str]:
    """Yield the pointers of members that are called like secrets and hold something."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            where = f"{at}/{escaped(name)}"
            if name in SECRET and holds(value):
                yield where
            yield from secrets(value, where)
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from secrets(value, f"{at}/{number}")


def masked(value: Any) -> Any:
    """Return a reading in which each secret is the mark of one: enough to see that it is another, and no use."""
    if isinstance(value, Mapping):
        return {n: _marks(v) if n in SECRET else masked(v) for n, v in value.items()}
    return [masked(inner) for inner in value] if isinstance(value, list) else value


def _marks(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _marks(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marks(inner) for inner in value]
    return f"secret-{sha256(value.encode()).hexdigest()[:12]}" if isinstance(value, str) and value else value


def holds(value: Any) -> bool:
    """Tell whether a value, or anything in it, is a text that says something."""
    if isinstance(value, Mapping):
        return any(holds(inner) for inner in value.values())
    if isinstance(value, list):
        return any(holds(inner) for inner in value)
    return isinstance(value, str) and bool(value)


def core(value: Any, id: str, at: str = "") -> str | None:
    """Return the pointer of the mapping that is the object of an id: the outermost that has it as a value."""
    if isinstance(value, Mapping):
        if id in (inner for inner in value.values() if isinstance(inner, str)):
            return at
        inside = (core(inner, id, f"{at}/{escaped(name)}") for name, inner in value.items())
        return next((pointer for pointer in inside if pointer is not None), None)
    return None


def texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield pointer and value of every text."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from texts(inner, f"{at}/{escaped(name)}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{at}/{number}")
    elif isinstance(value, str):
        yield at, value


def escaped(name: Any) -> str:
    """Return a member's name as a step of a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def short(value: Any) -> str:
    """Return a value as a text that fits a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
