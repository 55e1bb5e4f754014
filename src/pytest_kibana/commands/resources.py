"""``pytest-kibana resources``: what the factories can make."""

import json
import textwrap
from itertools import groupby

import click


@click.command("resources")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="print the list as JSON")
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List what `kibana_resources` can make, by family; NAMES narrow the list."""
    from pytest_kibana.resources import RESOURCES
    from pytest_kibana.resources.catalogue import resource

    families = {r.family.lower() for r in RESOURCES.values()}
    for name in names:
        if name.lower() not in families:
            resource(name)
    wanted = {name.lower() for name in names}
    chosen = [r for r in RESOURCES.values() if not names or not wanted.isdisjoint({r.name, r.family.lower()})]
    if as_json:
        rows = [
            {
                "name": r.name,
                "family": r.family,
                "summary": r.summary,
                "scope": r.scope.value,
                "safety": r.safety.value,
                "parents": list(r.parents),
                "since": r.since,
                "licence": r.licence,
                "needs": r.needs,
                "lacking": r.lacking,
            }
            for r in chosen
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for family, members in groupby(
        sorted(chosen, key=lambda r: (r.family.lower(), r.name)), key=lambda r: r.family
    ):
        click.echo(click.style(family, bold=True))
        for one in members:
            notes = [
                f"lives in a {one.scope.value}" if one.scope.value == "space" else f"is {one.scope.value}"
            ]
            notes += [f"--kibana-allow {one.safety.value}"] if one.safety.value != "space" else []
            notes += [f"since {one.since}"] if one.since else []
            notes += [f"licence {one.licence}"] if one.licence else []
            notes += [f"needs {', '.join(one.parents)}"] if one.parents else []
            click.echo(_row(one.name, one.summary))
            for line in ("; ".join(notes), one.needs, one.lacking and f"cannot be made: {one.lacking}"):
                if line:
                    click.echo(click.style(_row("", line), dim=True))


def _row(name: str, text: str) -> str:
    return textwrap.fill(
        text, 80, initial_indent=f"  {name:<29} ", subsequent_indent=" " * 32, break_on_hyphens=False
    )
