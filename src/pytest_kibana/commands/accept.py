"""``pytest-kibana accept``: entries for a list of known deviations, to be filled in."""

from pathlib import Path

import click

from pytest_kibana.commands.speaking import RESULTS


@click.command("accept")
@click.argument("results", type=RESULTS)
@click.option("--code", "codes", multiple=True, metavar="CODE", help="only findings of this check")
@click.option(
    "--operation", "operations", multiple=True, metavar="LABEL", help="only findings of this operation"
)
@click.option("--output", "-o", type=RESULTS, metavar="FILE", help="add to this file; printed by default")
def command(results: Path, codes: tuple[str, ...], operations: tuple[str, ...], output: Path | None) -> None:
    """Write an entry for each new finding of RESULTS.

    The reasons are left empty, and a list with an empty reason is refused: somebody has to say why. What FILE holds
    already is not written again.
    """
    from pytest_kibana.evidence import draft, read_results
    from pytest_kibana.report.formats import save

    held = output.read_text("utf-8") if output and output.exists() else ""
    findings = [
        f
        for f in read_results(results).findings
        if f.status == "new"
        and (not codes or f.code in codes)
        and (not operations or not set(operations).isdisjoint({f.operation, *f.operations}))
        and f'identity = "{f.identity}"' not in held
    ]
    text = draft(findings)
    if output is None:
        click.echo(text, nl=False)
        if not findings:
            click.echo("no new finding: there is nothing to accept", err=True)
        return
    if findings:
        save(output, (held.rstrip("\n") + "\n\n" if held else "") + text)
    many = "entry" if len(findings) == 1 else "entries"
    click.echo(
        f"{len(findings)} {many} added to {output}; fill in the reasons, then --kibana-deviations {output}"
    )
