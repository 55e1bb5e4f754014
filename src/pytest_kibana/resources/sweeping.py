"""Sweeping: taking away what earlier runs left, from their ledgers and by their names.

A ledger tells exactly what a run that died may have left. What a lost machine left is known by name alone: names tell
their run and when it began, so what is older than any run lasts can go. Runs that live are left alone, and so is what
is kept across an upgrade, which says so by its name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kibana.errors import HarnessError
from pytest_kibana.resources.calls import Caller
from pytest_kibana.resources.catalogue import RESOURCES
from pytest_kibana.resources.ledger import Entry, Ledger, abandoned, living_runs
from pytest_kibana.resources.mark import trace
from pytest_kibana.resources.model import Kind, Resource, Scope
from pytest_kibana.resources.removal import Removed, Remover
from pytest_kibana.resources.template import holes

if TYPE_CHECKING:
    from pytest_kibana.contract import Contract
    from pytest_kibana.wire import KibanaClient

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to.

    ``removed`` was there and is gone; ``absent`` was written down and not there; ``left`` could not be removed;
    ``busy`` are ledgers of runs that live; ``foreign`` are ledgers of other deployments.
    """

    removed: tuple[Removed, ...] = ()
    absent: tuple[Removed, ...] = ()
    left: tuple[Removed, ...] = ()
    busy: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()


def sweep(
    client: "KibanaClient",
    folder: str | Path,
    *,
    target: str = "",
    contract: "Contract | None" = None,
    older_than: float = HOUR,
    by_name: bool = True,
    spaces: Sequence[str | None] | None = None,
    dry_run: bool = False,
) -> Swept:
    """Remove what earlier runs left.

    Args:
        client: who asks.
        folder: where ledgers are kept.
        target: the deployment; ledgers of others are left alone. Empty takes every ledger for ours.
        contract: chooses between forms of operations; by default the client's.
        older_than: seconds. What is found by name alone is removed when its run began longer ago. Ledgers do not
            wait: their runs are known to be dead.
        by_name: also look for names in every list of the deployment.
        spaces: where to look for things of a space by name; the default space is None in it. Every space that we may
            see is looked into where this is None, for what is copied or made elsewhere by hand is found nowhere else.
        dry_run: change nothing, and say what would be removed.

    Returns:
        What was removed, and what could not be.
    """
    clock = client.clock
    caller = Caller(client, contract)
    remover = Remover(caller, now=clock.now, sleep=clock.sleep)
    folder = Path(folder)
    done: list[Removed] = []
    foreign: list[Path] = []
    dead = list(abandoned(folder)) if folder.is_dir() else []
    busy = tuple(p for p in sorted(folder.glob("*.ledger.jsonl")) if p not in dead) if folder.is_dir() else ()
    for path in dead:
        with Ledger(path) as ledger:
            if target and ledger.head.get("target") not in ("", target):
                foreign.append(path)
                continue
            done += _sweep_ledger(ledger, remover, dry_run=dry_run)
    if by_name:
        living = living_runs(folder) if folder.is_dir() else frozenset()
        if spaces is None:
            spaces = _visible(remover)
        for entry in list(_named(remover, caller, spaces, living, clock.now() - older_than)):
            done.append(_would(entry) if dry_run else _remove(remover, entry))
    return Swept(
        removed=tuple(d for d in done if d.found and not d.trouble),
        absent=tuple(d for d in done if not d.found and not d.trouble),
        left=tuple(d for d in done if d.trouble),
        busy=busy,
        foreign=tuple(foreign),
    )


def _sweep_ledger(ledger: Ledger, remover: Remover, *, dry_run: bool) -> Iterator[Removed]:
    """Remove what a ledger says may exist, newest first; what is in a space of that run goes with the space."""
    entries = ledger.entries
    spaces = {str(e.keys.get("id")): e for e in entries if e.resource == "space"}
    for entry in reversed(entries):
        kind = RESOURCES.get(entry.resource)
        if kind is None:
            continue  # written by a version that knows more than this one
        inside = entry.space in spaces and kind.scope is Scope.SPACE and not kind.outlives_space
        if dry_run:
            yield _would(entry)
        elif not inside:
            removed = _remove(remover, entry)
            yield removed
            if removed.trouble is None:
                ledger.gone(entry)
    still = {str(e.keys.get("id")) for e in ledger.entries if e.resource == "space"}
    if not dry_run:
        for entry in ledger.entries:
            if entry.space in spaces and entry.space not in still:
                ledger.gone(entry)


def _visible(remover: Remover) -> list[str | None]:
    """Return every space that we may see, the default one first, but for those of runs, which go or stay whole."""
    found = [
        str(keys["id"]) for keys in remover.search(RESOURCES["space"], None, {}, lambda name: not trace(name))
    ]
    return [None, *(space for space in found if space != "default")]


def _named(
    remover: Remover, caller: Caller, spaces: Sequence[str | None], living: frozenset[str], before: float
) -> Iterator[Entry]:
    """Yield what carries the name of a run that began before a time and lives no more.

    Things of the whole deployment come after those of spaces, and spaces last, so that parents outlive their children.
    """

    def wanted(name: str) -> bool:
        seen = trace(name)
        return seen is not None and seen.began <= before and seen.run not in living and not seen.kept

    ordered = sorted(RESOURCES.values(), key=lambda r: (r.name == "space", r.scope is Scope.GLOBAL))
    for kind in children_first(ordered):
        if not _findable(kind, caller):
            continue
        for space in spaces if kind.scope is Scope.SPACE else (None,):
            for keys in list(remover.search(kind, space, dict(kind.keys), wanted)):
                name = str(keys.pop("id"))
                yield Entry(0, kind.name, space, name, keys, id=name, certain=True)


def children_first(kinds: Sequence[Resource]) -> list[Resource]:
    """Return the resources so that each comes before those that it needs."""
    order: list[Resource] = []
    seen: set[str] = set()

    def visit(kind: Resource) -> None:
        if kind.name in seen:
            return
        seen.add(kind.name)
        for other in kinds:
            if kind.name in other.parents:
                visit(other)
        order.append(kind)

    for kind in kinds:
        visit(kind)
    return order


def _findable(kind: Resource, caller: Caller) -> bool:
    """Tell whether things of this kind can be found by name without knowing their parents, and removed."""
    listings = [page for page in kind.listing if caller.known(page.call)]
    asks = any(h.subject == "self" for page in listings for t in page.call.templates() for h in holes(t))
    named = any(page.named_at for page in listings)
    return kind.kind is Kind.OBJECT and bool(kind.delete) and named and not asks


def _remove(remover: Remover, entry: Entry) -> Removed:
    try:
        return remover.remove(entry)
    except HarnessError as trouble:
        return Removed(
            entry.resource, entry.id or entry.unique, entry.space, found=True, trouble=trouble.message
        )


def _would(entry: Entry) -> Removed:
    return Removed(entry.resource, entry.id or entry.unique, entry.space, found=True)
