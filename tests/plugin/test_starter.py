"""The starter that `init` writes works, and the pipelines say what the command line understands."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from pytest_kibana.cli import app
from pytest_kibana.commands.init import PIPELINES, starter
from pytest_kibana.errors import UsageError
from tests.plugin.conftest import Ran

FILES = {"pyproject.toml", "tests/conftest.py", "tests/test_kibana.py", ".github/workflows/kibana.yml"}


def init(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["init", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_starter_passes_against_the_stand_in(tmp_path: Path, run_pytest) -> None:
    init(str(tmp_path))
    assert {str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*") if f.is_file()} == FILES
    ran: Ran = run_pytest("-q", "--kibana-url=embedded", "--kibana-contract=core")
    assert ran.code == 0, ran.out
    assert "2 passed" in ran.out


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    own = tmp_path / "pyproject.toml"
    own.write_text('[project]\nname = "mine"\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("# mine\n")
    said = init(str(tmp_path), "--ci", "none")
    assert "kept" in said
    assert (tmp_path / "tests" / "conftest.py").read_text() == "# mine\n"
    project = tomllib.loads(own.read_text())
    assert project["project"]["name"] == "mine"
    assert project["tool"]["pytest-kibana"]["profiles"]["nightly"]["extends"] == "standard"
    again = own.read_text()
    init(str(tmp_path), "--ci", "none")
    assert own.read_text() == again


def test_a_broken_project_file_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(UsageError, match=r"pyproject\.toml is not TOML"):
        init(str(tmp_path))
    assert not (tmp_path / "tests").exists()


def texts(value: object) -> Iterator[str]:
    """Yield every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


@pytest.mark.parametrize("system", PIPELINES)
def test_pipelines_say_what_the_command_line_understands(system: str) -> None:
    text = starter(PIPELINES[system][0])
    scripts = re.findall(r"sh '([^']+)'", text) if system == "jenkins" else texts(yaml.safe_load(text))
    # Variables of the CI system stand for numbers.
    plain = [re.sub(r"\$\{\{.*?\}\}|\$+\(\(.*?\)\)|\$+\w+", "1", script) for script in scripts]
    called = [
        shlex.split(found) for script in plain for found in re.findall(r"pytest-kibana ([a-z]+ .+)", script)
    ]
    assert {"run", "verify"} <= {name for name, *_ in called}
    for name, *arguments in called:
        command = app.get_command(click.Context(app), name)
        assert command is not None, name
        command.make_context(name, arguments).close()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_line_for_the_shell(shell: str) -> None:
    done = CliRunner().invoke(app, ["completion", shell])
    assert f"_PYTEST_KIBANA_COMPLETE={shell}_source" in done.stdout
