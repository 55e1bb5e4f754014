"""The folder outlives whatever ends a process, and only one process works on it."""

import json
from pathlib import Path

import pytest

from pytest_kibana.contract import load
from pytest_kibana.errors import ResultsError, UsageError
from pytest_kibana.resources.mark import RunMark, trace
from pytest_kibana.upgrade.state import Member, Sight, State, line_of

MEMBER = Member("rule/a/full", "rule", "full", "a", "s", "1", {"id": "1"}, "name", 1, {"name": "ü 🦊"})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        state.say(phase="preparing")
        state.note("population.jsonl", do="made", **line_of(MEMBER))
        state.note("population.jsonl", do="seen", **line_of(Sight(MEMBER.key, "GET /x", 200, {"a": 1})))
        state.note("population.jsonl", do="volatile", resource="rule", pointers=["/x"])
    with State.existing(tmp_path) as state:
        found = state.population()
    assert found.members == {MEMBER.key: MEMBER}
    assert found.sights[MEMBER.key].body == {"a": 1}
    assert found.volatile == {"rule": ("/x",)}


@pytest.mark.parametrize("torn", ['{"do":"made","key":', '{"do":"skipped","what":"x","why":"y"}'])
def test_a_line_without_its_end_never_counted(tmp_path: Path, torn: str) -> None:
    with State(tmp_path) as state:
        state.say(phase="preparing")
        state.note("population.jsonl", do="made", **line_of(MEMBER))
        with (tmp_path / "population.jsonl").open("a") as file:
            file.write(torn)
        assert set(state.population().members) == {MEMBER.key}
        state.note("population.jsonl", do="skipped", what="z", why="because")
        found = state.population()
    assert found.skips == {"z": "because"}


def test_two_processes_do_not_work_on_one_state(tmp_path: Path) -> None:
    with State(tmp_path), pytest.raises(ResultsError, match="another process"):
        State(tmp_path)
    State(tmp_path).close()


def test_a_state_of_another_format_is_refused(tmp_path: Path) -> None:
    with State(tmp_path) as state:
        state.say(phase="prepared")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(ResultsError, match="another format"):
        State(tmp_path)


def test_a_folder_without_a_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no state"):
        State.existing(tmp_path)


def test_the_contract_of_before_is_kept_whole(tmp_path: Path) -> None:
    core = load("core")
    with State(tmp_path) as state:
        state.say(
            phase="preparing", contract={"source": "core", "version": core.version, "flavor": core.flavor}
        )
        state.keep_contract(core)
        assert set(state.contract().operations) == set(core.operations)


def test_names_of_what_stays_say_so_and_no_others_do() -> None:
    kept = trace(RunMark(kept=True).unique())
    assert kept is not None
    assert kept.kept
    for _ in range(200):
        passing = trace(RunMark().unique())
        assert passing is not None
        assert not passing.kept


def test_processes_of_one_run_give_different_names() -> None:
    first, second = RunMark(run="0000000zaaa", first=1), RunMark(run="0000000zaaa", first=36**3 + 1)
    assert not {first.unique() for _ in range(100)} & {second.unique() for _ in range(100)}
