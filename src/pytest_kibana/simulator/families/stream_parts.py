"""What streams have beside their data: groups, queries, attachments, events of note, and packs of contents.

Nothing is ever sent to a stream here, so that queries over one find nothing.
"""

import io
import json
import zipfile
from functools import partial
from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.listing import matches
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("stream parts")
_ONE = "/api/streams/{}"
_ATTACHMENTS = f"{_ONE}/attachments"
_since_9_4 = partial(family.route, beside="GET /api/streams", since="9.4")
_KINDS = ("dashboard", "rule", "slo")
_PACKED = "contents.json"
_KEPT = {"queries": "stream_query", "dashboards": "stream_dashboard_link"}
_DONE = {"acknowledged": True}


def _found(call: Call) -> Record:
    record = call.table("stream").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Cannot find stream {call.ids[0]}")
    return record


def _body(call: Call) -> dict[str, Json]:
    return call.body if isinstance(call.body, dict) else {}


# -- streams of another kind ---------------------------------------------------------------------------------


def _part(call: Call, kind: str) -> Json:
    found = _found(call).value.get(kind)
    if found is None:
        raise Refusal(400, f"Stream is not a {kind} stream", family="platform")
    return found


def _put_part(call: Call, kind: str, value: dict[str, Json]) -> Reply:
    """Change a stream of a kind, or make it; a stream that takes data in is of none."""
    record = call.table("stream").get(call.ids[0])
    if record is None:
        made = {"name": call.ids[0], "description": "", kind: value}
        call.world.store.put("stream", "*", call.ids[0], made, by=call.user)
        return Reply({**_DONE, "result": "created"})
    before = _part(call, kind)
    record.value = {**record.value, kind: value}
    call.world.store.touch(record, call.user)
    return Reply({**_DONE, "result": "noop" if before == value else "updated"})


@family.on(f"GET {_ONE}/_group")
def group(call: Call) -> Reply:
    """Show the members of a group."""
    return Reply({"group": _part(call, "group")})


@family.on(f"PUT {_ONE}/_group")
def regroup(call: Call) -> Reply:
    """Replace a group."""
    return _put_part(call, "group", dict(_body(call).get("group") or {}))


@_since_9_4(f"GET {_ONE}/_query")
def query(call: Call) -> Reply:
    """Show what a stream is made of that is a query."""
    return Reply({"query": _part(call, "query")})


@_since_9_4(f"PUT {_ONE}/_query")
def set_query(call: Call) -> Reply:
    """Set it."""
    given = _body(call).get("query")
    if not isinstance(given, dict) or not isinstance(given.get("esql"), str):
        raise Refusal(400, "[request body]: query.esql: Required", family="platform")
    return _put_part(call, "query", given)


# -- what is tied to a stream --------------------------------------------------------------------------------


def _kind(name: Json) -> str:
    if name not in _KINDS:
        text = f"[request params]: attachmentType: Invalid option: expected one of {'|'.join(_KINDS)}"
        raise Refusal(400, text, family="platform")
    return str(name)


@_since_9_4(f"GET {_ATTACHMENTS}")
def attachments(call: Call) -> Reply:
    """Show what is tied to a stream, of some kinds and with some words."""
    _found(call)
    rows = [r.value for r in call.table("stream_attachment").values() if r.parent == call.ids[0]]
    asked = call.query.get("attachmentTypes")
    kinds = asked if isinstance(asked, list) else [] if asked is None else [asked]
    words = str(call.query.get("query") or "")
    rows = [row for row in rows if (not kinds or row["type"] in kinds) and (not words or matches(row, words))]
    return Reply({"attachments": rows})


def _tie(call: Call, kind: str, key: str) -> None:
    value = {"id": key, "type": kind, "title": key, "tags": [], "streamNames": [call.ids[0]]}
    call.world.store.put(
        "stream_attachment",
        call.space,
        f"{call.ids[0]}/{kind}/{key}",
        value,
        by=call.user,
        parent=call.ids[0],
    )


def _untie(call: Call, kind: str, key: str) -> bool:
    return call.table("stream_attachment").pop(f"{call.ids[0]}/{kind}/{key}", None) is not None


@_since_9_4(f"PUT {_ATTACHMENTS}/{{}}/{{}}")
def attach(call: Call) -> Reply:
    """Tie one thing to a stream; again is fine."""
    kind = _kind(call.ids[1])
    _found(call)
    _tie(call, kind, call.ids[2])
    return Reply(_DONE)


