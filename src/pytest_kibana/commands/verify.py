"""``pytest-kibana verify``: from the results alone, is this run complete enough to rely on?"""

import json
import sys
from pathlib import Path

import click

from pytest_kibana.commands.speaking import CONSUMER, RESULTS, read


@click.command("verify")
@click.argument("results", type=RESULTS)
@click.option(
    "--profile",
    default="release",
    show_default=True,
    metavar="NAME",
    help="what is asked of the run: smoke, standard or release",
)
@CONSUMER
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(results: Path, profile: str, consumer: str | None, *, as_json: bool) -> None:
    """Judge RESULTS by a profile. Exits 0 where nothing stands in the way, 1 for findings, 7 for an incomplete run."""
    from pytest_kibana.evidence.verify import PROFILES, verify

    known: set[str] = set()
    if profile in PROFILES and PROFILES[profile].requirements and not consumer:
        from pytest_kibana.suites.requirements import catalogue

        known = {entry.requirement.id for entry in catalogue()}
    verification = verify(read(results, consumer), profile, requirements=known)
    click.echo(json.dumps(verification.to_json(), indent=2) if as_json else verification.text())
    sys.exit(int(verification.exit_code))
