"""Spaces: made, changed, deleted with what lives in them; objects copied into them and shared between them."""

import re
from typing import Any

from pytest_kibana.simulator import saved
from pytest_kibana.simulator.authorization import may_enter
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.features import hidden
from pytest_kibana.simulator.replies import NOTHING, Refusal, Reply, envelope
from pytest_kibana.simulator.store import Record, Table
from pytest_kibana.simulator.world import Call, World

Json = Any
family = Family("spaces")

_ID = re.compile(r"[a-z0-9_\-]+")
_COLOR = re.compile(r"#[a-zA-Z0-9]{6}")
_KEPT = (
    "id",
    "name",
    "description",
    "color",
    "initials",
    "imageUrl",
    "solution",
    "disabledFeatures",
    "projectRouting",
)
_SOLUTIONS = ("es", "oblt", "security", "classic")
LEFT_BEHIND = frozenset({"value_list", "value_list_item", "value_list_index", "detection_alerts_index", "entity",
                         "entity_engine", "asset_criticality"})  # fmt: skip
"""What lives in Elasticsearch and so survives its space (Kibana source, ``spaces_client.ts``)."""


def _table(call: Call) -> Table:
    return call.world.store.table("space")


def _refuse(field: str, text: str) -> Refusal:
    return Refusal(400, f"[request body.{field}]: {text}", family="platform")


def _checked(call: Call) -> dict[str, Json]:
    """Return the body as it is kept, after the checks of Kibana's own schema (Kibana source, space_schema.ts)."""
    body = call.body if isinstance(call.body, dict) else {}
    if not _ID.fullmatch(str(body.get("id", ""))):
        raise _refuse("id", "must be lower case, a-z, 0-9, '_', and '-' are allowed")
    if not str(body.get("name", "")).strip():
        raise _refuse("name", "value has length [0] but it must have a minimum length of [1].")
    for name in body:
        if name not in (*_KEPT, "_reserved"):
            raise Refusal(
                400,
                f"[request body]: Additional properties are not allowed ('{name}' was unexpected)",
                family="platform",
            )
    _looks(body)
    solution = body.get("solution")
    if solution is not None and call.world.serverless:
        raise Refusal(400, "Unable to create Space, solution property is forbidden in serverless")
    if solution is not None and solution not in _SOLUTIONS:
        lines = "".join(
            f"\n- [request body.solution.{i}]: expected value to equal [{s}]"
            for i, s in enumerate(_SOLUTIONS)
        )
        raise _refuse("solution", f"types that failed validation:{lines}")
    disabled = body.get("disabledFeatures", [])
    if not isinstance(disabled, list) or len(disabled) > 100:
        raise _refuse("disabledFeatures", "array size is larger than [100]")
    options = call.world.options
    for name, setting in (("disabledFeatures", "Feature"), ("solution", "Solution")):
        if body.get(name) and not options[f"xpack.spaces.allow{setting}Visibility"]:
            verb = "create" if call.method == "POST" else "update"
            text = (
                f"the {name} array must be empty"
                if name == "disabledFeatures"
                else "the solution property can not be set"
            )
            why = f"xpack.spaces.allow{setting}Visibility setting is disabled"
            raise Refusal(400, f"Unable to {verb} Space, {text} when {why}")
    return {**{k: body[k] for k in _KEPT if k in body}, "disabledFeatures": disabled}


def _looks(body: dict[str, Json]) -> None:
    if len(str(body.get("initials", ""))) > 2:
        size = len(str(body["initials"]))
        raise _refuse("initials", f"value has length [{size}] but it must have a maximum length of [2].")
    if body.get("color") and not _COLOR.fullmatch(str(body["color"])):
        raise _refuse("color", "must be a 6 digit hex color, starting with a #")
    if body.get("imageUrl") and not str(body["imageUrl"]).startswith("data:image"):
        raise _refuse("imageUrl", "must start with 'data:image'")


