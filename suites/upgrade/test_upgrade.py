"""An upgrade, in two runs of pytest: one before it that prepares, one after it that verifies.

    pytest --pyargs pytest_kibana.suites.upgrade --kibana-url … --kibana-upgrade prepare --kibana-upgrade-state DIR
    pytest --pyargs pytest_kibana.suites.upgrade --kibana-url … --kibana-upgrade verify --kibana-upgrade-state DIR

The commands ``pytest-kibana upgrade prepare`` and ``verify`` do the same, and more: they compare conformance too.
"""

from typing import TYPE_CHECKING

import pytest

from pytest_kibana.suites.upgrade.conftest import only
from pytest_kibana.upkeep import standing

if TYPE_CHECKING:
    from pytest_kibana.session import Session
    from pytest_kibana.upgrade import Remark, Report

_SOURCE = "Kibana docs, upgrade: saved objects are migrated, and public APIs stay as they are within a major version"


def _fail(remarks: "list[Remark]") -> None:
    if remarks:
        lines = [f"{r.code} {r.key}: {r.sentence}" for r in remarks]
        pytest.fail(f"{len(lines)} findings\n  " + "\n  ".join(lines[:20]), pytrace=False)


@pytest.mark.kibana_requirement("KBN-REQ-UPG-001", source=_SOURCE)
def test_prepare(kibana_session: "Session", upgrade_phase: str, request: pytest.FixtureRequest) -> None:
    """A population of everything that may be made is made, and every object of it can be read."""
    from pytest_kibana.upgrade import prepare, settle

    only(upgrade_phase, "prepare")
    state = request.getfixturevalue("upgrade_state")
    if state.phase not in ("", "preparing"):
        pytest.skip(f"{state.folder} is {state.phase} already")
    with standing(kibana_session, state, begin=True) as ground:
        done = prepare(state, ground)
        settle(state, ground)
    assert done.seen, "nothing was made that can be read"


@pytest.mark.kibana_requirement("KBN-REQ-UPG-002", source=_SOURCE)
def test_objects_survive(kibana_survivor: str, upgrade_phase: str, request: pytest.FixtureRequest) -> None:
    """Every object is there after the upgrade, means the same, is found, protected, and obeys its owner."""
    only(upgrade_phase, "verify")
    report: Report = request.getfixturevalue("upgrade_report")
    mine = {key for key, member in report.members.items() if member.resource == kibana_survivor}
    if not mine:
        pytest.skip(f"needs a {kibana_survivor}, found {report.skips.get(kibana_survivor, 'none')}")
    _fail([remark for remark in report.failing if remark.key in mine])
    silent = [one for one in report.unanswered() if one.key in mine]
    if silent:
        pytest.skip(f"needs an answer about {silent[0].key}, found {silent[0].unknown}")


@pytest.mark.kibana_requirement(
    "KBN-REQ-UPG-003", source="Kibana docs, saved objects: exports of older versions import"
)
def test_exports_survive(upgrade_phase: str, request: pytest.FixtureRequest) -> None:
    """What was exported before the upgrade is imported after it, whole."""
    only(upgrade_phase, "verify")
    report: Report = request.getfixturevalue("upgrade_report")
    _fail([remark for remark in report.exports if remark.fails])


@pytest.mark.kibana_requirement("KBN-REQ-UPG-004", source=_SOURCE)
def test_nothing_is_left(upgrade_phase: str, request: pytest.FixtureRequest) -> None:
    """The population is gone when everything was looked at."""
    only(upgrade_phase, "verify")
    report: Report = request.getfixturevalue("upgrade_report")
    assert not report.left, "could not be removed: " + "; ".join(report.left)
