"""Misbehaviour on request: a catalogue of faults, and the switchboard that says which are on where.

A fault is switched on by ``<fault>@<operation label>`` (``response.drop_required@GET /api/spaces/space/{id}``), by
``<fault>@<pattern>`` (``laws.*@* /api/cases*``) or by ``<fault>@*``, which means every operation at which it can show.
"""

import time
from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.contract.model import Operation
from pytest_kibana.errors import UsageError
from pytest_kibana.simulator.faults import (
    access,
    fields,
    inputs,
    laws,
    lists,
    observed,
    protocol,
    response,
    upgrades,
    weather,
)
from pytest_kibana.simulator.faults.model import Bench, Fault, Proceed, Wire, kind_of
from pytest_kibana.simulator.replies import Reply
from pytest_kibana.simulator.routing import anonymous
from pytest_kibana.simulator.world import Call, World

Json = Any
CATALOGUE: Mapping[str, Fault] = {
    fault.name: fault
    for module in (response, protocol, access, inputs, laws, lists, weather, fields, observed)
    for fault in module.FAULTS
}
"""Every fault by name that shows in one release. The ``field.*`` ones are what released Kibana is known to do."""

OF_UPGRADES: Mapping[str, Fault] = {fault.name: fault for fault in upgrades.FAULTS}
"""Every fault by name that shows only to who looked before an upgrade and after it."""

_KNOWN = {**CATALOGUE, **OF_UPGRADES}
QUIRKS = ("9.4",)
"""Releases whose deviations are known, and can be switched on together."""


def applicable(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """Return the names of the faults that can show at an operation, field faults apart."""
    bench = Bench(contract)
    return tuple(f.name for f in CATALOGUE.values() if f.group != "field" and f.applies(operation, bench))


class Faults:
    """Which faults are on, by the label of the route."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._on: dict[str, dict[str, Fault]] = {}
        self._bench: Bench | None = None

    @property
    def bench(self) -> Bench:
        """The schemas against which it is told where a fault can show."""
        if self._bench is None:
            self._bench = Bench(self.world.contract)
        return self._bench

    # -- the switchboard -----------------------------------------------------------------------------------

    def switch_on(self, texts: tuple[str, ...], *, quirks: str | None = None) -> list[str]:
        """Switch faults on; return ``fault@label`` of each one that is on now and was not before.

        Raises:
            UsageError: a text names no fault, or no operation at which the fault can show.
        """
        done = []
        for text in texts:
            name, _, where = text.partition("@")
            done += self._switch_on(name.strip(), where.strip() or "*", text)
        if quirks is not None and quirks not in QUIRKS:
            raise UsageError(
                f"no quirks of `{quirks}` are known", hint=f"Known are those of {', '.join(QUIRKS)}."
            )
        if quirks is not None:
            done += [
                spot
                for fault in CATALOGUE.values()
                if fault.group == "field"
                for spot in self._switch_on(fault.name, "*", fault.name, lenient=True)
            ]
        return done

    def _switch_on(self, pattern: str, where: str, text: str, *, lenient: bool = False) -> list[str]:
        faults = [f for name, f in _KNOWN.items() if fnmatchcase(name, pattern)]
        if not faults:
            near = ", ".join(get_close_matches(pattern, _KNOWN, n=3)) or "; ".join(
                sorted({f.group for f in _KNOWN.values()})
            )
            raise UsageError(f"there is no fault `{pattern}` (in `{text}`)", hint=f"Perhaps one of: {near}.")
        spots = []
        for fault in faults:
            for operation in self._operations(where, text):
                label = f"{operation.method} {anonymous(operation.path)}"
                chosen = "*" not in where or fault.applies(operation, self.bench)
                if chosen and self._on.setdefault(label, {}).setdefault(fault.name, fault) is fault:
                    spots.append(f"{fault.name}@{operation.label}")
        if not spots and not lenient:
            raise UsageError(
                f"`{text}` applies to no operation of this contract",
                hint="Name an operation by its label, or `*`.",
            )
        return spots

    def _operations(self, where: str, text: str) -> list[Operation]:
        contract = self.world.contract
        if "*" in where:
            pattern = anonymous(where)
            return [
                o
                for o in contract.operations.values()
                if where == "*" or fnmatchcase(f"{o.method} {anonymous(o.path)}", pattern)
            ]
        found = contract.find(where)
        if found is None:
            raise UsageError(
                f"`{text}` names no operation of this contract",
                hint="Write its label, such as `GET /api/spaces/space/{id}`.",
            )
        return [found]

    def switch_off(self, text: str = "*") -> list[str]:
        """Switch off ``fault@label``, a fault everywhere, or all; return what was on."""
        name, _, where = text.partition("@")
        operation = self.world.contract.find(where) if where and "*" not in where else None
        only = f"{operation.method} {anonymous(operation.path)}" if operation is not None else None
        gone = []
        for label, faults in self._on.items():
            if only in (None, label):
                for known in [n for n in faults if fnmatchcase(n, name)]:
                    gone.append(f"{known}@{label}")
                    del faults[known]
        self._on = {label: faults for label, faults in self._on.items() if faults}
        return gone

    def listed(self) -> list[str]:
        """Return ``fault@label`` of everything that is on."""
        return [f"{name}@{label}" for label, faults in self._on.items() for name in faults]

    def migrate(self) -> list[str]:
        """Do to what is kept what the faults of a migration do; return ``fault@label`` of each that did something."""
        return [
            f"{name}@{label}"
            for label, faults in self._on.items()
            for name, fault in faults.items()
            if fault.migrate is not None
            and (resource := kind_of(label)) is not None
            and fault.migrate(self.world, resource)
        ]

    # -- what the engine asks ------------------------------------------------------------------------------

    def on(self, call: Call) -> tuple[Fault, ...]:
        """Return the faults of the call's route."""
        return tuple(self._on[call.label].values()) if self._on and call.label in self._on else ()

    def stages(self, call: Call, proceed: Proceed) -> dict[str, Any]:
        """Return what replaces stages of the engine for this call."""
        return {
            stage: None if run is None else partial(_staged, run, proceed)
            for fault in self.on(call)
            for stage, run in fault.stages.items()
        }

    def wrapped(self, call: Call, proceed: Proceed) -> Proceed:
        """Return the handler with the faults of the route around it."""
        for fault in self.on(call):
            call.slack |= fault.slack
            if fault.around is not None:
                proceed = partial(fault.around, call, proceed)
        return proceed

    def unchecked(self, call: Call) -> bool:
        """Tell whether the request is not to be held against the contract."""
        return any(fault.unchecked for fault in self.on(call))

    def answered(self, call: Call, reply: Reply) -> Reply:
        """Return the reply as the faults leave it."""
        for fault in self.on(call):
            if fault.after is not None:
                reply = fault.after(call, reply)
        return reply

    def wire(self, call: Call) -> Wire | None:
        """Return what takes over when the answer is sent, or None. What goes down takes every answer with it."""
        if time.monotonic() < self.world.ready_at:
            return weather.cut
        return next((fault.wire for fault in self.on(call) if fault.wire is not None), None)


def _staged(run: Any, proceed: Proceed, call: Call) -> None:
    run(call, proceed)
