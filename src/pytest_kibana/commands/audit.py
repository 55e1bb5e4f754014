"""``pytest-kibana audit``: judge recorded traffic against a contract, offline."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from pytest_kibana.commands.speaking import RESULTS, say


@click.command("audit")
@click.argument("recordings", type=RESULTS, nargs=-1, required=True)
@click.option(
    "--contract",
    "source",
    default="core",
    show_default=True,
    metavar="SOURCE",
    help="version, file, URL or core",
)
@click.option("--target-version", metavar="VERSION", help="version of Kibana that the recording is of")
@click.option(
    "--flavor", type=click.Choice(["traditional", "serverless"]), default="traditional", show_default=True
)
@click.option("--base-path", default="", metavar="PATH", help="base path of the recorded Kibana")
@click.option("--deviations", metavar="FILE", help="file with your own known deviations")
@click.option("--strict", is_flag=True, help="insist on the letter of the contract")
@click.option("--output", "-o", type=RESULTS, metavar="DIR", help="write results.jsonl and reports there")
@click.option("--overwrite", is_flag=True, help="overwrite what is there")
@click.option("--html", is_flag=True, help="write report.html too")
@click.option("--junit", is_flag=True, help="write junit.xml too")
@click.option("--markdown", is_flag=True, help="write summary.md too")
@click.option("--metrics", is_flag=True, help="write metrics.txt too")
@click.option("-v", "--verbose", count=True, help="list uncovered operations and unknown paths")
def command(
    recordings: tuple[Path, ...],
    *,
    source: str,
    base_path: str,
    output: Path | None,
    overwrite: bool,
    verbose: int,
    **options: Any,
) -> None:
    """Judge RECORDINGS (HAR files, cassettes of vcrpy or go-vcr) against a contract. Nothing is sent to anybody.

    Exits as a run does: 1 for findings, 5 where no request of the contract was in them.
    """
    import tempfile

    from pytest_kibana.commands.auditing import audit
    from pytest_kibana.commands.recordings import read_recording
    from pytest_kibana.contract import load
    from pytest_kibana.evidence import read_results, write_results
    from pytest_kibana.report.formats import FORMATS, write_reports
    from pytest_kibana.report.terminal import Line, summary

    names = [name for name in FORMATS if options.pop(name)]
    if names and output is None:
        raise click.UsageError("reports need a folder: --output DIR")
    contract = load(source)
    read = {path: read_recording(path, contract, base_path=base_path) for path in recordings}
    audited = audit(read, contract, source=source, **options)
    conclusion = audited.conclusion
    footer = conclusion.footer(finished=time.time(), seconds=audited.seconds)
    with tempfile.TemporaryDirectory() as scratch:
        folder = output or Path(scratch)
        file = write_results(
            folder / "results.jsonl", audited.header, conclusion.records(), footer, overwrite=overwrite
        )
        results = read_results(file)
        made = write_reports(results, names, folder, overwrite=overwrite)
    files = [str(one) for one in (file, *made)] if output else []
    say(summary(results, files=files, verbose=verbose))
    say([Line()])
    for number, what, where in (
        (len(audited.uncovered), "operation", "of the contract, not in the recording"),
        (len(audited.unknown), "path", "of the recording, not in the contract"),
    ):
        if number:
            say([Line(f"{number} {what}{'' if number == 1 else 's'} {where}")])
    sys.exit(int(conclusion.exit_code))
