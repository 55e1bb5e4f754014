"""Where nothing may be made, what only reads is asked about somebody else's; what cannot be asked at all is said."""

import pytest

from pytest_kibana.contract import Contract, load
from pytest_kibana.errors import ResourceTrouble
from pytest_kibana.resources import Reach, bindings_for, reach, recipes_for

from .conftest import Bench

ROLE = "GET /api/security/role/{name}"
READ, CHANGE = "GET /api/cases/{caseId}", "PUT /api/spaces/space/{id}"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load("core")


def reached(bench: Bench, contract: Contract, allow: str) -> Reach:
    factory = bench.factory(contract=contract, allow=allow)
    return reach(contract, recipes_for(contract), bindings_for(contract), factory, allow)


def test_what_somebody_else_made_is_read(bench: Bench, contract: Contract) -> None:
    bench.kibana.objects[("role", None, "theirs")] = {"name": "theirs", "kibana": []}
    found = reached(bench, contract, "space")
    assert ROLE in found.borrowers
    assert ROLE not in found.lacking
    handle = bench.factory(contract=contract, allow="space").borrow("role")
    assert (handle.id, handle.owned) == ("theirs", False)


def test_an_object_of_no_run_is_rather_taken(bench: Bench, contract: Contract) -> None:
    factory = bench.factory(contract=contract)
    ours = factory.make("role")
    bench.kibana.objects[("role", None, "theirs")] = {"name": "theirs", "kibana": []}
    assert factory.borrow("role").id == "theirs"
    del bench.kibana.objects[("role", None, "theirs")]
    assert factory.borrow("role").id == ours.id


def test_what_is_not_there_is_said(bench: Bench, contract: Contract) -> None:
    found = reached(bench, contract, "space")
    assert found.lacking[ROLE] == "needs a role, and the deployment shows none; making one is global"
    with pytest.raises(ResourceTrouble, match="shows no role"):
        bench.factory(contract=contract, allow="space").borrow("role")


def test_nothing_is_borrowed_where_it_may_be_made(bench: Bench, contract: Contract) -> None:
    found = reached(bench, contract, "disruptive")
    assert found == Reach()
    assert bench.kibana.seen == []


def test_what_reads_alone_borrows_from_the_default_space(bench: Bench, contract: Contract) -> None:
    bench.kibana.objects[("case", None, "11")] = {"id": "11", "title": "theirs", "version": "1"}
    bench.kibana.objects[("case", "other", "12")] = {"id": "12", "title": "hidden", "version": "1"}
    found = reached(bench, contract, "read")
    assert READ in found.borrowers
    assert bench.factory(contract=contract, allow="read").borrow("case").id == "11"


def test_looking_changes_nothing(bench: Bench, contract: Contract) -> None:
    reached(bench, contract, "space")
    reached(bench, contract, "read")
    assert all(seen.method == "GET" or seen.path.endswith("_query") for seen in bench.kibana.seen)
