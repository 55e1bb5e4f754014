"""The self-test tells truly what is noticed, by whom, and what is called wrong where nothing is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_kibana.checks import CATALOGUE as CHECKS
from pytest_kibana.cli import app
from pytest_kibana.errors import UsageError
from pytest_kibana.selftest import Alarm, Report, Selftest, Thresholds, Trial, expectations
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.suites.laws.laws import STATUTES

READ = "GET /api/spaces/space/{id}"
LEAST = Thresholds(noticed=0.95, right=0.9, false_alarms=0)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_is_the_business_of_a_kind_of_check_that_the_table_lists(name: str) -> None:
    assert expectations().means(CATALOGUE[name]) in ("requests", "stories", "weather")


def test_the_table_names_checks_and_laws_that_exist() -> None:
    named = {name for kind in expectations().kinds.values() for some in kind.values() for name in some}
    assert named - CHECKS.keys() - STATUTES.keys() == {"*", "KBN-REQ-*"}


def test_a_kind_that_the_table_lacks_is_an_error() -> None:
    fault = replace(CATALOGUE["response.null"], noticed_by=("telepathy",))
    with pytest.raises(UsageError, match="telepathy"):
        expectations().means(fault)


def test_what_is_broken_is_noticed_by_the_right_check() -> None:
    report = Selftest("core", sample=1, faults=["response.drop_required"], operations=[READ]).run()
    (trial,) = report.trials
    assert (trial.operation, trial.noticed, trial.right, trial.failing) == (READ, True, True, True)
    assert "KBN-R103" in trial.codes
    assert report.alarms == ()
    assert report.good


def test_what_only_a_story_shows_is_shown_by_a_law() -> None:
    report = Selftest(
        "core", sample=1, faults=["laws.delete_keeps"], operations=["DELETE /api/short_url/{id}"]
    ).run()
    (trial,) = report.trials
    assert trial.means == "stories"
    assert trial.right
    assert "delete then read" in trial.codes


def test_the_same_seed_tries_the_same() -> None:
    def tried() -> list[tuple[str, str]]:
        report = Selftest("core", sample=1, seed=3, faults=["protocol.no_[ns]*"], operations=["spaces"]).run()
        return [(trial.fault, trial.operation) for trial in report.trials]

    assert tried() == tried()


def _trial(*, noticed: bool = True, right: bool = True) -> Trial:
    return Trial("response.null", READ, "spaces", "requests", noticed, right, noticed)


def _report(*trials: Trial, alarms: tuple[Alarm, ...] = ()) -> Report:
    return Report("core", 1, LEAST, trials, alarms, 1)


@pytest.mark.parametrize(
    ("report", "good"),
    [
        (_report(_trial()), True),
        (_report(), False),
        (_report(_trial(), _trial(noticed=False, right=False)), False),
        (_report(_trial(), _trial(right=False)), False),
        (_report(_trial(), alarms=(Alarm(READ, "KBN-R103", "wrong"),)), False),
    ],
    ids=["all noticed", "nothing tried", "one missed", "one by another check", "a false alarm"],
)
def test_a_report_is_good_only_above_every_threshold(report: Report, good: bool) -> None:
    assert report.good is good
    assert report.text().endswith("good" if good else "NOT GOOD ENOUGH")


def test_the_command_ends_with_1_below_a_threshold_and_writes_json(tmp_path: Path) -> None:
    out = tmp_path / "selftest.json"
    arguments = [
        "selftest",
        "--sample",
        "1",
        "--fault",
        "response.null",
        "--operations",
        READ,
        "--json",
        str(out),
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    said = json.loads(out.read_text())
    assert said["good"] is True
    assert said["noticed"] == said["right"] == 1.0
    assert CliRunner().invoke(app, [*arguments, "--noticed", "1.1"]).exit_code == 1


def test_a_pattern_that_fits_no_fault_is_an_error() -> None:
    with pytest.raises(UsageError, match="no fault is named"):
        Selftest("core", faults=["nothing.*"])


def test_what_one_means_overlooks_the_other_is_asked_for() -> None:
    """A revoked key is told by single requests, and a lost update by a story; each looks where the other does not."""
    report = Selftest(
        "core",
        sample=1,
        families=False,
        faults=["access.revoked_key_accepted", "laws.update_lost"],
        operations=["PUT /api/actions/connector/{id}"],
    ).run()
    seen = {trial.fault: trial for trial in report.trials}
    assert "KBN-A410" in seen["access.revoked_key_accepted"].codes
    assert "update changes what is meant" in seen["laws.update_lost"].codes
    assert all(trial.right for trial in report.trials)


def test_a_story_about_what_nobody_can_make_is_out_of_reach(published) -> None:  # type: ignore[no-untyped-def]
    report = Selftest(
        published("9.1"),
        sample=1,
        families=False,
        faults=["laws.list_repeats"],
        operations=["GET /api/fleet/agents"],
    ).run()
    assert report.trials == ()
    assert any("GET /api/fleet/agents" in line for line in report.out_of_reach)


@pytest.mark.proof
def test_a_published_contract_keeps_the_thresholds(published, capsys) -> None:  # type: ignore[no-untyped-def]
    """Every fault, at operations of most families."""
    report = Selftest(published("9.1"), sample=3).run()
    with capsys.disabled():
        print("\n" + report.text())
    assert len(report.trials) >= 300
    assert len({trial.family for trial in report.trials}) >= 30
    assert report.good
