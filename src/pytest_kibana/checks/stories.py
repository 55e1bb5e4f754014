"""How a law reads a story: what was there, what was sent, what is gone."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_kibana.checks import seen
from pytest_kibana.checks.model import Look, Step


def last(look: Look) -> Step:
    """Return the step under judgement."""
    return look.story[-1]


def before(look: Look) -> tuple[Step, ...]:
    """Return the steps that led to it."""
    return look.story[:-1]


def ok(step: Step) -> bool:
    """Tell whether a step succeeded."""
    return step.exchange.answer is not None and 200 <= step.exchange.answer.status < 300


def when(*actions: str, excused: Iterable[str] = ()) -> Callable[[Look], bool]:
    """Applies where the last step is one of these, and no trait of the resource excuses it."""
    excuses = frozenset(excused)
    return lambda look: (
        bool(look.story)
        and seen.answered(look)
        and last(look).action in actions
        and not look.traits & excuses
    )


def there(look: Look) -> Step | None:
    """Return the step that made the last step's object, where the object is still there."""
    made: Step | None = None
    here = last(look)
    for step in before(look):
        same = step.subject == here.subject and step.space == here.space
        if same and ok(step):
            if step.action == "create":
                made = step
            elif step.action == "delete":
                made = None
    return made


def deleted(look: Look) -> bool:
    """Tell whether the last step's object was there and is deleted, in the same space."""
    here = last(look)
    done = [s.action for s in before(look) if s.subject == here.subject and s.space == here.space and ok(s)]
    return "create" in done and [a for a in done if a in ("create", "delete")][-1:] == ["delete"]


def known_values(look: Look) -> dict[str, Any]:
    """Return what was last sent for each member of the last step's object, by changes that succeeded."""
    here = last(look)
    values: dict[str, Any] = {}
    for step in before(look):
        mine = step.subject == here.subject and step.space == here.space and ok(step)
        if mine and step.action in ("create", "update", "update again") and isinstance(step.sent, Mapping):
            values.update(step.sent)
    return values


def living(look: Look, space: str | None) -> set[str]:
    """Return the ids that were made in a space and not deleted there."""
    alive: set[str] = set()
    for step in before(look):
        if step.space == space and step.subject and ok(step):
            if step.action == "create":
                alive.add(step.subject)
            elif step.action == "delete":
                alive.discard(step.subject)
    return alive


def dead(look: Look, space: str | None) -> set[str]:
    """Return the ids that were made in a space and deleted there."""
    made = {
        s.subject for s in before(look) if s.action == "create" and s.space == space and s.subject and ok(s)
    }
    return made - living(look, space)


def foreign(look: Look) -> set[str]:
    """Return the ids that live in other spaces than the last step's, and not there."""
    here = last(look).space
    elsewhere = {s.space for s in before(look) if s.action == "create"} - {here}
    there = {one for space in elsewhere for one in living(look, space)}
    return there - living(look, here)
