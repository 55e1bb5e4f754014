"""OpenAPI schemas to JSON Schema (draft 7): the one place that knows how they differ.

Kibana's contracts are OpenAPI 3.0 by name and a dialect by nature. What is done about each habit:

* ``nullable`` stands beside ``type``, ``$ref``, ``enum``, ``anyOf`` or nothing at all; null is allowed in each case,
  and nothing but ``nullable`` allows everything.
* ``enum: []`` with ``nullable`` is how null is published as an arm; without it, nothing is allowed.
* an ``anyOf`` of all five types beside a ``oneOf`` is how Kibana publishes a condition (``schema.conditional``): the
  ``oneOf`` says what may come, the ``anyOf`` says nothing.
* ``not: {}`` is how "never" is published: the schema ``false``.
* ``oneOf`` is read as ``anyOf``: arms overlap in many published schemas, which is the contract's defect.
* an ``allOf`` in which a closed arm forbids what its sisters declare is read as what was meant (their union).
* ``discriminator`` is advice and is dropped: mappings point at schemas that are no arms.
* unknown keywords and formats are dropped; misspelt types are mended.

OpenAPI 3.1 goes through the same door: type lists, ``const``, numeric exclusive bounds, ``prefixItems``.
"""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pytest_kibana.contract.model import JsonSchema
from pytest_kibana.contract.pointers import COMPONENTS, child

Note = Callable[[str, str, str], None]
Resolve = Callable[[str, str], Any]

TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_FIVE = frozenset({"array", "boolean", "number", "object", "string"})

# Formats that are asserted. The others of the published contracts (nonempty, date-math, binary, double, int64 ...) are
# no formats of JSON Schema, or say nothing about the text.
FORMATS = frozenset({"date-time", "date", "uuid", "ipv4", "ipv6", "uri", "uri-reference", "email"})

_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
    "array": ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"),
    "object": ("minProperties", "maxProperties", "properties", "required", "additionalProperties"),
}
_TYPE_OF = {keyword: kind for kind, keywords in _BY_TYPE.items() for keyword in keywords}
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_HANDLED = frozenset(_TYPE_OF) | {
    "type",
    "enum",
    "const",
    "nullable",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "format",
}
_HANDLED |= {"patternProperties", "propertyNames", "default", "example", "examples"}
_SILENT = frozenset(
    {
        "title",
        "description",
        "deprecated",
        "readOnly",
        "writeOnly",
        "discriminator",
        "externalDocs",
        "xml",
        "$schema",
    }
    | {"$comment", "$id", "$defs", "definitions", "if", "then", "else", "contentMediaType", "contentEncoding"}
    | {"summary", "$ref"}
)


