"""How fast, how lean and how watchful beside Schemathesis on the same server?

A stand-in serves a contract; faults are chosen by a seed, one for each of some operations. Both tools test the same
operations, first where nothing is wrong and then where the faults are on, and ours gets no more requests than
Schemathesis made cases. A fault counts as found where a tool reports something at its operation that it does not
report where nothing is wrong. Prints time per checked request, peak memory, and who found what; exits 1 below the
limits. Memory is that of the testing process; the stand-in has its own.
"""

import argparse
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_kibana import embedded
from pytest_kibana.contract import Contract, load
from pytest_kibana.evidence import About, read_results
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench
from pytest_kibana.target import load_facts

WARM, COLD = 10.0, 3.0
GROUPS = ("response", "protocol", "access", "input")
Found = frozenset[tuple[str, str]]
"""(operation, what was reported of it)."""


@dataclass(frozen=True)
class Ran:
    """One run of a tool: seconds, requests that were checked, peak memory in MB, and what it reported."""

    seconds: float
    requests: int
    memory: float
    found: Found

    @property
    def milliseconds(self) -> float:
        """Time per checked request."""
        return self.seconds / max(self.requests, 1) * 1000


def timed(command: Sequence[str], environment: dict[str, str], log: Path) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MB."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - began, used.ru_maxrss / 1024


@dataclass(frozen=True)
class Match:
    """What both tools are told."""

    contract: Contract
    source: str
    labels: Sequence[str]
    seed: int
    examples: int
    folder: Path

    @property
    def document(self) -> Path:
        """The published document with these operations alone."""
        path = self.folder / "contract.json"
        if not path.exists():
            path.write_text(json.dumps(self._excerpt()))
        return path

    def _excerpt(self) -> dict[str, object]:
        document = self.contract.document()
        wanted: dict[str, dict[str, object]] = {}
        for label in self.labels:
            operation = self.contract.operations[label]
            path, method = operation.published_path or operation.path, operation.method.lower()
            item = document["paths"][path]
            kept = wanted.setdefault(path, {k: v for k, v in item.items() if k == "parameters"})
            kept[method] = item[method]
        return {**document, "paths": wanted}

    def schemathesis(self, name: str, faults: Sequence[str]) -> Ran:
        """Let Schemathesis test the operations on a stand-in with these faults."""
        report, log = self.folder / f"{name}.xml", self.folder / f"{name}.txt"
        server = _served(self.source, faults)
        try:
            command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(self.document)]
            command += [
                "--url",
                server.url,
                "-H",
                f"Authorization: ApiKey {server.api_key}",
                "-H",
                "kbn-xsrf: true",
            ]
            command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(self.examples)]
            command += ["--seed", str(self.seed), "--continue-on-failure", "--max-failures", "1000000"]
            command += [
                "--report",
                "junit",
                "--report-junit-path",
                str(report),
                "--no-color",
                "--workers",
                "2",
            ]
            seconds, memory = timed(command, dict(os.environ), log)
        finally:
            server.close()
        made = re.search(r"^\s*(\d+) generated", log.read_text(errors="replace"), re.MULTILINE)
        found = {
            (case.get("name", ""), title)
            for case in ET.parse(report).getroot().iter("testcase")
            for failure in case.iter("failure")
            for title in re.findall(r"^- (ST\d+.*|.+)$", failure.text or "", re.MULTILINE)
        }
        return Ran(seconds, int(made.group(1)) if made else 0, memory, frozenset(found))

    def ours(self, name: str, faults: Sequence[str], requests: int, cache: Path) -> Ran:
        """Test the operations ourselves, with at most so many requests."""
        folder, log = self.folder / name, self.folder / f"{name}.txt"
        server = _served(self.source, faults)
        try:
            share = math.ceil(requests / len(self.labels))
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
            command += ["--pyargs", "pytest_kibana.suites.contract", "--kibana-url", server.url]
            command += ["--kibana-api-key", server.api_key, "--kibana-contract", self.source]
            command += ["--kibana-viewer-api-key", server.viewer_api_key or ""]
            command += ["--kibana-allow", "disruptive", "--kibana-seed", str(self.seed)]
            command += ["--kibana-operations", ",".join(self.labels), "--kibana-report-dir", str(folder)]
            command += ["--kibana-budget", f"requests={requests},per-operation={share}"]
            seconds, memory = timed(command, {**os.environ, "XDG_CACHE_HOME": str(cache)}, log)
        finally:
            server.close()
        if not (folder / "results.jsonl").exists():
            raise SystemExit("no results were written:\n" + log.read_text(errors="replace")[-3000:])
        results = read_results(folder / "results.jsonl")
        found = {
            (label, finding.identity)
            for finding in results.findings
            if finding.about is not About.CONTRACT
            for label in finding.operations or (finding.operation,)
        }
        return Ran(seconds, results.footer.requests if results.footer else 0, memory, frozenset(found))


