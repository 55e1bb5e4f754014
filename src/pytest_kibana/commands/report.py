"""``pytest-kibana report``: make reports of results that are there already."""

from pathlib import Path

import click

from pytest_kibana.commands.speaking import CONSUMER, RESULTS, read, say


@click.command("report")
@click.argument("results", type=RESULTS)
@click.option("--html", is_flag=True, help="write report.html")
@click.option("--junit", is_flag=True, help="write junit.xml")
@click.option("--markdown", is_flag=True, help="write summary.md")
@click.option("--metrics", is_flag=True, help="write metrics.txt (OpenMetrics)")
@click.option(
    "--compare", "earlier", type=RESULTS, metavar="OLD", help="earlier results to set these against"
)
@CONSUMER
@click.option("--output", "-o", type=RESULTS, metavar="DIR", help="folder; the one of the results by default")
@click.option("--overwrite", is_flag=True, help="overwrite reports that are there")
@click.option("-v", "--verbose", count=True, help="show known findings, and all that was not tested")
@click.option("-q", "--quiet", is_flag=True, help="show new findings and the verdict only")
def command(
    results: Path,
    earlier: Path | None,
    consumer: str | None,
    output: Path | None,
    *,
    overwrite: bool,
    verbose: int,
    quiet: bool,
    **formats: bool,
) -> None:
    """Read RESULTS (a results.jsonl or its folder), show the summary, and write the reports asked for."""
    from pytest_kibana.evidence.compare import compare
    from pytest_kibana.report.formats import write_reports
    from pytest_kibana.report.terminal import Line, summary

    shown = read(results, consumer)
    comparison = compare(read(earlier, consumer), shown) if earlier else None
    names = [name for name, wanted in formats.items() if wanted]
    files = write_reports(
        shown, names, output or shown.path.parent, comparison=comparison, overwrite=overwrite
    )
    say(summary(shown, files=[str(file) for file in files], verbose=-1 if quiet else verbose))
    if comparison:
        say([Line(), *(Line(text) for text in comparison.text().splitlines())])
