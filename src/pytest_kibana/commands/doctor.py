"""``pytest-kibana doctor``: what was found where, what the target is, and what will therefore be skipped."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import click

from pytest_kibana.commands.options import settings_from, settings_options
from pytest_kibana.contract.places import SEARCH_VARIABLE
from pytest_kibana.errors import HarnessError
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings, declared, env_of


@click.command("doctor")
@settings_options()
def command(**given: Any) -> None:
    """Say which settings were found where, what the target is, and what will be skipped.

    Sends only requests that read.
    """
    settings = settings_from(given)
    _heading("settings")
    for line in _given(settings):
        click.echo(f"  {line}")
    session = Session(settings, progress=lambda line: click.echo(line, err=True))
    try:
        _target(session)
        _identity(session)
        _plan(session)
    finally:
        session.close()


def _heading(text: str) -> None:
    click.echo(click.style(text, bold=True))


def _given(settings: Settings) -> list[str]:
    shown = settings.redacted()
    lines = [
        f"{name.replace('_', '-'):<20} {shown[name]}  (from the {settings.origins[name]})"
        for name, _ in declared()
        if settings.origins[name] != "default"
    ]
    return [*(lines or ["nothing was set; everything has its default"]), *_misspelt(os.environ)]


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """Name the variables that look like settings of ours and are none: nothing reads them."""
    known = {SEARCH_VARIABLE, *(option.env or env_of(name) for name, option in declared())}
    found = []
    for name in sorted(name for name in environment if name.startswith("KIBANA_") and name not in known):
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            found.append(f"{name} is not a setting: did you mean {near[0]}?")
    return found


def _target(session: Session) -> None:
    target = session.target
    _heading("target")
    said = {
        "url": target.url,
        "name": target.name,
        "version": f"{target.version}{'-SNAPSHOT' if target.snapshot else ''}",
        "flavor": target.flavor,
        "health": target.level,
        "licence": target.license or "unknown",
        "plugins": str(len(target.plugins)),
        "real": "no: it says of itself that it is a stand-in" if target.stand_in else "it says so",
    }
    for name, value in said.items():
        click.echo(f"  {name:<20} {value}")


def _identity(session: Session) -> None:
    _heading("credentials")
    target = session.target
    click.echo(f"  {'main':<20} {session.client.credentials}")
    click.echo(
        f"  {'viewer':<20} {session.viewer_credentials or 'none: checks of too few privileges are skipped'}"
    )
    for path, what in (
        ("/api/spaces/space", "list spaces"),
        ("/api/security/role", "list roles"),
        ("/api/actions/connectors", "list connectors"),
        ("/api/alerting/_health", "ask alerting for its health"),
    ):
        status = session.client.get(path).status_code
        click.echo(f"  {what:<20.40} {'may' if status < 400 else f'may not (HTTP {status})'}")
    if target.security_disabled:
        click.echo("  security is disabled: nothing about 401 and 403 can be tested")
    if target.xsrf_exempt:
        click.echo("  these credentials need no kbn-xsrf header: that it is demanded cannot be tested")


def _plan(session: Session) -> None:
    _heading("contract")
    try:
        plan = session.plan
    except HarnessError as error:
        click.echo(f"  {error}")
        return
    contract = session.contract
    click.echo(f"  {'source':<20} {session.contract_source} (sha256 {contract.sha256[:16]}…)")
    click.echo(f"  {'operations':<20} {len(contract.operations)}")
    click.echo(f"  {'eligible':<20} {len(plan.eligible)}")
    reasons: dict[str, int] = {}
    for skip in plan.skips:
        if skip.group is None:
            key = f"{skip.kind}: {skip.reason}"
            reasons[key] = reasons.get(key, 0) + 1
    for reason, number in sorted(reasons.items(), key=lambda pair: -pair[1]):
        click.echo(f"  {number:>18}   {reason}")
