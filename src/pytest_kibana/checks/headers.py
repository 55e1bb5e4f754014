"""R3xx: what every answer owes beside its body: headers, caching, redirects, time."""

import re
from collections.abc import Iterator

from pytest_kibana.checks import promises, seen
from pytest_kibana.checks.model import Look, Problem
from pytest_kibana.checks.platform import PromisedHeader
from pytest_kibana.checks.registry import check
from pytest_kibana.evidence.model import About, Level, Severity

_SLOW_FACTOR = 20.0
_SLOW_FLOOR = 5.0
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_STAMPS = frozenset({"created_at", "updated_at", "createdAt", "updatedAt"})


def _success(look: Look) -> bool:
    return look.operation is not None and seen.succeeded(look) and seen.from_kibana(look)


def _owed(look: Look, level: Level) -> Iterator[tuple[PromisedHeader, str | None]]:
    answer = seen.answer(look)
    public = (
        look.operation is not None and not look.operation.internal and look.operation.path.startswith("/api/")
    )
    owed = promises.headers(
        answer.status,
        look.version,
        public=public,
        has_body=bool(answer.body),
        missing=seen.object_missing(look),
    )
    for header in owed:
        value = answer.header(header.name)
        if header.level is level and not header.kept_by(value):
            yield header, value


@check(
    "KBN-R106",
    "header is missing that Kibana always sends",
    applies=seen.answered,
    severity=Severity.NORMAL,
    why="kbn-name tells Kibana's answer from a proxy's; a body without a content type cannot be read.",
    example="A 200 without kbn-name.",
    source="spec/platform.yaml; Kibana source, lifecycle_handlers.ts",
)
def platform_headers(look: Look) -> Iterator[Problem]:
    """``kbn-name`` is on every answer of Kibana, ``content-type`` on every body. An error without ``kbn-name`` may
    be a proxy's, and stays undecided.
    """
    sure = seen.status(look) < 400 or seen.from_kibana(look)
    for header, value in _owed(look, Level.MUST):
        yield Problem(
            f"{header.name} is {'missing' if value is None else 'not what it must be'}",
            keyword=header.name,
            about=About.DEPLOYMENT if sure else About.UNDECIDED,
        )


