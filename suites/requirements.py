"""The catalogue of requirements: what the suites certify, collected from the tests themselves."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from pytest_kibana import markers, suites
from pytest_kibana.markers import Requirement
from pytest_kibana.resources import RESOURCES


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement: the marker, the sentence that says it, and where it is tested."""

    requirement: Requirement
    sentence: str
    test: str
    subjects: tuple[str, ...] = ()


def catalogue() -> tuple[Entry, ...]:
    """Return every requirement, in the order of their ids.

    Raises:
        ValueError: two tests claim the same id, or a marker does not fit its grammar.
    """
    entries: dict[str, Entry] = {}
    for entry in _entries():
        if entry.requirement.id in entries:
            raise ValueError(f"{entry.requirement.id}: {entries[entry.requirement.id].test} and {entry.test}")
        entries[entry.requirement.id] = entry
    return tuple(entries[name] for name in sorted(entries))


def _entries() -> Iterator[Entry]:
    yield from _laws()
    for module in _modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and function.__module__ == module.__name__:
                yield from _of_test(
                    function, f"{module.__name__.removeprefix('pytest_kibana.suites.')}::{name}"
                )


def _of_test(function: Any, where: str) -> Iterator[Entry]:
    """Yield what a test certifies: one requirement, or one for each row of its table that brings its own."""
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "kibana_requirement":
            yield Entry(_read(mark, where), _first_line(function), where)
        elif mark.name == "parametrize":
            yield from _of_rows(mark.args[1], where)


def _of_rows(rows: Iterable[Any], where: str) -> Iterator[Entry]:
    """Yield what the rows of a table certify, each requirement once; its sentence is that of a value in its rows."""
    found: dict[str, tuple[Any, str, list[str]]] = {}
    for row in rows:
        for own in getattr(row, "marks", ()):
            if own.name == "kibana_requirement":
                sentence = next(value.sentence for value in row.values if hasattr(value, "sentence"))
                found.setdefault(own.args[0], (own, sentence, []))[2].append(row.id)
    for own, sentence, ids in found.values():
        which = (
            ids[0] if len(ids) == 1 else f"{ids[0].partition('-')[0]}-*"
        )  # a row is named by its family first
        yield Entry(_read(own, where), sentence, f"{where}[{which}]")


def _read(mark: Any, where: str) -> Requirement:
    try:
        return markers.kibana_requirement(*mark.args, **mark.kwargs)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from None


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(suites.__path__, "pytest_kibana.suites."):
        if found.name.rpartition(".")[2].startswith("test_"):
            yield importlib.import_module(found.name)


def _laws() -> Iterator[Entry]:
    """Yield the laws; their tests are made from data."""
    from pytest_kibana.suites.laws.laws import STATUTES
    from pytest_kibana.suites.laws.machine import Life

    for law in STATUTES.values():
        kinds = tuple(kind.name for kind in RESOURCES.values() if kind.makeable and law.applies(kind))
        yield Entry(
            Requirement(law.id, law.level, law.source, tier=law.tier),
            law.sentence,
            f"laws.test_laws::test_law[*-{law.name}]",
            kinds,
        )
    whole = replace(Requirement("KBN-REQ-LAW-030", "MUST", STATUTES["delete then read"].source))
    yield Entry(whole, _first_line(Life), "laws.test_laws::test_lives")


def _first_line(documented: Any) -> str:
    return (inspect.getdoc(documented) or "").split("\n")[0]
