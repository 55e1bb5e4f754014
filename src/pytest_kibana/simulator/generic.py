"""What every kind of thing does: be made, be read, be listed, be changed and go away.

A thing is kept as its read operation shows it, so that reading is handing it out. Family modules call these
functions and change what Kibana does otherwise.
"""

import json
from collections.abc import Iterable
from typing import Any

from pytest_kibana.simulator.inventory import RESOURCES, Resource
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.synthesis import MISSING, type_of
from pytest_kibana.simulator.world import Call, World

Json = Any
SINGLE = "-"
_CONTROL = frozenset({"override", "refresh", "refresh_fields", "overwrite", "version", "_version"})


# -- finding -----------------------------------------------------------------------------------------------


def table_of(call: Call, resource: Resource) -> Table:
    """Return the table that the call means."""
    return call.table(resource.name)


def named(call: Call, resource: Resource, body: Json = MISSING) -> list[tuple[str, str]]:
    """Return under which names and values the call speaks of a thing: path first, then query, then body."""
    if resource.single:
        return [("id", SINGLE)]
    inner = call.body if body is MISSING else body
    if resource.enter and isinstance(inner, dict) and isinstance(inner.get(resource.enter), dict):
        inner = {**inner[resource.enter], **{k: v for k, v in inner.items() if k != resource.enter}}
    path_holds_id = call.route.template.rstrip("/").endswith("}")
    if path_holds_id and call.ids:
        return [(resource.field, call.ids[-1])]
    found = []
    for source in (call.query, inner):
        if isinstance(source, dict):
            found += [
                (key, str(value))
                for key in resource.keys
                for value in _many(source.get(key))
                if isinstance(value, str | int) and value != ""
            ]
    return found or [(resource.field, value) for value in call.ids[-1:] if not resource.parent]


def _many(value: Json) -> Iterable[Json]:
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return value if isinstance(value, list) else [] if value is None else [value]


def lookup(call: Call, resource: Resource, name: str, value: str) -> Record | None:
    """Return the thing that has this value under this name."""
    table = table_of(call, resource)
    record = table.get(_slot(call, resource, value))
    if record is not None or name not in resource.aliases:
        return record
    return next((r for r in table.values() if r.value.get(name) == value), None)


def _slot(call: Call, resource: Resource, value: str) -> str:
    """Return the key in the table: things inside a parent repeat their ids from parent to parent."""
    parent = parent_of(call, resource)
    return f"{parent}/{value}" if parent else value


def parent_of(call: Call, resource: Resource) -> str:
    """Return the id of what the thing lives in, where the path tells it."""
    return call.ids[0] if resource.parent and call.ids else ""


def missing(resource: Resource, name: str, value: str) -> Refusal:
    """Return the 404 of a kind of thing."""
    if resource.missing:
        return Refusal(404, resource.missing.replace("{name}", name).replace("{}", value))
    if resource.kind:
        return Refusal(404, f"Saved object [{resource.kind}/{value}] not found")
    return Refusal(404, f"{resource.name.replace('_', ' ')} [{value}] not found")


def find(call: Call, resource: Resource) -> Record:
    """Return the thing that the call speaks of.

    Raises:
        Refusal: 404 where it is not there, 400 where the call does not say which.
    """
    names = named(call, resource)
    for name, value in names:
        record = lookup(call, resource, name, value)
        if record is not None:
            return record
    if not names:
        alternatives = " or ".join(f'"{key}"' for key in resource.keys)
        raise Refusal(400, f"either {alternatives} must be set")
    raise missing(resource, *names[0])


# -- shapes ------------------------------------------------------------------------------------------------


def item_schema(world: World, resource: Resource) -> Json:
    """Return the schema of the object in the answer of reading it (or making it); True where there is none."""
    key = ("item", resource.name)
    cache = world.cache
    if key not in cache:
        cache[key] = _item_schema(world, resource)
    return cache[key]


def _item_schema(world: World, resource: Resource) -> Json:
    for label in (*resource.read, *resource.create, *resource.update):
        route = world.router.routes.get(label)
        response = route.operation.success if route is not None and route.operation is not None else None
        for media in response.content if response is not None else ():
            if media.schema is None or media.schema.vacuous:
                continue
            schema = media.schema.json
            for step in resource.wrapper.split(".") if resource.wrapper else ():
                schema = descend(world, schema, step)
            flat = world.synthesiser.flat(schema)
            if schema is not True and isinstance(flat, dict) and flat.get("type") != "array":
                return schema
    return True


