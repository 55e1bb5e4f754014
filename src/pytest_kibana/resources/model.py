"""What a resource is: something of Kibana that can be made, read, listed, changed and removed over its API.

A declaration is data. From it come the factory that makes the thing, the cleaner that removes it, the requests that
a conformance run sends, the laws that its operations owe one another, and the population that is kept across an
upgrade. The templates in it are those of :mod:`pytest_kibana.resources.template`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pytest_kibana.resources.template import Template, subjects, value_at

JSON = "application/json"
MULTIPART = "multipart/form-data"
NDJSON = "application/x-ndjson"


class Nothing(StrEnum):
    """The absent body. ``None`` would be the JSON ``null``."""

    NOTHING = "nothing"


NOTHING = Nothing.NOTHING


class Kind(StrEnum):
    """What making and removing mean for a resource."""

    OBJECT = "object"
    """Made by create, removed by delete."""

    SETTING = "setting"
    """One for each space or deployment, always there: read, changed, and put back as it was."""

    ENGINE = "engine"
    """One for each space or deployment, there or not: switched on by create, off by delete."""

    RECORD = "record"
    """Made by create, and nothing removes it but the end of its space or parent."""

    FOUND = "found"
    """Made by nothing that the API offers; only what exists can be read."""


class Scope(StrEnum):
    """Where a resource lives."""

    SPACE = "space"
    GLOBAL = "global"


class Safety(StrEnum):
    """How much a deployment may be changed by it; the words of ``--kibana-allow``."""

    READ = "read"
    SPACE = "space"
    GLOBAL = "global"
    DISRUPTIVE = "disruptive"

    @property
    def rank(self) -> int:
        """Position in the order; greater is more dangerous."""
        return list(Safety).index(self)


@dataclass(frozen=True, slots=True)
class File:
    """A file part of a multipart body. ``filename`` and ``content`` (text in UTF-8) may have holes."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Call:
    """How one operation is asked.

    ``label`` names the operation; the parameters in its path may be called otherwise in a contract, positions count.
    ``body`` is a JSON template, for multipart a mapping of field to text or :class:`File`, for NDJSON a list.
    Fields that a caller gives go under the pointer ``root``. ``semantics`` tells what an update does with what it does
    not mention: ``partial`` keeps it, ``full`` resets it, so that the body has to carry all that was sent before.
    ``status_at`` points to the status of the one object in the answer of a bulk operation, which is 200 as a whole.
    ``refuses_again`` is the resource's field of that name, where calls that make one differ.
    """

    label: str
    path: Mapping[str, Template] = field(default_factory=dict)
    query: Mapping[str, Template] = field(default_factory=dict)
    body: Template = NOTHING
    media: str = JSON
    root: str = ""
    semantics: Literal["partial", "full"] = "partial"
    status_at: str | None = None
    refuses_again: int | None = None

    @property
    def method(self) -> str:
        """The HTTP method, upper case."""
        return self.label.split(" ", 1)[0]

    @property
    def route(self) -> str:
        """The path template below the base path."""
        return self.label.split(" ", 1)[1]

    @property
    def has_body(self) -> bool:
        """Tell an absent body from ``null``."""
        return self.body is not NOTHING

    def templates(self) -> Iterator[Template]:
        """Yield everything of the call that may have holes."""
        yield self.path
        yield self.query
        yield from _body_templates(self.body)


def _body_templates(body: Template) -> Iterator[Template]:
    if isinstance(body, Mapping):
        for value in body.values():
            yield [value.filename, value.content.decode()] if isinstance(value, File) else value
    elif body is not NOTHING:
        yield body


