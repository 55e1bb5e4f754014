"""The run: items are worked off in order, several at once, within the budget, through any weather.

Worker threads run ahead of pytest, which asks for one outcome after the other. A target that goes away is
waited for, what was under way is repeated, and no verdict changes; what could not be sent is *not run*, never
failed.
"""

import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal

from pytest_kibana.cases.model import Case, Kind
from pytest_kibana.cases.shrink import shrink
from pytest_kibana.checks import Judged, Look, judge
from pytest_kibana.conformance.budget import Budget
from pytest_kibana.conformance.outcome import Outcome, Tally
from pytest_kibana.conformance.plan import Item, Plan
from pytest_kibana.conformance.ports import CaseSource, Resolver, Sender
from pytest_kibana.conformance.probes import Probe, probes
from pytest_kibana.conformance.schedule import Claims, Schedule
from pytest_kibana.conformance.weather import PATIENCE, Sky, Watch
from pytest_kibana.errors import (
    BudgetExhausted,
    HarnessError,
    SafetyRefusal,
    TargetNotReady,
    TargetUnreachable,
    UsageError,
)
from pytest_kibana.evidence.model import TroubleRecord
from pytest_kibana.wire import build_request
from pytest_kibana.wire.exchange import Exchange, Intent, Origin, Request, Weather

_MOST_SHRUNK = 3
_PATIENT = 2  # cases of an item that are given up for weather before the rest of it is
_FROM_PROBES = frozenset({"protocol", "access"})

