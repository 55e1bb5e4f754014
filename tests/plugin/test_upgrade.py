"""An upgrade of the stand-in: nothing is said to be lost that is there, and every harm is named.

The proof: populated at 8.18, restarted as 9.1 and as 9.3, nothing is lost; with each fault of the catalogue of
upgrades, verify names it, and nothing else. A sample of it runs always, on the core contract.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana import embedded
from pytest_kibana.errors import ExitCode, TargetNotReady, UsageError
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings
from pytest_kibana.simulator.faults import OF_UPGRADES
from pytest_kibana.upgrade import Ground, Outcome, Report, State, abort, prepare, settle, verify
from pytest_kibana.upkeep import standing

KEY = "a3BlcjpzZWNyZXQtb2YtdGhlLXRlc3Q="
KINDS = (
    *(
        "role",
        "saved_object",
        "data_view",
        "connector",
        "rule",
        "case",
        "case_comment",
        "slo",
        "detection_rule",
    ),
    *("exception_list", "exception_list_item", "osquery_saved_query", "value_list", "timeline"),
)


@dataclass(frozen=True)
class Place:
    """A state and the data of a stand-in, as they stand between two releases."""

    state: Path
    data: Path

    def copy(self, folder: Path) -> "Place":
        shutil.copytree(self.state, folder / "state")
        shutil.copy(self.data, folder / "data.json")
        return Place(folder / "state", folder / "data.json")


@contextmanager
def serving(contract: str, place: Place, *arguments: str) -> Iterator[embedded.Embedded]:
    running = embedded.start(contract, f"--data {place.data} --api-key {KEY} {' '.join(arguments)}")
    try:
        yield running
    finally:
        running.close()


@contextmanager
def standing_on(
    running: embedded.Embedded, contract: str, place: Place, *, begin: bool = False, allow: str = "disruptive"
) -> Iterator[tuple[State, Ground]]:
    given = {
        "url": running.url,
        "api_key": running.api_key,
        "viewer_api_key": running.viewer_api_key,
        "contract": contract,
        "allow": allow,
        "seed": "7",
    }
    session = Session(Settings.resolve(flag=given.get, environment={}))
    try:
        opened = State(place.state) if begin else State.existing(place.state)
        with opened as state, standing(session, state, begin=begin) as ground:
            yield state, ground
    finally:
        session.close()


def prepared(contract: str, place: Place, *arguments: str, only: tuple[str, ...] = ()) -> Place:
    with (
        serving(contract, place, *arguments) as running,
        standing_on(running, contract, place, begin=True) as ground,
    ):
        prepare(*ground, only=only)
        settle(*ground)
    return place


def verified(contract: str, place: Place, *arguments: str, **how: Any) -> Report:
    with serving(contract, place, *arguments) as running, standing_on(running, contract, place) as ground:
        return verify(*ground, **how)


def place_in(folder: Path) -> Place:
    return Place(folder / "state", folder / "data.json")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A population of the core contract, made at 8.18."""
    return prepared("core", place_in(tmp_path_factory.mktemp("old")), "--version 8.18.0")


def harmed(place: Place, contract: str, fault: str, *arguments: str) -> Report:
    return verified(contract, place, f"--fault 'upgrade.{fault}'", *arguments)


# -- nothing is said to be lost that is there


def test_an_upgrade_that_harms_nothing_loses_nothing_and_leaves_nothing(old: Place, tmp_path: Path) -> None:
    place = old.copy(tmp_path)
    kept = verified("core", place, "--version 9.1.0", keep=True)
    assert not kept.failing
    assert kept.count(Outcome.LOST) == 0
    assert kept.count(Outcome.KEPT) > 60
    gone = verified("core", place, "--version 9.3.0")
    assert not gone.failing
    assert gone.exit_code() is ExitCode.CONFORMANT
    assert not gone.left
    with (
        serving("core", place, "--version 9.3.0") as running,
        standing_on(running, "core", place) as (state, ground),
    ):
        spaces = ground.factory.client.get("/api/spaces/space").json()
        assert [space["id"] for space in spaces] == ["default"]
        with pytest.raises(UsageError, match="taken away"):
            verify(state, ground)


