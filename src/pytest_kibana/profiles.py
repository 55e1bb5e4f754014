"""Profiles: named sets of settings, ours and a project's own.

A project writes its own in ``kibana.toml`` (``[profiles.nightly]``) or ``pyproject.toml``
(``[tool.pytest-kibana.profiles.nightly]``); ``extends`` names another profile to begin from.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_kibana.errors import UsageError
from pytest_kibana.settings import declared

PROFILES: Mapping[str, Mapping[str, str]] = {
    # Reads only, and is over within a minute: safe to point at production.
    "smoke": {"allow": "read", "budget": "smoke,seconds=60"},
    "standard": {"allow": "space", "budget": "standard"},
    "thorough": {"allow": "space", "budget": "thorough"},
    # Everything that is eligible, and nothing tolerated: what a release is qualified by.
    "release": {"allow": "global", "budget": "thorough", "strict": "true"},
    # Only what every Kibana has.
    "core": {"contract": "core", "allow": "space", "budget": "standard"},
}


def profile(name: str, folder: Path) -> dict[str, str]:
    """Return the settings of a profile, as texts by setting name.

    Args:
        name: of a profile in ``kibana.toml`` or ``pyproject.toml`` of the folder, or of ours.
        folder: the project's.

    Raises:
        UsageError: there is no such profile, one extends itself, or a key is not a setting.
    """
    return _resolved(name, {**PROFILES, **_own(folder)}, ())


def _resolved(name: str, known: Mapping[str, Mapping[str, Any]], above: tuple[str, ...]) -> dict[str, str]:
    if name in above:
        raise UsageError(
            f"profile {name!r} extends itself", hint=f"Break the circle: {' → '.join((*above, name))}."
        )
    if name not in known:
        raise UsageError(f"there is no profile {name!r}", hint=f"There are {', '.join(sorted(known))}.")
    settings = {key.replace("-", "_"): value for key, value in known[name].items()}
    parent = settings.pop("extends", None)
    made = _resolved(str(parent), known, (*above, name)) if parent else {}
    names = {setting for setting, _ in declared()} - {"profile"}
    for key, value in settings.items():
        if key not in names:
            raise UsageError(
                f"profile {name!r}: {key!r} is not a setting", hint="docs/reference/settings.md lists them."
            )
        made[key] = _text(value)
    return made


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _own(folder: Path) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for file, path in (
        ("pyproject.toml", ("tool", "pytest-kibana", "profiles")),
        ("kibana.toml", ("profiles",)),
    ):
        place = folder / file
        if not place.is_file():
            continue
        try:
            table: Any = tomllib.loads(place.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{place} is not TOML: {error}", hint="Correct the file.") from None
        for key in path:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        found |= {name: entry for name, entry in table.items() if isinstance(entry, dict)}
    return found
