"""What a run of the conformance suite costs on the embedded stand-in: ``python benchmarks/running.py [CONTRACT]``.

Prints checked exchanges, wall-clock time and peak memory of the pytest process for a cold and a warm case bank, with
the stand-in on the same machine; and that cost grows with the number of cases and not faster (1, 4 and 16 times).
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import contract, environment

from pytest_kibana.evidence import read_results


def run(source: str, folder: Path, budget: str, cache: Path) -> tuple[int, float]:
    """Return how many exchanges were checked, and in how many seconds."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "--pyargs",
        "pytest_kibana.suites.contract",
    ]
    command += [
        "--kibana-url=embedded",
        f"--kibana-contract={source}",
        "--kibana-seed=1",
        f"--kibana-budget={budget}",
    ]
    command += [f"--kibana-report-dir={folder}"]
    before = time.perf_counter()
    subprocess.run(
        command,
        check=False,
        cwd=folder.parent,
        stdout=subprocess.DEVNULL,
        env={**environment(), "XDG_CACHE_HOME": str(cache)},
    )
    seconds = time.perf_counter() - before
    footer = read_results(folder).footer
    return (footer.requests if footer else 0), seconds


def main() -> None:
    """Measure and print."""
    source = sys.argv[1] if len(sys.argv) > 1 else contract()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for title in ("cold", "warm"):
            requests, seconds = run(source, place / title, "standard", place / "cache")
            print(
                f"{title}: {requests} checked exchanges in {seconds:.1f} s, {requests / seconds:.0f} a second"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak memory of a process: {peak:.0f} MB")
        for size in (5, 20, 80):
            requests, seconds = run(source, place / f"size-{size}", f"per-operation={size}", place / "cache")
            print(
                f"{size:>3} per operation: {requests} exchanges, {seconds / max(requests, 1) * 1000:.2f} ms each"
            )


if __name__ == "__main__":
    main()