@pytest.mark.parametrize(
    "outage",
    [
        "weather.cut@GET /api/actions/connector/{id}",
        "weather.proxy_error@GET /api/alerting/rule/{id}",
    ],
)
def test_an_outage_is_no_loss_and_verify_goes_on_when_it_is_over(
    old: Place, tmp_path: Path, outage: str
) -> None:
    place = old.copy(tmp_path)
    stormy = verified("core", place, "--version 9.1.0", f"--fault '{outage}'", keep=True)
    assert not stormy.failing
    assert stormy.unanswered()
    assert stormy.exit_code() is ExitCode.INCOMPLETE
    calm = verified("core", place, "--version 9.1.0", keep=True)
    assert calm.exit_code() is ExitCode.CONFORMANT


def test_a_target_that_goes_away_is_waited_for_by_verifying_again(old: Place, tmp_path: Path) -> None:
    place = old.copy(tmp_path)
    with (
        serving("core", place, "--version 9.1.0") as running,
        standing_on(running, "core", place) as (state, ground),
        pytest.raises(TargetNotReady, match="in a row"),
    ):
        verify(state, replace(ground, say=lambda _line: running.process.kill()))
    assert verified("core", place, "--version 9.1.0", keep=True).exit_code() is ExitCode.CONFORMANT


def test_a_population_that_was_aborted_is_gone(old: Place, tmp_path: Path) -> None:
    place = old.copy(tmp_path)
    with serving("core", place, "--version 9.1.0") as running:
        with standing_on(running, "core", place) as (state, ground):
            assert abort(state, ground) == ()
            spaces = ground.factory.client.get("/api/spaces/space").json()
        with (
            standing_on(running, "core", place) as (state, ground),
            pytest.raises(UsageError, match="aborted"),
        ):
            verify(state, ground)
    assert [space["id"] for space in spaces] == ["default"]