@dataclass(frozen=True, slots=True)
class Listing:
    """How a resource's objects are listed, and what a page looks like.

    ``items`` is the pointer of the array in an answer (``""``: the answer is the array). ``id_at`` is the pointer of
    the id in an item; ``named_at`` are pointers of texts in an item in which the maker's name stands. ``page`` and
    ``per_page`` name query parameters, None where there is no paging; ``first`` is the number of the first page;
    ``total`` points to the count of all items. ``page_at`` and ``per_page_at`` point to what the answer says of the
    page. ``sparse`` says that the array is left out where there are no items. ``keys`` maps further keys of the
    resource to pointers in an item. ``finds`` is a query that finds one object by its name, and no other; it may have
    holes, and ``${unique}`` is the name.
    """

    call: Call
    items: str = ""
    id_at: str = "/id"
    named_at: tuple[str, ...] = ("/name",)
    page: str | None = None
    per_page: str | None = None
    first: int = 1
    size: int = 100
    total: str | None = None
    page_at: str | None = None
    per_page_at: str | None = None
    sparse: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    finds: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Many:
    """How several objects are read in one request: ``each`` stands for one in a list, which is the body, or its member
    ``under``. ``items`` is the pointer of the array in the answer, ``id_at`` that of the id in an item of it.
    """

    label: str
    each: Template = "${self.id}"
    under: str = "ids"
    items: str = "/items"
    id_at: str = "/id"


