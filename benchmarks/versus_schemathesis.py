"""How fast, how lean and how watchful beside Schemathesis on the same server?

Speed: a stand-in serves a whole contract, and both tools test all of its operations as people run them: ``st run`` with
the flags that its documentation recommends for quick runs (few examples, no shrinking, several workers), and ``pytest
--kibana-url`` with a budget of as many requests for each operation and as many workers. Every case that Schemathesis
made counts as checked; of ours only what was judged counts, and not what was sent to make and remove the objects that
requests need. Two settings, because they cost Schemathesis differently: ``fuzzing`` makes up to so many random cases
for each operation, as ours does; ``coverage`` writes them down without Hypothesis, some hundred for each operation, so
it is measured on a sample of the operations. Time and CPU time are those of the whole command, start and reports
included; memory is that of the testing process. The stand-in runs beside, on the same machine, in its own process.

Defects: faults are chosen by a seed, one for each of some operations. Both tools test these, first where nothing is
wrong and then where the faults are on, and ours gets no more requests than Schemathesis made cases. A fault counts as
found where a tool reports something at its operation that it does not report where nothing is wrong.

Prints it all; exits 1 below the limits.
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
from functools import partial
from pathlib import Path

from _common import contracts, environment

from pytest_kibana import embedded
from pytest_kibana.contract import Contract, load
from pytest_kibana.evidence import About, read_results
from pytest_kibana.simulator.faults import CATALOGUE
from pytest_kibana.simulator.faults.model import Bench
from pytest_kibana.target import load_facts

WARM, COLD = 10.0, 3.0
GROUPS = ("response", "protocol", "access", "input")
SHARE = 1.6
"""Our budget for an operation is this many times the examples: not every operation has cases of every group."""
Found = frozenset[tuple[str, str]]
"""(operation, what was reported of it)."""


@dataclass(frozen=True)
class Ran:
    """One run of a tool: seconds, CPU seconds, requests that were checked, peak memory in MB, and what it reported."""

    seconds: float
    cpu: float
    requests: int
    memory: float
    found: Found

    def each(self, seconds: float) -> float:
        """Return milliseconds for each checked request."""
        return seconds / max(self.requests, 1) * 1000

    def line(self, name: str) -> str:
        """Return a row of the table."""
        return (
            f"    {name:14} {self.seconds:7.1f} s {self.cpu:7.1f} s CPU {self.requests:6} requests "
            f"{self.each(self.seconds):7.2f} ms each {self.memory:5.0f} MB"
        )


def timed(command: Sequence[str], log: Path, **more: str) -> tuple[float, float, float]:
    """Run a command; return its seconds, its CPU seconds and its peak memory in MB."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env={**environment(), **more}, cwd=log.parent, stdout=out, stderr=subprocess.STDOUT
        )
        _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


@dataclass(frozen=True)
class Match:
    """What both tools are told. ``labels`` are the operations; ``seed`` and ``workers`` are the same for both."""

    contract: Contract
    source: str
    labels: Sequence[str]
    seed: int
    workers: int
    folder: Path

    @property
    def document(self) -> Path:
        """The published document with these operations alone."""
        path = self.folder / f"contract-{len(self.labels)}.json"
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

    def schemathesis(self, name: str, *flags: str, faults: Sequence[str] = (), report: bool = False) -> Ran:
        """Let Schemathesis test the operations on a stand-in with these faults."""
        junit, log = self.folder / f"{name}.xml", self.folder / f"{name}.txt"
        server = _served(self.source, faults)
        try:
            command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(self.document)]
            command += ["--url", server.url, "-H", f"Authorization: ApiKey {server.api_key}"]
            command += ["-H", "kbn-xsrf: true", "--seed", str(self.seed), "--workers", str(self.workers)]
            command += ["--continue-on-failure", "--max-failures", "1000000", "--no-color", *flags]
            command += ["--report", "junit", "--report-junit-path", str(junit)] if report else []
            seconds, cpu, memory = timed(command, log)
        finally:
            server.close()
        made = re.search(r"^\s*(\d+) generated", log.read_text(errors="replace"), re.MULTILINE)
        return Ran(
            seconds, cpu, int(made.group(1)) if made else 0, memory, _reported(junit) if report else Found()
        )

    def ours(self, name: str, budget: str, cache: Path, *, faults: Sequence[str] = ()) -> Ran:
        """Test the operations ourselves."""
        folder, log = self.folder / name, self.folder / f"{name}.txt"
        server = _served(self.source, faults)
        try:
            command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
            command += ["--pyargs", "pytest_kibana.suites.contract", "--kibana-url", server.url]
            command += ["--kibana-api-key", server.api_key, "--kibana-contract", self.source]
            command += ["--kibana-viewer-api-key", server.viewer_api_key or ""]
            command += ["--kibana-allow", "disruptive", "--kibana-seed", str(self.seed)]
            command += ["--kibana-concurrency", str(self.workers), "--kibana-report-dir", str(folder)]
            if len(self.labels) < len(self.contract.operations):
                command += ["--kibana-operations", ",".join(self.labels)]
            command += ["--kibana-budget", budget]
            seconds, cpu, memory = timed(command, log, XDG_CACHE_HOME=str(cache))
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
        return Ran(seconds, cpu, results.footer.requests if results.footer else 0, memory, frozenset(found))


