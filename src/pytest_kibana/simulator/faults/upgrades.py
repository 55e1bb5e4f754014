"""Faults of an upgrade: what a migration does to objects, and what the new release no longer does with them.

Those with ``migrate`` happen once, when a stand-in starts with the data of an older release: each harms one object of
the kind that its operation is about, which is the hardest to notice. The others show when the new release answers.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from pytest_kibana.contract.model import Operation
from pytest_kibana.simulator import generic, saved
from pytest_kibana.simulator.faults.model import Applies, Around, Bench, Fault, Migrate, Proceed, role_of
from pytest_kibana.simulator.inventory import Resource
from pytest_kibana.simulator.listing import SEARCHES
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import EVERYWHERE, Record, Table
from pytest_kibana.simulator.world import Call, World

Json = Any
Edit = Callable[[World, Resource, Record], bool]

_ABOUT_AN_UPGRADE = ("object before and after an upgrade",)
_PROSE = ("description", "comment", "note", "name", "title")
_DATES = ("created_at", "createdAt", "created")
_MOVING = frozenset(
    {"revision", "version", "updated_at", "updatedAt", "id", "execution_status", "monitoring"}
)


# -- where they can show


def _does(*roles: str) -> Applies:
    def applies(operation: Operation, bench: Bench) -> bool:
        return role_of(operation)[0] in roles

    return applies


def _of(*names: str) -> Applies:
    """Reads of certain kinds of thing."""

    def applies(operation: Operation, bench: Bench) -> bool:
        role, resource = role_of(operation)
        return role == "read" and resource is not None and resource.name in names

    return applies


def _in_space(operation: Operation, bench: Bench) -> bool:
    role, resource = role_of(operation)
    return role == "read" and resource is not None and not resource.everywhere and not resource.single


def _searched(operation: Operation, bench: Bench) -> bool:
    takes = {p.name for p in operation.parameters_in("query")}
    return role_of(operation)[0] == "list" and bool(takes & set(SEARCHES))


def _imports(operation: Operation, bench: Bench) -> bool:
    return operation.method == "POST" and operation.path.endswith("/_import")


def _any(operation: Operation, bench: Bench) -> bool:
    return role_of(operation)[0] != ""


# -- what a migration does to one object


def _tables(world: World, resource: Resource) -> Iterator[tuple[str, Table]]:
    """Yield space and table of a kind of thing, throwaway spaces before the default one."""
    kinds = {resource.name, saved.TABLE} if resource.kind in saved.TYPES else {resource.name}
    found = [(space, table) for kind, space, table in world.store.tables() if kind in kinds and table]
    yield from sorted(found, key=lambda pair: pair[0] == "default")


def _mine(resource: Resource, table: Table) -> Iterator[tuple[str, Record]]:
    """Yield the records of a kind, newest first; saved objects of all types share one table."""
    for key, record in reversed(list(table.items())):
        kind = record.facts.get("type")
        if kind is None or resource.name == saved.TABLE or kind == resource.kind:
            yield key, record


def _one(edit: Edit) -> Migrate:
    """Harm the first record that an edit takes."""

    def migrate(world: World, resource: Resource) -> bool:
        for _, table in _tables(world, resource):
            for _, record in _mine(resource, table):
                if edit(world, resource, record):
                    return True
        return False

    return migrate


def _lose(world: World, resource: Resource) -> bool:
    for _, table in _tables(world, resource):
        for key, _ in _mine(resource, table):
            del table[key]
            return True
    return False


def _rename(world: World, resource: Resource) -> bool:
    for _, table in _tables(world, resource):
        for key, record in _mine(resource, table):
            fresh = str(uuid.uuid5(uuid.NAMESPACE_URL, key))
            del table[key]
            if "key" in record.facts:
                record.facts["key"] = fresh
                record.id = f"{record.facts['type']}/{fresh}"
            else:
                record.value = {**record.value, resource.field: fresh}
                record.id = fresh
            table[record.id] = record
            return True
    return False


def _show_elsewhere(world: World, resource: Resource) -> bool:
    for space, table in _tables(world, resource):
        if space in ("default", EVERYWHERE):
            continue
        for key, record in _mine(resource, table):
            kind = saved.TABLE if "type" in record.facts else resource.name
            others = {where for _, where, _ in world.store.tables()} - {space, EVERYWHERE}
            for where in others | {"default"}:
                world.store.table(kind, where)[key] = record
            return True
    return False


def _merge_spaces(world: World, resource: Resource) -> bool:
    spaces = [name for name in world.store.table("space", EVERYWHERE) if name != "default"]
    if len(spaces) < 2:
        return False
    kept, gone = spaces[-2:]
    for kind, space, table in world.store.tables():
        if space == gone:
            target = world.store.table(kind, kept)
            for key, record in table.items():
                target.setdefault(key, record)
                if "namespaces" in record.facts:
                    record.facts["namespaces"] = [kept]
    world.store.drop_space(gone)
    del world.store.table("space", EVERYWHERE)[gone]
    return True


def _holders(record: Record) -> Iterator[dict[str, Json]]:
    """Yield the mappings in which an object's own members stand."""
    if isinstance(record.value, dict):
        yield record.value
        for name in ("attributes", "data", "item"):
            if isinstance(record.value.get(name), dict):
                yield record.value[name]


