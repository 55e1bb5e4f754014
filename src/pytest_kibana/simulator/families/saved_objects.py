"""Saved objects: single, in bulk, found, resolved, exported and imported."""

import json
from typing import Any

from pytest_kibana.simulator import kql, saved
from pytest_kibana.simulator.authorization import may_enter, may_use_type
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.listing import filtered, sort_rows, values_at, whole
from pytest_kibana.simulator.replies import NDJSON, Refusal, Reply
from pytest_kibana.simulator.searching import searched
from pytest_kibana.simulator.store import Record
from pytest_kibana.simulator.uploads import file_of
from pytest_kibana.simulator.wording import got, internal_text
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("saved objects")
_MOST = 10_000
_ROOT = frozenset({"id", "created_at", "updated_at", "created_by", "updated_by", "namespace", "namespaces", "originId",
                   "references", "references.id", "references.type", "references.name"})  # fmt: skip
"""Properties of saved objects that stand beside their attributes."""


@family.before("* /api/saved_objects/*")
def serverless_keeps_them(call: Call) -> None:
    """On serverless only import and export are public (elastic/kibana#184408)."""
    public = ("_export", "_import", "_resolve_import_errors")
    internal = not call.path.endswith(public) and "x-elastic-internal-origin" not in call.headers
    if call.world.serverless and internal:
        raise Refusal(400, internal_text(call.method, call.path), family="platform")


@family.after("* /api/saved_objects/*")
def warn(call: Call, reply: Reply) -> Reply:
    """Single and bulk operations are deprecated, and say so."""
    if not call.path.endswith(("_export", "_import", "_resolve_import_errors")):
        reply.headers["warning"] = f'299 Kibana-{call.world.version} "This endpoint is deprecated"'
    return reply


@family.on("POST /api/saved_objects/{}", "POST /api/saved_objects/{}/{}")
def create(call: Call) -> Reply:
    """Make one object."""
    key = call.ids[1] if len(call.ids) > 1 else None
    record = saved.make(call, call.ids[0], key, _object(call), overwrite=_true(call.query.get("overwrite")))
    return Reply(saved.shown(call, record))


def _true(value: Json) -> bool:
    return value in (True, "true")


def _one(call: Call) -> Record:
    kind, key = call.ids[-2:]
    saved.demand_type(kind)
    record = saved.find(call, kind, key)
    if record is None:
        raise saved.missing(kind, key)
    return record


@family.on("GET /api/saved_objects/{}/{}")
def read(call: Call) -> Reply:
    """Show one object."""
    return Reply(saved.shown(call, _one(call)))


@family.on("GET /api/saved_objects/resolve/{}/{}")
def resolve(call: Call) -> Reply:
    """Show one object; there are no aliases here, so every match is exact."""
    return Reply({"saved_object": saved.shown(call, _one(call)), "outcome": "exactMatch"})


@family.on("PUT /api/saved_objects/{}/{}")
def update(call: Call) -> Reply:
    """Change attributes of one object, or make it where ``upsert`` says so."""
    kind, key = call.ids
    body = _object(call)
    if saved.find(call, kind, key) is None and body.get("upsert") is not None:
        saved.demand_type(kind)
        made = saved.make(call, kind, key, {**body, "attributes": body["upsert"]}, overwrite=False)
        return Reply(saved.shown(call, made))
    return Reply(_changed(call, _one(call), body))


def _changed(call: Call, record: Record, body: dict[str, Json]) -> dict[str, Json]:
    kind, key = record.facts["type"], record.facts["key"]
    given = body.get("version")
    if given is not None and given != record.version and "version" not in call.slack:
        raise Refusal(409, f"Saved object [{kind}/{key}] conflict")
    saved.demand_attributes(kind, body.get("attributes"))
    record.value["attributes"] = {**record.value["attributes"], **(body.get("attributes") or {})}
    if isinstance(body.get("references"), list):
        record.value["references"] = body["references"]
    call.world.store.touch(record, call.user)
    return saved.shown(call, record)


@family.route("DELETE /api/saved_objects/{}/{}", beside="GET /api/saved_objects/{}/{}")
def remove(call: Call) -> Reply:
    """Remove one object; the operation left the contract and stayed in Kibana (seen on 9.4.3)."""
    _removed(call, _one(call), force=_true(call.query.get("force")))
    return Reply({})


def _removed(call: Call, record: Record, *, force: bool) -> None:
    spaces = record.facts["namespaces"]
    if len(spaces) > 1 and not force:
        text = "The saved object is in several namespaces; `force` deletes it from all"
        raise Refusal(400, f"{text}: Bad Request")
    for kind, _, table in call.world.store.tables():
        if kind == saved.TABLE and table.get(record.id) is record:
            del table[record.id]


