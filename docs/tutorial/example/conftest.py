"""Data fixtures, overridden: what holds for every test of this project is said once, here."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def kibana_space_args() -> dict[str, Any]:
    """Throwaway spaces say who made them."""
    return {"description": "made by the example project"}


@pytest.fixture
def a_case() -> dict[str, Any]:
    """The smallest body of a case."""
    return {
        "title": "a case",
        "description": "made by the example project",
        "tags": [],
        "owner": "cases",
        "settings": {"syncAlerts": False},
        "connector": {"id": "none", "name": "none", "type": ".none", "fields": None},
    }
