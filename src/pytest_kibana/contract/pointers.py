"""RFC 6901 JSON pointers, as fragments that begin with ``#/`` (a document) or as plain pointers (a value)."""

from typing import Any

COMPONENTS = "#/components/schemas/"


def escape(token: str) -> str:
    """Write one reference token the way it stands in a pointer."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


def unescape(token: str) -> str:
    """Read one reference token of a pointer."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def child(pointer: str, token: str) -> str:
    """Return the pointer of a member of what the pointer names."""
    return f"{pointer}/{escape(token)}"


def join(tokens: "tuple[str | int, ...] | list[str | int]") -> str:
    """Return the plain pointer made of the tokens; ``""`` for none."""
    return "".join(f"/{escape(str(token))}" for token in tokens)


def split(pointer: str) -> list[str]:
    """Return the tokens of a pointer, with or without its leading ``#``."""
    body = pointer.removeprefix("#")
    return [unescape(token) for token in body.split("/")[1:]] if body else []


def look_up(document: Any, pointer: str) -> Any:
    """Return what the pointer names inside the document.

    Raises:
        LookupError: nothing stands there.
    """
    here = document
    for token in split(pointer):
        if isinstance(here, dict):
            here = here[token]
        elif isinstance(here, list):
            if not token.isdigit():
                raise LookupError(token)
            here = here[int(token)]
        else:
            raise LookupError(token)  # noqa: TRY004 - what callers catch is "nothing stands there"
    return here
