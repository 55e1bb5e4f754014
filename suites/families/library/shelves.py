"""What stands in the library, and what is promised of each kind of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_kibana.resources import Handle, Resources
from pytest_kibana.suites.families.asking import NO_SUCH_ID, assert_refused, ok, part
from pytest_kibana.suites.families.tables import Ask
from pytest_kibana.wire import KibanaClient


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of thing.

    Attributes:
        maker: what the factory calls it.
        path: of the collection.
        items: member of the list that has the things.
        total: members that lead to the count of all.
        named: member of the data that people call it by.
        change: what is changed of it; what replaces it otherwise has nothing of this.
        refuses: bodies that make no sense.
    """

    maker: str
    path: str
    items: str = "data"
    total: tuple[str, ...] = ("meta", "total")
    named: str = "title"
    refuses: tuple[dict[str, Any], ...] = ({}, {"title": 1})

    @property
    def item(self) -> str:
        """The path of one, with its parameter."""
        return f"{self.path}/{{id}}"

    def label(self, method: str) -> str:
        """Return the operation of a method: on the collection for POST and LIST, else on one."""
        return (
            f"GET {self.path}"
            if method == "LIST"
            else f"{method} {self.path if method == 'POST' else self.item}"
        )

    def make(self, resources: Resources, **fields: Any) -> Handle:
        """Make one."""
        handle: Handle = getattr(resources, self.maker)(**fields)
        return handle

    def found(self, client: KibanaClient, **query: Any) -> tuple[list[str], int]:
        """Return the ids that a search finds on its page, and the count of all."""
        answer = ok(client.get(self.path, query={"per_page": 100, **query}))
        total: Any = answer
        for step in self.total:
            total = total[step]
        return [one["id"] for one in answer[self.items]], total

    def asks(self) -> tuple[Ask, ...]:
        """Return what is refused: what is not there, and what makes no sense."""
        unknown = (Ask(self.label("GET"), (NO_SUCH_ID,)), Ask(self.label("DELETE"), (NO_SUCH_ID,)))
        senseless = (
            *(Ask(self.label("POST"), json=body, status=400, name=str(body)) for body in self.refuses),
            Ask(
                self.label("PUT"),
                (NO_SUCH_ID,),
                json={"noSuchField": 1},
                status=400,
                name="with an unknown field",
            ),
            Ask(self.label("LIST"), query={"page": "last"}, status=400, name="of no page"),
        )
        return (*unknown, *senseless)


DASHBOARDS = Shelf("dashboard", "/api/dashboards", items="dashboards", total=("total",))
VISUALIZATIONS = Shelf("visualization", "/api/visualizations", refuses=({}, {"type": "guess"}))
TAGS = Shelf("tag", "/api/tags", named="name", refuses=({}, {"name": ""}, {"name": "x", "color": "green"}))
LINKS = Shelf("links", "/api/links", refuses=({}, {"title": "x", "links": [{"type": "guess"}]}))
MARKDOWNS = Shelf("markdown", "/api/markdowns", refuses=({}, {"title": "x", "content": 1}))

Step = Callable[[Shelf, Resources, KibanaClient, KibanaClient], None]


def reads_as_it_was_made(shelf: Shelf, resources: Resources, here: KibanaClient, _: KibanaClient) -> None:
    """What was made is read under its id, with what it was made of, and when."""
    one = shelf.make(resources)
    shown = ok(here.get(f"{shelf.path}/{one.id}"))
    assert (shown["id"], shown["data"][shelf.named]) == (one.id, one.sent[shelf.named])
    assert shown["meta"]["created_at"] <= shown["meta"]["updated_at"]


def gets_an_id(shelf: Shelf, resources: Resources, here: KibanaClient, _: KibanaClient) -> None:
    """What is posted gets an id of its own, 201; one in the body is refused with 400."""
    one = shelf.make(resources)
    made = ok(here.post(shelf.path, json=one.sent), 201)
    assert made["id"] != one.id
    assert ok(here.get(f"{shelf.path}/{made['id']}"))["data"][shelf.named] == one.sent[shelf.named]
    assert_refused(here.post(shelf.path, json={**one.sent, "id": NO_SUCH_ID}), 400)


def is_put_in_place(shelf: Shelf, resources: Resources, here: KibanaClient, _: KibanaClient) -> None:
    """What is put where nothing is, is made, 201; put again, it replaces the whole, 200."""
    one = shelf.make(resources)
    path = f"{shelf.path}/{one.id}"
    ok(here.put(path, json={**one.sent, "description": "first"}))
    assert ok(here.get(path))["data"]["description"] == "first"
    ok(here.put(path, json={**one.sent, shelf.named: "renamed"}))
    data = ok(here.get(path))["data"]
    assert (data[shelf.named], data.get("description") or "") == ("renamed", "")
    one.delete()
    ok(here.put(path, json=one.sent), 201)
    ok(here.put(path, json=one.sent), 200)


def is_found(shelf: Shelf, resources: Resources, here: KibanaClient, _: KibanaClient) -> None:
    """The list has all, page by page, and finds one by a word of its name."""
    names = ("aardvark", "zebra", "zebrula")
    made = [shelf.make(resources, **{shelf.named: name}).id for name in names]
    ids, total = shelf.found(here)
    assert (sorted(ids), total) == (sorted(made), 3)
    assert shelf.found(here, query="aardvark") == ([made[0]], 1)
    pages = [shelf.found(here, page=page, per_page=2) for page in (1, 2, 3)]
    assert [len(ids) for ids, _ in pages] == [2, 1, 0]
    assert sorted(pages[0][0] + pages[1][0]) == sorted(made)
    assert {total for _, total in pages} == {3}


def goes(shelf: Shelf, resources: Resources, here: KibanaClient, _: KibanaClient) -> None:
    """What is deleted is neither read nor listed any more, and not deleted twice."""
    one, spared = shelf.make(resources), shelf.make(resources)
    path = f"{shelf.path}/{one.id}"
    assert here.delete(path).status_code in (
        200,
        204,
    )  # the contract of 9.4 says 200, servers were seen to say 204
    assert_refused(here.get(path), 404)
    assert_refused(here.delete(path), 404)
    assert shelf.found(here) == ([spared.id], 1)


def is_of_one_space(shelf: Shelf, resources: Resources, here: KibanaClient, there: KibanaClient) -> None:
    """What is made in one space is neither read, listed nor deleted from another."""
    one = shelf.make(resources)
    path = f"{shelf.path}/{one.id}"
    assert_refused(there.get(path), 404)
    assert_refused(there.delete(path), 404)
    assert shelf.found(there) == ([], 0)
    assert part(ok(here.get(path)), "id") == {"id": one.id}


STEPS: tuple[tuple[Step, tuple[str, ...]], ...] = (
    (reads_as_it_was_made, ("GET",)),
    (gets_an_id, ("POST", "GET")),
    (is_put_in_place, ("PUT", "GET")),
    (is_found, ("LIST",)),
    (goes, ("DELETE", "GET", "LIST")),
    (is_of_one_space, ("GET", "DELETE", "LIST")),
)
"""What is promised of every kind, and by which methods it is seen."""


def steps(shelves: Iterable[Shelf]) -> list[Any]:
    """Return the parameters of a test: each step on each shelf that the contract has."""
    return [
        pytest.param(
            shelf,
            step,
            id=f"{shelf.maker}-{step.__name__}",
            marks=[pytest.mark.kibana_operation(shelf.label(method)) for method in methods],
        )
        for shelf in shelves
        for step, methods in STEPS
    ]
