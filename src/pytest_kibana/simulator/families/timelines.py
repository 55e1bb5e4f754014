"""Timelines with their notes and pinned events; a draft per user; favourites; export and import."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import matches, sort_rows, whole
from pytest_kibana.simulator.replies import NDJSON, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.uploads import rows_of
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("timelines")
_TIMELINE = BY_NAME["timeline"]


def _make(call: Call, given: Json, **facts: Json) -> Record:
    key = call.world.clock.uuid()
    record = call.world.store.put("timeline", call.space, key, {}, by=call.user)
    record.value = {
        "title": "",
        "description": "",
        "timelineType": "default",
        "templateTimelineId": None,
        "templateTimelineVersion": None,
        "status": "active",
        "favorite": [],
        "columns": [],
        "dataProviders": [],
        "excludedRowRendererIds": [],
        **(given or {}),
        "savedObjectId": key,
        "created": call.world.clock.millis(),
        "createdBy": call.user,
    }
    record.facts.update(facts)
    return record


def shown(call: Call, record: Record) -> dict[str, Json]:
    """Return a timeline with what hangs on it."""
    notes = [r.value for r in call.table("timeline_note").values() if r.value.get("timelineId") == record.id]
    pinned = [r.value for r in call.table("pinned_event").values() if r.value.get("timelineId") == record.id]
    return {
        **record.value,
        "version": record.version,
        "updated": record.facts.get("updated", record.value["created"]),
        "updatedBy": record.updated_by,
        "notes": notes,
        "noteIds": [n["noteId"] for n in notes],
        "eventIdToNoteIds": [],
        "pinnedEventIds": [p["eventId"] for p in pinned],
        "pinnedEventsSaveObject": pinned,
    }


def _answer(call: Call, body: Json) -> Reply:
    """Answer in the wrapper that 8.x had, where the contract still has it."""
    room = generic.declared(call.world, generic.success_schema(call))
    return Reply(
        {"data": {"persistTimeline": {"code": 200, "message": "success", "timeline": body}}}
        if "data" in room
        else body
    )


def _one(call: Call, key: Json) -> Record:
    record = call.table("timeline").get(str(key))
    if record is None:
        raise generic.missing(_TIMELINE, "id", str(key))
    return record


@family.on("POST /api/timeline")
def create(call: Call) -> Reply:
    """Make a timeline."""
    return _answer(call, shown(call, _make(call, (call.body or {}).get("timeline"))))


@family.route("POST /api/timeline/_copy", beside="POST /api/timeline", internal=True)
def copy(call: Call) -> Reply:
    """Make a timeline like another one; the route is internal (seen on 9.4.3), and contracts have a GET instead."""
    body = call.body if isinstance(call.body, dict) else {}
    source = _one(call, str(body.get("timelineIdToCopy")))
    given = body.get("timeline")
    return Reply(shown(call, _make(call, {**source.value, **(given if isinstance(given, dict) else {})})))


def _asked(call: Call) -> Record:
    template, key = call.query.get("template_timeline_id"), call.query.get("id")
    if template:
        for record in call.table("timeline").values():
            if record.value.get("templateTimelineId") == template:
                return record
        raise generic.missing(_TIMELINE, "id", str(template))
    if key:
        return _one(call, key)
    drafts = [r for r in call.table("timeline").values() if r.facts.get("draft")]
    return drafts[0] if drafts else _make(call, {}, draft=True)


@family.on("GET /api/timeline")
def read(call: Call) -> Reply:
    """Show a timeline by its id or its template's; the contract promises an answer without either, too."""
    room = generic.declared(call.world, generic.success_schema(call))
    body = shown(call, _asked(call))
    return Reply({"data": {"getOneTimeline": body}} if "data" in room else body)


@family.on("GET /api/timeline/resolve")
def resolve(call: Call) -> Reply:
    """Show a timeline and how it was found."""
    body = {"timeline": shown(call, _asked(call)), "outcome": "exactMatch"}
    room = generic.declared(call.world, generic.success_schema(call))
    return Reply({"data": body} if "data" in room else body)


@family.on("PATCH /api/timeline")
def update(call: Call) -> Reply:
    """Change a timeline, naming its version; to make one is another method's business (Kibana source)."""
    body = call.body or {}
    if body.get("timelineId") not in call.table("timeline"):
        raise Refusal(405, "CREATE timeline with PATCH is not allowed, please use POST instead")
    record = _one(call, body.get("timelineId"))
    if body.get("version") not in (None, record.version) and "version" not in call.slack:
        raise Refusal(409, f"Saved object [siem-ui-timeline/{record.id}] conflict")
    record.value = {**record.value, **(body.get("timeline") or {})}
    record.facts["updated"] = call.world.clock.millis()
    call.world.store.touch(record, call.user)
    return _answer(call, shown(call, record))


