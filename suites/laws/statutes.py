"""The book of laws: what a law is, where it is entered, and which speak of a resource.

A law is a function that takes a :class:`~pytest_kibana.suites.laws.bench.Bench`, tries, and yields a sentence for each
way in which it was broken. It raises :class:`~pytest_kibana.suites.laws.bench.NotHere` where it cannot be tried. Laws
know no family: what a family does otherwise is data of its declaration (``exceptions``, keyed by the law's name), with
the reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pytest_kibana.resources import Kind, Resource, Scope
from pytest_kibana.resources.template import subjects
from pytest_kibana.suites.laws.bench import Bench, calls_of

Broken = Iterator[str]
Law = Callable[[Bench], Broken]
INTEGRITY = "Elastic's own API tests assert it"
SPACES = "Kibana docs, spaces; Elastic's spaces_api_integration suite asserts it"


@dataclass(frozen=True, slots=True, repr=False)
class Statute:
    """A law with what is known of it.

    Attributes:
        name: short, unique; the key of ``exceptions`` in declarations.
        id: of its requirement.
        law: the function.
        needs: roles that the contract must have an operation for.
        applies: tells of which resources it speaks at all.
        level: MUST or SHOULD.
        source: where it is known from.
        tier: in which runs it is tried.
    """

    name: str
    id: str
    law: Law
    needs: tuple[str, ...]
    applies: Callable[[Resource], bool]
    level: str = "MUST"
    source: str = INTEGRITY
    tier: str = "standard"

    def __repr__(self) -> str:
        return f"<law {self.name}>"

    @property
    def sentence(self) -> str:
        """What the law says, in one sentence."""
        return (self.law.__doc__ or "").strip().split("\n")[0]


STATUTES: dict[str, Statute] = {}


def statute(
    number: int,
    name: str,
    *needs: str,
    when: Callable[[Resource], bool] = lambda _kind: True,
    kinds: tuple[Kind, ...] = (Kind.OBJECT,),
    **more: Any,
) -> Callable[[Law], Law]:
    """Enter a law."""

    def enter(law: Law) -> Law:
        STATUTES[name] = Statute(
            name,
            f"KBN-REQ-LAW-{number:03}",
            law,
            ("create", *needs),
            lambda kind: kind.kind in kinds and when(kind),
            **more,
        )
        return law

    return enter


def has_id(kind: Resource) -> bool:
    """Tell whether each has an id of its own or is given one."""
    return kind.id_at is not None or kind.chooses_id


def own_id(kind: Resource) -> bool:
    """Tell whether its id is not that of its parent."""
    return has_id(kind) and not subjects(kind.keys.get("id", ""))


def in_space(kind: Resource) -> bool:
    """Tell whether it lives in one space."""
    return kind.scope is Scope.SPACE


def upserts(kind: Resource) -> bool:
    """Tell whether updating what is not there makes it."""
    return bool({c.label for c in kind.update} & {c.label for c in kind.create})


def vanishes(kind: Resource) -> bool:
    """Tell whether it can be seen that one was removed: where nothing reads it alone, the list shows it."""
    return kind.gone != "unknown" or (not kind.read and bool(kind.listing))


def changes(kind: Resource) -> bool:
    """Tell whether one can be changed, and the declaration knows how."""
    return bool(kind.change) and bool(kind.update)


def applicable(kind: Resource, has: Callable[[str], bool]) -> Iterator[Statute]:
    """Yield the laws that speak of a resource, given which labels the contract has.

    Args:
        kind: the resource.
        has: tells whether the contract has an operation of that label.
    """
    for law in sorted(STATUTES.values(), key=lambda law: law.id):
        if law.applies(kind) and all(any(has(c.label) for c in calls_of(kind, role)) for role in law.needs):
            yield law


def operations_of(kind: Resource, law: Statute, has: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the labels of the operations that a law needs of a resource."""
    firsts = (next((c.label for c in calls_of(kind, role) if has(c.label)), None) for role in law.needs)
    return tuple(dict.fromkeys(label for label in firsts if label))


def forms(kind: Resource, has: Callable[[str], bool]) -> Iterator[tuple[str, Resource]]:
    """Yield the ways in which a contract lets one kind of thing be treated: the usual one, with no name, and one for
    each further operation that does the same, named by it.

    Args:
        kind: the resource.
        has: tells whether the contract has an operation of that label.
    """
    yield "", kind
    roles = {"create": kind.create, "read": kind.read, "update": kind.update, "delete": kind.delete}
    for role, calls in roles.items():
        known = list(dict.fromkeys(call.label for call in calls if has(call.label)))
        for label in known[1:]:
            first = [call for call in calls if call.label == label]
            others = [call for call in calls if call.label != label]
            changed: dict[str, Any] = {role: (*first, *others)}
            if role == "create" and "${self.id}" not in str([list(c.templates()) for c in first]):
                # Who makes one so does not choose its id.
                keys = {key: template for key, template in kind.keys.items() if key != "id"}
                changed |= {"keys": keys, "refuses_again": None, "id_at": kind.id_at or "/id"}
            yield f"{role} by {label}", replace(kind, **changed)


def of_form(law: Statute, name: str) -> bool:
    """Tell whether a law is to be tried once more for a form of that name."""
    return not name or name.partition(" ")[0] in law.needs
