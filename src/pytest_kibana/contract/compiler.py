"""A published document to what is kept of it: operations, translated schemas, defects. No description survives.

The result is plain data (:class:`Compiled`), so that it can be kept in the cache and opened later without running any
of this. Raise ``VERSION`` in :mod:`pytest_kibana.contract.store` whenever the result for a document changes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_kibana.contract import known
from pytest_kibana.contract.mending import fold, mend_all_of, needed, travels_as_json
from pytest_kibana.contract.model import (
    Body,
    Defect,
    Example,
    JsonSchema,
    Location,
    MediaType,
    Operation,
    Parameter,
    Response,
    ResponseHeader,
    Schema,
)
from pytest_kibana.contract.pointers import COMPONENTS, child, look_up
from pytest_kibana.contract.routing import shape
from pytest_kibana.contract.satisfiable import Satisfiable
from pytest_kibana.contract.stated import availability, privileges
from pytest_kibana.contract.translate import Translator
from pytest_kibana.errors import ContractError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LOCATIONS: frozenset[str] = frozenset({"path", "query", "header", "cookie"})
_SPACE_PREFIX = re.compile(r"^/s/\{([^}]+)\}(?=/)")
_SPACE_NOTE = re.compile(r"/s/\{space_?id\}/", re.IGNORECASE)
_API_VERSION = re.compile(r";\s*elastic-api-version=([\w-]+)", re.IGNORECASE)
_STATUS = re.compile(r"(?:[1-5]\d\d|[1-5]XX|default)\Z")
_MEDIA = re.compile(r"[a-z0-9!#$&^_.+*-]+/[a-z0-9!#$&^_.+*-]+\Z")


@dataclass(slots=True)
class Compiled:
    """What is kept of a document. ``operations`` stand in the contract's order."""

    title: str
    openapi: str
    operations: list[Operation] = field(default_factory=list)
    components: dict[str, JsonSchema] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)


def compile_document(document: Mapping[str, Any], name: str) -> Compiled:
    """Compile a document.

    Args:
        document: an OpenAPI 3.0 or 3.1 document as JSON data. It is not changed.
        name: what to call it in an error.

    Raises:
        ContractError: not OpenAPI 3, no paths, or a reference that leads nowhere.
    """
    _must_be_openapi(document, name)
    try:
        return _Compilation(document, name).run()
    except RecursionError:
        raise ContractError(
            f"{name} is nested too deeply to be read",
            hint="A reference or an alias may lead back into itself.",
        ) from None


def _must_be_openapi(document: Mapping[str, Any], name: str) -> None:
    version = document.get("openapi")
    if "swagger" in document:
        raise ContractError(
            f"{name} is Swagger {document['swagger']}, not OpenAPI 3",
            hint="Convert it to OpenAPI 3 first; Kibana's own contract is published as OpenAPI 3.",
        )
    if not isinstance(version, str) or not version.startswith("3."):
        said = f"says `openapi: {version}`" if "openapi" in document else "has no `openapi` version"
        raise ContractError(
            f"{name} is not an OpenAPI 3 document: it {said}",
            hint="Point at a published contract, such as Kibana's oas_docs/output/kibana.yaml.",
        )
    if not isinstance(document.get("paths"), dict) or not document["paths"]:
        raise ContractError(
            f"{name} describes no operations: `paths` is missing or empty",
            hint="The file may be truncated, or a part that is not bundled yet. Fetch the bundled contract.",
        )


