"""What the documents say can be followed: links lead somewhere, code can be read, commands are understood."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pytest_kibana.cli import app
from pytest_kibana.settings import declared, flag_of
from pytest_kibana.simulator.__main__ import parser

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    page
    for page in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "spec").rglob("*.md"),
        *(ROOT / "reports").glob("*.md"),
    ]
    if "node_modules" not in page.parts
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_FLAGS = frozenset(flag_of(name) for name, _ in declared())

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    named = re.findall(r'(?:id|name)="([^"]+)"', page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads} | set(named)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and place.suffix == ".md" and anchor.lower() not in anchors(place)):
            lost.append(link)
    assert lost == []


@every_page
def test_python_can_be_read(page: Path) -> None:
    for language, code in _BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            ast.parse(code.replace("…", "..."))


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each call of ours in a page's blocks, without what only a shell understands."""
    for language, code in _BLOCK.findall(page.read_text("utf-8")):
        if language not in ("console", "sh", "text"):
            continue
        for line in code.splitlines():
            for part in re.split(r"&&|;|\s&$", line.removeprefix("$ ")):
                called = re.match(r"\s*(pytest(?:-kibana)?) (.+)", part)
                if called:
                    yield [called[1], *shlex.split(called[2], comments=True)]


def options(command: click.Command) -> set[str]:
    if command.name == "serve":  # hands its arguments on
        return {option for action in parser()._actions for option in action.option_strings}
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@every_page
def test_commands_are_understood(page: Path) -> None:
    for program, *words in commands(page):
        if program == "pytest":
            unknown = [w for w in words if w.startswith("--kibana-") and w.split("=")[0] not in _FLAGS]
            assert unknown == [], words
            continue
        parent, name = click.Context(app), words[0]
        if name.startswith("-"):
            continue
        command = app.get_command(parent, name)
        assert command is not None, words
        arguments = words[1:]
        while isinstance(command, click.Group):
            inner = command.get_command(parent, arguments[0])
            assert inner is not None, words
            command, arguments = inner, arguments[1:]
        known = options(command) | {"--help"}
        before = arguments[: arguments.index("--")] if "--" in arguments else arguments
        unknown = [w for w in before if re.match("--[a-z-]+(=|$)", w) and w.split("=")[0] not in known]
        assert unknown == [], f"{words}: {unknown}"
