"""What must hold: one function, one rule, one stable code.

``judge`` looks at one exchange; ``CATALOGUE`` holds every check by its code. A later room never reaches back:
a check reads an exchange, its operation and the contract, and nothing else.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pytest_kibana.checks import access, errors, headers, laws, lists, pages, protocol, responses
from pytest_kibana.checks import input as inputs
from pytest_kibana.checks.model import GROUP_LETTERS, Check, Look, Problem, Step
from pytest_kibana.checks.registry import Judged, entered, judge, weigh

_GROUPS = (
    responses,
    errors,
    headers,
    pages,
    protocol,
    access,
    inputs,
    laws,
    lists,
)  # importing them enters their checks

CATALOGUE: Mapping[str, Check] = MappingProxyType(entered())
"""Every check by its code, in the order of the codes."""


def described() -> dict[str, dict[str, str]]:
    """Return what a results document says of every check in its header, so that it can be read without us."""
    return {
        code: {"title": c.title, "level": c.level.value, "severity": c.severity.value, "why": c.why}
        for code, c in CATALOGUE.items()
    }


__all__ = [
    "CATALOGUE",
    "GROUP_LETTERS",
    "Check",
    "Judged",
    "Look",
    "Problem",
    "Step",
    "described",
    "judge",
    "weigh",
]