def _drop_member(world: World, resource: Resource, record: Record) -> bool:
    schema = generic.item_schema(world, resource)
    for holder in _holders(record):
        for name in _PROSE:
            if not holder.get(name) or not isinstance(holder[name], str):
                continue
            taken = holder.pop(name)
            if schema is True or world.schemas.valid(schema, record.value):
                return True
            holder[name] = taken
    return False


def _break_reference(world: World, resource: Resource, record: Record) -> bool:
    for holder in _holders(record):
        for name in ("references", "actions", "exceptions_list"):
            rows = holder.get(name)
            if isinstance(rows, list) and rows and isinstance(rows[0], dict) and "id" in rows[0]:
                rows[0] = {**rows[0], "id": str(uuid.uuid5(uuid.NAMESPACE_URL, str(rows[0]["id"])))}
                return True
    return False


def _change_default(world: World, resource: Resource, record: Record) -> bool:
    """Give a number that a request need not name another value."""
    for label in resource.create:
        route = world.router.routes.get(label)
        body = route.operation.body if route is not None and route.operation is not None else None
        media = body.media("application/json") if body is not None else None
        known = (
            generic.declared(world, media.schema.json)
            if media is not None and media.schema is not None
            else {}
        )
        for name, schema in known.items():
            flat = world.synthesiser.flat(schema)
            default = flat.get("default") if isinstance(flat, dict) else None
            number = isinstance(default, int) and not isinstance(default, bool)
            if number and record.value.get(name) == default:
                record.value[name] = default + 1
                return True
    return False


def _grant_more(world: World, resource: Resource, record: Record) -> bool:
    if not isinstance(record.value, dict) or record.value.get("metadata", {}).get("_reserved"):
        return False
    record.value["kibana"] = [{"base": ["all"], "feature": {}, "spaces": ["*"]}]
    return True


def _date_anew(world: World, resource: Resource, record: Record) -> bool:
    done = False
    now = world.clock.now()
    for holder in _holders(record):
        for name in _DATES:
            if isinstance(holder.get(name), str):
                holder[name] = now
                done = True
    if "type" in record.facts:
        done = True
    record.created_at = now
    return done


