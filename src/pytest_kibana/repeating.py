"""A test of the suites that met weather is told again: an outage says nothing about the deployment.

Requests of the plan's own items are repeated one by one, by the runner. A test of a family or of a law is a story:
whatever in it was not answered (a gateway's 502, a limit of the rate, a connection that broke), the whole of it is
tried again when the target answers, and is *not run* where that does not help. A test that passed keeps its verdict,
and tests that people write themselves are left alone.
"""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest
from _pytest.runner import runtestprotocol

from pytest_kibana.certifying import OWN, SUITES
from pytest_kibana.errors import HarnessError, ResourceTrouble, SafetyRefusal
from pytest_kibana.gating import not_made
from pytest_kibana.wire import Exchange, KibanaClient
from pytest_kibana.wire.exchange import Weather

_MOST = 4
_PAUSE = 0.5
_STATUS = "/api/status"


@dataclass(eq=False)
class Sky:
    """What the test that is running saw of the weather, itself or through a factory.

    ``refused`` is what was refused for want of privileges. ``client`` asks whether the weather has cleared, for at most
    ``deadline`` seconds.
    """

    client: KibanaClient
    deadline: float
    seen: Weather | None = None
    refused: str | None = None
    gone: bool = False
    thread: int = field(default_factory=threading.get_ident)

    def hear(self, exchange: Exchange) -> None:
        """Listen to one exchange."""
        ours = threading.get_ident() == self.thread and exchange.request.origin in OWN
        if ours and exchange.weather is not None:
            self.seen = exchange.weather
        if ours and exchange.answer is not None and exchange.answer.status == HTTPStatus.FORBIDDEN:
            self.refused = f"{exchange.request.method} {exchange.request.path} answered 403"

    def forget(self) -> None:
        """Forget what another test, or another time, saw."""
        self.seen = self.refused = None

    def clears(self) -> bool:
        """Wait until the target answers again. Where it once did not in time, nobody waits a second time."""
        client = self.client
        end = client.clock.monotonic() + self.deadline
        while not self.gone:
            try:
                answer = client.get(_STATUS)
                if answer.extensions["kibana_exchange"].weather is None:
                    return True
            except HarnessError:
                pass  # it is what we wait for
            self.gone = client.clock.monotonic() >= end
            client.clock.sleep(_PAUSE)
        return False


def repeatable(item: pytest.Item) -> bool:
    """Tell whether a test is one of the suites' and no item of the plan."""
    callspec = getattr(item, "callspec", None)
    planned = callspec is not None and "kibana_item" in callspec.params
    return not planned and SUITES in item.path.resolve().parents


@dataclass(frozen=True, eq=False)
class Repeater:
    """Runs a test, and again while weather kept it from passing; the last time alone is reported.

    ``forget`` is called before each time, and forgets what the time before had learned. ``limited`` tells whether
    nobody knows what the run's credentials should have been allowed: then a refusal for want of privileges breaks no
    promise. ``administers`` tells whether they may do everything: then each refusal breaks one.
    """

    sky: Sky
    forget: Callable[[pytest.Item], None]
    limited: Callable[[], bool]
    administers: Callable[[], bool]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a test of the suites."""
        if not repeatable(item):
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports: list[pytest.TestReport] = []
        for _ in range(_MOST):
            self.forget(item)
            self.sky.forget()
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            if all(report.passed for report in reports) or self.sky.seen is None or not self.sky.clears():
                break
            _forget_failures(item)
        if self.sky.seen is not None:
            _not_run(item, reports, self.sky.seen)
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Skip a test of the suites that did not come to what it is about, for want of privileges."""
        try:
            yield
        except (AssertionError, pytest.fail.Exception):
            if self.sky.refused and self.limited() and repeatable(item):
                pytest.skip(f"needs somebody who may ask it, found: {self.sky.refused}")
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Skip a test of the suites whose fixtures may not make what it is about."""
        try:
            yield
        except (ResourceTrouble, SafetyRefusal) as trouble:
            reason = not_made(trouble, self.administers) if repeatable(item) else None
            if reason:
                pytest.skip(reason)
            raise


def _not_run(item: pytest.Item, reports: list[pytest.TestReport], weather: Weather) -> None:
    """Take back every judgement of a test that weather kept from passing, a tolerated one too."""
    path, line, _ = item.location
    for report in reports:
        if report.failed or hasattr(report, "wasxfail"):
            report.outcome = "skipped"
            report.longrepr = (path, (line or 0) + 1, f"Skipped: not run, for weather: {weather.sentence}")
            report.__dict__.pop("wasxfail", None)


def _forget_failures(item: pytest.Item) -> None:
    """Let fixtures that could not be made be tried again; pytest keeps the failures of wider ones."""
    info = getattr(item, "_fixtureinfo", None)
    for definitions in info.name2fixturedefs.values() if info is not None else ():
        for definition in definitions:
            if definition.cached_result is not None and definition.cached_result[2] is not None:
                definition.cached_result = None
