"""How commands speak: styled lines where the terminal has styles, plain ones elsewhere."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from pytest_kibana.report.terminal import Line, colours, painted

RESULTS = click.Path(path_type=Path)
"""The type of an argument that names a results document, or the folder that holds one."""


def say(lines: Iterable[Line]) -> None:
    """Print lines; colours only on a terminal that wants them."""
    colour = colours(os.environ, terminal=sys.stdout.isatty())
    for line in lines:
        click.echo(painted(line, colour=colour), color=colour)