@_since_9_4(f"DELETE {_ATTACHMENTS}/{{}}/{{}}")
def detach(call: Call) -> Reply:
    """Untie it."""
    kind = _kind(call.ids[1])
    _found(call)
    if not _untie(call, kind, call.ids[2]):
        raise Refusal(404, f"Asset with id {call.ids[2]} and type {kind} not found on stream {call.ids[0]}")
    return Reply(_DONE)


@_since_9_4(f"POST {_ATTACHMENTS}/_bulk")
def attach_many(call: Call) -> Reply:
    """Tie and untie in order."""
    steps = _body(call).get("operations")
    if not isinstance(steps, list) or not all(isinstance(s, dict) and len(s) == 1 for s in steps):
        raise Refusal(400, "[request body]: operations: Invalid input", family="platform")
    _found(call)
    for step in steps:
        ((word, given),) = step.items()
        act = _tie if word == "index" else _untie
        act(call, _kind(given.get("type")), str(given.get("id")))
    return Reply(_DONE)


# -- events of note ------------------------------------------------------------------------------------------

_QUIET: Json = {"occurrences": [], "change_points": {"type": {"stationary": {}}}}


@family.on(f"GET {_ONE}/significant_events")
def events(call: Call) -> Reply:
    """Show what each query of a stream found over time: nothing."""
    _found(call)
    rows = [
        {**record.value, "stream_name": call.ids[0], **_QUIET}
        for record in call.table("stream_query").values()
        if record.parent == call.ids[0]
    ]
    if not call.world.at_least("9.2"):
        return Reply(rows)
    return Reply({"significant_events": rows, "aggregated_occurrences": []})


@family.on(f"POST {_ONE}/significant_events/_preview")
def preview(call: Call) -> Reply:
    """Show what a query would find, before it is kept."""
    _found(call)
    asked = _body(call).get("query")
    return Reply({**(asked if isinstance(asked, dict) else {}), **_QUIET})


@family.on(f"POST {_ONE}/significant_events/_generate")
def generate(call: Call) -> Reply:
    """Have a model make up queries: the connector has to be there, and what it makes up is always the same."""
    _found(call)
    connector = str(call.query.get("connectorId"))
    if connector not in call.table("connector"):
        raise Refusal(404, f"Saved object [action/{connector}] not found", family="platform")
    made = {"title": "Errors", "kql": {"query": 'log.level: "error"'}}
    event = {"type": "generated_query", "query": made}
    return Reply(f"data: {json.dumps(event)}\n\n".encode(), media="text/event-stream")


# -- packs of contents ---------------------------------------------------------------------------------------


@family.on(f"POST {_ONE}/content/export")
def export(call: Call) -> Reply:
    """Pack what hangs on a stream into an archive that says what it is called."""
    _found(call)
    asked = _body(call)
    contents: Json = {
        name: [r.value for r in call.table(kind).values() if r.parent == call.ids[0]]
        for name, kind in _KEPT.items()
    }
    chosen = ((asked.get("include") or {}).get("objects") or {}).get("queries")
    if isinstance(chosen, list):
        ids = {one.get("id") for one in chosen}
        contents["queries"] = [one for one in contents["queries"] if one["id"] in ids]
    name, version = str(asked.get("name", "content")), str(asked.get("version", "1.0.0"))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        about = {"name": name, "version": version, "description": asked.get("description", "")}
        archive.writestr(f"{name}-{version}/manifest.json", json.dumps(about))
        archive.writestr(f"{name}-{version}/{_PACKED}", json.dumps(contents))
    disposition = f'attachment; filename="{name}-{version}.zip"'
    return Reply(target.getvalue(), media="application/zip", headers={"content-disposition": disposition})


@family.on(f"POST {_ONE}/content/import")
def take_in(call: Call) -> Reply:
    """Hang what a pack holds on a stream."""
    stream = _found(call).id
    sent = _body(call).get("content")
    content = sent.content if isinstance(sent, Upload) else str(sent or "").encode()
    created = []
    for name, rows in _unpacked(content).items():
        for row in rows:
            key = f"{stream}/{row['id']}"
            call.world.store.put(_KEPT[name], "*", key, dict(row), by=call.user, parent=stream)
            created.append({"id": row["id"], "type": name})
    return Reply({"errors": [], "created": created})


def _unpacked(content: bytes) -> dict[str, list[Json]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (place,) = [name for name in archive.namelist() if name.endswith(f"/{_PACKED}")]
            found = json.loads(archive.read(place))
        return {name: [row for row in found.get(name, ()) if "id" in row] for name in _KEPT}
    except (zipfile.BadZipFile, ValueError, AttributeError, TypeError):
        raise Refusal(
            400, "[request body.content]: the archive holds no contents of a stream", family="platform"
        ) from None
