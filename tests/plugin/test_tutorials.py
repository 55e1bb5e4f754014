"""The tutorials work: every command of them, in order, in a fresh environment that holds the wheel and nothing of ours.

A block ``console`` of a tutorial is a promise: each line after ``$`` is run by bash and ends with 0, or with the number
that its comment says (``# ends with 1``). Blocks of another kind show what needs a Kibana of the reader's own.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/tutorial/first-run.md", "docs/tutorial/write-a-test.md", "docs/tutorial/qualify-an-upgrade.md")
LONG = frozenset({"docs/tutorial/qualify-an-upgrade.md"})
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(page: str) -> Iterator[str]:
    """Yield what a page tells the reader to type, but for the installation, which has been done."""
    for block in _BLOCK.findall((ROOT / page).read_text("utf-8")):
        for line in block.splitlines():
            if line.startswith("$ ") and not line.startswith("$ pip install"):
                yield line.removeprefix("$ ")


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, built as for a release from the source archive, and what it asks for."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "--quiet", "install", "-c", ROOT / "constraints.txt", wheel],
        check=True,
        cwd=folder,
    )
    return folder / "venv" / "bin"


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def script_of(page: str, ports: dict[str, str]) -> str:
    """Return the page as a shell script, with other ports than those that a reader has to himself."""
    lines = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for written in commands(page):
        command = re.sub("|".join(ports), lambda found: ports[found[0]], written)
        promised = re.search(r"# ends with (\d+)$", command)
        lines.append(f"echo {shlex.quote('$ ' + command)} >&2")
        lines += [command] if not promised else [f"set +e; {command}", f"test $? = {promised[1]}; set -e"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.proof] if page in LONG else []) for page in PAGES]
)
def test_every_command_of_a_tutorial_works(alone: Path, tmp_path: Path, page: str) -> None:
    if not (ROOT / page).is_file():
        pytest.skip("the documentation is not beside the tests")
    shutil.copytree(ROOT / "docs" / "tutorial" / "example", tmp_path / "docs" / "tutorial" / "example")
    script = script_of(page, {"5601": free_port(), "9200": free_port()})
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_", "VIRTUAL_ENV"))}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**clean, "PATH": f"{alone}{os.pathsep}{clean['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
