"""Saved objects as several families use them: where they are kept, how they read, how they are moved between spaces."""

import json
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pytest_kibana.simulator.authorization import may_enter
from pytest_kibana.simulator.replies import Refusal, envelope
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call

Json = Any
TABLE = "saved_object"

TYPES: dict[str, str] = {
    "action": "single", "alert": "single", "apm-indices": "agnostic", "canvas-workpad": "isolated",
    "cases": "single", "config": "single", "config-global": "agnostic", "dashboard": "isolated",
    "event-annotation-group": "isolated", "exception-list": "single", "exception-list-agnostic": "agnostic",
    "graph-workspace": "isolated", "index-pattern": "shared", "ingest-agent-policies": "agnostic",
    "ingest-outputs": "agnostic", "infrastructure-ui-source": "isolated", "lens": "isolated", "links": "isolated",
    "map": "isolated", "markdown": "isolated", "osquery-pack": "isolated", "osquery-saved-query": "isolated",
    "query": "isolated", "search": "isolated", "siem-ui-timeline": "single", "slo": "single", "tag": "isolated",
    "url": "isolated", "visualization": "isolated",
}  # fmt: skip
"""Types of saved objects, and whether they live in one space, in several, or in all."""

OTHERS = frozenset(
    {"apm-custom-dashboards", "apm-service-group", "canvas-element", "cloud-security-posture-settings",
     "csp-rule-template", "infra-custom-dashboards", "inventory-view", "metrics-data-source", "metrics-explorer-view",
     "ml-job", "ml-module", "ml-trained-model", "security-rule", "synthetics-monitor", "synthetics-param",
     "synthetics-private-location", "threshold-explorer-view", "timelion-sheet", "uptime-dynamic-settings"}
)  # fmt: skip
"""Further types that Kibana has or had and that can be asked for; nothing of them is ever kept here."""

HIDDEN = frozenset({"action", "alert", "cases", "exception-list", "exception-list-agnostic", "osquery-pack"})
"""Types that the API of saved objects does not show (Kibana source: ``hidden``)."""

STRICT: dict[str, frozenset[str]] = {
    "tag": frozenset({"name", "description", "color"}),
    "dashboard": frozenset(
        {"title", "description", "hits", "kibanaSavedObjectMeta", "optionsJSON", "panelsJSON", "refreshInterval",
         "timeFrom", "timeTo", "timeRestore", "version", "controlGroupInput", "sections", "projectRouting"}
    ),
    "index-pattern": frozenset(
        {"title", "name", "type", "timeFieldName", "sourceFilters", "fields", "fieldFormatMap", "fieldAttrs",
         "runtimeFieldMap", "allowNoIndex", "allowHidden", "typeMeta", "intervalName"}
    ),
    "search": frozenset(
        {"title", "description", "columns", "grid", "hideChart", "hits", "isTextBasedQuery", "kibanaSavedObjectMeta",
         "refreshInterval", "rowHeight", "rowsPerPage", "sort", "timeRange", "timeRestore", "usesAdHocDataView",
         "version", "viewMode", "sampleSize", "breakdownField", "density", "headerRowHeight", "visContext",
         "hideAggregatedPreview", "hideTable", "tabs"}
    ),
}  # fmt: skip
"""Attributes of types whose mapping is strict. Types that are not listed take any."""


def table(call: Call, space: str | None = None) -> Table:
    """Return the saved objects of a space, by ``type/id``."""
    return call.world.store.table(TABLE, space or call.space)


def home(call: Call, kind: str) -> str:
    """Return the space under which a type is kept: agnostic types live nowhere in particular."""
    return "*" if TYPES.get(kind) == "agnostic" else call.space


def find(call: Call, kind: str, key: str, space: str | None = None) -> Record | None:
    """Return an object, or None."""
    where = "*" if TYPES.get(kind) == "agnostic" else space or call.space
    return call.world.store.table(TABLE, where).get(f"{kind}/{key}")


def demand_type(kind: str) -> None:
    """Refuse a type that Kibana does not know, or does not show."""
    if kind not in TYPES or kind in HIDDEN:
        raise Refusal(400, f"Unsupported saved object type: '{kind}'")


def demand_attributes(kind: str, attributes: Json) -> None:
    """Refuse attributes that the type's mapping has no room for."""
    allowed = STRICT.get(kind)
    for name in attributes if allowed is not None and isinstance(attributes, dict) else ():
        if name not in allowed:  # type: ignore[operator]
            reason = f"mapping set to strict, dynamic introduction of [{name}] within [{kind}] is not allowed"
            raise Refusal(400, f"strict_dynamic_mapping_exception: [{name}]: {reason}: Bad Request")


