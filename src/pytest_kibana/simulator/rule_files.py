"""Files of detection rules: what an export carries beside the rules, and what an import takes of it.

Rules bring the exception lists that they name, those lists their items, and rules with actions their connectors
(Kibana source, ``get_export_by_object_ids.ts`` and ``import_rule_exceptions_utils.ts``). Exception lists alone travel
in the same lines.
"""

import json
from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.inventory import BY_NAME, Resource
from pytest_kibana.simulator.replies import NDJSON, Reply
from pytest_kibana.simulator.store import EVERYWHERE, Record
from pytest_kibana.simulator.world import Call

Json = Any
_LIST, _ITEM = BY_NAME["exception_list"], BY_NAME["exception_list_item"]
_CONNECTOR = "action"


# -- lines of exceptions ---------------------------------------------------------------------------------------


def resource_of(row: Json) -> Resource:
    """Return what a line of a file is: an item, or else a list."""
    return _ITEM if isinstance(row, dict) and "item_id" in row else _LIST


def lacking(row: Json) -> str | None:
    """Return what is wrong with a line of exceptions, None where it makes sense."""
    if not isinstance(row, dict):
        return "Unexpected token in JSON"
    if "exported_exception_list_count" in row:
        return None
    more = ("entries",) if resource_of(row) is _ITEM else ()
    missing = [name for name in ("list_id", "name", "description", "type", *more) if name not in row]
    return f'Invalid value "undefined" supplied to "{missing[0]}"' if missing else None


def bring(call: Call, row: dict[str, Json], *, overwrite: bool) -> dict[str, Json] | None:
    """Keep a line of exceptions; return why not where the id is taken and shall not be replaced."""
    resource = resource_of(row)
    table, name = _table(call, resource, row), resource.aliases[0]
    existing = next((r for r in table.values() if r.value.get(name) == row[name]), None)
    if existing is not None and not overwrite:
        text = f'Found that {name}: "{row[name]}" already exists. Import of {name}: "{row[name]}" skipped.'
        return {"error": {"status_code": 409, "message": text}, name: row[name]}
    if existing is not None:
        del table[existing.id]
    key = call.world.clock.uuid()
    space = EVERYWHERE if row.get("namespace_type") == "agnostic" else call.space
    record = call.world.store.put(resource.name, space, key, {}, by=call.user)
    generic.settle(call, resource, record, {**row, "id": key}, fresh=False)
    return None


def _table(call: Call, resource: Resource, about: Json) -> dict[str, Record]:
    space = EVERYWHERE if about.get("namespace_type") == "agnostic" else call.space
    return call.world.store.table(resource.name, space)


def _with_items(call: Call, named: list[Json]) -> tuple[list[Json], list[Json], list[Json]]:
    """Return the lists that rules name, each once, their items, and names of lists that are not there."""
    lists: list[Json] = []
    items: list[Json] = []
    missing: list[Json] = []
    for key in {(one.get("list_id"), one.get("namespace_type", "single")): one for one in named}.values():
        table = _table(call, _LIST, key)
        found = next((r.value for r in table.values() if r.value.get("list_id") == key.get("list_id")), None)
        if found is None:
            missing.append({"list_id": key.get("list_id")})
            continue
        lists.append(found)
        items += [
            r.value for r in _table(call, _ITEM, key).values() if r.value.get("list_id") == found["list_id"]
        ]
    return lists, items, missing


# -- files of rules --------------------------------------------------------------------------------------------


def exported(call: Call, chosen: list[Record], missing: list[str], *, details: bool) -> Reply:
    """Return a file of rules, with what they need, and the line that counts."""
    rules = [record.value for record in chosen]
    lists, items, lost = _with_items(
        call, [one for rule in rules for one in rule.get("exceptions_list") or ()]
    )
    used = {str(action.get("id")) for rule in rules for action in rule.get("actions") or ()}
    table = call.table("connector")
    connectors = [_as_object(table[key]) for key in sorted(used) if key in table]
    unknown = [{"id": key, "type": _CONNECTOR} for key in sorted(used - set(table))]
    rows: list[Json] = [*rules, *lists, *items, *connectors]
    if details:
        rows.append(
            {
                "exported_count": len(rows),
                "exported_rules_count": len(rules),
                "missing_rules": [{"rule_id": one} for one in missing],
                "missing_rules_count": len(missing),
                "exported_exception_list_count": len(lists),
                "exported_exception_list_item_count": len(items),
                "missing_exception_list_item_count": 0,
                "missing_exception_list_items": [],
                "missing_exception_lists": lost,
                "missing_exception_lists_count": len(lost),
                "exported_action_connector_count": len(connectors),
                "missing_action_connection_count": len(unknown),
                "missing_action_connections": unknown,
                "excluded_action_connection_count": 0,
                "excluded_action_connections": [],
            }
        )
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    disposition = {"content-disposition": 'attachment; filename="export.ndjson"'}
    return Reply(content.encode(), media=NDJSON, headers=disposition)


def _as_object(record: Record) -> dict[str, Json]:
    """Return a connector as the saved object that it is, without its secrets."""
    value = record.value
    kept = {
        "actionTypeId": value["connector_type_id"],
        "name": value.get("name"),
        "config": value.get("config") or {},
    }
    return {
        "id": record.id,
        "type": _CONNECTOR,
        "attributes": {**kept, "isMissingSecrets": True},
        "references": [],
    }


def taken(call: Call, rows: list[Json]) -> dict[str, Json]:
    """Keep the exceptions and connectors among the lines of an import; return what its answer says of them."""

    def told(name: str) -> bool:
        return call.query.get(name) in (True, "true")

    exceptions = [row for row in rows if isinstance(row, dict) and "list_id" in row and "rule_id" not in row]
    connectors = [
        row for row in rows if isinstance(row, dict) and row.get("type") == _CONNECTOR and "attributes" in row
    ]
    errors: list[Json] = []
    for row in exceptions:
        text = lacking(row)
        wrong: Json = {"error": {"status_code": 400, "message": text}} if text is not None else None
        wrong = wrong or bring(call, row, overwrite=told("overwrite_exceptions"))
        errors += [wrong] if wrong else []
    refused = [
        wrong
        for row in connectors
        if (wrong := _connect(call, row, overwrite=told("overwrite_action_connectors")))
    ]
    return {
        "exceptions_errors": errors,
        "exceptions_success": not errors,
        "exceptions_success_count": len(exceptions) - len(errors),
        "action_connectors_success": not refused,
        "action_connectors_success_count": len(connectors) - len(refused),
        "action_connectors_errors": refused,
        "action_connectors_warnings": [],
    }


def _connect(call: Call, row: dict[str, Json], *, overwrite: bool) -> dict[str, Json] | None:
    """Keep a connector of a file, which lacks its secrets; one that is there stays unless told otherwise."""
    table, key, about = call.table("connector"), str(row.get("id")), row["attributes"]
    if key in table and not overwrite:
        return None
    kind = about.get("actionTypeId")
    if not isinstance(kind, str):
        return {"id": key, "error": {"status_code": 400, "message": "actionTypeId: Required"}}
    value = {
        "id": key,
        "name": about.get("name"),
        "connector_type_id": kind,
        "config": about.get("config") or {},
        "is_preconfigured": False,
        "is_deprecated": False,
        "is_system_action": False,
        "is_missing_secrets": bool(about.get("isMissingSecrets")),
    }
    call.world.store.put("connector", call.space, key, value, by=call.user)
    return None
