"""Laws of spaces: what is in one is in no other."""

import copy

from pytest_kibana.errors import HarnessError, ResourceTrouble
from pytest_kibana.resources import RESOURCES, Handle, Kind, Resource, Safety
from pytest_kibana.suites.laws.bench import Bench, NotHere
from pytest_kibana.suites.laws.comparing import differences
from pytest_kibana.suites.laws.statutes import SPACES, Broken, has_id, in_space, statute, upserts, vanishes

# -- spaces ------------------------------------------------------------------------------------------------


def _elsewhere(bench: Bench) -> tuple[str | None, ...]:
    """Return the other space, and the default space."""
    return (bench.there.space, None)


@statute(19, "space isolation", "read", when=lambda kind: in_space(kind) and has_id(kind), source=SPACES)
def not_read_elsewhere(bench: Bench) -> Broken:
    """What was made in one space cannot be read through another, nor through the default space."""
    handle = bench.make()
    bench.here.read(handle)  # what was shown here once must not be shown there from a cache
    for space in _elsewhere(bench):
        status = bench.status(handle, "read", space=space)
        if status < 300:
            yield f"it is read through the space {space or 'default'}"
        elif status >= 500:
            yield f"a read through the space {space or 'default'} is answered {status}"
    if not bench.until(handle.exists, bench.kind.read_within):
        yield "it cannot be read in its own space"


@statute(20, "lists of spaces", "listing", when=lambda kind: in_space(kind) and has_id(kind), source=SPACES)
def not_listed_elsewhere(bench: Bench) -> Broken:
    """What was made in one space is listed neither in another nor in the default space."""
    handle = bench.make()
    bench.until(lambda: handle.id in bench.ids(handle), bench.kind.listed_within)
    for space in _elsewhere(bench):
        try:
            listed = bench.ids(handle, space=space)
        except NotHere:
            continue  # the list of a parent that is not there is no list at all
        if handle.id in listed:
            yield f"it is listed in the space {space or 'default'}"


@statute(
    21,
    "strangers",
    "sight",
    "delete",
    when=lambda kind: in_space(kind) and has_id(kind) and vanishes(kind),
    source=SPACES,
)
def not_removed_from_elsewhere(bench: Bench) -> Broken:
    """An id of one space, used in another, removes and changes nothing."""
    handle = bench.make()
    before = copy.deepcopy(bench.see(handle))
    space = bench.there.space
    if bench.has("update") and bench.kind.change and not upserts(bench.kind):
        status = bench.status(handle, "update", space=space, change=bench.changing(handle))
        if status < 300:
            yield f"a change through another space is answered {status}"
    status = bench.status(handle, "delete", space=space)
    if status < 300 and not bench.kind.idempotent_delete:
        yield f"a delete through another space is answered {status}"
    if not handle.exists():
        yield "it is gone after a delete through another space"
        return
    yield from differences(before, bench.here.read(handle), ignored=bench.kind.volatile)


@statute(
    22,
    "namesakes",
    "read",
    "delete",
    when=lambda kind: in_space(kind) and has_id(kind) and kind.gone != "unknown",
    source=SPACES,
)
def namesakes_are_two(bench: Bench) -> Broken:
    """A namesake in another space is another object: when one is removed, the other stays.

    Several families give ids that are unique over all spaces, and refuse the second with 409: that is no breach.
    """
    handle = bench.make()
    chosen = bench.own_keys(handle) if bench.kind.chooses_id else {}
    try:
        other = bench.there.make(bench.kind, **chosen)
    except ResourceTrouble as trouble:
        if trouble.status != 409 or not chosen:
            yield f"the same id in another space: {trouble.message}"
            return
        other = bench.make(bench.there)
    other.delete()
    if not handle.exists():
        yield "it is gone after its namesake in another space was removed"
    if not bench.until(lambda: not other.exists(), bench.kind.gone_within):
        yield "its namesake is still there after it was removed"


# -- settings ----------------------------------------------------------------------------------------------


@statute(25, "settings of spaces", "read", kinds=(Kind.SETTING,), when=in_space, source=SPACES)
def settings_are_of_one_space(bench: Bench) -> Broken:
    """A setting that is changed in one space stays as it was in another, and can be put back."""
    read = bench.call("read")
    first = bench.make()
    before = copy.deepcopy(first.entry.before) if first.entry else None
    other = bench.here.ask(first, read, space=bench.there.space)
    second = bench.make()
    yield from differences(other.body, bench.here.ask(second, read, space=bench.there.space).body)
    second.delete()
    first.delete()
    yield from differences(before, bench.here.read(first), ignored=bench.kind.volatile)


# -- the end of a space

_LAG = 5.0
"""Seconds until what a space held is gone with it (Elastic's suite looks for as long)."""


@statute(
    36,
    "space deletion",
    "read",
    "delete",
    when=lambda kind: kind.name == "space",
    source="Kibana source, spaces_client.ts; Elastic's delete suite asserts it",
)
def deletion_takes_all(bench: Bench) -> Broken:
    """A space that is deleted takes with it what it held, and nothing of another space."""
    space, other = bench.make(), bench.make()
    inside = [made for kind in _contained() if (made := _made_in(bench, kind, space)) is not None]
    beside = [made for kind in _contained() if (made := _made_in(bench, kind, other)) is not None]
    if not inside:
        raise NotHere("needs something that can be made in a space, and nothing could")
    space.delete()
    again = bench.make(id=space.id)
    for handle in inside:
        if not bench.until(lambda handle=handle: not handle.exists(), _LAG):  # type: ignore[misc]
            yield f"a {handle.resource.name} is there again in a new space of the same id"
    for handle in beside:
        if not handle.exists():
            yield f"a {handle.resource.name} of another space is gone too"
    again.delete()


def _contained() -> tuple[Resource, ...]:
    """Return kinds that the end of their space removes, and that need nothing else."""
    return tuple(
        kind
        for kind in RESOURCES.values()
        if kind.kind is Kind.OBJECT
        and in_space(kind)
        and has_id(kind)
        and kind.safety is Safety.SPACE
        and kind.gone == "404"
        and kind.read
        and not (kind.parents or kind.outlives_space or kind.needs or kind.gone_within or kind.read_within)
    )


def _made_in(bench: Bench, kind: Resource, space: Handle) -> Handle | None:
    """Make one in a space; None where this deployment makes none, or the contract has no read."""
    if bench.here.known(kind.read) is None or bench.here.known(kind.create) is None:
        return None
    try:
        return bench.here.make(kind, space=space)
    except HarnessError:
        return None
