"""Every law on every resource whose operations the contract has."""

import pytest

from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Resource
from pytest_kibana.suites.laws.bench import Bench, NotHere
from pytest_kibana.suites.laws.laws import Statute
from pytest_kibana.suites.laws.machine import live


def test_law(kibana_law: Statute, kibana_kind: Resource, bench: Bench) -> None:
    """The law holds, or the declaration of the resource says why not."""
    exception = kibana_kind.exceptions.get(kibana_law.name)
    if exception:
        pytest.skip(f"{kibana_law.name} does not hold for a {kibana_kind.name}: {exception}")
    try:
        broken = list(kibana_law.law(bench))
    except NotHere as reason:
        pytest.skip(str(reason))
    except ResourceTrouble as trouble:
        broken = [trouble.message]
    if broken:
        pytest.fail(f"{kibana_law.id} {kibana_law.sentence}\n  " + "\n  ".join(broken), pytrace=False)


def test_lives(kibana_kind: Resource, bench: Bench, kibana_session) -> None:  # type: ignore[no-untyped-def]
    """Any sequence of create, read, list, update and delete over two spaces agrees with a model."""
    exception = kibana_kind.exceptions.get("lives")
    if exception:
        pytest.skip(f"lives of a {kibana_kind.name} are not followed: {exception}")
    try:
        live(bench, kibana_session.seed)
    except NotHere as reason:
        pytest.skip(str(reason))
