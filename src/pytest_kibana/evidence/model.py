"""What is kept: verdicts, findings and the other lines of a results document, as frozen values.

Every record turns into one JSON line and back (see :mod:`pytest_kibana.evidence.document`).
"""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Literal


class Verdict(Enum):
    """Outcome of a check. Ordered; joining only ever raises, and joining nothing is ``UNKNOWN``, never passed."""

    UNKNOWN = "unknown"
    NOT_RUN = "not run"
    NOT_APPLICABLE = "not applicable"
    PASSED = "passed"
    TOLERATED = "tolerated"
    KNOWN = "known"
    FAILED = "failed"
    ERROR = "error"

    __hash__ = object.__hash__  # there is one object for each; a run asks for their hashes a million times

    @property
    def rank(self) -> int:
        """Position in the order; greater is worse."""
        return _RANKS[self]

    @staticmethod
    def join(verdicts: "list[Verdict] | tuple[Verdict, ...]") -> "Verdict":
        """Return the worst of them; ``UNKNOWN`` for none."""
        return max(verdicts, key=lambda v: v.rank, default=Verdict.UNKNOWN)


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class About(StrEnum):
    """Whom a finding is about."""

    DEPLOYMENT = "deployment"
    CONTRACT = "contract"
    UNDECIDED = "undecided"


class Level(StrEnum):
    """How binding a rule is (RFC 2119). A broken SHOULD is tolerated unless the run is strict."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Severity(StrEnum):
    """How much a broken rule hurts; Allure's words."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    NORMAL = "normal"
    MINOR = "minor"
    TRIVIAL = "trivial"


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """The outcome of one check on one operation, over all the requests of one pytest item.

    ``counts`` maps a verdict's value to how many exchanges had it. ``success`` is True where a success of the
    operation was seen and its body validated. ``statuses`` counts HTTP statuses. ``milliseconds`` is the
    median time of an answer.
    """

    item: str
    operation: str
    family: str
    code: str
    verdict: Verdict
    counts: dict[str, int] = field(default_factory=dict)
    reason: str | None = None
    success: bool = False
    statuses: dict[str, int] = field(default_factory=dict)
    milliseconds: float | None = None
    requirement: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, once.

    ``identity`` survives a regenerated contract: a hash of operation, code, component, pointer and keyword.
    ``operations`` lists all labels that show it (a broken component is one finding). ``pointer`` is where in
    the answer (or the contract), with array indices folded to ``*``. ``exchange`` is the smallest example,
    redacted. ``status`` is ``new`` unless a list of deviations says ``known``.
    """

    identity: str
    code: str
    title: str
    sentence: str
    operation: str
    about: About
    level: Level
    severity: Severity
    family: str = ""
    operations: tuple[str, ...] = ()
    pointer: str = ""
    keyword: str = ""
    component: str | None = None
    count: int = 1
    case: str | None = None
    curl: str | None = None
    console: str | None = None
    exchange: dict[str, Any] | None = None
    status: Literal["new", "known", "tolerated"] = "new"
    deviation: str | None = None


@dataclass(frozen=True, slots=True)
class SkipRecord:
    """An operation (and check group) that was not tested, and why.

    ``kind`` is a stable word: ``newer than target``, ``flavor``, ``licence``, ``safety``, ``prerequisite``,
    ``deselected``, ``budget``, ``weather``, ``no cases``.
    """

    operation: str
    family: str
    kind: str
    reason: str
    group: str | None = None


HARNESS = "harness"
"""Kind of the trouble that a failure of our own in one item becomes."""


@dataclass(frozen=True, slots=True)
class TroubleRecord:
    """One line of environment: an outage, a refused request, something left over, a failure of our own. Never a
    finding.
    """

    kind: str
    sentence: str
    at: float
    count: int = 1
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class RequirementRecord:
    """The outcome of one test of the suites, which certifies one requirement.

    ``test`` is pytest's node id below the suites. ``families`` are those of the operations that the requirement names.
    ``calls`` counts, for each operation that the test called itself or through a factory, the statuses that it was
    answered. ``reason`` says what was missing where nothing was tested, and what did not hold where it failed.
    """

    test: str
    requirement: str
    level: Level
    verdict: Verdict
    sentence: str = ""
    families: tuple[str, ...] = ()
    reason: str | None = None
    seconds: float = 0.0
    calls: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def parameter(self) -> str:
        """Return what tells this test from the others of its function, in brackets; empty where it is the only one."""
        return self.test[self.test.index("[") :] if "[" in self.test else ""


@dataclass(frozen=True, slots=True)
class FamilyCoverage:
    """How much of one family was tested. ``operations = eligible + ineligible``; ``tested <= eligible``.

    ``labels`` are the eligible operations.
    """

    family: str
    operations: int
    eligible: int
    tested: int
    succeeded: int
    findings: int
    requests: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """First line: everything that must be known to read the rest. Settings are redacted."""

    schema: int
    tool: dict[str, Any]
    contract: dict[str, Any]
    target: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    plan: dict[str, Any]
    started: float


@dataclass(frozen=True, slots=True)
class Footer:
    """Last line. A document without one is an interrupted run."""

    finished: float
    verdict: Verdict
    exit_code: int
    counts: dict[str, int]
    requests: int
    seconds: float


Record = (
    Header
    | VerdictRecord
    | Finding
    | RequirementRecord
    | SkipRecord
    | TroubleRecord
    | FamilyCoverage
    | Footer
)
