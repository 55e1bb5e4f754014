"""``pytest-kibana run``: pytest on the suites, with the arguments made."""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from pytest_kibana.commands.options import settings_options
from pytest_kibana.settings import declared, env_of, flag_of


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@settings_options()
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(pytest_args: tuple[str, ...], **given: Any) -> None:
    """Test a deployment against its contract.

    This is the same as `pytest --pyargs pytest_kibana.suites` with a `--kibana-` before each option. What
    stands after `--` goes to pytest as it is.
    """
    arguments = ["-m", "pytest", "--pyargs", "pytest_kibana.suites", *flags(given), *pytest_args]
    sys.stdout.flush()
    # This process becomes pytest: it rewrites the assertions of plugins, which none of them may be loaded before.
    os.execve(sys.executable, [sys.executable, *arguments], {**os.environ, **secrets(given)})  # noqa: S606 - our own interpreter


def flags(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield pytest's flags for a command's options, all but the secrets."""
    secret = {name for name, option in declared() if option.secret}
    for name, value in given.items():
        if value is None or name in secret:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            yield flag_of(name) if one == "true" else f"{flag_of(name)}={one}"


def secrets(given: Mapping[str, Any]) -> dict[str, str]:
    """Secrets travel in the environment, where nobody who lists processes sees them."""
    return {env_of(name): given[name] for name, option in declared() if option.secret and given.get(name)}
