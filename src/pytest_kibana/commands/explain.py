"""``pytest-kibana explain KBN-R103``."""

import click


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say what a check means, why it is there, and how it fails; without CODE, list them all."""
    from pytest_kibana.checks.explain import catalogue, explain
    from pytest_kibana.upgrade.codes import CODES

    found = CODES.get((code or "").upper())
    if found is not None:
        click.echo(f"{found.code}  {found.title}\n  {found.why}\n  After an upgrade: {found.outcome.words}.")
        return
    click.echo(explain(code) if code else catalogue())
    if not code:
        click.echo("\n".join(f"{one.code}  {one.title} (after an upgrade)" for one in CODES.values()))
