"""The library of scripts of 9.4: kept with their files, one library for the deployment."""

import json
from functools import partial
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("endpoint scripts")
_BASE = "/api/endpoint/scripts_library"
_SYSTEMS = ("linux", "macos", "windows")
_route = partial(family.route, beside="POST /api/endpoint/action/isolate", since="9.4")


def _scripts(call: Call) -> Table:
    return call.world.store.table("endpoint_script")


def _one(call: Call) -> Record:
    record = _scripts(call).get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Script with id {call.ids[0]} not found", family="platform")
    return record


def _fields(call: Call) -> dict[str, Json]:
    """Return the fields of a multipart body; lists travel as JSON or as repeated parts."""
    body = {k: v for k, v in (call.body if isinstance(call.body, dict) else {}).items() if k != "file"}
    systems = body.get("platform")
    if isinstance(systems, str):
        systems = json.loads(systems) if systems.startswith("[") else [systems]
    if systems is not None:
        unknown = [one for one in systems if one not in _SYSTEMS]
        if unknown:
            text = f"[request body.platform]: types that failed validation: {unknown[0]}"
            raise Refusal(400, text, family="platform")
        body["platform"] = systems
    return body


def _content(call: Call) -> str | None:
    file = call.body.get("file") if isinstance(call.body, dict) else None
    return file.content.decode("latin-1") if isinstance(file, Upload) else None


@_route(f"POST {_BASE}", media="multipart/form-data")
def create(call: Call) -> Reply:
    """Keep a script."""
    fields, content = _fields(call), _content(call)
    if content is None or not fields.get("name"):
        raise Refusal(400, "[request body]: name and file are required", family="platform")
    key = call.world.clock.uuid()
    record = call.world.store.put("endpoint_script", "*", key, {}, by=call.user)
    record.value = {"fileType": "script", "tags": [], **fields, "id": key, "createdBy": call.user,
                    "createdAt": record.created_at}  # fmt: skip
    record.facts["content"] = content
    return Reply({"data": record.value})


@_route(f"GET {_BASE}")
def list_(call: Call) -> Reply:
    """Show scripts, page by page."""
    rows, text = [record.value for record in _scripts(call).values()], call.query.get("pageSize", 10)
    if not str(text).isdigit():
        raise Refusal(400, "[request query.pageSize]: expected value of type [number]", family="platform")
    page, size = max(whole(call.query.get("page"), 1), 1), int(text)
    part = rows[(page - 1) * size : page * size]
    return Reply({"data": part, "page": page, "pageSize": size, "total": len(rows)})


@_route(f"GET {_BASE}/{{}}")
def read(call: Call) -> Reply:
    """Show a script."""
    return Reply({"data": _one(call).value})


@_route(f"PATCH {_BASE}/{{}}", media="multipart/form-data")
def update(call: Call) -> Reply:
    """Change what is said of a script, or its file."""
    record, content = _one(call), _content(call)
    record.value = {**record.value, **_fields(call)}
    if content is not None:
        record.facts["content"] = content
    call.world.store.touch(record, call.user)
    return Reply({"data": record.value})


@_route(f"DELETE {_BASE}/{{}}")
def delete(call: Call) -> Reply:
    """Remove a script."""
    del _scripts(call)[_one(call).id]
    return Reply({})


@_route(f"GET {_BASE}/{{}}/download")
def download(call: Call) -> Reply:
    """Hand out the file of a script."""
    content = str(_one(call).facts["content"]).encode("latin-1")
    return Reply(content, media="application/octet-stream")
