"""``pytest-kibana consumer …``: what known clients depend on, and what a recording shows that a client depends on."""

from pathlib import Path

import click


@click.group("consumer")
def command() -> None:
    """Look at what clients of Kibana depend on, and learn it from recorded traffic."""


@command.command("list")
def list_command() -> None:
    """List the consumers that come with the package."""
    from pytest_kibana.target.consumers import consumers

    for one in consumers():
        click.echo(f"{one.name:<18} {len(one.operations):>4} operations  {one.title}")


@command.command("show")
@click.argument("name")
@click.option("--contract", metavar="SOURCE", help="say which of them this contract does not have")
def show(name: str, contract: str | None) -> None:
    """Show the operations of a consumer, NAME or FILE."""
    from pytest_kibana.contract import load
    from pytest_kibana.target.consumers import load_consumer

    found = load_consumer(name)
    lacking = set(found.missing(load(contract))) if contract else set()
    click.echo(f"{found.title} ({found.source})")
    for label in found.operations:
        click.echo(f"  {label}{'   not in the contract' if label in lacking else ''}")


@command.command("derive", short_help="Write a consumer file from a recording.")
@click.argument(
    "recording", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--contract", required=True, metavar="SOURCE", help="contract that says which operations there are"
)
@click.option("--base-path", default="", metavar="PATH", help="base path of the recorded Kibana")
@click.option("--title", metavar="TEXT", help="what the client is called; the file's name by default")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write to this file")
def derive(
    recording: tuple[Path, ...], contract: str, base_path: str, title: str | None, output: Path | None
) -> None:
    """Write the consumer file of whoever made a RECORDING (HAR, or a cassette): each operation that was called."""
    from pytest_kibana.commands.recordings import read_recording
    from pytest_kibana.contract import load
    from pytest_kibana.errors import UsageError
    from pytest_kibana.target.consumers import derived

    loaded = load(contract)
    exchanges = [e for path in recording for e in read_recording(path, loaded, base_path=base_path)]
    labels = [e.request.operation for e in exchanges if e.request.operation]
    if not labels:
        raise UsageError(
            f"none of {len(exchanges)} recorded requests matches an operation of {loaded.source}",
            hint="Name another --contract, or the --base-path of the recorded Kibana.",
        )
    text = derived(title or recording[0].stem, labels).toml()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
