"""Several contracts served together: a release's own, and those of newer APIs that are published apart."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_kibana.contract import Contract, load, load_bytes

Json = Any
_EVERYWHERE = "POST /api/spaces/space"
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})


def open_contracts(sources: Sequence[str], search: Sequence[Path] | None = None) -> Contract:
    """Open one contract, or several as one.

    Args:
        sources: what :func:`pytest_kibana.contract.load` accepts. Where several know the same operation, the first
            decides; the whole has the version and the flavor of the first. A part of an API that is published apart
            is served beside the core contract, for there is no Kibana without spaces and a status.
        search: directories in which published contracts are looked for.

    Raises:
        ContractError: one of them cannot be had or read.
    """
    first, *others = [load(source, search=search) for source in sources]
    if all(contract.find(_EVERYWHERE) is None for contract in (first, *others)):
        others.append(load("core"))
    if not others:
        return first
    document = first.document()
    for other in others:
        join(document, other.document())
    name = " + ".join(str(contract.source) for contract in (first, *others))
    data = json.dumps(document, sort_keys=True).encode()
    return load_bytes(data, name=name, version=first.version, flavor=first.flavor)


def join(whole: dict[str, Json], part: dict[str, Json]) -> None:
    """Add to an OpenAPI document what another one has and it lacks. Names that mean two things stay apart."""
    part = _renamed(part, _clashes(whole, part))
    for path, item in (part.get("paths") or {}).items():
        known = whole["paths"].setdefault(path, item)
        shared = item.get("parameters") or []
        for method in (_METHODS & item.keys()) - known.keys():
            own = item[method].get("parameters") or []
            known[method] = {**item[method], "parameters": [*shared, *own]} if shared else item[method]
    for kind, named in (part.get("components") or {}).items():
        home = whole.setdefault("components", {}).setdefault(kind, {})
        for name, value in named.items():
            home.setdefault(name, value)


def _clashes(whole: dict[str, Json], part: dict[str, Json]) -> set[tuple[str, str]]:
    """Return kind and name of the components that are something else in either."""
    mine = whole.get("components") or {}
    return {
        (kind, name)
        for kind, named in (part.get("components") or {}).items()
        if kind != "securitySchemes"
        for name, value in named.items()
        if mine.get(kind, {}).get(name, value) != value
    }


def _renamed(part: dict[str, Json], clashes: set[tuple[str, str]]) -> dict[str, Json]:
    if not clashes:
        return part
    text = json.dumps(part)
    for kind, name in clashes:
        text = re.sub(
            rf'"#/components/{kind}/{re.escape(name)}"', f'"#/components/{kind}/{name}__beside"', text
        )
    moved: dict[str, Json] = json.loads(text)
    for kind, name in clashes:
        moved["components"][kind][f"{name}__beside"] = moved["components"][kind].pop(name)
    return moved
