"""Workflows of 9.4: what is asked of many, tried without being kept, and told of a run. Steps are not carried out."""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("workflow runs")
_BASE = "/api/workflows"
_RUN, _OF = f"{_BASE}/executions/{{}}", f"{_BASE}/workflow/{{}}/executions"
_STEP = "say"


def _body(call: Call, *names: str) -> dict[str, Json]:
    body = call.body if isinstance(call.body, dict) else {}
    for name in names:
        if name not in body:
            raise Refusal(
                400, f"[request body.{name}]: expected value but got [undefined]", family="platform"
            )
    return body


def _named(call: Call) -> list[Record]:
    """Return the workflows that the body names, leaving out what is not there."""
    ids = _body(call, "ids")["ids"]
    if not isinstance(ids, list):
        raise Refusal(400, "[request body.ids]: expected value of type [array]", family="platform")
    table = call.table("workflow")
    return [table[key] for key in ids if key in table]


@family.route(f"POST {_BASE}/mget", since="9.4")
def many(call: Call) -> Reply:
    """Show workflows by their ids, or the members of them that are asked for."""
    wanted = (call.body or {}).get("source")
    shown = [r.value for r in _named(call)]
    return Reply([{k: v for k, v in one.items() if not wanted or k in (*wanted, "id")} for one in shown])


@family.route(f"POST {_BASE}/export", since="9.4")
def export(call: Call) -> Reply:
    """Show what another deployment has to know of workflows."""
    entries = [{"id": r.id, "yaml": r.value["yaml"]} for r in _named(call)]
    manifest = {"version": "1", "exportedCount": len(entries), "exportedAt": call.world.clock.now()}
    return Reply({"entries": entries, "manifest": manifest})


@family.route(f"GET {_BASE}/schema", since="9.4")
def schema(call: Call) -> Reply:
    """Show what the text of a workflow has to satisfy."""
    if "loose" not in call.query:
        raise Refusal(400, "[request query.loose]: expected value of type [boolean]", family="platform")
    return Reply({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})


def _begin(call: Call, workflow: dict[str, Json], *, step: str | None = None) -> Reply:
    """Keep a run of a test, which is over at once."""
    key, now = call.world.clock.uuid(), call.world.clock.now()
    value = {
        "id": key,
        "workflowId": workflow.get("id", "test"),
        "workflowName": workflow.get("name"),
        "spaceId": call.space,
        "status": "completed",
        "isTestRun": True,
        "startedAt": now,
        "finishedAt": now,
        "duration": 0,
        "triggeredBy": "manual",
        "executedBy": call.user,
        "yaml": workflow.get("yaml"),
        "stepId": step,
        "stepExecutions": [],
        "error": None,
    }
    call.world.store.put("workflow_execution", call.space, key, value, by=call.user)
    return Reply({"workflowExecutionId": key})


@family.route(f"POST {_BASE}/test", since="9.4")
def test(call: Call) -> Reply:
    """Try a workflow that is kept, enabled or not, or one that is not kept."""
    body = _body(call, "inputs")
    if "workflowId" in body:
        resource = BY_NAME["workflow"]
        record = call.table("workflow").get(str(body["workflowId"]))
        if record is None:
            raise generic.missing(resource, "id", str(body["workflowId"]))
        return _begin(call, record.value)
    return _begin(call, {"yaml": _body(call, "workflowYaml")["workflowYaml"]})


@family.route(f"POST {_BASE}/step/test", since="9.4")
def test_step(call: Call) -> Reply:
    """Try one step."""
    body = _body(call, "stepId", "contextOverride", "workflowYaml")
    return _begin(call, {"yaml": body["workflowYaml"]}, step=str(body["stepId"]))


def _run(call: Call) -> Record:
    record = call.world.store.table("workflow_execution", call.space).get(call.ids[0])
    if record is None:
        raise Refusal(404, "Workflow execution not found", family="platform")
    return record


def _steps(run: Record) -> list[Json]:
    value = run.value
    shared = {k: value[k] for k in ("workflowId", "spaceId", "status", "startedAt", "finishedAt")}
    return [
        {
            **shared,
            "id": f"{run.id}-{_STEP}",
            "stepId": _STEP,
            "workflowRunId": run.id,
            "input": {},
            "output": {},
        }
    ]


def _page(rows: list[Json]) -> Reply:
    return Reply({"results": rows, "total": len(rows), "page": 1, "size": 100})


@family.route(f"GET {_OF}/steps", since="9.4")
def steps(call: Call) -> Reply:
    """Show the steps of the runs of a workflow."""
    _workflow(call)
    runs = call.world.store.table("workflow_execution", call.space).values()
    rows = [step for run in runs if run.value["workflowId"] == call.ids[0] for step in _steps(run)]
    return _page([row for row in rows if call.query.get("stepId") in (None, row["stepId"])])


@family.route(f"POST {_OF}/cancel", since="9.4")
def cancel_all(call: Call) -> Reply:
    """Call off every run of a workflow that is not over: none."""
    _workflow(call)
    return Reply({})


def _workflow(call: Call) -> None:
    if call.ids[0] not in call.table("workflow"):
        raise generic.missing(BY_NAME["workflow"], "id", call.ids[0])


@family.route(f"GET {_RUN}/children", since="9.4")
def children(call: Call) -> Reply:
    """Show the runs that a run began: none."""
    _run(call)
    return Reply([])


@family.route(f"GET {_RUN}/logs", since="9.4")
def logs(call: Call) -> Reply:
    """Show what a run wrote down."""
    run = _run(call)
    texts = ("Workflow execution started", "Workflow execution completed successfully")
    entries = [
        {"id": f"{run.id}-{n}", "timestamp": run.created_at, "level": "info", "message": t}
        for n, t in enumerate(texts)
    ]
    return Reply({"logs": entries, "total": len(entries), "page": 1, "size": 100})


@family.route(f"GET {_RUN}/step/{{}}", since="9.4")
def step(call: Call) -> Reply:
    """Show a step of a run."""
    for one in _steps(_run(call)):
        if one["id"] == call.ids[1]:
            return Reply(one)
    raise Refusal(404, "Step execution not found", family="platform")
