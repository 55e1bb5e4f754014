"""What is kept as text: workflows and Logstash's pipelines."""

import re
from collections.abc import Iterable
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("as code")
_WORKFLOWS = "/api/workflows"
_ITEM, _RUN = f"{_WORKFLOWS}/workflow/{{}}", f"{_WORKFLOWS}/executions/{{}}"
_PREVIEW = f"GET {_WORKFLOWS}/{{}}"
"""What a contract of the preview has: it lists some of what came with 9.4, and the stand-in answers the rest, too."""
_PIPELINE = "/api/logstash/pipeline/{}"


# -- workflows ---------------------------------------------------------------------------------------------


def _from_yaml(text: str) -> dict[str, Json]:
    """Return what the stand-in reads of a workflow's text: its name, description and whether it is enabled."""
    found: dict[str, Json] = {"yaml": text, "valid": True}
    for name in ("name", "description", "enabled"):
        line = re.search(rf"(?m)^{name}:\s*(.+?)\s*$", text)
        if line:
            found[name] = line[1].strip("'\"")
    found["enabled"] = found.get("enabled", "true") == "true"
    found.setdefault("name", "Untitled workflow")
    return found


def _make(call: Call, body: Json) -> Record:
    if not isinstance(body, dict) or not isinstance(body.get("yaml"), str):
        raise Refusal(400, "[request body.yaml]: expected value of type [string]", family="platform")
    key = str(body.get("id") or f"workflow-{call.world.clock.uuid()}")
    if key in call.table("workflow"):
        raise Refusal(409, f"Workflow with id '{key}' already exists", family="platform")
    record = call.world.store.put("workflow", call.space, key, {}, by=call.user)
    record.value = {
        "description": "",
        "definition": None,
        **_from_yaml(str(body.get("yaml", ""))),
        "id": key,
        "createdAt": record.created_at,
        "createdBy": call.user,
        "lastUpdatedAt": record.created_at,
        "lastUpdatedBy": call.user,
    }
    return record


@family.route(f"POST {_WORKFLOWS}/workflow", since="9.4")
@family.route(f"POST {_WORKFLOWS}/workflow", beside=_PREVIEW)
@family.route(f"POST {_WORKFLOWS}", since="9.4")
@family.on(f"POST {_WORKFLOWS}")
def make(call: Call) -> Reply:
    """Make a workflow of its text; since 9.4 this address makes many."""
    if isinstance(call.body, dict) and "workflows" in call.body:
        return make_many(call)
    return Reply(_make(call, call.body or {}).value)


@family.on(f"POST {_WORKFLOWS}/_bulk_create")
def make_many(call: Call) -> Reply:
    """Make workflows."""
    return Reply(
        {"created": [_make(call, w).value for w in (call.body or {}).get("workflows") or ()], "failed": []}
    )


@family.route(f"GET {_WORKFLOWS}", since="9.4")
@family.route(f"GET {_WORKFLOWS}", beside=_PREVIEW)
@family.on(f"POST {_WORKFLOWS}/search")
def workflows(call: Call) -> Reply:
    """Show workflows, page by page; what is wanted stands in the query, or in the body of the preview."""
    asked = dict(call.body or {}) if call.method == "POST" else call.query
    text = str(asked.get("query") or "").lower()
    rows = [
        r.value
        for r in call.table("workflow").values()
        if text in f"{r.value.get('name')} {r.value.get('description')}".lower()
        and _among(asked.get("enabled"), [bool(r.value.get("enabled"))])
        and _among(asked.get("tags"), r.value.get("tags") or ())
        and _among(asked.get("createdBy"), [r.value.get("createdBy")])
    ]
    page, size = max(whole(asked.get("page"), 1), 1), whole(asked.get("size"), 100)
    part = rows[(page - 1) * size : page * size]
    return Reply({"results": part, "total": len(rows), "page": page, "size": size})


