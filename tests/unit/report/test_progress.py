"""What is said while a run goes on."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.report.synthetic import finding

from pytest_kibana.evidence import Finding
from pytest_kibana.report.progress import Progress
from pytest_kibana.report.terminal import WIDTH


@dataclass
class Came:
    operation: str
    requests: int = 10
    findings: tuple[Finding, ...] = ()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_line_tells_operations_rate_findings_and_time_left() -> None:
    clock = Clock()
    progress = Progress(["a", "a", "b", "b"], live=True, clock=clock)
    clock.now = 1.0
    line = progress.update(Came("a"))
    assert line is not None
    assert line.text == "kibana: 0/2 operations 25%, 10 requests/s, 0 findings, about 3 s left"
    clock.now = 2.0
    line = progress.update(Came("a", findings=(finding("GET /api/a"), finding("GET /api/a"))))
    assert line is not None
    assert line.text == "kibana: 1/2 operations 50%, 10 requests/s, 1 finding, about 2 s left"
    assert line.style == "bad"


def test_lines_come_rarely_in_logs_and_often_on_terminals() -> None:
    def lines(**more: bool) -> int:
        clock = Clock()
        progress = Progress(["a"] * 100, clock=clock, **more)
        count = 0
        for _ in range(100):
            clock.now += 0.5
            count += progress.update(Came("a")) is not None
        return count

    assert lines(live=True) == 100
    assert lines() == 4  # every fifteen seconds of fifty, and the last
    assert lines(quiet=True) == 0


@pytest.mark.parametrize("items", [[], ["a"]])
def test_more_outcomes_than_planned_do_no_harm(items: list[str]) -> None:
    clock = Clock()
    progress = Progress(items, live=True, clock=clock)
    for _ in range(3):
        clock.now += 1.0
        line = progress.update(Came("other"))
        assert line is not None


def test_a_short_run_says_nothing_but_its_summary() -> None:
    clock = Clock()
    progress = Progress(["a", "a"], clock=clock)
    clock.now = 2.0
    assert [progress.update(Came("a")), progress.update(Came("a"))] == [None, None]


def test_a_long_run_says_when_it_is_over() -> None:
    clock = Clock()
    progress = Progress(["a", "a"], clock=clock)
    clock.now = 16.0
    assert progress.update(Came("a")) is not None
    clock.now = 17.0
    assert progress.update(Came("a")) is not None


@given(
    st.lists(st.sampled_from("abc"), min_size=1),
    st.integers(0, 10**9),
    st.floats(0, 10**6, allow_nan=False),
)
def test_line_is_never_wider_than_a_terminal(items: list[str], requests: int, seconds: float) -> None:
    clock = Clock()
    progress = Progress(items, live=True, clock=clock)
    for item in items:
        clock.now += seconds
        progress.update(Came(item, requests))
        assert len(progress.line().text) <= WIDTH
    assert f"{len(set(items))}/{len(set(items))} operations 100%" in progress.line().text
