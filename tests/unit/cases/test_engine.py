"""What this project uses of Schemathesis beside its public names; a new version must pass these first."""

import importlib
import inspect
import subprocess
import sys

import pytest

from pytest_kibana.cases import CaseBudget, Kind, make_cases
from pytest_kibana.cases.engine import Engine
from pytest_kibana.cases.proof import Prover
from pytest_kibana.contract import Contract

LABEL = "POST /api/things"


@pytest.fixture(scope="module")
def engine(contract: Contract) -> Engine:
    return Engine(contract.document)


def test_the_private_names_exist() -> None:
    import schemathesis

    session = importlib.import_module("schemathesis.generation.coverage").GenerationSession
    assert session() is not None
    assert importlib.import_module("schemathesis.core").NOT_SET is not None
    iterate = inspect.signature(schemathesis.BaseSchema.iter_coverage_cases)
    assert {"generation_modes", "generation_config", "session"} <= set(iterate.parameters)
    assert {m.name for m in schemathesis.GenerationMode} >= {"POSITIVE", "NEGATIVE"}


def test_the_document_is_left_as_it_was(contract: Contract) -> None:
    document = contract.document()
    before = repr(document)
    handed = contract.document()
    Engine(lambda: handed).ideas(contract.operations[LABEL])
    assert repr(document) == before


def test_ideas_are_the_same_twice_and_one_of_each_kind(contract: Contract, engine: Engine) -> None:
    first, reason = engine.ideas(contract.operations[LABEL])
    assert reason is None
    assert first
    assert engine.ideas(contract.operations[LABEL])[0] == first
    assert {idea.valid for idea in first} == {True, False}


def test_nothing_the_engine_raises_escapes(contract: Contract) -> None:
    def broken() -> dict[str, object]:
        raise RuntimeError("no document\nat all")

    ideas, reason = Engine(broken).ideas(contract.operations[LABEL])
    assert ideas == ()
    assert reason == "RuntimeError: no document"


def test_an_operation_that_the_engine_does_not_find_has_a_reason(contract: Contract) -> None:
    empty = {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": {}}
    made = Engine(lambda: dict(empty)).ideas(contract.operations[LABEL])
    assert made[0] == ()
    assert made[1]


def test_what_the_engine_adds_passes_the_same_proof(contract: Contract) -> None:
    plain = CaseBudget("all", 9, 900, 0, 900)
    more = CaseBudget("all", 9, 900, 0, 900, engine=True)
    ours = {c.id for c in make_cases(contract, LABEL, seed=1, budget=plain).cases}
    both = make_cases(contract, LABEL, seed=1, budget=more)
    prover = Prover(contract, contract.operations[LABEL])
    added = [c for c in both.cases if c.id not in ours]
    assert added
    assert both.trouble == ()
    for case in added:
        assert prover.valid(case) is (case.kind is not Kind.INVALID)
        assert case.rule is None or len(prover.faults(case)) == 1


def test_the_strategy_makes_valid_requests(contract: Contract, engine: Engine) -> None:
    import warnings

    from hypothesis.errors import NonInteractiveExampleWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        idea = engine.strategy(contract.operations[LABEL]).example()
    assert idea.valid
    assert idea.has_body


def test_nothing_else_of_the_room_imports_schemathesis_or_hypothesis() -> None:
    script = "import sys, pytest_kibana.cases; sys.exit('schemathesis' in sys.modules or 'hypothesis' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
