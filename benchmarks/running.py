"""What a run of the conformance suite costs on the embedded stand-in: ``python benchmarks/running.py [CONTRACT]``.

Prints checked exchanges, wall-clock time, CPU time and peak memory of the pytest process (and of the stand-in that it
started, whichever is greater) for a cold and a warm case bank, with the stand-in on the same machine; and that cost
grows with the number of cases and not faster (1, 4 and 16 times). Exits 1 below the limits.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from _common import contract, environment

from pytest_kibana.evidence import read_results

REQUESTS, SECONDS, MEMORY = 10_000, 120.0, 400.0
LINEAR = 1.2
"""An exchange of a run of more cases may cost this many times one of a run of fewer."""


@dataclass(frozen=True)
class Cost:
    """What one run cost: seconds, CPU seconds of the run and the stand-in, and megabytes."""

    requests: int
    seconds: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        each = self.cpu / max(self.requests, 1) * 1000
        return (
            f"{self.requests:6} checked exchanges in {self.seconds:.1f} s, {self.requests / self.seconds:.0f} a "
            f"second; {self.cpu:.1f} s CPU, {each:.2f} ms each; {self.memory:.0f} MB"
        )


def run(source: str, folder: Path, budget: str, cache: Path) -> Cost:
    """Return what a run with that budget cost."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    command += ["--pyargs", "pytest_kibana.suites.contract", "--kibana-url=embedded"]
    command += [f"--kibana-contract={source}", "--kibana-seed=1", f"--kibana-budget={budget}"]
    command += [f"--kibana-report-dir={folder}"]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder.parent,
        stdout=subprocess.DEVNULL,
        env={**environment(), "XDG_CACHE_HOME": str(cache)},
    )
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    seconds = time.perf_counter() - began
    footer = read_results(folder).footer
    requests = footer.requests if footer else 0
    return Cost(requests, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> int:
    """Measure, print, and tell by the exit code whether the limits are kept."""
    source = sys.argv[1] if len(sys.argv) > 1 else contract()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        whole = []
        for title in ("cold", "warm"):
            whole.append(run(source, place / title, "standard", place / "cache"))
            print(f"{title}: {whole[-1]}", flush=True)
        sizes = [
            run(source, place / f"size-{size}", f"per-operation={size}", place / "cache")
            for size in (5, 20, 80)
        ]
        for size, cost in zip((1, 4, 16), sizes, strict=True):
            print(f"{size:>2} times: {cost}", flush=True)
    dearer = [
        (more.cpu - fewer.cpu) / max(more.requests - fewer.requests, 1) * 1000
        for fewer, more in pairwise(sizes)
    ]
    print(f"each further exchange: {dearer[0]:.2f} ms CPU, then {dearer[1]:.2f} ms")
    least = 1 if source == "core" else REQUESTS  # the core contract has fewer operations
    good = dearer[1] <= LINEAR * dearer[0] and all(
        cost.requests >= least and cost.seconds <= SECONDS and cost.memory <= MEMORY for cost in whole
    )
    limits = f"{least} exchanges, {SECONDS:g} s, {MEMORY:g} MB, {LINEAR:g} x for more cases"
    print("good" if good else f"BELOW THE LIMITS: {limits}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
