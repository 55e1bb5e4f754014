"""What the families of Fleet promise alike: who may ask, what becomes of unknown ids, and how simple objects live.

A row of a table is one family; its requirement is the row's own.
"""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given

from pytest_kibana.contract import Contract
from pytest_kibana.resources import Resources
from pytest_kibana.suites.families.asking import FEW, assert_refused, ok, part, texts
from pytest_kibana.suites.families.fleet import (
    Ask,
    Promise,
    assert_changes_nothing,
    assert_reads_what_is_granted,
    intended,
    listed_ids,
    names,
    param,
)
from pytest_kibana.suites.families.fleet_access import ACCESS
from pytest_kibana.suites.families.fleet_objects import OBJECTS, FleetObject
from pytest_kibana.wire import KibanaClient


def asked(of: Literal["nobody", "changes", "reads", "unknown"]) -> pytest.MarkDecorator:
    """Run a test for each request about which its family promises this."""
    concerned: dict[str, Callable[[Ask], bool]] = {
        "nobody": lambda ask: True,
        "changes": lambda ask: ask.safety != "read",
        "reads": lambda ask: ask.safety == "read",
        "unknown": lambda ask: ask.unknown is not None,
    }
    rows = [
        param(ask, promise, family=access.family, marks=promise.marks("read"))
        for access in (*ACCESS, *(one.access for one in OBJECTS))
        for promise in (getattr(access, of),)
        if promise is not None
        for ask in access.asks
        if concerned[of](ask)
    ]
    return pytest.mark.parametrize(("ask", "promise"), rows)


def objects(promised: Literal["life", "everywhere", "named"], *operations: int) -> pytest.MarkDecorator:
    """Run a test for each object that promises this; operations are indexes into ``FleetObject.operations``."""
    rows = [
        pytest.param(
            one,
            promise,
            id=one.family,
            marks=promise.marks("global", [one.operations[index] for index in operations]),
        )
        for one in OBJECTS
        for promise in (getattr(one, promised),)
        if promise is not None
    ]
    return pytest.mark.parametrize(("thing", "promise"), rows)


def impossible() -> pytest.MarkDecorator:
    """Run a test for each object, with each fault that makes its create impossible."""
    rows = [
        pytest.param(
            one,
            one.refused,
            broken,
            id=f"{one.family}-{fault}",
            marks=one.refused.marks("global", [one.operations[1], one.operations[0]]),
        )
        for one in OBJECTS
        for fault, broken in one.impossible.items()
    ]
    return pytest.mark.parametrize(("thing", "promise", "broken"), rows)


@asked("nobody")
def test_nobody_is_served(ask: Ask, promise: Promise, nobody: KibanaClient) -> None:
    """Without credentials nobody is served without credentials."""
    ask.assert_refused(nobody, 401)


@asked("changes")
def test_a_viewer_changes_nothing(
    ask: Ask, promise: Promise, viewer: KibanaClient, kibana_contract: Contract
) -> None:
    """A viewer changes nothing."""
    assert_changes_nothing(ask, viewer, kibana_contract)


@asked("reads")
def test_a_viewer_reads_what_is_granted(
    ask: Ask, promise: Promise, viewer: KibanaClient, kibana_contract: Contract
) -> None:
    """A viewer reads what the privileges of the operation grant to readers, and nothing else."""
    assert_reads_what_is_granted(ask, viewer, kibana_contract)


@asked("unknown")
def test_what_is_not_there_is_refused(ask: Ask, promise: Promise, kibana_client: KibanaClient) -> None:
    """A request about an id that nothing has is refused."""
    ask.assert_unknown(kibana_client)


@objects("life", 0, 1, 2, 3, 4)
def test_an_object_lives(
    thing: FleetObject, promise: Promise, kibana_resources: Resources, kibana_client: KibanaClient
) -> None:
    """An object is made, read, listed and changed, keeps what the change leaves out, and is gone when it is deleted."""
    name = intended(kibana_resources, thing.resource)
    body = thing.body(str(name))
    made = ok(name.became(kibana_client.post(thing.path, json=body)))["item"]
    repeated = [member for member in body if member not in thing.hidden]
    assert part(made, *repeated) == part(body, *repeated)
    one = f"{thing.path}/{made['id']}"
    same = thing.read or tuple(made)
    assert part(ok(kibana_client.get(one))["item"], *same) == part(made, *same)
    assert made["id"] in listed_ids(ok(kibana_client.get(thing.path, query=thing.everything))["items"])
    new = thing.change(str(name))
    assert part(ok(kibana_client.put(one, json={**thing.beside, **new}))["item"], *new) == new
    after = ok(kibana_client.get(one))["item"]
    assert part(after, "id", *thing.kept, *new) == {**part(made, "id", *thing.kept), **new}
    assert ok(kibana_client.delete(one))["id"] == made["id"]
    for answer in (kibana_client.get(one), kibana_client.delete(one)):
        assert answer.status_code in thing.unknown, f"{answer.status_code} {answer.text[:200]}"
    assert made["id"] not in listed_ids(ok(kibana_client.get(thing.path, query=thing.everything))["items"])


@impossible()
def test_an_impossible_object_is_refused(
    thing: FleetObject,
    promise: Promise,
    broken: dict[str, Any],
    kibana_resources: Resources,
    kibana_client: KibanaClient,
) -> None:
    """An object that cannot be is refused with 400, and nothing is made."""
    name = intended(kibana_resources, thing.resource)
    answer = kibana_client.post(thing.path, json={**thing.body(str(name)), **broken})
    assert_refused(name.became(answer), 400)
    assert name not in names(ok(kibana_client.get(thing.path, query=thing.everything))["items"])


@objects("everywhere", 2)
def test_an_object_is_seen_from_every_space(
    thing: FleetObject, promise: Promise, kibana_resources: Resources, here: KibanaClient
) -> None:
    """An object is seen from every space."""
    made = kibana_resources.factory.make(thing.resource)
    assert ok(here.get(f"{thing.path}/{made.id}"))["item"]["id"] == made.id


@objects("named", 1, 2, 3)
@FEW
@given(first=texts, second=texts)
def test_an_object_is_called_what_it_was_called(
    thing: FleetObject, promise: Promise, kibana_resources: Resources, unique: Any, first: str, second: str
) -> None:
    """Whatever an object is called, and called again, it reads back the same."""
    before, after = f"{unique()} {first}", f"{unique()} {second}"
    made = kibana_resources.factory.make(thing.resource, name=before)
    assert made.read()["name"] == before
    made.update(name=after)
    assert made.read()["name"] == after
