"""The comparison of one operation with its namesake in another contract; see :mod:`pytest_kibana.contract.diff`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from pytest_kibana.contract.comparing import EXTRA, ITEMS, Comparison, Difference, Kind
from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.diff import Change, Class
from pytest_kibana.contract.judge import absolute, registry_of
from pytest_kibana.contract.model import JsonSchema, MediaType, Operation, Parameter, Response, Schema
from pytest_kibana.contract.shapes import Shapes
from pytest_kibana.contract.witness import Smith, candidates, find, sweep

# The proof of the canonical forms takes time that grows with the square of the arms, and cannot be interrupted.
_LARGEST_PROOF = 20_000

# Headers that the platform itself asks for; contracts list them by habit and not by meaning.
_PLATFORM_HEADERS = frozenset({"kbn-xsrf", "elastic-api-version"})

# What becomes of a client's requests, and of what it reads, at each kind of difference. FIELD_ADDED is asked apart.
_REQUEST: Mapping[Kind, Class] = {
    **dict.fromkeys(Kind, Class.ADDITION),
    **dict.fromkeys(
        (
            Kind.FIELD_REMOVED,
            Kind.FIELD_REQUIRED,
            Kind.TYPE_CHANGED,
            Kind.TYPE_NARROWED,
            Kind.NULL_REMOVED,
            Kind.ENUM_INTRODUCED,
            Kind.VALUE_REMOVED,
            Kind.CLOSED,
            Kind.TIGHTENED,
            Kind.CHANGED,
        ),
        Class.BREAKING,
    ),
}
_RESPONSE: Mapping[Kind, Class] = {
    **dict.fromkeys(Kind, Class.ADDITION),
    **dict.fromkeys(
        (
            Kind.FIELD_REMOVED,
            Kind.FIELD_OPTIONAL,
            Kind.TYPE_CHANGED,
            Kind.TYPE_WIDENED,
            Kind.NULL_ADDED,
            Kind.ENUM_DROPPED,
        ),
        Class.BREAKING,
    ),
    **dict.fromkeys((Kind.VALUE_ADDED, Kind.OPENED, Kind.LOOSENED, Kind.CHANGED), Class.STRICT),
}


class _Side:
    """One contract, with what the comparison asks of it."""

    def __init__(self, contract: Contract, *, old: bool) -> None:
        self.contract = contract
        self.shapes = Shapes(dict(contract.components))
        self.smith = Smith(self.shapes, self.is_valid, old=old)
        self.registry = registry_of(contract.components)

    def is_valid(self, schema: JsonSchema, value: Any) -> bool:
        return self.contract.is_valid(Schema("", schema), value)

    def canonical(self, schema: JsonSchema) -> jsonschema_rs.CanonicalSchema:
        draft = jsonschema_rs.Draft7
        return jsonschema_rs.canonicalize(absolute(schema), draft=draft, registry=self.registry, offline=True)


class Differ:
    """Compares operations of two contracts."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self.old = _Side(old, old=True)
        self.new = _Side(new, old=False)
        self.comparison = Comparison(self.old.shapes, self.new.shapes)
        self.respelled = 0
        self._bodies: dict[tuple[str, str, str], tuple[list[Change], int]] = {}

    def operation(self, old: Operation, new: Operation) -> list[Change]:
        """Return the changes of one operation."""
        found = [
            *self._facts(old, new),
            *self._parameters(old, new),
            *self._body(old, new),
            *self._answers(old, new),
        ]
        maturity, deprecated = old.availability.maturity, old.deprecated
        return [
            _replace(change, operation=old.label, maturity=maturity, deprecated=deprecated)
            for change in found
        ]

    # the operation as a whole

    def _facts(self, old: Operation, new: Operation) -> Iterator[Change]:
        if old.operation_id != new.operation_id:
            yield _change(
                "operation", "operation-id-changed", Class.ADDITION, f"is now called `{new.operation_id}`"
            )
        if new.deprecated and not old.deprecated:
            yield _change("operation", "deprecated", Class.ADDITION, "is now marked deprecated")
        before, after = old.availability.maturity, new.availability.maturity
        if before is not after:
            order = ["experimental", "technical preview", "beta", "generally available"]
            less = order.index(after.value) < order.index(before.value)
            sentence = f"was {before.value}, is {after.value}"
            yield _change(
                "operation", "availability-changed", Class.STRICT if less else Class.ADDITION, sentence
            )

    # parameters

    def _parameters(self, old: Operation, new: Operation) -> Iterator[Change]:
        before, after = _by_place(old), _by_place(new)
        for place, parameter in before.items():
            partner = after.get(place)
            where = f"{parameter.location} {parameter.name}"
            if partner is None:
                value = self.old.smith.smallest(parameter.schema.json)
                yield _change(
                    where, "parameter-removed", Class.BREAKING, "is gone", witness={parameter.name: value}
                )
                continue
            if partner.required and not parameter.required and parameter.location != "path":
                yield _change(
                    where, "parameter-became-required", Class.BREAKING, "is now required", witness={}
                )
            yield from self._schemas(where, parameter.schema, partner.schema, request=True)
        for place, parameter in after.items():
            if place not in before:
                where = f"{parameter.location} {parameter.name}"
                code = "required-parameter-added" if parameter.required else "parameter-added"
                severity = Class.BREAKING if parameter.required else Class.ADDITION
                yield _change(
                    where,
                    code,
                    severity,
                    "is new" + (" and required" if parameter.required else ""),
                    witness={},
                )

    # request body

    def _body(self, old: Operation, new: Operation) -> Iterator[Change]:
        where = "request body"
        if old.body is None or new.body is None:
            if old.body is not None:
                yield _change(
                    where, "body-removed", Class.BREAKING, "is no longer taken", witness=self._some(old)
                )
            elif new.body is not None:
                severity = Class.BREAKING if new.body.required else Class.ADDITION
                code = "required-body-added" if new.body.required else "body-added"
                yield _change(where, code, severity, "is now taken", witness=None)
            return
        if new.body.required and not old.body.required:
            yield from self._now_required(where, new)
        if old.body.required and not new.body.required:
            yield _change(where, "body-became-optional", Class.ADDITION, "need no longer be sent")
        before, after = _media(old.body.content), _media(new.body.content)
        for name in before.keys() - after.keys():
            yield _change(
                where, "media-type-removed", Class.BREAKING, f"no longer comes as {name}", witness=name
            )
        for name in after.keys() - before.keys():
            yield _change(where, "media-type-added", Class.ADDITION, f"may now come as {name}")
        for name in before.keys() & after.keys():
            yield from self._schemas(where, before[name].schema, after[name].schema, request=True)

    def _now_required(self, where: str, new: Operation) -> Iterator[Change]:
        """A body that must be sent now is told where it is not told already, by the members that are required now."""
        schemas = [media.schema for media in (new.body.content if new.body else ()) if media.schema]
        if not any(self.new.is_valid(schema.json, {}) is False for schema in schemas):
            yield _change(where, "body-became-required", Class.BREAKING, "must now be sent", witness=None)

    def _some(self, operation: Operation) -> Any:
        schemas = [
            media.schema for media in (operation.body.content if operation.body else ()) if media.schema
        ]
        return self.old.smith.smallest(schemas[0].json) if schemas else None

    # answers

    def _answers(self, old: Operation, new: Operation) -> Iterator[Change]:
        before = {response.status: response for response in old.responses}
        after = {response.status: response for response in new.responses}
        for status, response in before.items():
            where = f"response {status}"
            if status not in after:
                if status.startswith("2") and new.responses:
                    sentence = "is no longer documented"
                    yield _change(
                        where, "success-status-removed", Class.BREAKING, sentence, witness=int(status)
                    )
                elif status.startswith("2"):
                    reason = "the new contract documents no answers at all"
                    yield _change(
                        where,
                        "success-status-removed",
                        Class.UNDECIDED,
                        "is no longer documented",
                        reason=reason,
                    )
                else:
                    yield _change(where, "error-status-removed", Class.ADDITION, "is no longer documented")
                continue
            yield from self._answer(where, response, after[status])
        for status in after.keys() - before.keys():
            if before:
                yield _change(
                    f"response {status}", "status-added", Class.STRICT, "is newly documented", witness=status
                )

    def _answer(self, where: str, old: Response, new: Response) -> Iterator[Change]:
        before, after = _media(old.content), _media(new.content)
        success = old.status.startswith("2")
        for name in before.keys() - after.keys():
            severity = Class.BREAKING if success else Class.STRICT
            yield _change(where, "media-type-removed", severity, f"no longer comes as {name}", witness=name)
        for name in after.keys() - before.keys():
            yield _change(where, "media-type-added", Class.STRICT, f"may now come as {name}", witness=name)
        for name in before.keys() & after.keys():
            yield from self._schemas(
                where, before[name].schema, after[name].schema, request=False, success=success
            )

    # schemas

    def _schemas(
        self, where: str, old: Schema | None, new: Schema | None, *, request: bool, success: bool = True
    ) -> list[Change]:
        before: JsonSchema = True if old is None else old.json
        after: JsonSchema = True if new is None else new.json
        key = (self.old.shapes.digest(before), self.new.shapes.digest(after), f"{request}{success}")
        if key not in self._bodies:
            self._bodies[key] = self._compared(before, after, request=request, success=success)
        changes, respelled = self._bodies[key]
        self.respelled += respelled
        return [_replace(change, where=where) for change in changes]

    def _compared(
        self, old: JsonSchema, new: JsonSchema, *, request: bool, success: bool
    ) -> tuple[list[Change], int]:
        if self.comparison.same(old, new):
            return [], int(json.dumps(old) != json.dumps(new))
        pair = _Pair(self, old, new, request=request, success=success)
        found = [pair.change(difference) for difference in self.comparison.differences(old, new)]
        changes = _once(change for change in found if change is not None)
        if not any(change.severity in (Class.BREAKING, Class.STRICT) for change in changes):
            rest = pair.unexplained(listed=bool(changes))
            changes += [rest] if rest else []
        return changes, len(found) - sum(c is not None for c in found) + int(not changes and not found)


