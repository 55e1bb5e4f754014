"""A short text that a regular expression matches, for schemas that ask for one."""

import re
from functools import lru_cache
from re import _constants as codes
from re import _parser
from typing import Any

_CLASSES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_NOT_SPACE: "a",
}
_LIKELY = "a1b2c3d4A-_./: @#"


@lru_cache(maxsize=1024)
def text_for(pattern: str, least: int = 0) -> str:
    """Return a text of at least ``least`` characters that the pattern finds, or "" where none was thought of."""
    try:
        tree = _parser.parse(pattern)
    except re.error:
        return ""
    for more in (0, 1, least, max(least, 8)):
        made = "".join(_node(op, arg, more) for op, arg in tree)
        if len(made) < least and not pattern.endswith("$"):
            made += "a" * (least - len(made))
        if len(made) >= least and re.search(pattern, made):
            return made
    return ""


def _node(op: Any, arg: Any, more: int) -> str:
    if op is codes.LITERAL:
        return chr(arg)
    if op is codes.IN:
        return _member(arg)
    if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        low, high, inner = arg
        once = "".join(_node(o, a, more) for o, a in inner)
        return once * int(min(max(low, more), int(high)))
    if op is codes.SUBPATTERN:
        return "".join(_node(o, a, more) for o, a in arg[-1])
    if op is codes.BRANCH:
        return "".join(_node(o, a, more) for o, a in arg[1][0])
    if op is codes.ANY:
        return "a"
    if op is codes.NOT_LITERAL:
        return "b" if arg == ord("a") else "a"
    return ""  # anchors and assertions take no room


def _member(items: Any) -> str:
    """Return a character of a set such as ``[^a-z]``."""
    if items and items[0][0] is codes.NEGATE:
        inner = items[1:]
        return next((c for c in _LIKELY if not any(_holds(op, arg, c) for op, arg in inner)), "~")
    for likely in _LIKELY:
        if any(_holds(op, arg, likely) for op, arg in items):
            return likely
    op, arg = items[0]
    return chr(arg[0]) if op is codes.RANGE else chr(arg) if op is codes.LITERAL else _CLASSES.get(arg, "a")


def _holds(op: Any, arg: Any, char: str) -> bool:
    if op is codes.LITERAL:
        return bool(chr(arg) == char)
    if op is codes.RANGE:
        return bool(arg[0] <= ord(char) <= arg[1])
    kinds = {
        codes.CATEGORY_DIGIT: char.isdigit(),
        codes.CATEGORY_WORD: char.isalnum() or char == "_",
        codes.CATEGORY_SPACE: char.isspace(),
    }
    return kinds.get(arg, False)
