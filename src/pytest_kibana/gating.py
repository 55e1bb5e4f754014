"""Who may run: what a test's markers say it needs, held against the deployment and against what was allowed."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from pytest_kibana import markers
from pytest_kibana.errors import ResourceTrouble, SafetyRefusal
from pytest_kibana.settings import SAFETY_CLASSES, Settings

if TYPE_CHECKING:
    from pytest_kibana.session import Session


_NOT_HERE = "exists but is not available with the current configuration"
"""How Kibana refuses what it serves to itself alone (Kibana source, lifecycle_handlers.ts)."""

_NOT_OF_KIBANA = re.compile(r"licen[sc]e|disabled|not enabled|not available|\baction \[", re.IGNORECASE)
"""What a 403 says that is for the licence, a setting, or a privilege of Elasticsearch, which names the action."""


def reason_not_to_run(item: pytest.Item, settings: Settings, opened: Callable[[], "Session"]) -> str | None:
    """Return why a test must be skipped, None where it may run.

    Args:
        item: the test; one without markers of ours needs nothing.
        settings: what the run was told.
        opened: returns the session with its target found; called only where a marker asks about the deployment.
    """
    needs: tuple[tuple[str, Callable[[Any], str | None]], ...] = (
        ("kibana_requires", lambda requires: _unmet(requires, opened())),
        ("kibana_safety", lambda safety: unsafe(safety, settings)),
        ("kibana_operation", lambda operations: _unknown(operations, opened())),
        ("kibana_tier", lambda tier: beyond(tier, settings)),
    )
    reasons = (reason_of(value) for name, reason_of in needs for value in markers.read(item, name))
    return next(filter(None, reasons), None)


def key_of(item: pytest.Item) -> str | None:
    """Return the key of an item of the plan, None for any other test."""
    callspec = getattr(item, "callspec", None)
    key = callspec.params.get("kibana_item") if callspec is not None else None
    return key if isinstance(key, str) else None


def left_out(
    items: Sequence[pytest.Item], settings: Settings, session: Callable[[], "Session"]
) -> list[pytest.Item]:
    """Return the tests that this run leaves out: those of other shards, and requirements that nobody asked about.

    Items of the plan are chosen by operation, when the plan is made.

    Raises:
        UsageError: what was asked for is not there.
    """
    tests = [item for item in items if key_of(item) is None]
    others: list[pytest.Item] = []
    if settings.operations or settings.consumer or settings.case:
        told = [item for item in tests if next(item.iter_markers("kibana_requirement"), None) is not None]
        others = [item for item in told if not _asked_about(item, session())]
    if settings.shard and (shard := session().shard) is not None:
        from pytest_kibana.certifying import name_of

        names = {name_of(item): item for item in tests}
        mine = frozenset(shard.part(list(names), session().durations))
        others += [item for name, item in names.items() if name not in mine]
    return others


def _asked_about(item: pytest.Item, session: "Session") -> bool:
    """Tell whether a test of a requirement is about an operation that was asked for; one case is about no requirement.

    A test that names no operation is about all of them.
    """
    if session.settings.case:
        return False
    (requirement, *_) = markers.read(item, "kibana_requirement")
    found = (session.contract.find(name) for name in requirement.operations)
    return not requirement.operations or any(one is not None and one.label in session.chosen for one in found)


def _unmet(requires: markers.Requires, session: "Session") -> str | None:
    target = session.target
    return markers.unmet(
        requires,
        version=target.version,
        license=target.license,
        flavor=target.flavor,
        plugins=set(target.plugins),
    )


def unsafe(safety: str, settings: Settings) -> str | None:
    """Return why something of a safety class may not be sent, None where it may."""
    if SAFETY_CLASSES.index(safety) <= SAFETY_CLASSES.index(settings.allow):
        return None
    return f"needs --kibana-allow {safety}, found {settings.allow}"


def beyond(tier: str, settings: Settings) -> str | None:
    """Return why a test belongs to longer runs than this one, None where it does not.

    A budget that names no tier, only numbers, counts as ``standard``.
    """
    words = [word.strip() for word in settings.budget.split(",")]
    here = next((word for word in markers.TIERS if word in words), "standard")
    if markers.TIERS.index(tier) <= markers.TIERS.index(here):
        return None
    return f"needs --kibana-budget {tier}, found {here}"


def _unknown(operations: tuple[str, ...], session: "Session") -> str | None:
    contract = session.contract
    if any(contract.find(name) for name in operations):
        return None
    return f"the contract ({contract.version or contract.source}) has no {' and no '.join(operations)}"


def not_made(trouble: ResourceTrouble | SafetyRefusal, administers: Callable[[], bool]) -> str | None:
    """Return why a test cannot run where something was not made for want of privileges or of this flavor.

    None where it was not made for another reason. Whoever administers the deployment lacks no privilege of Kibana:
    the refusal must name something else then.
    """
    if isinstance(trouble, SafetyRefusal):
        return f"needs somebody who may make it, found: {trouble.message}"
    if trouble.status == HTTPStatus.FORBIDDEN and (
        _NOT_OF_KIBANA.search(trouble.message) or not administers()
    ):
        return f"needs somebody who may make it, found: {trouble.message}"
    if _NOT_HERE in trouble.message:
        return f"needs a deployment that serves it, found: {trouble.message}"
    return None