def _rows(call: Call, *names: str) -> list[dict[str, Json]]:
    """Return the body as rows that have these texts; contracts leave open what Kibana's own schema demands.

    Raises:
        Refusal: it is no array of objects, or a row lacks one of the names.
    """
    body = call.body if call.body is not None else []
    if not isinstance(body, list):
        raise Refusal(
            400, "[request body]: expected value of type [array] but got [Object]", family="platform"
        )
    for index, row in enumerate(body):
        if not isinstance(row, dict):
            text = f"[request body.{index}]: expected a plain object value, but found [{got(row)}] instead."
            raise Refusal(400, text, family="platform")
        for name in names:
            if not isinstance(row.get(name), str):
                kind = got(row[name]) if name in row else "undefined"
                text = f"[request body.{index}.{name}]: expected value of type [string] but got [{kind}]"
                raise Refusal(400, text, family="platform")
    return body


def _object(call: Call) -> dict[str, Json]:
    """Return the body of an operation on one object.

    Raises:
        Refusal: it is no object, or its parts are of other types than Kibana's own schema has.
    """
    body = call.body if call.body is not None else {}
    if not isinstance(body, dict):
        text = f"[request body]: expected a plain object value, but found [{got(body)}] instead."
        raise Refusal(400, text, family="platform")
    _demand_parts(body)
    return body


def _demand_parts(body: dict[str, Json]) -> None:
    for name, kind in (("attributes", dict), ("references", list), ("initialNamespaces", list)):
        if body.get(name) is not None and not isinstance(body[name], kind):
            wanted = "a plain object value" if kind is dict else "value of type [array]"
            text = f"[request body.{name}]: expected {wanted}, but found [{got(body[name])}] instead."
            raise Refusal(400, text, family="platform")
    for name, wanted in (("initialNamespaces", "string"), ("references", "object with type, id and name")):
        for index, item in enumerate(body.get(name) or ()):
            fits = isinstance(item, dict) and {"type", "id", "name"} <= item.keys()
            if not (fits if name == "references" else isinstance(item, str)):
                text = (
                    f"[request body.{name}.{index}]: expected value of type [{wanted}] but got [{got(item)}]"
                )
                raise Refusal(400, text, family="platform")


# -- bulk --------------------------------------------------------------------------------------------------


def _each(call: Call, act: Any, *names: str) -> Reply:
    """Do one thing per object of the body, in order; a refusal becomes that object's answer."""
    rows = []
    for item in _rows(call, *(names or ("type", "id"))):
        try:
            rows.append(act(item))
        except Refusal as refusal:
            rows.append(saved.failure(item["type"], item.get("id", ""), refusal))
    return Reply({"saved_objects": rows})


@family.on("POST /api/saved_objects/_bulk_create")
def bulk_create(call: Call) -> Reply:
    """Make objects; each answers for itself."""
    overwrite = _true(call.query.get("overwrite"))

    def act(item: Json) -> Json:
        _demand_parts(item)
        return saved.shown(call, saved.make(call, item["type"], item.get("id"), item, overwrite=overwrite))

    return _each(call, act, "type")


def _known(call: Call, item: Json) -> Record:
    saved.demand_type(item["type"])
    record = saved.find(call, item["type"], item["id"])
    if record is None:
        raise saved.missing(item["type"], item["id"])
    return record


@family.on("POST /api/saved_objects/_bulk_get")
def bulk_get(call: Call) -> Reply:
    """Show objects."""
    return _each(call, lambda item: saved.shown(call, _known(call, item)))


@family.on("POST /api/saved_objects/_bulk_resolve")
def bulk_resolve(call: Call) -> Reply:
    """Show objects, each with how it was found."""
    rows = _each(call, lambda item: saved.shown(call, _known(call, item))).body["saved_objects"]
    return Reply({"resolved_objects": [{"saved_object": row, "outcome": "exactMatch"} for row in rows]})


@family.on("PUT /api/saved_objects/_bulk_update", "POST /api/saved_objects/_bulk_update")
def bulk_update(call: Call) -> Reply:
    """Change objects."""
    return _each(call, lambda item: _changed(call, _known(call, item), item))


@family.on("POST /api/saved_objects/_bulk_delete")
def bulk_delete(call: Call) -> Reply:
    """Remove objects; each says whether it is gone."""
    force = _true(call.query.get("force"))
    statuses = []
    for item in _rows(call, "type", "id"):
        try:
            _removed(call, _known(call, item), force=force)
            statuses.append({"success": True, "id": item["id"], "type": item["type"]})
        except Refusal as refusal:
            statuses.append({"success": False, **saved.failure(item["type"], item["id"], refusal)})
    return Reply({"statuses": statuses})