class _Compilation:
    """One run of the compiler; holds what the parts share."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        self.out = Compiled(str(_dict(document.get("info")).get("title", "")), str(document["openapi"]))
        self.label: str | None = None
        self.translate = Translator(self._resolve, self._note)
        self.notes_spaces = _mentions_spaces(document)

    def run(self) -> Compiled:
        self._components()
        self.satisfiable = Satisfiable(self.out.components)
        for name in self.out.components:
            self._report_empty(
                self.satisfiable.empty_places(self.out.components[name]), child(COMPONENTS[:-1], name)
            )
        for path, item in self.document["paths"].items():
            if isinstance(item, dict):
                self._path(str(path), self._follow(item, child("#/paths", str(path)))[0])
        _adopt_untagged(self.out.operations)
        _clashes(self.out)
        return self.out

    # shared

    def _note(self, kind: str, pointer: str, sentence: str) -> None:
        self.out.defects.append(Defect(kind, pointer, sentence, self.label))

    def _resolve(self, reference: str, pointer: str) -> Any:
        if not reference.startswith("#"):
            raise ContractError(
                f"{self.name}: {pointer} refers to `{reference}`, which is another document",
                hint="Use the bundled contract, in which every reference begins with `#/`.",
            )
        try:
            return look_up(self.document, reference)
        except (LookupError, ValueError):
            raise ContractError(
                f"{self.name}: {pointer} refers to `{reference}`, and nothing is there",
                hint="The file may be truncated, or only a part of a contract; fetch the whole of it.",
            ) from None

    def _follow(self, node: Any, pointer: str) -> tuple[dict[str, Any], str]:
        """Follow a reference to a parameter, response, body, header, example or path item."""
        for _ in range(32):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return _dict(node), pointer
            pointer, node = node["$ref"], self._resolve(node["$ref"], pointer)
        raise ContractError(
            f"{self.name}: the reference at {pointer} is circular",
            hint="The contract is broken at this place; report it to whoever published it.",
        )

    def schema(self, node: Any, pointer: str) -> Schema:
        """Translate one schema and say where it stands."""
        json_schema = self.translate.schema(node, pointer)
        json_schema = mend_all_of(json_schema, pointer, self._component, self._note)
        component = None
        if isinstance(json_schema, dict) and set(json_schema) == {"$ref"}:
            component = str(json_schema["$ref"])[len(COMPONENTS) :]
        return Schema(pointer, json_schema, component)

    def _component(self, name: str) -> JsonSchema:
        return self.out.components.get(name, True)

    def _components(self) -> None:
        schemas = _dict(_dict(self.document.get("components")).get("schemas"))
        raw = {
            str(name): self.translate.schema(node, child(COMPONENTS[:-1], str(name)))
            for name, node in schemas.items()
        }
        self.out.components.update(raw)
        for name, json_schema in raw.items():
            place = child(COMPONENTS[:-1], name)
            self.out.components[name] = mend_all_of(json_schema, place, raw.__getitem__, self._note)

    # operations

    def _path(self, published: str, item: Mapping[str, Any]) -> None:
        for method in METHODS:
            node = item.get(method)
            if isinstance(node, dict):
                pointer = child(child("#/paths", published), method)
                self._operation(method.upper(), published, item, node, pointer)

    def _operation(
        self, method: str, published: str, item: Mapping[str, Any], node: dict[str, Any], pointer: str
    ) -> None:
        prefix = _SPACE_PREFIX.match(published)
        path = published[prefix.end() :] if prefix and "space" in prefix[1].lower() else published
        space_parameter = prefix[1] if path != published and prefix else None
        self.label = f"{method} {path}"
        parameters = self._parameters(item, node, pointer, space_parameter)
        tags = [str(tag) for tag in node.get("tags") or [] if isinstance(tag, str)]
        if not tags:
            self._note("no-tag", pointer, "has no tag; it is counted with the family of the nearest path")
        description = str(node.get("description") or "")
        self.out.operations.append(
            Operation(
                label=self.label,
                method=method,
                path=path,
                operation_id=str(node.get("operationId") or self.label),
                family=tags[0] if tags else "",
                parameters=parameters,
                body=self._body(method, node, pointer),
                responses=self._responses(node, pointer),
                availability=availability(node.get("x-state"), description),
                deprecated=node.get("deprecated") is True,
                privileges=privileges(description),
                internal=path.startswith("/internal/"),
                space_aware=self._space_aware(path, description, prefixed=space_parameter is not None),
                optional_tail=self._optional_tail(method, path, parameters, pointer),
                published_path=published,
                pointer=pointer,
            )
        )
        self.label = None

    def _space_aware(self, path: str, description: str, *, prefixed: bool) -> bool:
        if prefixed or path.startswith(known.WITHIN_SPACES):
            return True
        if self.notes_spaces and _SPACE_NOTE.search(description):
            return True
        return not self.notes_spaces and not path.startswith(known.WITHOUT_SPACES)

    def _optional_tail(self, method: str, path: str, parameters: tuple[Parameter, ...], pointer: str) -> bool:
        last = path.rsplit("/", 1)[-1]
        if not (last.startswith("{") and last.endswith("}")):
            return False
        declared = next((p for p in parameters if p.location == "path" and p.name == last[1:-1]), None)
        if declared and not declared.required:
            return True
        return (method, shape(path)) in known.OPTIONAL_TAILS

    def _parameters(
        self, item: Mapping[str, Any], node: dict[str, Any], pointer: str, space_parameter: str | None
    ) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        above = pointer.rsplit("/", 1)[0]
        for place, given in ((above, item.get("parameters")), (pointer, node.get("parameters"))):
            for number, entry in enumerate(given if isinstance(given, list) else []):
                parameter = self._parameter(entry, f"{place}/parameters/{number}")
                if parameter and not (parameter.location == "path" and parameter.name == space_parameter):
                    found[parameter.location, parameter.name] = parameter
        return tuple(found.values())

    def _parameter(self, entry: Any, pointer: str) -> Parameter | None:
        node, place = self._follow(entry, pointer)
        name, location = node.get("name"), node.get("in")
        if not isinstance(name, str) or location not in _LOCATIONS:
            self._note(
                "parameter-malformed", pointer, "is a parameter without a name or a known location; ignored"
            )
            return None
        where: Location = location
        inner, at, as_text = node, place, True
        if "schema" not in node and _dict(node.get("content")):
            media, said = next(iter(_dict(node["content"]).items()))
            inner, at, as_text = _dict(said), child(f"{place}/content", str(media)), not is_json(str(media))
        schema = self.schema(inner.get("schema", True), f"{at}/schema")
        style = str(node.get("style") or ("form" if where in ("query", "cookie") else "simple"))
        required = node.get("required") is True
        if where == "path" and not required:
            self._note(
                "path-parameter-optional", pointer, f"declares the path parameter `{name}` as not required"
            )
        if (
            inner is node
            and where == "query"
            and style == "form"
            and travels_as_json(schema.json, self._component)
        ):
            as_text = False
            self._note(
                "query-object",
                pointer,
                f"has the query parameter `{name}` of type object without saying how it travels",
            )
        return Parameter(
            name=name,
            location=where,
            required=required,
            schema=schema,
            style=style,
            explode=node["explode"] if isinstance(node.get("explode"), bool) else style == "form",
            json_encoded=not as_text,
            deprecated=node.get("deprecated") is True,
            examples=(
                *self._examples(node, place, text=as_text),
                *self._more_examples(node, inner, at, as_text),
            ),
        )

    def _more_examples(self, node: Any, inner: dict[str, Any], at: str, as_text: bool) -> tuple[Example, ...]:
        """Return the examples that stand beside the schema of a parameter whose ``content`` says how it travels."""
        return () if inner is node else self._examples(inner, at, text=as_text)

    def _body(self, method: str, node: dict[str, Any], pointer: str) -> Body | None:
        if node.get("requestBody") is None:
            return None
        given, place = self._follow(node["requestBody"], f"{pointer}/requestBody")
        content = self._content(given.get("content"), f"{place}/content", what="request")
        if method == "GET":
            self._note("get-with-body", f"{pointer}/requestBody", "is a GET that takes a body")
        required = given.get("required") is True
        if not required and method in ("POST", "PUT", "PATCH"):
            raw = next(iter(_dict(given.get("content")).values()), None)
            optional = _dict(_dict(raw).get("schema")).get("x-oas-optional") is True
            schema = content[0].schema if content else None
            if schema and not optional and needed(schema.json, self._component):
                required = True
                self._note(
                    "body-not-required", place, "has members that must be sent, in a body that need not be"
                )
        return Body(required=required, content=content)

    def _content(self, given: Any, pointer: str, *, what: str) -> tuple[MediaType, ...]:
        found: dict[str, MediaType] = {}
        for written, node in sorted(
            _dict(given).items(), key=lambda item: _version_of(str(item[0])), reverse=True
        ):
            place = child(pointer, str(written))
            inner = _dict(node)
            schema = (
                self._body_schema(inner["schema"], f"{place}/schema", what) if "schema" in inner else None
            )
            if schema is None:
                self._note(f"{what}-without-schema", place, f"is a {what} body without a schema")
            encoding = {
                str(k): str(_dict(v).get("contentType"))
                for k, v in _dict(inner.get("encoding")).items()
                if _dict(v).get("contentType")
            }
            name = self._media_name(str(written), place)
            text = not is_json(name)
            found.setdefault(name, MediaType(name, schema, self._examples(inner, place, text=text), encoding))
        return tuple(found.values())

    def _body_schema(self, node: Any, pointer: str, what: str) -> Schema:
        """Translate the schema of a body; one that nothing satisfies is read as it was meant, or as anything."""
        schema = self.schema(node, pointer)
        empty = self.satisfiable.empty_places(schema.json)
        self._report_empty(empty, pointer)
        if "" not in empty:
            return schema
        folded = fold(schema.json, self._component)
        if "" not in self.satisfiable.empty_places(folded):
            return Schema(pointer, folded)
        return Schema(pointer, True) if what == "response" else schema

    def _report_empty(self, places: Mapping[str, str], pointer: str) -> None:
        """Record where nothing is allowed: the whole, and the innermost places that are the cause."""
        for place, why in places.items():
            if place == "" or not any(other.startswith(f"{place}/") for other in places):
                self._note("unsatisfiable", pointer + place, f"allows no value at all: {why}")

    def _media_name(self, written: str, pointer: str) -> str:
        name = written.split(";", 1)[0].strip().lower()
        rest = written.split(";", 1)[1].strip() if ";" in written else ""
        if ":" in name and "/" not in name:
            name = name.replace(":", "/", 1)
            self._note("media-type-misspelt", pointer, f"is no media type; read as `{name}`")
        elif rest and "=" not in rest:
            self._note("media-type-misspelt", pointer, f"is no media type; read as `{name}`")
        elif not _MEDIA.match(name):
            self._note("media-type-misspelt", pointer, "is no media type")
        return name

    def _responses(self, node: dict[str, Any], pointer: str) -> tuple[Response, ...]:
        given = node.get("responses")
        if not isinstance(given, dict) or not given:
            how = "an empty `responses`" if given == {} else "no `responses`"
            self._note("no-responses", pointer, f"has {how}: no answer of it can be judged")
            return ()
        found = []
        for status, entry in given.items():
            place = child(f"{pointer}/responses", str(status))
            name = str(status).upper() if str(status)[1:].lower() == "xx" else str(status)
            if not _STATUS.match(name):
                if not name.startswith("x-"):
                    self._note(
                        "status-malformed", place, "is documented under a key that is no status; ignored"
                    )
                continue
            inner, at = self._follow(entry, place)
            content = self._content(inner.get("content"), f"{at}/content", what="response")
            found.append(Response(name, content, self._headers(inner.get("headers"), f"{at}/headers")))
        return tuple(found)

    def _headers(self, given: Any, pointer: str) -> tuple[ResponseHeader, ...]:
        found = []
        for name, entry in _dict(given).items():
            node, place = self._follow(entry, child(pointer, str(name)))
            schema = self.schema(node.get("schema", True), f"{place}/schema")
            found.append(ResponseHeader(str(name), node.get("required") is True, schema))
        return tuple(found)

    def _examples(self, node: Mapping[str, Any], pointer: str, *, text: bool) -> tuple[Example, ...]:
        found = []
        if "example" in node:
            found += self._example("example", node["example"], f"{pointer}/example", text=text)
        for name, entry in _dict(node.get("examples")).items():
            inner, _ = self._follow(entry, child(f"{pointer}/examples", str(name)))
            if "value" in inner:
                place = child(f"{pointer}/examples", str(name))
                found += self._example(str(name), inner["value"], place, text=text)
        return tuple(found)

    def _example(self, name: str, value: Any, pointer: str, *, text: bool) -> list[Example]:
        if isinstance(value, str) and not text and value.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except ValueError:
                self._note(
                    "example-not-json", pointer, "is an example given as JSON text that is not JSON; ignored"
                )
                return []
        return [Example(name, value, pointer)]


def _mentions_spaces(document: Mapping[str, Any]) -> bool:
    """Tell whether this publication says of each operation that it works in a space (since 9.3 it does)."""
    return any(
        isinstance(node, dict) and _SPACE_NOTE.search(str(node.get("description") or ""))
        for item in document["paths"].values()
        if isinstance(item, dict)
        for node in item.values()
    )


def _adopt_untagged(operations: list[Operation]) -> None:
    """Give an operation without a tag the family of the operation whose path begins most like its own."""
    tagged = [(operation.path.split("/"), operation.family) for operation in operations if operation.family]
    for number, operation in enumerate(operations):
        if operation.family:
            continue
        own = operation.path.split("/")
        near = max(tagged, key=lambda other: _common(own, other[0]), default=None)
        family = near[1] if near and _common(own, near[0]) > 2 else (own[2] if len(own) > 2 else "other")
        values = {name: getattr(operation, name) for name in Operation.__dataclass_fields__}
        operations[number] = Operation(**{**values, "family": family})


def _common(left: list[str], right: list[str]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        count += 1
    return count


def _clashes(out: Compiled) -> None:
    """Record templates that match the same requests; of two operations with one label the first stays."""
    templates: dict[str, Operation] = {}
    labels: dict[str, Operation] = {}
    told: set[tuple[str, str]] = set()
    for operation in out.operations:
        first = templates.setdefault(shape(operation.path), operation)
        twin = labels.setdefault(operation.label, operation)
        pair = (first.published_path, operation.published_path)
        if first.published_path != operation.published_path and (pair not in told or twin is not operation):
            told.add(pair)
            sentence = f"has a path that matches the same requests as `{first.published_path}`"
            out.defects.append(Defect("clashing-templates", operation.pointer, sentence, operation.label))
    out.operations[:] = labels.values()


def _version_of(media_type: str) -> tuple[int, str]:
    """Order spellings of one media type: of several API versions the newest public one (a date) is meant."""
    match = _API_VERSION.search(media_type)
    return (len(match[1]), match[1]) if match else (0, "")


def is_json(media_type: str) -> bool:
    """Tell whether a body of this media type is one JSON text (and not lines of it)."""
    return media_type in ("application/json", "text/json") or media_type.endswith("+json")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
