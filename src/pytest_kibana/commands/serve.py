"""``pytest-kibana serve``: the stand-in Kibana."""

import sys

import click

from pytest_kibana.errors import ExitCode


@click.command(
    "serve",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Serve the stand-in Kibana; `pytest-kibana serve --help` lists its flags."""
    from pytest_kibana.simulator.__main__ import main

    try:
        sys.exit(main(arguments))
    except SystemExit as end:
        # argparse ends with 2 for what cannot be right, which is pytest's number for an interruption.
        sys.exit(ExitCode.USAGE if end.code == ExitCode.INTERRUPTED else end.code)
