"""Every call that a test makes by hand is held to the contract, silently while all is well."""

import threading
from collections.abc import Sequence

from pytest_kibana.books import TRAFFIC
from pytest_kibana.checks import Look, judge
from pytest_kibana.conformance import Item, Outcome
from pytest_kibana.conformance.outcome import Tally
from pytest_kibana.contract import Contract
from pytest_kibana.evidence import Finding
from pytest_kibana.markers import ExpectedDeviation
from pytest_kibana.wire import Exchange, Origin


class Traffic:
    """Collects what one test said by hand, and judges it when the test is over.

    Judging waits for the end, so that a test's own assertion is reported first, and costs no time between its calls.
    """

    def __init__(self, contract: Contract, *, strict: bool = False) -> None:
        self.contract = contract
        self.strict = strict
        self._lock = threading.Lock()
        self._said: list[Exchange] = []

    def hear(self, exchange: Exchange) -> None:
        """Listen to one exchange; those that no person wrote are somebody else's to judge."""
        if exchange.request.origin is Origin.HAND:
            with self._lock:
                self._said.append(exchange)

    def outcomes(self, expected: Sequence[ExpectedDeviation] = ()) -> tuple[Outcome, ...]:
        """Judge what was said since the last call; an outcome for each operation that was spoken to.

        A finding of a rule that the test expects is left out.
        """
        with self._lock:
            said, self._said = self._said, []
        tallies: dict[str, Tally] = {}
        for exchange in said:
            operation = self.contract.find(exchange.request.operation) if exchange.request.operation else None
            if operation is None:
                continue
            excused = {
                e.code for e in expected if e.operation in (None, operation.label, operation.operation_id)
            }
            tally = tallies.setdefault(operation.label, Tally(Item(operation, TRAFFIC, 0)))
            look = Look(exchange, operation, self.contract, strict=self.strict)
            tally.add(exchange, [one for one in judge(look, ("responses",)) if one[0].code not in excused])
        return tuple(tally.outcome() for tally in tallies.values())


def message(outcomes: Sequence[Outcome]) -> str | None:
    """Return what a test that broke no assertion of its own, but saw a broken promise, prints; None for none."""
    from pytest_kibana.conformance import describe

    broken: list[Finding] = [f for o in outcomes if o.failed for f in o.findings if f.status == "new"]
    if not broken:
        return None
    told = "\n\n".join(describe(finding) for finding in broken)
    return (
        f"{told}\n\nThis call was checked against the contract. If the deviation is expected here, mark the test with "
        f'@pytest.mark.kibana_expect_deviation("{broken[0].code}", reason="…"); --kibana-check-traffic=report|off '
        "changes it for the run."
    )
