"""Text that keeps a pattern or a format.

Patterns in contracts are ECMA 262; what Kibana publishes is also readable to Python's ``re``, whose parser does the
reading here. What the parser does not know (look-around, back-references) is guessed and then tested.
"""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pytest_kibana.cases.choosers import ALPHABET, LETTERS, Chooser

_PARSER: Any = re._parser  # documented nowhere, stable since 2.0; a test watches it
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MORE: Final = 6
_CLASSES: Final = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": LETTERS + "0123456789_",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": LETTERS,
    "CATEGORY_NOT_WORD": "-. ",
    "CATEGORY_NOT_SPACE": LETTERS + "0123456789",
}


@functools.cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern ready for ``search``, with ``$`` meaning the very end as in ECMA; None if unreadable."""
    try:
        return re.compile(re.sub(r"(?<!\\)((?:\\\\)*)\$(?![^\[]*\])", r"\1\\Z", pattern))
    except re.error:
        return None


def keeps(pattern: str, text: str) -> bool:
    """Tell whether the text matches. An unreadable pattern is kept by everything: the contract's proof decides."""
    expression = compiled(pattern)
    return expression is None or expression.search(text) is not None


def matching(pattern: str, chooser: Chooser) -> str:
    """Return text that matches the pattern, as plain as the chooser wants it. It may be wrong: test it."""
    try:
        return _sequence(_PARSER.parse(pattern), chooser, {})
    except re.error:
        return "a"


def _sequence(nodes: Any, chooser: Chooser, groups: dict[int, str]) -> str:
    return "".join(_node(str(op), value, chooser, groups) for op, value in nodes)


def _node(op: str, value: Any, chooser: Chooser, groups: dict[int, str]) -> str:
    reader = _READERS.get(op)
    return reader(value, chooser, groups) if reader else ""  # anchors and look-around add no text


def _repeat(value: Any, chooser: Chooser, groups: dict[int, str]) -> str:
    low, high, inner = value
    count = chooser.integer(low, min(int(high), low + _MORE), low)
    return "".join(_sequence(inner, chooser, groups) for _ in range(count))


def _group(value: Any, chooser: Chooser, groups: dict[int, str]) -> str:
    groups[value[0]] = _sequence(value[3], chooser, groups)
    return groups[value[0]]


_READERS: Final[Mapping[str, Callable[[Any, Chooser, dict[int, str]], str]]] = {
    "LITERAL": lambda v, _chooser, _groups: chr(v),
    "NOT_LITERAL": lambda v, chooser, _groups: chooser.pick([c for c in LETTERS[:6] if ord(c) != v]),
    "ANY": lambda _v, chooser, _groups: chooser.pick(LETTERS[:6]),
    "IN": lambda v, chooser, _groups: chooser.pick(_members(v)),
    "BRANCH": lambda v, chooser, groups: _sequence(chooser.pick(v[1]), chooser, groups),
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _sequence,
    "GROUPREF": lambda v, _chooser, groups: groups.get(v, ""),
    "CATEGORY": lambda v, chooser, _groups: chooser.pick(_CLASSES.get(str(v), LETTERS)),
}


def _members(value: Any) -> str:
    """Return characters of a class such as ``[a-z_]``, the plainest first."""
    allowed: list[str] = []
    negated = False
    for op, item in value:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                allowed.append(chr(item))
            case "RANGE":
                low, high = item
                allowed.extend(chr(c) for c in range(low, min(high, low + 127) + 1))
            case "CATEGORY":
                allowed.extend(_CLASSES.get(str(item), LETTERS))
    if negated:
        return "".join(c for c in ALPHABET if c not in allowed) or "a"
    return "".join(allowed) or "a"


def formatted(form: str, chooser: Chooser) -> str | None:
    """Return text of a format, or None for a format that this project does not assert."""
    number = chooser.integer(0, 86_399, 0)
    moment = _EPOCH + timedelta(seconds=number)
    makers = {
        "date-time": lambda: moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "date": lambda: (_EPOCH + timedelta(days=number % 365)).strftime("%Y-%m-%d"),
        "uuid": lambda: f"0b8c3c1e-5f0a-4c7e-9d51-{number:012x}",
        "ipv4": lambda: f"192.0.2.{number % 254 + 1}",
        "ipv6": lambda: f"2001:db8::{number % 65_535 + 1:x}",
        "uri": lambda: f"https://example.org/{number}" if number else "https://example.org/",
        "uri-reference": lambda: f"/{number}" if number else "/",
        "email": lambda: f"somebody{number or ''}@example.org",
    }
    maker = makers.get(form)
    return maker() if maker else None


_MOMENT: Final = "2026-01-01T00:00:00.000Z"
_USUAL: Final = {
    **dict.fromkeys(("interval", "duration", "every", "throttle", "frequency", "lookback"), "1h"),
    **dict.fromkeys(
        ("start", "end", "from", "to", "date", "startdate", "enddate", "timestamp", "since"), _MOMENT
    ),
    **dict.fromkeys(("expiration", "expiresat", "createdat", "updatedat", "startedat"), _MOMENT),
    **dict.fromkeys(("url", "uri", "apiurl", "host", "hosts", "hosturls", "proxyurl"), "https://example.org"),
    **dict.fromkeys(("query", "kql", "kuery", "filter"), "*"),
    **dict.fromkeys(("index", "indices", "indexpattern", "indexpatterns", "pattern"), "kbn-test-*"),
    **dict.fromkeys(("field", "fieldname", "timefield", "sortfield"), "@timestamp"),
    **dict.fromkeys(("mail", "email", "useremail"), "somebody@example.org"),
    **dict.fromkeys(("timezone", "tzid"), "UTC"),
    "color": "#0b5cff",
    "imageurl": "data:image/png;base64,iVBORw0KGgo=",
    "language": "kuery",
    "namespace": "default",
    "pkgversion": "1.0.0",
    "version": "1.0.0",
}


def usual(at: str) -> str | None:
    """Return text such as usually stands at a place, told by its name, or None.

    Contracts of Kibana rarely say that a string is a duration, a moment, a colour or a query, and its servers insist.
    """
    steps = [s for s in at.split("/") if not s.isdigit()]
    return _USUAL.get(re.sub(r"[^a-z]", "", steps[-1].lower())) if steps else None


UNFORMATTED: Final = {
    "date-time": "the day before yesterday",
    "date": "2026-13-45",
    "uuid": "not-a-uuid",
    "ipv4": "999.999.999.999",
    "ipv6": "not-an-address",
    "uri": "not a uri",
    "uri-reference": "not a uri \\ at all",
    "email": "nobody",
}
"""For each asserted format, text that does not keep it."""