# Good requests are sent for the responses alone; what other groups say of a good request is judged there.
_JUDGED = {
    "responses": ("responses", "KBN-I202", "KBN-P308", "KBN-A404"),
    "protocol": ("responses", "protocol", "KBN-I210"),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What stays the same for all requests of a run.

    ``flavor`` and ``version`` are the target's. ``xsrf`` tells whether it demands ``kbn-xsrf`` of these credentials,
    ``secured`` whether it has security, ``strangers`` whether it serves people without credentials. ``space`` is the
    throwaway space that space-aware operations speak to; ``only_case`` sends this one case alone. ``shrink`` is how
    many requests may be spent on finding a smaller example of a failure. ``makers`` are the labels of operations that
    make something, and ``claims`` says by label what must not change, or be used, while one is tested. ``borrowers``
    are those of operations that read what somebody else made, in the default space.
    """

    strict: bool = False
    flavor: str | None = None
    version: str | None = None
    xsrf: bool = True
    secured: bool = True
    strangers: bool = False
    space: str | None = None
    only_case: str | None = None
    shrink: int = 12
    makers: frozenset[str] = frozenset()
    claims: Mapping[str, Claims] = field(default_factory=dict)
    borrowers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What makes a request (again after an outage, with fresh objects), who sends it, and the case that may be
    shrunk.
    """

    make: Callable[[], Request]
    identity: str = "main"
    case: Case | None = None


class Runner:
    """Runs a plan.

    Args:
        plan: what to test.
        senders: who sends, by identity: ``main`` is needed; ``anonymous``, ``wrong key`` and ``viewer`` where
            they exist. Their clients have ``budget`` as a gate, so that everything that a run sends is counted.
        source: makes cases.
        resolver: puts ids of owned objects into them.
        budget: the run's budget.
        circumstances: what stays the same for all requests.
        concurrency: requests in flight.
        weather_deadline: seconds to wait for a target that went away.
        clean: takes secrets out of a text; a failure of our own may quote what it was handling.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        senders: Mapping[str, Sender],
        source: CaseSource,
        resolver: Resolver,
        budget: Budget | None = None,
        circumstances: Circumstances | None = None,
        concurrency: int = 8,
        weather_deadline: float = 180.0,
        clean: Callable[[str], str] = str,
    ) -> None:
        self.plan = plan
        self._clean = clean
        self.budget = budget or Budget(plan.limits)
        self._senders = senders
        self._source = source
        self._resolver = resolver
        self._around = circumstances or Circumstances()
        self._watch = Watch(senders["main"], deadline=weather_deadline, budget=self.budget)
        self._concurrency = max(1, concurrency)
        self._lock = threading.Lock()
        self._told = threading.Condition(self._lock)
        self._work_there = threading.Condition(self._lock)
        self._idle = 0
        self._awaited: set[str] = set()
        self._schedule = Schedule((), self._around.claims)
        self._outcomes: dict[str, Outcome] = {}
        self._asked: set[str] = set()
        self._under_way: set[str] = set()
        self._workers: list[threading.Thread] = []
        self._closed = False

    # -- pytest's side

    def start(self, keys: Sequence[str] | None = None) -> None:
        """Begin to work ahead, on these items in this order (all where None). Unknown keys raise UsageError."""
        items = self.plan.items if keys is None else tuple(self._item(key) for key in keys)
        with self._lock:
            self._schedule = Schedule(items, self._around.claims)
            self._work_there.notify_all()
        while len(self._workers) < self._concurrency:
            worker = threading.Thread(target=self._work, name=f"kibana-{len(self._workers)}", daemon=True)
            self._workers.append(worker)
            worker.start()

    def outcome(self, key: str) -> Outcome:
        """Return what came of an item; waits for it, and makes it the next one where it has not begun."""
        item = self._item(key)
        if not self._workers:
            self.start([key])
        with self._lock:
            if key not in self._outcomes and key not in self._under_way:
                if item not in self._schedule:
                    self._schedule.add(item)
                self._schedule.bring_forward(item)
                self._work_there.notify()
            self._awaited.add(key)
            # A time-out lets Ctrl-C through on every platform.
            while key not in self._outcomes and not self._closed:
                self._told.wait(0.5)
            self._awaited.discard(key)
            if key not in self._outcomes:
                return _not_run(item, "interrupted", "the run was stopped")
            if key not in self._asked:
                self._asked.add(key)
                self._schedule.collected()
                if self._idle and self._schedule.hungry:
                    self._work_there.notify()
            return self._outcomes[key]

    def run(self, keys: Sequence[str] | None = None) -> Iterator[Outcome]:
        """Run all items (or these) and yield their outcomes in order."""
        wanted = [item.key for item in self.plan.items] if keys is None else list(keys)
        self.start(wanted)
        for key in wanted:
            yield self.outcome(key)

    def troubles(self) -> tuple[TroubleRecord, ...]:
        """Return one line for each kind of outage that the run saw."""
        return self._watch.troubles()

    def close(self) -> None:
        """Stop: nothing new is sent, what is under way is waited for."""
        with self._lock:
            self._closed = True
            self._work_there.notify_all()
            self._told.notify_all()
        self._watch.stop()
        for worker in self._workers:
            worker.join()
        self._workers.clear()

    def __enter__(self) -> "Runner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _item(self, key: str) -> Item:
        try:
            return self.plan.by_key[key]
        except KeyError:
            raise UsageError(
                f"no item {key!r} in the plan", hint="`pytest --kibana-plan` lists the items."
            ) from None

    # -- the workers' side

    def _work(self) -> None:
        while (item := self._next()) is not None:
            outcome = self._safely(item)
            with self._lock:
                self._outcomes[item.key] = outcome
                self._under_way.discard(item.key)
                self._schedule.finished(item)
                if item.key in self._awaited:
                    self._told.notify_all()

    def _next(self) -> Item | None:
        """Wait for work; None where the run is over. Nobody is woken in vain: whoever takes an item wakes the next
        worker where there is one more to take.
        """
        with self._lock:
            while not self._closed:
                item = self._schedule.take()
                if item is not None:
                    self._under_way.add(item.key)
                    if self._idle and self._schedule.ready:
                        self._work_there.notify()
                    return item
                self._idle += 1
                self._work_there.wait()
                self._idle -= 1
            return None

    def _safely(self, item: Item) -> Outcome:
        tally = Tally(item)
        try:
            self._run(item, tally)
        except BudgetExhausted as error:
            tally.skip("budget", error.message)
        except Exception:  # noqa: BLE001 - a bug of ours is this item's outcome, and must not end the others
            return tally.outcome(error=self._clean(traceback.format_exc(limit=-6)))
        return tally.outcome()

    def _run(self, item: Item, tally: Tally) -> None:
        sent = 0
        failing: dict[str, Case] = {}
        for attempt in self._attempts(item, tally):
            if self._closed or self._watch.gone or sent >= item.limit:
                break
            if tally.given_up >= _PATIENT:
                break
            sender = self._senders.get(attempt.identity)
            if sender is None:
                tally.skip("prerequisite", f"no credentials for {attempt.identity}")
                continue
            broken = self._send_and_judge(item, sender, attempt.make, tally)
            sent += broken is not None
            if attempt.case is not None:
                failing.update((name, attempt.case) for name in broken or () if name not in failing)
        for name, case in list(failing.items())[:_MOST_SHRUNK]:
            self._shrink(item, name, case, tally)
        if self._watch.gone:
            tally.skip("weather", self._watch.farewell)
        elif self._closed:
            tally.skip("interrupted", "the run was stopped")
        elif not sent and not tally.skips:
            only = self._around.only_case
            tally.skip("no cases", f"no case {only} here" if only else f"nothing to send for {item.group}")

    def _shrink(self, item: Item, name: str, case: Case, tally: Tally) -> None:
        """Look for a smaller case that fails in the same way; what is sent for it makes no verdict."""
        operation = item.operation

        def still_fails(smaller: Case) -> bool:
            if self._closed or self._watch.gone or self.budget.exhausted:
                return False
            try:
                exchange, settled = self._through_weather(
                    self._senders["main"], self._maker(item, smaller, None), tally
                )
            except HarnessError:
                return False
            if exchange is None:
                return False
            return tally.smaller(name, exchange, self._judged(item, exchange, tally, settled=settled))

        if self._around.shrink:
            shrink(self.plan.contract, operation, case, still_fails, requests=self._around.shrink)

    def _attempts(self, item: Item, tally: Tally) -> Iterator[_Attempt]:
        """Yield what may be sent, in order."""
        operation = item.operation
        if item.group not in _FROM_PROBES:
            for case in self._source.cases(operation, item.group):
                if self._around.only_case in (None, case.id):
                    yield _Attempt(self._maker(item, case, None), case=case)
            return
        # The smallest request: a published example may name objects of somebody else.
        valid = self._source.cases(operation, "responses")
        base = next((case for case in valid if case.kind is Kind.SMALLEST), next(iter(valid), None))
        if base is None:
            tally.skip("no cases", "no valid request to start from")
            return
        around = self._around
        if item.group == "access" and (around.strangers or not around.secured):
            tally.skip("prerequisite", "the target serves people without credentials, so none can be refused")
        if item.group == "protocol" and operation.unsafe and not around.xsrf:
            tally.skip("prerequisite", "the target does not demand kbn-xsrf of these credentials")
        for probe in probes(
            operation,
            item.group,
            xsrf=around.xsrf,
            secured=around.secured,
            strangers=around.strangers,
            makes=operation.label in around.makers,
            revoked="revoked key" in self._senders,
        ):
            if around.only_case in (None, f"{base.id}~{probe.kind.replace(' ', '-')}"):
                yield _Attempt(self._maker(item, base, probe), probe.identity)

    def _maker(self, item: Item, case: Case, probe: Probe | None) -> Callable[[], Request]:
        def make() -> Request:
            request = self._build(item, self._resolver.resolve(case))
            return probe.apply(request) if probe else request

        return make

    def _build(self, item: Item, case: Case) -> Request:
        operation = item.operation
        # A request that not every route must refuse, or that names what nobody has, makes no claim.
        refused: Literal["refused"] | None = "refused" if case.certain else None
        accepted: Literal["accepted"] | None = None if case.invented else "accepted"
        return build_request(
            operation,
            path=case.path,
            query=case.query,
            headers=case.headers,
            body=case.body,
            has_body=case.has_body,
            media=case.media,
            space=self._space_of(item),
            origin=Origin.GENERATED,
            intent=Intent(
                expect=accepted if case.valid else refused,
                kind=case.kind.value,
                case=case.id,
                rule=case.rule,
            ),
            resolve=self.plan.contract.resolve,
        )

    def _space_of(self, item: Item) -> str | None:
        operation = item.operation
        borrows = operation.label in self._around.borrowers
        return self._around.space if operation.space_aware and not borrows else None

    def _send_and_judge(
        self, item: Item, sender: Sender, make: Callable[[], Request], tally: Tally
    ) -> frozenset[str] | None:
        """Return the identities of what the answer breaks; None where nothing was sent."""
        try:
            exchange, settled = self._through_weather(sender, make, tally)
            if exchange is not None and self._resolver.spoilt(exchange):
                # What another operation did to an object is not this one's doing.
                exchange, settled = self._through_weather(sender, make, tally)
        except SafetyRefusal as refusal:
            tally.skip("safety", refusal.message)
            return None
        except BudgetExhausted:
            raise
        except HarnessError as trouble:
            tally.skip("prerequisite", trouble.message)
            return None
        if exchange is None:
            return None
        return tally.add(exchange, self._judged(item, exchange, tally, settled=settled))

    def _judged(self, item: Item, exchange: Exchange, tally: Tally, *, settled: bool) -> tuple[Judged, ...]:
        look = Look(
            exchange,
            item.operation,
            self.plan.contract,
            strict=self._around.strict,
            story=tally.told(exchange) if item.group in _FROM_PROBES else (),
            flavor=self._around.flavor,
            version=self._around.version,
            usual=tally.usual,
            settled=settled,
        )
        return judge(look, _JUDGED.get(item.group, ("responses", item.group)))

    def _through_weather(
        self, sender: Sender, make: Callable[[], Request], tally: Tally
    ) -> tuple[Exchange | None, bool]:
        """Send until there is an answer. Returns the exchange, and whether no answer is the request's own doing."""
        repeats, attempt = 0, 1  # what was refused unread is as good as never sent, and no attempt
        while not self._closed:
            exchange, weather = _sent(sender, make)
            if exchange is not None and attempt > exchange.attempt:
                exchange = replace(exchange, attempt=attempt)
            if weather is None:
                self._watch.heard()
                return exchange, False
            attempt += PATIENCE[weather.kind].settles
            sky = self._watch.after(weather)
            if sky is Sky.GONE:
                return None, False
            repeats = repeats + 1 if sky is Sky.CLEAR else 0
            patience = PATIENCE[weather.kind]
            if repeats >= patience.times:
                if patience.settles and exchange is not None:
                    return exchange, True
                tally.skip("weather", weather.sentence)
                return None, False
            self._watch.pause(repeats)
        return None, False


def _sent(sender: Sender, make: Callable[[], Request]) -> tuple[Exchange | None, Weather | None]:
    """Send. There is no exchange where weather kept the request from being made: an object that it needs could not
    be made.
    """
    try:
        request = make()
    except (TargetUnreachable, TargetNotReady) as trouble:
        return None, Weather("unreachable", trouble.message)
    exchange = sender.send(request)
    return exchange, exchange.weather


def _not_run(item: Item, kind: str, reason: str) -> Outcome:
    tally = Tally(item)
    tally.skip(kind, reason)
    return tally.outcome()
