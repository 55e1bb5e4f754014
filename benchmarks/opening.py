"""How long it takes to open a contract, cold (compiled now) and warm (from the cache).

    python benchmarks/opening.py [DIRECTORY]

DIRECTORY holds published contracts as ``kibana-9.1.json`` and ``kibana-9.3.json``; by default the first directory of
``KIBANA_CONTRACT_PATH`` that does. 9.3 is also written as YAML for the time of the measurement. Each number is a
median, in milliseconds.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from pytest_kibana.contract import load


def median(work: Callable[[], object], repeats: int, before: Callable[[], object] = lambda: None) -> float:
    """Return the median time of the work in milliseconds; ``before`` is run untimed before each repeat."""
    times = []
    for _ in range(repeats):
        before()
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", nargs="?", type=Path)
    given = parser.parse_args().directory
    places = (
        [given]
        if given
        else [Path(p) for p in os.environ.get("KIBANA_CONTRACT_PATH", "").split(os.pathsep) if p]
    )
    place = next((p for p in places if (p / "kibana-9.1.json").is_file()), None)
    if place is None:
        print("no copy of kibana-9.1.json: name a directory, or set KIBANA_CONTRACT_PATH")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        files = {"9.1 JSON": place / "kibana-9.1.json"}
        newer = place / "kibana-9.3.json"
        if newer.is_file():
            as_yaml = work / "kibana-9.3.yaml"
            as_yaml.write_text(
                yaml.dump(json.loads(newer.read_bytes()), Dumper=yaml.CSafeDumper, sort_keys=False)
            )
            files |= {"9.3 JSON": newer, "9.3 YAML": as_yaml}
        for name, file in files.items():
            cache = work / "cache"
            cold = median(
                lambda f=file, c=cache: load(f, cache_dir=c),
                3,
                lambda c=cache: shutil.rmtree(c, ignore_errors=True),
            )
            warm = median(lambda f=file, c=cache: load(f, cache_dir=c), 21)
            every = median(lambda f=file, c=cache: list(load(f, cache_dir=c).operations.values()), 5)
            print(
                f"{name}: cold {cold:7.0f} ms   warm {warm:5.1f} ms   warm and every operation read {every:5.0f} ms"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
