"""I: what becomes of input: what is invalid is refused, rightly and helpfully; what is valid is not."""

import re
from collections.abc import Callable, Iterator

from pytest_kibana.checks import seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import About, Level, Severity
from pytest_kibana.wire.exchange import Rule

_OPEN = frozenset({"additionalProperties", "unevaluatedProperties", "unknown key"})
_LOOSE = frozenset({"format", "uniqueItems", "pattern", "multipleOf"})
_OF_PLATFORM = frozenset({"malformed", "media type", "too large", "version"})
_CHECKED_EARLY = frozenset({"body", "query"})
_FIT = frozenset({400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 428, 429})
_EXCEPTION = re.compile(r"(?:^|[\s\[(:])[a-z]+(?:_[a-z]+)*_exception(?=$|[\s\]):])")
"""The name of an exception of Elasticsearch, standing by itself; keys such as `include_expired_exceptions` do not."""

_PLACE = re.compile(r"\[request (body|query|params)(?:\.([\w.@-]{1,80}))?\]")
"""How messages begin that say which value is wrong (Kibana source, kbn-config-schema)."""

_PARTS = {"body": "[request body", "query": "[request query", "path": "[request params"}


def _rule(look: Look) -> Rule | None:
    intent = look.exchange.request.intent
    return (
        intent.rule
        if seen.answered(look) and intent.expect == "refused" and intent.identity == "main"
        else None
    )


def _broken(
    *, only: frozenset[str] = frozenset(), but: frozenset[str] = frozenset()
) -> Callable[[Look], bool]:
    def applies(look: Look) -> bool:
        rule = _rule(look)
        if rule is None or rule.location in ("credentials", "version", "header", "method"):
            return False
        if rule.location == "body" and look.exchange.request.method in ("GET", "HEAD"):
            return False  # the body of a GET means nothing (RFC 9110, 9.3.1), and Kibana does not read it
        return rule.keyword in only if only else rule.keyword not in but

    return applies


def _accepted(look: Look, *, about: About = About.DEPLOYMENT) -> Iterator[Problem]:
    rule = _rule(look)
    assert rule is not None
    if seen.succeeded(look):
        yield Problem(
            f"accepts ({seen.status(look)}) what the contract forbids: {rule.sentence}",
            pointer=f"/{rule.location}{seen.fold(rule.at)}",
            keyword=rule.keyword,
            about=about,
        )


@check(
    "KBN-I201",
    "invalid input is accepted",
    applies=_broken(but=_OPEN | _LOOSE | _OF_PLATFORM),
    severity=Severity.CRITICAL,
    why="What was stored against the contract breaks whoever reads it later.",
    example="A number is accepted where the contract wants text.",
    source="OpenAPI 3.0, Schema Object; Kibana source, router validation",
)
def invalid_refused(look: Look) -> Iterator[Problem]:
    """A request that breaks one rule of the contract (type, required, enum, bounds, …) does not succeed. Contracts are
    often wrong about whether a body may be left out, so that stays undecided.
    """
    rule = _rule(look)
    bodiless = rule is not None and (rule.location, rule.at, rule.keyword) == ("body", "", "required")
    yield from _accepted(look, about=About.UNDECIDED if bodiless else About.DEPLOYMENT)


@check(
    "KBN-I202",
    "valid input is refused",
    applies=lambda look: (
        seen.answered(look)
        and look.operation is not None
        and look.exchange.request.intent.expect == "accepted"
        and look.exchange.attempt == 1
    ),
    severity=Severity.NORMAL,
    why="A client that keeps the contract is told that it does not.",
    example="A body that its schema allows answers 400.",
    source="OpenAPI 3.0, Schema Object",
)
def valid_accepted(look: Look) -> Iterator[Problem]:
    """A request that the contract allows is not called malformed. The contract may leave a condition unsaid, so it
    stays undecided, and is said once for each place of an operation's requests that refusals name.
    """
    status, said = seen.status(look), seen.message(look) or ""
    if status not in (400, 406, 415, 422) or "is not available with the current configuration" in said:
        return
    named = _PLACE.match(said)
    place = named[2].replace(".", "/") if named and named[2] else ""
    yield Problem(
        f"answers {status} to a request that the contract allows" + (f": {said[:200]}" if said else ""),
        pointer=seen.fold(f"/{named[1]}/{place}") if named and place else "",
        keyword=str(status),
        about=About.UNDECIDED,
    )


