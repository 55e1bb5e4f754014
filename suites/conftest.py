"""What holds for every test of the suites: it says what it certifies, and runs only where it can.

A test carries ``@pytest.mark.kibana_requirement``; without one it is an error. The marker's safety class, tier, first
version and operations are looked at before anything is made or sent. A broken SHOULD is tolerated, as everywhere in
this project, unless ``--kibana-strict``.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from pytest_kibana.errors import ResourceTrouble, SafetyRefusal
from pytest_kibana.gating import beyond, not_made, unsafe
from pytest_kibana.markers import Requirement, read
from pytest_kibana.plugin import run_of

if TYPE_CHECKING:
    from pytest_kibana.session import Session


def requirement_of(item: pytest.Item) -> Requirement:
    """Return what a test certifies; the closest marker counts."""
    found = read(item, "kibana_requirement")
    if not found:
        pytest.fail(
            f"{item.nodeid} does not say what it certifies: give it @pytest.mark.kibana_requirement",
            pytrace=False,
        )
    one = found[0]
    assert isinstance(one, Requirement)
    return one


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that cannot run here, with what was needed and what was found. Before fixtures: they make things."""
    requirement = requirement_of(item)
    session = run_of(item.config).open()
    named = [label for labels in read(item, "kibana_operation") for label in labels]
    reason = unmet(requirement, session)
    if reason is None and named:
        reasons = [not_served(label, session) for label in named]
        reason = reasons[0] if all(reasons) else None
    if reason:
        pytest.skip(reason)


def unmet(requirement: Requirement, session: "Session") -> str | None:
    """Return what a test needs and what was found instead, or None where it can run."""
    settings, target = session.settings, session.target
    reason = unsafe(requirement.safety, settings) or beyond(requirement.tier, settings)
    if reason:
        return reason
    # The version number of serverless follows the main branch and says nothing.
    dated = requirement.since and target.version and not target.serverless
    if dated and Version(target.version) < Version(requirement.since or "0"):
        return f"needs version {requirement.since}, found {target.version}"
    contract = session.contract
    lacking = [label for label in requirement.operations if contract.find(label) is None]
    if lacking:
        return (
            f"needs {', '.join(lacking)}, and the contract ({contract.version or contract.source}) has none"
        )
    return next(filter(None, (not_served(label, session) for label in requirement.operations)), None)


def not_served(label: str, session: "Session") -> str | None:
    """Return why clients cannot have an operation on this flavor, None where they can."""
    flavors, found = session.facts.of(label).flavors, session.target.flavor
    if not flavors or found in flavors:
        return None
    return f"needs {' or '.join(flavors)} for {label}, found {found}"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Tolerate a broken SHOULD: it shows as an expected failure. What the contract says of the calls is a MUST.

    An answer that lacks what a test reads of it breaks the requirement as an assertion does.
    """
    requirement = requirement_of(item)
    try:
        yield
    except (ResourceTrouble, SafetyRefusal) as trouble:
        if reason := not_made(trouble, lambda: run_of(item.config).open().administers):
            pytest.skip(reason)
        raise
    except (AssertionError, LookupError, TypeError, pytest.fail.Exception) as broken:
        if requirement.level == "SHOULD" and not run_of(item.config).settings.strict:
            pytest.xfail(f"tolerated, {requirement.id} is a SHOULD: {broken}")
        raise
