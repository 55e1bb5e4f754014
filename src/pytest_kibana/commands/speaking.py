"""How commands speak: styled lines where the terminal has styles, plain ones elsewhere."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_kibana.report.terminal import Line, colours, painted

if TYPE_CHECKING:
    from pytest_kibana.evidence import Results

RESULTS = click.Path(path_type=Path)
"""The type of an argument that names a results document, or the folder that holds one."""


CONSUMER = click.option(
    "--consumer", metavar="NAME", help="only what this client depends on: terraform, …, or a file"
)
"""The option of commands that can look at one consumer's operations alone."""


def read(path: Path, consumer: str | None = None) -> "Results":
    """Read a results document; of a consumer, what is about its operations.

    Raises:
        ResultsError, UsageError: the document cannot be read, or there is no such consumer.
    """
    from pytest_kibana.evidence import read_results
    from pytest_kibana.evidence.narrowing import narrowed
    from pytest_kibana.target.consumers import load_consumer

    results = read_results(path)
    return narrowed(results, load_consumer(consumer).operations) if consumer else results


def say(lines: Iterable[Line]) -> None:
    """Print lines; colours only on a terminal that wants them."""
    colour = colours(os.environ, terminal=sys.stdout.isatty())
    for line in lines:
        click.echo(painted(line, colour=colour), color=colour)
