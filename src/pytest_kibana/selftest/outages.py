"""Living through an outage: it is told once, changes no verdict, and the run goes on beside it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pytest_kibana.contract.model import Operation
from pytest_kibana.evidence import About, Finding, Verdict
from pytest_kibana.selftest.report import Endurance, Trial
from pytest_kibana.selftest.trying import Ran, Trier, identities
from pytest_kibana.simulator.faults.model import Fault


@dataclass(frozen=True, slots=True)
class Outage:
    """One fault of weather at one operation, and what must come of it.

    Attributes:
        fault: the weather.
        operation: at which it is.
        beside: an operation of the same run at which nothing is wrong; None where there is no other.
        wanted: what must come of it.
    """

    fault: Fault
    operation: Operation
    beside: Operation | None
    wanted: Endurance

    def lived_through(self, trier: Trier) -> Trial:
        """Run the operation where nothing is wrong and in the outage, and tell what differs that must not."""
        began = time.monotonic()
        operations = (self.operation, *((self.beside,) if self.beside else ()))
        # What is to be found may show at the third request only, and not every operation has as many good ones.
        groups = ("responses", "protocol") if self.wanted.found else ("responses",)
        calm = trier.weathered(operations, self.operation, None, groups)
        ran = trier.weathered(operations, self.operation, self.fault, groups)
        usual = identities(calm.findings(trier.session.known))
        found = [f for f in ran.findings(trier.session.known) if f.identity not in usual]
        deployment = [f for f in found if f.about is About.DEPLOYMENT]
        wrong = tuple(self._complaints(calm, ran, deployment))
        return Trial(
            fault=self.fault.name,
            operation=self.operation.label,
            family=self.operation.family,
            means="weather",
            noticed=not wrong,
            right=not wrong,
            failing=any(f.status == "new" for f in deployment),
            codes=tuple(dict.fromkeys(f.code for f in deployment)),
            trouble="; ".join(wrong) or None,
            requests=ran.requests,
            seconds=round(time.monotonic() - began, 3),
        )

    def _complaints(self, calm: Ran, ran: Ran, found: Sequence[Finding]) -> Iterator[str]:
        """Yield what is not as it must be, each a few words."""
        if ran.trouble is not None or ran.errors:
            yield ran.trouble.message if ran.trouble else ran.errors[0].splitlines()[-1]
        strange = [f.code for f in found if not _any_of(f.code, self.wanted.codes)]
        if strange:
            yield f"takes it for {', '.join(dict.fromkeys(strange))}"
        if len({f.identity for f in found}) > 1:
            yield f"makes {len({f.identity for f in found})} findings of it"
        if self.wanted.told and not ran.troubles:
            yield "does not tell it"
        if self.wanted.found and not found:
            yield "does not find it"
        if len({t.kind for t in ran.troubles}) < len(ran.troubles):
            yield "tells it more than once"
        yield from self._verdicts(calm, ran, excused=bool(found) and not strange)

    def _verdicts(self, calm: Ran, ran: Ran, *, excused: bool) -> Iterator[str]:
        """Yield what became of verdicts: an outage leaves them alone, or leaves the operation out."""
        if len(ran.outcomes) < len(calm.outcomes):
            yield f"goes on to {len(ran.outcomes)} of {len(calm.outcomes)} items only"
        for was, now in zip(calm.outcomes, ran.outcomes, strict=False):
            beside = now.operation != self.operation.label
            left_out = now.verdict is Verdict.NOT_RUN or now.verdict.rank < was.verdict.rank
            if now.verdict is was.verdict and now.succeeded is was.succeeded:
                continue
            if not beside and (excused or (left_out and not self.wanted.same)):
                continue
            if not beside and not self.wanted.same and now.verdict is not Verdict.FAILED:
                continue  # tolerated: what is said of it fails nothing
            yield f"{now.item} is {now.verdict.value} in place of {was.verdict.value}"


def companion(
    operations: Sequence[Operation], operation: Operation, answers: Callable[[Operation], bool]
) -> Operation | None:
    """Return an operation that answers of itself where nothing is wrong, to be run beside another.

    Args:
        operations: those that may be sent.
        operation: the other.
        answers: tells whether an operation succeeds where nothing is wrong.
    """
    for other in operations:
        plain = other.method == "GET" and not any(p.required for p in other.parameters)
        if plain and other.label != operation.label and other.family != operation.family and answers(other):
            return other
    return None


def _any_of(code: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)
