"""Where checks are entered: a decorator, the catalogue, and the one function that judges an exchange."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from pytest_kibana.checks.model import GROUP_LETTERS, Check, Look, Problem
from pytest_kibana.evidence.model import About, Level, Severity, Verdict

_ENTERED: dict[str, Check] = {}

Predicate = Callable[[Look], bool]
Judged = tuple[Check, Verdict, tuple[Problem, ...]]


def check(
    code: str,
    title: str,
    *,
    applies: Predicate,
    why: str,
    example: str,
    level: Level = Level.MUST,
    severity: Severity = Severity.NORMAL,
    source: str = "",
) -> Callable[[Callable[[Look], Iterator[Problem]]], Callable[[Look], Iterator[Problem]]]:
    """Enter a function as the check ``code``.

    Args:
        code: stable, ``KBN-`` and the group's letter and three digits. Codes are never reused.
        title: what is wrong where it fails, in a few words.
        applies: tells whether the check has anything to say about a look.
        why: one sentence, what goes wrong for people when the rule is broken.
        example: one sentence, what a broken rule looks like.
        level: MUST fails; SHOULD is tolerated unless the run is strict.
        severity: how much it hurts.
        source: where the rule comes from.
    """

    def enter(function: Callable[[Look], Iterator[Problem]]) -> Callable[[Look], Iterator[Problem]]:
        if code in _ENTERED:
            raise ValueError(f"{code} is entered twice")
        _ENTERED[code] = Check(
            code=code,
            title=title,
            group=code.removeprefix("KBN-")[0],
            level=level,
            severity=severity,
            why=why,
            example=example,
            applies=applies,
            look=function,
            source=source,
        )
        return function

    return enter


def entered() -> dict[str, Check]:
    """Return the checks entered so far, by code."""
    return dict(sorted(_ENTERED.items()))


@lru_cache(maxsize=64)
def _chosen(wanted: frozenset[str] | None) -> tuple[Check, ...]:
    if wanted is None:
        return tuple(entered().values())
    letters = {GROUP_LETTERS.get(name, name) for name in wanted}
    return tuple(c for code, c in entered().items() if c.group in letters or code in wanted)


def judge(look: Look, groups: Iterable[str] | None = None) -> tuple[Judged, ...]:
    """Judge one exchange.

    Args:
        look: the exchange, its operation, the contract.
        groups: names (``responses``), letters (``R``) or codes; all checks where None.

    Returns:
        each chosen check with its verdict and problems, those not applicable included. Weather is never
        judged: an exchange without an answer, or with an answer that is only weather, gives an empty tuple.
    """
    if look.exchange.weather is not None and not look.settled:
        return ()
    chosen = _chosen(None if groups is None else frozenset(groups))
    return tuple(_apply(entry, look) for entry in chosen)


def _apply(entry: Check, look: Look) -> Judged:
    if not entry.applies(look):
        return entry, Verdict.NOT_APPLICABLE, ()
    problems = tuple(entry.look(look))
    return entry, weigh(entry, problems, strict=look.strict), problems


def weigh(entry: Check, problems: Iterable[Problem], *, strict: bool) -> Verdict:
    """Return what problems amount to: only a broken MUST of the deployment fails a run that is not strict."""
    verdict = Verdict.PASSED
    for problem in problems:
        if strict or (entry.level is Level.MUST and problem.about is About.DEPLOYMENT):
            return Verdict.FAILED
        verdict = Verdict.TOLERATED
    return verdict
