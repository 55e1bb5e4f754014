"""Workers of pytest-xdist: what they would quarrel over is left to one of them.

Each worker has spaces of its own, but a package is installed for the whole deployment: the worker that installs it owns
it, and nobody else may touch it until it is gone.
"""

from collections.abc import Collection
from typing import Any

from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]  # it publishes no types


class Together(LoadScheduling):  # type: ignore[misc]  # so its base is unknown
    """Shares tests out as pytest-xdist does by default, except that those about some operations stay together.

    Args:
        config: of pytest.
        log: of pytest-xdist.
        labels: the operations; a test is about one that its name names.
    """

    def __init__(self, config: Any, log: Any, labels: Collection[str]) -> None:
        super().__init__(config, log)
        self._labels = tuple(labels)

    def _send_tests(self, node: Any, num: int) -> None:
        """Send a worker the next tests, and with the first that stays with others, those others."""
        chosen = self.pending[:num]
        if any(map(self._stays, chosen)):
            chosen += filter(self._stays, self.pending[num:])
            # What follows is sent from the head of what is pending.
            taken = set(chosen)
            self.pending[:] = [*chosen, *(index for index in self.pending if index not in taken)]
        super()._send_tests(node, len(chosen))

    def _stays(self, index: int) -> bool:
        return any(label in self.collection[index] for label in self._labels)