def _reported(junit: Path) -> Found:
    return frozenset(
        (case.get("name", ""), title)
        for case in ET.parse(junit).getroot().iter("testcase")
        for failure in case.iter("failure")
        for title in re.findall(r"^- (ST\d+.*|.+)$", failure.text or "", re.MULTILINE)
    )


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


def speed(match: Match, title: str, theirs: Ran, budget: str) -> bool:
    """Compare with ours at that budget, cold and warm; print, and tell whether the limits are kept."""
    cache = Path(match.folder, f"cache-{title}")
    cold = match.ours(f"{title}-cold", budget, cache)
    warm = match.ours(f"{title}-warm", budget, cache)
    print(f"  {title}: {len(match.labels)} operations, {match.workers} workers, our budget {budget}")
    for name, ran in (("Schemathesis", theirs), ("ours, cold", cold), ("ours, warm", warm)):
        print(ran.line(name))
    wall = [theirs.each(theirs.seconds) / ran.each(ran.seconds) for ran in (cold, warm)]
    work = [theirs.each(theirs.cpu) / ran.each(ran.cpu) for ran in (cold, warm)]
    print(
        f"    per checked request: {wall[0]:.1f} x cold, {wall[1]:.1f} x warm; in CPU time {work[0]:.1f} x cold, "
        f"{work[1]:.1f} x warm; memory {warm.memory / theirs.memory:.2f} x",
        flush=True,
    )
    print(
        "    not the same work: ours also makes and removes what its requests need, asks as other people, and judges "
        "each answer by every rule;\n    what it takes to start is the same for few operations as for all",
        flush=True,
    )
    return wall[0] >= COLD and wall[1] >= WARM and max(cold.memory, warm.memory) <= theirs.memory


def defects(match: Match, faults: dict[str, str], examples: int) -> bool:
    """Compare what is found of the same faults; print, and tell whether ours found more."""
    spots = [f"{name}@{label}" for label, name in faults.items()]
    flags = ("--phases", "examples,coverage,fuzzing", "--max-examples", str(examples))
    theirs = match.schemathesis("theirs", *flags, report=True)
    theirs_broken = match.schemathesis("theirs-broken", *flags, faults=spots, report=True)
    share = math.ceil(theirs.requests / len(match.labels))
    budget = f"requests={theirs.requests},per-operation={share}"
    cache = Path(match.folder, "cache-defects")
    ours, broken = (
        match.ours("well", budget, cache),
        match.ours("broken", budget, cache, faults=spots),
    )
    they = {label for label in faults if any(at == label for at, _ in theirs_broken.found - theirs.found)}
    we = {label for label in faults if any(at == label for at, _ in broken.found - ours.found)}
    print(f"  faults found, of {len(faults)}: Schemathesis {len(they)}, ours {len(we)}")
    print(f"    requests: Schemathesis {theirs_broken.requests}, ours {broken.requests}")
    print(f"    reported where nothing is wrong: Schemathesis {len(theirs.found)}, ours {len(ours.found)}")
    for title, labels in (
        ("only Schemathesis", they - we),
        ("only ours", we - they),
        ("nobody", {*faults} - we - they),
    ):
        print(f"    found by {title}: {len(labels)}")
        for label in sorted(labels):
            print(f"      {faults[label]}@{label}")
    return len(we) > len(they)


def main() -> int:
    """Measure, print, and tell by the exit code whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "contracts", nargs="*", help="the contracts published for 9.1 and 9.3 where at hand, or core"
    )
    parser.add_argument("--examples", type=int, default=10, help="random cases for each operation")
    parser.add_argument(
        "--covered", type=int, default=40, help="operations of the setting coverage; 0 leaves it out"
    )
    parser.add_argument("--faults", type=int, default=40, help="operations with a fault; 0 leaves them out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    good = True
    for source in options.contracts or contracts("9.1", "9.3"):
        contract = load(source)
        print(f"{contract!r}, seed {options.seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="kibana-versus-") as folder:
            told = partial(
                Match,
                contract,
                _absolute(source),
                seed=options.seed,
                workers=options.workers,
                folder=Path(folder),
            )
            all_of_them = told(labels=list(contract.operations))
            few = ("--phases", "fuzzing", "--max-examples", str(options.examples), "--no-shrink")
            theirs = all_of_them.schemathesis("fuzzing", *few)
            good &= speed(all_of_them, "fuzzing", theirs, f"per-operation={round(options.examples * SHARE)}")
            if options.covered:
                some = told(
                    labels=random.Random(options.seed).sample(list(contract.operations), options.covered)
                )
                theirs = some.schemathesis("coverage", "--phases", "examples,coverage", "--no-shrink")
                share = math.ceil(theirs.requests / options.covered)
                good &= speed(some, "coverage", theirs, f"per-operation={share}")
            if options.faults:
                faults = chosen(contract, options.faults, options.seed)
                good &= defects(told(labels=list(faults)), faults, max(1, options.examples // 2))
    print(
        "good" if good else f"BELOW THE LIMITS: {WARM:g} x warm, {COLD:g} x cold, no more memory, more found"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
