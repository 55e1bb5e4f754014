"""A: who may do what: nobody, a wrong key, somebody who may only read.

The run sends a good request as somebody else; its intent's ``identity`` says who.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pytest_kibana.checks import promises, seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.contract.model import Operation
from pytest_kibana.evidence.model import About, Level, Severity

_OF_HANDLER = frozenset({404, 409})
_CHANGING = ("manage", "write", "create", "update", "delete", "edit", "all")


_NAMED = re.compile(r"privilege|unauthorized|not authorized|unable to|\[.+\]|licen[cs]e", re.IGNORECASE)


# POSTs that ask, and change nothing.
_LOOKS = re.compile(
    r"/_?(bulk_)?(find|get|search|query|resolve|export|preview|count|status|validate|dryrun|test|converse|complete)(?=/|$)"
    r"|suggest|shareable|_simulate|health|/a2a|/mcp|/fields"
)


def _as(*identities: str) -> Callable[[Look], bool]:
    return lambda look: seen.answered(look) and look.exchange.request.intent.identity in identities


def _guarded(look: Look) -> bool:
    return look.operation is not None and not promises.open_to_nobody(look.operation)


def _unknown_route(look: Look) -> bool:
    return seen.status(look) == 404 and seen.message(look) == "Not Found"


@check(
    "KBN-A401",
    "served without credentials",
    applies=lambda look: _as("anonymous")(look) and _guarded(look),
    severity=Severity.BLOCKER,
    why="Whoever can reach the port can read or change this.",
    example="A GET without an authorization header answers 200 with data.",
    source="Kibana source, authentication_service.ts",
)
def nobody_is_refused(look: Look) -> Iterator[Problem]:
    """A request without credentials does not succeed."""
    if seen.status(look) < 300:
        yield Problem(f"answers {seen.status(look)} to nobody", keyword="authorization")


@check(
    "KBN-A402",
    "served with a wrong key",
    applies=lambda look: _as("wrong key")(look) and _guarded(look),
    severity=Severity.BLOCKER,
    why="A key that does not exist opens the door.",
    example="An invented API key reads the list of connectors.",
    source="Kibana source, authentication_service.ts",
)
def wrong_key_is_refused(look: Look) -> Iterator[Problem]:
    """A request with a key that does not exist does not succeed."""
    if seen.status(look) < 300:
        yield Problem(f"answers {seen.status(look)} to a key that does not exist", keyword="authorization")


@check(
    "KBN-A410",
    "served with a revoked key",
    applies=lambda look: _as("revoked key")(look) and _guarded(look),
    severity=Severity.BLOCKER,
    why="A key is revoked because somebody has it who must not.",
    example="An API key that was invalidated a second ago reads the list of connectors.",
    source="Elasticsearch docs, invalidate API key",
)
def revoked_key_is_refused(look: Look) -> Iterator[Problem]:
    """A request with a key that was revoked does not succeed."""
    if seen.status(look) < 300:
        yield Problem(f"answers {seen.status(look)} to a key that was revoked", keyword="authorization")


@check(
    "KBN-A403",
    "missing credentials are refused with another status than 401",
    applies=lambda look: (
        _as("anonymous", "wrong key", "revoked key")(look) and _guarded(look) and seen.status(look) >= 300
    ),
    severity=Severity.NORMAL,
    why="Clients ask for credentials on 401, and on nothing else; and another refusal tells strangers what is there.",
    example="A request without credentials answers 404 for the object.",
    source="Kibana source, authentication_service.ts; observed on 9.0.1",
)
def refused_by_401(look: Look) -> Iterator[Problem]:
    """Authentication comes before validation, authorization and handler. A payload too large comes before it, and so
    does a route that the router does not know: that 404 stays undecided.
    """
    status = seen.status(look)
    if status == 401 or status >= 500 or status in (413, 429):
        return
    said = seen.message(look) or ""
    parsed_first = status in (400, 415) and said.startswith(("Invalid request payload", "Unsupported Media"))
    if not parsed_first:
        yield Problem(
            f"answers {status} in place of 401",
            keyword=str(status),
            about=About.UNDECIDED
            if 300 <= status < 400 or _unknown_route(look) or seen.head(look)
            else About.DEPLOYMENT,
        )


@check(
    "KBN-A404",
    "good credentials are called unknown",
    applies=lambda look: _as("main")(look) and look.exchange.request.intent.expect == "accepted",
    severity=Severity.NORMAL,
    why="Who is logged in for one operation is logged in for all.",
    example="One operation answers 401 to the key that all others accept.",
    source="RFC 9110, 15.5.2",
)
def known_everywhere(look: Look) -> Iterator[Problem]:
    """Credentials that the deployment accepts are not answered 401. Some operations demand another scheme, hence
    undecided.
    """
    if seen.status(look) == 401:
        yield Problem("answers 401 to accepted credentials", keyword="401", about=About.UNDECIDED)


@check(
    "KBN-A405",
    "somebody who may only read makes a change",
    applies=lambda look: _as("viewer")(look) and look.operation is not None and look.operation.unsafe,
    severity=Severity.CRITICAL,
    why="Roles are what keeps the people of one Kibana from one another's work.",
    example="A viewer's DELETE answers 204.",
    source="Kibana docs, security privileges",
)
def viewer_changes_nothing(look: Look) -> Iterator[Problem]:
    """PUT, PATCH, DELETE and POST by a viewer do not succeed, but for a POST that only asks. Where the contract names
    no privilege to change, it may be the viewer's own setting, and stays undecided; an empty list then changes nothing.
    So does a request that fails for what only the handler, which comes after the privileges, can know.
    """
    operation = look.operation
    assert operation is not None
    sure = _demands_more_than_reading(operation)
    if not seen.succeeded(look):
        if sure and seen.status(look) in _OF_HANDLER and not _unknown_route(look):
            yield Problem(
                f"answers {seen.status(look)} in place of 403 to somebody who may only read",
                keyword="privileges",
                about=About.UNDECIDED,
            )
        return
    empty = (look.exchange.request.body or b"").strip() == b"[]"
    if sure or not (empty or _LOOKS.search(operation.path)):
        yield Problem(
            f"answers {seen.status(look)} to somebody who may only read",
            keyword="privileges",
            about=About.DEPLOYMENT if sure else About.UNDECIDED,
        )


def _demands_more_than_reading(operation: Operation) -> bool:
    if operation.privileges is None or not operation.privileges.names:
        return False
    changing = [any(word in name.lower() for word in _CHANGING) for name in operation.privileges.names]
    return all(changing) if operation.privileges.mode == "any" else any(changing)


@check(
    "KBN-A406",
    "lack of privileges is called lack of credentials",
    applies=_as("viewer"),
    severity=Severity.NORMAL,
    why="A client that gets 401 logs in again, for ever.",
    example="A viewer's POST answers 401.",
    source="RFC 9110, 15.5.4",
)
def viewer_gets_403(look: Look) -> Iterator[Problem]:
    """Known but not allowed is 403."""
    if seen.status(look) == 401:
        yield Problem("answers 401 to somebody whom it knows", keyword="401")


@check(
    "KBN-A409",
    "somebody who may read is refused",
    applies=lambda look: (
        _as("viewer")(look)
        and look.exchange.request.method == "GET"
        and look.operation is not None
        and not _demands_more_than_reading(look.operation)
        and seen.status(look) == 403
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Whoever may read needs no more than that; else people are given more than they need.",
    example="A GET by a viewer answers 403, and does not say which privilege is missing.",
    source="Kibana docs, security privileges; Kibana source, api_authorization.ts",
)
def viewer_may_read(look: Look) -> Iterator[Problem]:
    """A GET by a viewer is not refused, unless the refusal names what is missing. What this viewer may read, only
    its roles know: undecided.
    """
    said = seen.message(look) or ""
    if look.operation is not None and look.operation.privileges is None and _NAMED.search(said):
        return
    yield Problem("answers 403 to somebody who may read", keyword="privileges", about=About.UNDECIDED)


@check(
    "KBN-A407",
    "a refusal shows what it protects",
    applies=lambda look: (
        _as("anonymous", "wrong key", "revoked key", "viewer")(look) and seen.status(look) in (401, 403)
    ),
    severity=Severity.CRITICAL,
    why="A refusal that carries the data has refused nothing.",
    example="A 403 whose body is the documented object.",
    source="CWE-200",
)
def refusal_shows_nothing(look: Look) -> Iterator[Problem]:
    """The body of a 401 or 403 is an error, not the operation's documented success."""
    body = seen.answer(look).json
    success = look.operation.success if look.operation else None
    media = success.media("application/json") if success else None
    if not isinstance(body, dict) or not body or promises.envelope(body) or not media or not media.schema:
        return
    if isinstance(_needed(look, media.schema.json), list) and look.contract.is_valid(media.schema, body):
        yield Problem(f"the {seen.status(look)} carries a valid success", keyword="body")


def _needed(look: Look, schema: Any) -> object:
    # A schema that demands nothing fits every error too, and would prove nothing.
    resolved = look.contract.resolve(schema)
    return resolved.get("required") if isinstance(resolved, dict) else None


@check(
    "KBN-A408",
    "strangers learn more than they need",
    applies=lambda look: _as("anonymous", "wrong key")(look) and not _guarded(look) and seen.succeeded(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="The version of a server is the first thing that an attacker looks for.",
    example="GET /api/status without credentials names version and plugins.",
    source="Kibana source, status.ts (status.allowAnonymous changes it)",
)
def strangers_learn_little(look: Look) -> Iterator[Problem]:
    """What is open to everybody does not name the version or the plugins."""
    body = seen.answer(look).json
    if isinstance(body, dict):
        for key in ("version", "metrics"):
            if key in body:
                yield Problem(f"{key} is shown to strangers", pointer=f"/{key}", keyword="anonymous")
