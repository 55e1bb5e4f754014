"""``pytest-kibana coverage``: how much of each family the tests of the suites exercise."""

import json
import sys
from pathlib import Path

import click

from pytest_kibana.commands.speaking import RESULTS
from pytest_kibana.errors import ExitCode


@click.command("coverage")
@click.argument("results", type=RESULTS)
@click.option(
    "-v", "--verbose", is_flag=True, help="name the operations that no test exercised, or saw to succeed"
)
@click.option(
    "--at-least",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="exit with 7 where fewer of the eligible operations were exercised",
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(results: Path, at_least: float | None, *, verbose: bool, as_json: bool) -> None:
    """Count from RESULTS, per family: operations, eligible, exercised by a test of the family, with success, refused
    as wrong or unknown, and refused for want of access.
    """
    from pytest_kibana.evidence import read_results
    from pytest_kibana.evidence.coverage import exercise, text

    rows = exercise(read_results(results))
    click.echo(
        json.dumps([row.to_json() for row in rows], indent=2) if as_json else text(rows, verbose=verbose)
    )
    eligible, exercised = sum(row.eligible for row in rows), sum(row.exercised for row in rows)
    if not eligible:
        click.echo("the results say nothing of coverage", err=True)
        sys.exit(ExitCode.NOTHING_CHECKED)
    if at_least is not None and exercised * 100 < at_least * eligible:
        sys.exit(ExitCode.INCOMPLETE)
