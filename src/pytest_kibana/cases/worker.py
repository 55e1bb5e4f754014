"""A process that makes cases: ``python -m pytest_kibana.cases.worker`` reads a job and writes a line per operation.

It is a program of its own and not a fork of its parent, so that it works inside any main program, with threads or
without, and on every platform.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pytest_kibana.cases.base import Bindings
from pytest_kibana.cases.coding import encode_made
from pytest_kibana.cases.engine import Engine
from pytest_kibana.cases.model import CaseBudget, Recipe
from pytest_kibana.cases.selection import made_by
from pytest_kibana.cases.shapes import Shapes
from pytest_kibana.cases.values import Values
from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.judge import Judge
from pytest_kibana.contract.model import JsonSchema, Operation, Schema, Violation
from pytest_kibana.errors import HarnessError


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know. ``document`` is set where the budget asks for the engine."""

    components: Mapping[str, JsonSchema]
    operations: Sequence[Operation]
    seed: int
    budget: CaseBudget
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    bindings: Mapping[str, Bindings] = field(default_factory=dict)
    document: dict[str, Any] | None = None


class Pieces:
    """As much of a contract as making cases needs."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self.components = components

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.components)

    def is_valid(self, schema: Schema, value: Any) -> bool:
        """Tell whether the value keeps the schema."""
        return schema.vacuous or self._judge.is_valid(schema, value)

    def violations(self, schema: Schema, value: Any) -> tuple[Violation, ...]:
        """Return every way in which the value breaks the schema."""
        return () if schema.vacuous else self._judge.violations(schema, value)

    resolve = Contract.resolve
    source = "of the job"


def lines(job: Job) -> Iterator[bytes]:
    """Yield one line of JSON for each operation of the job, in its order."""
    pieces = Pieces(job.components)
    values = Values(Shapes(job.components))
    engine = Engine(_copies(job.document)) if job.document is not None else None
    for operation in job.operations:
        made = made_by(
            pieces,
            operation,
            seed=job.seed,
            budget=job.budget,
            recipe=job.recipes.get(operation.label),
            bindings=job.bindings.get(operation.label),
            values=values,
            engine=engine,
        )
        yield json.dumps(encode_made(operation.label, made), separators=(",", ":")).encode() + b"\n"


def _copies(document: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    from copy import deepcopy

    return lambda: deepcopy(document)


def lines_in_parallel(jobs: Sequence[Job]) -> list[bytes]:
    """Return the lines of all jobs, each made by a process of its own, in the order of the jobs.

    Raises:
        HarnessError: a process failed; its last words are in the message.
    """
    running = []
    for job in jobs:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest_kibana.cases.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        # A worker reads its whole job before it writes, so no pipe can block both ends.
        process.stdin.write(pickle.dumps(job))
        process.stdin.close()
        process.stdin = None
        running.append(process)
    made: list[bytes] = []
    failed: list[str] = []
    for process in running:
        out, words = process.communicate()
        if process.returncode:
            failed.append(words.decode(errors="replace").strip()[-400:])
        made.extend(out.splitlines(keepends=True))
    if failed:
        raise HarnessError(
            f"a process that makes cases failed: {failed[0]}",
            hint="Run again with one process (processes=1) to see the whole error, and report it.",
        )
    return made


def main() -> None:
    """Read a job from standard input, write its lines to standard output."""
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our parent, over its own pipe
    for line in lines(job):
        sys.stdout.buffer.write(line)


if __name__ == "__main__":
    main()
