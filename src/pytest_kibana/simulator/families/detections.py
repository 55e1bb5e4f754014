"""Detection rules: found by id or rule_id, changed singly or in bulk, exported and imported. There are no alerts."""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.listing import filtered
from pytest_kibana.simulator.replies import Refusal, Reply
from pytest_kibana.simulator.rule_files import exported, taken
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.uploads import rows_of
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("detections")
_RULE = BY_NAME["detection_rule"]
_RULES = "/api/detection_engine/rules"
_REQUIRED = ("name", "description", "risk_score", "severity", "type")


def _all(call: Call) -> list[Record]:
    return list(call.table("detection_rule").values())


def _demand_free(call: Call, body: Json) -> None:
    rule_id = body.get("rule_id")
    if rule_id and any(r.value.get("rule_id") == rule_id for r in _all(call)):
        raise Refusal(409, f'rule_id: "{rule_id}" already exists')


def _make(call: Call, body: dict[str, Json]) -> Record:
    if body.get("type") == "machine_learning" and not call.world.licensed("platinum"):
        raise Refusal(403, "Your license does not support machine learning. Please upgrade your license.")
    _demand_free(call, body)
    key = call.world.clock.uuid()
    full = {
        "enabled": True,
        "rule_id": call.world.clock.uuid(),
        "interval": "5m",
        "from": "now-6m",
        "to": "now",
        "tags": [],
        "author": [],
        "false_positives": [],
        "references": [],
        "threat": [],
        "exceptions_list": [],
        "actions": [],
        "related_integrations": [],
        "required_fields": [],
        "risk_score_mapping": [],
        "severity_mapping": [],
        "setup": "",
        "max_signals": 100,
        "version": 1,
        "output_index": "",
        **body,
        "id": key,
        "immutable": False,
        "rule_source": {"type": "internal"},
        "revision": 0,
        "language": body.get("language")
        or ("kuery" if body.get("type") in ("query", "saved_query", "threshold") else None),
    }
    full = {k: v for k, v in full.items() if v is not None}
    record = call.world.store.put("detection_rule", call.space, key, {"id": key}, by=call.user)
    return generic.settle(call, _RULE, record, full, fresh=False)


@family.on(f"POST {_RULES}")
def create(call: Call) -> Reply:
    """Make a rule."""
    return Reply(_make(call, dict(call.body or {})).value)


@family.on(f"PUT {_RULES}", f"PATCH {_RULES}")
def update(call: Call) -> Reply:
    """Change a rule: PATCH what is sent, PUT all that can be sent."""
    return Reply(_changed(call, generic.find(call, _RULE), call.body or {}))


def _changed(call: Call, record: Record, given: dict[str, Json]) -> Json:
    body = {k: v for k, v in given.items() if k not in ("id", "rule_id")}
    keep = (
        "id",
        "rule_id",
        "created_at",
        "created_by",
        "immutable",
        "rule_source",
        "revision",
        "version",
        "type",
    )
    if call.method == "PUT":
        defaults = {"enabled": True, "tags": [], "false_positives": [], "references": [], "exceptions_list": [],
                    "actions": [], "interval": "5m", "from": "now-6m", "to": "now", "max_signals": 100}  # fmt: skip
        value = {**record.value, **defaults, **body}
        optional = (
            "note",
            "index",
            "filters",
            "query",
            "timeline_id",
            "timeline_title",
            "license",
            "building_block_type",
        )
        value = {k: v for k, v in value.items() if k in body or k not in optional}
    else:
        value = {**record.value, **body}
    value.update({k: record.value[k] for k in keep if k in record.value})
    record.facts["revision"] = record.facts.get("revision", 0) + 1
    call.world.store.touch(record, call.user)
    value.update(revision=record.facts["revision"], updated_at=record.updated_at, updated_by=call.user)
    record.value = call.world.synthesiser.fit(generic.item_schema(call.world, _RULE), value)
    return record.value


@family.on(f"POST {_RULES}/_bulk_create", f"PUT {_RULES}/_bulk_update", f"PATCH {_RULES}/_bulk_update",
           f"POST {_RULES}/_bulk_delete", f"DELETE {_RULES}/_bulk_delete")  # fmt: skip
def many(call: Call) -> Reply:
    """Make, change or remove rules, each answering for itself; gone with 9.0."""
    rows = []
    for given in call.body if isinstance(call.body, list) else ():
        try:
            rows.append(_one_of_many(call, dict(given)))
        except Refusal as refusal:
            names = {name: given[name] for name in ("id", "rule_id") if name in given}
            error = {"status_code": refusal.status, "message": refusal.message}
            rows.append({**(names or {"id": "(unknown id)"}), "error": error})
    return Reply(rows)


