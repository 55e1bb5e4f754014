"""What workers would quarrel over is left to one of them; everything else is shared out as ever."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kibana.contract import load
from pytest_kibana.resources import claims_for, contended, recipes_for
from pytest_kibana.workers import Together
from tests.plugin.conftest import Ran

PACKAGE = "PUT /api/fleet/epm/packages/{pkgName}/{pkgVersion}"


class Worker:
    """A worker that only notes what it is sent."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.sent: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def shared_out(config: pytest.Config, names: list[str], workers: int) -> list[list[str]]:
    """Let workers do all tests, one after another in turn; return what each did."""
    scheduler = Together(config, None, [PACKAGE])
    nodes: list[Any] = [Worker(f"gw{n}") for n in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, names)
    scheduler.schedule()
    while not scheduler.tests_finished:
        for node in nodes:
            if scheduler.node2pending[node]:
                scheduler.mark_test_complete(node, scheduler.node2pending[node][0])
    return [[names[index] for index in node.sent] for node in nodes]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_one_worker_gets_all_that_stay_together(pytester: pytest.Pytester, workers: int) -> None:
    config = pytester.parseconfig(f"--tx={workers}*popen")
    names = [f"t[{PACKAGE if n % 7 == 3 else 'GET /api/spaces'}-{n}]" for n in range(200)]
    done = shared_out(config, names, workers)
    assert sorted(name for part in done for name in part) == sorted(names), "every test is sent once"
    assert sum(any(PACKAGE in name for name in part) for part in done) == 1
    assert all(part for part in done)


def test_a_package_is_contended_and_a_list_of_each_space_is_not(published: Callable[[str], Path]) -> None:
    contract = load(published("9.1"))
    labels = contended(claims_for(contract, recipes_for(contract)))
    assert PACKAGE in labels
    assert "POST /api/fleet/package_policies" in labels
    assert "POST /api/lists/index" not in labels
    assert len(labels) < 60


def test_a_run_with_workers_shares_out_so(
    run_pytest: Callable[..., Ran], published: Callable[[str], Path]
) -> None:
    ran = run_pytest(
        *("--pyargs", "pytest_kibana.suites.contract", "-n", "3", "-v"),
        *("--kibana-url=embedded", f"--kibana-contract={published('9.1')}"),
        "--kibana-operations=/api/fleet/epm/packages*,spaces",
    )
    of_packages = {
        line.split("]", 1)[0]
        for line in ran.out.splitlines()
        if line.startswith("[gw") and "{pkgVersion}" in line
    }
    assert len(of_packages) == 1, ran.out[-3000:]