@check(
    "KBN-I213",
    "nothing valid is accepted",
    applies=lambda _look: False,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="An operation that refuses whatever its contract allows cannot be used.",
    example="Each of twelve valid requests is answered 400.",
    source="OpenAPI 3.0, Schema Object",
)
def something_is_accepted(_look: Look) -> Iterator[Problem]:
    """Of several requests that the contract allows one succeeds. One exchange does not show it: the run judges when it
    has sent all that it has for an operation. The contract may leave a condition unsaid, so it stays undecided.
    """
    yield from ()


@check(
    "KBN-I203",
    "unknown key is accepted",
    applies=_broken(only=_OPEN),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A misspelt key is dropped in silence, and its author believes that it works.",
    example="A body with the key nmae answers 200 though the contract allows no further keys.",
    source="Kibana source, object_type.ts; zod schemas drop unknown keys",
)
def unknown_key_refused(look: Look) -> Iterator[Problem]:
    """Where the contract closes an object, further keys are refused."""
    yield from _accepted(look)


@check(
    "KBN-I204",
    "unknown key is stored",
    applies=lambda look: _broken(only=_OPEN)(look) and seen.succeeded(look) and seen.answer(look).is_json,
    severity=Severity.NORMAL,
    why="What nobody validated comes back to every reader.",
    example="The object that was made has the key that the contract does not know.",
    source="observed on 9.4.3",
)
def unknown_key_not_stored(look: Look) -> Iterator[Problem]:
    """A key that the contract does not allow in the body is not in the answer."""
    rule = _rule(look)
    assert rule is not None
    stranger = rule.at.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    if rule.location != "body" or not stranger:
        return
    for pointer, key, _ in seen.walk(seen.answer(look).json):
        if key == stranger:
            yield Problem(
                "holds a key that the contract does not allow", pointer=pointer, keyword="unknown key"
            )
            return


@check(
    "KBN-I205",
    "loosely checked input",
    applies=_broken(only=_LOOSE),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A pattern that nobody enforces is a promise about the data that does not hold.",
    example="`not a date` is accepted where the contract says format date-time.",
    source="JSON Schema, format is an annotation unless enforced",
)
def formats_enforced(look: Look) -> Iterator[Problem]:
    """Formats, patterns, uniqueness and multiples are enforced."""
    yield from _accepted(look)


@check(
    "KBN-I206",
    "invalid input is refused with an unfit status",
    applies=_broken(),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client decides by the status whether to mend its request.",
    example="A missing field answers 302.",
    source="RFC 9110, 15.5",
)
def refusal_fits(look: Look) -> Iterator[Problem]:
    """Invalid input is answered by a status that says so. (5xx is another rule.)"""
    status = seen.status(look)
    if 300 <= status < 500 and status not in _FIT:
        yield Problem(f"answers {status} to invalid input", keyword=str(status))


