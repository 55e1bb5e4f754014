"""What two contracts say of one answer: whether the new one declares a change, and whether clients of the old one can
live with it.

Both questions are put to the contracts with the answers themselves, not with their spelling. A change is *declared*
where the new contract allows what is said now and no longer what was said before, where it no longer names a member
that the old one named, or where it gives a member another default. A client of the old contract *breaks* where an
answer is no longer what the old contract promised, and was so before.
"""

import re
from collections.abc import Iterator
from typing import Any

from pytest_kibana.contract import Contract, JsonSchema, Operation, Schema, Violation
from pytest_kibana.resources.template import put
from pytest_kibana.upgrade.meaning import Change, Way

_NUMBER = re.compile(r"/\d+(?=/|$)")
_ABSENT: Any = object()
_DEEPEST = 16


class Promises:
    """The contract of before and that of after.

    Args:
        old: what clients were written against.
        new: what the deployment is held to now.
    """

    def __init__(self, old: Contract, new: Contract) -> None:
        self.old = old
        self.new = new
        self._same = old.sha256 == new.sha256

    def removed(self, label: str) -> bool:
        """Tell whether the new contract no longer has an operation that the old one has."""
        return self.old.find(label) is not None and self.new.find(label) is None

    # -- is the change declared?

    def excuse(
        self,
        label: str,
        change: Change,
        *,
        within: str = "",
        answer: Any = None,
        made_by: str = "",
        under: str = "",
    ) -> str | None:
        """Return how the new contract declares a change, or None where it does not.

        Args:
            label: the operation whose answers were compared.
            change: what differs, by pointer in the object.
            within: pointer of the object in the answer.
            answer: the whole answer of after, where it is at hand.
            made_by: the operation that made the object: a default may be declared there.
            under: where in that operation's body the object stands.
        """
        if self._same:
            return None
        pointer = within + change.at
        before, after = _answer_of(self.old, label), _answer_of(self.new, label)
        was_named = change.way is Way.GONE and self._named(before, pointer, old=True)
        if was_named and after is not None and not self._named(after, pointer, old=False):
            return "the new contract no longer names it"
        if after is not None and answer is not None and change.way is not Way.ADDED:
            told = _put(answer, pointer, change.before)
            if told is not None and self._worse(after, answer, told):
                return "the new contract no longer allows what it said"
        for schema_before, schema_after, place in (
            (before, after, pointer),
            (_body_of(self.old, made_by), _body_of(self.new, made_by), under + change.at),
        ):
            if self._another_default(schema_before, schema_after, place, change):
                return "the new contract gives it another default"
        return None

    def _worse(self, schema: Schema, answer: Any, told: Any) -> bool:
        """Tell whether the new contract objects to an answer with the old value in it, and not to the answer."""
        known = {(v.at, v.keyword) for v in self.new.violations(schema, answer)}
        return any((v.at, v.keyword) not in known for v in self.new.violations(schema, told))

    def _another_default(
        self, before: Schema | None, after: Schema | None, pointer: str, change: Change
    ) -> bool:
        if after is None or change.way is Way.GONE:
            return False
        was = self._default(before, pointer, old=True) if before is not None else _ABSENT
        now = self._default(after, pointer, old=False)
        return now is not _ABSENT and now == change.after and now != was

    def _named(self, schema: Schema | None, pointer: str, *, old: bool) -> bool:
        return schema is not None and any(True for _ in self._places(schema.json, pointer, old=old))

    def _default(self, schema: Schema, pointer: str, *, old: bool) -> Any:
        for place in self._places(schema.json, pointer, old=old):
            if isinstance(place, dict) and "default" in place:
                return place["default"]
        return _ABSENT

    def _places(self, schema: JsonSchema, pointer: str, *, old: bool) -> Iterator[JsonSchema]:
        """Yield the schemas by which a contract names the place at a pointer."""
        contract = self.old if old else self.new
        here = [schema]
        for raw in pointer.split("/")[1:]:
            step = raw.replace("~1", "/").replace("~0", "~")
            here = [inner for one in here for part in _parts(contract, one) for inner in _below(part, step)]
        for one in here:
            yield from _parts(contract, one)

    # -- can a client of before live with it?

    def broken_for_clients(self, label: str, before: Any, after: Any) -> list[Violation]:
        """Return the ways in which an answer breaks the old contract, where the answer of before did not."""
        return self._beyond(self.old, label, after, before)

    def unpromised(self, label: str, before: Any, after: Any) -> list[Violation]:
        """Return the ways in which an answer of after breaks the new contract, where that of before kept the old."""
        new, old = _answer_of(self.new, label), _answer_of(self.old, label)
        if new is None:
            return []
        known = {_spot(v) for v in self.old.violations(old, before)} if old is not None else set()
        return [v for v in self.new.violations(new, after) if _spot(v) not in known]

    def no_longer_described(self, label: str, before: Any) -> list[Violation]:
        """Return the ways in which an answer of before breaks the new contract and did not break the old."""
        new = _answer_of(self.new, label)
        if self._same or new is None:
            return []
        old = _answer_of(self.old, label)
        known = {_spot(v) for v in self.old.violations(old, before)} if old is not None else set()
        return [v for v in self.new.violations(new, before) if _spot(v) not in known]

    def refused_now(self, label: str, sent: Any) -> list[Violation]:
        """Return the ways in which a request that was accepted breaks the new contract and did not break the old."""
        old, new = _body_of(self.old, label), _body_of(self.new, label)
        if self._same or new is None or old is None:
            return []
        known = {_spot(v) for v in self.old.violations(old, sent)}
        return [v for v in self.new.violations(new, sent) if _spot(v) not in known]

    def new_allows(self, label: str, answer: Any) -> bool:
        """Tell whether the new contract allows an answer; True where it says nothing of it."""
        schema = _answer_of(self.new, label)
        return schema is None or self.new.is_valid(schema, answer)

    def _beyond(self, contract: Contract, label: str, now: Any, then: Any) -> list[Violation]:
        schema = _answer_of(contract, label)
        if schema is None:
            return []
        found = contract.violations(schema, now)
        if not found:
            return []
        known = {_spot(v) for v in contract.violations(schema, then)}
        return [v for v in found if _spot(v) not in known]


