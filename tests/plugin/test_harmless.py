"""Nothing that a run made stays: not when the run is killed, not when the server is, not beside another run."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_kibana import embedded
from pytest_kibana.contract import load
from pytest_kibana.errors import ExitCode
from pytest_kibana.evidence import read_results
from pytest_kibana.resources import RunMark
from pytest_kibana.wire import ApiKey, KibanaClient
from tests.plugin.watching import Listed, Said, everything, wayside

CONTRACT = "core"
SUITES = ("contract", "laws", "platform", "families")
RECORDS = frozenset({"GET /api/endpoint/action", "GET /api/endpoint/action_status"})
"""Lists of what happened, which Kibana keeps for ever."""

FEW = "spaces,roles,connectors,short url"
CHANGES = "spaces,roles,cases,connectors,alerting,data views,saved objects,short url"


@dataclass
class Bench:
    """A stand-in that lives on, and runs against it."""

    server: embedded.Embedded
    folder: Path
    contract: str = CONTRACT
    before: Listed = field(default_factory=dict)
    runs: int = 0

    def __post_init__(self) -> None:
        self.before = self.listed()

    def listed(self) -> Listed:
        return everything(self.server.url, self.server.api_key, self.contract)

    @property
    def ledgers(self) -> Path:
        return self.folder / "ledgers"

    def start(
        self, *arguments: str, url: str | None = None, suite: str = "contract"
    ) -> "subprocess.Popen[bytes]":
        """Start a run of a suite; its output goes to a file named after its number."""
        self.runs += 1
        home = self.folder / f"run{self.runs}"
        home.mkdir()
        with (home / "out.txt").open("wb") as out:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"),
                    *("--pyargs", f"pytest_kibana.suites.{suite}"),
                    *(f"--kibana-url={url or self.server.url}", f"--kibana-contract={self.contract}"),
                    *("--kibana-allow=disruptive", f"--kibana-report-dir={home}"),
                    *arguments,
                ],
                cwd=home,
                env=self.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
        return {
            **clean,
            "KIBANA_API_KEY": self.server.api_key,
            "KIBANA_VIEWER_API_KEY": str(self.server.viewer_api_key),
            "KIBANA_LEDGER_DIR": str(self.ledgers),
        }

    def said(self, run: int) -> str:
        return (self.folder / f"run{run}" / "out.txt").read_text(errors="replace")[-4000:]

    def sweep(self, *arguments: str, url: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                *(sys.executable, "-c", "from pytest_kibana.cli import main; main()", "sweep"),
                *(f"--url={url or self.server.url}", f"--contract={self.contract}", "--older-than=0s"),
                *arguments,
            ],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def clean(self) -> None:
        """Nothing is there that was not there before, nothing is missing, and no ledger remembers anything."""
        now = self.listed()
        changed = {k: v ^ self.before[k] for k, v in now.items() if v != self.before[k] and k not in RECORDS}
        assert changed == {}
        assert not self.ledgers.is_dir() or not list(self.ledgers.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    running = embedded.start(CONTRACT)
    yield Bench(running, tmp_path)
    running.close()


def _kill_at_random(
    bench: Bench,
    times: int,
    seed: int,
    *arguments: str,
    suites: Sequence[str] = ("contract",),
    within: float = 3,
) -> int:
    """Kill so many runs, workers and all, each at a moment of its own after it began to make things.

    Returns how many things sweeps removed.
    """
    chance, removed, killed = random.Random(seed), 0, 0
    for number in range(2 * times):
        run = bench.start(*arguments, suite=suites[number % len(suites)])
        _until(lambda: bench.ledgers.is_dir() and any(bench.ledgers.iterdir()), run)
        time.sleep(chance.uniform(0, within))
        if run.poll() is not None:
            bench.clean()
            within *= 0.7  # it was done before its moment came
            continue
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(30)
        swept = bench.sweep()
        assert swept.returncode == ExitCode.CONFORMANT, swept.stdout + swept.stderr
        removed += int(re.findall(r"^(\d+) removed", swept.stdout, re.MULTILINE)[0])
        bench.clean()
        killed += 1
        if killed == times:
            return removed
    raise AssertionError(f"only {killed} runs could be killed before they were done")


def _until(true: Callable[[], bool], run: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not happen"
        if run.poll() is not None:
            return
        time.sleep(0.01)


def test_a_killed_run_leaves_nothing_after_a_sweep(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    removed = _kill_at_random(bench, 4, 4, suites=SUITES)
    with capsys.disabled():
        print(f"\n4 runs killed, {removed} things swept, nothing left")


@pytest.fixture
def big_bench(tmp_path: Path, published: Callable[[str], Path]) -> Iterator[Bench]:
    """A bench on which every kind of resource can be made, and is listed."""
    contract = str(published("9.3"))
    running = embedded.start(contract)
    yield Bench(running, tmp_path, contract)
    running.close()


@pytest.mark.proof
@pytest.mark.parametrize(
    ("suite", "arguments"), [*((suite, ()) for suite in SUITES), *((suite, ("-n", "2")) for suite in SUITES)]
)
def test_runs_killed_at_twenty_moments_leave_nothing_after_a_sweep(
    big_bench: Bench, suite: str, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    removed = _kill_at_random(big_bench, 20, 20, *arguments, suites=(suite,), within=8)
    with capsys.disabled():
        said = " ".join(("suites/" + suite, *arguments))
        print(f"\n{said}: 20 of 20 runs killed, {removed} things swept, nothing left")


def test_a_sweep_that_only_looks_changes_nothing(bench: Bench) -> None:
    run = bench.start("--kibana-operations=cases,roles")
    _until(lambda: bench.listed()["GET /api/spaces/space"] != bench.before["GET /api/spaces/space"], run)
    os.kill(run.pid, signal.SIGKILL)
    run.wait(30)
    there = bench.listed()
    assert there != bench.before
    looked = bench.sweep("--dry-run")
    assert "would remove space kbn-test-" in looked.stdout
    assert bench.listed() == there
    assert bench.sweep().returncode == ExitCode.CONFORMANT
    bench.clean()


def test_a_sweep_finds_what_a_lost_run_made_in_the_space_of_somebody_else(bench: Bench) -> None:
    """Its ledger is lost too: names alone tell, and another run's names are not touched before they are old."""
    lost, other = RunMark(clock=lambda: time.time() - 7200), RunMark()
    with KibanaClient(bench.server.url, ApiKey(bench.server.api_key), contract=load(CONTRACT)) as client:
        client.call("POST /api/spaces/space", json={"id": "team", "name": "Team"}).raise_for_status()
        team = client.in_space("team")
        bodies = {"connector_type_id": ".index", "config": {"index": "i"}, "secrets": {}}
        for name in (lost.unique(), other.unique(), "theirs"):
            team.post("/api/actions/connector", json={**bodies, "name": name}).raise_for_status()
            tag = {"attributes": {"name": name, "description": "", "color": "#00bfb3"}}
            team.post("/api/saved_objects/tag", json=tag).raise_for_status()
        assert bench.sweep("--older-than=1h").returncode == ExitCode.CONFORMANT
        connectors = {c["name"] for c in team.get("/api/actions/connectors").json()}
        tags = team.get("/api/saved_objects/_find", query={"type": "tag"}).json()["saved_objects"]
    stay = {f"{other.prefix}1", "theirs"}
    assert connectors >= stay
    assert f"{lost.prefix}1" not in connectors
    assert {tag["attributes"]["name"] for tag in tags} == stay


