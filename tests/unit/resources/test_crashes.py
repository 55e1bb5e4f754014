"""Whatever moment a run dies at, a sweep leaves nothing of it, and nothing of anybody else is touched."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kibana.errors import HarnessError
from pytest_kibana.resources import Factory, Handle, sweep
from pytest_kibana.resources.catalogue import resource

from .conftest import Bench, FakeKibana, Killed, Seen, Time, broken

STEPS = st.lists(
    st.sampled_from(
        ["space", "role", "case", "data_view", "connector", "value_list_index", "uptime_settings", "delete"]
    ),
    min_size=1,
    max_size=8,
)


@dataclass
class Fate:
    """What happens at the n-th request that changes something: death or a broken line, before or after it."""

    at: int
    moment: str
    ending: Callable[[Seen], None]
    count: int = 0

    def before(self, seen: Seen) -> None:
        if seen.method != "GET":
            self.count += 1
            self._strike("before", seen)

    def after(self, seen: Seen) -> None:
        if seen.method != "GET":
            self._strike("after", seen)

    def _strike(self, moment: str, seen: Seen) -> None:
        if self.count == self.at and self.moment == moment:
            self.ending(seen)


def _die(_seen: Seen) -> None:
    raise Killed


def _live(factory: Factory, steps: list[str]) -> None:
    made: list[Handle] = []
    for step in steps:
        try:
            if step == "delete":
                if made:
                    made.pop().delete()
            else:
                made.append(factory.make(step))
        except HarnessError:
            continue
    factory.cleanup()


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS,
    in_space=st.booleans(),
    at=st.integers(1, 14),
    moment=st.sampled_from(["before", "after"]),
    ending=st.sampled_from([_die, broken]),
)
def test_a_sweep_leaves_nothing_of_a_run_that_died_anywhere(
    steps: list[str],
    in_space: bool,
    at: int,
    moment: str,
    ending: Callable[[Seen], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bench = Bench(FakeKibana(), Time(), tmp_path_factory.mktemp("run"))
    others = _somebody_elses(bench)
    before = dict(others)
    factory = bench.factory()
    fate = Fate(at, moment, ending)
    bench.kibana.before, bench.kibana.after = fate.before, fate.after
    try:
        if in_space:
            factory.space = factory.make("space").id
        _live(factory, steps)
    except (Killed, HarnessError):
        pass
    bench.kibana.before = bench.kibana.after = lambda _seen: None
    os.close(factory.ledger._file)  # the kernel lets go of a dead process's files
    swept = sweep(bench.client(), bench.folder, by_name=False)
    assert swept.left == ()
    assert bench.kibana.objects == before
    assert not list(bench.folder.iterdir())


def _somebody_elses(bench: Bench) -> dict[tuple[str, str | None, str], dict[str, object]]:
    """Put things there that are not ours, some with names that look a little like ours."""
    bench.kibana.objects.update(
        {
            ("space", None, "default"): {"id": "default"},
            ("role", None, "kbn-test-role"): {"name": "kbn-test-role"},
            ("case", None, "c1"): {"id": "c1", "title": "kbn-test-case"},
            ("data_view", None, "d1"): {"id": "d1", "name": "logs", "title": "logs-*"},
            ("uptime", None, ""): {"certExpirationThreshold": 30},
        }
    )
    return bench.kibana.objects


def test_a_create_that_arrives_after_the_death_is_found_by_the_second_look(bench: Bench) -> None:
    factory = bench.factory()
    bench.kibana.before = _die
    with pytest.raises(Killed):
        factory.make("case")
    (entry,) = factory.ledger.entries
    os.close(factory.ledger._file)
    bench.kibana.before = lambda _seen: None
    late = bench.time.sleep

    def arrive(seconds: float) -> None:
        late(seconds)
        bench.kibana.create("case", None, "late", {"title": entry.unique})

    bench.time.sleep = arrive  # type: ignore[method-assign]
    swept = sweep(bench.client(), bench.folder, by_name=False)
    assert [r.id for r in swept.removed] == ["late"]
    assert not bench.kibana.objects


def test_a_lost_machine_is_swept_by_name_once_it_is_old(bench: Bench, tmp_path: Path) -> None:
    _somebody_elses(bench)
    before = dict(bench.kibana.objects)
    lost = bench.factory()
    lost.make("space")
    lost.make("role")
    lost.make("case")
    os.close(lost.ledger._file)
    lost.ledger.path.unlink()
    bench.time.at += 1800
    assert sweep(bench.client(), tmp_path / "none").removed == ()
    bench.time.at += 1801
    would = sweep(bench.client(), tmp_path / "none", dry_run=True)
    assert sorted(r.resource for r in would.removed) == ["case", "role", "space"]
    assert bench.kibana.objects != before
    swept = sweep(bench.client(), tmp_path / "none")
    assert sorted(r.resource for r in swept.removed) == ["case", "role", "space"]
    assert bench.kibana.objects == before


def test_names_of_lost_runs_are_looked_for_in_every_space(bench: Bench, tmp_path: Path) -> None:
    """What was copied to, or made in, a space of somebody else is found there; what is theirs stays theirs."""
    _somebody_elses(bench)
    bench.kibana.create("space", None, "team", {"id": "team"})
    bench.kibana.create("case", "team", "theirs", {"title": "kbn-test is what they call it"})
    with bench.factory() as alive:
        living = alive.make("case", space="team")
        before = dict(bench.kibana.objects)
        lost = bench.factory()
        lost.make("case", space="team")
        lost.make("case")
        os.close(lost.ledger._file)
        lost.ledger.path.unlink()
        bench.time.at += 3601
        swept = sweep(bench.client(), bench.folder)
        assert {(r.resource, r.space) for r in swept.removed} == {("case", "team"), ("case", None)}
        assert bench.kibana.objects == before
        assert living.exists()


def test_what_was_to_get_an_id_from_kibana_is_looked_for_by_its_name(bench: Bench) -> None:
    """Also where the client may choose the id, and did not: the ledger knows none, and the space may be gone."""
    factory = bench.factory()
    space = factory.make("space")
    kind = resource("saved_object")
    factory.ledger.intend(kind.name, space=space.id, unique=factory.mark.unique(), keys={"type": "tag"})
    factory.ledger.gone(next(e for e in factory.ledger.entries if e.resource == "space"))
    os.close(factory.ledger._file)
    assert sweep(bench.client(), bench.folder, by_name=False).left == ()
    assert not list(bench.folder.iterdir())


def test_a_run_that_lives_is_left_alone(bench: Bench) -> None:
    with bench.factory() as alive:
        role = alive.make("role")
        bench.time.at += 100_000
        swept = sweep(bench.client(), bench.folder)
        assert swept.busy == (alive.ledger.path,)
        assert swept.removed == ()
        assert role.exists()


def test_the_ledger_of_another_deployment_is_left_alone(bench: Bench) -> None:
    factory = bench.factory()
    factory.ledger.head["target"] = "https://other"
    factory.make("role")
    os.close(factory.ledger._file)
    text = factory.ledger.path.read_text().replace('"target":""', '"target":"https://other"')
    factory.ledger.path.write_text(text)
    swept = sweep(bench.client(), bench.folder, target="https://here")
    assert swept.foreign == (factory.ledger.path,)
    assert swept.removed == ()
    assert factory.ledger.path.exists()


def test_what_cannot_be_removed_stays_in_the_ledger(bench: Bench) -> None:
    factory = bench.factory()
    factory.make("role")
    os.close(factory.ledger._file)
    bench.kibana.refuse = lambda seen: 403 if seen.method == "DELETE" else None
    swept = sweep(bench.client(), bench.folder, by_name=False)
    assert len(swept.left) == 1
    assert "403" in str(swept.left[0])
    bench.kibana.refuse = lambda _seen: None
    assert len(sweep(bench.client(), bench.folder, by_name=False).removed) == 1
    assert not list(bench.folder.iterdir())
