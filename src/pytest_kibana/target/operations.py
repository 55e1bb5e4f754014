"""What is known of operations beyond their contract: ``spec/operations.toml``, read as data.

How much an operation can hurt, the licence and the plugin that it needs, the flavors that serve it. An
operation that the file does not name is taken for what its method allows at worst.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError

Safety = Literal["read", "space", "global", "disruptive"]
License = Literal["basic", "standard", "gold", "platinum", "enterprise"]
Flavor = Literal["traditional", "serverless"]

SOURCE: Final = "spec/operations.toml"
_LABEL: Final = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /(?!s/\{)[^\s?#]+(?<!/)\Z")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+\Z")
_SPACE: Final = re.compile(r"/s/\{[^}/]*\}(?=/)")
_NAME: Final = re.compile(r"\{[^}]*\}")
_OF_FAMILY: Final = frozenset({"license", "flavors", "since", "plugin"})
_OF_OPERATION: Final = _OF_FAMILY | {"safety", "teardown", "needs", "timeout", "why"}


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """What is known of one operation.

    Attributes:
        label: as the file writes it, or as it was asked for where the file does not name it.
        safety: ``read``, ``space``, ``global`` or ``disruptive``.
        family: the table that it stands in; empty where it is not named.
        license: the lowest licence with which it works, or None.
        flavors: where Kibana serves it; empty for everywhere.
        since: the first version that has it, such as ``9.1.0``, or None where that is not known.
        plugin: id of the plugin that serves it, or None where that is not known.
        needs: words for what must be there before it can do what it is for, such as ``agent``.
        timeout: seconds after which a client may give up, or None where the usual ones do.
        why: why it is of its class.
        teardown: True where it ends what a space alone has, so that in a space of the run's own it hurts nobody.
        explicit: False where the file does not name it and a default speaks.
    """

    label: str
    safety: Safety
    family: str = ""
    license: License | None = None
    flavors: tuple[Flavor, ...] = ()
    since: str | None = None
    plugin: str | None = None
    needs: tuple[str, ...] = ()
    timeout: float | None = None
    why: str | None = None
    teardown: bool = False
    explicit: bool = True


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for an operation that no line names."""

    safe_methods: tuple[str, ...]
    safe: Safety
    other: Safety
    writers: tuple[str, ...]
    writer: Safety

    def of(self, label: str) -> OperationFacts:
        """Return the facts of an unknown operation: its method decides, and a path that is known to write."""
        method, _, path = label.partition(" ")
        if method.upper() not in self.safe_methods:
            return OperationFacts(
                label, self.other, why="an unknown operation that may change something", explicit=False
            )
        if any(fnmatchcase(path, pattern) for pattern in self.writers):
            return OperationFacts(
                label, self.writer, why="an unknown operation on a path that writes", explicit=False
            )
        return OperationFacts(label, self.safe, explicit=False)


class OperationsTable(Mapping[str, OperationFacts]):
    """Every operation that is known, by label. A mapping of the explicit lines; :meth:`of` answers for all.

    Looking up does not mind the names of path parameters, nor a ``/s/{spaceId}`` before the path.
    """

    def __init__(self, facts: Mapping[str, OperationFacts], defaults: Defaults) -> None:
        self._facts = dict(facts)
        self._shapes = {shape(label): found for label, found in self._facts.items()}
        self.defaults = defaults

    def of(self, operation: Operation | str) -> OperationFacts:
        """Return what is known of an operation, or of a label. An unknown one gets the defaults."""
        label = operation if isinstance(operation, str) else operation.label
        return self._find(label) or self.defaults.of(label)

    def _find(self, label: str) -> OperationFacts | None:
        found = self._facts.get(label) or self._shapes.get(shape(label))
        if found is None and label.startswith("HEAD "):
            return self._find("GET" + label[4:])
        return found

    def __getitem__(self, label: str) -> OperationFacts:
        found = self._find(label)
        if found is None:
            raise KeyError(label)
        return found

    def __contains__(self, label: object) -> bool:
        return isinstance(label, str) and self._find(label) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def shape(label: str) -> str:
    """Return the label without the names of its parameters and without a space before its path."""
    return _NAME.sub("{}", _SPACE.sub("", label, count=1))


@lru_cache(maxsize=1)
def load_facts() -> OperationsTable:
    """Return the table that the package carries. Read once.

    Raises:
        UsageError: a line that cannot be right; it names table and line.
    """
    text = files("pytest_kibana").joinpath("spec", "operations.toml").read_text("utf-8")
    return read_facts(text, SOURCE)