def make(call: Call, kind: str, key: str | None, body: Json, *, overwrite: bool) -> Record:
    """Create an object from ``attributes``, ``references`` and ``initialNamespaces``.

    Raises:
        Refusal: the type or an attribute is unknown, or the id is taken.
    """
    demand_type(kind)
    demand_attributes(kind, body.get("attributes"))
    key = key or call.world.clock.uuid()
    existing = find(call, kind, key)
    if existing is not None and not overwrite:
        raise Refusal(409, f"Saved object [{kind}/{key}] conflict")
    value = {
        "attributes": deepcopy(body.get("attributes") or {}),
        "references": deepcopy(body.get("references") or []),
    }
    where = home(call, kind)
    record = call.world.store.put(TABLE, where, f"{kind}/{key}", value, by=call.user)
    if existing is not None:
        record.created_at = existing.created_at
    spaces = body.get("initialNamespaces") or ([] if where == "*" else [call.space])
    if TYPES[kind] == "single":
        spaces = [call.space]
    record.facts = {
        "type": kind,
        "key": key,
        "namespaces": list(spaces),
        "managed": bool(body.get("managed", False)),
    }
    if body.get("originId"):
        record.facts["originId"] = body["originId"]
    spread(call, record, where)
    return record


def spread(call: Call, record: Record, home_space: str = "") -> None:
    """Put an object into the table of each space it belongs to, and out of the others."""
    wanted = set(record.facts["namespaces"])
    known = {space for kind, space, _ in call.world.store.tables() if kind == TABLE} | {home_space} - {""}
    if "*" in wanted:
        wanted = known | set(call.world.store.table("space"))
    for space in wanted | known:
        inner = call.world.store.table(TABLE, space)
        if space in wanted:
            inner[record.id] = record
        elif record.facts["namespaces"] and inner.get(record.id) is record:
            del inner[record.id]


def seen(call: Call, spaces: list[str]) -> list[str]:
    """Return spaces as somebody sees them: those where they have nothing to say are question marks, and last."""
    known = [space for space in spaces if space == "*" or may_enter(call, space)]
    return known + ["?"] * (len(spaces) - len(known))


def shown(call: Call, record: Record) -> dict[str, Json]:
    """Return an object as the API shows it."""
    facts = record.facts
    body: dict[str, Json] = {
        "id": facts["key"],
        "type": facts["type"],
        "attributes": record.value["attributes"],
        "references": record.value["references"],
        "namespaces": seen(call, facts["namespaces"]),
        "managed": facts["managed"],
        "updated_at": record.updated_at,
        "created_at": record.created_at,
        "version": record.version,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": "8.0.0",
    }
    if TYPES.get(facts["type"]) == "agnostic":
        del body["namespaces"]
    if "originId" in facts:
        body["originId"] = facts["originId"]
    return body


def named(body: Json) -> list[tuple[str, str]]:
    """Return type and id of each of the body's ``objects``.

    Raises:
        Refusal: one lacks them, which loose contracts let through.
    """
    found = []
    for index, row in enumerate((body or {}).get("objects") or ()):
        for name in ("type", "id"):
            if not isinstance(row, dict) or not isinstance(row.get(name), str):
                text = f"[request body.objects.{index}.{name}]: expected value of type [string] but got [undefined]"
                raise Refusal(400, text, family="platform")
        found.append((row["type"], row["id"]))
    return found


def failure(kind: str, key: str, refusal: Refusal) -> dict[str, Json]:
    """Return what a bulk answer says of an object that was refused."""
    return {"id": key, "type": kind, "error": envelope(refusal.status, refusal.message)}


def missing(kind: str, key: str) -> Refusal:
    """Return the 404 of an object."""
    return Refusal(404, f"Saved object [{kind}/{key}] not found")


def collect(call: Call, wanted: Iterable[Record], *, deep: bool, space: str | None = None) -> list[Record]:
    """Return objects, and with ``deep`` everything that they refer to, each once and in order."""
    found: dict[str, Record] = {}
    queue = list(wanted)
    while queue:
        record = queue.pop(0)
        if record.id in found:
            continue
        found[record.id] = record
        for reference in record.value["references"] if deep else ():
            inner = find(call, reference["type"], reference["id"], space)
            if inner is not None:
                queue.append(inner)
    return list(found.values())


