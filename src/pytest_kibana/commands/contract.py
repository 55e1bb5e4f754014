"""``pytest-kibana contract …``: look at contracts without any deployment."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_kibana.errors import ExitCode

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.contract.model import Defect, JsonSchema, MediaType, Schema


@click.group("contract")
def command() -> None:
    """Look at published contracts: what is in them, and what changed between two."""


@command.command("list", short_help="List published versions.")
def list_command() -> None:
    """List the versions for which a contract is published."""
    from pytest_kibana.contract import versions

    click.echo("\n".join(versions()))


@command.command("fetch", short_help="Fetch one into the cache.")
@click.argument("source")
@click.option("--lock", type=click.Path(path_type=Path), help="file that pins downloads by sha256")
def fetch(source: str, lock: Path | None) -> None:
    """Fetch a contract into the cache and compile it, so that later runs need no network."""
    from pytest_kibana.contract import load

    def progress(url: str, done: int, total: int | None) -> None:
        share = f" of {total / 1e6:.1f}" if total else ""
        click.echo(f"\r{url}: {done / 1e6:.1f}{share} MB", err=True, nl=False)

    contract = load(source, progress=progress, lock=lock)
    click.echo(f"{contract.title}: {len(contract.operations)} operations, sha256 {contract.sha256}")


@command.command("show", short_help="Show families, a family, or an operation.")
@click.argument("source")
@click.argument("operation", required=False)
def show(source: str, operation: str | None) -> None:
    """Show the families of a contract and its defects, or one OPERATION of it, or the operations of a family."""
    from pytest_kibana.contract import load

    contract = load(source)
    if operation is None:
        click.echo(f"{contract.title} (sha256 {contract.sha256})")
        for family, labels in contract.families.items():
            click.echo(f"  {family:<42} {len(labels):>4} operation{'' if len(labels) == 1 else 's'}")
        _defects(contract.defects)
        return
    if operation in contract.families and contract.find(operation) is None:
        click.echo("\n".join(contract.families[operation]))
        return
    found = contract.operation(operation)
    click.echo(f"{found.label}  ({found.operation_id}, {found.family})")
    for parameter in found.parameters:
        needed = "required" if parameter.required else "optional"
        said = _said(contract, parameter.schema)
        click.echo(f"  {parameter.location:<7} {parameter.name}  {said}{needed}")
    if found.body:
        click.echo(f"  body    {', '.join(m.name for m in found.body.content)}")
        for name, said in _members(contract, found.body.content):
            click.echo(f"          {name}  {said}")
    for response in found.responses:
        click.echo(
            f"  answer  {response.status}  {', '.join(m.name for m in response.content) or 'no content'}"
        )


def _members(contract: "Contract", content: Sequence["MediaType"]) -> Iterator[tuple[str, str]]:
    """Yield the members of the first kind of body that has some: name, and what may be there."""
    for media in content:
        whole = contract.resolve(media.schema.json) if media.schema else None
        members = whole.get("properties") if isinstance(whole, dict) else None
        if isinstance(whole, dict) and isinstance(members, dict):
            for name, schema in members.items():
                needed = "required" if name in whole.get("required", ()) else "optional"
                yield name, _kind(contract, schema) + needed
            return


def _said(contract: "Contract", schema: "Schema | None") -> str:
    return _kind(contract, schema.json) if schema else ""


def _kind(contract: "Contract", schema: "JsonSchema") -> str:
    """Return what a schema says of kind and values, in few words and two spaces; nothing where it says much."""
    whole = contract.resolve(schema)
    if not isinstance(whole, dict):
        return ""
    if values := whole.get("enum"):
        return " | ".join(json.dumps(value) for value in values[:6]) + (" | …  " if len(values) > 6 else "  ")
    kind = whole.get("type")
    return f"{' or '.join(kind) if isinstance(kind, list) else kind}  " if kind else ""


def _defects(defects: Sequence["Defect"]) -> None:
    """Say what is wrong with the document itself, the worst first, and how it is read all the same."""
    from pytest_kibana.contract.kinds import KINDS

    click.echo(f"  {'defects':<42} {len(defects):>4}")
    weights = ("blind", "misleading", "formal")
    counts = Counter(defect.kind for defect in defects)
    for kind, number in sorted(counts.items(), key=lambda p: (weights.index(KINDS[p[0]].weight), -p[1])):
        known = KINDS[kind]
        click.echo(f"    {number:>5}  {known.weight:<10}  {known.title}")
        click.echo(f"           {'':<10}  {known.consequence}")


@command.command("diff", short_help="Say what changed between two, by meaning.")
@click.argument("old")
@click.argument("new")
@click.option("--format", "form", type=click.Choice(["markdown", "json", "html"]), default="markdown")
@click.option("--consumer", metavar="NAME", help="only what this client depends on: terraform, …, or a file")
@click.option(
    "--probe", metavar="URL", help="send what can be sent harmlessly of the breaking changes to this Kibana"
)
@click.option("--output", type=click.Path(path_type=Path), help="write to this file")
def diff_command(  # noqa: PLR0917 - click passes options by name
    old: str, new: str, form: str, consumer: str | None, probe: str | None, output: Path | None
) -> None:
    """Say what changed between two contracts, by meaning; ends with 1 where a client can break.

    With --probe, requests that the new contract refuses, or no longer has, are sent to a deployment of the new version
    as far as that changes nothing, and each such change says whether it is real. Credentials come from KIBANA_API_KEY
    and its siblings.
    """
    from pytest_kibana.contract import load
    from pytest_kibana.contract.diff import diff, to_json, to_markdown

    before = load(old)
    found = diff(before, load(new))
    if consumer:
        from pytest_kibana.target.consumers import load_consumer

        found = found.among(load_consumer(consumer).within(before))
    if probe:
        from pytest_kibana.commands.probing import probed

        found = probed(found, before, probe)
    if form == "html":
        from pytest_kibana.report.diffs import to_html

        text = to_html(found)
    else:
        text = to_markdown(found) if form == "markdown" else json.dumps(to_json(found), indent=2)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
    sys.exit(ExitCode.FINDINGS if found.blocking() else ExitCode.CONFORMANT)