def _once(changes: Iterable[Change]) -> list[Change]:
    """Keep one of the changes that say the same (arms of a union often do), one with a witness where there is one."""
    kept: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        key = (change.at, change.code, change.sentence)
        if key not in kept or (change.witnessed and not kept[key].witnessed):
            kept[key] = change
    return list(kept.values())


class _Pair:
    """Two schemas of one place, and the search for values that tell them apart."""

    def __init__(
        self, differ: Differ, old: JsonSchema, new: JsonSchema, *, request: bool, success: bool
    ) -> None:
        self.request = request
        self.success = success
        self.old_side = differ.old
        self.old, self.new = old, new
        # A value that shows a change is one that a client sends by the old contract, or a server by the new one.
        self.giver, self.given = (differ.old, old) if request else (differ.new, new)
        self.judge, self.judged = (differ.new, new) if request else (differ.old, old)
        self._proof: str | None = None

    def change(self, difference: Difference) -> Change | None:
        """Turn a difference into a change; None where it is proven to be a matter of spelling."""
        severity = self._severity(difference)
        at = _place(difference)
        code = f"{'request' if self.request else 'response'}-{difference.kind}"
        if difference.kind is Kind.FIELD_ADDED and self.request and difference.required:
            code = "request-required-field-added"
        change = Change("", "", at, code, severity, difference.sentence)
        if severity is Class.ADDITION:
            return change
        found = self._formal(difference)
        if found is not None:
            return _replace(change, witnessed=True, witness=found[0])
        if difference.kind is Kind.FIELD_REMOVED:
            found = self._undescribed(difference)
        elif not difference.in_arm:
            found = self._local(difference)
            change = _replace(change, reason=_SWALLOWED) if found else change
        if found is not None:
            return _replace(change, witnessed=True, witness=found[0])
        if self.proof == "same":
            return None
        if self.proof == "safe":
            return _replace(change, severity=Class.ADDITION)
        reason = _OTHER_ARM if difference.in_arm else _NO_WITNESS
        return _replace(change, severity=Class.UNDECIDED, reason=reason)

    def _severity(self, difference: Difference) -> Class:
        if difference.kind is Kind.FIELD_ADDED:
            if self.request:
                return Class.BREAKING if difference.required else Class.ADDITION
            return Class.STRICT if difference.closed else Class.ADDITION
        severity = (_REQUEST if self.request else _RESPONSE)[difference.kind]
        return Class.STRICT if severity is Class.BREAKING and not (self.request or self.success) else severity

    def _formal(self, difference: Difference) -> tuple[Any] | None:
        given = candidates(self.giver.smith, self.given, difference)
        return find(self.given, given, allows=self.giver.is_valid, refuses=self._refused)

    def _refused(self, value: Any) -> bool:
        return not self.judge.is_valid(self.judged, value)

    def _local(self, difference: Difference) -> tuple[Any] | None:
        """Return a value that is refused at its place, although a looser arm elsewhere would take the whole."""
        here = difference.local
        given, judged = (here.old, here.new) if self.request else (here.new, here.old)
        part = find(
            given,
            candidates(self.giver.smith, given, here),
            allows=self.giver.is_valid,
            refuses=lambda value: not self.judge.is_valid(judged, value),
        )
        if part is None:
            return None
        way = difference.path[: len(difference.path) - len(here.path)]
        whole = self.giver.smith.leading_to(self.given, way, lambda _: iter(part))
        return find(self.given, islice(whole, 200), allows=self.giver.is_valid, refuses=lambda _: True)

    def _undescribed(self, difference: Difference) -> tuple[Any] | None:
        """Return a value of old with the field that an open object of the new contract takes without describing it."""
        given = candidates(self.old_side.smith, self.old, difference)
        return find(self.old, given, allows=self.old_side.is_valid, refuses=lambda _: True)

    def unexplained(self, *, listed: bool) -> Change | None:
        """Return the change behind two schemas that differ without a place that could be named, or None."""
        given = sweep(self.giver.smith, self.given)
        found = find(self.given, given, allows=self.giver.is_valid, refuses=self._refused)
        code = f"{'request' if self.request else 'response'}-{Kind.CHANGED}"
        if found is not None:
            severity = self._severity(Difference(Kind.CHANGED, ()))
            sentence = "refuses what it took" if self.request else "may hold what it did not"
            return Change("", "", "", code, severity, sentence, witnessed=True, witness=found[0])
        if listed or self.proof in ("same", "safe"):
            return None
        sentence = "is written otherwise, and whether it means the same is not known"
        return Change("", "", "", code, Class.UNDECIDED, sentence, reason=_NO_WITNESS)

    @property
    def proof(self) -> str:
        """``same``: each takes what the other takes; ``safe``: nothing is lost this way; ``none``: no proof."""
        if self._proof is None:
            self._proof = self._proven()
        return self._proof

    def _proven(self) -> str:
        sides = ((self.giver, self.given), (self.judge, self.judged))
        if any(side.shapes.size(schema) > _LARGEST_PROOF for side, schema in sides):
            return "none"
        try:
            given, judged = self.giver.canonical(self.given), self.judge.canonical(self.judged)
            if judged.covers(given) != canonical.Containment.YES:
                return "none"
            return "same" if given.covers(judged) == canonical.Containment.YES else "safe"
        except ValueError:  # beyond the canonical form: nothing is proven
            return "none"


