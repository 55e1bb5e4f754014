"""Questions and repairs that look through references: what an ``allOf`` means, whether a body is needed."""

from collections.abc import Callable
from typing import Any

from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.pointers import COMPONENTS

Component = Callable[[str], JsonSchema]
Note = Callable[[str, str, str], None]
_DEPTH = 12


def resolve(schema: JsonSchema, component: Component) -> JsonSchema:
    """Follow references until the schema is no mere reference."""
    for _ in range(64):
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema
        schema = component(str(schema["$ref"])[len(COMPONENTS) :])
    return True


def needed(schema: JsonSchema, component: Component, depth: int = 0) -> bool:
    """Tell whether a body of this schema must be sent: no empty object would do."""
    schema = resolve(schema, component)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return False
    if schema.get("required"):
        return True
    if any(needed(arm, component, depth + 1) for arm in schema.get("allOf", ())):
        return True
    arms = schema.get("anyOf")
    return bool(arms) and all(needed(arm, component, depth + 1) for arm in arms or ())


def travels_as_json(schema: JsonSchema, component: Component, depth: int = 0) -> bool:
    """Tell whether a query parameter holds an object, which Kibana reads as JSON text."""
    schema = resolve(schema, component)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return False
    if schema.get("type") == "object" or ("type" not in schema and "properties" in schema):
        return True
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return travels_as_json(schema["items"], component, depth + 1)
    arms = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    return any(travels_as_json(arm, component, depth + 1) for arm in arms)


def mend_all_of(schema: JsonSchema, pointer: str, component: Component, note: Note) -> JsonSchema:
    """Return the schema with every ``allOf`` read as it was meant.

    Two habits of generated contracts make an ``allOf`` refuse everything: a closed arm forbids what its sisters
    declare, and an arm forbids a property (``false``) that a sister requires. The first is read as closed over the
    union of the declared names; in the second, forbidding wins.
    """
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    changed: dict[str, Any] = {}
    for key, value in schema.items():
        changed[key] = _mend_inside(key, value, pointer, component, note)
    if isinstance(changed.get("allOf"), list):
        _mend_arms(changed, pointer, component, note)
    return changed


def _mend_inside(key: str, value: Any, pointer: str, component: Component, note: Note) -> Any:
    if key in ("properties", "patternProperties"):
        return {
            name: mend_all_of(inner, f"{pointer}/{key}/{name}", component, note)
            for name, inner in value.items()
        }
    if key in ("allOf", "anyOf") or (key == "items" and isinstance(value, list)):
        return [mend_all_of(arm, f"{pointer}/{key}/{n}", component, note) for n, arm in enumerate(value)]
    if key in ("items", "additionalProperties", "not", "additionalItems", "propertyNames", "contains"):
        return mend_all_of(value, f"{pointer}/{key}", component, note)
    return value


def _mend_arms(schema: dict[str, Any], pointer: str, component: Component, note: Note) -> None:
    arms: list[JsonSchema] = schema["allOf"]
    seen = [resolve(arm, component) for arm in arms]
    own = set(schema.get("properties", ()))
    names = [own, *(_declared(arm, component) for arm in seen)]
    everything = set().union(*names)
    forbidden = {
        name
        for arm in (schema, *seen)
        if isinstance(arm, dict)
        for name, inner in arm.get("properties", {}).items()
        if inner is False
    }
    for number, arm in enumerate(seen):
        if not isinstance(arm, dict):
            continue
        mended = dict(arm)
        if arm.get("additionalProperties") is False and everything - names[number + 1]:
            extra = dict.fromkeys(sorted(everything - names[number + 1]), True)
            mended["properties"] = {**arm.get("properties", {}), **extra}
            note(
                "all-of-closed",
                f"{pointer}/allOf/{number}",
                "is closed, and so forbids what its sister arms declare",
            )
        if forbidden & set(arm.get("required", ())):
            mended["required"] = [name for name in arm["required"] if name not in forbidden]
            listed = ", ".join(f"`{name}`" for name in sorted(forbidden & set(arm["required"])))
            note(
                "all-of-contradiction",
                f"{pointer}/allOf/{number}",
                f"requires {listed}, which a sister arm forbids",
            )
        if mended != arm:
            arms[number] = mended
    if schema.get("additionalProperties") is False and everything - own:
        schema["properties"] = {
            **dict.fromkeys(sorted(everything - own), True),
            **schema.get("properties", {}),
        }
        note("all-of-closed", pointer, "is closed, and so forbids what its own arms declare")


def _declared(schema: JsonSchema, component: Component, depth: int = 0) -> set[str]:
    """Return the property names that a schema mentions at its own level, through references and arms."""
    schema = resolve(schema, component)
    if not isinstance(schema, dict) or depth > _DEPTH:
        return set()
    names = set(schema.get("properties", ()))
    for key in ("allOf", "anyOf"):
        for arm in schema.get(key, ()):
            names |= _declared(arm, component, depth + 1)
    return names


def fold(schema: JsonSchema, component: Component, depth: int = 0) -> JsonSchema:
    """Return the schema with every ``allOf`` of objects made into one object, read as it was meant.

    For schemas that refuse everything only: a property that one part forbids and another requires is forbidden, and a
    closed part is closed over what all of the parts declare. References are followed, so component names are lost.
    """
    schema = resolve(schema, component)
    if not isinstance(schema, dict) or depth > 4 * _DEPTH:
        return schema
    out: dict[str, Any] = {}
    properties: dict[str, list[JsonSchema]] = {}
    required: dict[str, None] = {}
    closed = False
    rest: list[JsonSchema] = []
    for part in _parts(schema, component):
        if part is False:
            return False
        for key, value in part.items() if isinstance(part, dict) else ():
            if key == "properties":
                for name, inner in value.items():
                    properties.setdefault(name, []).append(inner)
            elif key == "required":
                required.update(dict.fromkeys(value))
            elif key == "additionalProperties" and value is False:
                closed = True
            elif key not in out:
                out[key] = _fold_inside(key, value, component, depth)
            elif out[key] != value:
                rest.append({key: _fold_inside(key, value, component, depth)})
    if properties:
        out["properties"] = {name: _conjunction(all_, component, depth) for name, all_ in properties.items()}
    wanted = [name for name in required if out.get("properties", {}).get(name) is not False]
    out |= {"required": wanted} if wanted else {}
    out |= {"additionalProperties": False} if closed else {}
    out |= {"allOf": rest} if rest else {}
    return out


def _parts(schema: JsonSchema, component: Component) -> list[JsonSchema]:
    """Return what must hold together: the schema without its ``allOf``, and the parts of each arm."""
    schema = resolve(schema, component)
    if not isinstance(schema, dict) or "allOf" not in schema:
        return [schema]
    own = {key: value for key, value in schema.items() if key != "allOf"}
    return [own, *(part for arm in schema["allOf"] for part in _parts(arm, component))]


def _conjunction(schemas: list[JsonSchema], component: Component, depth: int) -> JsonSchema:
    if False in schemas:
        return False
    return fold(schemas[0] if len(schemas) == 1 else {"allOf": schemas}, component, depth + 1)


def _fold_inside(key: str, value: Any, component: Component, depth: int) -> Any:
    if key == "anyOf":
        return [fold(arm, component, depth + 1) for arm in value]
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return fold(value, component, depth + 1)
    return value