def test_a_sweep_leaves_a_living_run_alone(bench: Bench) -> None:
    run = bench.start(f"--kibana-operations={CHANGES}")
    _until(lambda: bench.listed()["GET /api/spaces/space"] != bench.before["GET /api/spaces/space"], run)
    swept = bench.sweep()
    assert re.search(r"^0 removed", swept.stdout, re.MULTILINE), swept.stdout
    assert "its run lives" in swept.stdout
    assert run.wait(120) == ExitCode.CONFORMANT, bench.said(1)
    bench.clean()


# -- the server goes away


@pytest.mark.parametrize("fault", ["weather.cut", "weather.half"])
def test_answers_that_are_lost_leave_nothing(tmp_path: Path, fault: str) -> None:
    """Neither the answer to a create arrives nor the one to a delete: both are looked up."""
    lost = ["POST /api/cases", "DELETE /api/spaces/space/{id}"]
    server = embedded.start(CONTRACT, " ".join(f"--fault '{fault}@{label}'" for label in lost))
    try:
        bench = Bench(server, tmp_path)
        run = bench.start("--kibana-operations=GET /api/cases/{caseId}", "--kibana-weather-deadline=1")
        assert run.wait(120) in (ExitCode.INCOMPLETE, ExitCode.NOTHING_CHECKED, ExitCode.CONFORMANT), (
            bench.said(1)
        )
        assert bench.sweep().returncode == ExitCode.CONFORMANT
        bench.clean()
    finally:
        server.close()


@pytest.mark.parametrize("moment", ["before its answer", "after its answer"])
@pytest.mark.parametrize("number", [2, 7])
def test_a_server_that_is_killed_between_request_and_answer_leaves_nothing_after_a_sweep(
    tmp_path: Path, number: int, moment: str
) -> None:
    """What the server kept is there when it comes back; the client never heard that it was made."""
    key, data = "c3VwZXI6bm90LXNlY3JldC1oZXJl", tmp_path / "state.json"
    arguments = f"--data {data} --api-key {key}"
    first = embedded.start(CONTRACT, arguments)
    port = first.url.rpartition(":")[2]
    bench = Bench(first, tmp_path)
    seen: list[str] = []

    def dies(said: Said) -> bool:
        """Kill the server at that request, and lose that answer and all that come after."""
        if said.method == "POST" and said.status < 300 and len(seen) < number:
            seen.append(said.path)
            if len(seen) == number:
                os.kill(first.process.pid, signal.SIGKILL)
        return len(seen) >= number

    with wayside(first.url) as place:
        setattr(place, "swallow" if moment == "after its answer" else "passed", dies)
        run = bench.start(
            "--kibana-operations=roles,cases,connectors", "--kibana-weather-deadline=1", url=place.url
        )
        run.wait(180)
        assert run.returncode not in (ExitCode.CONFORMANT, ExitCode.INTERNAL), bench.said(1)
        assert first.process.wait(10) == -signal.SIGKILL
        place.swallow = place.passed = lambda _said: False
        assert list(bench.ledgers.iterdir()), "what may be left is written down"
        bench.server = embedded.start(CONTRACT, f"{arguments} --port {port}")
        try:
            if moment == "after its answer":
                assert bench.listed() != bench.before, "the server kept what was made"
            assert bench.sweep("--ledgers-only", url=place.url).returncode == ExitCode.CONFORMANT
            bench.clean()
        finally:
            bench.server.close()
            first.close()


