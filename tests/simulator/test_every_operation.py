"""A smallest valid request for every operation is answered with a documented success that keeps its schema."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kibana.contract import load
from tests.simulator.conftest import StandIn
from tests.simulator.walked import LAST, REFUSED
from tests.simulator.walking import Walk


def shortcomings(source: str, start: StandIn) -> dict[str, str]:
    contract = load(source)
    walk = Walk(contract, start(contract=source))
    found = {}
    for operation in sorted(contract.operations.values(), key=lambda o: o.label in LAST):
        answer = walk.visit(operation)
        if answer.status_code >= 300:
            found[operation.label] = f"{answer.status_code} {answer.text[:200]}"
            continue
        response = operation.response(answer.status_code)
        if operation.responses and response is None:
            found[operation.label] = f"{answer.status_code} is not documented"
        media = response.media("application/json") if response else None
        if media and media.schema and (broken := contract.violations(media.schema, answer.json())):
            found[operation.label] = f"{broken[0].at}: {broken[0].sentence}"
    return found


def test_core(stand_in: StandIn) -> None:
    assert shortcomings("core", stand_in).keys() - REFUSED.keys() == set()


@pytest.mark.parametrize("version", ["9.1", "9.3", "8.18", "9.4-dashboards", "9.4-workflows"])
def test_a_published_contract(version: str, published: Callable[[str], Path], stand_in: StandIn) -> None:
    found = shortcomings(str(published(version)), stand_in)
    assert {label: why for label, why in found.items() if label not in REFUSED} == {}
