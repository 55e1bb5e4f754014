"""What the benchmarks share."""

import os
from pathlib import Path


def contract() -> str:
    """Return the path of a copy of the contract published for 9.1, or ``core`` where KIBANA_CONTRACT_PATH has none."""
    return contracts("9.1")[0]


def contracts(*versions: str) -> list[str]:
    """Return the paths of the contracts published for these versions, as KIBANA_CONTRACT_PATH has them, or ``core``."""
    folders = [Path(p) for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]
    places = (folder / f"kibana-{version}.json" for version in versions for folder in folders)
    return [str(path.resolve()) for path in places if path.is_file()] or ["core"]


def environment() -> dict[str, str]:
    """Return the environment for a measured process, with byte code kept.

    Where it may not be kept, pytest rewrites the modules of every plugin anew, and nothing else is measured.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
