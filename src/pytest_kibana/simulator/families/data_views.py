"""Data views, which are saved objects of type ``index-pattern``: fields, runtime fields, the default, and swapping."""

import json
from copy import deepcopy
from typing import Any

from pytest_kibana.simulator import saved
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.wording import got
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("data views")

_TYPE = "index-pattern"
_PLAIN = ("title", "name", "timeFieldName", "type", "allowNoIndex", "allowHidden")
_ONE = "/api/data_views/data_view/{}"
_FIELD = f"{_ONE}/runtime_field"
_JSON: dict[str, tuple[str, Json]] = {
    "sourceFilters": ("sourceFilters", []),
    "fieldFormats": ("fieldFormatMap", {}),
    "fieldAttrs": ("fieldAttrs", {}),
    "runtimeFieldMap": ("runtimeFieldMap", {}),
    "typeMeta": ("typeMeta", {}),
}
"""Properties that the saved object keeps as JSON text, under which name, and what they are when left out."""


def _attributes(view: dict[str, Json]) -> dict[str, Json]:
    """Return the attributes of the saved object that keeps a data view."""
    found = {name: view[name] for name in _PLAIN if view.get(name) is not None}
    for name, (kept, _) in _JSON.items():
        if view.get(name):
            found[kept] = json.dumps(view[name])
    return found


def shown(record: Record) -> dict[str, Json]:
    """Return a data view as the API shows it."""
    attributes = record.value["attributes"]
    view: dict[str, Json] = {
        "id": record.facts["key"],
        "version": record.version,
        "title": attributes.get("title", ""),
        "name": attributes.get("name") or attributes.get("title", ""),
        "allowNoIndex": bool(attributes.get("allowNoIndex", False)),
        "allowHidden": bool(attributes.get("allowHidden", False)),
        "namespaces": record.facts["namespaces"],
        "fields": {},
    }
    view |= {name: attributes[name] for name in ("timeFieldName", "type") if name in attributes}
    for name, (kept, default) in _JSON.items():
        view[name] = json.loads(attributes[kept]) if attributes.get(kept) else deepcopy(default)
    for name, runtime in view["runtimeFieldMap"].items():
        view["fields"][name] = _field(name, runtime, view)
    return view


def _field(name: str, runtime: Json, view: dict[str, Json]) -> dict[str, Json]:
    kind = str(runtime.get("type", "keyword"))
    shape = {"keyword": "string", "long": "number", "double": "number"}.get(kind, kind)
    described = {k: v for k, v in view["fieldAttrs"].get(name, {}).items() if k in ("customLabel", "count")}
    return {
        "name": name,
        "count": 0,
        "scripted": False,
        "type": shape,
        "esTypes": [kind],
        "searchable": True,
        "aggregatable": True,
        "readFromDocValues": False,
        "shortDotsEnable": False,
        "runtimeField": runtime,
        "format": {"id": shape},
        **described,
    }


def _one(call: Call) -> Record:
    record = saved.find(call, _TYPE, call.ids[0])
    if record is None:
        raise saved.missing(_TYPE, call.ids[0])
    return record


def _all(call: Call) -> list[Record]:
    return [record for record in saved.table(call).values() if record.facts["type"] == _TYPE]


def _keep(call: Call, record: Record, view: dict[str, Json]) -> None:
    record.value["attributes"] = _attributes(view)
    call.world.store.touch(record, call.user)


def _setting(call: Call) -> Record:
    table = call.table("default_data_view")
    return table.get("-") or call.world.store.put("default_data_view", call.space, "-", {"data_view_id": ""})


@family.after("* /api/data_views*")
def seen(call: Call, reply: Reply) -> Reply:
    """Show spaces as the caller sees them."""
    body = reply.body if isinstance(reply.body, dict) else {}
    views = body.get("data_view")
    for view in views if isinstance(views, list) else [views]:
        if isinstance(view, dict) and "namespaces" in view:
            view["namespaces"] = saved.seen(call, view["namespaces"])
    return reply


@family.on("GET /api/data_views")
def list_(call: Call) -> Reply:
    """Show the data views of the space, in short."""
    short = ("id", "namespaces", "title", "type", "typeMeta", "timeFieldName", "name")
    return Reply({"data_view": [{k: v for k, v in shown(r).items() if k in short} for r in _all(call)]})


@family.on("POST /api/data_views/data_view")
def create(call: Call) -> Reply:
    """Make a data view. A name is taken once, unless ``override`` says otherwise."""
    body = call.body or {}
    view = dict(body.get("data_view") or {})
    override = bool(body.get("override", False))
    names = {shown(r)["name"]: r for r in _all(call)}
    twin = names.get(view.get("name") or view.get("title"))
    if twin is not None and not override:
        raise Refusal(400, f"Duplicate data view: {shown(twin)['name']}")
    if twin is not None:
        saved.table(call).pop(twin.id, None)
    if view.get("runtimeFieldMap"):
        for name in view["runtimeFieldMap"]:
            _demand_name(name)
    made = {"attributes": _attributes(view), "initialNamespaces": view.get("namespaces") or None}
    record = saved.make(call, _TYPE, view.get("id"), made, overwrite=override)
    setting = _setting(call)
    if not setting.value["data_view_id"]:
        setting.value = {"data_view_id": record.facts["key"]}
    return Reply({"data_view": shown(record)})


def _demand_name(name: str) -> None:
    if "*" in name:
        raise Refusal(
            400, f"[request body.name]: Field name contains invalid characters: {name}", family="platform"
        )


@family.on(f"GET {_ONE}")
def read(call: Call) -> Reply:
    """Show a data view."""
    return Reply({"data_view": shown(_one(call))})


