"""Making a failing request as small as it can be while it still fails.

Greedy, largest cuts first, within a number of requests: each try costs one. What a case is meant to show stays as it
is: a valid case stays valid, an invalid one goes on breaking the same rule, and what only the run can fill in is kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pytest_kibana.cases.coding import encode_case
from pytest_kibana.cases.holes import has_holes
from pytest_kibana.cases.model import Case
from pytest_kibana.cases.proof import Promises, Prover
from pytest_kibana.contract.model import Json, Operation
from pytest_kibana.errors import UsageError

_DEEPEST: Final = 12
_SHORT: Final = 2


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest failing case that was found, and how many requests were sent for it."""

    case: Case
    requests: int


def shrink(
    contract: Promises,
    operation: Operation,
    case: Case,
    still_fails: Callable[[Case], bool],
    *,
    requests: int = 60,
) -> Shrunk:
    """Reduce a failing case.

    Args:
        contract: of which the operation is.
        operation: whose case it is.
        case: known to fail.
        still_fails: sends a case and tells whether it fails in the same way.
        requests: how often ``still_fails`` may be asked.
    """
    prover = Prover(contract, operation)
    tried: set[str] = {_key(case)}
    spent = 0
    changed = True
    while changed and spent < requests:
        changed = False
        for smaller in _smaller(case):
            if spent >= requests:
                break
            key = _key(smaller)
            if key in tried or not _means_the_same(prover, case, smaller):
                continue
            tried.add(key)
            spent += 1
            if still_fails(smaller):
                case, changed = smaller, True
                break
    return Shrunk(case, spent)


def _key(case: Case) -> str:
    return json.dumps(encode_case(replace(case, description="")), sort_keys=True)


def size(case: Case) -> int:
    """Return a measure of a case that every step of shrinking lowers."""
    return sum(_size(part) for part in (case.query, case.headers, case.body)) + case.has_body


def _size(value: Json) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(2 + _size(v) for v in value.values())
    if isinstance(value, list | tuple):
        return 1 + sum(2 + _size(v) for v in value)
    if isinstance(value, str | bytes):
        return len(value) + any(ord(c) > 126 for c in value if isinstance(c, str))
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int | float):
        return int(abs(value)).bit_length() + (value < 0) + (value != int(value))
    return 1


def _means_the_same(prover: Prover, case: Case, smaller: Case) -> bool:
    try:
        if case.rule is None:
            return prover.valid(smaller)
        rule = prover.broken_rule(smaller, case.rule, loose=True)
    except UsageError:
        return False
    return rule is not None and rule.keyword == case.rule.keyword


def _smaller(case: Case) -> Iterator[Case]:
    """Yield smaller requests, the largest cuts first."""
    if case.has_body and case.rule is None and not has_holes(case.body):
        yield replace(case, body=None, has_body=False, media=None)
    for query in _less(case.query, 0):
        yield replace(case, query=query)
    for headers in _less(case.headers, 0):
        yield replace(case, headers=headers)
    if case.has_body:
        for body in _less(case.body, 0):
            yield replace(case, body=body)


def _less(value: Any, depth: int) -> Iterator[Any]:
    """Yield values smaller than the given one: whole parts cut off first, then each part made smaller."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        yield from _fewer_members(value, depth)
    elif isinstance(value, list):
        yield from _fewer_items(value, depth)
    elif isinstance(value, str) and not has_holes(value):
        yield from _shorter(value)
    elif isinstance(value, bytes) and len(value) > _SHORT:
        yield value[: len(value) // 2]
    elif isinstance(value, bool):
        if value:
            yield False
    elif isinstance(value, int | float):
        yield from (n for n in (0, 1, int(value / 2), int(value)) if _size(n) < _size(value))


def _fewer_members(value: Mapping[str, Any], depth: int) -> Iterator[Any]:
    names = [n for n in value if not has_holes(value[n])]
    if len(names) > _SHORT:
        for half in (names[: len(names) // 2], names[len(names) // 2 :]):
            yield {n: v for n, v in value.items() if n not in half}
    for name in names:
        yield {n: v for n, v in value.items() if n != name}
    for name, inner in value.items():
        for less in _less(inner, depth + 1):
            yield {**value, name: less}


def _fewer_items(value: list[Any], depth: int) -> Iterator[Any]:
    if len(value) > 1:
        middle = len(value) // 2
        yield value[:middle]
        yield value[middle:]
    for index, item in enumerate(value):
        if not has_holes(item):
            yield value[:index] + value[index + 1 :]
    for index, inner in enumerate(value):
        for less in _less(inner, depth + 1):
            yield [*value[:index], less, *value[index + 1 :]]


def _shorter(value: str) -> Iterator[str]:
    if value:
        yield value[: len(value) // 2]
    if len(value) > 1:
        yield value[:-1]
        yield value[1:]
    if not value.isascii():
        yield "".join(c if ord(c) < 127 else "a" for c in value)
