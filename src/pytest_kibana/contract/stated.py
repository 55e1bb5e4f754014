"""Facts that a contract states in words: availability, and the privileges that a route asks for.

The wordings are those of the publications since 8.18; case does not count, and text that is not understood counts
as generally available, so that a break is never under-rated.
"""

import re
from typing import Any

from pytest_kibana.contract.model import Availability, Maturity, Privileges

_STATE = re.compile(
    r"^(?:(?P<maturity>generally available|technical preview|beta|experimental)\s*;?\s*)?"
    r"(?:added in\s+(?P<since>\d+\.\d+(?:\.\d+)?))?$",
    re.IGNORECASE,
)
_PREVIEW = re.compile(r"functionality is in technical preview", re.IGNORECASE)
_PRIVILEGES = re.compile(r"\[Required authorization\] Route required privileges: (ALL of \[)?([^\].<]+)")


def availability(state: Any, description: str) -> Availability:
    """Read ``x-state``, or else a notice of technical preview in the description."""
    match = _STATE.match(str(state or "").strip())
    if match and match["maturity"]:
        return Availability(Maturity(match["maturity"].lower()), match["since"])
    preview = not state and _PREVIEW.search(description)
    return Availability(Maturity.PREVIEW if preview else Maturity.STABLE, match["since"] if match else None)


def privileges(description: str) -> Privileges | None:
    """Read the line "[Required authorization] Route required privileges: ...", where there is one."""
    match = _PRIVILEGES.search(description)
    if not match:
        return None
    if match[1]:
        return Privileges(tuple(name.strip() for name in match[2].split(",")), "all")
    for word, mode in ((" AND ", "all"), (" OR ", "any")):
        if word in match[2]:
            names = tuple(name.strip() for name in match[2].split(word))
            return Privileges(names, "all" if mode == "all" else "any")
    return Privileges((match[2].strip(),), "all")
