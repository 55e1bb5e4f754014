"""What comes of an operation does not depend on which others were tested before it.

It is the same alone and among all. So shards merge to the verdicts of one run, and a finding can be looked at again by
testing its operation alone.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pytest_kibana.session import Session
from pytest_kibana.settings import EMBEDDED, Settings
from pytest_kibana.wire import KibanaClient

ENTANGLED = (
    "/api/entity_store/en",
    "/api/fleet/epm/packages/{pkgName}/{pkgVersion}",
    "/api/fleet/uninstall_tokens/",
    "/api/lists/index",
)
"""Where operations of a family find, install, change and take away the very same thing."""

Verdicts = dict[tuple[str, str], tuple[str, str]]


@dataclass
class Bench:
    """A stand-in that forgets, and sessions against it."""

    settings: Settings
    control: KibanaClient
    trouble: list[str] = field(default_factory=list)

    def verdicts(self, *labels: str) -> Verdicts:
        """Test operations on a stand-in that has nothing; return verdicts and statuses by item and code."""
        self.control.post("/reset", json={})
        found: Verdicts = {}
        with closing(Session(replace(self.settings, operations=labels))) as session:
            for outcome in session.runner.run():
                self.trouble += [outcome.error] if outcome.error else []
                for record in outcome.verdicts:
                    found[record.item, record.code] = (record.verdict.value, str(record.statuses))
        return found


@pytest.fixture
def bench(published: Callable[[str], Path], tmp_path: Path) -> Iterator[Bench]:
    settings = Settings(
        url=EMBEDDED,
        contract=str(published("9.1")),
        embedded="--control-port 0 --quiet",
        allow="disruptive",
        ledger_dir=str(tmp_path),
        seed=1,
    )
    with closing(Session(settings)) as session:
        server = session.stand_in
        assert server is not None
        assert server.control_url is not None
        told = replace(
            settings,
            url=server.url,
            api_key=server.api_key,
            viewer_api_key=server.viewer_api_key,
            embedded="",
        )
        with KibanaClient(server.control_url, None) as control:
            yield Bench(told, control)


def _labels(bench: Bench) -> tuple[str, ...]:
    with closing(Session(bench.settings)) as session:
        return tuple(session.plan.eligible)


def _compare(bench: Bench, labels: tuple[str, ...]) -> int:
    together = bench.verdicts(*labels)
    alone: Verdicts = {}
    for label in labels:
        alone |= bench.verdicts(label)
    keys = together.keys() | alone.keys()
    assert {k: (together.get(k), alone.get(k)) for k in keys if together.get(k) != alone.get(k)} == {}
    assert not bench.trouble
    return len(alone)


def test_operations_on_one_thing_come_to_the_same_alone(bench: Bench) -> None:
    bench.settings = replace(bench.settings, budget="per-operation=8")
    labels = tuple(label for label in _labels(bench) if any(part in label for part in ENTANGLED))
    assert _compare(bench, labels) > 3_000


@pytest.mark.proof
def test_every_operation_comes_to_the_same_alone(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    labels = _labels(bench)
    count = _compare(bench, labels)
    with capsys.disabled():
        print(f"\n{len(labels)} operations, {count} verdicts, alone as among all")
