"""R2xx: what every error owes: its envelope, a true status, and no look behind the scenes.

(The module checks answers; for the exceptions of this package see :mod:`pytest_kibana.errors`.)
"""

import re
from collections.abc import Iterator

from pytest_kibana.checks import promises, seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import About, Level, Severity

_STACK = re.compile(
    r"(?:^|\\n|\n)\s*at (?:async )?[\w.<>\[\] $/]+ ?\(?(?:/|file:|node:|[A-Za-z]:\\)[^)\n]*:\d+:\d+"
)


def _error(look: Look) -> bool:
    return seen.answered(look) and seen.status(look) >= 400 and not seen.head(look)


def _json_error(look: Look) -> bool:
    return _error(look) and isinstance(seen.answer(look).json, dict)


@check(
    "KBN-R104",
    "error without its envelope",
    applies=lambda look: _error(look) and seen.from_kibana(look),
    severity=Severity.NORMAL,
    why="A client cannot tell its user what went wrong when each error looks otherwise.",
    example='A 400 answers {"reason": "bad"} in place of statusCode, error and message.',
    source="Kibana source, response_adapter.ts; observed on 9.0.1 and 9.4.3",
)
def error_envelope(look: Look) -> Iterator[Problem]:
    """An error is the documented one, the platform's, or its family's."""
    answer = seen.answer(look)
    if answer.truncated or promises.accepted_envelope(
        look.operation, answer.status, answer.json if answer.is_json else seen.text(look)
    ):
        return
    response = seen.documented(look)
    if response and response.content:
        media = seen.representation(response, answer.media_type)
        if media and (
            media.schema is None or not answer.is_json or look.contract.is_valid(media.schema, answer.json)
        ):
            return
    if not answer.is_json:
        yield Problem(
            f"answers {answer.status} with {answer.media_type or 'no media type'}, not with a JSON error",
            keyword="not json",
        )
        return
    keys = ", ".join(sorted(map(str, answer.json))[:6]) if isinstance(answer.json, dict) else "no object"
    yield Problem(
        f"answers {answer.status} with a body ({keys}) neither the documented error nor the platform's",
        keyword="envelope",
    )


@check(
    "KBN-R201",
    "error body names another status",
    applies=lambda look: _json_error(look) and promises.envelope(seen.answer(look).json) is not None,
    why="Half of all clients read the status from the body.",
    example="HTTP 400 with statusCode 500 inside.",
    source="Kibana source, response_adapter.ts",
)
def status_in_body(look: Look) -> Iterator[Problem]:
    """``statusCode`` and ``status_code`` equal the HTTP status."""
    answer = seen.answer(look)
    for key in ("statusCode", "status_code"):
        said = answer.json.get(key)
        if isinstance(said, int) and said != answer.status:
            yield Problem(
                f"{key} is {said}, the HTTP status is {answer.status}", pointer=f"/{key}", keyword="const"
            )


@check(
    "KBN-R202",
    "error phrase is not the status's",
    applies=lambda look: _json_error(look) and promises.envelope(seen.answer(look).json) == "platform",
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="The phrase is what a person sees first.",
    example="HTTP 404 with error Bad Request.",
    source="Kibana source, response_adapter.ts",
)
def reason_phrase(look: Look) -> Iterator[Problem]:
    """``error`` is the reason phrase of the status."""
    answer = seen.answer(look)
    phrases = promises.reasons(answer.status)
    if phrases and answer.json["error"] not in phrases:
        yield Problem(f"error is not {phrases[0]} for {answer.status}", pointer="/error", keyword="const")


@check(
    "KBN-R203",
    "error without a message",
    applies=lambda look: _json_error(look) and promises.envelope(seen.answer(look).json) == "platform",
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="An error that says nothing cannot be acted on.",
    example="message is an empty string.",
    source="Kibana source, response_adapter.ts",
)
def message_says_something(look: Look) -> Iterator[Problem]:
    """``message`` is not empty."""
    if not (seen.message(look) or "").strip():
        yield Problem("message is empty", pointer="/message", keyword="minLength")


@check(
    "KBN-R204",
    "stack trace shown",
    applies=_error,
    severity=Severity.CRITICAL,
    why="A stack trace tells strangers how the server is built.",
    example="message goes on with lines that begin with `at Object.handler (/usr/share/kibana/`.",
    source="CWE-209",
)
def no_stack_trace(look: Look) -> Iterator[Problem]:
    """No line of a JavaScript stack stands in an error."""
    body = seen.answer(look).json
    holds = isinstance(body, dict) and isinstance(body.get("stack"), str)
    if holds or _STACK.search(seen.text(look)):
        yield Problem("the error holds a stack trace", keyword="stack")


@check(
    "KBN-R205",
    "raw Elasticsearch error",
    applies=_json_error,
    severity=Severity.NORMAL,
    why="The store's own error has another shape than the API's, and shows index names.",
    example='The body is {"error": {"root_cause": [...]}, "status": 404}.',
    source="Kibana source, response_adapter.ts",
)
def no_raw_store_error(look: Look) -> Iterator[Problem]:
    """The body itself is not an answer of Elasticsearch; quoting one inside ``attributes`` is allowed."""
    error = seen.answer(look).json.get("error")
    if isinstance(error, dict) and "root_cause" in error:
        yield Problem("the body is an error of Elasticsearch", pointer="/error/root_cause", keyword="raw")


