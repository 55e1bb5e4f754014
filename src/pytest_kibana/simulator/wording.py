"""How Kibana words the refusal of a request that breaks its schema.

Texts follow ``@kbn/config-schema`` (Kibana source): ``[request body.jobType]: expected value of type …``.
"""

from typing import Any

import jsonschema_rs

Json = Any
_NAMES = {"integer": "number", "null": "null", "array": "array", "object": "object"}

PATTERNS = {
    r"^[a-z0-9_\-]+$": "must be lower case, a-z, 0-9, '_', and '-' are allowed",
    r"^#[a-zA-Z0-9]{6}$": "must be a 6 digit hex color, starting with a #",
}
"""What Kibana says where a well-known pattern is broken (Kibana source, ``space_schema.ts``)."""


def internal_text(method: str, path: str) -> str:
    """Return what is said where a route is kept for Kibana's own use.

    To the letter, as every text that clients of Kibana recognise (Kibana source, ``lifecycle_handlers.ts``).
    """
    where = f"uri [{path}] with method [{method.lower()}]"
    return f"{where} exists but is not available with the current configuration"


def refusal_text(error: jsonschema_rs.ValidationError, where: str, schema: Json = None) -> str:
    """Return the message for the first thing that is wrong with ``body``, ``query``, ``params`` or ``headers``."""
    path = _path(where, error.instance_path)
    detail = error.kind.as_dict()
    name = error.kind.name
    value = error.instance
    if name == "required":
        missing = detail.get("property", "?")
        kind = _declared(schema, [*error.instance_path, missing])
        return f"[request {path}.{missing}]: expected value of type [{kind}] but got [undefined]"
    if name in ("anyOf", "oneOf", "oneOf_not_valid", "oneOf_multiple_valid"):
        return _alternatives(path, detail, value)
    return f"[request {path}]: {_sentence(name, detail, value, error.message)}"


def _path(where: str, instance_path: list[str | int]) -> str:
    return ".".join([where, *(str(step) for step in instance_path)])


def _sentence(name: str, detail: dict[str, Json], value: Json, fallback: str) -> str:
    limit = detail.get("limit")
    size = len(value) if isinstance(value, str | list | dict) else 0
    if name == "type":
        return _type_sentence(detail, value)
    if name == "enum":
        options = detail.get("options", [])
        if len(options) == 1:
            return f"expected value to equal [{options[0]}]"
        lines = "".join(f"\n- [{i}]: expected value to equal [{option}]" for i, option in enumerate(options))
        return f"types that failed validation:{lines}"
    return {
        "const": f"expected value to equal [{detail.get('expected_value')}]",
        "minLength": f"value has length [{size}] but it must have a minimum length of [{limit}].",
        "maxLength": f"value has length [{size}] but it must have a maximum length of [{limit}].",
        "minimum": f"Value must be equal to or greater than [{limit}].",
        "maximum": f"Value must be equal to or lower than [{limit}].",
        "minItems": f"array size is [{size}], but cannot be smaller than [{limit}]",
        "maxItems": f"array size is [{size}], but cannot be greater than [{limit}]",
        "pattern": PATTERNS.get(str(detail.get("pattern")), "value does not match the pattern of this field"),
        "format": f"value must be a valid [{detail.get('format')}]",
        "uniqueItems": "array must not contain the same value twice",
    }.get(name, fallback)


def _type_sentence(detail: dict[str, Json], value: Json) -> str:
    types = detail.get("types", detail.get("type", "any"))
    expected = types[0] if isinstance(types, list) and types else str(types)
    if expected == "object":
        return f"expected a plain object value, but found [{got(value)}] instead."
    return f"expected value of type [{_NAMES.get(expected, expected)}] but got [{got(value)}]"


def _alternatives(path: str, detail: dict[str, Json], value: Json) -> str:
    lines = []
    for index, errors in enumerate(detail.get("context", [])):
        first = errors[0] if isinstance(errors, list) and errors else errors
        text = first.get("message", "") if isinstance(first, dict) else getattr(first, "message", str(first))
        lines.append(f"\n- [request {path}.{index}]: {text}")
    if not lines:
        return f"[request {path}]: value of type [{got(value)}] fits none of the types allowed"
    return f"[request {path}]: types that failed validation:{''.join(lines)}"


def _declared(schema: Json, path: list[str | int]) -> str:
    """Return the type that the schema declares at a path, ``any`` where that takes more than following names."""
    for step in path:
        if not isinstance(schema, dict):
            return "any"
        inner = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        schema = inner
    kind = schema.get("type", "any") if isinstance(schema, dict) else "any"
    kind = kind[0] if isinstance(kind, list) else kind
    return _NAMES.get(kind, kind)


def got(value: Json) -> str:
    """Return the type of a value as the messages of ``@kbn/config-schema`` call it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "Array" if isinstance(value, list) else "Object"
