"""Which contracts are published, and where: ``spec/contracts.toml``, read as data."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pytest_kibana.errors import ContractError

_NUMBER = re.compile(r"v?(?P<minor>\d+\.\d+)(?:\.\d+)?(?:-[\w.]+)?\Z")
_MINOR = re.compile(r"\d+\.\d+\Z")


@dataclass(frozen=True, slots=True)
class Publication:
    """A contract that has a name: the name as a source, its file's name in a search path, and where it is published.

    ``version`` is a minor version such as ``9.1``, or None for a contract that moves (``main``, ``serverless``).
    ``url`` is None for a version for which none was ever published; somebody may have a copy of their own.
    """

    name: str
    version: str | None
    flavor: str
    stem: str
    url: str | None


@cache
def _table() -> dict[str, Any]:
    import tomllib

    return tomllib.loads(files("pytest_kibana").joinpath("spec", "contracts.toml").read_text("utf-8"))


def versions() -> tuple[str, ...]:
    """Return the names of the contracts that are known to be published, oldest first."""
    return tuple(_table()["versions"])


def publication(name: str) -> Publication | None:
    """Return what the name of a contract stands for, or None where the text is no name of one.

    Args:
        name: ``9.1``, ``9.1.4``, ``9.1.4-SNAPSHOT``, ``main`` or ``serverless``.
    """
    table = _table()
    number = _NUMBER.match(name)
    key = number["minor"] if number else name
    entry = table["versions"].get(key)
    if entry is None:
        if number is None:
            return None
        newest = max((v for v in table["versions"] if _MINOR.match(v)), key=_order)
        if _order(key) < _order(newest):
            return Publication(key, key, "traditional", f"kibana-{key}", None)
        entry = {"ref": table["published"]["newer"].format(version=key)}
    flavor = entry.get("flavor", "traditional")
    url = table["published"]["url"].format(ref=entry["ref"], file=table["flavors"][flavor])
    stem = "kibana.serverless" if flavor == "serverless" else f"kibana-{key}"
    return Publication(key, key if number else None, flavor, stem, url)


def choose(version: str, flavor: str) -> str:
    """Return the source of the contract that is published for a deployment; what ``auto`` means.

    Args:
        version: the deployment's version as it says it, such as ``9.1.4`` or ``9.2.0-SNAPSHOT``.
        flavor: ``traditional`` or ``serverless`` (Kibana's ``build_flavor``).

    Raises:
        ContractError: the version is no version.
    """
    if flavor == "serverless":
        return "serverless"
    found = publication(version)
    if found is None:
        raise ContractError(
            f"the target says that its version is {version!r}, for which no contract can be chosen",
            hint="Name the contract yourself: a version, a file or a URL.",
        )
    return found.name


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
