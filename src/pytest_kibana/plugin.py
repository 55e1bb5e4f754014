"""pytest's way in: options, ini keys, markers, header, hooks.

Thin, and cheap to import: pytest loads this module at every start of every project that has the plugin
installed. What a run needs is loaded when something of ours is first used.
"""

import pytest

from pytest_kibana.settings import Option, declared, flag_of, ini_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer every declared setting as a flag and as an ini key."""
    groups: dict[str, pytest.OptionGroup] = {}
    for name, option in declared():
        title = f"kibana: {option.group}"
        group = groups.get(title) or groups.setdefault(title, parser.getgroup(title))
        _add_flag(group, name, option)
        if not option.secret:
            parser.addini(ini_of(name), f"{option.help} ({flag_of(name)})", default=None)


def _add_flag(group: pytest.OptionGroup, name: str, option: Option) -> None:
    dest = f"kibana_setting_{name}"
    if option.kind == "switch":
        group.addoption(flag_of(name), dest=dest, action="store_const", const="true", default=None, help=option.help)
    elif option.kind == "list":
        group.addoption(
            flag_of(name), dest=dest, action="append", default=None, metavar=option.metavar, help=option.help
        )
    else:
        choices = f" ({', '.join(option.choices)})" if option.choices else ""
        group.addoption(
            flag_of(name), dest=dest, default=None, metavar=option.metavar, help=f"{option.help}{choices}"
        )
