"""``pytest-kibana explain …``: what a name in a report means, whichever kind of name it is."""

import re
import textwrap
from collections.abc import Iterable

import click

from pytest_kibana.errors import UsageError

_WIDTH = 80
_CODE = re.compile(r"(KBN-)?[A-Z]\d+", re.IGNORECASE)


@click.command("explain")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Say what NAME means: the code of a check, a requirement, a known deviation, or an operation.

    An operation is named by its label (`GET /api/spaces/space`), or by its operationId in the core contract. Without
    NAME, list all checks.
    """
    if not name:
        _list()
        return
    for look in (_upgrade_code, _requirement, _deviation, _operation):
        found = look(name.strip())
        if found is not None:
            click.echo(_fitted(found))
            return
    from pytest_kibana.checks.explain import explain

    try:
        click.echo(_fitted(explain(name).splitlines()))
    except UsageError as error:
        if _CODE.fullmatch(name.strip()):
            raise
        raise UsageError(
            f"nothing is called {name!r}",
            hint="Give the code of a check (KBN-R103), a requirement (KBN-REQ-LAW-001), a known deviation (D-20), or "
            "an operation (GET /api/spaces/space); `pytest-kibana explain` lists all checks.",
        ) from error


def _list() -> None:
    from pytest_kibana.checks.explain import catalogue
    from pytest_kibana.upgrade.codes import CODES

    click.echo(catalogue())
    click.echo("\n".join(f"{one.code}  {one.title} (after an upgrade)" for one in CODES.values()))


def _fitted(lines: Iterable[str]) -> str:
    """Fold long lines under where their text begins."""
    folded: list[str] = []
    for line in lines:
        label = line[: len(line) - len(line.lstrip())] or line.split("  ", 1)[0] + "  "
        indent = " " * (9 if line[:9].strip() and line[8:9] == " " else len(label) if label.isspace() else 0)
        folded += textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return "\n".join(folded)


def _upgrade_code(name: str) -> list[str] | None:
    from pytest_kibana.upgrade.codes import CODES

    found = CODES.get(name.upper())
    if found is None:
        return None
    return [f"{found.code}  {found.title}", f"  {found.why}", f"  After an upgrade: {found.outcome.words}."]


def _requirement(name: str) -> list[str] | None:
    if not name.upper().startswith("KBN-REQ"):
        return None
    from difflib import get_close_matches

    from pytest_kibana.suites.requirements import catalogue

    entries = {entry.requirement.id: entry for entry in catalogue()}
    found = entries.get(name.upper())
    if found is None:
        near = get_close_matches(name.upper(), entries, n=3)
        raise UsageError(f"there is no requirement {name}", hint=f"Did you mean {', '.join(near)}?")
    one = found.requirement
    operations = (*one.operations, *found.subjects)
    return [
        f"{one.id}  {found.sentence}",
        "",
        f"level    {one.level}",
        f"tier     {one.tier}",
        f"safety   {one.safety}",
        *([f"since    {one.since}"] if one.since else []),
        *([f"of       {', '.join(operations)}"] if operations else []),
        f"source   {one.source}",
        f"test     {found.test}",
    ]


def _deviation(name: str) -> list[str] | None:
    from pytest_kibana.evidence import load_deviations

    found = next((entry for entry in load_deviations(None).entries if entry.id == name.upper()), None)
    if found is None:
        return None
    return [
        f"{found.id}  known deviation of {found.versions or 'every version'}",
        "",
        *(f"of       {label}" for label in found.operations),
        *([f"contract {found.contract}"] if found.contract else []),
        f"server   {found.reason}",
        *([f"source   {found.source}"] if found.source else []),
    ]


def _operation(name: str) -> list[str] | None:
    from pytest_kibana.contract import load
    from pytest_kibana.evidence import load_deviations
    from pytest_kibana.target import load_facts

    core = load("core").find(name)
    label = core.label if core is not None else name
    known = load_facts()
    if core is None and label not in known:
        return None
    facts = known.of(label)
    deviations = [entry.id for entry in load_deviations(None).entries if label in entry.operations]
    return [
        f"{label}  ({core.operation_id if core is not None else facts.family or 'not in the core contract'})",
        "",
        f"safety   {facts.safety}" + (f": {facts.why}" if facts.why else ""),
        *([f"licence  {facts.license}"] if facts.license else []),
        *([f"flavor   {', '.join(facts.flavors)}"] if facts.flavors else []),
        *([f"since    {facts.since}"] if facts.since else []),
        *([f"plugin   {facts.plugin}"] if facts.plugin else []),
        *([f"needs    {', '.join(facts.needs)}"] if facts.needs else []),
        *([f"known to deviate: {', '.join(deviations)}"] if deviations else []),
    ]
