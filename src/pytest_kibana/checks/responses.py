"""R1xx: what every answer owes its contract: status, media type, body."""

from collections.abc import Iterator

from pytest_kibana.checks import promises, seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.registry import check
from pytest_kibana.contract.model import Response
from pytest_kibana.evidence.model import About, Severity

_MOST_PROBLEMS = 20

UNHANDLED = "An internal server error occurred"
"""How the message begins of an exception that no handler expected (Kibana source, router.ts)."""


def _of_an_operation(look: Look) -> bool:
    return look.operation is not None and seen.answered(look)


def _documented_somehow(look: Look) -> bool:
    # An operation without any documented answer is one defect of the contract, reported when the contract is
    # read.
    return _of_an_operation(look) and bool(look.operation and look.operation.responses)


@check(
    "KBN-R101",
    "status is not documented",
    applies=lambda look: _documented_somehow(look) and seen.status(look) < 500,
    severity=Severity.NORMAL,
    why="A client written from the contract has no branch for a status that the contract does not name.",
    example="DELETE answers 200 where the contract documents 204 alone.",
    source="OpenAPI 3.0, Responses Object",
)
def status_documented(look: Look) -> Iterator[Problem]:
    """Documented, or promised by the platform; another success than the documented one is the deployment's."""
    assert look.operation is not None
    status = seen.status(look)
    if look.operation.response(status) or 300 <= status < 400:
        return
    if promises.promised(status) and not look.strict:
        return
    named = ", ".join(r.status for r in look.operation.responses)
    theirs = status < 300 and look.operation.success is not None
    yield Problem(
        f"answers {status}, the contract documents {named}",
        keyword=str(status),
        about=About.DEPLOYMENT if theirs or look.strict else About.CONTRACT,
    )


def _has_content(look: Look) -> bool:
    return (
        _of_an_operation(look)
        and not seen.head(look)
        and seen.status(look) not in seen.BODYLESS
        and bool(seen.answer(look).body)
    )


@check(
    "KBN-R102",
    "media type is not documented",
    applies=lambda look: _has_content(look) and bool((r := seen.documented(look)) and r.content),
    why="A client picks its parser by the documented media type.",
    example="The body is text/html where application/json is documented.",
    source="OpenAPI 3.0, Media Types; RFC 9110, 8.3",
)
def media_type_documented(look: Look) -> Iterator[Problem]:
    """Types are compared without their parameters; Kibana's JSON errors are always allowed."""
    response = seen.documented(look)
    assert response is not None
    got = seen.answer(look).media_type
    if got is None or seen.representation(response, got):
        return
    if seen.status(look) >= 400 and got == "application/json" and not look.strict:
        return
    yield Problem(
        f"is {got}, the contract documents {', '.join(m.name for m in response.content)}",
        keyword=got,
    )


def _schema_at_hand(look: Look) -> bool:
    if not _has_content(look) or not seen.answer(look).is_json or seen.answer(look).truncated:
        return False
    response = seen.documented(look)
    media = seen.representation(response, seen.answer(look).media_type) if response else None
    return bool(media and media.schema and not media.schema.vacuous)


@check(
    "KBN-R103",
    "response body violates its schema",
    applies=_schema_at_hand,
    severity=Severity.CRITICAL,
    why="Typed clients fail on a member that is missing, renamed or of another type.",
    example="/accessDate is a number where the contract says string.",
    source="OpenAPI 3.0, Schema Object",
)
def body_fits_schema(look: Look) -> Iterator[Problem]:
    """One problem for each rule and place, array indices folded. An error with the platform's own envelope
    instead of the documented one says something about the contract.
    """
    response = seen.documented(look)
    assert response is not None
    answer = seen.answer(look)
    media = seen.representation(response, answer.media_type)
    assert media is not None
    assert media.schema is not None
    if look.contract.is_valid(media.schema, answer.json):
        return
    if answer.status >= 400 and not look.strict:
        yield from _another_error(look, response)
        return
    shown: set[tuple[str, str, str | None]] = set()
    for violation in look.contract.violations(media.schema, answer.json):
        place = (seen.fold(violation.at), violation.keyword, violation.component)
        if place in shown:
            continue
        shown.add(place)
        yield Problem(
            violation.sentence,
            pointer=place[0],
            keyword=violation.keyword,
            component=violation.component,
            within=seen.fold(violation.schema_at),
        )
        if len(shown) == _MOST_PROBLEMS:
            return


