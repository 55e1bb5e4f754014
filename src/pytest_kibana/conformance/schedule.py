"""Which item is next: in the order of the plan, several at once, but never two changes of one resource
together, and none of a thing of which there is one beside those that need it.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pytest_kibana.conformance.plan import Item

WINDOW: Final = 64
"""How many items may be finished or under way before pytest asks for them: stopping early must not send the rest."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Names of what must not change while an operation is tested, and of what nobody else may use meanwhile."""

    shared: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()


_NOTHING: Final = Claims()


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
    """Hands items out. Not safe for threads by itself: the runner holds its lock.

    Args:
        items: in the order of the plan.
        claims: what operations need and change beside their lane, by label.
    """

    def __init__(self, items: Iterable[Item], claims: Mapping[str, Claims] | None = None) -> None:
        self._claims = claims or {}
        self._waiting: OrderedDict[str, tuple[Item, Claims]] = OrderedDict()
        self._urgent: set[str] = set()
        self._shared: Counter[str] = Counter()
        self._alone: set[str] = set()
        self._ahead = 0
        for item in items:
            self.add(item)

    def take(self) -> Item | None:
        """Return the first waiting item that nothing under way forbids, or None where none is, or the window is
        full.
        """
        key = self._first()
        if key is None:
            return None
        item, claims = self._waiting.pop(key)
        self._urgent.discard(key)
        self._shared.update(claims.shared)
        self._alone |= claims.alone
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
        # Who has to wait keeps its turn: what comes after it and would be in its way waits too.
        used, taken = {name for name, count in self._shared.items() if count}, set(self._alone)
        for key, (_, claims) in islice(self._waiting.items(), WINDOW):
            if full and key not in self._urgent:
                return None  # what somebody waits for stands in front
            if not (claims.alone & used or claims.alone & taken or claims.shared & taken):
                return key
            used |= claims.shared
            taken |= claims.alone
        return None

    def finished(self, item: Item) -> None:
        """Give back what the item claimed."""
        claims = self._claims_of(item)
        self._shared.subtract(claims.shared)
        self._alone -= claims.alone

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
        self._waiting[item.key] = (item, self._claims_of(item))

    def _claims_of(self, item: Item) -> Claims:
        known = self._claims.get(item.operation.label, _NOTHING)
        way = lane(item)
        return known if way is None else Claims(known.shared, known.alone | {way})

    def __contains__(self, item: Item) -> bool:
        return item.key in self._waiting
