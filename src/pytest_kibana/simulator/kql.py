"""Kibana's query language as filters of lists use it: parsed as Kibana parses it, and asked of rows.

``a: b``, ``a: "b c"``, ``a: (b or c)``, ``a: *``, ``a: b*``, ``a >= 5``, ``not``, ``and``, ``or``, parentheses, and
``a: { b: c and d: e }`` for objects inside lists (Kibana source, kbn-es-query ``kuery/grammar/grammar.peggy``).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_kibana.simulator.datemath import instant

Json = Any
Values = Callable[[Json, str], list[Json]]
"""How a field is found in a row: returns every value that stands there."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:\\.|[^"\\])*")
      | (?P<sign><=|>=|<|>|:|\(|\)|\{|\})
      | (?P<word>(?:\\u[0-9a-fA-F]{4}|\\.|[^\s\\():<>"{}])+)
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_KEYWORDS = ("and", "or", "not")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS = re.compile(r"\w+")
TEXTS = frozenset({"name", "title", "description", "label", "message", "note", "comment", "summary"})
"""Properties whose mapping is text: they are found by their words. Others are found by their whole value."""


class BadQuery(ValueError):
    """What was sent is no query of the language."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a query: ``quoted`` ones are meant as they are, in others asterisks stand for anything."""

    text: str
    quoted: bool = False
    pattern: str = ""

    def holds(self, value: Json, *, words: bool) -> bool:
        """Tell whether a value of a row is meant; ``words`` says that one word of it, or a phrase, is enough."""
        if value is None:
            return False
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if self.pattern:
            flags = re.DOTALL | (re.IGNORECASE if words else 0)
            whole = (shown, *(_WORDS.findall(shown) if words else ()))
            return any(re.fullmatch(self.pattern, one, flags) for one in whole)
        if isinstance(value, int | float) and not isinstance(value, bool) and _NUMBER.fullmatch(self.text):
            return float(value) == float(self.text)
        if shown == self.text:
            return True
        if not words:
            return False
        asked, known = _WORDS.findall(self.text.lower()), _WORDS.findall(shown.lower())
        if self.quoted:
            return any(known[i : i + len(asked)] == asked for i in range(len(known))) if asked else False
        return not set(asked).isdisjoint(known)


Node = Callable[[Json, Values], bool]


class _Reader:
    """Reads one query, from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.fields: list[str] = []

    def next(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> tuple[str, str]:
        token = self.next()
        if token is None:
            raise BadQuery('Expected "(", "{", value, whitespace but end of input found.')
        self.at += 1
        return token

    def sign(self, text: str) -> bool:
        if self.next() == ("sign", text):
            self.at += 1
            return True
        return False

    def keyword(self, text: str) -> bool:
        token = self.next()
        if token is not None and token[0] == "word" and token[1].lower() == text:
            self.at += 1
            return True
        return False

    def demand(self, text: str) -> None:
        if not self.sign(text):
            token = self.next()
            found = f'"{token[1]}"' if token else "end of input"
            raise BadQuery(f'Expected "{text}" but {found} found.')

    # -- grammar ---------------------------------------------------------------------------------------------

    def either(self) -> Node:
        parts = [self.both()]
        while self.keyword("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda row, find: any(part(row, find) for part in parts)

    def both(self) -> Node:
        parts = [self.negated()]
        while self.keyword("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else lambda row, find: all(part(row, find) for part in parts)

    def negated(self) -> Node:
        if self.keyword("not"):
            inner = self.negated()
            return lambda row, find: not inner(row, find)
        if self.sign("("):
            inner = self.either()
            self.demand(")")
            return inner
        return self.expression()

    def expression(self) -> Node:
        first = self.literal()
        token = self.next()
        if token == ("sign", ":"):
            self.at += 1
            self.fields.append(first.text)
            return self.nested(first) if self.sign("{") else self.values(first)
        if token is not None and token[0] == "sign" and token[1] in ("<", ">", "<=", ">="):
            self.at += 1
            self.fields.append(first.text)
            return _range(first.text, token[1], self.literal().text)
        return lambda row, _find: any(first.holds(value, words=True) for value in _everything(row))

    def nested(self, field: Literal) -> Node:
        inner = self.either()
        self.demand("}")

        def holds(row: Json, find: Values) -> bool:
            items = [item for item in find(row, field.text) if isinstance(item, dict)]
            return any(inner(item, find) for item in items)

        return holds

    def values(self, field: Literal) -> Node:
        if self.sign("("):
            meant = self.list_of_values(field)
            self.demand(")")
            return meant
        return _field(field.text, self.literal())

    def list_of_values(self, field: Literal) -> Node:
        """Return what ``(b or not c and d)`` means of a field."""
        groups = [[self.listed(field)]]
        while True:
            if self.keyword("or"):
                groups.append([self.listed(field)])
            elif self.keyword("and"):
                groups[-1].append(self.listed(field))
            else:
                return lambda row, find: any(all(part(row, find) for part in group) for group in groups)

    def listed(self, field: Literal) -> Node:
        if self.keyword("not"):
            inner = self.listed(field)
            return lambda row, find: not inner(row, find)
        if self.sign("("):
            inner = self.list_of_values(field)
            self.demand(")")
            return inner
        return _field(field.text, self.literal())

    def literal(self) -> Literal:
        kind, text = self.take()
        if kind == "quoted":
            return Literal(_unescaped(text[1:-1]), quoted=True)
        if kind == "sign":
            raise BadQuery(f'Expected "(", "{{", value, whitespace but "{text}" found.')
        if text.lower() in _KEYWORDS:
            raise BadQuery(f'Expected "(", "{{", value, whitespace but "{text}" found.')
        parts = [text]
        while (token := self.next()) and token[0] == "word" and token[1].lower() not in _KEYWORDS:
            parts.append(token[1])
            self.at += 1
        whole = " ".join(parts)
        return Literal(_unescaped(whole), pattern=_pattern(whole))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at:].strip():
                raise BadQuery(f'Expected value but "{text[at:].strip()[0]}" found.')
            return
        yield str(found.lastgroup), found[str(found.lastgroup)]
        at = found.end()


def _unescaped(text: str) -> str:
    def meant(found: re.Match[str]) -> str:
        inner = found[1]
        return chr(int(inner[1:], 16)) if len(inner) == 5 else _CONTROL.get(inner, inner)

    return _ESCAPED.sub(meant, text)


def _pattern(text: str) -> str:
    """Return what asterisks make of a text; "" where it has none. An asterisk after a backslash is only itself."""
    pieces = re.split(r"(\\u[0-9a-fA-F]{4}|\\.|\*)", text)
    if "*" not in pieces:
        return ""
    return "".join(".*" if piece == "*" else re.escape(_unescaped(piece)) for piece in pieces)


def _everything(row: Json) -> Iterator[Json]:
    inner = row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()
    for value in inner:
        if isinstance(value, dict | list):
            yield from _everything(value)
        else:
            yield value


def _field(name: str, wanted: Literal) -> Node:
    words = name.rpartition(".")[2] in TEXTS

    def holds(row: Json, find: Values) -> bool:
        values = list(_everything(row)) if name == "*" else find(row, name)
        if wanted.text == "*" and not wanted.quoted:
            return any(value is not None for value in values)
        return any(wanted.holds(value, words=words) for value in values)

    return holds


def _range(name: str, sign: str, text: str) -> Node:
    def fits(value: Json) -> bool:
        pair: tuple[Json, Json] | None = None
        if isinstance(value, int | float) and not isinstance(value, bool):
            pair = (float(value), float(text)) if _NUMBER.fullmatch(text) else None
        elif isinstance(value, str):
            times = instant(value), instant(text, up=sign in ("<=", ">"))
            pair = times if None not in times else (value, text)
        if pair is None:
            return False
        left, right = pair
        return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign])

    return lambda row, find: any(fits(value) for value in find(row, name))


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: ``fields`` are those that it names."""

    node: Node
    fields: tuple[str, ...]

    def holds(self, row: Json, find: Values) -> bool:
        """Tell whether a row fits."""
        return self.node(row, find)


def read(text: str) -> Query:
    """Return what a query means. A query of nothing fits everything.

    Raises:
        BadQuery: it breaks the grammar; the text says where, nearly as Kibana does.
    """
    reader = _Reader(text)
    if not reader.tokens:
        return Query(lambda _row, _find: True, ())
    try:
        node = reader.either()
    except RecursionError:
        raise BadQuery("Expected value but a deeper one found.") from None
    left = reader.next()
    if left is not None:
        raise BadQuery(f'Expected AND, OR, end of input but "{left[1]}" found.')
    return Query(node, tuple(reader.fields))