def _among(wanted: Json, values: Iterable[Json]) -> bool:
    """Tell whether one of the values is wanted; of a query they come as text."""
    asked = {str(one).lower() for one in (wanted if isinstance(wanted, list) else [wanted])}
    return wanted is None or any(str(value).lower() in asked for value in values)


@family.route(f"GET {_WORKFLOWS}/aggs", since="9.4")
@family.on(f"GET {_WORKFLOWS}/aggs")
def aggregations(call: Call) -> Reply:
    """Show which values a member has."""
    fields = call.query.get("fields") or []
    found = {}
    for name in fields if isinstance(fields, list) else [fields]:
        values = {
            str(one)
            for r in call.table("workflow").values()
            for one in (r.value.get(name) if isinstance(r.value.get(name), list) else [r.value.get(name)])
            if one is not None
        }
        found[name] = [{"key": value, "label": value} for value in sorted(values)]
    return Reply(found)


@family.route(f"GET {_WORKFLOWS}/connectors", since="9.4")
@family.on(f"GET {_WORKFLOWS}/connectors")
def usable(call: Call) -> Reply:
    """Show the connectors that steps may use: none."""
    return Reply({"connectorTypes": {}, "totalConnectors": 0})


@family.route(f"GET {_ITEM}", since="9.4")
@family.route(f"GET {_ITEM}", beside=_PREVIEW)
def workflow(call: Call) -> Reply:
    """Show a workflow, under the path of 9.4."""
    return Reply(generic.find(call, BY_NAME["workflow"]).value)


@family.route(f"DELETE {_ITEM}", since="9.4")
@family.route(f"DELETE {_ITEM}", beside=_PREVIEW)
def drop(call: Call) -> Reply:
    """Remove a workflow, under the path of 9.4."""
    resource = BY_NAME["workflow"]
    generic.remove(call, resource, generic.find(call, resource))
    return Reply(NOTHING, status=204)


@family.route(f"PUT {_ITEM}", since="9.4")
@family.route(f"PUT {_ITEM}", beside=_PREVIEW)
@family.on(f"PUT {_WORKFLOWS}/{{}}")
def change(call: Call) -> Reply:
    """Change a workflow by its text or by its parts."""
    record = generic.find(call, BY_NAME["workflow"])
    body = dict(call.body or {})
    parts = _from_yaml(str(body["yaml"])) if body.get("yaml") else {}
    call.world.store.touch(record, call.user)
    record.value = {**record.value, **parts, **{k: v for k, v in body.items() if k != "yaml"}}
    record.value |= {"lastUpdatedAt": record.updated_at, "lastUpdatedBy": call.user}
    return Reply({**record.value, "validationErrors": []})


@family.route(f"POST {_ITEM}/clone", since="9.4")
@family.route(f"POST {_ITEM}/clone", beside=_PREVIEW)
@family.on(f"POST {_WORKFLOWS}/{{}}/clone")
def clone(call: Call) -> Reply:
    """Make a workflow like another."""
    source = _existing(call)
    record = _make(
        call, {"id": f"{source.id}-copy-{call.world.clock.sequence()}", "yaml": source.value["yaml"]}
    )
    record.value["name"] = f"{source.value['name']} Copy"
    return Reply(record.value)


@family.route(f"POST {_ITEM}/run", since="9.4")
@family.route(f"POST {_ITEM}/run", beside=_PREVIEW)
def run(call: Call) -> Reply:
    """Run a workflow, which is over at once: its steps are not carried out."""
    workflow = _existing(call)
    if not workflow.value.get("enabled"):
        raise Refusal(400, f"Workflow is disabled: {workflow.id}", family="platform")
    key, now = call.world.clock.uuid(), call.world.clock.now()
    value = {
        "id": key,
        "workflowId": workflow.id,
        "workflowName": workflow.value.get("name"),
        "spaceId": call.space,
        "status": "completed",
        "isTestRun": False,
        "startedAt": now,
        "finishedAt": now,
        "duration": 0,
        "triggeredBy": "manual",
        "executedBy": call.user,
        "yaml": workflow.value.get("yaml"),
        "stepExecutions": [],
        "error": None,
    }
    call.world.store.put("workflow_execution", call.space, key, value, by=call.user)
    return Reply({"workflowExecutionId": key})


