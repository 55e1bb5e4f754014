"""Faults of access: who is let in, and whose things they see."""

from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator.authorization import FREE, looks, only_looks
from pytest_kibana.simulator.faults.model import Bench, Fault, Proceed, changes, has_json_body, role_of
from pytest_kibana.simulator.faults.response import put
from pytest_kibana.simulator.identities import ANONYMOUS, Identity
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.routing import anonymous, route_of
from pytest_kibana.simulator.world import Call

Json = Any
_ROOT = Identity("elastic", "basic", superuser=True)


def _closed(operation: Operation, bench: Bench) -> bool:
    return not route_of(operation).open


def _guards_changes(operation: Operation, bench: Bench) -> bool:
    """Operations that are refused to those who may only read."""
    free = f"{operation.method} {anonymous(operation.path)}" in FREE or route_of(operation).open
    return operation.unsafe and not free and not only_looks(operation, operation.method, operation.path)


def _reads_for_readers(operation: Operation, bench: Bench) -> bool:
    """GETs for which reading is enough."""
    return operation.method == "GET" and only_looks(operation, operation.method, operation.path)


def _reads_in_space(operation: Operation, bench: Bench) -> bool:
    """Reads of what can be missing in a space: a setting is there in each, and every space shows its own."""
    role, resource = role_of(operation)
    if role != "read" or resource is None or resource.everywhere:
        return False
    return not resource.single or (bool(resource.create) and not resource.standing)


def _lists_in_space(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    return role == "list" and resource is not None and not resource.everywhere


def _takes_secrets(operation: Operation, bench: Bench) -> bool:
    media = operation.body.media("application/json") if operation.body is not None else None
    flat = (
        bench.synthesiser.flat(media.schema.json) if media is not None and media.schema is not None else None
    )
    return isinstance(flat, dict) and "secrets" in flat.get("properties", {})


def _known(call: Call) -> Identity | None:
    return call.world.identities.recognise(call.headers.get("authorization"), call.headers.get("cookie"))


def _accept_nobody(call: Call, _: Proceed) -> None:
    call.identity = _known(call) or _ROOT


def _accept_wrong(call: Call, _: Proceed) -> None:
    try:
        found = _known(call)
    except Refusal:
        found = _ROOT
    if found is None and not call.route.open:
        raise Refusal(401, family="platform")
    call.identity = found or ANONYMOUS


def _accept_revoked(call: Call, _: Proceed) -> None:
    try:
        found = _known(call)
    except Refusal:
        scheme = call.headers.get("authorization", "").partition(" ")[0].lower()
        if scheme != "apikey" or not call.world.identities.was_key(call.headers["authorization"]):
            raise
        found = _ROOT
    if found is None:
        raise Refusal(401, family="platform")
    call.identity = found


def _nobody_is_500(call: Call, _: Proceed) -> None:
    found = _known(call)
    if found is None:
        raise Refusal(
            500, "An internal server error occurred. Check Kibana server logs for details.", family="platform"
        )
    call.identity = found


def _nobody_is_404(call: Call, _: Proceed) -> None:
    found = _known(call)
    if found is None:
        raise Refusal(404, family="platform")
    call.identity = found


def _readers_refused(call: Call, _: Proceed) -> None:
    if not call.identity.superuser:
        raise Refusal(403, family="platform")


def _forbidden_yet_done(call: Call, proceed: Proceed) -> None:
    if not call.identity.superuser and not looks(call):
        proceed()
        raise Refusal(403, f"API [{call.method} {call.path}] is unauthorized for user", family="platform")


def _spaces(call: Call) -> list[str]:
    return [call.space, *(key for key in call.world.store.table("space") if key != call.space)]


def _any_space(call: Call, proceed: Proceed) -> Reply:
    """Look in every space until the thing is found."""
    first: Refusal | None = None
    home = call.space
    for space in _spaces(call):
        call.space = space
        try:
            return proceed()
        except Refusal as refusal:
            first = first or refusal
        finally:
            call.space = home
    raise first or Refusal(404)


def _all_spaces(call: Call, proceed: Proceed) -> Reply:
    """List what every space holds."""
    home, first, replies = call.space, None, []
    for space in _spaces(call):
        call.space = space
        try:
            replies.append(proceed())
        except Refusal as refusal:
            first = first or refusal  # not every space has what the list is of
    call.space = home
    if not replies:
        raise first or Refusal(404)
    whole = replies[0].body
    for reply in replies[1:]:
        whole = _joined(whole, reply.body)
    replies[0].body = whole
    return replies[0]


def _joined(left: Json, right: Json) -> Json:
    if isinstance(left, list) and isinstance(right, list):
        return [*left, *right]
    if isinstance(left, dict) and isinstance(right, dict):
        for name, value in left.items():
            if isinstance(value, list) and isinstance(right.get(name), list):
                return put(left, (name,), [*value, *right[name]])
    return left


def _leak(call: Call, reply: Reply) -> Reply:
    if isinstance(call.body, dict) and isinstance(reply.body, dict) and call.body.get("secrets"):
        reply.body = {**reply.body, "secrets": call.body["secrets"]}
    return reply


def _no_challenge(call: Call, reply: Reply) -> Reply:
    """Say yes to nobody, with nothing in it."""
    if reply.status == 401:
        return Reply(NOTHING, status=200)
    return reply


FAULTS = (
    Fault(
        "access.anonymous_accepted",
        "Nobody is let in.",
        ("no credentials",),
        _closed,
        stages={"authentication": _accept_nobody},
    ),
    Fault(
        "access.wrong_credentials_accepted",
        "Wrong credentials are as good as right ones.",
        ("wrong credentials",),
        _closed,
        stages={"authentication": _accept_wrong},
    ),
    Fault(
        "access.revoked_key_accepted",
        "An API key works after it was revoked.",
        ("revoked credentials",),
        _closed,
        stages={"authentication": _accept_revoked},
    ),
    Fault(
        "access.anonymous_500",
        "Nobody is answered with a 500.",
        ("no credentials", "no 5xx"),
        _closed,
        stages={"authentication": _nobody_is_500},
    ),
    Fault(
        "access.anonymous_404",
        "Nobody is told that there is no such route.",
        ("no credentials",),
        _closed,
        stages={"authentication": _nobody_is_404},
    ),
    Fault(
        "access.anonymous_empty_200",
        "Nobody is answered with an empty success.",
        ("no credentials",),
        _closed,
        after=_no_challenge,
    ),
    Fault(
        "access.privileges_ignored",
        "Privileges are not looked at.",
        ("too few privileges",),
        _guards_changes,
        stages={"privileges": None},
    ),
    Fault(
        "access.readers_refused",
        "Those who may read are refused.",
        ("least privilege suffices",),
        _reads_for_readers,
        stages={"privileges": _readers_refused},
    ),
    Fault(
        "access.forbidden_yet_done",
        "What is forbidden is refused, and done.",
        ("too few privileges", "no side effect"),
        lambda o, b: _guards_changes(o, b) and changes(o, b),
        stages={"privileges": _forbidden_yet_done},
    ),
    Fault(
        "access.other_space_readable",
        "A thing of another space can be read.",
        ("space isolation",),
        _reads_in_space,
        around=_any_space,
    ),
    Fault(
        "access.other_space_listed",
        "A list shows things of other spaces.",
        ("space isolation",),
        _lists_in_space,
        around=_all_spaces,
    ),
    Fault(
        "access.secrets_returned",
        "Secrets come back in the answer.",
        ("no secrets in answers", "response schema"),
        lambda o, b: has_json_body(o, b) and _takes_secrets(o, b),
        after=_leak,
    ),
)
