"""The suites of laws and platform: green where all is well, red for one broken law, and gone without a trace."""

from collections.abc import Callable

import pytest

from pytest_kibana.contract import Contract, load
from pytest_kibana.embedded import Embedded
from pytest_kibana.errors import ExitCode
from pytest_kibana.resources import RESOURCES
from pytest_kibana.resources.calls import Caller
from pytest_kibana.resources.removal import Remover
from pytest_kibana.resources.template import holes, value_at
from pytest_kibana.wire import ApiKey, KibanaClient
from tests.plugin.conftest import Ran

Run = Callable[..., Ran]
LAWS, PLATFORM = ("--pyargs", "pytest_kibana.suites.laws"), ("--pyargs", "pytest_kibana.suites.platform")

SHUFFLE = """
import random
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    random.Random(7).shuffle(items)
"""


def everything(stand_in: Embedded, contract: Contract) -> dict[str, list[str]]:
    """List every kind of resource in the default space, and all that belongs to no space."""
    found: dict[str, list[str]] = {}
    with KibanaClient(stand_in.url, ApiKey(stand_in.api_key), contract=contract) as client:
        remover = Remover(Caller(client, contract))
        for kind in RESOURCES.values():
            calls = [listing.call for listing in kind.listing]
            if any(True for call in calls for part in (call.path, call.query) for _ in holes(part)):
                continue  # listed under a parent, and gone with it
            items = remover.items(kind, None, {})
            found[kind.name] = sorted(str(value_at(item, listing.id_at)) for item, listing in items)
    return found


def at(stand_in: Embedded, *more: str) -> tuple[str, ...]:
    return (
        f"--kibana-url={stand_in.url}",
        f"--kibana-api-key={stand_in.api_key}",
        "--kibana-contract=core",
        *more,
    )


def test_laws_and_platform_hold_in_any_order_and_leave_no_trace(run_pytest: Run, stand_in: Embedded) -> None:
    contract = load("core")
    before = everything(stand_in, contract)
    assert before["space"] == ["default"]
    viewer = f"--kibana-viewer-api-key={stand_in.viewer_api_key}"
    ran = run_pytest(
        *LAWS,
        *PLATFORM[1:],
        "-q",
        "-p",
        "shuffle",
        *at(stand_in, viewer),
        files={"shuffle.py": SHUFFLE},
        env={"PYTHONPATH": "."},
    )
    assert ran.code == ExitCode.CONFORMANT, ran.out[-4000:]
    assert "failed" not in ran.out.splitlines()[-1]
    assert everything(stand_in, contract) == before


def test_reading_alone_is_allowed_and_nothing_is_made(run_pytest: Run, stand_in: Embedded) -> None:
    ran = run_pytest(*LAWS, *PLATFORM[1:], "-q", "-rs", *at(stand_in, "--kibana-allow=read"))
    assert ran.code == ExitCode.CONFORMANT, ran.out[-4000:]
    assert "needs --kibana-allow space, found read" in ran.out


@pytest.mark.parametrize(
    ("fault", "chosen", "requirement"),
    [
        ("laws.version_unchecked@*", "stale", "KBN-REQ-LAW-013"),
        ("laws.update_resets@*", "meant and connector", "KBN-REQ-LAW-011"),
        ("laws.created_elsewhere@*", "isolation and connector", "KBN-REQ-LAW-019"),
        ("laws.list_repeats@*", "has and saved_object", "KBN-REQ-LAW-009"),
        ("laws.delete_takes_another@*", "one and saved_object", "KBN-REQ-LAW-018"),
    ],
)
def test_a_broken_law_is_noticed(run_pytest: Run, fault: str, chosen: str, requirement: str) -> None:
    ran = run_pytest(
        *LAWS, "-q", "-k", chosen, "--kibana-url=embedded", f"--kibana-embedded=--fault '{fault}'"
    )
    assert ran.code != ExitCode.CONFORMANT, ran.out[-3000:]
    assert requirement in ran.out


def test_the_lives_of_one_seed_are_the_same(run_pytest: Run) -> None:
    fault = "--kibana-embedded=--fault 'laws.update_lost@PUT /api/actions/connector/{id}'"
    told = ("-q", "--kibana-url=embedded", "--kibana-seed=5", "--kibana-report-overwrite")
    steps = []
    for _ in range(2):
        ran = run_pytest(*LAWS, *told, "-k", "lives and connector", fault)
        assert ran.code == ExitCode.FINDINGS, ran.out[-3000:]
        steps.append([line for line in ran.out.splitlines() if line.startswith("E ") and "state." in line])
    assert steps[0]
    assert steps[0] == steps[1]