@check(
    "KBN-R206",
    "documented operation is not there",
    applies=lambda look: (
        look.operation is not None
        and seen.from_kibana(look)
        and seen.status(look) == 404
        and look.exchange.request.intent.expect == "accepted"
        and look.exchange.request.method == look.operation.method
    ),
    severity=Severity.CRITICAL,
    why="What the contract promises for this version does not exist, or is switched off.",
    example="A well-formed GET answers 404 with the router's own message, Not Found.",
    source="Kibana source, core_app.ts; observed on 9.4.3",
)
def route_exists(look: Look) -> Iterator[Problem]:
    """Only the router answers exactly ``Not Found``. With an id in the request a handler may say the same of a
    missing object, so that is undecided.
    """
    assert look.operation is not None
    if seen.message(look) != "Not Found":
        return
    # An id in the path, or in a query that must be there, may name an object that is missing.
    sure = not any(
        p.location == "path" or (p.location == "query" and p.required) for p in look.operation.parameters
    )
    bare = promises.bare_not_found(look.operation)
    if bare and not sure:
        return
    yield Problem(
        "the router knows no such operation",
        keyword="route",
        about=About.DEPLOYMENT if sure and not bare else About.UNDECIDED,
    )


@check(
    "KBN-R207",
    "documented operation is internal here",
    applies=lambda look: look.operation is not None and seen.answered(look) and seen.status(look) == 400,
    severity=Severity.CRITICAL,
    why="Clients without Kibana's own marker header cannot use what the contract calls public.",
    example="400 with the message that Kibana keeps for routes that are internal.",
    source="Kibana source, lifecycle_handlers.ts; elastic/kibana#184408",
)
def operation_is_public(look: Look) -> Iterator[Problem]:
    """The refusal that Kibana keeps for internal routes is not given to a documented one."""
    assert look.operation is not None
    said = seen.message(look) or ""
    if "is not available with the current configuration" in said and not look.operation.internal:
        yield Problem("the deployment calls this operation internal", keyword="internal")


@check(
    "KBN-R208",
    "wrong method answers 405",
    applies=lambda look: seen.from_kibana(look) and seen.status(look) == 405,
    level=Level.SHOULD,
    severity=Severity.TRIVIAL,
    why="Kibana's router answers 404 to a method that a path does not have.",
    example="405 on an operation that does not document it.",
    source="Kibana source, router.ts",
)
def no_method_not_allowed(look: Look) -> Iterator[Problem]:
    """A 405 is documented where it occurs."""
    response = seen.documented(look)
    if response is None or response.status == "default":
        yield Problem("answers 405, which the router never does", keyword="405")


@check(
    "KBN-R209",
    "called missing where nothing is",
    applies=lambda look: (
        look.operation is not None
        and seen.from_kibana(look)
        and seen.status(look) == 404
        and look.exchange.request.intent.expect == "accepted"
        and look.exchange.request.method == look.operation.method
        and seen.message(look) != "Not Found"
        and (_names_nothing(look) or look.exchange.request.intent.kind == "smallest")
    ),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="A client takes a 404 for a wrong address, and an empty list for an empty list.",
    example="The list of actions answers 404, index_not_found_exception, before the first action.",
    source="RFC 9110, 15.5.5; observed on 9.4.3",
)
def nothing_is_missing(look: Look) -> Iterator[Problem]:
    """A good request that names no object, or objects of this run alone, is not answered 404. What the server lacks may
    be there later, and the contract may leave a condition unsaid: undecided.
    """
    said = seen.message(look)
    what = "no object" if _names_nothing(look) else "nothing but objects of this run"
    yield Problem(
        f"answers 404 to a request that names {what}" + (f": {said[:120]}" if said else ""),
        keyword="404",
        about=About.UNDECIDED,
    )


def _names_nothing(look: Look) -> bool:
    """Tell whether a request names no object, and its contract knows of no 404."""
    assert look.operation is not None
    demanded = any(p.location == "path" or p.required for p in look.operation.parameters)
    return seen.documented(look) is None and not demanded and look.exchange.request.body is None


@check(
    "KBN-R210",
    "error with a success's status",
    applies=lambda look: seen.succeeded(look) and isinstance(seen.answer(look).json, dict),
    severity=Severity.CRITICAL,
    why="A client that looks at the status takes a failure for a success.",
    example="HTTP 200 with {statusCode: 404, error: Not Found, message: …}.",
    source="Kibana source, response_adapter.ts",
)
def no_error_in_success(look: Look) -> Iterator[Problem]:
    """A 2xx does not carry the platform's error envelope."""
    body = seen.answer(look).json
    if promises.envelope(body) == "platform" and body["statusCode"] >= 400:
        yield Problem(
            f"a {seen.status(look)} whose body is an error with {body['statusCode']}", keyword="envelope"
        )
