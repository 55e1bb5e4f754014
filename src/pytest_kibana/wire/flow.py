"""What happens around a request, without doing any input or output itself.

Gates, logging in, sending, classifying, redacting, recording, waiting and trying again are one generator,
:func:`converse`. It yields what it wants done (:class:`Outgoing`: send this; :class:`Pause`: wait so long)
and is handed what came of it. The two clients drive the same generator, one with threads and one with an
event loop, so neither can forget a gate or record less than the other.
"""

import itertools
import secrets
import time
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

from pytest_kibana.contract.model import UNSAFE_METHODS
from pytest_kibana.errors import CredentialsRefused
from pytest_kibana.wire import weather as sky
from pytest_kibana.wire.body import json_bytes
from pytest_kibana.wire.credentials import Anonymous, Credentials, Session
from pytest_kibana.wire.endpoint import Endpoint, Timeouts
from pytest_kibana.wire.exchange import Answer, Exchange, Headers, Intent, Origin, Request
from pytest_kibana.wire.network import Outgoing, Reply
from pytest_kibana.wire.reading import Limits, Parsed, is_json_type, parse_json, text_headers
from pytest_kibana.wire.redact import Redactor
from pytest_kibana.wire.request import target_of

Listener = Callable[[Exchange], None]
Gate = Callable[[Request], None]
Patience = Callable[[Request], Timeouts | None]

