"""The ledger is on the disk before anything is made, and what a crash tears off it is safe to ignore."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResultsError
from pytest_kibana.resources import Entry, Ledger, abandoned, living_runs
from pytest_kibana.resources.ledger import _read


def _kill(ledger: Ledger) -> None:
    """Let go of the file as the kernel does when a process dies."""
    os.close(ledger._file)
    ledger._file = -1


def _intend(ledger: Ledger, n: int = 1, **more: Any) -> Entry:
    return ledger.intend("case", space="s", unique=f"kbn-{n}", keys={"k": "v"}, **more)


def test_an_intent_is_on_the_disk_when_it_returns(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.ledger.jsonl", run="r", target="t")
    _intend(ledger)
    lines = [json.loads(line) for line in (tmp_path / "a.ledger.jsonl").read_text().splitlines()]
    assert lines[0]["run"] == "r"
    assert lines[1]["do"] == "intend"
    ledger.close()


def test_what_was_intended_and_not_struck_out_is_found_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.ledger.jsonl")
    first, second, third = _intend(ledger, 1), _intend(ledger, 2), _intend(ledger, 3, before={"x": 1})
    ledger.gone(ledger.made(first, "id-1"))
    second = ledger.made(second, "id-2")
    _kill(ledger)
    again = Ledger(tmp_path / "a.ledger.jsonl")
    assert again.entries == (second, third)
    assert _intend(again).n > third.n
    again.close()


def test_a_file_with_nothing_to_know_is_removed(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a.ledger.jsonl") as ledger:
        ledger.gone(_intend(ledger))
    assert not list(tmp_path.iterdir())


def test_a_living_process_keeps_its_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.ledger.jsonl", run="alive")
    _intend(ledger)
    assert list(abandoned(tmp_path)) == []
    assert living_runs(tmp_path) == {"alive"}
    with pytest.raises(ResultsError, match="running process"):
        Ledger(tmp_path / "a.ledger.jsonl")
    _kill(ledger)
    assert list(abandoned(tmp_path)) == [tmp_path / "a.ledger.jsonl"]
    assert living_runs(tmp_path) == frozenset()


_STEPS = st.lists(st.sampled_from(["intend", "made", "gone"]), min_size=1, max_size=12)


@given(steps=_STEPS, cut=st.floats(0, 1), junk=st.binary(max_size=8))
def test_a_ledger_cut_anywhere_never_forgets_what_a_whole_line_said(
    steps: list[str], cut: float, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "a.ledger.jsonl"
    ledger = Ledger(path)
    held: list[Entry] = []
    for number, step in enumerate(steps):
        if step == "intend":
            held.append(_intend(ledger, number))
        elif step == "made" and held:
            held[-1] = ledger.made(held[-1], f"id-{number}")
        elif held:
            ledger.gone(held.pop())
    _kill(ledger)
    whole = path.read_bytes()
    torn = whole[: int(len(whole) * cut)]
    torn += junk.replace(b"\n", b"")
    complete = torn[: torn.rfind(b"\n") + 1]
    path.write_bytes(torn)
    _head, expected = _read(complete)
    with Ledger(path) as again:
        kept = {e.n: e for e in again.entries}
        new = _intend(again)
        assert new.n not in kept
    for n, entry in expected.items():
        assert kept[n].unique == entry.unique
    _head, after = _read(path.read_bytes())
    assert new.n in after
