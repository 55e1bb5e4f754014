"""How long pytest takes to collect every item of a contract, beside bare pytest: ``python benchmarks/collecting.py``.

Takes the published contract for 9.1 where there is a copy (KIBANA_CONTRACT_PATH), else the core contract. Each number
is the median of five processes with a warm cache; the stand-in that answers is started once and not counted.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytest_kibana import embedded

ROUNDS = 5


def contract() -> str:
    """Return the path of a copy of the 9.1 contract, or ``core``."""
    folders = [Path(p) for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]
    found = (folder / "kibana-9.1.json" for folder in folders)
    return next((str(path) for path in found if path.is_file()), "core")


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
        # Where byte code may not be kept, pytest rewrites every plugin's modules anew, and nothing else is measured.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
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