def _served(source: str, faults: Sequence[str]) -> embedded.Embedded:
    flags = " ".join(f"--fault '{fault}'" for fault in faults)
    return embedded.start(source, f"--quiet {flags}")


def _absolute(source: str) -> str:
    """Return a path as it can be read from any folder; a version or a name as it is."""
    return str(Path(source).resolve()) if Path(source).exists() else source


def chosen(contract: Contract, count: int, seed: int) -> dict[str, str]:
    """Choose operations that need nothing special, and a fault for each: name by label."""
    dice, bench, facts = random.Random(seed), Bench(contract), load_facts()
    labels = [
        label
        for label, operation in contract.operations.items()
        if facts.of(operation).safety != "disruptive" and not facts.of(operation).needs
    ]
    dice.shuffle(labels)
    faults = [fault for fault in CATALOGUE.values() if fault.group in GROUPS]
    taken: dict[str, str] = {}
    for label in labels:
        fit = [f.name for f in faults if f.applies(contract.operations[label], bench)]
        fresh = [name for name in fit if name not in taken.values()] or fit
        if fresh and len(taken) < count:
            taken[label] = dice.choice(fresh)
    return taken


def main() -> int:
    """Measure, print, and tell by the exit code whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contract", default="core")
    parser.add_argument("--operations", type=int, default=40, help="how many, each with a fault of its own")
    parser.add_argument("--examples", type=int, default=5, help="Schemathesis' --max-examples")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    contract = load(options.contract)
    faults = chosen(contract, options.operations, options.seed)
    spots = [f"{name}@{label}" for label, name in faults.items()]
    with tempfile.TemporaryDirectory(prefix="kibana-versus-") as folder:
        match = Match(
            contract, _absolute(options.contract), list(faults), options.seed, options.examples, Path(folder)
        )
        theirs, theirs_broken = match.schemathesis("theirs", ()), match.schemathesis("theirs-broken", spots)
        cache = Path(folder, "cache")
        cold = match.ours("cold", (), theirs.requests, cache)
        warm = match.ours("warm", (), theirs.requests, cache)
        broken = match.ours("broken", spots, theirs.requests, cache)
    rows = {"Schemathesis": theirs, "ours, cold": cold, "ours, warm": warm}
    print(f"{len(faults)} operations of {options.contract}, seed {options.seed}")
    for name, ran in rows.items():
        print(
            f"  {name:13} {ran.seconds:7.1f} s  {ran.requests:6} requests  {ran.milliseconds:7.2f} ms each  "
            f"{ran.memory:5.0f} MB"
        )
    ratios = {name: theirs.milliseconds / ran.milliseconds for name, ran in rows.items()}
    print(f"  per checked request: {ratios['ours, cold']:.1f} x cold, {ratios['ours, warm']:.1f} x warm")
    they = {label for label in faults if any(at == label for at, _ in theirs_broken.found - theirs.found)}
    we = {label for label in faults if any(at == label for at, _ in broken.found - warm.found)}
    print(f"  faults found, of {len(faults)}: Schemathesis {len(they)}, ours {len(we)}")
    print(f"  reported where nothing is wrong: Schemathesis {len(theirs.found)}, ours {len(warm.found)}")
    for title, labels in (
        ("only Schemathesis", they - we),
        ("only ours", we - they),
        ("nobody", {*faults} - we - they),
    ):
        print(f"  found by {title}: {len(labels)}")
        for label in sorted(labels):
            print(f"    {faults[label]}@{label}")
    good = (
        ratios["ours, warm"] >= WARM
        and ratios["ours, cold"] >= COLD
        and warm.memory <= theirs.memory
        and len(we) > len(they)
    )
    print(
        "good" if good else f"BELOW THE LIMITS: {WARM:g} x warm, {COLD:g} x cold, no more memory, more found"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