def _each_text(change: Callable[[str], str]) -> Edit:
    """Change every text of a record that a change does something to."""

    def walk(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: walk(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return change(value) if isinstance(value, str) else value

    def edit(world: World, resource: Resource, record: Record) -> bool:
        changed = walk(record.value)
        if changed == record.value:
            return False
        record.value = changed
        return True

    return edit


def _wrong_encoding(text: str) -> str:
    return text if text.isascii() else text.encode().decode("latin-1")


def _cut(text: str) -> str:
    return text[:24] if len(text) > 40 and " " in text and not text.startswith(("{", "[")) else text


def _switch_on(world: World, resource: Resource, record: Record) -> bool:
    if isinstance(record.value, dict) and record.value.get("enabled") is False:
        record.value["enabled"] = True
        return True
    return False


def _lose_tags(world: World, resource: Resource, record: Record) -> bool:
    for holder in _holders(record):
        if isinstance(holder.get("tags"), list) and holder["tags"]:
            holder["tags"] = []
            return True
    return False


def _reverse(world: World, resource: Resource, record: Record) -> bool:
    for holder in _holders(record):
        for name in ("actions", "references", "filters", "entries"):
            rows = holder.get(name)
            if isinstance(rows, list) and len(rows) > 1 and rows != rows[::-1]:
                holder[name] = rows[::-1]
                return True
    return False


def _lose_namespaces(world: World, resource: Resource, record: Record) -> bool:
    if not record.facts.get("namespaces"):
        return False
    record.facts["namespaces"] = []
    return True


# -- what the new release does otherwise


def _rows(change: Callable[[list[Json]], list[Json]]) -> Callable[[Call, Reply], Reply]:
    """Change the longest array at the top of a success."""

    def after(_: Call, reply: Reply) -> Reply:
        if reply.status >= 300:
            return reply
        if isinstance(reply.body, list):
            reply.body = change(reply.body)
        elif isinstance(reply.body, dict):
            arrays = [name for name, value in reply.body.items() if isinstance(value, list)]
            if arrays:
                name = max(arrays, key=lambda n: len(reply.body[n]))
                reply.body = {**reply.body, name: change(reply.body[name])}
        return reply

    return after


def _blind(call: Call, reply: Reply) -> Reply:
    """Find nothing where something is searched for."""
    asked = any(call.query.get(name) for name in SEARCHES)
    return _rows(lambda _: [])(call, reply) if asked else reply


def _refuse(status: int, message: str) -> Around:
    def around(call: Call, proceed: Proceed) -> Reply:
        raise Refusal(status, message)

    return around


def _for_the_newest(status: int, message: str) -> Around:
    """Refuse what is asked of the newest thing of its kind."""

    def around(call: Call, proceed: Proceed) -> Reply:
        resource = role_of(call.operation)[1] if call.operation is not None else None
        table = call.table(resource.name) if resource is not None else {}
        newest = next(reversed(table), None)
        if newest is not None and any(newest in (i, f"{'/'.join(call.ids)}") for i in call.ids):
            raise Refusal(status, message, family="platform")
        return proceed()

    return around


def _confirm_only(call: Call, proceed: Proceed) -> Reply:
    """Say that it is done, and do nothing."""
    before = call.world.store.snapshot()
    reply = proceed()
    call.world.store.restore(before)
    return reply


def _text_for_number(call: Call, reply: Reply) -> Reply:
    """Show the first number of an object as a text."""
    if reply.status >= 300 or not isinstance(reply.body, dict):
        return reply

    def walk(value: Json) -> tuple[Json, bool]:
        if not isinstance(value, dict):
            return value, False
        for name, inner in value.items():
            number = isinstance(inner, int) and not isinstance(inner, bool)
            if number and name not in _MOVING:
                return {**value, name: str(inner)}, True
            changed, done = walk(inner)
            if done:
                return {**value, name: changed}, True
        return value, False

    reply.body = walk(reply.body)[0]
    return reply


def _leak(call: Call, reply: Reply) -> Reply:
    if reply.status < 300 and isinstance(reply.body, dict):
        reply.body = {**reply.body, "secrets": {"user": "somebody", "password": "in the clear"}}
    return reply


def _counts_one_less(call: Call, reply: Reply) -> Reply:
    if reply.status < 300 and isinstance(reply.body, dict):
        counts = ("successCount", "success_count", "timelines_installed")
        less = {
            n: reply.body[n] - 1 for n in counts if isinstance(reply.body.get(n), int) and reply.body[n] > 1
        }
        reply.body = {**reply.body, **less}
    return reply


def _absent(call: Call, proceed: Proceed) -> None:
    raise Refusal(404, family="platform")


def _migrating(name: str, breaks: str, applies: Applies, migrate: Migrate) -> Fault:
    return Fault(f"upgrade.{name}", breaks, _ABOUT_AN_UPGRADE, applies, migrate=migrate)


def _answering(name: str, breaks: str, applies: Applies, **more: Any) -> Fault:
    return Fault(f"upgrade.{name}", breaks, _ABOUT_AN_UPGRADE, applies, **more)


FAULTS = (
    _migrating("object_lost", "The migration loses an object.", _does("read"), _lose),
    _migrating("id_changed", "The migration gives an object another id.", _does("read"), _rename),
    _migrating(
        "field_dropped", "The migration drops a member of an object.", _does("read"), _one(_drop_member)
    ),
    _migrating("reference_broken", "A reference leads nowhere.", _does("read"), _one(_break_reference)),
    _migrating(
        "default_changed", "What was left to a default is another.", _does("read"), _one(_change_default)
    ),
    _migrating("role_weakened", "A role grants more than before.", _of("role"), _one(_grant_more)),
    _migrating("space_merged", "Two spaces become one.", _of("space"), _merge_spaces),
    _migrating("timestamps_reset", "An object was made today.", _does("read"), _one(_date_anew)),
    _migrating(
        "encoding_damaged", "UTF-8 is read as Latin-1.", _does("read"), _one(_each_text(_wrong_encoding))
    ),
    _migrating("text_cut", "Long texts are cut.", _does("read"), _one(_each_text(_cut))),
    _migrating("flag_reset", "What was switched off is on.", _does("read"), _one(_switch_on)),
    _migrating("tags_lost", "An object loses its tags.", _does("read"), _one(_lose_tags)),
    _migrating("order_changed", "Actions stand in another order.", _does("read"), _one(_reverse)),
    _migrating("other_space_sees", "An object is in every space.", _in_space, _show_elsewhere),
    _migrating(
        "namespaces_lost", "An object does not know its spaces.", _of("saved_object"), _one(_lose_namespaces)
    ),
    _answering(
        "list_incomplete", "A list lacks its last.", _does("list"), after=_rows(lambda rows: rows[:-1])
    ),
    _answering(
        "listed_twice", "A list has its last twice.", _does("list"), after=_rows(lambda r: r + r[-1:])
    ),
    _answering("search_incomplete", "A search finds nothing.", _searched, after=_blind),
    _answering(
        "export_unreadable",
        "An export of the older release is refused.",
        _imports,
        around=_refuse(400, "Unexpected format: this file was written by an older release"),
    ),
    _answering("export_in_part", "An import leaves one out.", _imports, after=_counts_one_less),
    _answering(
        "update_refused",
        "What the older release made cannot be changed.",
        _does("update"),
        around=_refuse(400, "The object is of an older model version and is read-only"),
    ),
    _answering(
        "update_ignored", "A change is confirmed and not kept.", _does("update"), around=_confirm_only
    ),
    _answering(
        "delete_refused",
        "What the older release made cannot be removed.",
        _does("delete"),
        around=_refuse(409, "The object is of an older model version and cannot be removed"),
    ),
    _answering(
        "delete_ignored", "A delete is confirmed and not done.", _does("delete"), around=_confirm_only
    ),
    _answering("number_becomes_text", "A number is shown as a text.", _does("read"), after=_text_for_number),
    _answering("secret_leaked", "Secrets are shown.", _of("connector"), after=_leak),
    _answering(
        "unreadable",
        "One object is answered with an error.",
        _does("read"),
        around=_for_the_newest(
            500, "An internal server error occurred. Check Kibana server logs for details."
        ),
    ),
    _answering(
        "owner_locked_out",
        "One object is forbidden to its owner.",
        _does("read"),
        around=_for_the_newest(403, "Unauthorized to get the object"),
    ),
    _answering(
        "open_to_nobody",
        "Objects are shown without credentials.",
        _does("read"),
        stages={"authentication": None, "privileges": None},
    ),
    _answering(
        "viewer_may_change", "Who may only read may change.", _does("update"), stages={"privileges": None}
    ),
    _answering("not_served", "Operations are not served any more.", _any, stages={"version": _absent}),
)
