"""Corrections to a published contract: OpenAPI Overlay 1.0 documents, each with its evidence.

An overlay is a YAML or JSON file::

    overlay: 1.0.0
    info: {title: What it corrects, version: "1"}
    x-versions: ">=9.1,<9.4"          # Kibana versions it speaks of; all where it says nothing
    x-flavors: [traditional]          # likewise
    x-evidence: Where one can see that the contract is wrong.
    actions:
      - target: $.paths['/api/spaces/space'].get.responses['200']
        update: {description: ...}    # merged: objects member by member, lists by appending, the rest replaced
      - target: $.paths['/api/status'].get.parameters[?(@.name == 'v8format')]
        remove: true

Targets are a part of JSONPath: ``$``, ``.name``, ``['name']``, ``[0]``, ``.*``, ``[*]``, and a filter that compares one
member with a text, a number, true or false: ``[?(@.name == 'x')]``, ``[?@.name == 'x']``, with ``!=`` as well.
Anything else is an error, never a target that silently means nothing. The package's own overlays, in ``spec/overlays``,
are applied where version and flavor fit; a target of theirs that a publication does not have is passed over, for
publications differ. In an overlay that a person names, such a target is an error.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pytest_kibana.errors import ContractError

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][\w-]*) | \[\s*(?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\s*\]
      | \[\s*(?P<index>\d+)\s*\] | (?P<any>\.\*|\[\s*\*\s*\])
      | \[\s*\?\s*\(?\s*@\.(?P<member>[\w-]+)\s*(?P<operator>==|!=)\s*
        (?P<value>'[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false)\s*\)?\s*\]""",
    re.VERBOSE,
)
_KEYS = frozenset({"overlay", "info", "extends", "actions"})
_ACTION_KEYS = frozenset({"target", "description", "update", "remove"})