def descend(world: World, schema: Json, step: str) -> Json:
    """Return the schema of a property, through references and alternatives; True where it is not declared."""
    flat = world.synthesiser.flat(schema)
    if not isinstance(flat, dict):
        return True
    if step in flat.get("properties", {}):
        return flat["properties"][step]
    for arm in (*flat.get("anyOf", ()), *flat.get("oneOf", ())):
        inner = descend(world, arm, step)
        if inner is not True:
            return inner
    return True


def declared(world: World, schema: Json) -> dict[str, Json]:
    """Return every property that a schema or one of its alternatives declares."""
    flat = world.synthesiser.flat(schema)
    if not isinstance(flat, dict):
        return {}
    found = dict(flat.get("properties", {}))
    for arm in (*flat.get("anyOf", ()), *flat.get("oneOf", ())):
        found = {**declared(world, arm), **found}
    return found


def only_known(call: Call, given: Json) -> Json:
    """Return the body without members that its schema does not name: some families drop them."""
    media = call.operation.body.media("application/json") if call.operation and call.operation.body else None
    if media is None or media.schema is None or not isinstance(given, dict):
        return given
    known = declared(call.world, media.schema.json)
    return {name: value for name, value in given.items() if name in known} if known else given


def demand_known(call: Call, given: Json, *, row_of: str | None = None, words: str = "invalid keys ") -> None:
    """Refuse members that the schema of the body does not name: some families decode so, closed schema or not.

    ``row_of`` says that ``given`` is a row of that list of the body; ``words`` is how the message begins.
    """
    media = call.operation.body.media("application/json") if call.operation and call.operation.body else None
    if media is None or media.schema is None or not isinstance(given, dict):
        return
    known = declared(call.world, media.schema.json)
    if row_of is not None:
        rows = call.world.synthesiser.flat(known.get(row_of, {}))
        known = declared(call.world, rows.get("items", {}) if isinstance(rows, dict) else {})
    extra = [name for name in given if name not in known] if known else []
    if extra:
        raise Refusal(400, f'{words}"{",".join(extra)}"', family="platform")


def ambient(call: Call, record: Record, resource: Resource) -> dict[str, Json]:
    """Return what Kibana adds to objects, under all the names that families use for it."""
    revision = record.facts.get("revision", 0)
    return {
        resource.field: record.value.get(resource.field, record.id),
        "created_at": record.created_at,
        "createdAt": record.created_at,
        "updated_at": record.updated_at,
        "updatedAt": record.updated_at,
        "created_by": record.created_by,
        "createdBy": record.created_by,
        "updated_by": record.updated_by,
        "updatedBy": record.updated_by,
        "version": record.version,
        "_version": record.version,
        "revision": revision,
        "namespace": call.space,
        "spaceId": call.space,
        "enabled": True,
        "immutable": False,
        "tie_breaker_id": record.id,
    }


def settle(call: Call, resource: Resource, record: Record, sent: Json, *, fresh: bool) -> Record:
    """Fit what was sent to the schema of the thing and keep it, dated and versioned."""
    schema = item_schema(call.world, resource)
    around = ambient(call, record, resource)
    if fresh:
        around.update({name: call.world.clock.uuid() for name in resource.aliases})
    else:  # what moves with every write is taken from the record, not from the object's former self
        moving = {
            "updated_at",
            "updatedAt",
            "updated_by",
            "updatedBy",
            "_version",
            "revision",
            resource.version,
        }
        sent = {k: v for k, v in sent.items() if k not in moving}
    if schema is True:
        record.value = {**dict(resource.defaults), **sent}
        return record
    record.value = call.world.synthesiser.fit(schema, {**dict(resource.defaults), **sent}, around)
    return record


def success_schema(call: Call) -> Json:
    """Return the schema of the call's lowest documented success, True where there is none."""
    response = call.operation.success if call.operation is not None else None
    media = response.content[0] if response is not None and response.content else None
    return media.schema.json if media is not None and media.schema is not None else True


def wrap(call: Call, resource: Resource, value: Json) -> Json:
    """Put an object where the answer of this operation holds it."""
    schema = success_schema(call)
    wrapper = resource.wrapper
    flat = call.world.synthesiser.flat(schema)
    kind = flat.get("type") if isinstance(flat, dict) else None
    room = {} if schema is True else declared(call.world, schema)
    if wrapper and (not room or wrapper.split(".")[0] in room):
        for step in reversed(wrapper.split(".")):
            value = {step: value}
        return value
    return [value] if kind == "array" else value


