"""Laws of what stands in an object: its times, and what never does, its secrets."""

import copy
import re
from typing import Any

from pytest_kibana.resources.likeness import SECRET, moment, same
from pytest_kibana.resources.template import value_at
from pytest_kibana.suites.laws.bench import Bench, NotHere
from pytest_kibana.suites.laws.comparing import short
from pytest_kibana.suites.laws.statutes import Broken, statute

_TIMES = (("created_at", "updated_at"), ("createdAt", "updatedAt"))
_MADE_AT = tuple(made for made, _ in _TIMES)
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@statute(23, "times", "sight")
def times_are_in_order(bench: Bench) -> Broken:
    """Times are in UTC with milliseconds, none is before the creation, and a change moves that of the change."""
    handle = bench.make()
    before = bench.see(handle)
    pairs = [
        (made, changed)
        for made, changed in _TIMES
        if isinstance(before, dict) and (before.get(made) is not None or before.get(changed) is not None)
    ]
    if not pairs:
        raise NotHere("needs the times of an object, and this kind shows none")
    for made, changed in pairs:
        for name in (made, changed):
            value = before.get(name)
            if value is not None and not (isinstance(value, str) and _UTC.fullmatch(value)):
                yield f"/{name} is {short(value)}, which is no time in UTC with milliseconds"
        yield from _in_order(before, made, changed)
        if bench.has("update") and bench.kind.change:
            first = moment(before.get(changed))
            after = bench.update(handle, bench.change(handle))
            then = moment(value_at(after, f"/{changed}"))
            if first is not None and then is not None and then <= first:
                yield f"/{changed} did not move with a change"
            yield from _in_order(after, made, changed)


def _in_order(body: Any, made: str, changed: str) -> Broken:
    first, then = moment(value_at(body, f"/{made}")), moment(value_at(body, f"/{changed}"))
    if first is not None and then is not None and then < first:
        yield f"/{changed} is before /{made}"


@statute(24, "secrets stay", "sight", source="Kibana docs; observed of connectors and rules")
def secrets_are_not_shown(bench: Bench) -> Broken:
    """What is secret is never shown: neither in the answer to the create, nor in a read, nor in a list."""
    handle = bench.rich()
    shown: list[tuple[str, Any]] = [("create", handle.body), ("read", bench.see(handle))]
    if bench.has("listing"):
        pointer = bench.listing().id_at  # what others made is not ours to judge
        mine = [item for item in bench.items(handle) if str(value_at(item, pointer)) == handle.id]
        shown.append(("list", mine))
    for where, body in shown:
        for pointer in _secrets(body):
            yield f"{pointer} is shown by the {where}"


def _secrets(body: Any, at: str = "") -> Broken:
    if isinstance(body, dict):
        for name, value in body.items():
            if name in SECRET and value not in (None, "", [], {}, False):
                yield f"{at}/{name}"
            yield from _secrets(value, f"{at}/{name}")
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from _secrets(value, f"{at}/{number}")


_MADE_BY = ("created_by", "createdBy")
_CHANGED_BY = ("updated_by", "updatedBy")


@statute(39, "authorship", "sight", level="SHOULD", source="observed on 9.4.3")
def author_stays(bench: Bench) -> Broken:
    """Who made an object and when stays as it is, whatever is changed, and who changed it is said."""
    handle = bench.make()
    before = copy.deepcopy(bench.see(handle))
    if not isinstance(before, dict) or not any(before.get(name) for name in (*_MADE_BY, *_MADE_AT)):
        raise NotHere("needs the maker of an object or its time, and this kind shows neither")
    if not (bench.has("update") and bench.kind.change):
        raise NotHere("needs a change, and this kind has none")
    after = bench.update(handle, bench.change(handle))
    for name in (*_MADE_BY, *_MADE_AT):
        if (
            before.get(name) is not None
            and isinstance(after, dict)
            and not same(before[name], after.get(name))
        ):
            yield f"/{name} was {short(before[name])} and is {short(after.get(name))} after a change"
    for name in _CHANGED_BY:
        if name in before and not value_at(after, f"/{name}"):
            yield f"/{name} is {short(value_at(after, f'/{name}'))} after a change"