Place = tuple[Any, Any]  # a container and the key of what is meant inside it
Step = Callable[[Any], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay file, read. ``lenient`` passes over targets that the document does not have."""

    name: str
    sha256: str
    versions: str
    flavors: tuple[str, ...]
    evidence: str
    actions: tuple[tuple[str, Any, bool], ...]
    lenient: bool = False

    def speaks_of(self, version: str | None, flavor: str | None) -> bool:
        """Tell whether the overlay is meant for a contract of that version and flavor."""
        from packaging.specifiers import SpecifierSet

        if self.flavors and flavor not in self.flavors:
            return False
        return not self.versions or (
            version is not None and SpecifierSet(self.versions).contains(f"{version}.0")
        )


def matching(
    version: str | None, flavor: str | None, *, core: bool, given: Sequence[Path] | None
) -> tuple[Overlay, ...]:
    """Return the overlays that speak of a contract.

    Args:
        version: minor version of the contract, where it is known.
        flavor: its flavor, where it is known.
        core: whether it is the core contract, which is ours and needs no correction.
        given: files to use instead of the package's own.

    Raises:
        ContractError: a file is no overlay.
    """
    if given is not None:
        found = tuple(_from_file(path) for path in given)
    else:
        found = () if core or (version is None and flavor is None) else packaged()
    return tuple(overlay for overlay in found if overlay.speaks_of(version, flavor))


@cache
def packaged() -> tuple[Overlay, ...]:
    """Return the package's own overlays, by name."""
    folder = files("pytest_kibana").joinpath("spec", "overlays")
    entries = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(read(entry.read_bytes(), name, lenient=True) for name, entry in entries)


def _from_file(path: Path) -> Overlay:
    try:
        return read(path.read_bytes(), str(path))
    except OSError as error:
        raise ContractError(
            f"the overlay {path} cannot be read: {error}", hint="Give an existing file."
        ) from error


def read(data: bytes, name: str, *, lenient: bool = False) -> Overlay:
    """Read an overlay.

    Raises:
        ContractError: not an OpenAPI Overlay 1.0, or a target that is not understood.
    """
    from pytest_kibana.contract.reading import parse

    document = parse(data, name)
    _well_formed(document, name)
    actions = []
    for number, action in enumerate(document["actions"]):
        place = f"action {number + 1} of {name}"
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            raise ContractError(
                f"{place} has no target", hint="Each action needs `target`, and `update` or `remove`."
            )
        unknown = sorted(key for key in action if key not in _ACTION_KEYS and not key.startswith("x-"))
        if unknown or ("update" in action) == (action.get("remove") is True):
            raise ContractError(
                f"{place} is not understood" + (f": `{unknown[0]}`" if unknown else ""),
                hint="An action has `target`, and either `update` or `remove: true`.",
            )
        steps(action["target"], place)
        actions.append((action["target"], action.get("update"), action.get("remove") is True))
    return Overlay(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        versions=str(document.get("x-versions", "")),
        flavors=tuple(str(flavor) for flavor in document.get("x-flavors", ())),
        evidence=str(document.get("x-evidence", "")),
        actions=tuple(actions),
        lenient=lenient,
    )


def _well_formed(document: dict[str, Any], name: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    def wrong(what: str) -> ContractError:
        return ContractError(
            f"{name} is not an OpenAPI Overlay 1.0: {what}", hint="See the OpenAPI Overlay specification."
        )

    if not str(document.get("overlay", "")).startswith("1."):
        raise wrong("it does not say `overlay: 1.0.0`")
    if not isinstance(document.get("actions"), list) or not document["actions"]:
        raise wrong("`actions` is missing or empty")
    unknown = sorted(key for key in document if key not in _KEYS and not key.startswith("x-"))
    if unknown:
        raise wrong(f"`{unknown[0]}` is unknown")
    try:
        SpecifierSet(str(document.get("x-versions", "")))
    except InvalidSpecifier:
        raise wrong(f"`x-versions: {document['x-versions']}` is no version specifier") from None


def digest(overlays: Sequence[Overlay]) -> str:
    """Return one sha256 of all of them, in their order."""
    return hashlib.sha256("".join(overlay.sha256 for overlay in overlays).encode()).hexdigest()


def apply(overlays: Sequence[Overlay], document: dict[str, Any]) -> dict[str, Any]:
    """Apply overlays in order, and return the document, which is changed.

    Raises:
        ContractError: a target of an overlay that is not lenient is not in the document.
    """
    for overlay in overlays:
        for target, update, remove in overlay.actions:
            places = list(_places(document, steps(target, overlay.name)))
            if not places and not overlay.lenient:
                raise ContractError(
                    f"{overlay.name}: nothing in the contract is at `{target}`",
                    hint="Correct the target, or say with `x-versions` for which versions it is meant.",
                )
            for container, key in reversed(places):
                if remove:
                    del container[key]
                else:
                    container[key] = _merged(container[key], update)
    return document


def steps(target: str, place: str) -> list[Step]:
    """Return the steps of a target; each turns a container into the keys that are meant in it.

    Raises:
        ContractError: the target uses more of JSONPath than is understood.
    """
    found: list[Step] = []
    at = 1
    while target.startswith("$") and at < len(target):
        match = _STEP.match(target, at)
        if match is None:
            break
        found.append(_step(match))
        at = match.end()
    if not found or at < len(target):
        raise ContractError(
            f"{place}: the target `{target}` is not understood",
            hint="Use $, .name, ['name'], [0], .*, [*] and [?(@.name == 'value')].",
        )
    return found


def _step(match: re.Match[str]) -> Step:
    if match["any"]:
        return lambda node: iter(
            node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        )
    if match["index"]:
        index = int(match["index"])
        return lambda node: iter([index] if isinstance(node, list) and index < len(node) else ())
    if match["member"]:
        return _filter(match["member"], match["operator"] == "==", _literal(match["value"]))
    name = match["name"] or re.sub(r"\\(.)", r"\1", match["quoted"])
    return lambda node: iter([name] if isinstance(node, dict) and name in node else ())


def _filter(member: str, wanted: bool, value: Any) -> Step:
    def keys(node: Any) -> Iterator[Any]:
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, inner in pairs:
            if isinstance(inner, dict) and member in inner and (inner[member] == value) is wanted:
                yield key

    return keys


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    return {"true": True, "false": False}[text] if text in ("true", "false") else float(text)


def _places(document: Any, path: list[Step]) -> Iterator[Place]:
    if len(path) == 1:
        yield from ((document, key) for key in path[0](document))
        return
    for key in path[0](document):
        yield from _places(document[key], path[1:])


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            **old,
            **{key: _merged(old[key], value) if key in old else value for key, value in new.items()},
        }
    if isinstance(old, list):
        return [*old, *new] if isinstance(new, list) else [*old, new]
    return new
