"""The case bank: the cases of a contract, made once, kept in the cache, and read an operation at a time.

A bank is a file of JSON lines: a header, a line per operation, an index, and last a line of fixed length that says
where the index begins. Its name is a hash of everything that its cases depend on: the contract, the compiler of
contracts, the code of this room, the seed, the budget, recipes and bindings. What was made under other circumstances
is never found, and what is damaged is made anew.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from pytest_kibana.cases.base import Bindings
from pytest_kibana.cases.coding import decode_made, encode
from pytest_kibana.cases.model import Case, CaseBudget, Made, Recipe, RecipeLike
from pytest_kibana.cases.worker import Job, lines, lines_in_parallel
from pytest_kibana.contract import Contract
from pytest_kibana.contract.loading import default_cache
from pytest_kibana.contract.store import VERSION, write_cached

_FORMAT: Final = "pytest-kibana cases 1"
_TRAILER: Final = 21
_WORTH_A_PROCESS: Final = 40_000
"""Below this a single process is done in about two seconds, most of which starting others would cost as well."""
_KEPT: Final = 24
_DECODED: Final = 32
"""So many operations are kept ready: those that a run is working on. All would be many times the file."""


class Bank:
    """The cases of one contract, seed and budget. Made by :func:`open_bank`; safe to share between threads."""

    def __init__(self, data: bytes, path: Path | None) -> None:
        self._data = data
        self.path = path
        begin = int(data[-_TRAILER:])
        self._index: dict[str, list[int]] = json.loads(data[begin:-_TRAILER])
        self._decoded = lru_cache(_DECODED)(self._decode)

    def __contains__(self, label: object) -> bool:
        return label in self._index

    def __len__(self) -> int:
        """Return the number of operations."""
        return len(self._index)

    @property
    def labels(self) -> tuple[str, ...]:
        """The operations, in the contract's order."""
        return tuple(self._index)

    def made(self, label: str) -> Made:
        """Return the cases of an operation and the reasons why there are not more.

        Raises:
            KeyError: the bank has no such operation.
        """
        return self._decoded(label)

    def _decode(self, label: str) -> Made:
        begin, end = self._index[label][:2]
        return decode_made(json.loads(self._data[begin:end]))

    def cases(self, label: str) -> tuple[Case, ...]:
        """Return the cases of an operation, in the order in which to send them.

        Raises:
            KeyError: the bank has no such operation.
        """
        return self.made(label).cases

    def find(self, case_id: str) -> Case | None:
        """Return the case of that id, or None. The whole bank is searched, without reading it."""
        wanted = json.dumps(case_id).encode()
        at = self._data.find(b'"id":' + wanted)
        while at >= 0:
            label = next((name for name, (begin, end) in self._index.items() if begin <= at < end), None)
            for case in self.cases(label) if label else ():
                if case.id == case_id:
                    return case
            at = self._data.find(b'"id":' + wanted, at + 1)
        return None

    def count(self) -> int:
        """Return the number of all cases; this reads the whole bank."""
        return sum(len(self.cases(label)) for label in self._index)


