"""What checks ask of the platform's promises (see :mod:`pytest_kibana.checks.platform`), and remember."""

from functools import lru_cache
from typing import Any

from pytest_kibana.checks.platform import PromisedHeader, load_platform
from pytest_kibana.contract.model import Operation


def promised(status: int) -> bool:
    """Tell whether any operation may answer this status."""
    return load_platform().promised(status)


def reasons(status: int) -> tuple[str, ...]:
    """Return the phrases that ``error`` may hold for a status; empty where the status has no phrase."""
    return load_platform().phrases(status)


def envelope(body: Any) -> str | None:
    """Return which error envelope a JSON body is, such as ``platform`` or ``detections``, or None."""
    found = load_platform().named(body)
    return found.name if found else None


def accepted_envelope(operation: Operation | None, status: int, body: Any) -> bool:
    """Tell whether a body is an error envelope that the platform or the operation's family uses with the status."""
    family, label = (operation.family, operation.label) if operation else (None, None)
    return any(shape.fits(body) for shape in load_platform().envelope(family, status, label))


def open_to_nobody(operation: Operation) -> bool:
    """Tell whether an operation answers without credentials."""
    return operation.label in load_platform().open_to_nobody


def bare_not_found(operation: Operation) -> bool:
    """Tell whether a missing object of the operation's family looks like a missing route."""
    return load_platform().answers_bare_not_found(operation.family)


def negotiates(operation: Operation) -> bool:
    """Tell whether an operation is known to negotiate versions; others may, or may ignore them."""
    return load_platform().negotiates(operation.path)


@lru_cache(maxsize=1024)
def headers(
    status: int, version: str | None, *, public: bool, has_body: bool, missing: bool
) -> tuple[PromisedHeader, ...]:
    """Return the headers that an answer owes."""
    return load_platform().headers(
        status=status, version=version, public=public, has_body=has_body, missing=missing
    )