def decided(call: Call, item: dict[str, Json], decision: dict[str, Json], space: str) -> dict[str, Json]:
    """Put a copy of one object into a space as somebody has decided; return the answer to it alone.

    Decisions are those of ``retries``: another id, another copy, overwriting, references that are replaced by others,
    and references that may lead nowhere (Kibana source, routes of saved objects ``resolve_import_errors.ts``).
    """
    swaps = {(r.get("type"), r.get("from")): r.get("to") for r in decision.get("replaceReferences") or ()}
    references = [{**r, "id": swaps.get((r["type"], r["id"]), r["id"])} for r in item.get("references") or ()]
    moved = {**item, "id": decision.get("destinationId") or item["id"], "references": references}
    return take_in(
        call,
        [moved],
        space,
        overwrite=bool(decision.get("overwrite")),
        fresh_ids=bool(decision.get("createNewCopy")),
        lost_allowed=bool(decision.get("ignoreMissingReferences")),
    )


def take_in(
    call: Call,
    objects: list[dict[str, Json]],
    space: str,
    *,
    overwrite: bool,
    fresh_ids: bool,
    lost_allowed: bool = False,
) -> dict[str, Json]:
    """Put copies of objects into a space, as import and copy do; return their common answer.

    ``lost_allowed`` says that objects may refer to what is not there.
    """
    renamed = {(o["type"], o["id"]): call.world.clock.uuid() for o in objects} if fresh_ids else {}
    successes: list[Json] = []
    errors: list[Json] = []
    for item in objects:
        kind, key = item["type"], item["id"]
        meta = {"title": _title(item), "icon": "document"}
        target = renamed.get((kind, key), key)
        existing = call.world.store.table(TABLE, space).get(f"{kind}/{target}")
        if kind not in TYPES or kind in HIDDEN:
            errors.append({"id": key, "type": kind, "meta": meta, "error": {"type": "unsupported_type"}})
            continue
        if existing is not None and not overwrite:
            errors.append({"id": key, "type": kind, "meta": meta, "error": {"type": "conflict"}})
            continue
        lost = [] if fresh_ids or lost_allowed else _lost(call, item, objects, space)
        if lost:
            error = {"type": "missing_references", "references": lost}
            errors.append({"id": key, "type": kind, "meta": meta, "error": error})
            continue
        value: dict[str, Json] = {"attributes": deepcopy(item.get("attributes") or {}), "references": []}
        for reference in item.get("references") or ():
            pointed = renamed.get((reference["type"], reference["id"]), reference["id"])
            value["references"].append({**reference, "id": pointed})
        record = call.world.store.put(TABLE, space, f"{kind}/{target}", value, by=call.user)
        record.facts = {
            "type": kind,
            "key": target,
            "namespaces": [space],
            "managed": bool(item.get("managed", False)),
        }
        success = {"id": key, "type": kind, "meta": meta, "managed": record.facts["managed"]}
        if target != key:
            record.facts["originId"] = key
            success["destinationId"] = target
        if existing is not None:
            record.created_at, success["overwrite"] = existing.created_at, True
        successes.append(success)
    answer: dict[str, Json] = {"success": not errors, "successCount": len(successes), "warnings": []}
    if errors:
        answer["errors"] = errors
    if successes:
        answer["successResults"] = successes
    return answer


def _lost(call: Call, item: Json, objects: list[dict[str, Json]], space: str) -> list[Json]:
    """Return references of an object to data views and searches that are neither there nor coming along."""
    coming = {(o["type"], o["id"]) for o in objects}
    return [
        {"type": r["type"], "id": r["id"]}
        for r in item.get("references") or ()
        if r["type"] in ("index-pattern", "search")
        and (r["type"], r["id"]) not in coming
        and find(call, r["type"], r["id"], space) is None
    ]


def _title(item: Json) -> str:
    attributes = item.get("attributes") or {}
    return str(attributes.get("title") or attributes.get("name") or item.get("id"))


def lines(content: bytes) -> list[dict[str, Json]]:
    """Return the objects of an export file.

    Raises:
        Refusal: a line is no JSON object.
    """
    found = []
    # Other ends of lines than this one may stand inside of texts.
    for line in content.decode("utf-8-sig", "replace").split("\n"):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError:
            raise Refusal(400, f"Unexpected token in JSON at position 0: {line[:20]}") from None
        if isinstance(item, dict) and "type" in item and "id" in item:
            found.append(item)
    return found
