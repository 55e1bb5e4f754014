"""``pytest-kibana sweep``: remove what earlier runs left."""

import sys
from typing import Any

import click

from pytest_kibana.commands.options import settings_from, settings_options
from pytest_kibana.errors import ExitCode
from pytest_kibana.session import Session
from pytest_kibana.settings import Option


@click.command("sweep")
@settings_options("target", "credentials", "contract")
@click.option("--ledger-dir", metavar="DIR", help="folder in which runs record what they create")
@click.option(
    "--older-than",
    default="1h",
    metavar="DURATION",
    show_default=True,
    help="remove what is found by its name alone only where its run began longer ago than this",
)
@click.option("--ledgers-only", is_flag=True, help="do not look for names in the deployment's lists")
@click.option("--dry-run", is_flag=True, help="change nothing, and say what would be removed")
def command(older_than: str, ledgers_only: bool, dry_run: bool, **given: Any) -> None:
    """Remove what earlier runs left, from their ledgers and by their names.

    Names are looked for in every space that the credentials may see. Only what carries the mark of a run is touched,
    and nothing of a run that is still going on. Asking for a sweep allows these deletes, whatever their safety class.
    """
    from pytest_kibana.resources import sweep

    age = Option("seconds", "").parse(older_than, name="older_than", origin="flag")
    session = Session(settings_from(given))
    try:
        swept = sweep(
            session.bare_client.derive(contract=session.contract),
            session.ledger_folder,
            target=session.target.url,
            older_than=age,
            by_name=not ledgers_only,
            dry_run=dry_run,
        )
    finally:
        session.close()
    verb = "would remove" if dry_run else "removed"
    for thing in swept.removed:
        click.echo(f"{verb} {thing}")
    for thing in swept.left:
        click.echo(click.style(f"left {thing}", fg="red"))
    for path in swept.busy:
        click.echo(f"not touched, its run lives: {path}")
    click.echo(f"{len(swept.removed)} {verb}, {len(swept.absent)} were gone already, {len(swept.left)} left")
    sys.exit(ExitCode.LEFTOVERS if swept.left else ExitCode.CONFORMANT)
