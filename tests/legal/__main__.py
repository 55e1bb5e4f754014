"""``python -m tests.legal [PATTERN…]``: run the suites against unusual and legal deployments, and tell what is said.

A line per deployment: how many tests passed, and each finding that is new, each test that failed, each trouble.
Results stay in ``--folder``; ``--tests EXPRESSION`` is pytest's ``-k``, ``--workers`` its ``-n``.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import mkdtemp

from pytest_kibana import embedded
from pytest_kibana.evidence.document import Results, read_results
from tests.legal.deployments import DEPLOYMENTS, Deployment
from tests.unseen.proxy import proxied


@dataclass(frozen=True)
class Told:
    """What a run said of a deployment. ``alarms`` is what it must not have said."""

    alarms: tuple[str, ...]
    tail: str
    results: Results | None

    def __str__(self) -> str:
        return "\n".join([self.tail, *(f"    {line}" for line in self.alarms)])


@contextmanager
def standing(one: Deployment) -> Iterator[list[str]]:
    """Start the deployment; yield the flags by which it is reached."""
    with ExitStack() as stack:
        arguments = f"{one.arguments} --quiet"
        stand_in = embedded.start(one.serves, arguments)
        stack.callback(stand_in.close)
        if one.before is not None:
            one.before(stand_in.url, stand_in.api_key)
        url = stand_in.url
        if one.manner is not None:
            proxy = stack.enter_context(proxied(url))
            proxy.spoil, url = one.manner(), proxy.url
        if one.beside is not None:
            stack.enter_context(one.beside(stand_in.url, stand_in.api_key))
        elastic = [f"--elasticsearch-url={stand_in.elasticsearch_url}"] if stand_in.elasticsearch_url else []
        yield [f"--kibana-url={url}", *elastic, *one.credentials(stand_in)]


def told(one: Deployment, folder: Path, more: Sequence[str] = ()) -> Told:
    """Run the suites against a deployment."""
    with standing(one) as flags:
        command = [sys.executable, "-m", "pytest", "--pyargs", "pytest_kibana.suites", "-q", "-rfE"]
        command += ["-p", "no:cacheprovider", *flags, f"--kibana-contract={one.held_to or one.serves}"]
        command += [f"--kibana-report-dir={folder}", f"--kibana-ledger-dir={folder}/ledgers"]
        command += ["--kibana-report-overwrite", "--kibana-report=junit", *one.flags, *more]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KIBANA_") or "CONTRACT" in k}
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=1800
        )
    (folder / "said.txt").write_text(ran.stdout + ran.stderr)
    lines = ran.stdout.splitlines()
    alarms = [line for line in lines if line.startswith(("FAILED", "ERROR", "INTERNALERROR", "Traceback"))]
    results = read_results(folder) if (folder / "results.jsonl").exists() else None
    if results is not None:
        alarms += [
            f"{f.code} {f.about} {f.operation}: {f.sentence[:160]} ({f.count} times, {len(f.operations)} operations)"
            for f in results.findings
            if f.status == "new"
        ]
        alarms += [f"trouble: {t.kind}: {t.sentence[:200]} ({t.count} times)" for t in results.troubles]
    if ran.returncode not in (0, *one.exit_codes):
        alarms.append(f"exit code {ran.returncode}: {(ran.stderr or ran.stdout)[-300:]}")
    return Told(tuple(a for a in alarms if not one.expected(a)), lines[-1] if lines else "", results)


def main() -> int:
    """Run the matrix; return how many deployments were told something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--tests", default="")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    folder = given.folder or Path(mkdtemp(prefix="legal-"))
    more = ["-n", given.workers, *(["-k", given.tests] if given.tests else [])]
    wrong = 0
    for one in DEPLOYMENTS:
        if given.patterns and not any(fnmatchcase(one.name, f"*{p}*") for p in given.patterns):
            continue
        if given.list:
            print(one.name)
            continue
        began = time.monotonic()
        place = folder / one.name.replace(" ", "-").replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        said = told(one, place, more)
        wrong += bool(said.alarms)
        print(
            f"== {one.name}: {len(said.alarms)} alarms, {time.monotonic() - began:.0f} s: {said}", flush=True
        )
    return wrong


if __name__ == "__main__":
    sys.exit(main())