def _one_of_many(call: Call, given: dict[str, Json]) -> Json:
    if call.path.endswith("/_bulk_create"):
        return _make(call, given).value
    keys = [(name, str(given[name])) for name in ("id", "rule_id") if given.get(name)]
    record = next(
        (r for name, key in keys if (r := generic.lookup(call, _RULE, name, key)) is not None), None
    )
    if record is None:
        raise generic.missing(_RULE, *(keys or [("id", "(unknown id)")])[0])
    if call.path.endswith("/_bulk_update"):
        return _changed(call, record, given)
    generic.remove(call, _RULE, record)
    return record.value


@family.on(f"DELETE {_RULES}")
def delete(call: Call) -> Reply:
    """Remove a rule; the answer is the rule."""
    record = generic.find(call, _RULE)
    generic.remove(call, _RULE, record)
    return Reply(record.value)


def _chosen(call: Call, body: Json) -> tuple[list[Record], list[str]]:
    """Return the rules of a bulk action, and ids that nobody has."""
    table = call.table("detection_rule")
    if body.get("ids"):
        return [table[i] for i in body["ids"] if i in table], [i for i in body["ids"] if i not in table]
    query = str(body.get("query") or "")
    return filtered(list(table.values()), query, lambda record: record.value), []


@family.on(f"POST {_RULES}/_bulk_action")
def bulk(call: Call) -> Reply:
    """Enable, disable, delete, duplicate, edit or export many rules."""
    body = call.body or {}
    action = str(body.get("action"))
    chosen, unknown = _chosen(call, body)
    if action == "export":
        return exported(call, chosen, unknown, details=True)
    dry = call.query.get("dry_run") in (True, "true")
    results: dict[str, list[Json]] = {"updated": [], "created": [], "deleted": [], "skipped": []}
    for record in chosen:
        if dry:
            results["updated"].append(record.value)
        elif action == "delete":
            generic.remove(call, _RULE, record)
            results["deleted"].append(record.value)
        elif action == "duplicate":
            copy = {k: v for k, v in record.value.items() if k not in ("id", "rule_id")}
            results["created"].append(
                _make(call, {**copy, "name": f"{copy.get('name')} [Duplicate]", "enabled": False}).value
            )
        else:
            if action == "edit":
                record.value = {**record.value, **_edited(record.value, body)}
                record.facts["revision"] = record.facts.get("revision", 0) + 1
            elif action in ("enable", "disable"):
                record.value = {**record.value, "enabled": action == "enable"}
            call.world.store.touch(record, call.user)
            stamps = {"updated_at": record.updated_at, "updated_by": call.user}
            record.value |= {**stamps, "revision": record.facts.get("revision", 0)}
            results["updated"].append(record.value)
    done = sum(len(v) for v in results.values())
    summary = {"failed": len(unknown), "succeeded": done, "skipped": 0, "total": done + len(unknown)}
    answer: dict[str, Json] = {
        "success": not unknown,
        "rules_count": summary["total"],
        "attributes": {"results": results, "summary": summary},
    }
    if unknown:
        errors = [{"message": "Rule not found", "status_code": 500, "rules": [{"id": i}]} for i in unknown]
        answer["attributes"] = {**answer["attributes"], "errors": errors}
    return Reply(answer)


def _edited(rule: Json, body: Json) -> dict[str, Json]:
    """Return what the edits of a bulk action make of a rule, one after another."""
    change: dict[str, Json] = {}
    for edit in body.get("edit") or ():
        verb, _, what = str(edit.get("type")).partition("_")
        value = edit.get("value")
        now = {**rule, **change}
        if what in _LISTED:
            field = _LISTED[what]
            change[field] = _joined(verb, now.get(field) or [], value if isinstance(value, list) else [])
        elif what == "rule_actions" and isinstance(value, dict):
            given = [{"uuid": action.get("id"), **action} for action in value.get("actions") or ()]
            change["actions"] = _joined(verb, now.get("actions") or [], given)
        elif what == "investigation_fields" and isinstance(value, dict):
            before = (now.get("investigation_fields") or {}).get("field_names") or []
            change[what] = {"field_names": _joined(verb, before, value.get("field_names") or [])}
        elif what == "timeline" and isinstance(value, dict):
            change |= {name: value.get(name) for name in ("timeline_id", "timeline_title")}
        elif what == "schedule" and isinstance(value, dict):
            seconds = sum(_seconds(value.get(name)) for name in ("interval", "lookback"))
            change |= {"interval": value.get("interval"), "from": f"now-{seconds}s"}
    return change


