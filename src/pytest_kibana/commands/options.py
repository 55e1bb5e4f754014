"""Options of the commands, made from the declared settings.

pytest's ``--kibana-api-key`` is ``--api-key`` here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from pytest_kibana.errors import UsageError
from pytest_kibana.profiles import profile
from pytest_kibana.settings import Option, Settings, declared, ini_of

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
    """Make settings from a command's options, the environment, pytest's ini file and the defaults."""
    return Settings.resolve(
        flag=lambda name: given.get(name) or None,
        ini=_ini().get,
        profile=lambda name: profile(name, Path.cwd()),
    )


def _ini() -> dict[str, Any]:
    """Return what pytest's ini file says, by setting: a command finds what a run of pytest from here would find.

    pytest itself reads it and is stopped before it does anything else; no ``conftest.py`` is loaded.
    """
    import pytest

    found: dict[str, Any] = {}

    class Reader:
        @pytest.hookimpl(tryfirst=True)
        def pytest_cmdline_main(self, config: pytest.Config) -> int:
            keys = {name: ini_of(name) for name, option in declared() if not option.secret}
            found.update({name: config.getini(key) for name, key in keys.items()})
            return pytest.ExitCode.OK

    if pytest.main(["--noconftest"], plugins=[Reader()]) != pytest.ExitCode.OK:
        raise UsageError(
            "pytest cannot read its settings in this folder",
            hint="Mend what it said above, or go to another folder.",
        )
    return found