def test_a_killed_prepare_goes_on_and_nothing_is_made_twice(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with serving("core", place, "--version 8.18.0") as running:
        command = [str(Path(sys.executable).with_name("pytest-kibana")), "upgrade", "prepare", "--no-run"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
        process = subprocess.Popen(
            [
                *command,
                "--url",
                running.url,
                "--contract=core",
                "--allow=disruptive",
                f"--state={place.state}",
            ],
            env={**clean, "KIBANA_API_KEY": running.api_key},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        said = next((line for line in process.stderr if b"making rule" in line), b"")
        process.send_signal(signal.SIGKILL)
        assert said, "the command came to its end by itself"
        process.wait(30)
        process.stderr.close()
        with standing_on(running, "core", place, begin=True) as (state, ground):
            prepare(state, ground)
            settle(state, ground)
            keys = [line["key"] for line in state.lines("population.jsonl") if line["do"] == "made"]
            known = {member.entry for member in state.population().members.values()}
            assert {entry.n for entry in ground.factory.ledger.entries} <= known
    assert len(keys) == len(set(keys))
    report = verified("core", place, "--version 9.1.0")
    assert not report.failing
    assert not report.left


def test_a_killed_verify_goes_on_where_it_was(old: Place, tmp_path: Path) -> None:
    place = old.copy(tmp_path)

    class Killed(BaseException):
        pass

    def die(line: str) -> None:
        if line == "cleaning up":
            raise Killed

    with serving("core", place, "--version 9.1.0") as running:
        with standing_on(running, "core", place) as (state, ground), pytest.raises(Killed):
            verify(state, replace(ground, say=die))
        with standing_on(running, "core", place) as (state, ground):
            report = verify(state, ground)
    assert not report.failing
    assert not report.left


def test_what_was_seen_of_one_release_is_not_taken_for_the_next(old: Place, tmp_path: Path) -> None:
    place = old.copy(tmp_path)

    class Killed(BaseException):
        pass

    def die(line: str) -> None:
        if line.startswith("importing"):
            raise Killed

    with (
        serving("core", place, "--version 9.1.0") as running,
        standing_on(running, "core", place) as (state, ground),
        pytest.raises(Killed),
    ):
        verify(state, replace(ground, say=die), keep=True)
    report = harmed(place, "core", "object_lost@GET /api/alerting/rule/{id}", "--version 9.3.0")
    assert {remark.code for remark in report.failing} == {"KBN-U101"}


def test_a_sweep_by_name_leaves_the_population_alone(old: Place, tmp_path: Path) -> None:
    from pytest_kibana.resources import sweep

    place = old.copy(tmp_path)
    with (
        serving("core", place, "--version 8.18.0") as running,
        standing_on(running, "core", place) as (_, ground),
    ):
        swept = sweep(ground.factory.client, tmp_path / "none", contract=ground.contract, older_than=-10.0)
        assert swept.removed == ()


# -- every harm is named

SAMPLE = (
    ("object_lost@GET /api/alerting/rule/{id}", "KBN-U101"),
    ("encoding_damaged@GET /api/cases/{caseId}", "KBN-U204"),
    ("other_space_sees@GET /api/actions/connector/{id}", "KBN-U501"),
    ("update_refused@PUT /api/alerting/rule/{id}", "KBN-U601"),
)


@pytest.mark.parametrize(("fault", "code"), SAMPLE, ids=[fault.split("@")[0] for fault, _ in SAMPLE])
def test_a_harm_is_named(old: Place, tmp_path: Path, fault: str, code: str) -> None:
    report = harmed(old.copy(tmp_path), "core", fault, "--version 9.1.0")
    assert {remark.code for remark in report.failing} == {code}
    assert report.exit_code() is ExitCode.FINDINGS


TRIALS: tuple[tuple[str, str, frozenset[str]], ...] = tuple(
    (fault, code, frozenset(also.split()))
    for fault, code, also in (
        ("object_lost@GET /api/alerting/rule/{id}", "KBN-U101", ""),
        ("object_lost@GET /api/cases/{caseId}", "KBN-U101", ""),
        ("id_changed@GET /api/actions/connector/{id}", "KBN-U102", ""),
        ("id_changed@GET /api/detection_engine/rules", "KBN-U102", ""),
        ("field_dropped@GET /api/spaces/space/{id}", "KBN-U201", ""),
        ("field_dropped@GET /api/osquery/saved_queries/{id}", "KBN-U201", ""),
        ("reference_broken@GET /api/alerting/rule/{id}", "KBN-U301", ""),
        ("reference_broken@GET /api/saved_objects/{type}/{id}", "KBN-U301", ""),
        ("default_changed@GET /api/detection_engine/rules", "KBN-U207", ""),
        ("role_weakened@GET /api/security/role/{name}", "KBN-U506", ""),
        ("space_merged@GET /api/spaces/space/{id}", "KBN-U507", "KBN-U101"),
        ("timestamps_reset@GET /api/cases/{caseId}", "KBN-U208", ""),
        ("timestamps_reset@GET /api/saved_objects/{type}/{id}", "KBN-U208", ""),
        ("encoding_damaged@GET /api/cases/{caseId}", "KBN-U204", ""),
        ("text_cut@GET /api/observability/slos/{sloId}", "KBN-U204", ""),
        ("flag_reset@GET /api/alerting/rule/{id}", "KBN-U209", ""),
        ("flag_reset@GET /api/detection_engine/rules", "KBN-U209", ""),
        ("tags_lost@GET /api/cases/{caseId}", "KBN-U206", ""),
        ("tags_lost@GET /api/alerting/rule/{id}", "KBN-U206", ""),
        ("order_changed@GET /api/alerting/rule/{id}", "KBN-U205", ""),
        ("other_space_sees@GET /api/alerting/rule/{id}", "KBN-U501", ""),
        ("other_space_sees@GET /api/data_views/data_view/{viewId}", "KBN-U501", ""),
        ("namespaces_lost@GET /api/saved_objects/{type}/{id}", "KBN-U505", ""),
        ("list_incomplete@GET /api/actions/connectors", "KBN-U401", ""),
        ("list_incomplete@GET /api/cases/_find", "KBN-U401", "KBN-U403"),
        ("listed_twice@GET /api/cases/_find", "KBN-U402", ""),
        ("search_incomplete@GET /api/alerting/rules/_find", "KBN-U403", ""),
        ("search_incomplete@GET /api/saved_objects/_find", "KBN-U403", ""),
        ("export_unreadable@POST /api/detection_engine/rules/_import", "KBN-U701", ""),
        ("export_unreadable@POST /api/saved_objects/_import", "KBN-U701", ""),
        ("export_in_part@POST /api/saved_objects/_import", "KBN-U702", ""),
        ("update_refused@PUT /api/alerting/rule/{id}", "KBN-U601", ""),
        ("update_ignored@PUT /api/actions/connector/{id}", "KBN-U602", ""),
        ("delete_refused@DELETE /api/cases", "KBN-U603", ""),
        ("delete_ignored@DELETE /api/alerting/rule/{id}", "KBN-U604", ""),
        ("number_becomes_text@GET /api/detection_engine/rules", "KBN-U203", ""),
        ("secret_leaked@GET /api/actions/connector/{id}", "KBN-U210", ""),
        ("unreadable@GET /api/alerting/rule/{id}", "KBN-U103", ""),
        ("owner_locked_out@GET /api/actions/connector/{id}", "KBN-U504", ""),
        ("open_to_nobody@GET /api/alerting/rule/{id}", "KBN-U502", ""),
        ("viewer_may_change@PUT /api/actions/connector/{id}", "KBN-U503", ""),
        ("not_served@* /api/observability/slos*", "KBN-U104", ""),
    )
)


def test_every_fault_of_upgrades_is_tried() -> None:
    assert {f"upgrade.{fault.partition('@')[0]}" for fault, _, _ in TRIALS} == set(OF_UPGRADES)


@pytest.mark.proof
def test_every_harm_is_named_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    published: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KIBANA_CONTRACT_PATH", str(published("8.18").parent))
    for version in ("9.1", "9.3"):
        published(version)
    base = prepared("8.18", place_in(tmp_path_factory.mktemp("base")), only=KINDS)
    clean = base.copy(tmp_path_factory.mktemp("clean"))
    alarms = []
    for version, keep in (("9.1", True), ("9.3", False)):
        report = verified(version, clean, keep=keep)
        alarms += [f"clean, {version}: {remark}" for remark in report.failing]
        assert report.count(Outcome.LOST) == 0
        assert not report.left
    missed = []
    for fault, code, also in TRIALS:
        found = {
            remark.code
            for remark in harmed(base.copy(tmp_path_factory.mktemp("harmed")), "9.1", fault).failing
        }
        missed += [] if code in found else [f"{fault}: {code} not in {sorted(found)}"]
        alarms += [f"{fault}: {other}" for other in sorted(found - also - {code})]
    kinds = len({fault.partition("@")[0] for fault, _, _ in TRIALS})
    with capsys.disabled():
        named = f"{len(TRIALS) - len(missed)} of {len(TRIALS)} harms of {kinds} faults named"
        print(f"\n8.18 to 9.1: {named}, {len(alarms)} false alarms; 8.18 to 9.1 to 9.3: nothing lost")
    assert not missed
    assert not alarms


@pytest.mark.proof
def test_everything_that_can_be_made_survives_published_releases(
    tmp_path: Path,
    published: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KIBANA_CONTRACT_PATH", str(published("9.1").parent))
    published("9.3")
    place = prepared("9.1", place_in(tmp_path))
    report = verified("9.3", place)
    with capsys.disabled():
        print(f"\n9.1 to 9.3, everything: {report.verdict()}; {len(report.unknown)} not judged")
    assert not report.failing
    assert not report.left


# -- the commands


def test_the_commands_prepare_judge_and_take_away(
    command: Any, tmp_path: Path, stand_in: embedded.Embedded
) -> None:
    import json

    state = f"--state={tmp_path}/state"
    made = command("upgrade", "prepare", state, "--no-run", "--resources=connector", "--generated=1")
    assert made.returncode == 0, made.stderr
    assert "connector" in (tmp_path / "state" / "population.jsonl").read_text()
    for path in (tmp_path / "state").rglob("*.json*"):
        assert stand_in.api_key not in path.read_text("utf-8")
    again = command("upgrade", "prepare", state, "--no-run")
    assert again.returncode == ExitCode.USAGE
    assert "cannot be prepared again" in again.stderr
    judged = command("upgrade", "verify", state, "--keep", "--json")
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["table"]["lost"] == 0
    away = command("upgrade", "abort", state)
    assert away.returncode == 0, away.stderr
    assert " removed" in away.stdout
    assert command("upgrade", "verify", state).returncode == ExitCode.USAGE
    assert command("upgrade", "verify", f"--state={tmp_path}/nowhere").returncode == ExitCode.USAGE


def test_no_population_is_made_where_only_reading_is_allowed(command: Any, tmp_path: Path) -> None:
    done = command("upgrade", "prepare", f"--state={tmp_path}/state", "--allow=read", "--no-run")
    assert done.returncode == ExitCode.USAGE
    assert "only reading is allowed" in done.stderr


@pytest.mark.proof
def test_conformance_that_got_worse_closes_the_gate(tmp_path: Path) -> None:
    place = place_in(tmp_path)

    def run(running: embedded.Embedded, *arguments: str) -> "subprocess.CompletedProcess[str]":
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
        return subprocess.run(
            [
                str(Path(sys.executable).with_name("pytest-kibana")),
                "upgrade",
                *arguments,
                f"--state={place.state}",
            ],
            env={
                **clean,
                "KIBANA_URL": running.url,
                "KIBANA_API_KEY": running.api_key,
                "KIBANA_CONTRACT": "core",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    with serving("core", place, "--version 8.18.0") as running:
        assert run(running, "prepare", "--resources=connector").returncode == 0
    with serving("core", place, "--version 9.1.0") as running:
        good = run(running, "verify", "--keep")
        assert good.returncode == 0, good.stdout
        assert "0 findings that are new" in good.stdout
    with serving(
        "core", place, "--version 9.3.0", "--fault 'response.wrong_type@GET /api/status'"
    ) as running:
        bad = run(running, "verify", "--keep")
        assert bad.returncode == 1, bad.stdout
        assert "but conformance got worse" in bad.stdout


# -- the suites


def test_the_suite_of_an_upgrade_is_skipped_where_none_is_asked_for(run_pytest: Any) -> None:
    ran = run_pytest("--pyargs", "pytest_kibana.suites.upgrade", "--kibana-url=embedded", "-rs", "-q")
    assert ran.code in (0, 5), ran.out
    assert "4 skipped" in ran.out
    assert "needs --kibana-upgrade" in ran.out


def test_the_suite_prepares_and_verifies(run_pytest: Any, tmp_path: Path) -> None:
    def run(phase: str, version: str) -> Any:
        return run_pytest(
            *("--pyargs", "pytest_kibana.suites.upgrade", "--kibana-url=embedded", "-q"),
            f"--kibana-embedded=--data {tmp_path}/data.json --api-key {KEY} --version {version}",
            *(f"--kibana-upgrade={phase}", f"--kibana-upgrade-state={tmp_path}/state"),
            "--kibana-report-overwrite",
        )

    before = run("prepare", "8.18.0")
    assert before.code == 0, before.out
    after = run("verify", "9.1.0")
    assert after.code == 0, after.out
    assert "passed" in after.out
    assert (tmp_path / "state" / "report.html").is_file()
