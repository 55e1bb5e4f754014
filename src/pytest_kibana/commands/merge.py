"""``pytest-kibana merge``: one results document of several."""

from pathlib import Path

import click

from pytest_kibana.commands.speaking import RESULTS, say


@click.command("merge")
@click.argument("parts", type=RESULTS, nargs=-1, required=True)
@click.option(
    "--output", "-o", type=RESULTS, required=True, metavar="FILE|DIR", help="where the document is written"
)
@click.option("--overwrite", is_flag=True, help="overwrite what is there")
def command(parts: tuple[Path, ...], output: Path, *, overwrite: bool) -> None:
    """Unite PARTS (shards, or runs that complete one another) of one contract and one target."""
    from pytest_kibana.evidence import read_results, write_results
    from pytest_kibana.evidence.merge import merge_files
    from pytest_kibana.report.terminal import summary

    merged = merge_files(parts)
    file = output if output.suffix == ".jsonl" else output / "results.jsonl"
    write_results(file, merged.header, merged.records, merged.footer, overwrite=overwrite)
    say(summary(read_results(file), files=[str(file)]))