# -- find --------------------------------------------------------------------------------------------------


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _searched_spaces(call: Call) -> list[str]:
    """Return the spaces to look into: the call's, or those that it names and the caller may enter."""
    named = [str(space) for space in _list(call.query.get("namespaces"))]
    known = list(call.world.store.table("space")) if "*" in named else named
    return [space for space in known if may_enter(call, space)] if named else [call.space]


@family.on("GET /api/saved_objects/_find")
def find(call: Call) -> Reply:
    """Show objects of some types: searched, filtered, sorted and paged."""
    query = call.query
    kinds = [kind for kind in _list(query.get("type")) if may_use_type(call, str(kind))]
    found = {
        id(record): record  # what is in several spaces is found once
        for space in (*_searched_spaces(call), "*")
        for record in call.world.store.table(saved.TABLE, space).values()
        if record.facts["type"] in kinds
    }
    rows = [saved.shown(call, record) for record in found.values()]
    if search := query.get("search"):
        fields = [str(f).split("^")[0] for f in _list(query.get("search_fields"))]
        operator = str(query.get("default_search_operator") or "OR")
        rows = [row for row in rows if searched(_places(row, fields), str(search), operator)]
    if wanted := query.get("has_reference"):
        rows = [row for row in rows if _refers(row, _list(wanted), query.get("has_reference_operator", "OR"))]
    if kuery := query.get("filter"):
        for text in _list(kuery):
            _demand_owned(str(text), [str(kind) for kind in _list(query.get("type"))])
            rows = filtered(rows, str(text), _flattened)
    if by := query.get("sort_field"):
        key = by if by in ("type", "updated_at", "created_at") else f"attributes.{by}"
        rows = sort_rows(rows, key, str(query.get("sort_order", "asc")))
    page, size = max(whole(query.get("page"), 1), 1), whole(query.get("per_page"), 20)
    if size > _MOST:
        raise Refusal(
            400,
            f"[request query.per_page]: Value must be equal to or lower than [{_MOST}].",
            family="platform",
        )
    kept = _list(query.get("fields"))
    part = [_only(row, kept) | {"score": 0} for row in rows[(page - 1) * size : page * size]]
    return Reply({"page": page, "per_page": size, "total": len(rows), "saved_objects": part})


def _places(row: Json, fields: list[str]) -> Json:
    """Return what a search looks at: every attribute, or those that are named."""
    if not fields or "*" in fields:
        return row["attributes"]
    return [values_at(row["attributes"], field) for field in fields]


def _demand_owned(text: str, kinds: list[str]) -> None:
    """Refuse a filter whose fields do not begin with a type that is looked for (Kibana source, filter_utils.ts)."""
    try:
        fields = kql.read(text).fields
    except kql.BadQuery:
        return  # the filter itself is refused in other words
    for field in fields:
        owner, _, rest = field.partition(".")
        if not rest:
            known = ",".join(kinds)
            raise Refusal(
                400, f"This key '{field}' need to be wrapped by a saved object type like {known}: Bad Request"
            )
        if owner not in kinds:
            raise Refusal(400, f"This type '{owner}' is not allowed: Bad Request")
        if not rest.startswith("attributes.") and rest not in _ROOT:
            why = f"does NOT match the filter proposition SavedObjectType.attributes.{rest}"
            raise Refusal(400, f"This key '{field}' {why}: Bad Request")


def _refers(row: Json, wanted: list[Json], operator: Json) -> bool:
    there = {(r["type"], r["id"]) for r in row["references"]}
    hits = [(w["type"], w["id"]) in there for w in wanted if isinstance(w, dict)]
    return all(hits) if operator == "AND" else any(hits)


def _flattened(row: Json) -> Json:
    """Return a row as KQL of saved objects addresses it: ``dashboard.attributes.title``."""
    return {row["type"]: row, **row}


def _only(row: Json, fields: list[Json]) -> dict[str, Json]:
    if not fields:
        return dict(row)
    return {**row, "attributes": {k: v for k, v in row["attributes"].items() if k in fields}}


# -- files -------------------------------------------------------------------------------------------------


