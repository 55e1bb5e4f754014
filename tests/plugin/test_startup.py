"""The plugin costs other people's pytest next to nothing, and changes nothing in their runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import json, sys, pytest
class Probe:
    def pytest_sessionfinish(self, session):
        print("MODULES=" + json.dumps(sorted({m.split(".")[0] for m in sys.modules} | {
            m for m in sys.modules if m.startswith("pytest_kibana")})))
quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:allure_pytest"]
sys.exit(pytest.main([*quiet, *sys.argv[1:]], plugins=[Probe()]))
"""


def run(folder: Path, *arguments: str) -> tuple[int, set[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = next(part for part in done.stdout.splitlines() if "MODULES=" in part)
    return done.returncode, set(json.loads(line.split("MODULES=", 1)[1])), done.stdout


@pytest.fixture
def foreign_project(tmp_path: Path) -> Path:
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    assert 1 + 1 == 2\n")
    return tmp_path


def test_without_our_flags_only_a_few_small_modules_are_loaded(foreign_project: Path) -> None:
    code, modules, _ = run(foreign_project)
    assert code == 0
    # Other plugins, among them those of our dependencies, load what they like; the difference is what we add.
    added = modules - run(foreign_project, "-p", "no:kibana")[1]
    ours = {name for name in added if name.startswith("pytest_kibana")}
    assert {name.split(".")[1] for name in ours if "." in name} <= {
        "plugin",
        "settings",
        "errors",
        "fixtures",
    }
    assert added - ours <= {"dataclasses", "enum", "inspect", "typing"}


def test_without_our_flags_the_output_is_the_same(foreign_project: Path) -> None:
    def said(*arguments: str) -> list[str]:
        out = run(foreign_project, *arguments)[2]
        return [line.split(" in ")[0] for line in out.splitlines() if "MODULES=" not in line]

    assert said() == said("-p", "no:kibana")