@check(
    "KBN-I214",
    "invalid input reaches the handler",
    applies=lambda look: (
        _broken(but=_OF_PLATFORM | _LOOSE)(look)
        and (rule := _rule(look)) is not None
        and rule.location in _CHECKED_EARLY
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="What the contract forbids is refused before anything is looked up, or else it is accepted once that is there.",
    example="A number where the contract wants text answers 404, agent not found.",
    source="Kibana source, router.ts: validation comes before the handler",
)
def invalid_stopped_at_the_door(look: Look) -> Iterator[Problem]:
    """Only a handler can say that an object is missing or in the way, and a request that breaks a rule of its body or
    query is not to come so far. The handler may look at the input after that: undecided.
    """
    status = seen.status(look)
    if status == 409 or seen.object_missing(look):
        rule = _rule(look)
        assert rule is not None
        yield Problem(
            f"answers {status} where the contract forbids: {rule.sentence}",
            pointer=f"/{rule.location}{seen.fold(rule.at)}",
            keyword=rule.keyword,
            about=About.UNDECIDED,
        )


@check(
    "KBN-I207",
    "the refusal names another place",
    applies=lambda look: (
        _broken(but=_OF_PLATFORM)(look)
        and seen.status(look) == 400
        and (seen.message(look) or "").startswith(tuple(_PARTS.values()))
    ),
    level=Level.SHOULD,
    severity=Severity.TRIVIAL,
    why="A person mends what the message points at.",
    example="The body's name is wrong, the message blames the query.",
    source="Kibana source, kbn-config-schema",
)
def refusal_names_the_place(look: Look) -> Iterator[Problem]:
    """A message that says which part of the request is wrong says the right one."""
    rule = _rule(look)
    assert rule is not None
    said = seen.message(look) or ""
    expected = _PARTS.get(rule.location)
    if expected and not said.startswith(expected):
        yield Problem(f"blames another part of the request than the {rule.location}", keyword=rule.location)


@check(
    "KBN-I208",
    "malformed JSON is not refused as such",
    applies=_broken(only=frozenset({"malformed"})),
    severity=Severity.NORMAL,
    why="A body that cannot be read must not be acted upon.",
    example="A body that breaks off in the middle answers 200.",
    source="hapi, payload parsing",
)
def malformed_refused(look: Look) -> Iterator[Problem]:
    """A body that is not JSON does not succeed."""
    yield from _accepted(look)


@check(
    "KBN-I209",
    "wrong media type is accepted",
    applies=_broken(only=frozenset({"media type"})),
    severity=Severity.NORMAL,
    why="Forms of other sites may send other media types without asking the browser for permission.",
    example="A body of application/xml answers 200.",
    source="hapi, payload parsing; Fetch standard, simple requests",
)
def media_type_refused(look: Look) -> Iterator[Problem]:
    """A body of a media type that the operation does not document does not succeed."""
    yield from _accepted(look)


@check(
    "KBN-I210",
    "far too large a body is accepted",
    applies=lambda look: _broken(only=frozenset({"too large"}))(look) and not _before_reading(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Without a limit one client can use up the server's memory.",
    example="A body above a megabyte answers 200.",
    source="Kibana docs, server.maxPayload",
)
def size_refused(look: Look) -> Iterator[Problem]:
    """A body above the default limit is refused for its size, before it is read. Operators may raise the limit, hence
    undecided.
    """
    if seen.status(look) != 413:
        yield Problem(
            f"answers {seen.status(look)} to a body above the default limit, as if it had been read",
            pointer="/body",
            keyword="too large",
            about=About.UNDECIDED,
        )


def _before_reading(look: Look) -> bool:
    """Tell whether something was refused that may be looked at before the body, or that says nothing of it."""
    return seen.status(look) in (401, 403, 404, 429) or seen.status(look) >= 500


@check(
    "KBN-I211",
    "a refusal repeats the input unescaped",
    applies=lambda look: seen.refused(look) and not seen.head(look),
    severity=Severity.NORMAL,
    why="An error page that shows input as HTML runs scripts of whoever made the link.",
    example="A text/html error holds the <script> that stood in the query.",
    source="CWE-79",
)
def no_reflection(look: Look) -> Iterator[Problem]:
    """An error that a browser would show as a page does not hold markup of the request."""
    if seen.answer(look).media_type != "text/html":
        return
    request = look.exchange.request
    given = [v for _, v in request.query] + list(request.path_parameters.values())
    if any("<" in value and value in seen.text(look) for value in given):
        yield Problem("repeats markup of the request in a page", keyword="html")


@check(
    "KBN-I212",
    "invalid input is refused by an error of the store",
    applies=lambda look: _broken()(look) and seen.refused(look) and seen.message(look) is not None,
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="What the store refuses has passed the validation that the contract promises.",
    example="message is `search_phase_execution_exception: …`.",
    source="observed on 9.4.3",
)
def refused_before_the_store(look: Look) -> Iterator[Problem]:
    """Invalid input is refused by Kibana, not by an exception of Elasticsearch."""
    said = seen.message(look) or ""
    if _EXCEPTION.search(said) and not said.startswith("[request") and seen.status(look) == 400:
        yield Problem("the refusal is an exception of Elasticsearch", pointer="/message", keyword="raw")
