"""Generated pages are fresh: a change of the code that the reader would not see fails here."""

import subprocess
import sys
from pathlib import Path

import pytest

GENERATOR = Path(__file__).resolve().parents[3] / "docs" / "generate.py"


@pytest.mark.skipif(not GENERATOR.is_file(), reason="the documentation is not beside the tests")
def test_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\nrun: python docs/generate.py"
