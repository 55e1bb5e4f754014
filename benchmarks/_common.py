"""What the benchmarks share."""

import os
from pathlib import Path


def contract() -> str:
    """Return the path of a copy of the contract published for 9.1, or ``core`` where KIBANA_CONTRACT_PATH has none."""
    folders = [Path(p) for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]
    found = (folder / "kibana-9.1.json" for folder in folders)
    return next((str(path.resolve()) for path in found if path.is_file()), "core")


def environment() -> dict[str, str]:
    """Return the environment for a measured process, with byte code kept.

    Where it may not be kept, pytest rewrites the modules of every plugin anew, and nothing else is measured.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
