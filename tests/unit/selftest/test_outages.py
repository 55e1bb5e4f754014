"""What must come of an outage, and what is said where it comes otherwise."""

import time
from dataclasses import replace

import pytest

from pytest_kibana.conformance import Outcome
from pytest_kibana.contract import Contract, load
from pytest_kibana.evidence import About, Finding, Verdict
from pytest_kibana.evidence.model import Level, Severity, TroubleRecord
from pytest_kibana.selftest import Selftest, expectations
from pytest_kibana.selftest.outages import Outage, companion
from pytest_kibana.selftest.report import Endurance
from pytest_kibana.selftest.trying import Ran
from pytest_kibana.simulator.faults import CATALOGUE

AT, BESIDE = "GET /api/spaces/space", "GET /api/features"
LINE = TroubleRecord("broken", "the connection broke", time.time())
CALM = Ran(
    tuple(
        Outcome(f"{o}-responses", o, "f", "responses", Verdict.PASSED, succeeded=True) for o in (AT, BESIDE)
    )
)
NO_FINDING = Endurance(("KBN-R114",), told=True)
SAME = Endurance(told=True, same=True)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load("core")


def found(code: str, identity: str = "a") -> Finding:
    return Finding(identity, code, "t", "s", AT, About.DEPLOYMENT, Level.MUST, Severity.NORMAL)


def ran(
    at: Verdict = Verdict.PASSED, beside: Verdict = Verdict.PASSED, *, troubles=(LINE,), succeeded=True
) -> Ran:
    first, second = CALM.outcomes
    return Ran((replace(first, verdict=at, succeeded=succeeded), replace(second, verdict=beside)), troubles)


@pytest.mark.parametrize(
    ("wanted", "came", "findings", "said"),
    [
        (NO_FINDING, ran(), [], ""),
        (NO_FINDING, ran(Verdict.NOT_RUN, succeeded=False), [], ""),
        (NO_FINDING, ran(Verdict.FAILED), [found("KBN-R114")], ""),
        (NO_FINDING, ran(Verdict.FAILED), [], "is failed in place of passed"),
        (NO_FINDING, ran(Verdict.FAILED), [found("KBN-R105")], "takes it for KBN-R105"),
        (NO_FINDING, ran(Verdict.FAILED), [found("KBN-R114"), found("KBN-R114", "b")], "makes 2 findings"),
        (NO_FINDING, ran(troubles=()), [], "does not tell it"),
        (NO_FINDING, ran(troubles=(LINE, LINE)), [], "more than once"),
        (NO_FINDING, ran(beside=Verdict.NOT_RUN), [], f"{BESIDE}-responses is not run"),
        (NO_FINDING, Ran(ran().outcomes[:1], (LINE,)), [], "goes on to 1 of 2"),
        (SAME, ran(), [], ""),
        (SAME, ran(Verdict.NOT_RUN), [], "is not run in place of passed"),
        (SAME, ran(succeeded=False), [], "is passed in place of passed"),
        (Endurance(("KBN-R105",), found=True), ran(), [], "does not find it"),
    ],
)
def test_an_outage_is_told_once_and_changes_no_verdict(contract, wanted, came, findings, said) -> None:
    outage = Outage(CATALOGUE["weather.cut"], contract.operations[AT], contract.operations[BESIDE], wanted)
    complaints = list(outage._complaints(CALM, came, findings))
    assert said in "; ".join(complaints)
    assert bool(complaints) is bool(said)


def test_every_fault_of_weather_has_something_that_must_come_of_it() -> None:
    weather = [fault for fault in CATALOGUE.values() if fault.group == "weather"]
    assert weather
    assert all(expectations().endurance(fault) != Endurance() for fault in weather)


def test_what_is_run_beside_is_of_another_family_and_answers(contract) -> None:
    at = contract.operations[AT]
    beside = companion([at, *contract.operations.values()], at, lambda o: o.label == BESIDE)
    assert beside is not None
    assert beside.label == BESIDE
    assert companion([at], at, lambda _o: True) is None


@pytest.mark.parametrize("fault", ["weather.restart", "weather.cut", "weather.third_fails"])
def test_weather_is_lived_through(fault: str) -> None:
    report = Selftest("core", sample=1, faults=[fault], operations=[AT, BESIDE], families=False).run()
    (trial,) = report.trials
    assert trial.right, trial.trouble
