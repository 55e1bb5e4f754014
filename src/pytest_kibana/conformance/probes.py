"""Requests that are wrong on purpose, made from one that is right: what every operation owes whatever it does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from pytest_kibana.conformance.hostile import Change, hostile
from pytest_kibana.contract.model import Operation
from pytest_kibana.wire.exchange import Intent, Request, Rule

UNKNOWN_VERSION = "2019-01-01"
MALFORMED_VERSION = "1"
UNKNOWN_ID = "00000000-0bad-4bad-8bad-000000000000"
MAX_PAYLOAD = 1_048_576
"""Bytes: the default of ``server.maxPayload`` (Kibana source, http_config.ts)."""

_TOO_LARGE = b'{"kbn-test":"' + b"x" * MAX_PAYLOAD + b'"}'

# Routes that raise the limit for themselves, because they take files or many things at once.
_LARGE = re.compile(r"import|bulk|upload|sourcemap|/packages|/files?|custom_integrations")


@dataclass(frozen=True, slots=True)
class Probe:
    """A change to a good request.

    ``headers`` replaces headers by lower-case name; None takes one away. ``identity`` is who sends it. ``unknown``
    is True where the last id in the path becomes one that nothing has, ``bare`` where nothing stays of the query but
    what must be in it. ``change`` is any other change.
    ``expect`` is what a conforming Kibana does.
    """

    kind: str
    expect: str | None
    identity: str = "main"
    method: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes | None = None
    rule: Rule | None = None
    unknown: bool = False
    bare: tuple[str, ...] | None = None
    change: Change | None = None

    def apply(self, request: Request) -> Request:
        """Return the changed request, with the intent that checks read."""
        if self.change is not None:
            request = self.change(request)
        headers = {name.lower(): value for name, value in request.headers}
        for name, value in self.headers.items():
            if value is None:
                headers.pop(name, None)
            else:
                headers[name] = value
        expect = self.expect if self.expect in ("accepted", "refused") else None
        return replace(
            request,
            method=self.method or request.method,
            path=_without_object(request) if self.unknown else request.path,
            query=request.query
            if self.bare is None
            else tuple(pair for pair in request.query if pair[0].partition("[")[0] in self.bare),
            headers=tuple(headers.items()),
            body=request.body if self.body is None else self.body,
            intent=Intent(
                expect=expect,  # type: ignore[arg-type]
                kind=self.kind,
                case=f"{request.intent.case}~{self.kind.replace(' ', '-')}" if request.intent.case else None,
                rule=self.rule,
                identity=self.identity,
            ),
        )


def _without_object(request: Request) -> str:
    """Return the path with an id that nothing has in place of the last one."""
    segments = request.path.split("/")
    ids = set(request.path_parameters.values())
    last = max((n for n, part in enumerate(segments) if unquote(part) in ids), default=None)
    if last is not None:
        segments[last] = UNKNOWN_ID
    return "/".join(segments)


def probes(
    operation: Operation,
    group: str,
    *,
    xsrf: bool = True,
    secured: bool = True,
    strangers: bool = False,
    makes: bool = False,
    revoked: bool = False,
) -> Iterator[Probe]:
    """Yield the probes of a group for an operation, the most telling first.

    Args:
        operation: whom to probe.
        group: ``protocol`` or ``access``; other groups have none.
        xsrf: whether the target demands ``kbn-xsrf`` of these credentials. Serverless does not with an
            API key, nor does a server whose ``server.xsrf.allowedSchemes`` says so (elastic/kibana#270870).
        secured: whether the target has security at all.
        strangers: whether it is set up to serve people without credentials.
        makes: whether the operation makes something under the id in its path.
        revoked: whether there is a key that was revoked.
    """
    if group == "protocol":
        yield from _protocol(operation, xsrf=xsrf, makes=makes)
    elif group == "access":
        yield from _access(operation, secured=secured, strangers=strangers, revoked=revoked)


def _protocol(operation: Operation, *, xsrf: bool, makes: bool) -> Iterator[Probe]:
    if operation.unsafe and xsrf:
        rule = Rule("header", "kbn-xsrf", "required", "kbn-xsrf is missing")
        yield Probe("no xsrf", "refused", headers={"kbn-xsrf": None}, rule=rule)
    version = Rule("version", "elastic-api-version", "unknown", "a version that never was")
    yield Probe("unknown version", None, headers={"elastic-api-version": UNKNOWN_VERSION}, rule=version)
    malformed = Rule("version", "elastic-api-version", "malformed", "a version that is no date")
    yield Probe("malformed version", None, headers={"elastic-api-version": MALFORMED_VERSION}, rule=malformed)
    if operation.method == "GET":
        yield Probe("plain encoding", "accepted", headers={"accept-encoding": "identity"})
        yield Probe("head", None, method="HEAD")
        query = operation.parameters_in("query")
        if any(not p.required for p in query):
            yield Probe("bare query", None, bare=tuple(p.name for p in query if p.required))
        if operation.parameters_in("path"):
            yield Probe("unknown object", None, unknown=True)
    elif operation.body and operation.body.media("application/json") and not _LARGE.search(operation.path):
        rule = Rule("body", "", "too large", f"the body is longer than {MAX_PAYLOAD} bytes")
        yield Probe("too large", "refused", body=_TOO_LARGE, rule=rule)
    yield from (Probe(kind, None, change=change) for kind, change in hostile(operation))
    # What makes something may make it under the unknown id, and a PUT may make what is not there.
    made = operation.method == "PUT" or (makes and operation.path.endswith("}"))
    if operation.unsafe and operation.parameters_in("path") and not made:
        yield Probe("unknown object", None, unknown=True)


def _access(operation: Operation, *, secured: bool, strangers: bool, revoked: bool) -> Iterator[Probe]:
    if not secured:
        return
    if not strangers:
        nobody = Rule("credentials", "authorization", "required", "no credentials")
        yield Probe("anonymous", "refused", identity="anonymous", rule=nobody)
        if operation.method == "GET":
            yield Probe("anonymous head", "refused", identity="anonymous", method="HEAD", rule=nobody)
    wrong = Rule("credentials", "authorization", "unknown", "an API key that does not exist")
    yield Probe("wrong key", "refused", identity="wrong key", rule=wrong)
    yield Probe("viewer", None, identity="viewer")
    if revoked:
        rule = Rule("credentials", "authorization", "revoked", "an API key that was revoked")
        yield Probe("revoked key", "refused", identity="revoked key", rule=rule)