@dataclass(frozen=True, slots=True, repr=False)
class Resource:
    """One kind of thing. See the fields; unset ones mean that Kibana does the ordinary thing.

    The operations are tuples of alternatives in order of preference: the first that the contract has is used.

    Operations:
        create, read, listing, update, delete: what it can go through. ``restore`` puts a setting back; there
            ``${self:...}`` is what a read said before the change.
        many: how several are read at once, None where the API has no way to.
        attached: labels of further operations on one object, whose path says nothing about it by its shape.

    Identity:
        keys: what is known of an object before it is made and is needed to address it, as templates: ids that the
            client chooses, ids of parents, discriminating parts such as a saved object's type. Written to the ledger
            with the intent. Each may be given by whoever makes the object.
        id_at: pointer of the id in the create answer, where it is not among the keys. None for one-of-a-kind things.
            ``id_also_at`` are pointers to try where nothing stands at the first.

    Life:
        full: further members of a create body, beside the smallest.
        change: members that an update may change, with a new value; empty where nothing can be updated.
        pins: members of a body that no request may have otherwise, with the value that they have then: what would make
            the thing a default, switch it on, or reach beyond it. A text is set always, anything else where the body
            has a value of that type.
        made_at, reading_at: pointers in the create and the read answer under which the object stands (``/item``).
            ``reading_also_at`` are pointers to try where nothing stands at the latter.
        members_at: pointers in the object under which the members of a create body stand, in order of preference:
            which of them it is differs between versions. Empty where they stand at its top.
        shown_at: members of a body that a read shows elsewhere in the object, by pointer; an empty one where it does
            not show them at all.
        version_at: pointer in the object of the version that an update has to name, None where there is none.
        create_only: members of the create body that an update refuses.
        volatile: pointers in the object that the server changes by itself (``*`` for any array index).
        gone: what a read says after the delete: ``404``, ``inactive`` (soft delete), or ``unknown`` where the API
            has no read.
        gone_statuses: statuses of a delete that mean "was not there".
        present: for what may be there already: pointers into a successful read answer and what stands there when it
            is; empty where any successful read means that it is there.
        outlives_space: True where something stays behind in Elasticsearch when only the space is deleted.
        idempotent_delete: True where deleting what is not there answers 2xx.
        refuses_again: status when the same id is created a second time, None where that is allowed.
        listed_within, read_within, gone_within: seconds in which a create or delete becomes visible; 0 means at once.

    Circumstances:
        requires: resources or preparations that must be there first without being named in the body.
        since, until: first version of Kibana that has it, and first that no longer has it.
        shaped_since: first version whose answers have the shape that is declared; laws are not tried before.
        licence, plugin: what the deployment needs; None for basic, and for what every Kibana has.
        flavors: where it exists.
        lacking: why its API has no way to make one, None where it has.
        needs: what a plain deployment does not have and making one takes.
        exceptions: laws that do not hold for it, each with the reason and where that is known from.
    """

    name: str
    family: str
    summary: str
    create: tuple[Call, ...] = ()
    read: tuple[Call, ...] = ()
    listing: tuple[Listing, ...] = ()
    update: tuple[Call, ...] = ()
    delete: tuple[Call, ...] = ()
    restore: tuple[Call, ...] = ()
    many: Many | None = None
    attached: tuple[str, ...] = ()
    kind: Kind = Kind.OBJECT
    scope: Scope = Scope.SPACE
    safety: Safety = Safety.SPACE
    keys: Mapping[str, Template] = field(default_factory=dict)
    id_at: str | None = "/id"
    id_also_at: tuple[str, ...] = ()
    full: Mapping[str, Template] = field(default_factory=dict)
    change: Mapping[str, Template] = field(default_factory=dict)
    pins: Mapping[str, Template] = field(default_factory=dict)
    made_at: str = ""
    reading_at: str = ""
    reading_also_at: tuple[str, ...] = ()
    members_at: tuple[str, ...] = ()
    shown_at: Mapping[str, str] = field(default_factory=dict)
    version_at: str | None = None
    create_only: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    gone: Literal["404", "inactive", "unknown"] = "404"
    inactive_at: str | None = None
    gone_statuses: tuple[int, ...] = (404,)
    present: Mapping[str, Any] = field(default_factory=dict)
    outlives_space: bool = False
    idempotent_delete: bool = False
    refuses_again: int | None = None
    listed_within: float = 0.0
    read_within: float = 0.0
    gone_within: float = 0.0
    requires: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    shaped_since: str | None = None
    licence: str | None = None
    plugin: str | None = None
    flavors: tuple[str, ...] = ("traditional", "serverless")
    lacking: str | None = None
    needs: str | None = None
    exceptions: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __repr__(self) -> str:
        """Its name alone: reports and tracebacks show the parameters of a test."""
        return f"<resource {self.name}>"

    @property
    def makeable(self) -> bool:
        """True where a factory can make one."""
        return self.kind is not Kind.FOUND and bool(self.create or self.update)

    @property
    def parents(self) -> tuple[str, ...]:
        """Names of the resources and preparations that must exist before one can be made."""
        named = [s for call in self.create for t in call.templates() for s in subjects(t)]
        return tuple(dict.fromkeys([*self.requires, *subjects(self.keys), *named]))

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call that the declaration holds."""
        return (
            *self.create,
            *self.read,
            *(page.call for page in self.listing),
            *self.update,
            *self.delete,
            *self.restore,
        )

    def id_in(self, answer: Any) -> str | None:
        """Return the id that a create answer gives, or None."""
        for pointer in (self.id_at, *self.id_also_at):
            found = value_at(answer, pointer) if pointer is not None else None
            if found is not None:
                return str(found)
        return None

    def reading_in(self, answer: Any) -> str:
        """Return the pointer at which the object stands in the answer to a read."""
        places = (self.reading_at, *self.reading_also_at)
        return next((place for place in places if value_at(answer, place) is not None), self.reading_at)

    def object_in(self, answer: Any) -> Any:
        """Return the object that the answer to a read shows; None where it shows none."""
        return value_at(answer, self.reading_in(answer))

    def members_in(self, shown: Any) -> str:
        """Return the pointer in an object, as it is read, at which the members of a create body stand."""
        return next((place for place in self.members_at if value_at(shown, place) is not None), "")

    @property
    def chooses_id(self) -> bool:
        """True where the client chooses the id."""
        return "id" in self.keys


@dataclass(frozen=True, slots=True)
class Preparation:
    """Something that a deployment or a space is asked once before certain resources can be made.

    ``done`` succeeds where it was done already, so that it is not asked again. It is idempotent and leaves nothing
    that this project would have to remove, or that Kibana itself would not do when a person first opens the page.
    """

    name: str
    call: Call
    done: Call
    scope: Scope
    summary: str


def within(label: str, body: Template = NOTHING, **more: Any) -> Call:
    """Return a call each of whose path parameters is the key of that name."""
    return Call(label, path={name: f"${{self.{name}}}" for name in _parameters(label)}, body=body, **more)


def item(label: str, body: Template = NOTHING, **more: Any) -> Call:
    """Return a call on one object: its last path parameter is the id, those before are the keys of that name."""
    *outer, last = _parameters(label)
    path = {name: f"${{self.{name}}}" for name in outer} | {last: "${self.id}"}
    return Call(label, path=path, body=body, **more)


def _parameters(label: str) -> list[str]:
    return re.findall(r"\{([^}?]+)\??\}", label)