@family.on("DELETE /api/timeline")
def delete(call: Call) -> Reply:
    """Remove timelines with their notes and pinned events."""
    for key in (call.body or {}).get("savedObjectIds") or ():
        record = _one(call, key)
        del call.table("timeline")[record.id]
        for kind in ("timeline_note", "pinned_event"):
            table = call.table(kind)
            for inner in [k for k, r in table.items() if r.value.get("timelineId") == record.id]:
                del table[inner]
    return Reply({"data": {"deleteTimeline": True}})


@family.on("GET /api/timelines")
def list_(call: Call) -> Reply:
    """Show timelines: searched, sorted, paged, and counted by kind."""
    query = call.query
    rows = [shown(call, r) for r in call.table("timeline").values() if not r.facts.get("draft")]
    counts = {
        "defaultTimelineCount": sum(r["timelineType"] == "default" for r in rows),
        "templateTimelineCount": sum(r["timelineType"] == "template" for r in rows),
        "elasticTemplateTimelineCount": 0,
        "customTemplateTimelineCount": sum(r["timelineType"] == "template" for r in rows),
        "favoriteCount": sum(bool(r["favorite"]) for r in rows),
    }
    for asked, name in (("timeline_type", "timelineType"), ("status", "status")):
        if query.get(asked):
            rows = [r for r in rows if r.get(name) == query[asked]]
    if query.get("only_user_favorite") in (True, "true"):
        rows = [r for r in rows if r["favorite"]]
    if query.get("search"):
        rows = [
            r
            for r in rows
            if matches({"title": r["title"], "description": r["description"]}, str(query["search"]))
        ]
    if query.get("sort_field"):
        rows = sort_rows(rows, str(query["sort_field"]), str(query.get("sort_order", "asc")))
    page, size = max(whole(query.get("page_index"), 1), 1), whole(query.get("page_size"), 10)
    part = rows[(page - 1) * size : page * size]
    return Reply({"timeline": part, "totalCount": len(rows), **counts})


@family.on("GET /api/timeline/_draft", "POST /api/timeline/_draft")
def draft(call: Call) -> Reply:
    """Show the caller's draft; POST begins a new one."""
    kind = str(call.query.get("timelineType") or (call.body or {}).get("timelineType") or "default")
    mine = [
        r
        for r in call.table("timeline").values()
        if r.facts.get("draft") and r.created_by == call.user and r.value["timelineType"] == kind
    ]
    if call.method == "POST":
        for record in mine:
            del call.table("timeline")[record.id]
        mine = []
    record = mine[0] if mine else _make(call, {"timelineType": kind, "status": "draft"}, draft=True)
    return _answer(call, shown(call, record))


@family.on("PATCH /api/timeline/_favorite")
def favorite(call: Call) -> Reply:
    """Like a timeline, or like it no longer."""
    key = (call.body or {}).get("timelineId")
    record = _one(call, key) if key in call.table("timeline") else _make(call, {}, draft=True)
    liked = record.value.get("favorite")
    record.value["favorite"] = (
        []
        if liked
        else [{"userName": call.user, "fullName": call.user, "favoriteDate": call.world.clock.millis()}]
    )
    call.world.store.touch(record, call.user)
    names = ("favorite", "savedObjectId", "templateTimelineId", "templateTimelineVersion", "timelineType")
    body = {**{n: record.value[n] for n in names}, "version": record.version}
    room = generic.declared(call.world, generic.success_schema(call))
    return Reply({"data": {"persistFavorite": body}} if "data" in room else body)


