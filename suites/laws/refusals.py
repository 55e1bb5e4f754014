"""Laws of refusals: what is refused is not done."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Call, Handle, Kind
from pytest_kibana.resources.calls import Reply
from pytest_kibana.resources.mark import marks_in
from pytest_kibana.resources.model import NOTHING
from pytest_kibana.resources.template import put, subjects, value_at
from pytest_kibana.session import Session
from pytest_kibana.suites.laws.bench import Bench, NotHere, Way
from pytest_kibana.suites.laws.comparing import differences
from pytest_kibana.suites.laws.statutes import Broken, changes, has_id, in_space, statute, vanishes
from pytest_kibana.wire import Anonymous

_VERSIONS = frozenset({"version", "_version"})
_PATIENCE = 2.0
"""Seconds to wait for what must not appear in a list that lags: short, for nothing is what is expected."""


def ways(session: Session) -> tuple[Way, ...]:
    """Return the ways in which this target must refuse a request."""
    target = session.target
    found = []
    if target.xsrf_exempt is not True:
        found.append(Way("without kbn-xsrf", headers={"kbn-xsrf": None}))
    if not target.security_disabled and not target.anonymous:
        found.append(Way("to nobody", credentials=Anonymous()))
    if session.viewer_credentials is not None and not target.security_disabled:
        found.append(Way("to somebody who may only read", credentials=session.viewer_credentials))
    found.append(Way("with a body that breaks its schema", breaks=True))
    return tuple(found)


@statute(
    31, "refused create", source="Kibana source, lifecycle_handlers.ts and router.ts: the handler comes last"
)
def refused_create(bench: Bench) -> Broken:
    """A create that is refused makes nothing."""
    handle = bench.make()
    if not (bench.has("listing") or (bench.has("read") and bench.kind.chooses_id)):
        raise NotHere("needs a list, or a read by a chosen id, and the contract has neither")
    call = bench.call("create")
    before = set(bench.ids(handle)) if bench.has("listing") else set()
    for how, change in _ways(bench, call, handle.sent, handle, lambda body: body):
        reply, shade = bench.here.attempt(
            bench.kind, beside=handle, change=change, headers=how.headers, credentials=how.credentials
        )
        made = reply.ok or _appears(bench, handle, shade, before)
        bench.here.dismiss(shade, made=made)
        if made and _refused(reply):
            yield f"it was refused {how.name} ({reply.status}), and made all the same"


@statute(
    32,
    "refused change",
    "sight",
    "update",
    when=changes,
    kinds=(Kind.OBJECT, Kind.SETTING),
    source="Kibana source, lifecycle_handlers.ts and router.ts: the handler comes last",
)
def refused_change(bench: Bench) -> Broken:
    """A change that is refused changes nothing."""
    handle = bench.make()
    before = copy.deepcopy(bench.see(handle))
    call = bench.call("update")
    for how, change in _ways(bench, call, None, handle, bench.changing(handle, again=True)):
        reply = bench.here.ask(handle, call, change=change, headers=how.headers, credentials=how.credentials)
        after = bench.here.read(handle)
        if _refused(reply):  # that it was let in is another rule's business
            for sentence in differences(before, after, ignored=bench.kind.volatile):
                yield f"refused {how.name} ({reply.status}), and done: {sentence}"
        before = copy.deepcopy(after)


@statute(
    33,
    "refused delete",
    "sight",
    "delete",
    kinds=(Kind.OBJECT, Kind.ENGINE),
    when=lambda kind: (has_id(kind) or kind.kind is Kind.ENGINE) and vanishes(kind),
    source="Kibana source, lifecycle_handlers.ts and router.ts: the handler comes last",
)
def refused_delete(bench: Bench) -> Broken:
    """A delete that is refused removes nothing."""
    call = bench.call("delete")
    handle = bench.make()
    if not handle.owned:
        raise NotHere(f"needs a {bench.kind.name} that was not there before, and it was")
    within = bench.kind.read_within if bench.has("read") else bench.kind.listed_within
    if not bench.until(handle.exists, within):
        raise NotHere(f"needs a {bench.kind.name} that is seen after it was made, and it is not")
    for how in bench.ways:
        if how.breaks:
            continue
        reply = bench.here.ask(handle, call, headers=how.headers, credentials=how.credentials)
        if not _refused(reply):
            handle = bench.make()  # that it was let in is another rule's business
        elif not handle.exists():
            yield f"it was refused {how.name} ({reply.status}), and removed all the same"
            handle = bench.make()
    if bench.kind.kind is Kind.ENGINE:
        handle.delete()
        bench.here.forget(bench.kind.name)


def _refused(reply: Reply) -> bool:
    return reply.status is not None and 400 <= reply.status < 500


def _ways(
    bench: Bench, call: Call, sent: Any, handle: Handle, change: Callable[[Any], Any]
) -> Iterator[tuple[Way, Callable[[Any], Any]]]:
    """Yield each way to be refused, with what makes the body."""
    for how in bench.ways:
        if not how.breaks:
            yield how, change
            continue
        names = {handle.unique, *(str(value) for value in handle.keys.values())}
        contract = bench.here.contract
        if contract is None or call.body is NOTHING:
            continue
        # In what it holds, and in what it might hold: a server may look at the one before the other.
        for last in (False, True):
            wrong = partial(_wrong, contract, call, frozenset(names), change, last)
            if sent is None or wrong(sent) is not sent:
                yield how, wrong


def _wrong(
    contract: Contract, call: Call, keep: frozenset[str], change: Callable[[Any], Any], last: bool, body: Any
) -> Any:
    return breaking(contract, call, change(body), keep, last=last)


def breaking(contract: Contract, call: Call, body: Any, keep: frozenset[str], *, last: bool = False) -> Any:
    """Return a body with one wrong member, which its schema refuses; the body itself where none can be found.

    Members that hold one of the names to keep, and versions, stay as they are: they say which object is meant, and by
    its name one is found that must not be there. ``last`` begins with members that the body does not have.
    """
    operation = contract.find(call.label)
    media = operation.body.media(call.media) if operation is not None and operation.body else None
    if media is None or media.schema is None or not isinstance(body, Mapping):
        return body
    for root in dict.fromkeys((call.root, "")):
        members = value_at(body, root) if root else body
        ways = list(_broken(members, keep, _declared(contract, media.schema.json)))
        for broken in reversed(ways) if last else ways:
            candidate = put(body, root, broken) if root else broken
            if not contract.is_valid(media.schema, candidate):
                return candidate
    return body


def _declared(contract: Contract, schema: Any) -> tuple[str, ...]:
    known = contract.resolve(schema)
    return tuple(known.get("properties", ())) if isinstance(known, dict) else ()


def _broken(members: Any, keep: frozenset[str], declared: tuple[str, ...]) -> Iterator[Any]:
    """Yield the members with one of another type, then with one left out, then with one more that is wrong."""
    if not isinstance(members, Mapping):
        return
    free = {
        name: value
        for name, value in members.items()
        if name not in _VERSIONS
        and not marks_in(json.dumps(value, default=str))
        and not any(one in json.dumps(value, default=str) for one in keep)
    }
    for name, value in free.items():
        yield {
            **members,
            name: "wrong" if isinstance(value, Mapping | list | int | float) else {"wrong": True},
        }
    for name in free:
        yield {k: v for k, v in members.items() if k != name}
    for name in declared:
        if name not in members:
            yield {**members, name: {"wrong": [True]}}


def _appears(bench: Bench, handle: Handle, shade: Handle, before: set[str]) -> bool:
    """Tell whether what a refused request wanted to make is there."""
    if bench.has("read") and bench.kind.chooses_id:
        status = bench.status(shade, "read")
        if status < 300:
            return True
    if not bench.has("listing"):
        return False
    alone = in_space(bench.kind) and not set(bench.kind.parents) - set(subjects(bench.kind.keys))

    def shown() -> bool:
        pointer = bench.listing().id_at
        for item in bench.items(handle):
            new = str(value_at(item, pointer)) not in before
            if new and (alone or shade.unique in json.dumps(item, default=str)):
                return True
        return False

    return bench.until(shown, min(bench.kind.listed_within, _PATIENCE))
