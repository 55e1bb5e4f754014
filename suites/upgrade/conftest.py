"""Where the suite of an upgrade stands: the state, and the report of one verification, made once for all tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_kibana.errors import UsageError
from pytest_kibana.resources import RESOURCES
from pytest_kibana.upkeep import standing

if TYPE_CHECKING:
    from pytest_kibana.session import Session
    from pytest_kibana.upgrade import Report, State

_NOT_ASKED = "needs --kibana-upgrade {0} and --kibana-upgrade-state DIR, found {1}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each resource that can be in a population; one alone where no upgrade is verified."""
    if "kibana_survivor" not in metafunc.fixturenames:
        return
    from pytest_kibana.plugin import run_of

    verified = run_of(metafunc.config).settings.upgrade == "verify"
    names = [kind.name for kind in RESOURCES.values() if kind.makeable] if verified else ["every resource"]
    metafunc.parametrize("kibana_survivor", names, ids=[name.replace(" ", "-") for name in names])


@pytest.fixture(scope="session")
def upgrade_phase(kibana_session: "Session", request: pytest.FixtureRequest) -> str:
    """Which half of the upgrade this run is: prepare, verify, or neither."""
    settings = kibana_session.settings
    if settings.upgrade is None or settings.upgrade_state is None:
        return ""
    if hasattr(request.config, "workerinput"):
        raise UsageError(
            "several workers cannot look at one upgrade",
            hint="Run pytest_kibana.suites.upgrade by itself, without -n.",
        )
    return settings.upgrade


def only(phase: str, wanted: str) -> None:
    """Skip where the run is not the half that a test is about."""
    if phase != wanted:
        pytest.skip(_NOT_ASKED.format(wanted, phase or "neither"))


@pytest.fixture(scope="session")
def upgrade_state(kibana_session: "Session", upgrade_phase: str) -> Iterator["State"]:
    """The folder that outlives the upgrade, open."""
    from pytest_kibana.upgrade import State

    folder = Path(kibana_session.settings.upgrade_state or "").expanduser()
    with State(folder) if upgrade_phase == "prepare" else State.existing(folder) as state:
        yield state


@pytest.fixture(scope="session")
def upgrade_report(kibana_session: "Session", upgrade_phase: str, upgrade_state: "State") -> "Report":
    """What became of the population; it is taken away when everything was looked at."""
    from pytest_kibana.upgrade import save, verify

    only(upgrade_phase, "verify")
    with standing(kibana_session, upgrade_state) as ground:
        report = verify(upgrade_state, ground)
    save(report, upgrade_state)
    return report
