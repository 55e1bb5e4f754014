"""``prepare``: fill a population that stays, and write down how everything in it is seen before the upgrade."""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from pytest_kibana.errors import UsageError
from pytest_kibana.resources import resource
from pytest_kibana.resources.template import value_at
from pytest_kibana.upgrade.exporting import Exporter
from pytest_kibana.upgrade.ground import Ground, Looker
from pytest_kibana.upgrade.making import FILE, GENERATED, Maker
from pytest_kibana.upgrade.meaning import volatile
from pytest_kibana.upgrade.state import Population, Sight, State, line_of


@dataclass(frozen=True, slots=True)
class Prepared:
    """What ``prepare`` came to.

    ``seen`` counts the members that can be read, ``files`` the exports, ``skips`` says what was not made, by resource
    or by ``resource/side/variant``, with the reason; ``tidied`` is what an earlier process left half-made.
    """

    members: int
    resources: int
    seen: int
    files: int
    skips: dict[str, str]
    tidied: int = 0


def prepare(
    state: State, ground: Ground, *, generated: int = GENERATED, only: Collection[str] = ()
) -> Prepared:
    """Make the population of a state, or go on where an earlier process was ended; then look at all of it.

    Args:
        state: a new folder, or one that is being prepared.
        ground: who makes it, under what contract.
        generated: objects that Hypothesis makes of each kind.
        only: names of the resources to make, with what they need; empty for all.

    Raises:
        UsageError: the state is past preparing, or there is no such resource.
        EnvironmentTrouble: not even a space can be made.
        ResultsError: the state cannot be read.
    """
    if state.phase not in ("", "preparing"):
        raise UsageError(
            f"{state.folder} is {state.phase}, and cannot be prepared again",
            hint="Verify it after the upgrade, abort it, or prepare in another folder.",
        )
    population = state.population()
    maker = Maker(state, ground, population, generated=generated, only=[resource(name).name for name in only])
    looker = Looker(ground, population.members, {})
    maker.remember(
        {key: looker.handle(m, _shown(population.sights.get(key))) for key, m in population.members.items()}
    )
    tidied = maker.tidy()
    maker.make()
    _first_look(state, ground, population)
    _exports(state, ground, population)
    return Prepared(
        members=len(population.members),
        resources=len({m.resource for m in population.members.values()}),
        seen=sum(s.status == 200 for s in population.sights.values()),
        files=len(population.exports),
        skips=dict(population.skips),
        tidied=tidied,
    )


def _shown(sight: Sight | None) -> Any:
    return value_at(sight.body, sight.object) if sight is not None else None


def _first_look(state: State, ground: Ground, population: Population) -> None:
    """Look at every member in every way; what was seen by an earlier process is not looked at again."""
    looker = Looker(ground, population.members, population.spaces)
    todo = [m for m in population.members.values() if m.key not in population.sights]
    for number, member in enumerate(todo):
        if number % 50 == 0:
            ground.say(f"looking at {len(todo)} objects")
        # Before it is read: should it be let through, what is read is what stays.
        change = looker.viewer_changes(member, None) if member.variant == "changed" else None
        sight = looker.look(member)
        if change is not None:
            sight = replace(sight, access={**sight.access, "viewer changes": change})
        population.sights[member.key] = sight
        state.note(FILE, do="seen", **line_of(sight))


def _exports(state: State, ground: Ground, population: Population) -> None:
    if "exports" in population.done:
        return
    ground.say("exporting")
    seen = [m for m in population.members.values() if population.sights[m.key].status == 200]
    for found in Exporter(state, ground).export(seen):
        population.exports[found.name] = found
        state.note(FILE, do="exported", **line_of(found))
    state.note(FILE, do="done", what="exports")


def settle(state: State, ground: Ground) -> None:
    """Look at every member once more, some time later: where it says something else, nobody is to blame.

    The later reading is what the upgrade is judged by. Done last, after the run of before.
    """
    population = state.population()
    looker = Looker(ground, population.members, population.spaces)
    moving: dict[str, dict[str, None]] = {}
    for member in population.members.values():
        first = population.sights[member.key]
        second = looker.read(member, first.label)
        if first.status != 200 or second.status != 200:
            continue
        for pointer in volatile(_shown(first), _shown(second)):
            moving.setdefault(member.resource, {})[pointer] = None
        again = replace(first, body=second.body)
        state.note(FILE, do="seen", **line_of(again))
    for name, pointers in moving.items():
        state.note(FILE, do="volatile", resource=name, pointers=list(pointers))
    state.say(phase="prepared", prepared=time.time())
