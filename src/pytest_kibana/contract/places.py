"""Where contracts are: files, the search path, the core contract of this package."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pytest_kibana.contract.core import merge
from pytest_kibana.contract.reading import parse
from pytest_kibana.errors import ContractError, ContractUnavailable

_NAME = re.compile(r"kibana-(?P<version>\d+\.\d+)(?P<rest>[\w.-]*)\.(?:json|ya?ml)$")
_VERSION = re.compile(r"(?P<version>\d+\.\d+)(?:\.\d+)?(?:-(?P<flavor>serverless|traditional))?\Z")
_SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Found:
    """The bytes of a contract, and what is known of them without reading them."""

    name: str
    data: bytes
    parse: Callable[[], dict[str, Any]]
    version: str | None = None
    flavor: str | None = None
    is_json: bool = False


def locate(source: str | Path, *, cache: Path, search: Sequence[Path] | None) -> Found:
    """Find the bytes of a contract; see :func:`pytest_kibana.contract.load`."""
    text = str(source)
    if text == "core":
        return core()
    asked = _VERSION.match(text)
    path = Path(source).expanduser()
    if asked and not path.is_file():
        return _by_version(asked["version"], asked["flavor"] or "traditional", search)
    return from_file(path)


def from_file(path: Path) -> Found:
    """Read a contract from a file; its version is taken from a name such as ``kibana-9.1.yaml``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ContractUnavailable(
            f"the contract {path} cannot be read: {error.strerror or error}",
            hint="Give the path of a published contract, a version such as 9.1, or `core`.",
        ) from error
    name = str(path)
    named = _NAME.search(path.name)
    return Found(
        name,
        data,
        lambda: parse(data, name),
        version=named["version"] if named else None,
        flavor="serverless" if "serverless" in path.name else ("traditional" if named else None),
        is_json=data.lstrip()[:1] == b"{" and path.suffix == ".json",
    )


def core() -> Found:
    """Read the core contract: every file of the package's ``spec/core``, merged."""
    folder = files("pytest_kibana").joinpath("spec", "core")
    parts = sorted((e.name, e.read_bytes()) for e in folder.iterdir() if e.name.endswith(".yaml"))
    if not parts:
        raise ContractError("the package carries no core contract", hint="Install pytest-kibana again.")
    data = b"".join(name.encode() + b"\n" + body for name, body in parts)
    return Found("core", data, lambda: merge((n, parse(b, f"core/{n}")) for n, b in parts))


def search_path() -> list[Path]:
    """Return the directories of ``KIBANA_CONTRACT_PATH``."""
    return [Path(p).expanduser() for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]


def _by_version(version: str, flavor: str, search: Sequence[Path] | None) -> Found:
    names = [
        f"kibana-{version}{'.serverless' if flavor == 'serverless' else ''}{suffix}" for suffix in _SUFFIXES
    ]
    places = list(search) if search is not None else search_path()
    for place in places:
        for name in names:
            if (place / name).is_file():
                return from_file(place / name)
    raise ContractUnavailable(
        f"no copy of the contract {version} was found",
        hint=f"Put it as {names[0]} or {names[1]} into a directory of KIBANA_CONTRACT_PATH.",
    )