def _another_error(look: Look, response: Response) -> Iterator[Problem]:
    # Neither envelope: that is KBN-R104, and one defect is one finding.
    if promises.accepted_envelope(look.operation, seen.status(look), seen.answer(look).json):
        yield Problem(
            f"answers {seen.status(look)} with the platform's error body, the contract documents another "
            f"for {response.status}",
            keyword="envelope",
            about=About.CONTRACT,
        )


@check(
    "KBN-R105",
    "server error",
    applies=seen.answered,
    severity=Severity.BLOCKER,
    why="A 5xx says that the server failed, whatever the request was; wrong input deserves a 4xx.",
    example="An unknown id answers 500 in place of 404.",
    source="RFC 9110, 15.6",
)
def no_server_error(look: Look) -> Iterator[Problem]:
    """A 5xx other than 500 that the contract documents by its number is allowed. Undecided are a 500 that the contract
    documents and the handler explains, and one without ``kbn-name``, which may be a proxy's.
    """
    status = seen.status(look)
    if status < 500:
        return
    response = seen.documented(look)
    announced = response is not None and response.status == str(status)
    if announced and status != 500:
        return
    said = seen.message(look)
    deliberate = announced and said is not None and not said.startswith(UNHANDLED)
    yield Problem(
        f"answers {status}" + (f": {said[:160]}" if said else ""),
        keyword=str(status),
        about=About.DEPLOYMENT if seen.from_kibana(look) and not deliberate else About.UNDECIDED,
    )


@check(
    "KBN-R107",
    "body where there must be none",
    applies=lambda look: seen.answered(look) and (seen.head(look) or seen.status(look) in seen.BODYLESS),
    severity=Severity.NORMAL,
    why="Clients read a body that must not exist as the beginning of the next answer.",
    example="A 204 carries {}.",
    source="RFC 9110, 9.3.2 and 15.3.5",
)
def no_body(look: Look) -> Iterator[Problem]:
    """HEAD, 204 and 304 have no body."""
    length = len(seen.answer(look).body)
    if length:
        yield Problem(
            f"carries {length} bytes", keyword="HEAD" if seen.head(look) else str(seen.status(look))
        )


def _claims_json(look: Look) -> bool:
    return _has_bytes(look) and (seen.answer(look).media_type or "").endswith("json")


def _has_bytes(look: Look) -> bool:
    return seen.answered(look) and bool(seen.answer(look).body) and not seen.head(look)


@check(
    "KBN-R108",
    "JSON that other parsers reject",
    applies=lambda look: _claims_json(look) and seen.answer(look).media_type not in seen.NDJSON,
    severity=Severity.CRITICAL,
    why="What one parser lets pass, another refuses or reads otherwise.",
    example="A key stands twice in one object, or a number is NaN.",
    source="RFC 8259, 4 and 6; RFC 7493",
)
def json_is_portable(look: Look) -> Iterator[Problem]:
    """A body that claims to be JSON can be read, and means the same to every parser."""
    answer = seen.answer(look)
    if not answer.truncated and answer.json_trouble:
        yield Problem(answer.json_trouble, keyword="json")


@check(
    "KBN-R109",
    "body is cut off or far too large",
    applies=_has_bytes,
    severity=Severity.CRITICAL,
    why="An answer without end exhausts the memory and the patience of its readers.",
    example="A list of one object is longer than the limit on a body.",
    source="RFC 9112, 8",
)
def body_is_whole(look: Look) -> Iterator[Problem]:
    """The body ended within the limit in force."""
    if seen.answer(look).truncated:
        yield Problem(f"the body went on after {len(seen.answer(look).body)} bytes", keyword="size")


