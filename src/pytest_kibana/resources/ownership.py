"""What a run owns: the ids that it was given, and the names that only it gives."""

from pytest_kibana.resources.mark import RunMark, trace

NOBODYS = "ABCDEFGHIJKLMNOPQRST"
"""Id of a stored secret that does not exist, of the length that Fleet demands."""

_SEVERAL = frozenset("*?,")


class Belongings:
    """The ids that a run owns: those that it was told, and every name with its mark."""

    def __init__(self, mark: RunMark) -> None:
        self._run = mark.run
        # What a body may name that is no object of anybody: the connector that is none, a secret that nobody has.
        self._ids = {"none", ".none", NOBODYS}

    def add(self, *values: str) -> None:
        """Take ids into possession."""
        self._ids.update(values)

    def owns(self, value: str) -> bool:
        """Tell whether an id is ours. A name with a wildcard, or with another beside it, may mean more than our own."""
        if value in self._ids:
            return True
        seen = None if _SEVERAL & set(value) else trace(value)
        return seen is not None and seen.run == self._run
