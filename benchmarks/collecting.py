"""How long pytest takes to collect every item of a contract, beside bare pytest: ``python benchmarks/collecting.py``.

Takes the published contract for 9.1 where there is a copy (KIBANA_CONTRACT_PATH), else the core contract. Each number
is the median of five processes with a warm cache; the stand-in that answers is started once and not counted.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import contract, environment

from pytest_kibana import embedded

ROUNDS = 5


def seconds(*arguments: str) -> float:
    """Return the median time of a pytest process that only collects."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "--collect-only",
            "-q",
            *arguments,
        ]
        env = environment()
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=env)
        for _ in range(ROUNDS):
            before = time.perf_counter()
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=env)
            taken.append(time.perf_counter() - before)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    source = contract()
    stand_in = embedded.start(source)
    try:
        target = (
            f"--kibana-url={stand_in.url}",
            f"--kibana-api-key={stand_in.api_key}",
            f"--kibana-contract={source}",
        )
        bare = seconds("-p", "no:kibana", "test_nothing.py")
        idle = seconds("test_nothing.py")
        whole = seconds("--pyargs", "pytest_kibana.suites.contract", *target)
    finally:
        stand_in.close()
    print(f"bare pytest                      {bare * 1000:8.0f} ms")
    print(f"with the plugin, no flag         {idle * 1000:8.0f} ms   {(idle - bare) * 1000:+.0f} ms")
    print(
        f"collecting {Path(source).stem:<21} {whole * 1000:8.0f} ms   {(whole - bare) * 1000:+.0f} ms over bare pytest"
    )


if __name__ == "__main__":
    main()
