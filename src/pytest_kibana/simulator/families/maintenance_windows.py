"""Maintenance windows: their status follows from the clock."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import page_of
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("maintenance-window")
_WINDOW = BY_NAME["maintenance_window"]
_NEVER = datetime.max.replace(tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@family.before("* /api/maintenance_window*")
def licensed(call: Call) -> None:
    """Platinum and above."""
    if not call.world.licensed("platinum"):
        have = call.world.config.license
        text = f"Maintenance windows are disabled because your {have} license does not support them."
        raise Refusal(403, f"{text} Please upgrade your license.", family="platform")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(
            400,
            f"[request body.schedule.custom.start]: Invalid schedule start date: {text}",
            family="platform",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _demand_schedule(body: Json) -> None:
    custom = (body.get("schedule") or {}).get("custom")
    if custom is None:
        return
    _moment(str(custom.get("start")))
    if not re.fullmatch(r"-1|\d+[dhms]", str(custom.get("duration"))):
        text = f"[request body.schedule.custom.duration]: Invalid schedule duration format: {custom.get('duration')}"
        raise Refusal(400, text, family="platform")


def _end(start: datetime, duration: str) -> datetime:
    """Return when a window ends; one that lasts beyond all calendars, or forever (``-1``), ends with the calendar."""
    length = re.fullmatch(r"(\d+)([dhms])", duration)
    try:
        return start + timedelta(**{_UNITS[length[2]]: int(length[1])}) if length else _NEVER
    except OverflowError:
        return _NEVER


def _status(record: Record) -> str:
    """Return what the clock makes of a window."""
    if record.facts.get("archived"):
        return "archived"
    custom = (record.value.get("schedule") or {}).get("custom") or {}
    start = _moment(str(custom.get("start", "1970-01-01T00:00:00Z")))
    end = _end(start, str(custom.get("duration", "1h")))
    now = datetime.now(UTC)
    if custom.get("recurring") and now > end:
        return "upcoming"
    return "upcoming" if now < start else "running" if now < end else "finished"


def _shown(record: Record) -> dict[str, Json]:
    return {**record.value, "status": _status(record)}


@family.on("POST /api/maintenance_window")
def create(call: Call) -> Reply:
    """Make a window."""
    _demand_schedule(call.body or {})
    call.body = {"enabled": True, **(call.body or {})}
    reply = generic.create(call, _WINDOW)
    return Reply(_shown(call.table("maintenance_window")[reply.body["id"]]))


@family.on("GET /api/maintenance_window/{}")
def read(call: Call) -> Reply:
    """Show a window."""
    return Reply(_shown(generic.find(call, _WINDOW)))


@family.on("GET /api/maintenance_window/_find")
def find(call: Call) -> Reply:
    """Show windows, page by page."""
    rows = [_shown(record) for record in call.table("maintenance_window").values()]
    status = call.query.get("status")
    wanted = status if isinstance(status, list) else [status] if status else []
    if wanted:
        rows = [row for row in rows if row["status"] in wanted]
    if call.query.get("created_by"):
        rows = [row for row in rows if row.get("created_by") == call.query["created_by"]]
    return Reply(page_of(call, _WINDOW, rows))


@family.on("PATCH /api/maintenance_window/{}")
def update(call: Call) -> Reply:
    """Change what is sent."""
    _demand_schedule(call.body or {})
    record = generic.find(call, _WINDOW)
    generic.change(call, _WINDOW, record, call.body or {})
    return Reply(_shown(record))


@family.on("DELETE /api/maintenance_window/{}")
def delete(call: Call) -> Reply:
    """Remove a window."""
    generic.remove(call, _WINDOW, generic.find(call, _WINDOW))
    return Reply(NOTHING, status=204)


@family.on("POST /api/maintenance_window/{}/_archive", "POST /api/maintenance_window/{}/_unarchive")
def archive(call: Call) -> Reply:
    """Put a window away, or take it out again."""
    record = call.table("maintenance_window").get(call.ids[0])
    if record is None:
        raise generic.missing(_WINDOW, "id", call.ids[0])
    record.facts["archived"] = call.path.endswith("/_archive")
    generic.change(call, _WINDOW, record, {})
    return Reply(_shown(record))