_SWALLOWED = "a looser form beside it in the same union would take the witness"
_OTHER_ARM = "one arm of a union changed, and no value was found that another arm would not take"
_NO_WITNESS = (
    "no value was found that one contract allows and the other refuses, nor a proof that there is none"
)


def _place(difference: Difference) -> str:
    steps = [step for step in difference.path if isinstance(step, str)]
    return "".join(step if step in (ITEMS, EXTRA) else f".{step}" for step in steps)


def _by_place(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Return the parameters by what a client sees: path parameters have places, the others names."""
    names = [segment[1:-1] for segment in operation.path.split("/") if segment.startswith("{")]
    found: dict[tuple[str, str], Parameter] = {}
    for parameter in operation.parameters:
        if parameter.location == "header" and parameter.name.lower() in _PLATFORM_HEADERS:
            continue
        place = str(names.index(parameter.name)) if parameter.name in names else parameter.name
        found[parameter.location, place if parameter.location == "path" else parameter.name] = parameter
    return found


def _media(content: tuple[MediaType, ...]) -> dict[str, MediaType]:
    return {media.name: media for media in content}


_ABSENT: Any = object()


def _change(
    where: str, code: str, severity: Class, sentence: str, *, witness: Any = _ABSENT, reason: str = ""
) -> Change:
    witnessed = witness is not _ABSENT and severity is not Class.ADDITION
    value = None if witness is _ABSENT else witness
    return Change("", where, "", code, severity, sentence, witnessed=witnessed, witness=value, reason=reason)


def _replace(change: Change, **values: Any) -> Change:
    from dataclasses import replace

    return replace(change, **values)
