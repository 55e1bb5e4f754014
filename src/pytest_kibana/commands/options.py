"""Options of the commands, made from the declared settings.

pytest's ``--kibana-api-key`` is ``--api-key`` here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from pytest_kibana.profiles import profile
from pytest_kibana.settings import Option, Settings, declared

Command = Callable[..., Any]


def flag(name: str) -> str:
    """Return the flag of a setting in the commands: ``report_dir`` is ``--report-dir``."""
    return f"--{name.replace('_', '-')}"


def settings_options(*groups: str, without: Iterable[str] = ()) -> Callable[[Command], Command]:
    """Return a decorator that adds the settings of some groups (all, if none is named) as options."""
    left_out = set(without)

    def decorate(command: Command) -> Command:
        for name, option in reversed(list(declared())):
            if (not groups or option.group in groups) and name not in left_out:
                command = _add(command, name, option)
        return command

    return decorate


def _add(command: Command, name: str, option: Option) -> Command:
    if option.kind == "switch":
        return click.option(flag(name), name, flag_value="true", default=None, help=option.help)(command)
    return click.option(
        flag(name),
        name,
        type=click.Choice(option.choices) if option.choices else str,
        default=None,
        multiple=option.kind == "list",
        metavar=option.metavar,
        help=option.help,
    )(command)


def settings_from(given: dict[str, Any]) -> Settings:
    """Make settings from a command's options, the environment and the defaults."""
    return Settings.resolve(
        flag=lambda name: given.get(name) or None, profile=lambda name: profile(name, Path.cwd())
    )
