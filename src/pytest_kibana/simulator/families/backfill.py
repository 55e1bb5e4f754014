"""Runs of rules over time that has passed: scheduled, listed and called off, and done by nobody."""

from typing import Any

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import whole
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("backfill")
_BASE = "/api/alerting/rules/backfill"
_BESIDE = "POST /api/alerting/rule/{}"
_SUPPORTED = "siem."
"""Only rules of the Security solution can be run over the past (seen on 9.4.3)."""


@family.route(f"POST {_BASE}/_schedule", beside=_BESIDE, array=True)
def schedule(call: Call) -> Reply:
    """Plan runs; each answers for itself."""
    if not isinstance(call.body, list) or not call.body:
        raise Refusal(400, "[request body]: expected value of type [array]", family="platform")
    for index, asked in enumerate(call.body):
        if not isinstance(asked, dict) or not isinstance(asked.get("rule_id"), str):
            text = f"[request body.{index}.rule_id]: expected value of type [string]"
            raise Refusal(400, text, family="platform")
    return Reply([_planned(call, asked) for asked in call.body])


def _planned(call: Call, asked: Json) -> Json:
    rule_id = str(asked.get("rule_id")) if isinstance(asked, dict) else ""
    rule = call.table("alerting_rule").get(rule_id)
    if rule is None:
        return _failure(404, f"Saved object [alert/{rule_id}] not found", rule_id)
    kind = str(rule.value.get("rule_type_id"))
    if not kind.startswith(_SUPPORTED):
        return _failure(400, f'Rule type "{kind}" for rule {rule_id} is not supported', rule_id)
    ranges = asked.get("ranges") or [{"start": asked.get("start"), "end": asked.get("end")}]
    key, now = call.world.clock.uuid(), call.world.clock.now()
    value = {
        "id": key,
        "created_at": now,
        "duration": "12h",
        "enabled": True,
        "start": ranges[0].get("start"),
        "end": ranges[-1].get("end"),
        "status": "pending",
        "initiator": "user",
        "space_id": call.space,
        "rule": {**rule.value, "schedule": rule.value.get("schedule")},
        "schedule": [],
    }
    call.world.store.put("rule_backfill", call.space, key, value, by=call.user)
    return value


def _failure(status: int, message: str, rule_id: str) -> Json:
    return {"error": {"message": message, "status": status, "rule": {"id": rule_id}}}


@family.route(f"POST {_BASE}/_find", beside=_BESIDE)
def find(call: Call) -> Reply:
    """Show what is planned, page by page."""
    if whole(call.query.get("page"), 1) < 1:
        raise Refusal(
            400, "[request query.page]: Value must be equal to or greater than [1].", family="platform"
        )
    wanted = str(call.query.get("rule_ids") or "")
    rows = [
        r.value
        for r in call.world.store.table("rule_backfill", call.space).values()
        if not wanted or (r.value.get("rule") or {}).get("id") in wanted.split(",")
    ]
    page, size = max(whole(call.query.get("page"), 1), 1), whole(call.query.get("per_page"), 10)
    part = rows[(page - 1) * size : page * size]
    return Reply({"page": page, "per_page": size, "total": len(rows), "data": part})


def _one(call: Call) -> Record:
    record = call.world.store.table("rule_backfill", call.space).get(call.ids[0])
    if record is None:
        raise Refusal(404, f"Saved object [ad_hoc_run_params/{call.ids[0]}] not found")
    return record


@family.route(f"GET {_BASE}/{{}}", beside=_BESIDE)
def read(call: Call) -> Reply:
    """Show what is planned."""
    return Reply(_one(call).value)


@family.route(f"DELETE {_BASE}/{{}}", beside=_BESIDE)
def delete(call: Call) -> Reply:
    """Call it off."""
    del call.world.store.table("rule_backfill", call.space)[_one(call).id]
    return Reply(NOTHING, status=204)
