"""No false alarm: where nothing is wrong, nothing is found about the deployment, and nearly everything succeeds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence.model import About
from tests.plugin.conftest import Ran

CONTRACTS = ("core", "8.18", "9.1", "9.3", "9.4-dashboards", "9.4-workflows")


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_clean_stand_in_makes_no_finding(
    run_pytest: Callable[..., Ran],
    published: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    contract: str,
    seed: int,
) -> None:
    source = contract if contract == "core" else str(published(contract))
    ran = run_pytest(
        *("--pyargs", "pytest_kibana.suites.contract", "-q", "--kibana-url=embedded"),
        *(f"--kibana-contract={source}", f"--kibana-seed={seed}"),
    )
    results = ran.results
    new = [f for f in results.findings if f.status == "new" and f.about is About.DEPLOYMENT]
    assert [(f.operation, f.code, f.sentence) for f in new] == []
    assert ran.code == ExitCode.CONFORMANT, ran.out[-4000:]
    assert results.footer is not None
    counts = results.footer.counts
    assert counts["succeeded"] >= 0.95 * counts["tested"]
    with capsys.disabled():
        print(
            f"\n{contract}, seed {seed}: {counts['tested']} operations tested, {counts['succeeded']} seen to "
            f"succeed, {results.footer.requests} requests, no finding about the deployment"
        )
