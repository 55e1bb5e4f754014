"""P: what the platform owes whatever the operation: kbn-xsrf, versions, HEAD, encodings.

The requests are made by the run from a good one; their intent says what was changed (``no xsrf``, ``unknown version``,
``malformed version``, ``head``, ``plain encoding``).
"""

from collections.abc import Callable, Iterator

from pytest_kibana.checks import promises, seen, stories
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import About, Level, Severity

VERSION_REFUSALS = ("No version ", "Invalid version")
"""How messages begin that refuse a version (Kibana source, core_versioned_route.ts, route_version_utils.ts)."""

_NOBODYS = "00000000-0bad-4bad-8bad-000000000000"
"""The id that the run asks for where nothing is."""

_BEFORE_XSRF = frozenset({401, 413, 415})
_PARSING = (
    "Invalid request payload",
    "Payload content length",
    "Invalid multipart",
    "Unsupported Media Type",
)


def _probe(*kinds: str) -> Callable[[Look], bool]:
    return lambda look: seen.answered(look) and look.exchange.request.intent.kind in kinds


def version_refused(look: Look) -> bool:
    """Tell whether the answer refuses the version that was asked for."""
    return seen.status(look) == 400 and (seen.message(look) or "").startswith(VERSION_REFUSALS)


@check(
    "KBN-P301",
    "a change is accepted without kbn-xsrf",
    applies=_probe("no xsrf"),
    severity=Severity.CRITICAL,
    why="Without it, any web page that somebody visits can make their browser change this Kibana.",
    example="A POST without kbn-xsrf answers 200.",
    source="Kibana source, lifecycle_handlers.ts",
)
def xsrf_demanded(look: Look) -> Iterator[Problem]:
    """An unsafe request without ``kbn-xsrf`` does not succeed."""
    if seen.status(look) < 400:
        yield Problem(f"answers {seen.status(look)} without kbn-xsrf", keyword="kbn-xsrf")


@check(
    "KBN-P302",
    "a request without kbn-xsrf reaches the handler",
    applies=lambda look: _probe("no xsrf")(look) and seen.status(look) >= 400,
    severity=Severity.NORMAL,
    why="The header is looked at before validation and handler; another refusal shows that it was not.",
    example="A DELETE without kbn-xsrf answers 404 for the object.",
    source="Kibana source, lifecycle_handlers.ts",
)
def xsrf_refused_first(look: Look) -> Iterator[Problem]:
    """The refusal is the one for ``kbn-xsrf``. What may rightly come first (credentials, reading the payload, an
    unknown route) is excused.
    """
    status, said = seen.status(look), seen.message(look) or ""
    if status in _BEFORE_XSRF or status >= 500 or "kbn-xsrf" in said:
        return
    if said.startswith(_PARSING) or said == "Not Found" or "is not available with the current" in said:
        return
    yield Problem(
        f"answers {status} for another reason than the missing kbn-xsrf",
        keyword=str(status),
        about=About.UNDECIDED,
    )


@check(
    "KBN-P303",
    "versions are looked at only sometimes",
    applies=lambda look: (
        _probe("unknown version", "malformed version")(look) and _other_version(look) is not None
    ),
    why="A client that asks for a version that is gone must not be answered in another.",
    example="Version 1 is refused as malformed, 2019-01-01 is answered.",
    source="Kibana source, core_versioned_route.ts",
)
def versions_refused_alike(look: Look) -> Iterator[Problem]:
    """A route that refuses one wrong version refuses the other. Routes without versions ignore both."""
    other = _other_version(look)
    assert other is not None
    if version_refused(other) is version_refused(look):
        return
    accepted = look if not version_refused(look) else other
    if _answered_by_handler(accepted):
        kind = accepted.exchange.request.intent.kind
        yield Problem(f"accepts the {kind}, and refuses the other", keyword=kind)


def _answered_by_handler(look: Look) -> bool:
    """Tell whether an answer is one that only the handler can give: it comes after the look at the version."""
    return seen.succeeded(look) or seen.status(look) == 409 or seen.object_missing(look)


def _other_version(look: Look) -> Look | None:
    kinds = {"unknown version", "malformed version"} - {look.exchange.request.intent.kind}
    for step in look.story[:-1]:
        if step.exchange.request.intent.kind in kinds and step.exchange.answer is not None:
            return Look(step.exchange, look.operation, look.contract)
    return None


