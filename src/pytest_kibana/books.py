"""Keeping the books of a run: results as they come, and the reports that are made of them at the end.

While the run goes on, what comes in is appended, so that whatever ends it leaves a readable prefix. At the end the
document is written anew, with findings merged and known deviations marked, and takes the prefix's place at once.
"""

import gc
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_kibana.conformance import Conclusion, Outcome, conclude
from pytest_kibana.errors import ExitCode, HarnessError
from pytest_kibana.evidence import (
    About,
    RequirementRecord,
    Results,
    ResultsWriter,
    TroubleRecord,
    as_read,
    read_results,
    write_results,
)
from pytest_kibana.report.formats import write_reports
from pytest_kibana.session import Session

RESULTS = "results.jsonl"
TRAFFIC = "traffic"
"""The group of outcomes that come from calls made by hand."""


class Books:
    """The results document and reports of one run.

    Args:
        session: the run, opened.
        here: the folder in which the run was started. Where no other is named, everything is written to a folder of
            its own in ``reports`` there, and ``latest`` beside that points to it.

    Raises:
        ResultsError: the results exist already, or cannot be written.
    """

    def __init__(self, session: Session, here: Path) -> None:
        named = session.settings.report_dir
        self.folder = Path(named).expanduser() if named else here / "reports" / time.strftime("%Y%m%d-%H%M%S")
        self._named = bool(named)
        self.header = session.header()
        self.overwrite = session.settings.report_overwrite
        self.results: Results | None = None
        self.files: tuple[str, ...] = ()
        self.exit_code = ExitCode.NOTHING_CHECKED
        self.planned = False
        self._outcomes: list[Outcome] = []
        self._requirements: list[RequirementRecord] = []
        self._writer = ResultsWriter(self.folder / RESULTS, self.header, overwrite=self.overwrite)

    @property
    def broken(self) -> int:
        """How many items failed for a failure of our own."""
        return sum(outcome.error is not None for outcome in self._outcomes)

    def enter(self, outcomes: Sequence[Outcome]) -> None:
        """Write down outcomes."""
        for outcome in outcomes:
            self.planned = self.planned or outcome.group != TRAFFIC
            self._outcomes.append(outcome)
            self._writer.write(*outcome.records(), *outcome.findings)

    def certify(self, record: RequirementRecord) -> None:
        """Write down what came of a test of the suites."""
        self._requirements.append(record)
        self._writer.write(record)

    def close(
        self, session: Session, *, trouble: HarnessError | None, interrupted: bool, failed: bool = False
    ) -> None:
        """Conclude: write the final document and the reports. An interrupted run keeps its prefix.

        ``failed`` says that pytest saw a test fail, and ends with 1: so does the document.
        """
        # A hundred thousand records are made here and none dies: collecting would look at all of them, time and again.
        gc.disable()
        try:
            self._close(session, trouble, interrupted=interrupted, failed=failed)
        finally:
            gc.enable()

    def _close(
        self, session: Session, trouble: HarnessError | None, *, interrupted: bool, failed: bool
    ) -> None:
        path = self.folder / RESULTS
        self._writer.leave()
        if not interrupted:
            conclusion = self._conclude(session, trouble)
            self.exit_code = ExitCode.FINDINGS if failed else conclusion.exit_code
            finished = time.time()
            footer = conclusion.footer(finished=finished, seconds=finished - self.header.started)
            footer = replace(footer, exit_code=int(self.exit_code))
            whole = path.with_suffix(".whole")
            records = conclusion.records()
            write_results(whole, self.header, records, footer, overwrite=True)
            whole.replace(path)
            self.results = as_read(path, self.header, records, footer)
        else:
            self.results = read_results(path)
        self.files = (str(path), *(str(file) for file in self._reports(session)))
        if not self._named:
            _point_to(self.folder)

    def _conclude(self, session: Session, trouble: HarnessError | None) -> Conclusion:
        runner = session.__dict__.get("runner")
        troubles = [*session.troubles, *(runner.troubles() if runner is not None else ())]
        if trouble is not None:
            troubles.append(TroubleRecord(type(trouble).__name__, trouble.message, time.time()))
        case = session.settings.case
        planned = [outcome for outcome in self._outcomes if outcome.group != "traffic"]
        if case and planned and not any(outcome.requests for outcome in planned):
            said = (
                f"there is no case {case} here: cases are of one contract and one seed, so give --kibana-seed and "
                "--kibana-contract as the run had them that showed it"
            )
            troubles.append(TroubleRecord("no such case", said, time.time()))
        concluded = conclude(
            session.plan,
            self._outcomes,
            requirements=self._requirements,
            troubles=troubles,
            deviations=session.deviations,
        )
        if self.planned:
            return concluded
        # Without the plan's items, nobody set out to test what was not spoken to.
        spoken = {outcome.operation for outcome in self._outcomes}
        families = {family for record in self._requirements for family in record.families}
        findings = tuple(
            f for f in concluded.findings if f.about is not About.CONTRACT or f.operation in spoken
        )
        coverage = tuple(row for row in concluded.coverage if row.family in families)
        return replace(concluded, findings=findings, skips=(), coverage=coverage)

    def _reports(self, session: Session) -> tuple[Path, ...]:
        assert self.results is not None
        return write_reports(self.results, session.settings.report, self.folder)


def _point_to(folder: Path) -> None:
    """Let ``latest`` beside a run's folder point to it, where the file system has links."""
    link = folder.parent / "latest"
    if link.exists() and not link.is_symlink():
        return
    fresh = link.with_name(f".latest-{os.getpid()}")
    try:
        fresh.symlink_to(folder.name)
        fresh.replace(link)
    except OSError:
        fresh.unlink(missing_ok=True)
