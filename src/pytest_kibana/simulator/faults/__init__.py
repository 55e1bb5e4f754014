"""Misbehaviour on request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_kibana.simulator.replies import Reply


@dataclass(frozen=True, slots=True)
class Fault:
    name: str

    def around(self, call: Any, proceed: Callable[[], Reply]) -> Reply:
        return proceed()


class Faults:
    def __init__(self, world: Any) -> None:
        self.world = world

    def stages(self, call: Any) -> dict[str, Any]:
        return {}

    def on(self, call: Any) -> tuple[Fault, ...]:
        return ()

    def unchecked(self, call: Any) -> bool:
        return False

    def answered(self, call: Any, reply: Reply) -> Reply:
        return reply

    def wire(self, call: Any, reply: Reply) -> None:
        return None

    def switch_on(self, names: tuple[str, ...], quirks: str | None = None) -> None:
        return None
