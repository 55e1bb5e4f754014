"""Cases as JSON and back. What JSON cannot hold (bytes, files) is tagged; long bytes are squeezed."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, Final

from pytest_kibana.cases.model import Case, Kind, Made, Upload
from pytest_kibana.wire.exchange import Rule

_LONG: Final = 2_048
_TAGS: Final = frozenset({"$bytes", "$squeezed", "$upload", "$object"})


def encode(value: Any) -> Any:
    """Return a JSON value for a body or a parameter."""
    if isinstance(value, bytes):
        if len(value) > _LONG:
            return {"$squeezed": base64.b64encode(zlib.compress(value, 9)).decode()}
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Upload):
        return {"$upload": [value.filename, encode(value.content), value.content_type]}
    if isinstance(value, Mapping):
        inner = {str(k): encode(v) for k, v in value.items()}
        # An object that looks like a tag of ours is wrapped, so that it comes back as itself.
        return {"$object": inner} if len(inner) == 1 and next(iter(inner)) in _TAGS else inner
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    return value


def decode(value: Any) -> Any:
    """Return what :func:`encode` was given; tuples come back as lists."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        match next(iter(value.items())):
            case ("$bytes", str(text)):
                return base64.b64decode(text)
            case ("$squeezed", str(text)):
                return zlib.decompress(base64.b64decode(text))
            case ("$upload", [filename, content, content_type]):
                return Upload(filename, decode(content), content_type)
            case ("$object", dict(inner)):
                return {k: decode(v) for k, v in inner.items()}
    return {k: decode(v) for k, v in value.items()}


def encode_case(case: Case) -> dict[str, Any]:
    """Return a case as a JSON object; what is empty is left out. The operation is not written."""
    row: dict[str, Any] = {"id": case.id, "kind": case.kind.value, "description": case.description}
    for name in ("path", "query", "headers"):
        if values := getattr(case, name):
            row[name] = encode(values)
    if case.has_body:
        row |= {"body": encode(case.body), "media": case.media}
    if case.rule:
        row["rule"] = [case.rule.location, case.rule.at, case.rule.keyword, case.rule.sentence]
    if case.invented:
        row["invented"] = True
    return row


def decode_case(operation: str, row: Mapping[str, Any]) -> Case:
    """Return the case that a JSON object holds."""
    return Case(
        row["id"],
        operation,
        Kind(row["kind"]),
        decode(row.get("path", {})),
        decode(row.get("query", {})),
        decode(row.get("headers", {})),
        decode(row.get("body")),
        "body" in row,
        row.get("media"),
        Rule(*row["rule"]) if "rule" in row else None,
        row["description"],
        row.get("invented", False),
    )


def encode_made(operation: str, made: Made) -> dict[str, Any]:
    """Return the cases of an operation as a JSON object."""
    return {"operation": operation, "trouble": made.trouble, "cases": [encode_case(c) for c in made.cases]}


def decode_made(row: Mapping[str, Any]) -> Made:
    """Return the cases that a JSON object holds."""
    return Made(tuple(decode_case(row["operation"], c) for c in row["cases"]), tuple(row["trouble"]))
