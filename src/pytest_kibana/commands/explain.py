"""``pytest-kibana explain KBN-R103``."""

import click


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say what a check means, why it is there, and how it fails; without CODE, list them all."""
    from pytest_kibana.checks.explain import catalogue, explain

    click.echo(explain(code) if code else catalogue())