def shown(record: Record) -> dict[str, Json]:
    """Return a space as it is read: with every feature that is in effect disabled."""
    value = dict(record.value)
    value["disabledFeatures"] = hidden(value)
    return value


@family.start
def default_space(world: World) -> None:
    """There is always the default space."""
    if "default" not in world.store.table("space"):
        value = {
            "id": "default",
            "name": "Default",
            "description": "This is your default space!",
            "color": "#00bfb3",
            "disabledFeatures": [],
            "_reserved": True,
        }
        world.store.put("space", "*", "default", value)


@family.on("POST /api/spaces/space")
def create(call: Call) -> Reply:
    """Make a space; 200, not 201."""
    value = _checked(call)
    value["name"] = str(value["name"]).strip()
    if value["id"] in _table(call):
        raise Refusal(409, f"A space with the identifier {value['id']} already exists.", family="platform")
    most = call.world.config.max_spaces
    if len(_table(call)) >= most:
        text = "Unable to create Space, this exceeds the maximum number of spaces set by the "
        raise Refusal(400, f"{text}xpack.spaces.maxSpaces setting")
    return Reply(shown(call.world.store.put("space", "*", value["id"], value, by=call.user)))


def _one(call: Call) -> Record:
    record = _table(call).get(call.ids[0])
    if record is None:
        raise Refusal(404, family="platform")
    return record


@family.on("GET /api/spaces/space/{}")
def read(call: Call) -> Reply:
    """Show a space."""
    return Reply(shown(_one(call)))


@family.on("GET /api/spaces/space")
def list_(call: Call) -> Reply:
    """Show the spaces that the caller may enter, by name."""
    purposes = call.query.get("include_authorized_purposes") in (True, "true")
    if purposes and call.query.get("purpose") is not None:
        text = "[request query]: [include_authorized_purposes] cannot be used with [purpose]"
        raise Refusal(400, text, family="platform")
    rows = [shown(record) for key, record in _table(call).items() if may_enter(call, key)]
    if purposes:
        granted = dict.fromkeys(
            ("any", "copySavedObjectsIntoSpace", "findSavedObjects", "shareSavedObjectsIntoSpace"), True
        )
        rows = [{**row, "authorizedPurposes": granted} for row in rows]
    return Reply(sorted(rows, key=lambda row: str(row["name"]).lower()))


@family.on("PUT /api/spaces/space/{}")
def update(call: Call) -> Reply:
    """Change a space. Optional attributes stay when left out, ``disabledFeatures`` does not (seen on 9.4.3)."""
    value = _checked(call)
    record = _one(call)
    reserved = {"_reserved": True} if record.value.get("_reserved") else {}
    record.value = {**record.value, **value, **reserved, "id": record.id}
    call.world.store.touch(record, call.user)
    return Reply(shown(record))


@family.on("DELETE /api/spaces/space/{}")
def delete(call: Call) -> Reply:
    """Remove a space and the saved objects in it; what Elasticsearch holds stays."""
    record = _one(call)
    if record.value.get("_reserved"):
        raise Refusal(400, "The default space cannot be deleted because it is reserved.")
    store = call.world.store
    for shared in list(store.table(saved.TABLE, record.id).values()):
        shared.facts["namespaces"] = [s for s in shared.facts["namespaces"] if s != record.id]
    kinds = frozenset(kind for kind, space, _ in store.tables() if space == record.id) - LEFT_BEHIND
    store.drop_space(record.id, kinds)
    del _table(call)[record.id]
    return Reply(NOTHING, status=204)


# -- objects between spaces --------------------------------------------------------------------------------


@family.on("POST /api/spaces/_copy_saved_objects")
def copy(call: Call) -> Reply:
    """Copy objects of this space into others; the answer has a part per space."""
    body = call.body or {}
    fresh = bool(body.get("createNewCopies", True))
    if fresh and body.get("overwrite"):
        raise Refusal(400, "[request body]: cannot use [overwrite] with [createNewCopies]", family="platform")
    objects = _gathered(call, body)
    return Reply(
        {
            space: saved.take_in(call, objects, space, overwrite=bool(body.get("overwrite")), fresh_ids=fresh)
            for space in body.get("spaces", ())
        }
    )


