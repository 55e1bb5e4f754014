"""Removing: what the ledger says may exist is looked for and taken away, in whichever process."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_kibana.resources.calls import Caller, Change, Reply
from pytest_kibana.resources.catalogue import RESOURCES
from pytest_kibana.resources.ledger import Entry
from pytest_kibana.resources.model import Call, Kind, Listing, Resource
from pytest_kibana.resources.template import value_at
from pytest_kibana.resources.values import Thing, Values

_MOST_PAGES = 100
_SETTLE = 2.0
_AGAIN = (0.2, 1.0, 3.0)

LAST_IN_A_SPACE = ("rule", "detection_rule", "slo", "entity_engine", "value_list_index")
"""What a space leaves behind in Elasticsearch unless it is removed first, in the order in which to remove it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of one thing. ``trouble`` is None where it is gone for certain.

    ``silent`` is True where the target gave no answer at all.
    """

    resource: str
    id: str
    space: str | None
    found: bool
    trouble: str | None = None
    silent: bool = False

    def __str__(self) -> str:
        where = f" in space {self.space}" if self.space else ""
        return f"{self.resource} {self.id}{where}" + (f": {self.trouble}" if self.trouble else "")


class Remover:
    """Removes things, knowing only what a ledger knows.

    Args:
        caller: who asks.
        now: seconds since the epoch.
        sleep: waits.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caller = caller
        self._now = now
        self._sleep = sleep

    def remove(self, entry: Entry) -> Removed:
        """Take away what an entry stands for; say what became of it."""
        resource = RESOURCES[entry.resource]
        if resource.kind is Kind.SETTING:
            return self._restore(resource, entry)
        keys = dict(entry.keys)
        if entry.id is not None:
            keys["id"] = entry.id
        if not entry.certain or not _addressed(resource, keys):
            return self._remove_lost(resource, entry, keys)
        return self._remove_known(resource, entry.space, keys, entry.unique)

    def _remove_lost(self, resource: Resource, entry: Entry, keys: dict[str, Any]) -> Removed:
        """Remove what was intended and never confirmed: its request may still be under way when we look."""
        addressed = _addressed(resource, keys)
        wait = entry.at + _SETTLE - self._now()
        for last in (False, True) if wait > 0 else (True,):
            if addressed:
                done = self._remove_known(resource, entry.space, keys, entry.unique)
                if done.found or done.trouble or last:
                    return done
            else:
                done = self._remove_found(resource, entry, keys)
                if done.found or done.trouble or last:
                    return done
            self._sleep(wait)
        raise AssertionError("the last look returns")

    def _remove_found(self, resource: Resource, entry: Entry, keys: Mapping[str, Any]) -> Removed:
        done = Removed(resource.name, entry.unique, entry.space, found=False)
        if not resource.listing:
            return done
        for found in list(self.search(resource, entry.space, keys, lambda name: entry.unique in name)):
            done = self._remove_known(resource, entry.space, found, entry.unique)
            if done.trouble:
                return done
        return done

    def _remove_known(
        self, resource: Resource, space: str | None, keys: Mapping[str, Any], unique: str
    ) -> Removed:
        name = str(keys.get("id", resource.name))
        if resource.name == "space":
            self.empty(name)
        call = self._caller.choose(resource.delete, undocumented=True)
        if call is None:
            return Removed(resource.name, name, space, found=False)
        reply = self.send(call, space, keys, unique, change=_said)
        for pause in _AGAIN:
            if reply.status is not None or self._seen_gone(resource, space, keys):
                break
            # No answer, and it is still there: it is ours, and to remove it twice does no harm.
            self._sleep(pause)
            reply = self.send(call, space, keys, unique, change=_said)
        if reply.ok:
            return Removed(resource.name, name, space, found=True)
        if reply.status in resource.gone_statuses:
            return Removed(resource.name, name, space, found=False)
        if reply.lost and self._seen_gone(resource, space, keys):
            return Removed(resource.name, name, space, found=True)
        return Removed(resource.name, name, space, True, str(reply), silent=reply.status is None)

    def _seen_gone(self, resource: Resource, space: str | None, keys: Mapping[str, Any]) -> bool:
        """Look whether a delete whose answer was lost was done."""
        call = self._caller.choose(resource.read)
        return call is not None and self.send(call, space, keys, "").status in (404, *resource.gone_statuses)

    def _restore(self, resource: Resource, entry: Entry) -> Removed:
        call = self._caller.choose(resource.restore, undocumented=True)
        done = Removed(resource.name, resource.name, entry.space, found=True)
        if call is None:
            return done
        reply = self.send(call, entry.space, entry.keys, entry.unique, body=entry.before, change=_as_before)
        gone = reply.ok or reply.status in resource.gone_statuses
        silent = reply.status is None
        return done if gone else Removed(resource.name, resource.name, entry.space, True, str(reply), silent)

    def empty(self, space: str) -> tuple[Removed, ...]:
        """Remove from a space of ours what would outlive it in Elasticsearch. What is not there is no trouble."""
        done: list[Removed] = []
        for name in LAST_IN_A_SPACE:
            resource = RESOURCES[name]
            if not any(self._caller.known(call) for call in resource.delete):
                continue
            if resource.kind is Kind.ENGINE and not resource.listing:
                if self.there(resource, space, dict(resource.keys)):
                    done.append(self._remove_known(resource, space, {}, ""))
                continue
            for keys in list(self.search(resource, space, {}, lambda _name: True)):
                done.append(self._remove_known(resource, space, keys, ""))
        return tuple(done)

    def there(self, resource: Resource, space: str | None, keys: Mapping[str, Any]) -> Reply | None:
        """Return the answer to a read where it shows that the thing is there, else None."""
        call = self._caller.choose(resource.read)
        if call is None:
            return None
        reply = self.send(call, space, keys, "")
        present = reply.ok and all(value_at(reply.body, p) == v for p, v in resource.present.items())
        return reply if present else None

    def search(
        self,
        resource: Resource,
        space: str | None,
        keys: Mapping[str, Any],
        wanted: Callable[[str], bool],
    ) -> Iterator[dict[str, Any]]:
        """Yield the keys of every listed object one of whose names is wanted.

        A list that the deployment does not have, or does not let us see, is empty.
        """
        for item, listing in self.items(resource, space, keys):
            names = [value_at(item, pointer) for pointer in listing.named_at] or [""]
            if any(wanted(name) for name in names if isinstance(name, str)):
                found = {key: value_at(item, pointer) for key, pointer in listing.keys.items()}
                yield {**keys, **found, "id": value_at(item, listing.id_at)}

    def items(
        self, resource: Resource, space: str | None, keys: Mapping[str, Any]
    ) -> Iterator[tuple[Any, Listing]]:
        """Yield every listed item with the listing that it came from, page by page."""
        call = self._caller.choose([page.call for page in resource.listing])
        listing = next((page for page in resource.listing if page.call is call), None)
        if listing is None:
            return
        for number in range(listing.first, listing.first + _MOST_PAGES):
            reply = self.send(paged(listing, number), space, keys, "")
            items = value_at(reply.body, listing.items) if reply.ok else None
            if not isinstance(items, list):
                return
            yield from ((item, listing) for item in items)
            if listing.page is None or len(items) < listing.size:
                return

    def send(
        self,
        call: Call,
        space: str | None,
        keys: Mapping[str, Any],
        unique: str,
        *,
        body: Any = None,
        change: Change | None = None,
    ) -> Reply:
        """Send a call about an object of which only the keys are known."""
        values = Values(unique, space, self._now, _nobody, keys, body)
        return self._caller.send(call, values, space=space, change=change)


def _addressed(resource: Resource, keys: Mapping[str, Any]) -> bool:
    """Tell whether a thing can be spoken about without looking for it; where ids may be chosen, it may have none."""
    return "id" in keys or resource.id_at is None


def _said(body: Any) -> Any:
    """Return a body without what the object was made without: a key that was not given is not given again."""
    if isinstance(body, dict):
        return {name: _said(value) for name, value in body.items() if value is not None}
    return [_said(value) for value in body] if isinstance(body, list) else body


def _as_before(body: Any) -> Any:
    """Return the body that puts a setting back: what was not set is not said, and an empty text means unset."""
    return {name: None if value == "" else value for name, value in body.items() if value is not None}


def paged(listing: Listing, number: int) -> Call:
    """Return the call for one page of a list."""
    if listing.page is None:
        return listing.call
    query = {**listing.call.query, listing.page: number}
    if listing.per_page:
        query[listing.per_page] = listing.size
    return replace(listing.call, query=query)


def _nobody(name: str) -> Thing:
    raise LookupError(f"nothing is known of a {name} here")