@family.on(f"POST {_ONE}")
def update(call: Call) -> Reply:
    """Change what is sent; the rest stays."""
    record = _one(call)
    change = (call.body or {}).get("data_view") or {}
    if not change:
        raise Refusal(400, "Index pattern change set is empty.")
    _keep(call, record, {**shown(record), **change})
    return Reply({"data_view": shown(record)})


@family.on(f"DELETE {_ONE}")
def delete(call: Call) -> Reply:
    """Remove a data view; a default that pointed at it goes on pointing there."""
    record = _one(call)
    for kind, _, table in call.world.store.tables():
        if kind == saved.TABLE and table.get(record.id) is record:
            del table[record.id]
    return Reply({}, status=200)


@family.on(f"POST {_ONE}/fields")
def describe(call: Call) -> Reply:
    """Set labels, counts and formats of fields; null takes them away."""
    record = _one(call)
    view = shown(record)
    for name, change in ((call.body or {}).get("fields") or {}).items():
        if not isinstance(change, dict):
            text = f"[request body.fields.{name}]: expected a plain object value, but found [{got(change)}] instead."
            raise Refusal(400, text, family="platform")
        attributes = view["fieldAttrs"].setdefault(name, {})
        for key in ("customLabel", "customDescription", "count"):
            if key in change:
                attributes.pop(key, None)
                if change[key] is not None:
                    attributes[key] = change[key]
        if "format" in change:
            view["fieldFormats"].pop(name, None)
            if change["format"] is not None:
                view["fieldFormats"][name] = change["format"]
    _keep(call, record, view)
    return Reply({"acknowledged": True})


# -- runtime fields ----------------------------------------------------------------------------------------


def _with_field(record: Record, name: str) -> Reply:
    view = shown(record)
    return Reply({"fields": [view["fields"][name]], "data_view": view})


def _demand_field(record: Record, name: str) -> dict[str, Json]:
    view = shown(record)
    if name not in view["runtimeFieldMap"]:
        raise Refusal(404, f"Saved object [index-pattern/runtime field {name}] not found")
    return view


@family.on(f"POST {_FIELD}", f"PUT {_FIELD}")
def add_field(call: Call) -> Reply:
    """Add a runtime field; PUT also replaces one."""
    record = _one(call)
    body = call.body or {}
    name = str(body.get("name"))
    _demand_name(name)
    view = shown(record)
    if call.method == "POST" and name in view["runtimeFieldMap"]:
        raise Refusal(400, f"Field [name = {name}] already exists.")
    view["runtimeFieldMap"][name] = body.get("runtimeField") or {}
    _keep(call, record, view)
    return _with_field(record, name)


@family.on(f"GET {_FIELD}/{{}}")
def read_field(call: Call) -> Reply:
    """Show a runtime field with its data view."""
    record = _one(call)
    _demand_field(record, call.ids[1])
    return _with_field(record, call.ids[1])


@family.on(f"POST {_FIELD}/{{}}")
def update_field(call: Call) -> Reply:
    """Change a runtime field."""
    record = _one(call)
    view = _demand_field(record, call.ids[1])
    change = (call.body or {}).get("runtimeField") or {}
    view["runtimeFieldMap"][call.ids[1]] = {**view["runtimeFieldMap"][call.ids[1]], **change}
    _keep(call, record, view)
    return _with_field(record, call.ids[1])


@family.on(f"DELETE {_FIELD}/{{}}")
def delete_field(call: Call) -> Reply:
    """Remove a runtime field."""
    record = _one(call)
    view = _demand_field(record, call.ids[1])
    del view["runtimeFieldMap"][call.ids[1]]
    _keep(call, record, view)
    return Reply({}, status=200)


# -- the default, and swapping -----------------------------------------------------------------------------


@family.on("GET /api/data_views/default")
def default(call: Call) -> Reply:
    """Show the default's id, "" where there is none."""
    return Reply(dict(_setting(call).value))


@family.on("POST /api/data_views/default")
def set_default(call: Call) -> Reply:
    """Set the default; one that is set already changes only by force."""
    body = call.body or {}
    setting = _setting(call)
    if not setting.value["data_view_id"] or body.get("force"):
        setting.value = {"data_view_id": body.get("data_view_id") or ""}
    return Reply({"acknowledged": True})


def _swap(call: Call, *, simulate: bool) -> Reply:
    body = call.body or {}
    kind = body.get("fromType") or _TYPE
    to_kind = body.get("toType") or kind
    only, only_kind = body.get("forId"), body.get("forType")
    only = [only] if isinstance(only, str) else only
    changed, left = [], 0
    for record in saved.table(call).values():
        mine = [r for r in record.value["references"] if (r["type"], r["id"]) == (kind, body["fromId"])]
        meant = (not only or record.facts["key"] in only) and (
            not only_kind or record.facts["type"] == only_kind
        )
        if mine and meant:
            changed.append({"id": record.facts["key"], "type": record.facts["type"]})
            for reference in mine if not simulate else ():
                reference.update(id=body["toId"], type=to_kind)
        left += len(mine) if mine and not meant else 0
    answer: dict[str, Json] = {"result": changed}
    if body.get("delete") and not simulate:
        gone = left == 0 and saved.table(call).pop(f"{kind}/{body['fromId']}", None) is not None
        answer["deleteStatus"] = {"remainingRefs": left, "deletePerformed": gone}
    return Reply(answer)


@family.on("POST /api/data_views/swap_references")
def swap(call: Call) -> Reply:
    """Point references at another data view."""
    return _swap(call, simulate=False)


@family.on("POST /api/data_views/swap_references/_preview")
def preview(call: Call) -> Reply:
    """Tell what a swap would change."""
    return _swap(call, simulate=True)
