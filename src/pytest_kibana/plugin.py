"""pytest's way in: options, ini keys, markers, and the moment at which a run of ours begins.

Thin, and cheap to import: pytest loads this module at every start of every project that has the plugin
installed. Where no Kibana is named, nothing of ours looks at the run; where one is, :class:`.run.Run` does.
"""

import os
from typing import TYPE_CHECKING

import pytest

from pytest_kibana.fixtures import *  # noqa: F403 - one entry point offers the fixtures too
from pytest_kibana.settings import Option, declared, env_of, flag_of, ini_of

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.run import Run

_DEST = "kibana_setting_"


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
    more: dict[str, str | None] = {"metavar": option.metavar}
    if option.kind == "switch":
        more = {"action": "store_const", "const": "true"}
    elif option.kind == "list":
        more["action"] = "append"
    choices = f" ({', '.join(option.choices)})" if option.choices else ""
    group.addoption(flag_of(name), dest=_DEST + name, default=None, help=f"{option.help}{choices}", **more)


_configs: list[pytest.Config] = []
"""Those of the sessions under way in this process; more than one only where a test runs pytest inside pytest."""


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers; begin a run where a Kibana is named."""
    _configs.append(config)
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    if _named(config):
        from pytest_kibana.run import Run

        config.pluginmanager.register(Run(config), "kibana-run")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the session."""
    if config in _configs:
        _configs.remove(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each item of the plan, where a test asks for one."""
    if "kibana_item" in metafunc.fixturenames:
        run_of(metafunc.config).parametrize(metafunc)


def _named(config: pytest.Config) -> bool:
    if hasattr(config, "workerinput"):
        return "kibana" in config.workerinput
    if any(config.getoption(_DEST + name) for name, _ in declared()):
        return True
    return any(os.environ.get(env_of(name)) or config.getini(ini_of(name)) for name in ("url", "cloud_id"))


# The lines of `pytest --markers`; what a marker accepts is :mod:`pytest_kibana.markers`, which is loaded when one
# is used. A test holds the two together.
_MARKERS = (
    "kibana_requires(*, version=None, license=None, flavor=None, plugin=None): skip unless the deployment has it.",
    "kibana_safety(safety): the safety class that the test needs (read, space, global, disruptive).",
    "kibana_operation(*operations): the operations that the test exercises.",
    "kibana_tier(tier): in which runs the test belongs (smoke, standard, thorough).",
    "kibana_expect_deviation(code, *, reason, operation=None): a broken rule that the test expects of its own calls.",
    "kibana_requirement(id, *, level, source, operations, since, tier, safety): what the test certifies.",
)


def contract_under_way() -> "Contract":
    """Return the contract of the run under way in this process, for what is written before there is a run.

    Raises:
        UsageError: there is no run, or no Kibana was named.
    """
    from pytest_kibana.errors import UsageError

    if not _configs:
        raise UsageError("no pytest run is under way", hint="Use it inside a test.")
    return run_of(_configs[-1]).contract


def run_of(config: pytest.Config) -> "Run":
    """Return the run of this pytest process; makes one that says what is missing where no Kibana is named."""
    from pytest_kibana.run import Run

    found = config.pluginmanager.get_plugin("kibana-run")
    if not isinstance(found, Run):
        found = Run(config)
        config.pluginmanager.register(found, "kibana-run")
    return found