_LISTED = {"tags": "tags", "index_patterns": "index"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _joined(verb: str, before: list[Json], given: list[Json]) -> list[Json]:
    if verb == "set":
        return given
    if verb == "delete":
        return [one for one in before if one not in given]
    return [*before, *(one for one in given if one not in before)]


def _seconds(duration: Json) -> int:
    text = str(duration or "0s")
    return int(text[:-1]) * _UNITS.get(text[-1], 1) if text[:-1].isdigit() else 0


@family.on(f"POST {_RULES}/_export")
def export(call: Call) -> Reply:
    """Write rules into a file, all or those named."""
    wanted = [str(o["rule_id"]) for o in (call.body or {}).get("objects") or ()]
    rules = {r.value.get("rule_id"): r for r in _all(call)}
    chosen = [rules[w] for w in wanted if w in rules] if wanted else list(rules.values())
    missing = [w for w in wanted if w not in rules]
    return exported(
        call, chosen, missing, details=call.query.get("exclude_export_details") not in (True, "true")
    )


@family.on(f"POST {_RULES}/_import")
def import_(call: Call) -> Reply:
    """Read rules from a file; each answers for itself."""
    overwrite = call.query.get("overwrite") in (True, "true")
    count, made, errors = 0, 0, []
    rows = rows_of(call)
    others = taken(call, rows)
    for rule in rows:
        if rule is None:
            errors.append(
                {"rule_id": "(unknown id)", "error": {"status_code": 400, "message": "Unexpected token"}}
            )
            continue
        if not isinstance(rule, dict) or "rule_id" not in rule:
            continue
        count += 1
        lacking = [name for name in _REQUIRED if name not in rule]
        if lacking:
            text = ", ".join(f"{name}: Required" for name in lacking)
            errors.append({"rule_id": rule["rule_id"], "error": {"status_code": 400, "message": text}})
            continue
        existing = next((r for r in _all(call) if r.value.get("rule_id") == rule["rule_id"]), None)
        if existing is not None and not overwrite:
            text = f'rule_id: "{rule["rule_id"]}" already exists'
            errors.append({"rule_id": rule["rule_id"], "error": {"status_code": 409, "message": text}})
            continue
        if existing is not None:
            generic.remove(call, _RULE, existing)
        _make(call, rule)
        made += 1
    return Reply(
        {
            "success": not errors,
            "success_count": made,
            "rules_count": count,
            "errors": errors,
            **others,
        }
    )


@family.on("GET /api/detection_engine/tags")
def tags(call: Call) -> Reply:
    """Show all tags of rules."""
    return Reply(sorted({str(t) for r in _all(call) for t in r.value.get("tags") or ()}))


@family.on("POST /api/detection_engine/index")
def make_index(call: Call) -> Reply:
    """Make the index of alerts of the space; it may be there already."""
    call.world.store.put("detection_alerts_index", call.space, "-", {}, by=call.user)
    return Reply({"acknowledged": True})


@family.on("GET /api/detection_engine/index")
def read_index(call: Call) -> Reply:
    """Say which index holds the alerts of the space."""
    if "-" not in call.table("detection_alerts_index"):
        raise Refusal(404, "index for this space does not exist")
    return Reply({"name": f".alerts-security.alerts-{call.space}", "index_mapping_outdated": False})


@family.on("DELETE /api/detection_engine/index")
def drop_index(call: Call) -> Reply:
    """Remove the index of alerts."""
    name = f".siem-signals-{call.space}"
    if call.table("detection_alerts_index").pop("-", None) is None:
        raise Refusal(404, f'index: "{name}" does not exist')
    return Reply({"acknowledged": True})


@family.on("POST /api/detection_engine/signals/search")
def search(call: Call) -> Reply:
    """Find no alerts."""
    hits: dict[str, Json] = {"total": {"value": 0, "relation": "eq"}, "max_score": None, "hits": []}
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    return Reply({"took": 1, "timed_out": False, "_shards": shards, "hits": hits})


@family.on("POST /api/detection_engine/signals/tags", "POST /api/detection_engine/signals/assignees",
           "POST /api/detection_engine/signals/status")  # fmt: skip
def mark(call: Call) -> Reply:
    """Mark alerts, of which there are none; what is both added and removed makes no sense."""
    body = call.body if isinstance(call.body, dict) else {}
    for member, add, remove in (("tags", "tags_to_add", "tags_to_remove"), ("assignees", "add", "remove")):
        given = body.get(member) or {}
        both = sorted(set(given.get(add) or ()) & set(given.get(remove) or ()))
        if both:
            text = f"Duplicate {member} {json.dumps(both)} were found in the {add} and {remove} parameters."
            raise Refusal(400, text)
    none = dict.fromkeys(("total", "updated", "deleted", "version_conflicts", "noops"), 0)
    return Reply({"took": 1, "timed_out": False, **none, "failures": []})


@family.on(f"PUT {_RULES}/prepackaged")
def install(call: Call) -> Reply:
    """Install what is shipped, which is nothing."""
    names = ("rules_installed", "rules_updated", "timelines_installed", "timelines_updated")
    return Reply(dict.fromkeys(names, 0))


@family.on(f"GET {_RULES}/prepackaged/_status")
def shipped(call: Call) -> Reply:
    """Count what is shipped, and what people made."""
    names = ("rules_installed", "rules_not_installed", "rules_not_updated", "timelines_installed",
             "timelines_not_installed", "timelines_not_updated")  # fmt: skip
    return Reply({**dict.fromkeys(names, 0), "rules_custom_installed": len(_all(call))})


@family.on("GET /api/detection_engine/privileges")
def privileges(call: Call) -> Reply:
    """Say who asks, and that who got this far may do everything."""
    return Reply({"username": call.user, "has_all_requested": True, "cluster": {}, "index": {}, "application": {},
                  "is_authenticated": True, "has_encryption_key": True})  # fmt: skip


@family.on(f"POST {_RULES}/preview")
def preview(call: Call) -> Reply:
    """Try a rule out, which finds nothing."""
    log = {"errors": [], "warnings": [], "startedAt": call.world.clock.now(), "duration": 1}
    return Reply({"previewId": call.world.clock.uuid(), "logs": [log], "isAborted": False})


# -- migrations --------------------------------------------------------------------------------------------

_SIGNALS = "/api/detection_engine/signals"


@family.on(f"POST {_SIGNALS}/migration")
def migrate(call: Call) -> Reply:
    """Begin to migrate indices, of which none is old."""
    rows = []
    for index in (call.body or {}).get("index") or ():
        key = call.world.clock.uuid()
        value = {"index": index, "migration_id": key, "migration_index": f"{index}-r000077"}
        call.world.store.put("signals_migration", call.space, key, value, by=call.user)
        rows.append(value)
    return Reply({"indices": rows})


@family.on(f"GET {_SIGNALS}/migration_status")
def migrations(call: Call) -> Reply:
    """Show the migrations that were begun."""
    rows: dict[str, list[Json]] = {}
    for key, record in call.table("signals_migration").items():
        state = {"id": key, "status": "pending", "updated": record.updated_at, "version": 77}
        rows.setdefault(record.value["index"], []).append(state)
    return Reply(
        {
            "indices": [
                {
                    "index": index,
                    "is_outdated": False,
                    "migrations": found,
                    "signal_versions": [],
                    "version": 77,
                }
                for index, found in rows.items()
            ]
        }
    )


@family.on(f"POST {_SIGNALS}/finalize_migration")
def finalize(call: Call) -> Reply:
    """End migrations; each answers for itself."""
    ids = [str(key) for key in (call.body or {}).get("migration_ids") or ()]
    return Reply({"migrations": [_migration(call, key) for key in ids]})


@family.on(f"DELETE {_SIGNALS}/migration")
def forget_migrations(call: Call) -> Reply:
    """Forget migrations; each answers for itself."""
    rows = []
    for key in (call.body or {}).get("migration_ids") or ():
        rows.append(_migration(call, str(key)))
        call.table("signals_migration").pop(str(key), None)
    return Reply(rows)


def _migration(call: Call, key: str) -> dict[str, Json]:
    """Return what is said of a migration, known or not."""
    record = call.table("signals_migration").get(key)
    row = {
        "id": key,
        "destinationIndex": "",
        "sourceIndex": "",
        "updated": call.world.clock.now(),
        "version": "77",
    }
    if record is None:
        text = f"Saved object [security-solution-signals-migration/{key}] not found"
        return {**row, "status": "failure", "error": {"message": text, "status_code": 404}}
    value = record.value
    return {
        **row,
        "status": "success",
        "destinationIndex": value["migration_index"],
        "sourceIndex": value["index"],
    }