@check(
    "KBN-P304",
    "refused version without the ones there are",
    applies=lambda look: _probe("unknown version")(look) and version_refused(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Who is told what there is can go on.",
    example="400 with the message `Bad version`.",
    source="Kibana source, core_versioned_route.ts",
)
def versions_named(look: Look) -> Iterator[Problem]:
    """The refusal of an unknown version lists the available ones."""
    if "Available versions are" not in (seen.message(look) or ""):
        yield Problem("the message names no version that there is", pointer="/message", keyword="versions")


@check(
    "KBN-P305",
    "a version is refused with the wrong status",
    applies=_probe("unknown version", "malformed version"),
    severity=Severity.NORMAL,
    why="A version that does not exist is the client's mistake, and the client must be able to see that.",
    example="An unknown version answers 404 in place of 400.",
    source="Kibana source, core_versioned_route.ts",
)
def version_refused_by_400(look: Look) -> Iterator[Problem]:
    """A message about versions comes with 400."""
    said = seen.message(look) or ""
    if said.startswith(VERSION_REFUSALS) and seen.status(look) not in (400, 406):
        yield Problem(f"answers {seen.status(look)} to a wrong version", keyword=str(seen.status(look)))


@check(
    "KBN-P306",
    "HEAD where GET works is not answered",
    applies=_probe("head"),
    level=Level.SHOULD,
    severity=Severity.TRIVIAL,
    why="Monitors and caches ask with HEAD.",
    example="GET answers 200, HEAD answers 405.",
    source="RFC 9110, 9.3.2",
)
def head_answered(look: Look) -> Iterator[Problem]:
    """HEAD is no unknown method: 405 and 501 are wrong answers, and so is 404 where the same GET just succeeded."""
    worked = any(stories.ok(step) for step in look.story[:-1] if step.exchange.request.method == "GET")
    if seen.status(look) in (405, 501) or (seen.status(look) == 404 and worked):
        yield Problem(f"answers {seen.status(look)} to HEAD", keyword="HEAD", about=About.UNDECIDED)


@check(
    "KBN-P307",
    "compressed though it was not asked for",
    applies=_probe("plain encoding"),
    severity=Severity.NORMAL,
    why="A client that cannot unpack reads rubbish.",
    example="content-encoding is gzip though accept-encoding says identity.",
    source="RFC 9110, 12.5.3",
)
def encoding_respected(look: Look) -> Iterator[Problem]:
    """``accept-encoding: identity`` is answered without a content encoding."""
    value = (seen.answer(look).header("content-encoding") or "identity").lower()
    if value != "identity":
        yield Problem("the answer is compressed", keyword="content-encoding")


@check(
    "KBN-P310",
    "an object that is not there is not called missing",
    applies=lambda look: (
        _probe("unknown object")(look)
        and look.exchange.request.method in ("GET", "DELETE")
        and look.exchange.request.path.endswith(_NOBODYS)
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client must be able to tell a thing that is not there from a request that is wrong, and from success.",
    example="GET of an id that nothing has answers 400.",
    source="Elastic's own API tests assert 404; facts of families differ",
)
def missing_is_404(look: Look) -> Iterator[Problem]:
    """An id that nothing has is answered 404. A grammar of ids may rightly refuse it, and some deletes always succeed:
    undecided. An empty list says as much: nothing belongs to it.
    """
    status = seen.status(look)
    if status not in (401, 403, 404) and status < 500 and seen.answer(look).json != []:
        yield Problem(
            f"answers {status} to an id that nothing has", keyword=str(status), about=About.UNDECIDED
        )


@check(
    "KBN-P308",
    "the documented version is refused",
    applies=lambda look: seen.answered(look) and look.exchange.request.intent.expect == "accepted",
    severity=Severity.BLOCKER,
    why="A client that asks for the version that the documentation names is turned away.",
    example="elastic-api-version 2023-10-31 answers 400, no version available.",
    source="Kibana docs, API versioning",
)
def documented_version_accepted(look: Look) -> Iterator[Problem]:
    """A good request that names the public version is not refused for its version."""
    if version_refused(look):
        yield Problem("refuses the public version of the API", keyword="version")


@check(
    "KBN-P309",
    "a version that never was is answered",
    applies=lambda look: (
        _probe("unknown version")(look) and look.operation is not None and promises.negotiates(look.operation)
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client that asks for a version that is gone must not be answered in another.",
    example="GET /api/spaces/space with elastic-api-version 2019-01-01 answers 200.",
    source="Kibana source, core_versioned_route.ts",
)
def unknown_version_refused(look: Look) -> Iterator[Problem]:
    """Routes that are known to stand on the versioned router refuse versions that they do not have, before the handler
    can say of an object that it is missing or in the way.
    """
    if _answered_by_handler(look):
        yield Problem("answers in a version that was not asked for", keyword="versions")
