"""A pytest run of ours: the hooks that look at every test once a Kibana is named.

Everything that a worker of pytest-xdist learns travels to the controller inside its test reports, as plain data;
the controller, or the one process that there is, writes results and reports.
"""

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_kibana import markers
from pytest_kibana.discretion import Ended, before_report, hushed, tidy_report
from pytest_kibana.errors import ExitCode, HarnessError
from pytest_kibana.evidence.codec import to_json
from pytest_kibana.evidence.model import Verdict
from pytest_kibana.gating import key_of, left_out, reason_not_to_run
from pytest_kibana.profiles import profile
from pytest_kibana.report.formats import check_place, chosen
from pytest_kibana.settings import Settings, ini_of
from pytest_kibana.stopping import unhurried

if TYPE_CHECKING:
    from pytest_kibana.books import Books
    from pytest_kibana.certifying import Calls
    from pytest_kibana.conformance import Outcome
    from pytest_kibana.contract import Contract
    from pytest_kibana.report.har import HarRecorder
    from pytest_kibana.report.progress import Progress
    from pytest_kibana.session import Session
    from pytest_kibana.traffic import Traffic


OUTCOMES = pytest.StashKey[list["Outcome"]]()


class Run:
    """The plugin object that is registered where a Kibana is named."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.traffic: Traffic | None = None
        self.calls: Calls | None = None
        self.books: Books | None = None
        self.recorder: HarRecorder | None = None
        self.progress: Progress | None = None
        self.trouble: HarnessError | None = None
        self.ended = False
        self._items: list[str] = []
        self._seen: list[Outcome] = []
        self._phases: dict[str, list[pytest.TestReport]] = {}

    # -- the session

    @property
    def worker(self) -> dict[str, Any] | None:
        """What the controller told this process, where it is a worker of pytest-xdist."""
        found: dict[str, Any] | None = getattr(self.config, "workerinput", None)
        return found

    @cached_property
    def settings(self) -> Settings:
        """What the run was told."""

        def ini(name: str) -> object:
            value = self.config.getini(ini_of(name)) if ini_of(name) in self.config._parser._inidict else None
            return value or None

        try:
            settings = Settings.resolve(
                flag=lambda name: self.config.getoption(f"kibana_setting_{name}", None),
                ini=ini,
                profile=lambda name: profile(name, self.config.rootpath),
            )
            chosen(settings.report)
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None
        told = (self.worker or {}).get("kibana")
        return replace(settings, **told) if told else settings

    @cached_property
    def session(self) -> "Session":
        """The run against the deployment; nothing is sent until something is asked of it."""
        from pytest_kibana.session import Session

        told = self.worker or {}
        return Session(
            self.settings,
            worker=told.get("workerid"),
            progress=self._progress,
            learned=told.get("kibana_learned"),
        )

    def _progress(self, line: str) -> None:
        """Show what takes long before the first test, in place where the terminal can."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and reporter.isatty:
            reporter.rewrite(line, erase=True)

    def open(self) -> "Session":
        """Return the session with its target found. What stands in the way ends pytest, once and clearly."""
        try:
            return self._opened()
        except HarnessError as error:
            self.end(error)

    def _opened(self) -> "Session":
        if not self.session.opened:
            if self.worker is None:
                check_place(self.settings.report_dir, "--kibana-report-dir", is_file=False)
                check_place(self.settings.har, "--kibana-har", is_file=True)
            _ = self.session.limits, self.session.target, self.session.contract, self.session.deviations
            self._listen()
        return self.session

    @property
    def contract(self) -> "Contract":
        """The contract of the run. Raises a :class:`HarnessError` where there is none."""
        return self._opened().contract

    def end(self, error: HarnessError) -> NoReturn:
        """End the whole run for a reason that is no test's fault."""
        self.trouble, self.ended = error, True
        raise Ended(str(error), int(error.exit_code))

    def _listen(self) -> None:
        from pytest_kibana.certifying import Calls
        from pytest_kibana.repeating import Repeater, Sky

        self.calls, sky = Calls(), Sky(self.session.bare_client, self.settings.weather_deadline)
        self.session.listeners += [self.calls.hear, sky.hear]
        repeater = Repeater(
            sky,
            lambda item: item.stash.setdefault(OUTCOMES, []).clear(),
            lambda: self.session.limited,
            lambda: self.session.administers,
        )
        self.config.pluginmanager.register(repeater, "kibana-repeater")
        if self.settings.check_traffic != "off":
            from pytest_kibana.traffic import Traffic

            self.traffic = Traffic(self.session.contract, strict=self.settings.strict)
            self.session.listeners.append(self.traffic.hear)
        if self.settings.har:
            from pytest_kibana.report.har import HarRecorder

            self.recorder = HarRecorder(Path(self.settings.har).expanduser(), worker=self.session.worker)
            self.session.listeners.append(self.recorder.hear)
        if self._allure:
            from pytest_kibana.report.allure import keep_quiet

            self.config.add_cleanup(keep_quiet(self.session.redactor.text))

    # -- collection

    def parametrize(self, metafunc: pytest.Metafunc) -> None:
        """Make one test for each item of the plan."""
        keys: list[str] = []
        try:
            session = self.session if self.settings.plan else self._opened()
            keys = [item.key for item in session.plan.items]
        except HarnessError as error:
            self.trouble = (
                error  # told when collection is over: pytest takes an exit in here for a broken module
            )
        metafunc.parametrize("kibana_item", keys, ids=keys, indirect=True)

    def contract_in_use(self) -> "Contract | None":
        """Return the contract while tests are collected; None where no Kibana is named, or it cannot be had, which is
        told when collection is over.
        """
        if not self.settings.configured:
            return None
        try:
            return self.session.contract if self.settings.plan else self._opened().contract
        except HarnessError as error:
            self.trouble = error
            return None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read every marker once, so that a wrong one is an error before anything runs."""
        if self.trouble is not None:
            self.end(self.trouble)
        try:
            for item in items:
                markers.validate(item, self.config.getini("markers"))
            others = left_out(items, self.settings, lambda: self.session)
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None
        if others:
            gone = set(map(id, others))
            items[:] = [item for item in items if id(item) not in gone]
            self.config.hook.pytest_deselected(items=others)
        self._items = [key for item in items if (key := key_of(item)) is not None]

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say who is tested against what, before the first test."""
        from pytest_kibana.report.terminal import heading

        if self.trouble is not None or self.settings.plan or not self.session.opened:
            return []
        return [*(line.text for line in heading(self.session.header())), *self.session.left_by_others()]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Print the plan and run nothing, where only the plan is wanted."""
        try:
            if self.settings.plan:
                self._write(self.session.plan.text())
                return True
            if self._items and self.worker is None and not session.config.option.collectonly:
                self.session.runner.start(self._items)
        except HarnessError as error:
            self.end(error)
        return None

    def _write(self, text: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            if (
                reporter._tw.width_of_current_line
            ):  # ensure_newline sees only lines that begin with a file's name
                reporter.write_line("")
            reporter.write_line(text)

    # -- one test

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a test that needs what the deployment does not have, or what was not allowed."""
        if self.calls is not None:
            self.calls.taken()  # what was said between tests is none's
        if not any(item.iter_markers(name) for name in markers.GRAMMAR):
            return
        reason = reason_not_to_run(item, self.settings, self.open)
        if reason:
            pytest.skip(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Judge what the test said by hand, once its own assertions held."""
        if self.traffic is not None:
            self.traffic.outcomes()  # what fixtures said before the test is not the test's
        try:
            yield
        except Exception:
            told = self._told_by_traffic(item)
            if told:  # a broken promise is often why an assertion failed, and never hides it
                item.add_report_section("call", "kibana", told)
            raise
        told = self._told_by_traffic(item)
        if told and self.settings.check_traffic == "fail":
            pytest.fail(told, pytrace=False)

    def _told_by_traffic(self, item: pytest.Item) -> str | None:
        outcomes = self._judge_traffic(item)
        if not outcomes:
            return None
        from pytest_kibana.traffic import message

        return message(outcomes)

    def _judge_traffic(self, item: pytest.Item) -> Sequence["Outcome"]:
        if self.traffic is None:
            return ()
        expected = markers.read(item, "kibana_expect_deviation")
        outcomes = [outcome.marked(self.session.known) for outcome in self.traffic.outcomes(expected)]
        item.stash.setdefault(OUTCOMES, []).extend(outcomes)
        return outcomes

    def outcome_of(self, item: pytest.Item, key: str) -> "Outcome":
        """Return what came of an item of the plan, and keep it for the results."""
        session = self.open()
        outcome = session.runner.outcome(key).marked(session.known)
        item.stash.setdefault(OUTCOMES, []).append(outcome)
        if self._allure:
            from pytest_kibana.report.allure import tell

            links = {entry.id: entry.link for entry in session.deviations.entries}
            tell(outcome, known=session.known, link_of=links.get)
        return outcome

    @property
    def _allure(self) -> str | None:
        """The folder of Allure's results, where they are made."""
        folder: str | None = getattr(self.config.option, "allure_report_dir", None)
        return folder

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what was learned to the report, which travels from a worker to the controller; keep it free of
        secrets before anybody else sees it.
        """
        clean = self._clean()
        told = before_report(call, clean, whole=self.config.getoption("fulltrace"))
        report = yield
        tidy_report(report, told, clean)
        if call.when == "teardown":
            report.kibana = item.stash.get(OUTCOMES, [])  # type: ignore[attr-defined]
            report.kibana_requirement = self._certified(item)  # type: ignore[attr-defined]
        return report

    def _certified(self, item: pytest.Item) -> dict[str, Any] | None:
        if next(item.iter_markers("kibana_requirement"), None) is None or self.calls is None:
            return None
        from pytest_kibana.certifying import certifies

        record = certifies(item, self.session.contract, self.calls.taken())
        if record is None:
            return None
        if self._allure:
            from pytest_kibana.report.allure import tell_requirement

            tell_requirement(record)
        return to_json(record)

    def _clean(self) -> Callable[[str], str] | None:
        """Return what takes secrets out of a text; None as long as none were used."""
        session = self.__dict__.get("session")
        redactor = session.__dict__.get("redactor") if session is not None else None
        return redactor.text if redactor is not None else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        """Take secrets out of what pytest shows of a trouble that is no test's."""
        clean = self._clean()
        if clean is not None:
            hushed(excrepr, clean)

    # -- the end

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down what one test learned."""
        if self.worker is not None:
            return
        self._phases.setdefault(report.nodeid, []).append(report)
        if report.when != "teardown":
            return
        phases = self._phases.pop(report.nodeid)
        told = getattr(report, "kibana_requirement", None)
        outcomes = getattr(report, "kibana", None) or []
        if outcomes:
            self._show_progress(outcomes)
            self._seen += outcomes
        if told is None and (not outcomes or (self.books is None and not self._worth_keeping(outcomes))):
            return
        try:
            books = self._books()
            books.enter(self._seen)
            self._seen = []
            if told is not None:
                from pytest_kibana.certifying import concluded

                books.certify(concluded(told, phases))
        except HarnessError as error:
            self.end(error)

    def _show_progress(self, outcomes: Sequence["Outcome"]) -> None:
        """Say now and then how far the run is, where pytest itself draws no line for each test."""
        from pytest_kibana.report.progress import Progress

        planned = [outcome for outcome in outcomes if outcome.group != "traffic"]
        if not planned or self.config.get_verbosity() > 0:
            return
        if self.progress is None:
            plan = self.session.plan
            keys = self._items or [item.key for item in plan.items]
            self.progress = Progress([plan.by_key[key].operation.label for key in keys])
        for outcome in planned:
            line = self.progress.update(outcome)
            if line is not None:
                self._write(line.text)

    def _worth_keeping(self, outcomes: Sequence["Outcome"]) -> bool:
        """Tell whether results are kept: those of the suites are; those of calls that kept every promise only where
        a folder was named for them.
        """
        if self.settings.report_dir:
            return True
        return any(o.group != "traffic" or o.verdict is Verdict.FAILED for o in outcomes)

    def _books(self) -> "Books":
        if self.books is None:
            from pytest_kibana.books import Books

            self.books = Books(self.open(), self.config.invocation_params.dir)
        return self.books

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Clean up, conclude, write the reports, and choose the exit code."""
        if "session" not in self.__dict__:
            return
        try:
            with unhurried(self._write):
                self.session.close()
        except HarnessError as error:
            self.trouble = error
        if self.books is not None:
            interrupted = exitstatus in (ExitCode.INTERRUPTED, ExitCode.INTERNAL)
            # Where nothing failed but the harness itself, the deployment is not to blame, and the code says so.
            failed = exitstatus == ExitCode.FINDINGS and session.testsfailed > self.books.broken
            try:
                self.books.close(self.session, trouble=self.trouble, interrupted=interrupted, failed=failed)
            except HarnessError as error:
                self.trouble = error
            ours = (ExitCode.CONFORMANT, ExitCode.NOTHING_CHECKED, ExitCode.FINDINGS)
            if self.books.planned and exitstatus in ours and not failed:
                session.exitstatus = int(self.books.exit_code)
        self._write_beside()
        if self.trouble is not None and exitstatus in (ExitCode.CONFORMANT, ExitCode.NOTHING_CHECKED):
            session.exitstatus = int(self.trouble.exit_code)

    def _write_beside(self) -> None:
        """Write what was asked for beside results and reports."""
        try:
            if self.recorder is not None:
                self.recorder.write(contract=self.session.contract.sha256)
        except HarnessError as error:
            self.trouble = self.trouble or error
        if self.books is None or self.books.results is None:
            return
        if self._allure:
            from pytest_kibana.report.allure import write_environment

            write_environment(Path(self._allure), self.books.header)
        if os.environ.get("GITHUB_ACTIONS"):
            from pytest_kibana.report.github import publish

            publish(self.books.results, os.environ, self._write)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the scoreboard, the findings, and where the files are."""
        trouble = None if self.ended else self.trouble  # what ended the run is told by pytest
        results = self.books.results if self.books is not None else None
        if results is None and trouble is None:
            return
        terminalreporter.write_sep("=", "kibana")
        if self.books is not None and results is not None:
            from pytest_kibana.report.terminal import MARKUP, summary

            files = (*self.books.files, *([str(self.recorder.path)] if self.recorder else []))
            for line in summary(results, files=files, verbose=self.config.get_verbosity()):
                terminalreporter.write_line(line.text, **MARKUP.get(line.style, {}))
        if trouble is not None:
            terminalreporter.write_line(str(trouble), red=True)

    def pytest_unconfigure(self) -> None:
        """Let go of the run: pytest and the interpreter look through all that is left, time and again."""
        self.traffic = self.calls = self.books = self.recorder = self.progress = None
        self._seen, self._phases = [], {}
        self.__dict__.pop("session", None)

    # -- pytest-xdist, and whatever else makes reports travel

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
        """Let outcomes travel as plain data."""
        data = yield
        if data and data.get("kibana"):
            data["kibana"] = [outcome.to_json() for outcome in data["kibana"]]
        return data

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        """Turn plain data back into outcomes."""
        report = yield
        if getattr(report, "kibana", None):
            from pytest_kibana.conformance import Outcome

            report.kibana = [Outcome.from_json(data) for data in report.kibana]
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which target this is. The target is found once, by the controller."""
        session = self.open()
        told: dict[str, Any] = {
            "seed": session.seed,
            "contract": session.contract_source,
            "allow": self.settings.allow,
        }
        if session.stand_in:
            told |= {"url": session.stand_in.url, "api_key": session.stand_in.api_key}
            told |= {"viewer_api_key": session.stand_in.viewer_api_key}
        node.workerinput["kibana"] = told
        node.workerinput["kibana_learned"] = session.learned

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep on one worker what workers would quarrel over, unless another way of sharing out was asked for."""
        if config.getoption("dist") != "load":
            return None
        from pytest_kibana.workers import Together

        return Together(config, log, self.open().contended)