# -- verbs -------------------------------------------------------------------------------------------------


def create(call: Call, resource: Resource) -> Reply:
    """Make a thing: 409 where the caller's id is taken, and the thing as it is kept.

    Raises:
        Refusal: 404 where its parent is missing, 409 where it exists.
    """
    demand_parents(call, resource)
    body = sent_object(call, resource)
    chosen, value = _chosen(call, resource, body)
    existing = lookup(call, resource, resource.field, value) if chosen else None
    for alias in resource.aliases:
        if existing is None and isinstance(body.get(alias), str):
            existing = lookup(call, resource, alias, body[alias])
    if existing is not None and not (resource.upsert or resource.single):
        raise already(resource, value)
    if existing is not None:
        return change(call, resource, existing, body)
    space, key = call.space_of(resource.name), _slot(call, resource, value)
    record = call.world.store.put(
        resource.name, space, key, {}, by=call.user, parent=parent_of(call, resource)
    )
    if isinstance(body.get(resource.field), str | int) or not isinstance(body.get(resource.field), dict):
        body = {**body, resource.field: value}
    record.value = {resource.field: value}
    settle(call, resource, record, body, fresh=True)
    return shown(call, resource, record)


def already(resource: Resource, value: str) -> Refusal:
    """Return the 409 of a kind of thing."""
    if resource.kind:
        return Refusal(409, f"Saved object [{resource.kind}/{value}] conflict")
    return Refusal(409, f'{resource.name.replace("_", " ")} with id "{value}" already exists')


def sent_object(call: Call, resource: Resource) -> dict[str, Json]:
    """Return the object in the body, out of its wrapper and without what only steers the call."""
    body = call.body if isinstance(call.body, dict) else {}
    if resource.enter and isinstance(body.get(resource.enter), dict):
        body = body[resource.enter]
    return {k: v for k, v in body.items() if not (k in _CONTROL and resource.version)}


def _chosen(call: Call, resource: Resource, body: dict[str, Json]) -> tuple[bool, str]:
    if resource.single:
        return True, SINGLE
    own_path = call.route.template.rstrip("/").endswith("}")
    count = call.route.label.count("{}")
    if own_path and len(call.ids) == count:
        return True, call.ids[-1]
    if resource.chosen and call.ids and not resource.parent:
        return True, call.ids[-1]
    given = body.get(resource.keys[0], body.get(resource.field))
    if isinstance(given, dict):
        return True, "|".join(str(v) for _, v in sorted(given.items()))
    if len(resource.keys) > 1 and resource.upsert:
        return True, "|".join(str(body.get(key, "")) for key in resource.keys)
    if isinstance(given, str) and given and (resource.chosen or resource.upsert):
        return True, given
    return False, call.world.clock.uuid()


def read(call: Call, resource: Resource) -> Reply:
    """Show a thing."""
    demand_parents(call, resource)
    if resource.single and SINGLE not in table_of(call, resource):
        if resource.create and not resource.standing:
            raise Refusal(404, f"{resource.name.replace('_', ' ')} does not exist in this space")
        settle(
            call,
            resource,
            call.world.store.put(resource.name, call.space_of(resource.name), SINGLE, {}),
            {},
            fresh=True,
        )
    return shown(call, resource, find(call, resource))


def list_(call: Call, resource: Resource) -> Reply:
    """Show things, page by page."""
    demand_parents(call, resource)
    parent = parent_of(call, resource)
    rows = [
        record.value for record in table_of(call, resource).values() if not parent or record.parent == parent
    ]
    return Reply(page_of(call, resource, rows))


def update(call: Call, resource: Resource) -> Reply:
    """Change a thing.

    Raises:
        Refusal: 404 where it is missing, 409 where the caller's version is not the last.
    """
    demand_parents(call, resource)
    if resource.single and SINGLE not in table_of(call, resource):
        record = call.world.store.put(resource.name, call.space_of(resource.name), SINGLE, {}, by=call.user)
        settle(call, resource, record, sent_object(call, resource), fresh=True)
        return shown(call, resource, record)
    return change(call, resource, find(call, resource), sent_object(call, resource))


