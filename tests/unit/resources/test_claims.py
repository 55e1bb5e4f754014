"""What operations need and change of the things of which there is one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.contract import load
from pytest_kibana.resources import RESOURCES, Claim, Kind, claims_for, recipes_for


@pytest.fixture
def claims(published: Callable[[str], Path]) -> dict[str, Claim]:
    contract = load(published("9.1"))
    return claims_for(contract, recipes_for(contract))


def test_what_makes_or_ends_an_engine_changes_it(claims: dict[str, Claim]) -> None:
    assert claims["DELETE /api/lists/index"].changes == {"value_list_index"}
    assert claims["POST /api/lists/index"].changes == {"value_list_index"}
    assert claims["DELETE /api/entity_store/engines/{entityType}"].changes == {"entity_engine"}
    assert claims["POST /api/entity_store/engines/{entityType}/stop"].changes == {"entity_engine"}
    assert "epm_package" in claims["POST /api/fleet/epm/packages"].changes


def test_what_lies_in_an_engine_or_beside_it_needs_it(claims: dict[str, Claim]) -> None:
    for label in ("POST /api/lists", "GET /api/lists/items", "PUT /api/lists/items", "DELETE /api/lists"):
        assert claims[label] == Claim(frozenset({"value_list_index"}), frozenset()), label
    assert "entity_engine" in claims["GET /api/entity_store/status"].needs
    assert "epm_package" in claims["GET /api/fleet/epm/packages/installed"].needs


def test_only_what_changes_something_claims_to(claims: dict[str, Claim]) -> None:
    singles = {name for name, kind in RESOURCES.items() if kind.kind in (Kind.ENGINE, Kind.SETTING)}
    for label, claim in claims.items():
        assert claim.needs | claim.changes <= singles
        assert not claim.needs & claim.changes
        if label.startswith("GET "):
            assert not claim.changes, label