@family.on("POST /api/timeline/_export")
def export(call: Call) -> Reply:
    """Write timelines into a file."""
    wanted = (call.body or {}).get("ids") or list(call.table("timeline"))
    rows = [shown(call, call.table("timeline")[k]) for k in wanted if k in call.table("timeline")]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    name = call.query.get("file_name") or "timelines_export.ndjson"
    return Reply(
        content.encode(), media=NDJSON, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@family.on("POST /api/timeline/_import")
def import_(call: Call) -> Reply:
    """Read timelines from a file."""
    made, errors = 0, []
    for row in rows_of(call):
        if row is None:
            errors.append({"id": "", "error": {"status_code": 400, "message": "Malformed JSON"}})
            continue
        if isinstance(row, dict) and row.get("savedObjectId") in call.table("timeline"):
            text = f'timeline_id: "{row["savedObjectId"]}" already exists'
            errors.append({"id": row["savedObjectId"], "error": {"status_code": 409, "message": text}})
        elif isinstance(row, dict) and "title" in row:
            kept = (
                "title",
                "description",
                "timelineType",
                "columns",
                "dataProviders",
                "kqlQuery",
                "dateRange",
                "status",
            )
            _make(call, {k: row[k] for k in kept if k in row})
            made += 1
    answer = {
        "success": not errors,
        "success_count": made,
        "timelines_installed": made,
        "timelines_updated": 0,
    }
    return Reply({**answer, "errors": errors})


@family.on("POST /api/timeline/_prepackaged")
def install(call: Call) -> Reply:
    """Install the templates that are sent."""
    rows = (call.body or {}).get("timelinesToInstall") or []
    for row in (given for given in rows if isinstance(given, dict)):
        _make(call, {k: row[k] for k in ("title", "description", "templateTimelineId") if k in row}
              | {"timelineType": "template", "status": "immutable"})  # fmt: skip
    done = {"timelines_installed": len(rows), "timelines_updated": 0}
    return Reply({"success": True, "success_count": len(rows), **done, "errors": []})


# -- notes and pins ----------------------------------------------------------------------------------------


@family.on("PATCH /api/note")
def note(call: Call) -> Reply:
    """Write a note, or change one that is named."""
    body = call.body or {}
    table, given = call.table("timeline_note"), dict(body.get("note") or {})
    record = table.get(str(body.get("noteId") or given.get("noteId") or ""))
    if record is None:
        key = call.world.clock.uuid()
        record = call.world.store.put("timeline_note", call.space, key, {}, by=call.user)
        given |= {"noteId": key, "created": call.world.clock.millis(), "createdBy": call.user}
    else:
        known = body.get("version")
        if known not in (None, record.version) and "version" not in call.slack:
            key = record.value["noteId"]
            raise Refusal(409, f"Saved object [siem-ui-timeline-note/{key}] conflict")
        call.world.store.touch(record, call.user)
    record.value = {
        "timelineId": "",
        **record.value,
        **{k: v for k, v in given.items() if v is not None},
        "updated": call.world.clock.millis(),
        "updatedBy": call.user,
        "version": record.version,
    }
    answer = {"note": record.value, "code": 200, "message": "success"}
    room = generic.declared(call.world, generic.success_schema(call))
    return Reply({"data": {"persistNote": answer}} if "data" in room else answer)


@family.on("GET /api/note")
def notes(call: Call) -> Reply:
    """Show notes: of timelines, of documents, or page by page."""
    query = call.query
    rows = [r.value for r in call.table("timeline_note").values()]
    for asked, name in (("savedObjectIds", "timelineId"), ("documentIds", "eventId")):
        if query.get(asked):
            wanted = query[asked] if isinstance(query[asked], list) else [query[asked]]
            rows = [row for row in rows if row.get(name) in wanted]
    if query.get("search"):
        rows = [row for row in rows if matches(row, str(query["search"]))]
    if query.get("sortField"):
        rows = sort_rows(rows, str(query["sortField"]), str(query.get("sortOrder") or "asc"))
    page, size = max(whole(query.get("page"), 1), 1), whole(query.get("perPage"), 10)
    return Reply({"notes": rows[(page - 1) * size : page * size], "totalCount": len(rows)})


@family.on("DELETE /api/note")
def forget(call: Call) -> Reply:
    """Remove notes; unknown ones are passed over."""
    body = call.body or {}
    for key in [body.get("noteId"), *(body.get("noteIds") or ())]:
        call.table("timeline_note").pop(str(key), None)
    return Reply({"data": {}})


@family.on("PATCH /api/pinned_event")
def pin(call: Call) -> Reply:
    """Pin an event, or unpin the one that is named."""
    body = call.body or {}
    table = call.table("pinned_event")
    if body.get("pinnedEventId") and table.pop(str(body["pinnedEventId"]), None) is not None:
        return Reply({"unpinned": True})
    key = call.world.clock.uuid()
    record = call.world.store.put("pinned_event", call.space, key, {}, by=call.user)
    now = call.world.clock.millis()
    record.value = {
        "pinnedEventId": key,
        "eventId": body.get("eventId"),
        "timelineId": body.get("timelineId"),
        "version": record.version,
        "created": now,
        "createdBy": call.user,
        "updated": now,
        "updatedBy": call.user,
    }
    return Reply(record.value)
