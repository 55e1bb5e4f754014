"""What must hold: the shape of a check.

A check is one function for one rule. It reads what :class:`Look` holds, an exchange and its operation and
nothing else, and yields a :class:`Problem` for each way in which the rule is broken; yielding nothing is a pass.
A check that has nothing to say about an exchange is not applicable to it; ``applies`` decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.evidence.model import About, Level, Severity
from pytest_kibana.wire.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Look:
    """What a check sees. ``operation`` is None for a path that the contract does not have.

    ``strict`` is True where the contract's letter is insisted on and the platform's promises do not excuse.
    """

    exchange: Exchange
    operation: Operation | None
    contract: Contract
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a rule is broken. ``pointer`` is into the answer's JSON (``""`` the whole)."""

    sentence: str
    pointer: str = ""
    keyword: str = ""
    component: str | None = None
    about: About = About.DEPLOYMENT


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