def open_bank(
    contract: Contract,
    *,
    seed: int,
    budget: CaseBudget | None = None,
    recipes: Mapping[str, RecipeLike] | None = None,
    bindings: Mapping[str, Bindings] | None = None,
    operations: Sequence[str] | None = None,
    cache_dir: Path | None = None,
    processes: int | None = None,
) -> Bank:
    """Return the bank of a contract, from the cache or made now.

    Args:
        contract: whose cases.
        seed: of everything random and of every selection.
        budget: how many of each kind; by default the standard one.
        recipes: by label, what Kibana wants beyond the schema.
        bindings: by label, values by (location, parameter name).
        operations: labels to make cases for; by default all.
        cache_dir: where banks are kept; the user's cache by default. One that cannot be written is done without.
        processes: how many processes make the cases; by default one where that is quick, else one per core.

    Raises:
        HarnessError: a process that makes cases failed.
    """
    budget = budget or CaseBudget()
    labels = tuple(contract.operations) if operations is None else tuple(operations)
    job = Job(
        contract.components,
        [contract.operations[label] for label in labels],
        seed,
        budget,
        {label: Recipe.of(recipe) for label, recipe in (recipes or {}).items()},
        dict(bindings or {}),
    )
    name = _name(contract, job, labels)
    path = (default_cache() if cache_dir is None else cache_dir) / "cases" / f"{name}.jsonl"
    kept = _opened(path)
    if kept is not None:
        return kept
    document = contract.document() if budget.engine else None
    rows = list(_made(replace(job, components=dict(contract.components), document=document), processes))
    data = _written(name, labels, rows)
    if not write_cached(path, data):
        return Bank(data, None)
    _forget_oldest(path.parent)
    return Bank(data, path)


def _made(job: Job, processes: int | None) -> Iterator[bytes]:
    if processes is None:
        worth = len(job.operations) * job.budget.per_operation >= _WORTH_A_PROCESS
        processes = (os.cpu_count() or 1) if worth or job.budget.engine else 1
    if processes <= 1 or len(job.operations) < 2 * processes:
        yield from lines(job)
        return
    # Neighbours in a contract are alike in size, so dealing them out gives each process as much as the other.
    parts = [job.operations[n::processes] for n in range(processes)]
    jobs = [replace(job, operations=part) for part in parts]
    made = lines_in_parallel(jobs)
    starts = [sum(len(p) for p in parts[:n]) for n in range(processes)]
    for number in range(len(job.operations)):
        yield made[starts[number % processes] + number // processes]


def _written(name: str, labels: Sequence[str], rows: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row)
    head = json.dumps({"format": _FORMAT, "name": name, "sha256": digest.hexdigest()}).encode() + b"\n"
    position = len(head)
    index: dict[str, tuple[int, int]] = {}
    for label, row in zip(labels, rows, strict=True):
        index[label] = (position, position + len(row))
        position += len(row)
    tail = json.dumps(index).encode() + b"\n"
    return b"".join([head, *rows, tail, b"%020d\n" % position])


def _opened(path: Path) -> Bank | None:
    """Return the bank that a file holds, or None where there is none or it is damaged."""
    try:
        data = path.read_bytes()
        head_end = data.index(b"\n") + 1
        head = json.loads(data[:head_end])
        begin = int(data[-_TRAILER:])
        whole = head["format"] == _FORMAT and f"{head['name']}.jsonl" == path.name
        if whole and hashlib.sha256(data[head_end:begin]).hexdigest() == head["sha256"]:
            return Bank(data, path)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _forget_oldest(folder: Path) -> None:
    """Remove all but the newest banks; each seed makes one, and seeds are many."""
    try:
        banks = sorted(folder.glob("*.jsonl"), key=lambda p: p.stat().st_mtime, reverse=True)
        for stale in banks[_KEPT:]:
            stale.unlink(missing_ok=True)
    except OSError:
        return  # another run tidies at the same time


def _name(contract: Contract, job: Job, labels: Sequence[str]) -> str:
    depends: dict[str, Any] = {
        "contract": [contract.sha256, list(contract.overlays), VERSION],
        "code": _code(),
        "seed": job.seed,
        "budget": asdict(job.budget),
        "recipes": {label: encode(_fields(recipe)) for label, recipe in job.recipes.items()},
        "bindings": {
            label: sorted([where, name, encode(value)] for (where, name), value in given.items())
            for label, given in job.bindings.items()
        },
        "operations": labels,
    }
    text = json.dumps(depends, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _fields(recipe: Recipe) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in Recipe.__slots__}


@cache
def _code() -> str:
    """Return a hash of the code that makes cases, so that no bank outlives the rules by which it was made."""
    digest = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()