def change(call: Call, resource: Resource, record: Record, body: dict[str, Json]) -> Reply:
    """Change a record by what was sent, and show it."""
    demand_version(call, resource, record)
    kept = {resource.field: record.value.get(resource.field)}
    if resource.replace:
        created = {k: record.value[k] for k in ("created_at", "created_by") if k in record.value}
        fixed = {k: record.value[k] for k in resource.aliases if k in record.value}
        value = {**_unchanging(call, resource, record), **created, **fixed, **body}
    else:
        value = {**record.value, **body}
    value.update({k: v for k, v in kept.items() if v is not None})
    record.facts["revision"] = record.facts.get("revision", 0) + 1
    call.world.store.touch(record, call.user)
    settle(call, resource, record, value, fresh=False)
    return shown(call, resource, record)


def _unchanging(call: Call, resource: Resource, record: Record) -> dict[str, Json]:
    """Return what an update that replaces cannot touch: properties its body has no room for."""
    operation = call.operation
    media = operation.body.content[0] if operation is not None and operation.body is not None else None
    room = declared(call.world, media.schema.json) if media is not None and media.schema is not None else {}
    if resource.enter in room and resource.enter:
        room = declared(call.world, room[resource.enter])
    return {k: v for k, v in record.value.items() if k not in room}


def demand_version(call: Call, resource: Resource, record: Record) -> None:
    """Refuse a write that names another version than the last."""
    if not resource.version or not isinstance(call.body, dict) or "version" in call.slack:
        return
    given = call.body.get(resource.version)
    if given is not None and given != record.version:
        label = f"{resource.kind or resource.name}:{record.id}"
        raise Refusal(409, f"[{label}]: version conflict, document was changed since it was read")


def delete(call: Call, resource: Resource) -> Reply:
    """Remove a thing and what lives in it."""
    demand_parents(call, resource)
    record = find(call, resource)
    reply = shown(call, resource, record)
    remove(call, resource, record)
    return reply


def remove(call: Call, resource: Resource, record: Record) -> None:
    """Take a record and its children out of their tables."""
    table_of(call, resource).pop(record.id, None)
    for child in RESOURCES:
        if child.parent == resource.name:
            inner = call.table(child.name)
            for key in [k for k, r in inner.items() if r.parent == record.id]:
                del inner[key]


def shown(call: Call, resource: Resource, record: Record) -> Reply:
    """Return the reply that shows a record, or nothing where the contract promises no body."""
    response = call.operation.success if call.operation is not None else None
    if response is not None and response.status == "204":
        return Reply(NOTHING, status=204)
    return Reply(wrap(call, resource, record.value))


def demand_parents(call: Call, resource: Resource) -> None:
    """Refuse a call whose path goes through something that is not there."""
    for parent in RESOURCES:
        if parent.name == resource.parent and call.ids:
            exists = call.ids[0] in call.table(parent.name)
            if not exists and any(label in call.world.router.routes for label in parent.create):
                raise missing(parent, "id", call.ids[0])


VERBS = {"create": create, "read": read, "list": list_, "update": update, "delete": delete}


def attached(call: Call, resource: Resource, depth: int) -> None:
    """Refuse an operation below an item's path when there is no such item; ``depth`` counts the ids up to it."""
    value = call.ids[depth - 1]
    table = table_of(call, resource)
    if value not in table and not any(
        r.value.get(a) == value for r in table.values() for a in resource.aliases
    ):
        raise missing(resource, "id", value)


def canned(call: Call) -> Reply:
    """Answer what nothing else answers: the documented success, by the contract's example or made up.

    What was sent is laid over it, so that an answer which repeats the question repeats it rightly.
    """
    schema = success_schema(call)
    response = call.operation.success if call.operation is not None else None
    if response is None:
        return Reply({})
    status = int(response.status) if response.status.isdigit() else 200
    if status == 204 or not response.content:
        return Reply(NOTHING if status == 204 else {}, status=status)
    if schema is True:
        return Reply({}, status=status)
    base = call.route.cache.get("canned")
    if base is None:
        examples = [example.value for example in response.content[0].examples]
        hint = next((e for e in examples if call.world.schemas.valid(schema, e)), MISSING)
        base = call.route.cache["canned"] = call.world.synthesiser.fit(schema, hint)
    body = base
    if isinstance(base, dict) and isinstance(call.body, dict):
        known = declared(call.world, schema)
        sent = {k: v for k, v in call.body.items() if k in known and type_of(v) == type_of(base.get(k, v))}
        body = {**base, **sent}
    return Reply(body, status=status)