@family.route(f"GET {_ITEM}/executions", since="9.4")
@family.route(f"GET {_ITEM}/executions", beside=_PREVIEW)
def executions(call: Call) -> Reply:
    """Show the runs of a workflow."""
    workflow = _existing(call)
    table = call.world.store.table("workflow_execution", call.space)
    rows = [r.value for r in table.values() if r.value["workflowId"] == workflow.id]
    return Reply({"results": rows, "total": len(rows), "page": 1, "size": 100})


@family.route(f"GET {_RUN}", f"POST {_RUN}/cancel", f"POST {_RUN}/resume", since="9.4")
@family.route(f"GET {_RUN}", f"POST {_RUN}/cancel", f"POST {_RUN}/resume", beside=_PREVIEW)
def execution(call: Call) -> Reply:
    """Show a run; to call off what is over is fine, to resume it is a conflict (seen on 9.4.3)."""
    record = call.world.store.table("workflow_execution", call.space).get(call.ids[0])
    if record is None:
        raise Refusal(404, "Workflow execution not found", family="platform")
    if call.label.endswith("/resume"):
        raise Refusal(409, f"Workflow execution {record.id} does not wait for input", family="platform")
    return Reply({} if call.method == "POST" else record.value)


def _existing(call: Call) -> Record:
    record = call.table("workflow").get(call.ids[0])
    if record is None:
        raise generic.missing(BY_NAME["workflow"], "id", call.ids[0])
    return record


@family.route(f"DELETE {_WORKFLOWS}", since="9.4")
@family.on(f"DELETE {_WORKFLOWS}")
def drop_many(call: Call) -> Reply:
    """Remove workflows; unknown ones are passed over."""
    ids = (call.body or {}).get("ids")
    if not isinstance(ids, list):
        raise Refusal(400, "[request body.ids]: expected value of type [array]", family="platform")
    gone = [key for key in ids if call.table("workflow").pop(key, None) is not None]
    return Reply({"total": len(ids), "deleted": len(gone), "failures": []})


@family.route(f"GET {_WORKFLOWS}/stats", since="9.4")
@family.on(f"GET {_WORKFLOWS}/stats")
def stats(call: Call) -> Reply:
    """Count workflows."""
    on = sum(bool(r.value.get("enabled")) for r in call.table("workflow").values())
    return Reply(
        {"workflows": {"enabled": on, "disabled": len(call.table("workflow")) - on}, "executions": []}
    )


# -- Logstash ----------------------------------------------------------------------------------------------


@family.before("* /api/logstash/*")
def licensed(call: Call) -> None:
    """Standard and above."""
    if not call.world.licensed("standard"):
        raise Refusal(403, "Your basic license does not support Logstash features.", family="platform")


@family.on(f"PUT {_PIPELINE}")
def put_pipeline(call: Call) -> Reply:
    """Make or replace a pipeline."""
    body = dict(call.body or {})
    value = {"id": call.ids[0], "settings": {}, "description": "", **body, "username": call.user}
    call.world.store.put("logstash_pipeline", "*", call.ids[0], value, by=call.user)
    return Reply(NOTHING, status=204)


@family.on("GET /api/logstash/pipelines")
def pipelines(call: Call) -> Reply:
    """Show the pipelines, in short."""
    rows = [
        {
            "id": r.id,
            "description": r.value.get("description", ""),
            "last_modified": r.updated_at,
            "username": r.created_by,
        }
        for r in call.table("logstash_pipeline").values()
    ]
    return Reply({"pipelines": rows})