def _parts(contract: Contract, schema: JsonSchema, depth: int = 0) -> Iterator[JsonSchema]:
    """Yield a schema with everything that it is made of: what it refers to, its arms, its conjuncts."""
    resolved = contract.resolve(schema)
    yield resolved
    if isinstance(resolved, dict) and depth < _DEEPEST:
        for word in ("anyOf", "oneOf", "allOf"):
            for arm in resolved.get(word, ()):
                yield from _parts(contract, arm, depth + 1)


def _below(schema: JsonSchema, step: str) -> Iterator[JsonSchema]:
    """Yield the schemas that one schema has for a step of a pointer."""
    if not isinstance(schema, dict):
        return
    properties, items, extra = (schema.get(w) for w in ("properties", "items", "additionalProperties"))
    if isinstance(properties, dict) and step in properties:
        if properties[step] is not False:
            yield properties[step]
    elif isinstance(extra, dict):
        yield extra
    if step.isdigit() and items is not None:
        yield from items if isinstance(items, list) else [items]


def _spot(violation: Violation) -> tuple[str, str]:
    return _NUMBER.sub("/*", violation.at), violation.keyword


def _answer_of(contract: Contract, label: str) -> Schema | None:
    """Return the schema of an operation's success, None where the contract has none."""
    operation = contract.find(label) if label else None
    success = operation.success if operation is not None else None
    media = success.media("application/json") if success is not None else None
    return media.schema if media is not None else None


def _body_of(contract: Contract, label: str) -> Schema | None:
    """Return the schema of an operation's JSON body, None where the contract has none."""
    operation: Operation | None = contract.find(label) if label else None
    media = operation.body.media("application/json") if operation is not None and operation.body else None
    return media.schema if media is not None else None


def _put(answer: Any, pointer: str, value: Any) -> Any:
    """Return the answer with a value at a pointer; None where nothing can stand there."""
    try:
        return put(answer, pointer, value)
    except (ValueError, IndexError):
        return None
