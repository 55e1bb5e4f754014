"""Ctrl-C while a run takes away what it made: people who press it twice want to be gone, not to leave things behind."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pytest_kibana.errors import LeftoversError


@contextmanager
def unhurried(say: Callable[[str], None]) -> Iterator[None]:
    """Answer the first Ctrl-C within the block with a word, and end the block at the second.

    Raises:
        LeftoversError: at the second.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say("kibana: removing what this run made; Ctrl-C again leaves it there")

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield
    except KeyboardInterrupt:
        raise LeftoversError(
            "stopped while what this run made was being removed",
            hint="`pytest-kibana sweep` removes the rest.",
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