_RETRIED = frozenset({429, 502, 503, 504})
_ids = itertools.count(1)
_RUN = secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a request is sent again.

    Safe methods are tried ``attempts`` times in all after 429, 502, 503, 504, a refused or a broken
    connection; the wait begins with ``backoff`` seconds and doubles, or is what Retry-After says; neither
    exceeds ``cap``. Kibana's event-loop limiter refuses before any handler runs, so its 429 is tried once
    again whatever the method (as Kibana's own test client does). Nothing else that can change anything is
    ever sent twice.
    """

    attempts: int = 4
    backoff: float = 0.25
    cap: float = 40.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time comes from; tests put their own here. ``sleep`` is for threads alone."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Exclusively:
    """Carry on this conversation while nobody else carries on one of this kind, and give its result."""

    conversation: "Generator[Step, Any, Any]" = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: the exchange that is kept, and the answer as it came, for the caller alone."""

    exchange: Exchange
    reply: Reply | None = field(repr=False)


@dataclass(slots=True)
class Cookies:
    """Session cookies by credentials."""

    held: dict[Session, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that a request meets on its way. Clients are views of it."""

    endpoint: Endpoint
    redactor: Redactor
    listeners: tuple[Listener, ...] = ()
    gates: tuple[Gate, ...] = ()
    retry: RetryPolicy = RetryPolicy()
    limits: Limits = field(default_factory=Limits)
    clock: Clock = Clock()
    patience: Patience | None = None
    cookies: Cookies = field(default_factory=Cookies)


Step = Outgoing | Pause | Exclusively
Conversation = Generator[Step, Any, Outcome]


def converse(setup: Setup, request: Request, credentials: Credentials) -> Conversation:
    """Send one request, as often as the policy allows, and return the last outcome.

    Each attempt passes the gates and is told to the listeners.

    Raises:
        SafetyRefusal, BudgetExhausted: by a gate; nothing was sent.
        CredentialsRefused: logging in for a session was refused.
    """
    __tracebackhide__ = True
    attempt, overloaded, renewed = 1, False, False
    while True:
        for gate in setup.gates:
            gate(request)
        session = credentials if isinstance(credentials, Session) else None
        old_cookie = session is not None and session in setup.cookies.held
        if session is not None and not old_cookie:
            failed: Outcome | None = yield Exclusively(_log_in(setup, session))
            if failed is not None:
                # The request was never sent; what stood in the way of logging in is what came of it.
                return Outcome(
                    setup.redactor.exchange(replace(failed.exchange, request=request)), failed.reply
                )
        outcome = yield from _attempt(setup, request, credentials, attempt)
        exchange = outcome.exchange
        refused = exchange.answer is not None and exchange.answer.status == 401
        if session is not None and old_cookie and refused and not renewed:
            # The session ended. Kibana refuses before any handler runs, so the request may be sent again.
            setup.cookies.held.pop(session, None)
            renewed = True
            continue
        wait = _wait_before_next(setup, request, exchange, attempt, overloaded=overloaded)
        if wait is None:
            return outcome
        overloaded = overloaded or _is_overload(exchange)
        yield Pause(wait)
        attempt += 1


def _attempt(setup: Setup, request: Request, credentials: Credentials, attempt: int) -> Conversation:
    __tracebackhide__ = True
    target = target_of(setup.endpoint.base_path, request)
    clock = setup.clock
    timeouts = (setup.patience(request) if setup.patience else None) or setup.endpoint.timeouts
    outgoing = Outgoing(
        request.method.encode("ascii", "replace"),
        target.encode("utf-8", "replace"),
        _wire_headers(request, _auth(setup, credentials)),
        request.body,
        timeouts,
    )
    started, before = clock.now(), clock.monotonic()
    came = yield outgoing
    elapsed = clock.monotonic() - before
    exchange = _exchange(setup, request, target, came, started=started, elapsed=elapsed, attempt=attempt)
    for listener in setup.listeners:
        listener(exchange)
    return Outcome(exchange, came if isinstance(came, Reply) else None)


def _exchange(
    setup: Setup,
    request: Request,
    target: str,
    came: Reply | BaseException,
    *,
    started: float,
    elapsed: float,
    attempt: int,
) -> Exchange:
    """Turn what came into an exchange: read, classified and redacted. Nobody sees it any earlier."""
    answer = names = None
    if isinstance(came, Reply):
        answer, names = read_answer(came, setup.limits)
        weather = sky.of_answer(
            answer.status, kbn_name=answer.header("kbn-name") is not None, body=answer.body, json=answer.json
        )
    else:
        weather = sky.of_trouble(came)
    exchange = Exchange(
        id=f"{_RUN}-{next(_ids):x}",
        request=request,
        url=setup.endpoint.origin + target,
        started=started,
        elapsed=elapsed,
        answer=answer,
        weather=weather,
        attempt=attempt,
    )
    return setup.redactor.exchange(exchange, names)


def read_answer(reply: Reply, limits: Limits) -> tuple[Answer, Collection[str] | None]:
    """Turn a reply into an answer: headers as text, JSON parsed where the content type claims it.

    Returns:
        The answer, and the names of all members in its JSON (None where there is none).
    """
    headers = text_headers(reply.headers)
    answer = Answer(
        reply.status, headers, reply.body, truncated=reply.truncated, http_version=reply.http_version
    )
    if not (reply.body or reply.trouble) or not is_json_type(answer.media_type):
        return answer, None
    parsed = Parsed(trouble=f"cut after {len(reply.body)} bytes" if reply.truncated else reply.trouble)
    if parsed.trouble is None:
        parsed = parse_json(reply.body, depth=limits.depth)
    said = Answer(
        reply.status,
        headers,
        reply.body,
        parsed.value,
        parsed.is_json,
        parsed.trouble,
        reply.truncated,
        reply.http_version,
    )
    return said, parsed.names


def _wire_headers(request: Request, auth: Headers) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in request.headers}
    return [
        (name.encode("ascii", "replace"), value.encode("utf-8"))
        for name, value in (*(h for h in auth if h[0] not in named), *request.headers)
    ]


def _auth(setup: Setup, credentials: Credentials) -> Headers:
    if isinstance(credentials, Session):
        return (("cookie", setup.cookies.held.get(credentials, "")),)
    return credentials.headers()


def _log_in(setup: Setup, credentials: Session) -> Generator[Step, Any, Outcome | None]:
    """Get a cookie, unless somebody else just did; returns the outcome that stands in the way, or None."""
    if credentials in setup.cookies.held:
        return None
    request = Request(
        "POST",
        Session.LOGIN_PATH,
        headers=(
            ("content-type", "application/json"),
            ("kbn-xsrf", "pytest-kibana"),
            ("x-elastic-internal-origin", "pytest-kibana"),
        ),
        body=json_bytes(credentials.login_body(setup.endpoint.url + "/")),
        origin=Origin.PROBE,
        intent=Intent(kind="log in"),
    )
    outcome = yield from _attempt(setup, request, Anonymous(), 1)
    reply = outcome.reply
    if reply is None or outcome.exchange.weather is not None:
        return outcome
    pairs = [
        value.decode("latin-1").split(";", 1)[0].strip()
        for name, value in reply.headers
        if name.lower() == b"set-cookie"
    ]
    if reply.status != 200 or not pairs:
        raise CredentialsRefused(
            f"{setup.endpoint.url} refused to log in {credentials.username} "
            f"by the provider {credentials.provider!r} (HTTP {reply.status})",
            hint="Check user name and password, and the provider's name: on Elastic Cloud it is cloud-basic.",
        )
    setup.redactor.register(*(pair.partition("=")[2] for pair in pairs))
    setup.cookies.held[credentials] = "; ".join(pairs)
    return None


def _is_overload(exchange: Exchange) -> bool:
    answer = exchange.answer
    return (
        answer is not None
        and answer.status == 429
        and isinstance(answer.json, dict)
        and answer.json.get("message") == sky.OVERLOAD_MESSAGE
    )


def _wait_before_next(
    setup: Setup, request: Request, exchange: Exchange, attempt: int, *, overloaded: bool
) -> float | None:
    """Return how long to wait before the next attempt, or None where this one was the last."""
    policy, answer, weather = setup.retry, exchange.answer, exchange.weather
    if _is_overload(exchange):
        if overloaded or policy.attempts < 2:
            return None
    elif request.method in UNSAFE_METHODS or attempt >= policy.attempts:
        return None
    elif answer is not None:
        if answer.status not in _RETRIED or _is_status_document(request, answer):
            return None
    elif weather is None or weather.kind not in ("unreachable", "broken"):
        return None
    asked = _retry_after(answer.header("retry-after"), setup.clock.now()) if answer is not None else None
    return min(policy.backoff * 2 ** (attempt - 1) if asked is None else asked, policy.cap)


def _is_status_document(request: Request, answer: Answer) -> bool:
    """The status API answers 503 with its document while Kibana is unhealthy: that is what was asked for."""
    return request.path == sky.STATUS_PATH and isinstance(answer.json, dict) and "status" in answer.json


def _retry_after(value: str | None, now: float) -> float | None:
    """Read Retry-After, which holds seconds or a date; None where it is absent or makes no sense."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
