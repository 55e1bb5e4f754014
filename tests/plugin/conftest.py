"""A stand-in to test against, and pytest runs as people make them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from pytest_kibana import embedded
from pytest_kibana.evidence import Results, read_results


@pytest.fixture(scope="session")
def stand_in() -> Iterator[embedded.Embedded]:
    """One stand-in with the core contract, for all tests of this folder that do not change what it is."""
    running = embedded.start("core")
    yield running
    running.close()


@dataclass(frozen=True)
class Ran:
    """What a pytest process said and left behind."""

    code: int
    out: str
    folder: Path

    @property
    def results(self) -> Results:
        return read_results(self.folder / "out" / "results.jsonl")


def run_in(
    folder: Path, *arguments: str, files: dict[str, str] | None = None, env: dict[str, str] | None = None
) -> Ran:
    """Run pytest in a folder; results go to ``out``."""
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**clean, "KIBANA_REPORT_DIR": str(folder / "out"), **(env or {})},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Ran(done.returncode, done.stdout + done.stderr, folder)


@pytest.fixture
def run_pytest(tmp_path: Path) -> Callable[..., Ran]:
    """Run pytest in an empty folder; results go to ``out``."""
    return partial(run_in, tmp_path)


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(tmp_path: Path, stand_in: embedded.Embedded) -> Command:
    """Run `pytest-kibana …` against the shared stand-in, in an empty folder."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
        known = {
            "KIBANA_URL": stand_in.url,
            "KIBANA_API_KEY": stand_in.api_key,
            "KIBANA_CONTRACT": "core",
            "KIBANA_LEDGER_DIR": str(tmp_path / "ledgers"),
        }
        return subprocess.run(
            [sys.executable, "-c", "from pytest_kibana.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={**clean, **{k: v for k, v in {**known, **environment}.items() if v}},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


SUITE = ("--pyargs", "pytest_kibana.suites.contract", "-q")
