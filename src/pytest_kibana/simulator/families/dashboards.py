"""Dashboards and visualizations of 9.4, tags, links and markdown of 9.5: saved objects in a shape of their own."""

from functools import partial
from typing import Any

from pytest_kibana.simulator import saved
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME, Resource
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("dashboards")
_KINDS = {
    "/api/dashboards": ("dashboard", "dashboard"),
    "/api/visualizations": ("visualization", "lens"),
    "/api/tags": ("tag", "tag"),
    "/api/links": ("links", "links"),
    "/api/markdowns": ("markdown", "markdown"),
}
"""By path, what a thing is called in the inventory and as a saved object."""
_SHARED = ("title", "name", "description", "color")
"""What an object says both as an attribute and in its own shape; the rest of the shape is kept beside it."""


def _resource(call: Call) -> Resource:
    return BY_NAME[next(name for path, (name, _) in _KINDS.items() if call.path.startswith(path))]


def _kind(call: Call) -> str:
    return next(kind for path, (_, kind) in _KINDS.items() if call.path.startswith(path))


def shown(record: Record) -> dict[str, Json]:
    """Return a thing as ``id``, ``data`` and ``meta``."""
    attributes = record.value["attributes"]
    data = dict(record.facts.get("data") or {})
    data.update({name: attributes[name] for name in _SHARED if name in attributes})
    meta = {
        "managed": record.facts["managed"],
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "version": record.version,
    }
    return {"id": record.facts["key"], "data": data, "meta": meta}


def _keep(call: Call, key: str | None, data: dict[str, Json]) -> Record:
    attributes = {name: data[name] for name in _SHARED if name in data}
    record = saved.make(call, _kind(call), key, {"attributes": attributes}, overwrite=key is not None)
    record.facts["data"] = data
    return record


def _one(call: Call) -> Record:
    kind, key = _kind(call), call.ids[0]
    record = saved.find(call, kind, key)
    if record is None:
        raise saved.missing(kind, key)
    return record


@family.on(*(f"POST {path}" for path in _KINDS))
def create(call: Call) -> Reply:
    """Make one; 201. An id in the body is refused: PUT takes one in the path."""
    body = dict(call.body or {})
    if "id" in body:
        text = "[request body]: Additional properties are not allowed ('id' was unexpected)"
        raise Refusal(400, text, family="platform")
    _demand_called(call, body)
    return Reply(shown(_keep(call, None, body)), status=201)


def _demand_called(call: Call, body: dict[str, Json]) -> None:
    """Refuse what has no name, where no contract has done so."""
    demanded = {"tag": "name", "lens": "type"}.get(_kind(call), "title")
    if call.operation is None and not isinstance(body.get(demanded), str):
        text = f"[request body.{demanded}]: expected value of type [string] but got [undefined]"
        raise Refusal(400, text, family="platform")


@family.on(*(f"GET {path}/{{}}" for path in _KINDS))
def read(call: Call) -> Reply:
    """Show one."""
    return Reply(shown(_one(call)))


@family.on(*(f"PUT {path}/{{}}" for path in _KINDS))
def put(call: Call) -> Reply:
    """Replace one, or make it under this id: 200 or 201."""
    _demand_called(call, dict(call.body or {}))
    known = saved.find(call, _kind(call), call.ids[0]) is not None
    record = _keep(call, call.ids[0], dict(call.body or {}))
    return Reply(shown(record), status=200 if known else 201)


@family.on(*(f"DELETE {path}/{{}}" for path in _KINDS))
def delete(call: Call) -> Reply:
    """Remove one."""
    saved.table(call).pop(_one(call).id, None)
    return Reply(NOTHING, status=204)


@family.on(*(f"GET {path}" for path in _KINDS))
def list_(call: Call) -> Reply:
    """Show them, page by page, by words of their title and by tags."""
    kind = _kind(call)
    rows = [shown(record) for record in saved.table(call).values() if record.facts["type"] == kind]
    if text := str(call.query.get("query") or "").strip('"* ').lower():
        rows = [row for row in rows if text in _words(row["data"])]
    for name, wanted in (("tags", True), ("excluded_tags", False)):
        tags = call.query.get(name)
        if tags:
            chosen = set(tags if isinstance(tags, list) else [tags])
            rows = [row for row in rows if bool(chosen & set(row["data"].get("tags") or ())) is wanted]
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("per_page"), 20)
    part = rows[(page - 1) * size : page * size]
    body = {"page": page, "per_page": size, "total": len(rows)}
    return Reply({_resource(call).items or "data": part, **body, "meta": body})


def _words(data: dict[str, Json]) -> str:
    return " ".join(str(data.get(name)) for name in ("title", "name", "description")).lower()


_SINCE = {"/api/dashboards": "9.4", "/api/visualizations": "9.4"}
for (
    _path
) in _KINDS:  # contracts that lack them are older than the release that is played, or were taken apart
    _new = partial(family.route, beside="GET /api/saved_objects/_find", since=_SINCE.get(_path, "9.5"))
    _new(f"POST {_path}")(create)
    _new(f"GET {_path}")(list_)
    _new(f"GET {_path}/{{}}")(read)
    _new(f"PUT {_path}/{{}}")(put)
    _new(f"DELETE {_path}/{{}}")(delete)
