"""Words that lists are searched for, as Elasticsearch's ``simple_query_string`` reads them: ``a b``, ``a + b``, ``-a``,
``a | b``, ``"a phrase"`` and ``begin*``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

Json = Any
_PART = re.compile(r'(?P<not>-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"|+()]+))|(?P<sign>[|+])')
_WORDS = re.compile(r"\w+")


def searched(values: Json, search: str, operator: str = "OR") -> bool:
    """Tell whether values, however deep they stand, have what a search asks for.

    ``operator`` joins words that nothing else joins. A search without any word finds everything.
    """
    texts = [_WORDS.findall(text.lower()) for text in texts_of(values)]
    groups: list[list[bool]] = [[]]  # any of them, and in each all
    joined = operator.upper() == "AND"
    glue = True  # the first word joins nothing
    for part in _PART.finditer(search):
        if part["sign"]:
            glue = part["sign"] == "+"
            if not glue and groups[-1]:
                groups.append([])
            glue = True
            continue
        hit = _has(texts, part["phrase"], part["word"])
        if hit is None:
            continue
        if not glue and not joined and not part["not"] and groups[-1]:
            groups.append([])
        groups[-1].append(hit is not bool(part["not"]))
        glue = False
    groups = [group for group in groups if group]
    return any(all(group) for group in groups) if groups else True


def _has(texts: list[list[str]], phrase: str | None, word: str | None) -> bool | None:
    """Return whether a text has a phrase or a word; None where neither says anything."""
    if phrase is not None:
        asked = _WORDS.findall(phrase.lower())
        return _follows(texts, asked) if asked else None
    text = (word or "").lower()
    asked = _WORDS.findall(text)
    if not asked:
        return True if text.strip("*~-") == "" and "*" in text else None
    begun = asked.pop() if text.endswith("*") else ""
    known = {one for words in texts for one in words}
    return known.issuperset(asked) and (not begun or any(one.startswith(begun) for one in known))


def _follows(texts: Iterable[list[str]], asked: list[str]) -> bool:
    size = len(asked)
    return any(words[i : i + size] == asked for words in texts for i in range(len(words) - size + 1))


def texts_of(value: Json) -> Iterator[str]:
    """Yield everything that can be searched in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif value is not None:
        yield str(value)
