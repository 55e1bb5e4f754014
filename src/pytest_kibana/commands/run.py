"""``pytest-kibana run``: pytest on the suites, with the arguments made."""

import sys
from typing import Any

import click
import pytest

from pytest_kibana.commands.options import settings_options
from pytest_kibana.settings import flag_of


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@settings_options()
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(pytest_args: tuple[str, ...], **given: Any) -> None:
    """Test a deployment against its contract.

    This is the same as `pytest --pyargs pytest_kibana.suites` with a `--kibana-` before each option. What
    stands after `--` goes to pytest as it is.
    """
    arguments = [*_flags(given), *pytest_args]
    sys.exit(pytest.main(["--pyargs", "pytest_kibana.suites", *arguments]))


def _flags(given: dict[str, Any]) -> list[str]:
    made: list[str] = []
    for name, value in given.items():
        if value is None or value == ():
            continue
        values = value if isinstance(value, tuple) else (value,)
        for one in values:
            made += [flag_of(name)] if one == "true" else [f"{flag_of(name)}={one}"]
    return made