@family.on("POST /api/saved_objects/_export")
def export(call: Call) -> Reply:
    """Write objects into a file, the tally last."""
    body = call.body or {}
    chosen: list[Record] = []
    absent = []
    for kind, key in saved.named(body):
        record = saved.find(call, kind, key)
        if record is None:
            absent.append({"id": key, "type": kind, "error": Refusal(404).message})
        else:
            chosen.append(record)
    if absent:
        raise Refusal(
            400, "Error fetching objects to export", attributes={"objects": absent}, family="platform"
        )
    kinds = _list(body.get("type"))
    if not kinds and not body.get("objects"):
        raise Refusal(400, "Either `type` or `objects` are required.", family="platform")
    unknown = [str(kind) for kind in kinds if kind not in (*saved.TYPES, *saved.OTHERS, "*")]
    if unknown:
        text = f"Trying to export non-exportable type(s): {', '.join(unknown)}"
        raise Refusal(400, text, family="platform")
    for space in (call.space, "*"):
        table = call.world.store.table(saved.TABLE, space)
        chosen += [r for r in table.values() if "*" in kinds or r.facts["type"] in kinds]
    records = saved.collect(call, chosen, deep=_true(body.get("includeReferencesDeep")))
    names = {r.id for r in records}
    lost = [
        {"type": ref["type"], "id": ref["id"]}
        for r in records
        for ref in r.value["references"]
        if f"{ref['type']}/{ref['id']}" not in names and saved.find(call, ref["type"], ref["id"]) is None
    ]
    rows = [{k: v for k, v in saved.shown(call, r).items() if k != "namespaces"} for r in records]
    if not _true(body.get("excludeExportDetails")):
        rows.append(
            {
                "excludedObjects": [],
                "excludedObjectsCount": 0,
                "exportedCount": len(records),
                "missingRefCount": len(lost),
                "missingReferences": lost,
            }
        )
    content = "\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return Reply(
        content.encode(),
        media=NDJSON,
        headers={"content-disposition": 'attachment; filename="export.ndjson"'},
    )


@family.on("POST /api/saved_objects/_import")
def import_(call: Call) -> Reply:
    """Read objects from a file."""
    fresh, overwrite = _true(call.query.get("createNewCopies")), _true(call.query.get("overwrite"))
    if fresh and overwrite:
        raise Refusal(
            400, "[request query]: cannot use [overwrite] with [createNewCopies]", family="platform"
        )
    objects = saved.lines(file_of(call, "platform"))
    return Reply(saved.take_in(call, objects, call.space, overwrite=overwrite, fresh_ids=fresh))


@family.on("POST /api/saved_objects/_resolve_import_errors")
def retry(call: Call) -> Reply:
    """Read those objects of a file that the caller has decided about."""
    retries = call.body.get("retries", "[]") if isinstance(call.body, dict) else "[]"
    try:
        decided = {(r["type"], r["id"]): r for r in json.loads(retries)}
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "[request body.retries]: could not parse array value from json input") from None
    answer: dict[str, Json] = {"success": True, "successCount": 0, "successResults": [], "warnings": []}
    for item in saved.lines(file_of(call, "platform")):
        decision = decided.get((item["type"], item["id"]))
        if decision is None:
            continue
        part = saved.decided(call, item, decision, call.space)
        answer["success"] = answer["success"] and part["success"]
        answer["successCount"] += part["successCount"]
        answer["successResults"] += part.get("successResults", [])
        if part.get("errors"):
            answer.setdefault("errors", []).extend(part["errors"])
    return Reply(answer)


@family.on("POST /api/encrypted_saved_objects/_rotate_key")
def rotate(call: Call) -> Reply:
    """Old keys are configured, and nothing here was ever encrypted with one of them."""
    return Reply({"total": 0, "successful": 0, "failed": 0})


_NAMESPACES = {"isolated": "multiple-isolated", "shared": "multiple"}


@family.route("GET /api/kibana/management/saved_objects/_allowed_types", internal=True)
def allowed(call: Call) -> Reply:
    """Show the types that can be exported, as the management of saved objects asks for them."""
    rows = [
        {
            "name": kind,
            "namespaceType": _NAMESPACES.get(scope, scope),
            "hidden": kind in saved.HIDDEN,
            "displayName": kind,
        }
        for kind, scope in sorted(saved.TYPES.items())
        if kind not in saved.HIDDEN and not kind.startswith("ingest-")
    ]
    return Reply({"types": rows})


@family.start
def share_again(world: World) -> None:
    """After a restart: let the tables of several spaces hold one object again instead of copies."""
    seen: dict[tuple[str, str], Record] = {}
    for kind, _, table in world.store.tables():
        if kind == saved.TABLE:
            for key, record in table.items():
                spaces = record.facts["namespaces"]
                if len(spaces) > 1 or spaces == ["*"]:
                    table[key] = seen.setdefault((key, ",".join(spaces)), record)
