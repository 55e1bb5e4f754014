"""What must hold: the shape of a check.

A check is one function for one rule. It reads what :class:`Look` holds, an exchange and its operation and
nothing else, and yields a :class:`Problem` for each way in which the rule is broken; yielding nothing is a
pass. A check that has nothing to say about an exchange is not applicable to it; ``applies`` decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.evidence.model import About, Level, Severity
from pytest_kibana.wire.exchange import Exchange

GROUP_LETTERS = {"responses": "R", "protocol": "P", "access": "A", "input": "I", "laws": "L"}
"""The groups of checks by the name that items and reports use, and the letter in their codes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange of a story, and what it was for.

    ``action`` is what was attempted on the object ``subject``: ``create``, ``create again``, ``read``,
    ``list``, ``update``, ``stale update``, ``delete``, or ``refused`` for a change that the server had to
    refuse. ``space`` is where. ``sent`` is the body's JSON value; ``held`` is what is known to be inside a
    list answer (ids), see the laws.
    """

    action: str
    exchange: Exchange
    subject: str | None = None
    space: str | None = None
    sent: Any = None
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a check sees. ``operation`` is None for a path that the contract does not have.

    ``strict`` is True where the contract's letter is insisted on and the platform's promises do not excuse.
    ``story`` holds the steps that led here, oldest first, the exchange under judgement last; it is empty for
    a request that stands alone. ``traits`` are words about the resource that excuse a law, such as ``eventual
    list``. ``flavor`` is the target's, or None. ``usual`` is the median time of the operation's answers, in
    seconds.
    """

    exchange: Exchange
    operation: Operation | None
    contract: Contract
    strict: bool = False
    story: tuple[Step, ...] = ()
    traits: frozenset[str] = frozenset()
    flavor: str | None = None
    usual: float | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a rule is broken. ``pointer`` is into the answer's JSON (``""`` the whole).

    ``within`` is the rule's place inside the named ``component``, where there is one: together they name the
    same defect in every operation that uses the component.
    """

    sentence: str
    pointer: str = ""
    keyword: str = ""
    component: str | None = None
    about: About = About.DEPLOYMENT
    within: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its stable code. ``group`` is the letter in the code: R, P, A, I or L."""

    code: str
    title: str
    group: str
    level: Level
    severity: Severity
    why: str
    example: str
    applies: Callable[[Look], bool]
    look: Callable[[Look], Iterator[Problem]]
    source: str = ""
