"""The project's own root configuration: what every test of it may ask for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

_HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def published() -> Callable[[str], Path]:
    """Path of a published contract by version (``9.1``, ``9.4-dashboards``); skips where there is no copy."""

    def find(version: str) -> Path:
        name = f"kibana-{version}.json"
        places = [Path(p) for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]
        places.append(_HERE.parent / "shared" / "contracts")
        for place in places:
            if (place / name).is_file():
                return place / name
        pytest.skip(f"no copy of {name}: point KIBANA_CONTRACT_PATH at a folder that holds it")

    return find