def _gathered(call: Call, body: dict[str, Json]) -> list[dict[str, Json]]:
    chosen = []
    for kind, key in saved.named(body):
        record = saved.find(call, kind, key)
        if record is None:
            raise saved.missing(kind, key)
        chosen.append(record)
    deep = bool(body.get("includeReferences"))
    return [saved.shown(call, record) for record in saved.collect(call, chosen, deep=deep)]


@family.on("POST /api/spaces/_resolve_copy_saved_objects_errors")
def resolve(call: Call) -> Reply:
    """Copy again those objects that the caller has decided about."""
    body = call.body or {}
    objects = {(o["type"], o["id"]): o for o in _gathered(call, body)}
    answer = {}
    for space, decisions in (body.get("retries") or {}).items():
        whole: dict[str, Json] = {"success": True, "successCount": 0, "successResults": [], "warnings": []}
        for decision in decisions:
            item = objects.get((decision["type"], decision["id"]))
            if item is None:
                continue
            part = saved.decided(call, item, decision, space)
            whole["success"] = whole["success"] and part["success"]
            whole["successCount"] += part["successCount"]
            whole["successResults"] += part.get("successResults", [])
            if part.get("errors"):
                whole.setdefault("errors", []).extend(part["errors"])
        answer[space] = whole
    return Reply(answer)


@family.on("POST /api/spaces/_update_objects_spaces")
def share(call: Call) -> Reply:
    """Add objects to spaces and take them out of others; each answers for itself."""
    body = call.body or {}
    adding, removing = body.get("spacesToAdd") or [], body.get("spacesToRemove") or []
    rows = []
    for kind, key in saved.named(body):
        record = saved.find(call, kind, key)
        if record is None:
            error = envelope(404, f"Saved object [{kind}/{key}] not found")
            rows.append({"id": key, "type": kind, "spaces": [], "error": error})
            continue
        if saved.TYPES.get(kind) != "shared":
            error = envelope(400, f"{kind} doesn't support multiple namespaces")
            rows.append({"id": key, "type": kind, "spaces": [], "error": error})
            continue
        spaces = [s for s in record.facts["namespaces"] if s not in removing]
        spaces += [s for s in adding if s not in spaces]
        record.facts["namespaces"] = spaces
        call.world.store.touch(record, call.user)
        saved.spread(call, record)
        if not spaces:
            for name, _, table in call.world.store.tables():
                if name == saved.TABLE and table.get(record.id) is record:
                    del table[record.id]
        rows.append({"id": key, "type": kind, "spaces": saved.seen(call, spaces)})
    return Reply({"objects": rows})


@family.on("POST /api/spaces/_get_shareable_references")
def references(call: Call) -> Reply:
    """Show what must go along when objects are shared."""
    rows = []
    chosen = saved.named(call.body)
    records = [r for kind, key in chosen if (r := saved.find(call, kind, key)) is not None]
    everything = saved.collect(call, records, deep=True)
    for record in everything:
        kind, key = record.facts["type"], record.facts["key"]
        inbound = [
            {"type": r.facts["type"], "id": r.facts["key"], "name": ref["name"]}
            for r in everything
            for ref in r.value["references"]
            if (ref["type"], ref["id"]) == (kind, key)
        ]
        rows.append(
            {
                "id": key,
                "type": kind,
                "spaces": saved.seen(call, record.facts["namespaces"]),
                "inboundReferences": inbound,
            }
        )
    rows += [
        {"id": key, "type": kind, "spaces": [], "inboundReferences": [], "isMissing": True}
        for kind, key in chosen
        if saved.find(call, kind, key) is None
    ]
    return Reply({"objects": rows})


@family.on("POST /api/spaces/_disable_legacy_url_aliases")
def aliases(call: Call) -> Reply:
    """204, also for aliases that nobody knows (seen on 9.4.3)."""
    return Reply(NOTHING, status=204)
