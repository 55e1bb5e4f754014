"""The embedded stand-in belongs to its run, and goes with it."""

import tempfile
from pathlib import Path

import pytest

from pytest_kibana.embedded import start
from pytest_kibana.errors import TargetUnreachable


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nothing_is_left_when_it_is_closed(temporary: Path) -> None:
    running = start("core")
    assert list(temporary.iterdir()) == [running.folder]
    running.close()
    running.close()
    assert running.process.poll() is not None
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_when_it_does_not_start(temporary: Path) -> None:
    with pytest.raises(TargetUnreachable, match="--license"):
        start("core", "--license imaginary")
    assert list(temporary.iterdir()) == []
