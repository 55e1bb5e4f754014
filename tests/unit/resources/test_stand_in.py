"""On the stand-in, over HTTP: every factory makes, reads and removes its object; a killed run leaves nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_kibana.contract import load
from pytest_kibana.errors import HarnessError
from pytest_kibana.resources import RESOURCES, Factory, Kind, Ledger, RunMark, sweep
from pytest_kibana.wire import Basic, KibanaClient

HASTE = 20.0
"""How much faster than real time the deadlines of eventual consistency run here: the stand-in has none."""


class StandIn:
    """A stand-in in a process of its own."""

    def __init__(self, contract: str, folder: Path) -> None:
        ready = folder / "ready.json"
        self.clients: list[KibanaClient] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest_kibana.simulator", "--contract", contract, "--port", "0"),
                *("--ready-file", str(ready), "--license", "trial", "--quiet", "--exit-with-parent"),
            ],
            stdin=subprocess.PIPE,
        )
        end = time.monotonic() + 60
        while not ready.exists() or not ready.read_text().endswith("}"):
            assert self.process.poll() is None, "the stand-in ended"
            assert time.monotonic() < end, "the stand-in did not become ready"
            time.sleep(0.05)
        self.url = str(json.loads(ready.read_text())["url"])

    def client(self, contract: str) -> KibanaClient:
        from pytest_kibana.wire import Clock

        clock = Clock(
            monotonic=lambda: time.perf_counter() * HASTE, sleep=lambda seconds: time.sleep(seconds / HASTE)
        )
        made = KibanaClient(self.url, Basic("elastic", "changeme"), contract=load(contract), clock=clock)
        self.clients.append(made)
        return made

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        if self.process.stdin:
            self.process.stdin.close()


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Callable[[str], StandIn]]:
    started: list[StandIn] = []

    def start(contract: str) -> StandIn:
        started.append(StandIn(contract, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.stop()


_STREAM = "forking a stream makes none that can be read"
_BULK = "a bulk action answers with nothing made"
# What the stand-in does not do for a published contract that knows no better, with what it does.
BEYOND = {
    "stream": _STREAM,
    "stream_query": _STREAM,
    "stream_dashboard_link": _STREAM,
    "stream_rule_link": _STREAM,
    "assistant_prompt": _BULK,
    "assistant_anonymization_field": _BULK,
}
# What needs something that no contract can give: agents, models, packages, old indices.
NEEDY = {name for name, kind in RESOURCES.items() if kind.needs}


@pytest.mark.parametrize("version", ["9.1", "9.3"])
def test_every_factory_makes_reads_and_removes_its_object(
    version: str,
    stand_in: Callable[[str], StandIn],
    published: Callable[[str], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contract = load(published(version))
    client = stand_in(str(published(version))).client(str(published(version)))
    troubles: dict[str, str] = {}
    done: list[str] = []
    factory = Factory(client, ledger=Ledger(tmp_path / "a.ledger.jsonl"), mark=RunMark())
    with factory:
        inside = factory.within(factory.make("space"))
        for name, kind in RESOURCES.items():
            if not kind.makeable:
                troubles[name] = kind.lacking or ""
            elif not any(contract.find(call.label) for call in kind.create or kind.update):
                troubles[name] = f"not in the contract of {version}"
            else:
                try:
                    _live(inside, name, contract_reads=any(contract.find(c.label) for c in kind.read))
                    done.append(name)
                except (HarnessError, AssertionError) as trouble:
                    troubles[name] = str(trouble).splitlines()[0][:200]
        inside.cleanup()
    assert factory.ledger.entries == ()
    with capsys.disabled():
        print(f"\n{version}: {len(done)} of {len(RESOURCES)} resources were made, read and removed")
        for name, why in troubles.items():
            print(f"    {name}: {why}")
    possible = {
        n for n, k in RESOURCES.items() if k.makeable and "not in the contract" not in troubles.get(n, "")
    }
    assert possible - set(done) <= BEYOND.keys() | NEEDY


def _live(factory: Factory, name: str, *, contract_reads: bool) -> None:
    kind = RESOURCES[name]
    handle = factory.make(name)
    if contract_reads:
        handle.read()
        assert handle.exists(), "it was made, and is not there"
    handle.delete()
    if contract_reads and kind.kind is Kind.OBJECT and kind.gone != "unknown":
        assert not handle.exists(), "it was removed, and is still there"


RUN = """
import sys, itertools
from pathlib import Path
from pytest_kibana.resources import Factory, Ledger, RunMark
from pytest_kibana.wire import Basic, KibanaClient
from pytest_kibana.contract import load
url, folder = sys.argv[1:]
mark = RunMark()
client = KibanaClient(url, Basic("elastic", "changeme"), contract=load("core"))
factory = Factory(client, ledger=Ledger(Path(folder) / f"{mark.run}.ledger.jsonl", run=mark.run), mark=mark)
print("ready", flush=True)
factory.space = factory.make("space").id
kinds = ["role", "case", "case_comment", "connector", "rule", "data_view", "saved_object", "short_url", "space"]
for kind in itertools.cycle(kinds):
    handle = factory.make(kind)
    if hash(handle.id) % 3 == 0:
        handle.delete()
"""


def test_a_run_killed_at_any_moment_leaves_nothing_after_a_sweep(
    stand_in: Callable[[str], StandIn], tmp_path: Path
) -> None:
    server = stand_in("core")
    client = server.client("core")
    before = _everything(client)
    ledgers = tmp_path / "ledgers"
    chance = random.Random(20261123)
    for _ in range(20):
        run = subprocess.Popen([sys.executable, "-c", RUN, server.url, str(ledgers)], stdout=subprocess.PIPE)
        assert run.stdout
        assert run.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.25))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        run.stdout.close()
        swept = sweep(client, ledgers, by_name=False)
        assert swept.left == ()
        assert _everything(client) == before
        assert not list(ledgers.iterdir())


def _everything(client: KibanaClient) -> dict[str, set[str]]:
    """List every kind of thing that the run makes, in the default space and in the deployment."""
    tags = client.get("/api/saved_objects/_find", query={"type": "tag"}).json()["saved_objects"]
    return {
        "spaces": {s["id"] for s in client.get("/api/spaces/space").json()},
        "roles": {r["name"] for r in client.get("/api/security/role").json()},
        "cases": {c["id"] for c in client.get("/api/cases/_find").json()["cases"]},
        "connectors": {c["id"] for c in client.get("/api/actions/connectors").json()},
        "rules": {r["id"] for r in client.get("/api/alerting/rules/_find").json()["data"]},
        "data views": {v["id"] for v in client.get("/api/data_views").json()["data_view"]},
        "tags": {tag["id"] for tag in tags},
    }