@check(
    "KBN-R110",
    "secret given back",
    applies=seen.answered,
    severity=Severity.BLOCKER,
    why="A secret that can be read back is known to everybody who may read the object, and to every log.",
    example="GET of a connector returns the password that was sent when it was made.",
    source="Kibana docs, connectors: secrets are never returned",
)
def no_secret_returned(look: Look) -> Iterator[Problem]:
    """No credential of this run, and no secret that it sent, stands in an answer to a read."""
    if look.exchange.request.method not in ("GET", "HEAD"):
        return
    for pointer in dict.fromkeys(seen.fold(p) for p in look.exchange.leaked):
        yield Problem("holds a secret that was sent earlier", pointer=pointer, keyword="secret")


@check(
    "KBN-R111",
    "body where none is documented",
    applies=lambda look: (
        _has_content(look) and seen.succeeded(look) and bool((r := seen.documented(look)) and not r.content)
    ),
    severity=Severity.MINOR,
    why="What is not documented cannot be relied on, and generated clients drop it.",
    example="The contract describes a 200 and gives it no content; the server answers an object.",
    source="OpenAPI 3.0, Response Object",
)
def body_is_documented(look: Look) -> Iterator[Problem]:
    """A success with a body has a documented content. ``{}`` and ``""`` say nothing and pass; ``null`` is a value."""
    answer = seen.answer(look)
    if answer.is_json and answer.json in ({}, ""):
        return
    yield Problem(
        f"answers {answer.status} with {answer.media_type or 'an untyped body'}, "
        "the contract documents no content",
        keyword=str(answer.status),
        about=About.CONTRACT,
    )


@check(
    "KBN-R112",
    "body is missing",
    applies=lambda look: (
        seen.succeeded(look)
        and not seen.head(look)
        and seen.status(look) not in seen.BODYLESS
        and bool((r := seen.documented(look)) and r.content)
    ),
    severity=Severity.CRITICAL,
    why="A client that was promised an object fails on nothing.",
    example="A 200 that documents application/json has an empty body.",
    source="OpenAPI 3.0, Response Object",
)
def body_is_there(look: Look) -> Iterator[Problem]:
    """A documented JSON body is not empty: nothing is no JSON. Where the contract says nothing of what it holds, it may
    have meant nothing: undecided.
    """
    response = seen.documented(look)
    assert response is not None
    promised = [m for m in response.content if m.name == "application/json"]
    if promised and len(promised) == len(response.content) and not seen.answer(look).body:
        told = any(m.schema and not m.schema.vacuous for m in promised)
        yield Problem(
            "the body is empty, the contract documents application/json",
            keyword="empty",
            about=About.DEPLOYMENT if told else About.UNDECIDED,
        )


@check(
    "KBN-R113",
    "content type does not tell the truth",
    applies=lambda look: _has_bytes(look) and seen.answer(look).media_type is not None,
    severity=Severity.NORMAL,
    why="A client that believes the header hands the body to the wrong parser.",
    example="The header says application/json and the body is an HTML page.",
    source="RFC 9110, 8.3",
)
def content_type_is_true(look: Look) -> Iterator[Problem]:
    """A body that begins as an HTML page is not called JSON."""
    answer = seen.answer(look)
    start = answer.body[:200].lstrip().lower()
    html = start.startswith((b"<!doctype html", b"<html"))
    if html and "json" in (answer.media_type or ""):
        yield Problem(f"is called {answer.media_type} and is an HTML page", keyword="html")


@check(
    "KBN-R114",
    "no answer to this request",
    applies=lambda look: look.exchange.weather is not None and not seen.answered(look),
    severity=Severity.BLOCKER,
    why="A request that breaks its connection every time can take the server down for everybody.",
    example="The connection breaks three times while other requests are answered.",
    source="RFC 9110, 3.4",
)
def answers_at_all(look: Look) -> Iterator[Problem]:
    """A request is answered while the target is well otherwise. One that only takes too long stays undecided."""
    weather = look.exchange.weather
    assert weather is not None
    slow = weather.kind == "timeout"
    yield Problem(
        f"had no answer {look.exchange.attempt} times while the target was well: {weather.sentence}",
        keyword=weather.kind,
        about=About.UNDECIDED if slow else About.DEPLOYMENT,
    )
