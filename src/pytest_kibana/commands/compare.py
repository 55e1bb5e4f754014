"""``pytest-kibana compare``: what got worse, what got better, what is no longer looked at."""

import json
import sys
from pathlib import Path

import click

from pytest_kibana.commands.speaking import CONSUMER, RESULTS, read
from pytest_kibana.errors import ExitCode


@click.command("compare")
@click.argument("old", type=RESULTS)
@click.argument("new", type=RESULTS)
@CONSUMER
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@click.option("--html", type=RESULTS, metavar="FILE", help="write the report of NEW, set against OLD")
def command(old: Path, new: Path, consumer: str | None, html: Path | None, *, as_json: bool) -> None:
    """Set the results NEW against OLD. Exits 1 where anything got worse, 0 otherwise."""
    from pytest_kibana.evidence.compare import compare

    comparison = compare(read(old, consumer), read(new, consumer))
    if html:
        from pytest_kibana.report.formats import save
        from pytest_kibana.report.html import render

        save(html, render(comparison.new, comparison=comparison))
    click.echo(json.dumps(comparison.to_json(), indent=2) if as_json else comparison.text())
    sys.exit(int(ExitCode.FINDINGS if comparison.worse else ExitCode.CONFORMANT))
