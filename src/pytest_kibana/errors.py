"""Trouble that is ours or the environment's, never the deployment's conformance.

Every error here says what happened and, in ``hint``, what to do next. What a deployment or a contract does
wrong is a :class:`pytest_kibana.conformance.Finding` and never an exception of this family.

    HarnessError
    ├── UsageError              a flag, marker, file or value that cannot be right
    │   └── IdentityUnavailable   a client for somebody whom this run cannot be
    ├── ContractError           the contract cannot be had or cannot be read
    │   └── ContractUnavailable   nothing found, nothing downloadable
    ├── EnvironmentTrouble      the target cannot be tested now
    │   ├── TargetUnreachable     no connection
    │   ├── TargetNotReady        Kibana answers that it is still starting, or is unhealthy
    │   ├── CredentialsRefused    Kibana does not accept who we say we are
    │   ├── NotKibana             something answers, and it is not Kibana
    │   └── ResourceTrouble       something that a test needs could not be made, read or changed
    ├── SafetyRefusal           a request that was not allowed; it was not sent
    │   └── OwnershipRefusal      a generated change aimed at something this run does not own
    ├── BudgetExhausted         the run's requests or seconds are used up; the request was not sent
    ├── ResultsError            a results document that cannot be trusted
    └── LeftoversError          something this run created could not be removed
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says to the shell. 0 to 5 are pytest's own numbers, with pytest's meanings."""

    CONFORMANT = 0
    FINDINGS = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING_CHECKED = 5
    ENVIRONMENT = 6
    INCOMPLETE = 7
    LEFTOVERS = 8


class HarnessError(Exception):
    """Base of the family.

    Args:
        message: what happened, with the place (file, pointer, flag, URL) in it.
        hint: what the reader should do next, as one or two sentences.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not survive pickling (pytest-xdist) by default.
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[HarnessError], message: str, hint: str) -> HarnessError:
    return kind(message, hint=hint)


class UsageError(HarnessError):
    """A flag, marker, file or value that cannot be right."""

    exit_code = ExitCode.USAGE


class IdentityUnavailable(UsageError):
    """Nobody gave what a client for somebody else needs: tests that ask for one are skipped."""


class ContractError(HarnessError):
    """The contract cannot be read: not OpenAPI, truncated, a dangling reference, a wrong sha256."""

    exit_code = ExitCode.USAGE


class ContractUnavailable(ContractError):
    """No copy was found on the search path or in the cache, and none could be downloaded."""

    exit_code = ExitCode.ENVIRONMENT


class EnvironmentTrouble(HarnessError):
    """The target cannot be tested now; nothing was learned about its conformance."""

    exit_code = ExitCode.ENVIRONMENT


class TargetUnreachable(EnvironmentTrouble):
    """No connection could be made, or it broke before an answer."""


class TargetNotReady(EnvironmentTrouble):
    """Kibana answers that it is starting, shutting down, or unavailable."""


class CredentialsRefused(EnvironmentTrouble):
    """The target does not accept the credentials (a 200 status document without ``version``, or a 401)."""


class NotKibana(EnvironmentTrouble):
    """Something answers at the URL, and it is not Kibana (no ``kbn-name`` header, no status document)."""


class ResourceTrouble(EnvironmentTrouble):
    """Something that a test needs could not be made, read or changed on the target.

    ``status`` is the HTTP status of the refusal to make it, None where there was none.
    """

    status: int | None = None


class SafetyRefusal(HarnessError):
    """The request is of a class that was not allowed. It was not sent."""

    exit_code = ExitCode.USAGE


class OwnershipRefusal(SafetyRefusal):
    """A generated request would change something that this run does not own. It was not sent."""


class BudgetExhausted(HarnessError):
    """The run's budget of requests or seconds is used up. The request was not sent."""

    exit_code = ExitCode.INCOMPLETE


class ResultsError(HarnessError):
    """A results document that is damaged, of another schema, or does not belong with its companions."""

    exit_code = ExitCode.USAGE


class LeftoversError(HarnessError):
    """Something that this run created could not be removed."""

    exit_code = ExitCode.LEFTOVERS
