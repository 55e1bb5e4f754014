"""Exception lists and their items, by namespace; and the list that all endpoints share."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NDJSON, Refusal, Reply
from pytest_kibana.simulator.rule_files import bring, lacking, resource_of
from pytest_kibana.simulator.store import EVERYWHERE, Record
from pytest_kibana.simulator.uploads import rows_of
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


@family.before(f"* {_LISTS}", f"* {_LISTS}/*")
def everywhere(call: Call) -> None:
    """What is agnostic is of no space, and kept apart from what is of one."""
    if _namespace(call) == "agnostic":
        call.space = EVERYWHERE


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
    """An item stays in its list, whether or not a replacement names it; what it leaves out is empty."""
    record = generic.find(call, BY_NAME["exception_list_item"])
    empty: dict[str, Json] = {"os_types": [], "tags": [], "comments": []}
    call.body = {**empty, **(call.body or {}), "list_id": record.value.get("list_id")}


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
    if source.value.get("type") not in ("detection", "rule_default"):
        text = (
            f"unable to duplicate exception list with list_id: {source.value['list_id']} - action not allowed"
        )
        raise Refusal(405, text)
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
    """Read lists and items from a file; each answers for itself."""
    fresh, counts, errors = call.query.get("as_new_list") in (True, "true"), {_LIST: 0, _ITEM: 0}, []
    renamed: dict[str, str] = {}
    for row in rows_of(call):
        resource = resource_of(row)
        text = lacking(row)
        if text is not None:
            errors.append({"error": {"status_code": 400, "message": text}})
            continue
        if "list_id" not in row:  # the line that counts
            continue
        if fresh:
            row["list_id"] = renamed.setdefault(row["list_id"], call.world.clock.uuid())
            row["item_id" if resource is _ITEM else "id"] = call.world.clock.uuid()
        if wrong := bring(call, row, overwrite=call.query.get("overwrite") in (True, "true")):
            errors.append(wrong)
        else:
            counts[resource] += 1
    return Reply(
        {
            "errors": errors,
            "success": not errors,
            "success_count": sum(counts.values()),
            "success_exception_lists": not errors,
            "success_count_exception_lists": counts[_LIST],
            "success_exception_list_items": not errors,
            "success_count_exception_list_items": counts[_ITEM],
        }
    )


@family.on("POST /api/exceptions/shared")
def share(call: Call) -> Reply:
    """Make a list that any rule may use, under an id of its own."""
    return Reply(_fresh_list(call, {**(call.body or {}), "type": "detection"}).value)


def _fresh_list(call: Call, body: dict[str, Json]) -> Record:
    key = call.world.clock.uuid()
    record = call.world.store.put("exception_list", call.space, key, {}, by=call.user)
    value = {"list_id": call.world.clock.uuid(), "namespace_type": "single", "version": 1, "tags": [],
             "os_types": [], "immutable": False, **body, "id": key}  # fmt: skip
    return generic.settle(call, _LIST, record, value, fresh=False)


@family.on("POST /api/detection_engine/rules/{}/exceptions")
def rule_exceptions(call: Call) -> Reply:
    """Add exceptions to the rule's own list, which is made when it is first needed.

    A rule that is not there is 404 here, where 9.4.3 was seen to answer 500.
    """
    rule = call.table("detection_rule").get(call.ids[0])
    if rule is None:
        raise Refusal(404, f'rule id: "{call.ids[0]}" not found')
    if _by_list_id(call, str(rule.facts.get("exceptions"))) is None:
        name = f"Exceptions for rule - {rule.value.get('name')}"
        own = _fresh_list(call, {"name": name, "description": name, "type": "rule_default"})
        rule.facts["exceptions"] = own.value["list_id"]
    made = []
    for given in (call.body or {}).get("items") or ():
        key = call.world.clock.uuid()
        value = {"item_id": call.world.clock.uuid(), "comments": [], "tags": [], "os_types": [],
                 "namespace_type": "single", **given, "list_id": rule.facts["exceptions"], "id": key}  # fmt: skip
        record = call.world.store.put("exception_list_item", call.space, key, {"id": key}, by=call.user)
        made.append(generic.settle(call, _ITEM, record, value, fresh=False).value)
    return Reply(made)


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