# -- side by side


def _verdicts(folder: Path) -> dict[tuple[str, str, str], str]:
    records = read_results(folder / "results.jsonl").verdicts
    return {(r.item, r.operation, r.code): r.verdict.value for r in records}


def _outcomes(folder: Path) -> dict[str, str]:
    """Return what came of every test, by its name, as pytest itself wrote it down."""
    cases = ElementTree.parse(folder / "junit.xml").iter("testcase")
    return {
        f"{case.get('classname')}::{case.get('name')}": next((child.tag for child in case), "passed")
        for case in cases
    }


def test_two_workers_come_to_the_verdicts_of_one_and_leave_nothing(bench: Bench) -> None:
    same = (f"--kibana-operations={FEW}", "--kibana-seed=7")
    assert bench.start(*same).wait(180) == ExitCode.CONFORMANT, bench.said(1)
    assert bench.start(*same, "-n", "2").wait(180) == ExitCode.CONFORMANT, bench.said(2)
    alone, together = (_verdicts(bench.folder / name) for name in ("run1", "run2"))
    assert alone.keys() == together.keys()
    assert {k: (alone[k], together[k]) for k in alone if alone[k] != together[k]} == {}
    assert len(alone) > 100
    bench.clean()


@pytest.mark.proof
@pytest.mark.parametrize("contract", ["core", "9.1", "9.3"])
def test_a_whole_contract_comes_to_the_same_verdicts_every_time(
    tmp_path: Path,
    published: Callable[[str], Path],
    contract: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Alone, again, and with two workers, each against a stand-in of its own: statuses and verdicts are the same."""
    source = contract if contract == CONTRACT else str(published(contract))
    seen: list[dict[tuple[str, str, str], tuple[str, str]]] = []
    for name, more in (("alone", ()), ("again", ()), ("two", ("-n", "2"))):
        command = [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"),
            *("--pyargs", "pytest_kibana.suites.contract", "--kibana-url=embedded"),
            *(f"--kibana-contract={source}", "--kibana-seed=1", f"--kibana-report-dir={tmp_path / name}"),
        ]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KIBANA_", "PYTEST_"))}
        done = subprocess.run(
            [*command, *more], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
        )
        assert done.returncode == ExitCode.CONFORMANT, done.stdout[-4000:]
        records = read_results(tmp_path / name / "results.jsonl").verdicts
        seen.append({(r.item, r.operation, r.code): (r.verdict.value, str(r.statuses)) for r in records})
    for other in seen[1:]:
        assert {k: (v, other.get(k)) for k, v in seen[0].items() if other.get(k) != v} == {}
        assert other.keys() == seen[0].keys()
    with capsys.disabled():
        print(f"\n{contract}: 3 runs, {len(seen[0])} verdicts each, none differs")


@pytest.mark.parametrize("suite", SUITES[1:])
def test_two_workers_come_to_the_outcomes_of_one_and_leave_nothing(bench: Bench, suite: str) -> None:
    same = ("--kibana-seed=7", "--junitxml=junit.xml")
    codes = {bench.start(*same, *more, suite=suite).wait(300) for more in ((), ("-n", "2"))}
    assert codes == {ExitCode.CONFORMANT}, bench.said(1) + bench.said(2)
    alone, together = (_outcomes(bench.folder / name) for name in ("run1", "run2"))
    assert alone == together
    assert len(alone) > 30
    bench.clean()


def test_two_runs_at_one_deployment_never_touch_what_is_the_others(bench: Bench) -> None:
    with wayside(bench.server.url) as one, wayside(bench.server.url) as other:
        runs = [bench.start(f"--kibana-operations={FEW}", url=place.url) for place in (one, other)]
        for number, run in enumerate(runs, 1):
            assert run.wait(240) == ExitCode.CONFORMANT, bench.said(number)
        marks = [
            set(re.findall(r"kbn[-_]test[-_]([0-9a-z]{11})", " ".join(s.text for s in place.said)))
            for place in (one, other)
        ]
        assert all(len(mark) == 1 for mark in marks), "each run has one name"
        assert marks[0] != marks[1]
        for mine, place in ((marks[0], other), (marks[1], one)):
            changes = [s for s in place.said if s.method not in ("GET", "HEAD")]
            assert len(changes) > 50
            assert not [s.text for s in changes if any(mark in s.text for mark in mine)]
    bench.clean()
