"""The families' own suites as witnesses: which of their tests call an operation, and which fail when it misbehaves."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from pytest_kibana.errors import HarnessError
from pytest_kibana.evidence import Finding, Results, Verdict, read_results
from pytest_kibana.evidence.model import RequirementRecord

_ALL = ("families", "platform")
_MOST = 12
"""Tests that are tried for one fault; those that call the fewest operations say most about one."""

_LONGEST = 900.0
_FAILED = frozenset({Verdict.FAILED, Verdict.TOLERATED})


class Suites:
    """Runs tests of the suites against the stand-in, each time in a process of their own.

    Args:
        url: where the stand-in is.
        api_key: of its superuser.
        viewer_api_key: of somebody who may only read there.
        contract: source of the contract.
        folder: where reports and ledgers may be written.
    """

    def __init__(
        self, *, url: str, api_key: str, viewer_api_key: str | None, contract: str, folder: Path
    ) -> None:
        self._arguments = [
            *("--kibana-url", url, "--kibana-contract", contract, "--kibana-allow", "disruptive"),
            *("-p", "no:cacheprovider", "-q", "--kibana-report-overwrite"),
            *("--kibana-ledger-dir", str(folder)),
        ]
        self._environment = {"KIBANA_API_KEY": api_key, "KIBANA_VIEWER_API_KEY": viewer_api_key or ""}
        self._folder = folder
        self._said = folder / "suites.txt"
        self._clean: tuple[RequirementRecord, ...] | None = None

    @property
    def clean(self) -> tuple[RequirementRecord, ...]:
        """What every test says where nothing is wrong; run once, when it is first asked for.

        Raises:
            HarnessError: the suites do not run at all; then nothing could be said of what they notice.
        """
        if self._clean is None:
            told = self._run(_ALL)
            self._clean = told.requirements if told is not None else ()
            if not self._clean:
                raise HarnessError(
                    f"the suites do not run where nothing is wrong: {self._last_words()}",
                    hint="Run them by hand against `pytest-kibana serve`, or do without: --no-families.",
                )
        return self._clean

    def _last_words(self) -> str:
        said = self._said.read_text("utf-8", "replace").splitlines() if self._said.exists() else []
        return next((line for line in reversed(said) if line.strip()), "nothing was said")

    def alarms(self) -> tuple[RequirementRecord, ...]:
        """Return the tests that fail where nothing is wrong; empty where none were run."""
        return tuple(r for r in self._clean or () if r.verdict is Verdict.FAILED)

    def witnesses(self, operation: str) -> tuple[str, ...]:
        """Return the tests that call an operation and pass where nothing is wrong, the most telling first."""
        found = [r for r in self.clean if operation in r.calls and r.verdict is Verdict.PASSED]
        found.sort(key=lambda r: (len(r.calls), -sum(r.calls[operation].values()), r.test))
        return tuple(r.test for r in found[:_MOST])

    def heard(self, tests: Sequence[str]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
        """Return the ids of the requirements that fail, of these tests, and what was found in all that they called."""
        told = self._run(tests) if tests else None
        if told is None:
            return (), ()
        failed = (r.requirement for r in told.requirements if r.verdict in _FAILED)
        return tuple(dict.fromkeys(failed)), tuple(told.findings)

    def _run(self, tests: Sequence[str]) -> Results | None:
        """Run tests; None where they cannot begin, as some faults bring about: then they are no witnesses."""
        root = str(files("pytest_kibana").joinpath("suites"))
        report = self._folder / "suites"
        command = [sys.executable, "-m", "pytest", *(f"{root}/{test}" for test in tests), *self._arguments]
        try:
            with self._said.open("wb") as said:
                subprocess.run(  # noqa: S603 - our own interpreter, our own tests
                    [*command, "--kibana-report-dir", str(report)],
                    env={**os.environ, **{k: v for k, v in self._environment.items() if v}},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    timeout=_LONGEST,
                    check=False,
                    cwd=self._folder,
                )
            return read_results(report / "results.jsonl")
        except (subprocess.TimeoutExpired, HarnessError):
            return None
