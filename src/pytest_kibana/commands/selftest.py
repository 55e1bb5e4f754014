"""``pytest-kibana selftest``: prove that the harness would notice."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_kibana.errors import ExitCode

if TYPE_CHECKING:
    from pytest_kibana.selftest import Trial


@click.command("selftest")
@click.option(
    "--contract", default="core", show_default=True, metavar="SOURCE", help="contract that is served"
)
@click.option(
    "--sample", type=int, default=4, show_default=True, metavar="N", help="operations for each fault"
)
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="seed of sample and cases")
@click.option("--fault", "faults", multiple=True, metavar="PATTERN", help="only these faults")
@click.option("--operations", multiple=True, metavar="LIST", help="only these operations")
@click.option("--noticed", type=float, metavar="SHARE", help="least share noticed, from 0 to 1")
@click.option("--right", type=float, metavar="SHARE", help="least share noticed by the right check")
@click.option("--false-alarms", type=int, metavar="N", help="most false alarms")
@click.option("--json", "json_file", type=Path, metavar="FILE", help="also write everything there, as JSON")
@click.option(
    "--families/--no-families",
    default=True,
    show_default=True,
    help="let the suites of the families look for what nothing else notices",
)
@click.option("-v", "--verbose", is_flag=True, help="print each trial when it is over")
def command(
    *,
    contract: str,
    sample: int,
    seed: int,
    faults: tuple[str, ...],
    operations: tuple[str, ...],
    noticed: float | None,
    right: float | None,
    false_alarms: int | None,
    json_file: Path | None,
    families: bool,
    verbose: bool,
) -> None:
    """Break the stand-in in every way it knows, and say how much of that is noticed.

    Ends with 1 where less is noticed than spec/selftest.toml (or an option) demands.
    """
    from pytest_kibana.selftest import Selftest, Thresholds, expectations

    least = expectations().thresholds
    report = Selftest(
        contract,
        seed=seed,
        sample=sample,
        faults=faults,
        operations=operations,
        thresholds=Thresholds(
            noticed=least.noticed if noticed is None else noticed,
            right=least.right if right is None else right,
            false_alarms=least.false_alarms if false_alarms is None else false_alarms,
        ),
        families=families,
        progress=_tell if verbose else lambda _trial: None,
    ).run()
    click.echo(report.text())
    if json_file is not None:
        json_file.write_text(json.dumps(report.to_json(), indent=1) + "\n", "utf-8")
    sys.exit(ExitCode.CONFORMANT if report.good else ExitCode.FINDINGS)


def _tell(trial: "Trial") -> None:
    word = "right" if trial.right else "noticed" if trial.noticed else "MISSED"
    click.echo(
        f"{word:8} {trial.fault} @ {trial.operation}  {' '.join(trial.codes)} {trial.trouble or ''}  "
        f"{trial.requests} requests, {trial.seconds:.2f} s"
    )
