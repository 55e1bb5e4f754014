"""Exception lists and their items, by namespace; and the list that all endpoints share."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.intake import Upload
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NDJSON, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("exceptions")
_LIST, _ITEM = BY_NAME["exception_list"], BY_NAME["exception_list_item"]
_ENDPOINT, _ENDPOINT_ITEM = BY_NAME["endpoint_exception_list"], BY_NAME["endpoint_exception_item"]
_LISTS, _ITEMS = "/api/exception_lists", "/api/exception_lists/items"


def _namespace(call: Call) -> str:
    asked = call.query.get("namespace_type") or (call.body or {}).get("namespace_type")
    return str(asked[0] if isinstance(asked, list) and asked else asked or "single")


def _by_list_id(call: Call, list_id: str) -> Record | None:
    if list_id == "endpoint_list":
        return call.table("endpoint_exception_list").get("-")
    return next((r for r in call.table("exception_list").values() if r.value.get("list_id") == list_id), None)


@family.before(f"POST {_LISTS}")
def name_list(call: Call) -> None:
    """Give a list what it may lack."""
    body = call.body or {}
    taken = body.get("list_id") and _by_list_id(call, str(body["list_id"])) is not None
    if taken:
        raise Refusal(409, f'exception list id: "{body["list_id"]}" already exists')
    call.body = {"list_id": call.world.clock.uuid(), "namespace_type": "single", "version": 1, "tags": [],
                 "os_types": [], "immutable": False, **body}  # fmt: skip


@family.before(f"POST {_ITEMS}")
def name_item(call: Call) -> None:
    """An item lives in a list that is there."""
    body = call.body or {}
    if _by_list_id(call, str(body.get("list_id"))) is None:
        raise Refusal(404, f'exception list id: "{body.get("list_id")}" does not exist')
    for record in call.table("exception_list_item").values():
        if body.get("item_id") and record.value.get("item_id") == body["item_id"]:
            raise Refusal(409, f'exception list item id: "{body["item_id"]}" already exists')
    comments = [_comment(call, c) for c in body.get("comments") or ()]
    call.body = {"item_id": call.world.clock.uuid(), "namespace_type": "single", "tags": [], "os_types": [],
                 **body, "comments": comments}  # fmt: skip


@family.before(f"PUT {_ITEMS}")
def stay_in_list(call: Call) -> None:
    """An item stays in its list, whether or not a replacement names it."""
    record = generic.find(call, BY_NAME["exception_list_item"])
    call.body = {**(call.body or {}), "list_id": record.value.get("list_id")}


def _comment(call: Call, comment: Json) -> Json:
    return {
        "id": call.world.clock.uuid(),
        "created_at": call.world.clock.now(),
        "created_by": call.user,
        **comment,
    }


@family.on(f"GET {_ITEMS}/_find")
def find_items(call: Call) -> Reply:
    """Show the items of lists."""
    wanted = call.query.get("list_id")
    lists = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
    for list_id in lists:
        if _by_list_id(call, list_id) is None:
            raise Refusal(404, f'exception list id: "{list_id}" does not exist')
    rows = [r.value for r in call.table("exception_list_item").values() if r.value.get("list_id") in lists]
    return Reply(page_of(call, _ITEM, rows))


@family.on(f"DELETE {_LISTS}")
def delete(call: Call) -> Reply:
    """Remove a list with its items."""
    record = generic.find(call, _LIST)
    generic.remove(call, _LIST, record)
    items = call.table("exception_list_item")
    for key in [k for k, r in items.items() if r.value.get("list_id") == record.value.get("list_id")]:
        del items[key]
    return Reply(record.value)


@family.on("GET /api/exception_lists/summary")
def summary(call: Call) -> Reply:
    """Count the items of a list by operating system."""
    record = generic.find(call, _LIST)
    rows = [
        r.value
        for r in call.table("exception_list_item").values()
        if r.value.get("list_id") == record.value["list_id"]
    ]
    counts = {
        name: sum(name in (row.get("os_types") or ()) for row in rows)
        for name in ("windows", "linux", "macos")
    }
    return Reply({**counts, "total": len(rows)})


@family.on("POST /api/exception_lists/_duplicate")
def duplicate(call: Call) -> Reply:
    """Make a list like another, items and all."""
    source = _by_list_id(call, str(call.query.get("list_id")))
    if source is None:
        raise Refusal(404, f'exception list id: "{call.query.get("list_id")}" does not exist')
    clock, store = call.world.clock, call.world.store
    key, list_id = clock.uuid(), clock.uuid()
    record = store.put("exception_list", call.space, key, {}, by=call.user)
    name = f"{source.value.get('name')} [Duplicate]"
    generic.settle(
        call, _LIST, record, {**source.value, "id": key, "list_id": list_id, "name": name}, fresh=False
    )
    for item in list(call.table("exception_list_item").values()):
        if item.value.get("list_id") == source.value["list_id"]:
            inner = clock.uuid()
            copy = store.put("exception_list_item", call.space, inner, {}, by=call.user)
            value = {**item.value, "id": inner, "item_id": clock.uuid(), "list_id": list_id}
            generic.settle(call, _ITEM, copy, value, fresh=False)
    return Reply(record.value)


@family.on("POST /api/exception_lists/_export")
def export(call: Call) -> Reply:
    """Write a list and its items into a file."""
    record = _by_list_id(call, str(call.query.get("list_id")))
    if record is None or call.query.get("id") not in (None, record.id):
        raise Refusal(
            404,
            f"exception list with list_id: {call.query.get('list_id')} or id: {call.query.get('id')} does not exist",
        )
    items = [
        r.value
        for r in call.table("exception_list_item").values()
        if r.value.get("list_id") == record.value["list_id"]
    ]
    tally = {
        "exported_exception_list_count": 1,
        "exported_exception_list_item_count": len(items),
        "missing_exception_list_item_count": 0,
        "missing_exception_list_items": [],
        "missing_exception_lists": [],
        "missing_exception_lists_count": 0,
    }
    content = "".join(json.dumps(row) + "\n" for row in (record.value, *items, tally))
    return Reply(content.encode(), media=NDJSON)


@family.on("POST /api/exception_lists/_import")
def import_(call: Call) -> Reply:
    """Read lists and items from a file."""
    file = (call.body or {}).get("file") if isinstance(call.body, dict) else None
    overwrite = call.query.get("overwrite") in (True, "true")
    fresh = call.query.get("as_new_list") in (True, "true")
    counts, errors, renamed = {"list": 0, "item": 0}, [], {}
    for line in (file.content if isinstance(file, Upload) else b"").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            errors.append({"error": {"status_code": 400, "message": "Unexpected token"}})
            continue
        if not isinstance(row, dict) or "list_id" not in row:
            continue
        is_item = "item_id" in row
        kind, resource = ("exception_list_item", _ITEM) if is_item else ("exception_list", _LIST)
        if fresh and not is_item:
            renamed[row["list_id"]] = row["list_id"] = call.world.clock.uuid()
        if is_item:
            row["list_id"] = renamed.get(row["list_id"], row["list_id"])
            row["item_id"] = call.world.clock.uuid() if fresh else row["item_id"]
        name = "item_id" if is_item else "list_id"
        existing = next((r for r in call.table(kind).values() if r.value.get(name) == row[name]), None)
        if existing is not None and not overwrite:
            text = (
                f'Found that {name}: "{row[name]}" already exists. Import of {name}: "{row[name]}" skipped.'
            )
            errors.append({"error": {"status_code": 409, "message": text}, name: row[name]})
            continue
        if existing is not None:
            del call.table(kind)[existing.id]
        key = call.world.clock.uuid()
        record = call.world.store.put(kind, call.space, key, {}, by=call.user)
        generic.settle(call, resource, record, {**row, "id": key}, fresh=False)
        counts["item" if is_item else "list"] += 1
    return Reply(
        {
            "errors": errors,
            "success": not errors,
            "success_count": sum(counts.values()),
            "success_exception_lists": not errors,
            "success_count_exception_lists": counts["list"],
            "success_exception_list_items": not errors,
            "success_count_exception_list_items": counts["item"],
        }
    )


# -- the list that endpoints share ---------------------------------------------------------------------------


@family.on("POST /api/endpoint_list")
def endpoint_list(call: Call) -> Reply:
    """Make the list; an empty answer where it is there already."""
    if "-" in call.table("endpoint_exception_list"):
        return Reply({})
    record = call.world.store.put("endpoint_exception_list", "*", "-", {}, by=call.user)
    value = {"id": "endpoint_list", "list_id": "endpoint_list", "type": "endpoint", "namespace_type": "agnostic",
             "name": "Endpoint Security Exception List", "description": "Endpoint Security Exception List",
             "os_types": [], "tags": [], "immutable": False, "version": 1}  # fmt: skip
    generic.settle(call, _ENDPOINT, record, value, fresh=False)
    return Reply(record.value)


@family.before("POST /api/endpoint_list/items")
def name_endpoint_item(call: Call) -> None:
    """Items of the shared list need no list to be named."""
    body = call.body or {}
    comments = [_comment(call, c) for c in body.get("comments") or ()]
    call.body = {"item_id": call.world.clock.uuid(), "list_id": "endpoint_list", "namespace_type": "agnostic",
                 "tags": [], "os_types": [], **body, "comments": comments}  # fmt: skip
