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


ACTIONS = frozenset(
    {
        "create",  # of a new object
        "create again",  # with the id of one that is there
        "read",
        "read unknown",  # an id that nothing has
        "list",
        "update",
        "update again",  # the same body once more
        "stale update",  # with a version that is no longer the object's
        "delete",
        "refused change",  # a change that had to be refused: without kbn-xsrf, by a viewer, invalid
        "probe",  # a request of the protocol group; its intent says which
    }
)
"""What a step of a story may attempt."""


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange of a story, and what it was for.

    Attributes:
        action: what was attempted: a word of :data:`ACTIONS`.
        exchange: what was said.
        subject: id of the object that it was about.
        space: where; None is the default space.
        sent: JSON value of the body.
        held: ids that stood in the answer to a list.
        page: number of the page that was asked for, where the list has pages.
        total: how many objects the answer said there are.
    """

    action: str
    exchange: Exchange
    subject: str | None = None
    space: str | None = None
    sent: Any = None
    held: tuple[str, ...] = ()
    page: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a check sees. ``operation`` is None for a path that the contract does not have.

    ``strict`` is True where the contract's letter is insisted on and the platform's promises do not excuse.
    ``story`` holds the steps that led here, oldest first, the exchange under judgement last; it is empty for
    a request that stands alone. ``traits`` are words about the resource that excuse a law, such as ``eventual
    list``. ``flavor`` and ``version`` are the target's, or None. ``usual`` is the median time of the
    operation's answers, in seconds.
    """

    exchange: Exchange
    operation: Operation | None
    contract: Contract
    strict: bool = False
    story: tuple[Step, ...] = ()
    traits: frozenset[str] = frozenset()
    flavor: str | None = None
    version: str | None = None
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