class Translator:
    """Translates the schemas of one document.

    Args:
        resolve: returns what a local reference points at, given the reference and where it stands.
        note: is told of every defect as (kind, pointer, sentence).
    """

    def __init__(self, resolve: Resolve, note: Note) -> None:
        self._resolve = resolve
        self._note = note
        self._open: set[str] = set()

    def schema(self, node: Any, pointer: str) -> JsonSchema:
        """Translate the schema that stands at the pointer."""
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            self._note(
                "schema-not-object", pointer, "stands where a schema must, and is none; read as anything"
            )
            return True
        if isinstance(node.get("$ref"), str):
            return self._reference(node, pointer)
        if node.get("not") == {} and "type" not in node:
            return False
        out = self._plain(node, pointer)
        if out is False:
            return False
        return out

    # references

    def _reference(self, node: dict[str, Any], pointer: str) -> JsonSchema:
        reference: str = node["$ref"]
        target = self._resolve(reference, pointer)
        inner: JsonSchema
        if reference.startswith(COMPONENTS) and "/" not in reference[len(COMPONENTS) :]:
            inner = {"$ref": reference}
        elif reference in self._open:
            self._note(
                "circular-reference", pointer, f"refers to `{reference}`, which contains it; read as anything"
            )
            return True
        else:
            self._open.add(reference)
            inner = self.schema(target, reference)
            self._open.discard(reference)
        return _or_null(inner) if node.get("nullable") is True else inner

    # everything else

    def _plain(self, node: dict[str, Any], pointer: str) -> JsonSchema:
        for key in node:
            if key not in _HANDLED and key not in _SILENT and not key.startswith("x-"):
                self._note(
                    "unknown-keyword",
                    pointer,
                    f"has the keyword `{key}`, which OpenAPI does not know; ignored",
                )
        nullable = node.get("nullable") is True
        if nullable and "allOf" in node:
            # meant for the whole, as beside `$ref`: no part would allow null by itself
            whole = self._plain({key: value for key, value in node.items() if key != "nullable"}, pointer)
            return _or_null(whole)
        if nullable and "enum" in node and not [v for v in _listed(node["enum"]) if v is not None]:
            return {"type": "null"}
        if "enum" in node and not _listed(node["enum"]):
            self._note("enum-empty", pointer, "has an empty `enum`: no value is allowed")
            return False
        out: dict[str, Any] = {}
        self._types(node, pointer, out, nullable=nullable)
        self._values(node, out, nullable=nullable)
        self._bounds(node, pointer, out)
        self._object(node, pointer, out)
        self._array(node, pointer, out)
        if not self._composition(node, pointer, out, nullable=nullable):
            return False
        return out

    def _types(self, node: dict[str, Any], pointer: str, out: dict[str, Any], *, nullable: bool) -> None:
        declared = node.get("type")
        if declared is None:
            return
        types = [self._type(t, pointer) for t in (declared if isinstance(declared, list) else [declared])]
        known = [t for t in types if t]
        if len(known) < len(types) or not known:
            return
        if nullable and "null" not in known:
            known.append("null")
        out["type"] = known[0] if len(known) == 1 else known

    def _type(self, name: Any, pointer: str) -> str | None:
        if name in TYPES:
            return str(name)
        near = get_close_matches(str(name), TYPES, n=1)
        meant = f"read as `{near[0]}`" if near else "ignored"
        self._note("unknown-type", pointer, f"has the type `{name}`, which does not exist; {meant}")
        return near[0] if near else None

    def _values(self, node: dict[str, Any], out: dict[str, Any], *, nullable: bool) -> None:
        if "enum" in node:
            values = list(_listed(node["enum"]))
            if nullable and None not in values:
                values.append(None)
            out["enum"] = values
            if None in values and isinstance(out.get("type"), str) and out["type"] != "null" and nullable:
                out["type"] = [out["type"], "null"]
        if "const" in node:
            out["const"] = node["const"]
        if "default" in node:
            out["default"] = node["default"]
        if "example" in node:
            out["examples"] = [node["example"]]
        elif isinstance(node.get("examples"), list):
            out["examples"] = node["examples"]

    def _bounds(self, node: dict[str, Any], pointer: str, out: dict[str, Any]) -> None:
        for low, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            bound, edge = node.get(low), node.get(exclusive)
            if _number(edge):
                out[exclusive] = edge
            if _number(bound):
                out[exclusive if edge is True else low] = bound
        if _number(node.get("multipleOf")) and node["multipleOf"] > 0:
            out["multipleOf"] = node["multipleOf"]
        for keyword in _COUNTS:
            if _number(node.get(keyword)) and node[keyword] >= 0:
                out[keyword] = int(node[keyword])
        if node.get("uniqueItems") is True:
            out["uniqueItems"] = True
        if isinstance(node.get("pattern"), str):
            self._pattern(node["pattern"], pointer, out)
        form = node.get("format")
        if form in FORMATS and "string" in _types_of(out):
            out["format"] = form
        self._misapplied(node, pointer, out)

    def _pattern(self, pattern: str, pointer: str, out: dict[str, Any]) -> None:
        import jsonschema_rs

        try:
            jsonschema_rs.Draft7Validator({"pattern": pattern})
        except ValueError:
            self._note(
                "pattern-unreadable", pointer, "has a `pattern` that is no regular expression; ignored"
            )
        else:
            out["pattern"] = pattern

    def _misapplied(self, node: dict[str, Any], pointer: str, out: dict[str, Any]) -> None:
        types = {"number" if t == "integer" else t for t in _types_of(out)} if "type" in out else set()
        if not types:
            return
        for keyword, value in node.items():
            kind = _TYPE_OF.get(keyword)
            if kind and kind not in types:
                out.pop(keyword, None)
                if keyword != "items" or value != {}:
                    self._note(
                        "keyword-on-wrong-type",
                        pointer,
                        f"has the keyword `{keyword}`, which cannot apply to {' or '.join(sorted(types))}; ignored",
                    )

    def _applies(self, kind: str, out: dict[str, Any]) -> bool:
        return "type" not in out or kind in _types_of(out)

    def _object(self, node: dict[str, Any], pointer: str, out: dict[str, Any]) -> None:
        if not self._applies("object", out):
            return
        for keyword in ("properties", "patternProperties"):
            given = node.get(keyword)
            if isinstance(given, dict):
                if given:
                    place = child(pointer, keyword)
                    out[keyword] = {
                        name: self.schema(inner, child(place, name)) for name, inner in given.items()
                    }
            elif keyword in node:
                self._note("malformed-keyword", pointer, f"has `{keyword}` that is no object; ignored")
        required = self._required(node, pointer)
        if required:
            out["required"] = required
        extra = node.get("additionalProperties")
        if isinstance(extra, dict):
            inner = self.schema(extra, child(pointer, "additionalProperties"))
            if inner is not True and inner != {}:
                out["additionalProperties"] = inner
        elif extra is False:
            out["additionalProperties"] = False
        if isinstance(node.get("propertyNames"), dict):
            out["propertyNames"] = self.schema(node["propertyNames"], child(pointer, "propertyNames"))

    def _required(self, node: dict[str, Any], pointer: str) -> list[str]:
        given = node.get("required")
        if "required" not in node or isinstance(given, bool):
            return []
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            self._note("required-malformed", pointer, "has `required` that is not a list of names; ignored")
            return []
        if not given:
            self._note("required-empty", pointer, "has an empty `required`, which OpenAPI 3.0 forbids")
        declared = node.get("properties")
        composed = any(k in node for k in ("allOf", "anyOf", "oneOf")) or pointer.split("/")[-2] == "allOf"
        if given and not composed and node.get("additionalProperties") in (None, False):
            missing = [name for name in given if name not in (declared or {})]
            if missing:
                names = ", ".join(f"`{name}`" for name in missing)
                self._note("required-undeclared", pointer, f"requires {names} without declaring it")
        return list(dict.fromkeys(given))

    def _array(self, node: dict[str, Any], pointer: str, out: dict[str, Any]) -> None:
        if not self._applies("array", out):
            return
        items, first = node.get("items"), node.get("prefixItems")
        if isinstance(first, list):
            place = child(pointer, "prefixItems")
            out["items"] = [self.schema(item, child(place, str(n))) for n, item in enumerate(first)]
            if isinstance(items, dict | bool):
                out["additionalItems"] = self.schema(items, child(pointer, "items"))
        elif isinstance(items, dict | bool):
            inner = self.schema(items, child(pointer, "items"))
            if inner is not True and inner != {}:
                out["items"] = inner
        elif isinstance(items, list):
            self._note("malformed-keyword", pointer, "has `items` that is a list; ignored")
        elif out.get("type") == "array":
            self._note("array-without-items", pointer, "is an array that does not say of what")
        if isinstance(node.get("contains"), dict):
            out["contains"] = self.schema(node["contains"], child(pointer, "contains"))

    # allOf, anyOf, oneOf, not

    def _composition(
        self, node: dict[str, Any], pointer: str, out: dict[str, Any], *, nullable: bool
    ) -> bool:
        """Translate the combining keywords into ``out``; return False where nothing can be valid."""
        says_nothing = _says_any_type(node.get("anyOf")) and (nullable or isinstance(node.get("oneOf"), list))
        groups = []
        for keyword in ("oneOf",) if says_nothing else ("anyOf", "oneOf"):
            arms = self._alternatives(node, keyword, pointer)
            if arms == []:
                return False
            arms = [*arms, {"type": "null"}] if arms and nullable and {"type": "null"} not in arms else arms
            if arms and not any(arm is True or arm == {} for arm in arms):
                groups.append(arms)
        every = self._all_of(node, pointer)
        if len(groups) == 1:
            out["anyOf"] = groups[0]
        else:
            every += [{"anyOf": group} for group in groups]
        if every:
            out["allOf"] = every
        if isinstance(node.get("not"), dict | bool):
            barred = self.schema(node["not"], child(pointer, "not"))
            if barred is True or barred == {}:
                return False
            out["not"] = barred
        return True

    def _alternatives(self, node: dict[str, Any], keyword: str, pointer: str) -> list[JsonSchema] | None:
        """Return the translated arms that allow anything; None where the keyword says nothing."""
        arms = node.get(keyword)
        if keyword not in node:
            return None
        if not isinstance(arms, list) or not arms:
            self._note(
                "malformed-keyword", pointer, f"has `{keyword}` that is not a list of schemas; ignored"
            )
            return None
        return list(self._arms(arms, child(pointer, keyword)))

    def _arms(self, arms: list[Any], pointer: str) -> Iterator[JsonSchema]:
        for number, arm in enumerate(arms):
            translated = self.schema(arm, child(pointer, str(number)))
            if translated is not False:
                yield translated

    def _all_of(self, node: dict[str, Any], pointer: str) -> list[JsonSchema]:
        arms = node.get("allOf")
        if "allOf" not in node:
            return []
        if not isinstance(arms, list):
            self._note("malformed-keyword", pointer, "has `allOf` that is not a list of schemas; ignored")
            return []
        place = child(pointer, "allOf")
        return [self.schema(arm, child(place, str(n))) for n, arm in enumerate(arms)]


def _or_null(schema: JsonSchema) -> JsonSchema:
    return schema if schema is True else {"anyOf": [schema, {"type": "null"}]}


def _types_of(schema: dict[str, Any]) -> list[str]:
    declared = schema.get("type")
    return declared if isinstance(declared, list) else [declared] if declared else list(TYPES)


def _says_any_type(arms: Any) -> bool:
    """Tell whether the arms are the five types, each without any rule: Kibana's way to publish "anything"."""
    if not isinstance(arms, list):
        return False
    return {arm.get("type") for arm in arms if isinstance(arm, dict) and _bare(arm)} >= _FIVE


def _bare(arm: dict[str, Any]) -> bool:
    return arm.get("items", {}) == {} and not set(arm) - {"type", "items", "nullable"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
