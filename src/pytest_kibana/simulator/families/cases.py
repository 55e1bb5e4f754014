"""Cases: comments, files, user actions and configurations, each with a version that must be named to change it."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import between, sort_rows, whole
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.searching import searched
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("cases")
_CASE, _COMMENT = BY_NAME["case"], BY_NAME["case_comment"]
_SORTS = {"createdAt": "created_at", "closedAt": "closed_at", "updatedAt": "updated_at"}
_SEARCHED = ("title", "description")
_STATES = {
    "open": "count_open_cases",
    "in-progress": "count_in_progress_cases",
    "closed": "count_closed_cases",
}


def _who(call: Call) -> dict[str, Json]:
    return {"username": call.user, "full_name": None, "email": None}


def _many(value: Json) -> list[Json]:
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return value if isinstance(value, list) else [] if value is None else [value]


def _one(call: Call, key: str) -> Record:
    record = call.table("case").get(key)
    if record is None:
        raise generic.missing(_CASE, "id", key)
    return record


def _comments(call: Call, case: str) -> list[Record]:
    return [r for r in call.table("case_comment").values() if r.parent == case]


def shown(call: Call, record: Record) -> dict[str, Json]:
    """Return a case with its comments and counts."""
    comments = [_comment(r) for r in _comments(call, record.id)]
    alerts = [c for c in comments if c.get("type") == "alert"]
    return {
        **record.value,
        "comments": comments,
        "totalComment": len([c for c in comments if c.get("type") == "user"]),
        "totalAlerts": len(alerts),
        "version": record.version,
    }


def _comment(record: Record) -> dict[str, Json]:
    return {**record.value, "version": record.version}


def _happened(call: Call, case: str, kind: str, payload: Json, action: str = "update") -> None:
    """Write down who did what to a case."""
    key = call.world.clock.uuid()
    value = {
        "id": key,
        "version": call.world.clock.version(),
        "type": kind,
        "action": action,
        "payload": payload,
        "created_at": call.world.clock.now(),
        "created_by": _who(call),
        "owner": _one(call, case).value.get("owner", "cases"),
        "comment_id": None,
    }
    call.world.store.put("case_user_action", call.space, f"{case}/{key}", value, by=call.user, parent=case)


def _touched(call: Call, record: Record) -> None:
    call.world.store.touch(record, call.user)
    record.value = {**record.value, "updated_at": record.updated_at, "updated_by": _who(call)}


def _demand_licence(call: Call, body: Json) -> None:
    if body.get("assignees") and not call.world.licensed("platinum"):
        text = "In order to assign users to cases, you must be subscribed to an Elastic Platinum license"
        raise Refusal(403, text, family="platform")


@family.on("POST /api/cases")
def create(call: Call) -> Reply:
    """Make a case."""
    body = dict(call.body or {})
    generic.demand_known(call, body)
    _demand_licence(call, body)
    key = call.world.clock.uuid()
    record = call.world.store.put("case", call.space, key, {}, by=call.user)
    record.value = {
        "severity": "low",
        "assignees": [],
        "category": None,
        "customFields": [],
        **body,
        "id": key,
        "status": "open",
        "duration": None,
        "closed_at": None,
        "closed_by": None,
        "created_at": record.created_at,
        "created_by": _who(call),
        "updated_at": None,
        "updated_by": None,
        "external_service": None,
    }
    _happened(call, key, "create_case", body, "create")
    return Reply(shown(call, record))


@family.on("GET /api/cases/{}")
def read(call: Call) -> Reply:
    """Show a case."""
    case = shown(call, _one(call, call.ids[0]))
    if call.query.get("includeComments") in (False, "false"):
        case["comments"] = []
    return Reply(case)


@family.on("PATCH /api/cases")
def update(call: Call) -> Reply:
    """Change cases; each names the version that it was read at, and one refusal refuses all."""
    changes = (call.body or {}).get("cases") or []
    records = [_one(call, str(change.get("id"))) for change in changes]
    for record, change in zip(records, changes, strict=True):
        generic.demand_known(call, change, row_of="cases")
        _demand_licence(call, change)
        if change.get("version") != record.version and "version" not in call.slack:
            text = (
                f"These cases {record.id} has been updated. Please refresh before saving additional updates."
            )
            raise Refusal(409, text, family="platform")
    fields = [{k: v for k, v in c.items() if k not in ("id", "version")} for c in changes]
    if all(all(r.value.get(k) == v for k, v in f.items()) for r, f in zip(records, fields, strict=True)):
        raise Refusal(406, "All update fields are identical to current version.", family="platform")
    for record, change in zip(records, fields, strict=True):
        for name, value in change.items():
            if record.value.get(name) != value:
                _happened(call, record.id, name, {name: value})
        record.value = {**record.value, **change}
        if "status" in change:
            closed = change["status"] == "closed"
            record.value["closed_at"] = call.world.clock.now() if closed else None
            record.value["closed_by"] = _who(call) if closed else None
            record.value["duration"] = 0 if closed else None
        _touched(call, record)
    return Reply([shown(call, record) for record in records])


@family.on("DELETE /api/cases")
def delete(call: Call) -> Reply:
    """Remove cases with all that hangs on them."""
    records = [_one(call, str(key)) for key in _many(call.query.get("ids"))]
    for record in records:
        generic.remove(call, _CASE, record)
    return Reply(NOTHING, status=204)


@family.on("GET /api/cases/_find")
def find(call: Call) -> Reply:
    """Show cases: filtered, sorted, paged, and counted by status."""
    query = call.query
    rows = [shown(call, record) for record in call.table("case").values()]
    for name in ("owner", "status", "severity", "category"):
        if wanted := _many(query.get(name)):
            rows = [row for row in rows if row.get(name) in wanted]
    for name, held in (("tags", "tags"), ("assignees", "assignees"), ("reporters", "created_by")):
        if wanted := _many(query.get(name)):
            rows = [
                row
                for row in rows
                if any(str(w) in json.dumps(row.get(held)) for w in wanted)
                or ("none" in wanted and not row.get(held))
            ]
    if search := query.get("search"):
        fields = [f for f in _many(query.get("searchFields")) if f in _SEARCHED] or _SEARCHED
        operator = str(query.get("defaultSearchOperator") or "OR")
        rows = [row for row in rows if searched([row.get(f) for f in fields], str(search), operator)]
    rows = between(rows, "created_at", query.get("from"), query.get("to"))
    by = _SORTS.get(str(query.get("sortField", "createdAt")), str(query.get("sortField", "created_at")))
    rows = sort_rows(rows, by, str(query.get("sortOrder", "desc")))
    page, size = max(whole(query.get("page"), 1), 1), whole(query.get("perPage"), 20)
    counts = {name: sum(row.get("status") == state for row in rows) for state, name in _STATES.items()}
    part = [{**row, "comments": []} for row in rows[(page - 1) * size : page * size]]
    return Reply({"cases": part, "page": page, "per_page": size, "total": len(rows), **counts})


# -- comments ----------------------------------------------------------------------------------------------


def _attach(call: Call, case: Record, body: dict[str, Json]) -> Record:
    key = call.world.clock.uuid()
    record = call.world.store.put(
        "case_comment", call.space, f"{case.id}/{key}", {}, by=call.user, parent=case.id
    )
    record.value = {
        **body,
        "id": key,
        "created_at": record.created_at,
        "created_by": _who(call),
        "pushed_at": None,
        "pushed_by": None,
        "updated_at": None,
        "updated_by": None,
    }
    _happened(call, case.id, "comment", {"comment": body}, "create")
    _touched(call, case)
    return record


def _comment_of(call: Call, case: str, key: str) -> Record:
    _one(call, case)
    record = call.table("case_comment").get(f"{case}/{key}")
    if record is None:
        raise generic.missing(_COMMENT, "id", key)
    return record


@family.on("POST /api/cases/{}/comments")
def comment(call: Call) -> Reply:
    """Add a comment or an alert; the answer is the case."""
    case = _one(call, call.ids[0])
    generic.demand_known(call, call.body)
    _attach(call, case, dict(call.body or {}))
    return Reply(shown(call, case))


@family.on("PATCH /api/cases/{}/comments")
def change_comment(call: Call) -> Reply:
    """Change a comment, naming its version; the answer is the case."""
    body = dict(call.body or {})
    case = _one(call, call.ids[0])
    record = _comment_of(call, case.id, str(body.get("id")))
    if body.get("version") != record.version and "version" not in call.slack:
        raise Refusal(
            409,
            "This case has been updated. Please refresh before saving additional updates.",
            family="platform",
        )
    if body.get("type") != record.value.get("type"):
        raise Refusal(400, "You cannot change the type of the comment.", family="platform")
    record.value = {**record.value, **{k: v for k, v in body.items() if k not in ("id", "version")}}
    _touched(call, record)
    _happened(call, case.id, "comment", {"comment": record.value})
    _touched(call, case)
    return Reply(shown(call, case))


@family.on("GET /api/cases/{}/comments/{}")
def read_comment(call: Call) -> Reply:
    """Show a comment."""
    return Reply(_comment(_comment_of(call, *call.ids)))


@family.on("GET /api/cases/{}/comments/_find")
def find_comments(call: Call) -> Reply:
    """Show comments, page by page."""
    _one(call, call.ids[0])
    rows = [_comment(record) for record in _comments(call, call.ids[0])]
    rows = sort_rows(rows, "created_at", str(call.query.get("sortOrder", "desc")))
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("perPage"), 20)
    part = rows[(page - 1) * size : page * size]
    return Reply({"comments": part, "page": page, "per_page": size, "total": len(rows)})


@family.on("GET /api/cases/{}/comments")
def all_comments(call: Call) -> Reply:
    """Show all comments."""
    _one(call, call.ids[0])
    return Reply([_comment(record) for record in _comments(call, call.ids[0])])


@family.on("DELETE /api/cases/{}/comments/{}", "DELETE /api/cases/{}/comments")
def delete_comments(call: Call) -> Reply:
    """Remove one comment, or all."""
    case = _one(call, call.ids[0])
    gone = [_comment_of(call, *call.ids)] if len(call.ids) > 1 else _comments(call, case.id)
    if not gone:
        raise Refusal(404, f"No comments found for {case.id}.")
    for record in gone:
        call.table("case_comment").pop(record.id, None)
    _touched(call, case)
    return Reply(NOTHING, status=204)


@family.on("POST /api/cases/{}/files")
def attach_file(call: Call) -> Reply:
    """Attach a file; the answer is the case."""
    case = _one(call, call.ids[0])
    file = (call.body or {}).get("file")
    if not isinstance(file, Upload):
        raise Refusal(
            400, "[request body.file]: expected value of type [Stream] but got [undefined]", family="platform"
        )
    given = (call.body or {}).get("filename")
    name = (given if isinstance(given, str) else None) or file.name.rpartition(".")[0] or file.name
    described = {
        "name": name,
        "extension": file.name.rpartition(".")[2],
        "mimeType": file.media,
        "created": call.world.clock.now(),
    }
    _attach(
        call,
        case,
        {
            "type": "externalReference",
            "owner": case.value.get("owner"),
            "externalReferenceId": call.world.clock.uuid(),
            "externalReferenceStorage": {"type": "savedObject", "soType": "file"},
            "externalReferenceAttachmentTypeId": ".files",
            "externalReferenceMetadata": {"files": [described]},
        },
    )
    return Reply(shown(call, case))


# -- around cases ------------------------------------------------------------------------------------------


@family.on("GET /api/cases/{}/user_actions/_find")
def user_actions(call: Call) -> Reply:
    """Show what happened to a case."""
    _one(call, call.ids[0])
    rows = [
        r.value
        for r in call.world.store.table("case_user_action", call.space).values()
        if r.parent == call.ids[0]
    ]
    wanted = {"user": "comment", "alert": "comment", "attachment": "comment"}
    kinds = {wanted.get(str(t), str(t)) for t in _many(call.query.get("types"))} - {"action"}
    rows = [row for row in rows if not kinds or row["type"] in kinds]
    rows = sort_rows(rows, "created_at", str(call.query.get("sortOrder", "asc")))
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("perPage"), 20)
    part = rows[(page - 1) * size : page * size]
    return Reply({"userActions": part, "page": page, "perPage": size, "total": len(rows)})


def _owned(call: Call) -> list[dict[str, Json]]:
    owners = _many(call.query.get("owner"))
    return [r.value for r in call.table("case").values() if not owners or r.value.get("owner") in owners]


@family.on("GET /api/cases/tags")
def tags(call: Call) -> Reply:
    """Show all tags that cases have."""
    return Reply(sorted({str(tag) for case in _owned(call) for tag in case.get("tags") or ()}))


@family.on("GET /api/cases/reporters")
def reporters(call: Call) -> Reply:
    """Show who opened cases."""
    return Reply(list({case["created_by"]["username"]: case["created_by"] for case in _owned(call)}.values()))


def _alerts(record: Record) -> list[tuple[str, str]]:
    keys, indices = _many(record.value.get("alertId")), _many(record.value.get("index"))
    return [(str(k), str(indices[min(i, len(indices) - 1)]) if indices else "") for i, k in enumerate(keys)]


@family.on("GET /api/cases/{}/alerts")
def alerts(call: Call) -> Reply:
    """Show the alerts of a case."""
    _one(call, call.ids[0])
    found = [(alert, r) for r in _comments(call, call.ids[0]) for alert in _alerts(r)]
    return Reply([{"id": key, "index": index, "attached_at": r.created_at} for (key, index), r in found])


@family.on("GET /api/cases/alerts/{}")
def by_alert(call: Call) -> Reply:
    """Show the cases that an alert is in."""
    held = {r.parent for r in call.table("case_comment").values() if call.ids[0] in dict(_alerts(r))}
    return Reply([{"id": key, "title": _one(call, key).value["title"]} for key in held])


@family.on("POST /api/cases/{}/connector/{}/_push")
def push(call: Call) -> Reply:
    """Push to a service that is not there: the connector must be."""
    case = _one(call, call.ids[0])
    connector = call.table("connector").get(call.ids[1])
    if connector is None:
        raise Refusal(404, f"Saved object [action/{call.ids[1]}] not found")
    if case.value.get("status") == "closed":
        raise Refusal(
            409, "This case is closed. You can not pushed if the case is closed.", family="platform"
        )
    case.value["external_service"] = {
        "connector_id": connector.id,
        "connector_name": connector.value["name"],
        "external_id": case.id,
        "external_title": case.id,
        "external_url": "http://localhost/",
        "pushed_at": call.world.clock.now(),
        "pushed_by": _who(call),
    }
    _touched(call, case)
    _happened(call, case.id, "pushed", {"externalService": case.value["external_service"]}, "push_to_service")
    return Reply(shown(call, case))


@family.on("GET /api/cases/configure")
def configurations(call: Call) -> Reply:
    """Show configurations, one per owner."""
    owners = _many(call.query.get("owner"))
    rows = [{**r.value, "version": r.version} for r in call.table("case_configuration").values()]
    return Reply([row for row in rows if not owners or row.get("owner") in owners])


@family.on("POST /api/cases/configure")
def configure(call: Call) -> Reply:
    """Make the configuration of an owner; it takes the place of an earlier one."""
    body = dict(call.body or {})
    table = call.table("case_configuration")
    for key in [k for k, r in table.items() if r.value.get("owner") == body.get("owner")]:
        del table[key]
    key = call.world.clock.uuid()
    record = call.world.store.put("case_configuration", call.space, key, {}, by=call.user)
    record.value = {
        "customFields": [],
        "templates": [],
        **body,
        "id": key,
        "created_at": record.created_at,
        "created_by": _who(call),
        "updated_at": None,
        "updated_by": None,
        "mappings": [],
        "error": None,
    }
    return Reply({**record.value, "version": record.version})


@family.on("PATCH /api/cases/configure/{}")
def reconfigure(call: Call) -> Reply:
    """Change a configuration, naming its version."""
    body = dict(call.body or {})
    record = call.table("case_configuration").get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Saved object [cases-configure/{call.ids[0]}] not found")
    if body.get("version") != record.version and "version" not in call.slack:
        text = "This configuration has been updated. Please refresh before saving additional updates."
        raise Refusal(409, text, family="platform")
    record.value = {**record.value, **{k: v for k, v in body.items() if k != "version"}}
    _touched(call, record)
    return Reply({**record.value, "version": record.version})


@family.on("GET /api/cases/configure/connectors/_find")
def connectors(call: Call) -> Reply:
    """Show the connectors that cases can be pushed to."""
    able = (
        ".cases-webhook",
        ".jira",
        ".servicenow",
        ".servicenow-sir",
        ".swimlane",
        ".resilient",
        ".thehive",
    )
    rows = [r.value for r in call.table("connector").values() if r.value["connector_type_id"] in able]
    return Reply(
        [
            {
                "id": row["id"],
                "actionTypeId": row["connector_type_id"],
                "name": row["name"],
                "config": row["config"],
                "isPreconfigured": False,
                "isDeprecated": False,
                "isMissingSecrets": False,
                "isSystemAction": False,
                "referencedByCount": 0,
            }
            for row in rows
        ]
    )