@check(
    "KBN-R303",
    "header is missing that Kibana usually sends",
    applies=lambda look: look.operation is not None and seen.from_kibana(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Caches, browsers and clients rely on these; an operator may have changed some of them.",
    example="x-content-type-options is missing, or cache-control lets caches keep the answer.",
    source="spec/platform.yaml; Kibana source, security_response_headers_config.ts",
)
def usual_headers(look: Look) -> Iterator[Problem]:
    """Caching, sniffing, referrer, version of the API, and when to come again after a 503."""
    # An unwell Kibana that shows its status says nothing of when to come again (Kibana source, status.ts).
    status = promises.envelope(seen.answer(look).json) == "status document"
    for header, value in _owed(look, Level.SHOULD):
        if status and header.name == "retry-after":
            continue
        yield Problem(f"{header.name} is {'missing' if value is None else 'unusual'}", keyword=header.name)


def _required_headers(look: Look) -> tuple[str, ...]:
    response = seen.documented(look)
    return tuple(h.name for h in response.headers if h.required) if response else ()


@check(
    "KBN-R301",
    "documented response header is missing",
    applies=lambda look: bool(_required_headers(look)),
    why="A client written from the contract reads the header.",
    example="A download without its documented content-disposition.",
    source="OpenAPI 3.0, Header Object",
)
def documented_headers(look: Look) -> Iterator[Problem]:
    """Headers that the contract requires are there."""
    for name in _required_headers(look):
        if seen.answer(look).header(name) is None:
            yield Problem(f"{name} is missing", keyword=name.lower())


def _typed_headers(look: Look) -> bool:
    response = seen.documented(look)
    return bool(response and any(not h.schema.vacuous for h in response.headers))


@check(
    "KBN-R302",
    "documented response header has another value",
    applies=_typed_headers,
    severity=Severity.MINOR,
    why="A header of another type is as bad as none.",
    example="A documented integer header says `many`.",
    source="OpenAPI 3.0, Header Object",
)
def header_values(look: Look) -> Iterator[Problem]:
    """A header that is there fits its schema, read as text, number or boolean."""
    response = seen.documented(look)
    assert response is not None
    for header in response.headers:
        value = seen.answer(look).header(header.name)
        if value is None or header.schema.vacuous:
            continue
        if not any(look.contract.is_valid(header.schema, reading) for reading in _readings(value)):
            yield Problem(f"{header.name} does not fit its schema", keyword=header.name.lower())


def _readings(value: str) -> Iterator[object]:
    yield value
    if re.fullmatch(r"-?\d{1,18}", value):
        yield int(value)
    elif re.fullmatch(r"-?\d{1,18}\.\d{1,18}", value):
        yield float(value)
    if value in ("true", "false"):
        yield value == "true"
    if "," in value:
        yield [part.strip() for part in value.split(",")]


@check(
    "KBN-R305",
    "deprecated without a warning",
    applies=lambda look: _success(look) and bool(look.operation and look.operation.deprecated),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="People learn of an end only from the answers that they already read.",
    example="A deprecated operation answers without a warning header.",
    source="Kibana source, core_versioned_route.ts; observed on 9.0.1",
)
def deprecation_warning(look: Look) -> Iterator[Problem]:
    """A deprecated operation says so in ``warning: 299 Kibana-…``."""
    if not (seen.answer(look).header("warning") or "").startswith("299"):
        yield Problem("the warning header is missing", keyword="warning")


@check(
    "KBN-R307",
    "redirected",
    applies=lambda look: (
        look.operation is not None and seen.answered(look) and 300 <= seen.status(look) < 400
    ),
    level=Level.SHOULD,
    why="A client of an API expects no other place, and drops its body or credentials on the way.",
    example="GET answers 302 to /login.",
    source="RFC 9110, 15.4",
)
def no_redirect(look: Look) -> Iterator[Problem]:
    """A redirect is documented, and 304 answers a conditional request only."""
    status = seen.status(look)
    asked = {name.lower() for name, _ in look.exchange.request.headers}
    if status == 304 and not _CONDITIONS & asked:
        yield Problem("answers 304 to a question without a condition", keyword="304")
    elif seen.documented(look) is None and status != 304:
        yield Problem(f"answers {status} to {_target(look)}", keyword=str(status), about=About.UNDECIDED)


def _target(look: Look) -> str:
    value = seen.answer(look).header("location") or "nowhere"
    return value.split("?", 1)[0][:80]


@check(
    "KBN-R308",
    "redirected to another host",
    applies=lambda look: seen.answered(look) and 300 <= seen.status(look) < 400,
    severity=Severity.CRITICAL,
    why="A redirect to a stranger takes people, and sometimes credentials, with it.",
    example="location: https://evil.example/ after a path that begins with two slashes.",
    source="CWE-601",
)
def no_open_redirect(look: Look) -> Iterator[Problem]:
    """A relative place, or the host that was asked. A proxy may rewrite the host, so that is undecided."""
    location = seen.answer(look).header("location") or ""
    asked = re.match(r"https?://[^/]+", look.exchange.url)
    named = re.match(r"(?:https?:)?//([^/?#]+)", location)
    if named and asked and not asked.group(0).endswith(f"//{named.group(1)}"):
        yield Problem("location names another host", keyword="location", about=About.UNDECIDED)


def _stamped(body: bytes) -> bool:
    # Looking for the names in the text costs a thousandth of walking a long list.
    return any(name.encode() in body for name in _STAMPS)


@check(
    "KBN-R309",
    "timestamp is not ISO 8601",
    applies=lambda look: _success(look) and seen.answer(look).is_json,
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Dates that each family writes otherwise cannot be compared.",
    example="created_at is `Mon Nov 23 2026`.",
    source="observed on 9.4.3",
)
def timestamps(look: Look) -> Iterator[Problem]:
    """Text under ``created_at``, ``updated_at`` and their like is an RFC 3339 time with a zone."""
    if not _stamped(seen.answer(look).body):
        return
    shown: set[str] = set()
    for pointer, key, value in seen.walk(seen.answer(look).json):
        if (
            key in _STAMPS
            and isinstance(value, str)
            and value
            and not _RFC3339.fullmatch(value)
            and pointer not in shown
        ):
            shown.add(pointer)
            yield Problem(
                "is not an RFC 3339 time with a zone", pointer=seen.fold(pointer), keyword="date-time"
            )


@check(
    "KBN-R310",
    "changed before it was made",
    applies=lambda look: _success(look) and seen.answer(look).is_json,
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="Whoever sorts by these times sees nonsense.",
    example="updated_at is a day before created_at.",
    source="observed on 9.4.3",
)
def time_goes_forward(look: Look) -> Iterator[Problem]:
    """Where an object has both, the time of creation is not after the time of change (both UTC texts)."""
    body = seen.answer(look).json
    if not isinstance(body, dict):
        return
    for made, changed in (("created_at", "updated_at"), ("createdAt", "updatedAt")):
        first, last = body.get(made), body.get(changed)
        if not (
            isinstance(first, str) and isinstance(last, str) and first.endswith("Z") and last.endswith("Z")
        ):
            continue
        if _RFC3339.fullmatch(first) and _RFC3339.fullmatch(last) and first[:19] > last[:19]:
            yield Problem(f"{changed} is before {made}", pointer=f"/{changed}", keyword="order")


@check(
    "KBN-R311",
    "far slower than usual",
    applies=lambda look: look.usual is not None and seen.answered(look),
    level=Level.SHOULD,
    severity=Severity.MINOR,
    why="One request in many that takes minutes is an outage for the person who sent it.",
    example="An operation that answers in 40 ms takes 30 s once.",
    source="this project: twenty times the operation's own median, and more than five seconds",
)
def not_slow(look: Look) -> Iterator[Problem]:
    """The time is within twenty times the operation's own median, and five seconds are always allowed."""
    assert look.usual is not None
    limit = max(_SLOW_FLOOR, _SLOW_FACTOR * look.usual)
    if look.exchange.elapsed > limit:
        yield Problem(f"took longer than {limit:.0f} s, its usual time twenty-fold", keyword="time")


@check(
    "KBN-R312",
    "two answers to one question in the headers",
    applies=seen.answered,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="Proxies and clients choose differently between two contradicting headers, which attackers use.",
    example="content-type stands twice, with different values.",
    source="RFC 9110, 5.3",
)
def headers_once(look: Look) -> Iterator[Problem]:
    """Headers that hold one value are given once."""
    values: dict[str, set[str]] = {}
    for name, value in seen.answer(look).headers:
        values.setdefault(name.lower(), set()).add(value)
    for name in ("content-type", "content-length", "location", "kbn-name", "elastic-api-version"):
        if len(values.get(name, ())) > 1:
            yield Problem(f"{name} is given with different values", keyword=name)


@check(
    "KBN-R313",
    "JSON without its character set",
    applies=lambda look: _success(look) and seen.answer(look).media_type == "application/json",
    level=Level.SHOULD,
    severity=Severity.TRIVIAL,
    why="Kibana says utf-8, and old clients rely on it.",
    example="content-type is application/json; charset=iso-8859-1.",
    source="observed on 9.0.1",
)
def charset(look: Look) -> Iterator[Problem]:
    """Where a character set is named, it is UTF-8."""
    value = (seen.answer(look).header("content-type") or "").lower()
    if "charset=" in value and "utf-8" not in value and "utf8" not in value:
        yield Problem("the character set is not UTF-8", keyword="charset")


@check(
    "KBN-R315",
    "cookie that scripts can read",
    applies=lambda look: seen.from_kibana(look) and seen.answer(look).header("set-cookie") is not None,
    level=Level.SHOULD,
    severity=Severity.NORMAL,
    why="A script that gets into the page takes the session away with it.",
    example="set-cookie is sid=…; Path=/, without HttpOnly.",
    source="Kibana source, session_cookie.ts; Kibana docs, xpack.security.secureCookies; CWE-1004, CWE-614",
)
def cookie_is_closed(look: Look) -> Iterator[Problem]:
    """Every cookie is HttpOnly, and Secure where the deployment is reached by TLS. A proxy may have set it:
    undecided.
    """
    for name, value in seen.answer(look).headers:
        if name.lower() != "set-cookie":
            continue
        said = {part.strip().partition("=")[0].lower() for part in value.split(";")[1:]}
        wanted = {"httponly", *(("secure",) if look.exchange.url.startswith("https:") else ())}
        for attribute in sorted(wanted - said):
            yield Problem(f"a cookie lacks {attribute}", keyword=attribute, about=About.UNDECIDED)


@check(
    "KBN-R314",
    "CORS opened to everybody",
    applies=_success,
    severity=Severity.CRITICAL,
    why="With credentials allowed for any origin, every web page can act as the person who visits it.",
    example="access-control-allow-origin is * with access-control-allow-credentials true.",
    source="Kibana docs, server.cors.allowCredentials; CWE-942",
)
def cors(look: Look) -> Iterator[Problem]:
    """Credentials are not allowed for every origin."""
    answer = seen.answer(look)
    if (
        answer.header("access-control-allow-origin") == "*"
        and answer.header("access-control-allow-credentials") == "true"
    ):
        yield Problem("credentials are allowed for every origin", keyword="access-control-allow-origin")
