"""Which item is next: in the order of the plan, several at once, but never two changes of one resource
together.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from pytest_kibana.conformance.plan import Item

WINDOW: Final = 64
"""How many items may be finished or under way before pytest asks for them: stopping early must not send the
rest.
"""


def lane(item: Item) -> str | None:
    """Return what an item may not share with another at the same time; None where it only reads.

    It is the fixed beginning of the path: ``/api/cases/{id}/comments`` and ``/api/cases`` are one lane, since
    a change of a parent reaches its children.
    """
    operation = item.operation
    if not operation.unsafe:
        return None
    fixed: list[str] = []
    for segment in operation.path.split("/"):
        if "{" in segment or segment.startswith("_"):
            break
        fixed.append(segment)
    return "/".join(fixed)


class Schedule:
    """Hands items out. Not safe for threads by itself: the runner holds its lock."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._waiting: deque[Item] = deque(items)
        self._busy: set[str] = set()
        self._ahead = 0

    def take(self) -> Item | None:
        """Return the first waiting item whose lane is free, or None where none is, or the window is full."""
        if self._ahead >= WINDOW:
            return None
        passed: set[str] = set()
        for position, item in enumerate(self._waiting):
            if position >= WINDOW:
                return None
            way = lane(item)
            if way is not None and (way in self._busy or way in passed):
                passed.add(way)
                continue
            del self._waiting[position]
            if way is not None:
                self._busy.add(way)
            self._ahead += 1
            return item
        return None

    def finished(self, item: Item) -> None:
        """Free the item's lane."""
        way = lane(item)
        if way is not None:
            self._busy.discard(way)

    def collected(self) -> None:
        """Move the window on: pytest has asked for one more outcome."""
        self._ahead = max(0, self._ahead - 1)

    def bring_forward(self, item: Item) -> None:
        """Make an item the next one, whatever the window says: somebody waits for it."""
        if item in self._waiting:
            self._waiting.remove(item)
            self._waiting.appendleft(item)
        self._ahead = min(self._ahead, WINDOW - 1)

    def add(self, item: Item) -> None:
        """Enter an item that nobody had announced."""
        self._waiting.append(item)

    def __contains__(self, item: Item) -> bool:
        return item in self._waiting
