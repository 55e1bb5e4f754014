"""What stands in the holes of a template, while one request is made."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from pytest_kibana.errors import UsageError
from pytest_kibana.resources.mark import RunMark
from pytest_kibana.resources.template import Hole, value_at

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Thing(Protocol):
    """Something that holes may be about."""

    def value(self, part: str | None, pointer: str | None) -> Any:
        """Return a key (``id`` and others), or what stands at a pointer of its last answer."""


@dataclass(slots=True)
class Values:
    """Answers holes.

    Args:
        unique: the name that this request gives.
        space: id of the space that the request is for; None is the default space.
        now: seconds since the epoch.
        others: finds the object that a hole about another resource means.
        known: keys of the object that is being made or spoken about (``${self.…}``).
        body: its last answer.
    """

    unique: str
    space: str | None
    now: Callable[[], float]
    others: Callable[[str], Thing]
    known: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    _uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __call__(self, hole: Hole) -> Any:
        """Return what stands in the hole.

        Raises:
            UsageError: nothing does.
        """
        if hole.names_resource:
            return self.others(hole.subject).value(hole.part, hole.pointer)
        match hole.subject:
            case "unique":
                return self._name(hole.part)
            case "uuid":
                return self._uuid
            case "space":
                return self.space or "default"
            case "now":
                return self._time(hole.shift)
            case "self":
                return self._own(hole)
        raise UsageError(
            f"{hole} is not a placeholder",
            hint="See pytest_kibana.resources.template for the placeholders there are.",
        )

    def _name(self, form: str | None) -> str:
        if form == "word":
            return RunMark.word(self.unique)
        return f"{self.unique}-{form}" if form else self.unique

    def _time(self, shift: str | None) -> str:
        moment = datetime.fromtimestamp(self.now(), UTC)
        if shift:
            moment += timedelta(**{_UNITS[shift[-1]]: int(shift[:-1])})
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _own(self, hole: Hole) -> Any:
        if hole.pointer is not None:
            return value_at(self.body, hole.pointer)
        if hole.part is not None and hole.part in self.known:
            return self.known[hole.part]
        raise UsageError(
            f"{hole} is not known yet",
            hint="A declaration names only what is known before the object is made.",
        )
