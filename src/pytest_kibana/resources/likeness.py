"""Whether two JSON values mean the same, and which members mean nothing: what laws and upgrades compare by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

# What a server changes by itself whenever an object changes, whatever the family.
BOOKKEEPING = frozenset(
    {
        *(
            "version",
            "_version",
            "revision",
            "updated",
            "updated_at",
            "updatedAt",
            "updated_on",
            "last_update",
        ),
        *("updated_by", "updatedBy", "updated_by_username", "updated_by_profile_uid", "last_modified"),
        *("accessCount", "accessDate", "execution_status", "last_run", "next_run", "monitoring", "username"),
    }
)
SECRET = frozenset({"secrets", "password", "apiKey", "api_key", "secret", "passphrase"})
"""Members that are sent and never come back."""


def covered(pointer: str, patterns: Sequence[str]) -> bool:
    """Tell whether a pointer is one of the patterns or lies below one."""
    parts = pointer.split("/")
    for pattern in patterns:
        wanted = pattern.split("/")
        if len(wanted) <= len(parts) and all(w in ("*", p) for w, p in zip(wanted, parts, strict=False)):
            return True
    return False


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values mean the same: times as moments, numbers as numbers."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str) and one != other:
        first, second = moment(one), moment(other)
        return first is not None and first == second
    return bool(one == other)


def moment(text: Any) -> datetime | None:
    """Return the time that a text says in ISO 8601 with an offset, or None."""
    if not isinstance(text, str) or len(text) < len("2026-01-01T00:00Z"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None
