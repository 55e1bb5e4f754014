"""Which item is next: in the order of the plan, several at once, but never two changes of one resource
together.
"""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
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
        self._waiting: OrderedDict[str, tuple[Item, str | None]] = OrderedDict()
        self._urgent: set[str] = set()
        self._busy: set[str] = set()
        self._ahead = 0
        for item in items:
            self.add(item)

    def take(self) -> Item | None:
        """Return the first waiting item whose lane is free, or None where none is, or the window is full."""
        key = self._first()
        if key is None:
            return None
        item, way = self._waiting.pop(key)
        self._urgent.discard(key)
        if way is not None:
            self._busy.add(way)
        self._ahead += 1
        return item

    @property
    def ready(self) -> bool:
        """True where :meth:`take` has something to give."""
        return self._first() is not None

    @property
    def hungry(self) -> bool:
        """True where so much was collected that it is worth waking somebody to work ahead again."""
        return self._ahead <= WINDOW // 2

    def _first(self) -> str | None:
        full = self._ahead >= WINDOW
        passed: set[str] = set()
        for key, (_, way) in islice(self._waiting.items(), WINDOW):
            if full and key not in self._urgent:
                return None  # what somebody waits for stands in front
            if way is None or not (way in self._busy or way in passed):
                return key
            passed.add(way)
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
        if item.key in self._waiting:
            self._waiting.move_to_end(item.key, last=False)
            self._urgent.add(item.key)

    def add(self, item: Item) -> None:
        """Enter an item that nobody had announced."""
        self._waiting[item.key] = (item, lane(item))

    def __contains__(self, item: Item) -> bool:
        return item.key in self._waiting
