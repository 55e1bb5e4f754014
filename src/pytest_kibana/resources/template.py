"""Requests with holes: JSON values whose strings may name an object that is made just before sending.

The same few holes serve declarations of resources, recipes and generated cases:

    ${unique}            a name that carries the mark of this run; ${unique.b} and ${unique.word} are forms of it
    ${now} ${now+1d}     a time in UTC, shifted by s, m, h, d
    ${uuid}              a random UUID
    ${space}             the id of the space the request is for
    ${connector.id}      the id of an object of that kind that the run owns; other keys likewise
    ${case:/version}     a value out of such an object's last answer, by JSON pointer; ${case:} is all of it
    ${self.id}           in the declaration of a resource: the object that is spoken about

A string that is one hole and nothing else becomes whatever value stands there, with its JSON type; inside longer
text the value is written as text. Everything that does not look like one of these is left alone, so generated
text with a dollar in it survives.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kibana.errors import UsageError

Template = Any

_HOLE = re.compile(
    r"\$\{(?P<subject>[a-z][a-z0-9_]*)"
    r"(?:\.(?P<part>[A-Za-z_][A-Za-z0-9_]*)|:(?P<pointer>(?:/[^}]*)?)|(?P<shift>[+-][0-9]+[smhd]))?\}"
)

OWN_SUBJECTS = frozenset({"unique", "now", "uuid", "space", "self"})
"""Subjects that do not name a resource, but for a space of its own (``${space.id}``)."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole. At most one of ``part``, ``pointer`` and ``shift`` is set."""

    subject: str
    part: str | None = None
    pointer: str | None = None
    shift: str | None = None

    @property
    def names_resource(self) -> bool:
        """True where the hole is about an object of a kind (``${space.id}`` is; ``${space}`` is not)."""
        if self.subject == "space":
            return self.part is not None or self.pointer is not None
        return self.subject not in OWN_SUBJECTS

    def __str__(self) -> str:
        tail = (
            f".{self.part}"
            if self.part
            else f":{self.pointer}"
            if self.pointer is not None
            else self.shift or ""
        )
        return f"${{{self.subject}{tail}}}"


Lookup = Callable[[Hole], Any]


def holes(template: Template) -> tuple[Hole, ...]:
    """Return every hole of the template once, in the order of reading."""
    return tuple(dict.fromkeys(_walk(template)))


def subjects(template: Template) -> tuple[str, ...]:
    """Return the resources that the template names, in the order of reading."""
    return tuple(dict.fromkeys(h.subject for h in _walk(template) if h.names_resource))


def fill(template: Template, lookup: Lookup) -> Any:
    """Return a copy of the template in which ``lookup`` has said what stands in each hole."""
    if isinstance(template, str):
        return _fill_text(template, lookup)
    if isinstance(template, Mapping):
        return {fill(key, lookup): fill(value, lookup) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill(value, lookup) for value in template]
    return template


def renamed(template: Template, names: Mapping[str, str]) -> Template:
    """Return the template with the subjects of its holes replaced (``self`` by the name of a resource)."""

    def swap(match: re.Match[str]) -> str:
        subject = match["subject"]
        return match[0].replace("${" + subject, "${" + names.get(subject, subject), 1)

    if isinstance(template, str):
        return _HOLE.sub(swap, template)
    if isinstance(template, Mapping):
        return {renamed(key, names): renamed(value, names) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [renamed(value, names) for value in template]
    return template


def at(document: Any, pointer: str) -> Any:
    """Return what stands at an RFC 6901 pointer (``-1`` counts from the end of an array).

    Raises:
        KeyError: nothing stands there.
    """
    here = document
    for raw in pointer.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and step in here:
            here = here[step]
        elif isinstance(here, list) and re.fullmatch(r"-?\d+", step) and -len(here) <= int(step) < len(here):
            here = here[int(step)]
        else:
            raise KeyError(pointer)
    return here


def value_at(document: Any, pointer: str, otherwise: Any = None) -> Any:
    """Return what stands at a pointer, ``otherwise`` where nothing does."""
    try:
        return at(document, pointer)
    except KeyError:
        return otherwise


def put(document: Any, pointer: str, value: Any) -> Any:
    """Return a copy of the document with ``value`` at the pointer; missing objects on the way are made."""
    if not pointer:
        return value
    head, more, rest = pointer[1:].partition("/")
    step = head.replace("~1", "/").replace("~0", "~")
    tail = more + rest
    if isinstance(document, list):
        items = list(document)
        place = int(step)
        items[place] = put(items[place], tail, value)
        return items
    members = dict(document) if isinstance(document, Mapping) else {}
    members[step] = put(members.get(step), tail, value)
    return members


def places(template: Template, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield pointer and text of every string in the template that has a hole."""
    if isinstance(template, str):
        if _HOLE.search(template):
            yield pointer, template
    elif isinstance(template, Mapping):
        for key, value in template.items():
            yield from places(value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(template, (list, tuple)):
        for index, value in enumerate(template):
            yield from places(value, f"{pointer}/{index}")


def demand_known(template: Template, known: frozenset[str], where: str) -> None:
    """Refuse a template with a hole that nothing can fill.

    Raises:
        UsageError: a subject is neither one of ours nor in ``known``.
    """
    for hole in holes(template):
        if hole.names_resource and hole.subject not in known:
            raise UsageError(
                f"{where}: {hole} is not the name of a resource",
                hint="List the names with `pytest-kibana resources`, or correct the spelling.",
            )


def _walk(template: Template) -> Iterator[Hole]:
    if isinstance(template, str):
        yield from (_hole(match) for match in _HOLE.finditer(template))
    elif isinstance(template, Mapping):
        for key, value in template.items():
            yield from _walk(key)  # a map from space id to something has holes in its keys
            yield from _walk(value)
    elif isinstance(template, (list, tuple)):
        for value in template:
            yield from _walk(value)


def _hole(match: re.Match[str]) -> Hole:
    return Hole(match["subject"], match["part"], match["pointer"], match["shift"])


def _fill_text(text: str, lookup: Lookup) -> Any:
    whole = _HOLE.fullmatch(text)
    if whole:
        return lookup(_hole(whole))
    return _HOLE.sub(lambda match: str(lookup(_hole(match))), text)
