"""Consumers: the operations that a known client of Kibana depends on, to select, gate and report by.

A consumer is a small TOML file: those in ``spec/consumers/`` by their name, anybody's own by its path.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pytest_kibana.contract import Contract
from pytest_kibana.errors import UsageError


@dataclass(frozen=True, slots=True)
class Consumer:
    """A client and what it depends on. ``operations`` are labels, with any names of parameters."""

    name: str
    title: str
    source: str
    operations: tuple[str, ...]

    def within(self, contract: Contract) -> tuple[str, ...]:
        """Return the labels of its operations as a contract writes them; what the contract lacks is left out."""
        found = (contract.find(label) for label in self.operations)
        return tuple(dict.fromkeys(operation.label for operation in found if operation is not None))

    def missing(self, contract: Contract) -> tuple[str, ...]:
        """Return the operations that it depends on and a contract does not have."""
        return tuple(label for label in self.operations if contract.find(label) is None)

    def toml(self) -> str:
        """Return the text of its file."""
        import json

        lines = [f"  {json.dumps(label)}," for label in self.operations]
        head = [f"title = {json.dumps(self.title)}", f"source = {json.dumps(self.source)}"]
        return "\n".join([*head, "operations = [", *lines, "]", ""])


def consumers() -> tuple[Consumer, ...]:
    """Return the consumers that come with the package, by name."""
    names = sorted(
        file.name.removesuffix(".toml") for file in _shipped().iterdir() if file.name.endswith(".toml")
    )
    return tuple(load_consumer(name) for name in names)


def load_consumer(name: str) -> Consumer:
    """Return the consumer of a name, or of a file.

    Raises:
        UsageError: there is no such name or file, or the file is not what it must be; says where.
    """
    place: Traversable | Path = _shipped() / f"{name}.toml"
    if "/" in name or name.endswith(".toml"):
        place = Path(name).expanduser()
    if not place.is_file():
        known = ", ".join(
            sorted(f.name.removesuffix(".toml") for f in _shipped().iterdir() if f.name.endswith("toml"))
        )
        raise UsageError(f"there is no consumer {name!r}", hint=f"Name a TOML file, or one of: {known}.")
    try:
        data = tomllib.loads(place.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{place} is not TOML: {error}", hint="See spec/consumers/README.md.") from None
    return _read(Path(str(place)).stem, str(place), data)


def derived(title: str, labels: Iterable[str]) -> Consumer:
    """Return the consumer that recorded traffic shows: the operations that were called, each once."""
    return Consumer("derived", title, f"recorded traffic: {title}", tuple(sorted(dict.fromkeys(labels))))


def _shipped() -> Traversable:
    return files("pytest_kibana").joinpath("spec", "consumers")


def _read(name: str, place: str, data: dict[str, object]) -> Consumer:
    unknown = sorted(set(data) - {"title", "source", "operations"})
    operations = data.get("operations")
    if unknown:
        raise UsageError(f"{place}: {unknown[0]} is not known", hint="It has title, source and operations.")
    if not isinstance(operations, list) or not operations:
        raise UsageError(
            f"{place}: operations is not a list, or is empty", hint='Write operations = ["GET /api/status"].'
        )
    wrong = next((one for one in operations if not isinstance(one, str) or " /" not in one), None)
    if wrong is not None:
        raise UsageError(f"{place}: {wrong!r} is not a label", hint='Write it like "GET /api/status".')
    title, source = data.get("title", name), data.get("source", "")
    return Consumer(name, str(title), str(source), tuple(dict.fromkeys(operations)))
