"""``pytest-kibana init``: a starter for a project that tests Kibana, written beside what is there already."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import click

from pytest_kibana.errors import UsageError

PIPELINES: Mapping[str, tuple[str, str]] = {
    "github": ("ci/github.yml", ".github/workflows/kibana.yml"),
    "gitlab": ("ci/gitlab.yml", ".gitlab-ci.yml"),
    "buildkite": ("ci/buildkite.yml", ".buildkite/pipeline.yml"),
    "jenkins": ("ci/Jenkinsfile", "Jenkinsfile"),
}
"""CI systems: the starter's file, and where the system looks for it."""

_FILES = (("conftest.py.txt", "tests/conftest.py"), ("test_kibana.py.txt", "tests/test_kibana.py"))
_NEW_PROJECT = '[project]\nname = "kibana-tests"\nversion = "0"\ndependencies = ["pytest-kibana"]\n\n'


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option(
    "--ci",
    type=click.Choice([*PIPELINES, "none"]),
    default="github",
    show_default=True,
    help="write a pipeline for this CI system",
)
def command(folder: Path, ci: str) -> None:
    """Write a starter into FOLDER: a section of pyproject.toml, a conftest.py, a first test, and a CI pipeline.

    Nothing that is there already is changed, except that a section is added to pyproject.toml.
    """
    project = _project(folder)
    files = [*_FILES, *([PIPELINES[ci]] if ci != "none" else [])]
    for template, name in files:
        place = folder / name
        if place.exists():
            click.echo(f"kept     {place}")
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(starter(template), encoding="utf-8")
        click.echo(f"written  {place}")
    click.echo(project)
    click.echo("\nNext: export KIBANA_URL=https://… KIBANA_API_KEY=…; pytest-kibana doctor; pytest")
    click.echo("Without a Kibana: pytest --kibana-url embedded --kibana-contract=core")


def starter(name: str) -> str:
    """Return the text of a file of the starter."""
    return resources.files("pytest_kibana.commands").joinpath("starter", name).read_text("utf-8")


def _project(folder: Path) -> str:
    """Add our section to ``pyproject.toml``, and return the line that tells of it."""
    place, section = folder / "pyproject.toml", starter("pyproject.toml.txt")
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(_NEW_PROJECT + section, encoding="utf-8")
        return f"written  {place}"
    text = place.read_text("utf-8")
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{place} is not TOML: {error}", hint="Correct the file, and run this again."
        ) from None
    if "pytest-kibana" in tool or "pytest" in tool:
        return f"kept     {place}: it has a section for pytest already; docs/reference/settings.md lists the keys"
    place.write_text(text.rstrip("\n") + "\n\n" + section, encoding="utf-8")
    return f"extended {place}"