def read_facts(text: str, source: str) -> OperationsTable:
    """Read a table of operations.

    Args:
        text: TOML, as ``spec/operations.toml`` explains it.
        source: what to call it in errors.

    Raises:
        UsageError: not TOML, or a line that cannot be right.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is not TOML: {error}", hint="Correct the line that it names.") from error
    defaults = _defaults(document.pop("defaults", None), source)
    facts: dict[str, OperationFacts] = {}
    for family, table in document.items():
        for found in _family(family, table, source):
            _refuse_double(found, facts, source)
            facts[shape(found.label)] = found
    return OperationsTable({found.label: found for found in facts.values()}, defaults)


def _refuse_double(found: OperationFacts, facts: Mapping[str, OperationFacts], source: str) -> None:
    earlier = facts.get(shape(found.label))
    if earlier is not None:
        place = f"{source}, [{found.family}], {found.label!r}"
        raise _wrong(place, f"is the same operation as {earlier.label!r} of [{earlier.family}]")


def _family(family: str, table: Any, source: str) -> Iterator[OperationFacts]:
    place = f"{source}, [{family}]"
    if not isinstance(table, dict):
        raise _wrong(place, "is no table of operations")
    shared = {key: value for key, value in table.items() if " " not in key}
    _refuse_strangers(shared, _OF_FAMILY, place)
    for label, value in table.items():
        if " " in label:
            yield _operation(family, label, value, shared, f"{place}, {label!r}")


def _operation(family: str, label: str, value: Any, shared: Mapping[str, Any], place: str) -> OperationFacts:
    if not _LABEL.match(label):
        raise _wrong(
            place, "is no label: a method, a space, and a path that begins with / and has no space prefix"
        )
    line = {"safety": value} if isinstance(value, str) else value
    if not isinstance(line, dict):
        raise _wrong(place, "is neither a safety class nor a table")
    _refuse_strangers(line, _OF_OPERATION, place)
    known = {**shared, **line}
    facts = OperationFacts(
        label=label,
        family=family,
        safety=_word(known.get("safety"), Safety, "safety", place),
        license=_word(known["license"], License, "license", place) if "license" in known else None,
        flavors=tuple(_word(f, Flavor, "flavors", place) for f in _texts(known, "flavors", place)),
        since=_since(known.get("since"), place),
        plugin=_text(known.get("plugin"), "plugin", place),
        needs=_texts(known, "needs", place),
        timeout=_seconds(known.get("timeout"), place),
        why=_text(known.get("why"), "why", place),
        teardown=_yes(known.get("teardown", False), "teardown", place),
    )
    if facts.safety in ("global", "disruptive") and not facts.why:
        raise _wrong(place, f"is {facts.safety} and does not say why")
    return facts


def _yes(value: Any, name: str, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(place, f"has {name} = {value!r}, which is neither true nor false")
    return value


def _defaults(table: Any, source: str) -> Defaults:
    place = f"{source}, [defaults]"
    if not isinstance(table, dict):
        raise _wrong(place, "is missing")
    names = frozenset(Defaults.__slots__)
    _refuse_strangers(table, names, place)
    if missing := sorted(names - set(table)):
        raise _wrong(place, f"lacks {', '.join(missing)}")
    return Defaults(
        safe_methods=_texts(table, "safe_methods", place),
        safe=_word(table["safe"], Safety, "safe", place),
        other=_word(table["other"], Safety, "other", place),
        writers=_texts(table, "writers", place),
        writer=_word(table["writer"], Safety, "writer", place),
    )


def _refuse_strangers(table: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    strangers = sorted(set(table) - known)
    if strangers:
        raise _wrong(place, f"has {', '.join(strangers)}, and only {', '.join(sorted(known))} mean something")


def _word(value: Any, kind: Any, key: str, place: str) -> Any:
    if value not in get_args(kind):
        raise _wrong(place, f"has {key} = {value!r}, which is none of {', '.join(get_args(kind))}")
    return value


def _text(value: Any, key: str, place: str) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise _wrong(place, f"has {key} = {value!r}, which is no text")
    return value


def _texts(table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise _wrong(place, f"has {key} = {value!r}, which is no list of texts")
    return tuple(value)


def _since(value: Any, place: str) -> str | None:
    if value is not None and not (isinstance(value, str) and _VERSION.match(value)):
        raise _wrong(place, f"has since = {value!r}, which is not a version such as 9.1.0")
    return value


def _seconds(value: Any, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise _wrong(place, f"has timeout = {value!r}, which is no number of seconds")
    return float(value)


def _wrong(place: str, what: str) -> UsageError:
    return UsageError(f"{place} {what}", hint=f"The head of {SOURCE} says what a line may hold.")
