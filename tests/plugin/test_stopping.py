"""Ctrl-C ends a run, and what it made is taken away all the same."""

import signal
import threading

import pytest

from pytest_kibana.errors import LeftoversError
from pytest_kibana.stopping import unhurried


def test_the_first_ctrl_c_is_answered_and_ends_nothing() -> None:
    said: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    with unhurried(said.append):
        signal.raise_signal(signal.SIGINT)
        finished = True
    assert finished
    assert said == ["kibana: removing what this run made; Ctrl-C again leaves it there"]
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_leaves_the_rest_to_a_sweep() -> None:
    before = signal.getsignal(signal.SIGINT)
    with (
        pytest.raises(LeftoversError, match="sweep"),
        unhurried(lambda _line: signal.raise_signal(signal.SIGINT)),
    ):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_elsewhere_than_in_the_main_thread_nothing_changes() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with unhurried(lambda _line: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
