"""What is said of a kind of thing, and the shapes in which most of them come."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["create", "read", "list", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing.

    Attributes:
        keys: names under which requests give the id in query or body; the first is the property that holds it.
            Where an item has a path of its own, the path's last segment is the id.
        answer: path of the id in the answer of create and read: ``item.id`` says that ``item`` wraps the object.
        enter: property of a request's body that wraps the object.
        chosen: the caller may choose the id, under the first key or one of ``aliases``.
        aliases: further properties that are unique and find the thing.
        upsert: creating what exists replaces it and is no conflict.
        replace: an update replaces the object; otherwise what is left out stays.
        parent: kind of thing it lives in, whose id comes before its own in the path.
        items: property of a list's answer that holds the objects; "" for a bare array; None to find out.
        kind: type of the saved object, as the message of a 404 names it; ``missing`` is another such message.
        single: there is one per space; ``standing`` says that it can be read before it was made.
        version: property that carries the version for optimistic concurrency.
        echo: whether the caller's own properties are kept where a contract gives no schema.
    """

    name: str
    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("id",)
    answer: str = "id"
    enter: str = ""
    chosen: bool = False
    aliases: tuple[str, ...] = ()
    upsert: bool = False
    replace: bool = False
    parent: str = ""
    items: str | None = None
    everywhere: bool = False
    single: bool = False
    standing: bool = False
    kind: str = ""
    missing: str = ""
    version: str = ""
    defaults: tuple[tuple[str, object], ...] = field(default=())

    @property
    def wrapper(self) -> str:
        """Property of the answer that wraps the object, or ""."""
        return self.answer.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Property of the object that holds its id."""
        return self.answer.rpartition(".")[2]

    def roles(self) -> Iterator[tuple[str, Role]]:
        """Yield each label and what it does; a label that creates comes before the same label updating."""
        yield from ((label, "create") for label in self.create)
        yield from ((label, "read") for label in self.read)
        yield from ((label, "list") for label in self.list)
        yield from ((label, "update") for label in self.update)
        yield from ((label, "delete") for label in self.delete)


def crud(name: str, base: str, *, item: str = "", put: str = "PUT", **rest: object) -> Resource:
    """Return a resource with the usual shape: a collection path, and an item path one segment longer."""
    item = item or f"{base}/{{}}"
    roles: dict[str, object] = {
        "create": (f"POST {base}",),
        "read": (f"GET {item}",),
        "list": (f"GET {base}",),
        "update": (f"{put} {item}",),
        "delete": (f"DELETE {item}",),
    }
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]


def single(name: str, path: str, put: str = "PUT", **rest: object) -> Resource:
    """Return a setting: one object per space that can be read and changed."""
    roles: dict[str, object] = {"read": (f"GET {path}",), "update": (f"{put} {path}",), "single": True}
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]


def queried(name: str, path: str, **rest: object) -> Resource:
    """Return a resource of the Security solution: one path for all verbs, the id in query or body."""
    roles: dict[str, object] = {
        "create": (f"POST {path}",),
        "read": (f"GET {path}",),
        "list": (f"GET {path}/_find",),
        "update": (f"PUT {path}", f"PATCH {path}"),
        "delete": (f"DELETE {path}",),
    }
    return Resource(name, **{**roles, **rest})  # type: ignore[arg-type]
