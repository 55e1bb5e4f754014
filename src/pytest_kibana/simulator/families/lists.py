"""Value lists and their items, which live in data streams that must be made first; import and export as text."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("lists")
_LIST, _ITEM = BY_NAME["value_list"], BY_NAME["value_list_item"]


@family.on("POST /api/lists/index")
def make_index(call: Call) -> Reply:
    """Make the data streams, once."""
    if "-" in call.table("value_list_index"):
        names = f'".lists-{call.space}" and ".items-{call.space}"'
        raise Refusal(409, f"data stream: {names} already exists")
    call.world.store.put("value_list_index", call.space, "-", {}, by=call.user)
    return Reply({"acknowledged": True})


@family.on("GET /api/lists/index")
def read_index(call: Call) -> Reply:
    """Say whether the data streams are there."""
    if "-" not in call.table("value_list_index"):
        raise Refusal(404, f"index .lists-{call.space} and index .items-{call.space} does not exist")
    return Reply({"list_index": True, "list_item_index": True})


@family.on("DELETE /api/lists/index")
def drop_index(call: Call) -> Reply:
    """Remove the data streams, and every list with them."""
    if call.table("value_list_index").pop("-", None) is None:
        raise Refusal(404, f'index: ".lists-{call.space}" and ".items-{call.space}" does not exist')
    call.table("value_list").clear()
    call.table("value_list_item").clear()
    return Reply({"acknowledged": True})


@family.on("GET /api/lists/privileges")
def privileges(call: Call) -> Reply:
    """Say that who got this far may do all that lists ask for."""
    may: dict[str, Any] = {"username": call.user, "has_all_requested": True, "cluster": {}, "application": {}}
    streams = {
        name: {"read": True, "write": True} for name in (f".lists-{call.space}", f".items-{call.space}")
    }
    lists, items = ({**may, "index": {name: held}} for name, held in streams.items())
    return Reply({"lists": lists, "listItems": items, "is_authenticated": True})


@family.before("POST /api/lists")
def name_list(call: Call) -> None:
    """Give a list an id."""
    body = call.body or {}
    if body.get("id") in call.table("value_list"):
        raise Refusal(409, f'list id: "{body["id"]}" already exists')
    call.body = {"version": 1, "immutable": False, **body}


def _list(call: Call, key: Json) -> Record:
    record = call.table("value_list").get(str(key))
    if record is None:
        raise Refusal(404, f'list id: "{key}" does not exist')
    return record


@family.before("POST /api/lists/items")
def name_item(call: Call) -> None:
    """An item lives in a list, and has its type."""
    body = call.body or {}
    owner = _list(call, body.get("list_id"))
    if body.get("id") in call.table("value_list_item"):
        raise Refusal(409, f'list item id: "{body["id"]}" already exists')
    call.body = {**body, "type": owner.value.get("type", "keyword")}


def _of(call: Call, list_id: str, value: Json = None) -> list[Record]:
    rows = [r for r in call.table("value_list_item").values() if r.value.get("list_id") == list_id]
    return [r for r in rows if value is None or r.value.get("value") == value]


@family.on("GET /api/lists/items")
def read_items(call: Call) -> Reply:
    """Show an item by id, or those of a list that have a value."""
    if call.query.get("id"):
        return generic.read(call, _ITEM)
    list_id, value = call.query.get("list_id"), call.query.get("value")
    if list_id is None or value is None:
        raise Refusal(400, 'One of "list_id" and "id" is needed')
    _list(call, list_id)
    found = _of(call, str(list_id), value)
    if not found:
        raise Refusal(404, f'list_id: "{list_id}" item of {value} does not exist')
    return Reply([r.value for r in found])


@family.on("DELETE /api/lists/items")
def delete_items(call: Call) -> Reply:
    """Remove an item by id, or those of a list that have a value."""
    if call.query.get("id"):
        return generic.delete(call, _ITEM)
    list_id, value = call.query.get("list_id"), call.query.get("value")
    if list_id is None or value is None:
        raise Refusal(400, 'One of "list_id" and "id" is needed')
    found = _of(call, str(list_id), value)
    if not found:
        raise Refusal(404, f'list_id: "{list_id}" with {value} was not found')
    for record in found:
        generic.remove(call, _ITEM, record)
    return Reply([r.value for r in found])


@family.on("GET /api/lists/items/_find")
def find_items(call: Call) -> Reply:
    """Show the items of a list, page by page."""
    list_id = str(call.query.get("list_id"))
    _list(call, list_id)
    return Reply({"cursor": "WzBd", **page_of(call, _ITEM, [r.value for r in _of(call, list_id)])})


@family.on("DELETE /api/lists")
def delete(call: Call) -> Reply:
    """Remove a list with its items."""
    record = generic.find(call, _LIST)
    for item in _of(call, record.id):
        generic.remove(call, _ITEM, item)
    generic.remove(call, _LIST, record)
    return Reply(record.value)


@family.on("POST /api/lists/items/_import")
def import_(call: Call) -> Reply:
    """Read values from a file, one a line, into a list that may be new."""
    file = (call.body or {}).get("file") if isinstance(call.body, dict) else None
    if not isinstance(file, Upload):
        raise Refusal(
            400, "[request body.file]: expected value of type [Stream] but got [undefined]", family="platform"
        )
    if not (call.query.get("list_id") or call.query.get("type")):
        raise Refusal(400, "One of type and list_id is needed")
    key = str(call.query.get("list_id") or file.name)
    table = call.table("value_list")
    if key not in table:
        record = call.world.store.put("value_list", call.space, key, {}, by=call.user)
        kind = call.query.get("type") or "keyword"
        value = {
            "id": key,
            "name": key,
            "description": f"File uploaded from file system of {key}",
            "type": kind,
            "version": 1,
        }
        generic.settle(call, _LIST, record, value, fresh=False)
    owner = table[key]
    for line in file.content.decode("utf-8", "replace").splitlines():
        if line.strip() and not _of(call, key, line.strip()):
            item_key = call.world.clock.uuid()
            item = call.world.store.put("value_list_item", call.space, item_key, {}, by=call.user)
            value = {
                "id": item_key,
                "list_id": key,
                "value": line.strip(),
                "type": owner.value.get("type", "keyword"),
            }
            generic.settle(call, _ITEM, item, value, fresh=False)
    return Reply(owner.value)


@family.on("POST /api/lists/items/_export")
def export(call: Call) -> Reply:
    """Write the values of a list into a file."""
    key = str(call.query.get("list_id"))
    _list(call, key)
    content = "".join(f"{r.value.get('value')}\n" for r in _of(call, key))
    return Reply(
        content.encode(),
        media="application/ndjson",
        headers={"content-disposition": f'attachment; filename="{key}"'},
    )
