"""``pytest-kibana resources``: what the factories can make."""

import json
from itertools import groupby

import click


@click.command("resources")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="print the list as JSON")
def command(names: tuple[str, ...], as_json: bool) -> None:
    """List what `kibana_resources` can make, by family; NAMES narrow the list."""
    from pytest_kibana.resources import RESOURCES

    chosen = [r for r in RESOURCES.values() if not names or r.name in names or r.family in names]
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
        for resource in members:
            notes = [resource.scope.value, resource.safety.value]
            notes += [f"since {resource.since}"] if resource.since else []
            notes += [resource.licence] if resource.licence else []
            notes += [f"needs {', '.join(resource.parents)}"] if resource.parents else []
            click.echo(f"  {resource.name:<30} {resource.summary} ({', '.join(notes)})")
            if resource.needs:
                click.echo(f"  {'':<30} {resource.needs}")
            if resource.lacking:
                click.echo(f"  {'':<30} cannot be made: {resource.lacking}")
